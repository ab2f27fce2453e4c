import { rowsOf } from "../../named-array.js";
import type { RecurrentStep } from "../blueprint.js";
import type { GraphWriter } from "./graph.js";
import type { LayerOfModule } from "./layer-of-module.js";
import { within } from "./within.js";

/** One direction of a layer of a cell that ONNX lacks. */
interface Direction extends LayerOfModule {
  reverse: boolean;
  /** [N, H] each; null: zeros. */
  first: readonly string[] | null;
}

/** The parameters of a layer in one direction, by their names without suffix. */
interface Weights {
  readonly hidden: number;
  /** A parameter, or the rows of it from block `part` of `parts`. */
  get(name: string, part?: number, parts?: number): string;
  /** As a factor from the right. */
  product(graph: GraphWriter, x: string, name: string, part?: number, parts?: number): string;
}

/** What the inputs bring to all steps at once, [L, N, ...] each; and what a step makes of its own and of the states, h first. */
interface ScannedCell {
  readonly states: 1 | 2;
  inputs(graph: GraphWriter, x: string, weights: Weights): readonly string[];
  step(graph: GraphWriter, inputs: readonly string[], states: readonly string[], weights: Weights): readonly string[];
}

const EPS = 1e-5;

function layerNorm(graph: GraphWriter, x: string, weights: Weights, name: string): string {
  const inputs = [x, weights.get(`norm_${name}`), weights.get(`bias_${name}`)];
  return graph.add("LayerNormalization", inputs, { axis: { i: -1 }, epsilon: { f: EPS } });
}

/** The last dimension in equal parts, or in parts of these sizes. */
function parts(graph: GraphWriter, x: string, into: number | readonly number[]): string[] {
  const count = typeof into === "number" ? into : into.length;
  const names = Array.from({ length: count }, () => graph.fresh("part"));
  graph.addMany("Split", typeof into === "number" ? [x] : [x, graph.ints(into)], names, { axis: { i: -1 } });
  return names;
}

const sigmoid = (graph: GraphWriter, x: string) => graph.add("Sigmoid", [x]);
const tanh = (graph: GraphWriter, x: string) => graph.add("Tanh", [x]);
const add = (graph: GraphWriter, ...terms: string[]) => terms.reduce((a, b) => graph.add("Add", [a, b]));
const mul = (graph: GraphWriter, a: string, b: string) => graph.add("Mul", [a, b]);
const sub = (graph: GraphWriter, a: string, b: string) => graph.add("Sub", [a, b]);
/** from + share⊙(to - from) */
const between = (graph: GraphWriter, from: string, to: string, share: string) =>
  add(graph, from, mul(graph, share, sub(graph, to, from)));

/** g(x) = x + 0.5 where x >= 0, else σ(x). */
function positive(graph: GraphWriter, x: string): string {
  const isIn = graph.add("GreaterOrEqual", [x, graph.floats(0)]);
  return graph.add("Where", [isIn, add(graph, x, graph.floats(0.5)), sigmoid(graph, x)]);
}

/** log σ(x) */
const logSigmoid = (graph: GraphWriter, x: string) =>
  graph.add("Neg", [graph.add("Softplus", [graph.add("Neg", [x])])]);

/** h = keep⊙h + taken */
const blend = (graph: GraphWriter, [keep, taken]: readonly string[], [h]: readonly string[]) => [
  add(graph, mul(graph, keep, h), taken),
];

/** i, f, g and o with what the cell adds to the sums of some of them. */
function lstmStep(
  graph: GraphWriter,
  [x]: readonly string[],
  [h, c]: readonly string[],
  { w, peeps }: { w: Weights; peeps: readonly string[] | null },
): readonly string[] {
  const [i, f, g, o] = parts(graph, add(graph, x, w.product(graph, h, "weight_hh")), 4);
  const gate = (sum: string, k: number, cell: string) =>
    sigmoid(graph, peeps === null ? sum : add(graph, sum, mul(graph, cell, peeps[k])));
  const next = add(graph, mul(graph, gate(f, 1, c), c), mul(graph, gate(i, 0, c), tanh(graph, g)));
  return [mul(graph, gate(o, 2, next), tanh(graph, next)), next];
}

