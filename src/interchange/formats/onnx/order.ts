import { type OnnxNode, readBy } from "./model.js";

/**
 * Nodes, each after those that it reads, otherwise as they are: files should have them so, and some have not.
 * @param makers   which node makes a name
 * @param missing  called for a name that no node makes
 * @returns        the nodes; or names of nodes that wait for each other
 */
export function inOrder(
  nodes: readonly OnnxNode[],
  makers: ReadonlyMap<string, number>,
  missing: (node: OnnxNode, name: string) => void,
): { nodes: OnnxNode[]; circle: string[] | null } {
  const waitsFor = nodes.map((node) => {
    const needed = new Set<number>();
    for (const name of readBy(node)) {
      const maker = makers.get(name);
      if (maker === undefined) missing(node, name);
      else needed.add(maker);
    }
    return needed;
  });
  const done = new Array<boolean>(nodes.length).fill(false);
  const sorted: OnnxNode[] = [];
  for (let start = 0; start < nodes.length; start++) {
    const circle = visit(start, waitsFor, done, (i) => sorted.push(nodes[i]));
    if (circle !== null) return { nodes: [], circle: circle.map((i) => nodes[i].name) };
  }
  return { nodes: sorted, circle: null };
}

/** Depth first without recursion: a chain may be as long as the file. */
function visit(
  start: number,
  waitsFor: readonly ReadonlySet<number>[],
  done: boolean[],
  take: (node: number) => void,
): number[] | null {
  if (done[start]) return null;
  const way = [{ node: start, rest: waitsFor[start].values() }];
  const on = new Set([start]);
  for (;;) {
    const top = way[way.length - 1];
    if (top === undefined) return null;
    const next = top.rest.next();
    if (next.done) {
      way.pop();
      on.delete(top.node);
      done[top.node] = true;
      take(top.node);
    } else if (on.has(next.value)) {
      const circle = way.map(({ node }) => node);
      return [...circle.slice(circle.indexOf(next.value)), next.value].slice(0, 12);
    } else if (!done[next.value]) {
      on.add(next.value);
      way.push({ node: next.value, rest: waitsFor[next.value].values() });
    }
  }
}
