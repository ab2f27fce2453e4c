import type { GraphWriter } from "./graph.js";

/** Which steps of x [L, N, ...] are a sequence's own: truth values [L, N, 1]. */
export function within(graph: GraphWriter, x: string, lengths: string): string {
  return graph.once(`within:${x}:${lengths}`, () => {
    const size = graph.add("Shape", [x], { start: { i: 0 }, end: { i: 1 } });
    const steps = graph.add("Range", [graph.ints(0), graph.add("Squeeze", [size]), graph.ints(1)]);
    const isIn = graph.add("Less", [graph.add("Unsqueeze", [steps, graph.ints([1])]), lengths]);
    return graph.add("Unsqueeze", [isIn, graph.ints([2])]);
  });
}