const biased = (graph: GraphWriter, x: string, w: Weights) => [
  add(graph, w.product(graph, x, "weight_ih"), w.get("bias_ih"), w.get("bias_hh")),
];

/** Every cell that ONNX has no node for, or none with a projection, by the equations of `nn`. */
export const SCANNED_CELLS: Readonly<Record<string, ScannedCell>> = {
  lstm: {
    states: 2,
    inputs: biased,
    step: (graph, xs, states, w) => lstmStep(graph, xs, states, { w, peeps: null }),
  },
  "peephole-lstm": {
    states: 2,
    inputs: biased,
    step: (graph, xs, states, w) => {
      const peeps = [0, 1, 2].map((k) => w.get("weight_ch", k, 3));
      return lstmStep(graph, xs, states, { w, peeps });
    },
  },
  mgu: {
    states: 1,
    inputs: biased,
    step(graph, [x], [h], w) {
      const [xF, xN] = parts(graph, x, 2);
      const f = sigmoid(graph, add(graph, xF, w.product(graph, h, "weight_hh", 0, 2)));
      const n = tanh(graph, add(graph, xN, w.product(graph, mul(graph, f, h), "weight_hh", 1, 2)));
      return [between(graph, h, n, f)];
    },
  },
  "ind-rnn": {
    states: 1,
    inputs: (graph, x, w) => [add(graph, w.product(graph, x, "weight_ih"), w.get("bias_ih"))],
    step: (graph, [x], [h], w) => [graph.add("Relu", [add(graph, x, mul(graph, h, w.get("weight_hh")))])],
  },
  "layer-norm-lstm": {
    states: 2,
    inputs: (graph, x, w) => [layerNorm(graph, w.product(graph, x, "weight_ih"), w, "ih")],
    step(graph, [x], [h, c], w) {
      const sums = add(graph, x, layerNorm(graph, w.product(graph, h, "weight_hh"), w, "hh"));
      const [i, f, g, o] = parts(graph, sums, 4);
      const kept = mul(graph, sigmoid(graph, f), c);
      const next = add(graph, kept, mul(graph, sigmoid(graph, i), tanh(graph, g)));
      return [mul(graph, sigmoid(graph, o), tanh(graph, layerNorm(graph, next, w, "c"))), next];
    },
  },
  "layer-norm-gru": {
    states: 1,
    inputs: (graph, x, w) => normalizedGates(graph, w.product(graph, x, "weight_ih"), w, "ih"),
    step(graph, [xGates, xN], [h], w) {
      const [hGates, hN] = normalizedGates(graph, w.product(graph, h, "weight_hh"), w, "hh");
      const [r, z] = parts(graph, sigmoid(graph, add(graph, xGates, hGates)), 2);
      const n = tanh(graph, add(graph, xN, mul(graph, r, hN)));
      return [between(graph, n, h, z)];
    },
  },
  "min-gru": {
    states: 1,
    inputs(graph, x, w) {
      const [z, g] = parts(graph, add(graph, w.product(graph, x, "weight_ih"), w.get("bias_ih")), 2);
      const keep = sigmoid(graph, graph.add("Neg", [z]));
      return [keep, mul(graph, sigmoid(graph, z), positive(graph, g))];
    },
    step: blend,
  },
  "min-lstm": {
    states: 1,
    inputs(graph, x, w) {
      const [i, f, g] = parts(graph, add(graph, w.product(graph, x, "weight_ih"), w.get("bias_ih")), 3);
      // f/(f+i) = σ(log f - log i), and i/(f+i) is the rest.
      const balance = sub(graph, logSigmoid(graph, f), logSigmoid(graph, i));
      const take = sigmoid(graph, graph.add("Neg", [balance]));
      return [sigmoid(graph, balance), mul(graph, take, positive(graph, g))];
    },
    step: blend,
  },
};

