import type { NamedArray } from "../../named-array.js";
import type { BestPathStep } from "../blueprint.js";
import { chainScores } from "../chain-scores.js";
import type { GraphWriter } from "./graph.js";
import { within } from "./within.js";

/** A value as an input or an output of the body of a Scan. */
const port = (type: "float" | "bool" | "int64") => (name: string) => ({ name, type, shape: null });
const along = (graph: GraphWriter, x: string, axis: number) => graph.add("Unsqueeze", [x, graph.ints([axis])]);

/** Two Scans: forward to the score of the best way to each tag and where it came from, and back along the best of them. */
export function bestPathNodes(graph: GraphWriter, step: BestPathStep): void {
  const { input, lengths, output } = step;
  const scores = chainScores(step, graph.weights);
  const isIn = within(graph, input, lengths);
  const { best, came } = forward(graph, step, { isIn, ...numbersOf(graph, step.chain, scores) });
  const whole = graph.add("Add", [best, numbersOf(graph, step.chain, scores).end]);
  const last = graph.add("ArgMax", [whole], { axis: { i: 1 }, keepdims: { i: 0 } });
  const body = graph.inner();
  const [tag, from] = [graph.fresh("tag"), graph.fresh("from")];
  const picked = body.add("GatherElements", [from, along(body, tag, 1)], { axis: { i: 1 } });
  const before = body.add("Squeeze", [picked, graph.ints([1])]);
  const here = body.add("Identity", [tag]);
  const path = graph.fresh("path");
  graph.addMany("Scan", [last, came], [graph.fresh("first"), path], {
    body: { g: body.finished([tag, from].map(port("int64")), [before, here].map(port("int64")), "back") },
    num_scan_inputs: { i: 1 },
    scan_input_directions: { ints: [1] },
    scan_output_directions: { ints: [1] },
  });
  graph.add("Where", [graph.add("Squeeze", [isIn, graph.ints([2])]), path, graph.ints(0)], {}, output);
}

/** As they are, whatever the weights of layers are rounded to. */
function numbersOf(graph: GraphWriter, chain: string, { start, end, transitions }: ReturnType<typeof chainScores>) {
  const row = ({ data }: NamedArray) => graph.floats(Array.from(data));
  const matrix = graph.once(`chain:${chain}`, () =>
    graph.add("Reshape", [row(transitions), graph.ints(transitions.shape)]),
  );
  return { start: row(start), end: row(end), transitions: matrix };
}

/** [N, K] and, of each step, [L, N, K]. Beyond a sequence's end scores stay, and each tag came from itself. */
function forward(
  graph: GraphWriter,
  { input, tags }: BestPathStep,
  { isIn, start, transitions }: { isIn: string; start: string; transitions: string },
) {
  const size = graph.add("Shape", [input], { start: { i: 0 }, end: { i: 1 } });
  const steps = graph.add("Range", [graph.ints(0), graph.add("Squeeze", [size]), graph.ints(1)]);
  const isFirst = graph.add("Equal", [along(graph, along(graph, steps, 1), 2), graph.ints(0)]);
  const zeros = graph.add("ConstantOfShape", [graph.add("Shape", [input], { start: { i: 1 }, end: { i: 3 } })]);
  const own = graph.ints(Array.from({ length: tags }, (_, tag) => tag));
  const body = graph.inner();
  const [before, x, runs, begins] = ["before", "x", "runs", "begins"].map((name) => graph.fresh(name));
  const ways = body.add("Add", [along(body, before, 2), transitions]);
  const arrived = body.add("ReduceMax", [ways], { axes: { ints: [1] }, keepdims: { i: 0 } });
  const from = body.add("ArgMax", [ways], { axis: { i: 1 }, keepdims: { i: 0 } });
  const reached = body.add("Add", [body.add("Where", [begins, start, arrived]), x]);
  const after = body.add("Where", [runs, reached, before]);
  const came = body.add("Where", [runs, from, own]);
  const [best, all] = [graph.fresh("best"), graph.fresh("came")];
  const inputs = [...[before, x].map(port("float")), ...[runs, begins].map(port("bool"))];
  graph.addMany("Scan", [zeros, input, isIn, isFirst], [best, all], {
    body: { g: body.finished(inputs, [port("float")(after), port("int64")(came)], "forward") },
    num_scan_inputs: { i: 3 },
  });
  return { best, came: all };
}
