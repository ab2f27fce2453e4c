// Import cycles between files.

/**
 * One shortest cycle for each knot of files that reach each other, as a list of edges { from, to, line }.
 * @param modules [{ path, imports: [{ target, line }] }]
 */
export function findCycles(modules) {
  const edges = new Map(
    modules.map(({ path, imports }) => [path, imports.filter(({ target }) => target !== undefined)]),
  );
  const reported = new Set();
  const cycles = [];
  for (const start of edges.keys()) {
    if (reported.has(start)) continue;
    const cycle = shortestCycle(edges, start);
    if (cycle === undefined) continue;
    for (const { from } of cycle) reported.add(from);
    cycles.push(cycle);
  }
  return cycles;
}

/** Breadth first from `start` until an edge comes back to it. */
function shortestCycle(edges, start) {
  const reachedBy = new Map();
  const queue = [start];
  for (const from of queue) {
    for (const { target: to, line } of edges.get(from) ?? []) {
      if (to === start) return [...wayTo(reachedBy, start, from), { from, to, line }];
      if (reachedBy.has(to)) continue;
      reachedBy.set(to, { from, to, line });
      queue.push(to);
    }
  }
  return undefined;
}

function wayTo(reachedBy, start, end) {
  const way = [];
  for (let at = end; at !== start; at = reachedBy.get(at).from) way.unshift(reachedBy.get(at));
  return way;
}
