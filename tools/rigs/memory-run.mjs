// Runs patterns in this process (in Node or in a browser) and looks at memory as it goes.

const MIB = 2 ** 20;
/** The promise: below three times the largest graph, and this. */
export const ROOM = 256 * MIB;
/** Of 5 MB each. */
const STEPS = 64;

/**
 * Runs one pattern, and says how far memory went.
 * @param footprint  the bytes of this process or thread that the package is answerable for
 * @param enough  given the steps that were taken, says whether they do; left out: so many as would leave more than the bound
 * @param mark  called before each step, and after the last
 * @returns peak and bound in bytes, and the time of each step in ms
 */
export async function runPattern(
  u,
  pattern,
  footprint,
  enough = (steps) => steps >= (pattern.steps ?? STEPS),
  mark = () => {},
) {
  let [peak, graph] = [0, 0];
  const times = [];
  for (let i = 0; !enough(i); i++) {
    mark();
    const before = u.memory().unwalked;
    const start = performance.now();
    const result = pattern.step(i);
    if (result instanceof Promise) await result;
    times.push(performance.now() - start);
    graph = Math.max(graph, u.memory().unwalked - before);
    peak = Math.max(peak, footprint());
    if (pattern.paused) await new Promise((resolve) => setTimeout(resolve, 0));
  }
  mark();
  return { name: pattern.name, peak, graph, bound: 3 * graph + ROOM, times };
}