/** The two gates of a GRU together, and its candidate by itself. */
function normalizedGates(graph: GraphWriter, x: string, w: Weights, side: string): string[] {
  const [gates, n] = parts(graph, x, [2 * w.hidden, w.hidden]);
  return [layerNorm(graph, gates, w, `${side}_gates`), layerNorm(graph, n, w, `${side}_n`)];
}

/** A layer in one direction as a Scan: y [L, N, H], and the states at each sequence's end [N, H]. */
export function scannedDirection(
  graph: GraphWriter,
  step: RecurrentStep,
  at: Direction,
): { y: string; ends: readonly string[] } {
  const { cell, hiddenSize, outputSize, lengths } = step;
  const { states: count, inputs, step: next } = SCANNED_CELLS[cell];
  const weights = weightsOf(graph, step, at);
  const given = inputs(graph, at.input, weights);
  const mask = lengths === null ? [] : [within(graph, step.input, lengths)];
  const sizes = [outputSize, hiddenSize].slice(0, count);
  const first = at.first ?? sizes.map((size) => zeroState(graph, at.input, size));
  const body = graph.inner();
  const [states, xs, isIn] = [first, given, mask].map((list) => list.map(() => graph.fresh("in")));
  const [h, ...others] = next(body, xs, states, weights);
  const made = [outputSize === hiddenSize ? h : weights.product(body, h, "weight_hr"), ...others];
  const after = made.map((value, k) =>
    isIn.length === 0 ? body.add("Identity", [value]) : body.add("Where", [isIn[0], value, states[k]]),
  );
  const y =
    isIn.length === 0 ? body.add("Identity", [made[0]]) : body.add("Where", [isIn[0], made[0], graph.floats(0)]);
  const port = (type: "float" | "bool") => (name: string) => ({ name, type, shape: null });
  const bodyInputs = [...states.map(port("float")), ...xs.map(port("float")), ...isIn.map(port("bool"))];
  const direction = (length: number) => ({ ints: new Array<number>(length).fill(1) });
  const ends = after.map(() => graph.fresh("end"));
  const all = graph.fresh("steps");
  graph.addMany("Scan", [...first, ...given, ...mask], [...ends, all], {
    body: { g: body.finished(bodyInputs, [...after, y].map(port("float")), `${step.module} step`) },
    num_scan_inputs: { i: given.length + mask.length },
    ...(at.reverse && {
      scan_input_directions: direction(given.length + mask.length),
      scan_output_directions: direction(1),
    }),
  });
  return { y: all, ends };
}

/** Zeros for each sequence of x [L, N, I]: [N, H]. */
function zeroState(graph: GraphWriter, x: string, hidden: number): string {
  const batch = graph.add("Shape", [x], { start: { i: 1 }, end: { i: 2 } });
  return graph.add("ConstantOfShape", [graph.add("Concat", [batch, graph.ints([hidden])], { axis: { i: 0 } })]);
}

function weightsOf(graph: GraphWriter, { module, hiddenSize }: RecurrentStep, { layer, reverse }: Direction): Weights {
  const full = (name: string) => `${module}.${name}_l${layer}${reverse ? "_reverse" : ""}`;
  const rows = (name: string, part: number, of: number) => {
    const array = graph.array(full(name));
    const size = array.shape[0] / of;
    return of === 1 ? array : rowsOf(array, part * size, (part + 1) * size);
  };
  const key = (name: string, part: number, of: number) => full(name) + (of === 1 ? "" : `[${part}]`);
  return {
    hidden: hiddenSize,
    get: (name, part = 0, of = 1) => graph.weight(key(name, part, of), rows(name, part, of)),
    product: (inside, x, name, part = 0, of = 1) =>
      inside.add("MatMul", [x, graph.transposed(key(name, part, of), rows(name, part, of))]),
  };
}
