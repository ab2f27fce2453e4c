import type { AttentionStep, ConvolutionStep, LinearStep, PoolStep, Step, StepKind, UnaryStep } from "../blueprint.js";
import { bestPathNodes } from "./best-path.js";
import { type GraphWriter, TYPES } from "./graph.js";
import { recurrentNodes } from "./recurrent.js";
import { within } from "./within.js";

type Nodes = { readonly [K in StepKind]: (graph: GraphWriter, step: Extract<Step, { op: K }>) => void };

const OPERATORS = { tanh: "Tanh", sigmoid: "Sigmoid", softmax: "Softmax" } as const;
const unary = (graph: GraphWriter, { op, input, output }: UnaryStep) =>
  graph.add(OPERATORS[op], [input], op === "softmax" ? { axis: { i: -1 } } : {}, output);
const turned = (graph: GraphWriter, x: string, perm: readonly number[], output?: string) =>
  graph.add("Transpose", [x], { perm: { ints: perm } }, output);
const shaped = (graph: GraphWriter, x: string, shape: readonly number[], output?: string) =>
  graph.add("Reshape", [x, graph.ints(shape)], {}, output);
/** The sizes of x from one dimension to another. */
const sizes = (graph: GraphWriter, x: string, end: number) =>
  graph.add("Shape", [x], { start: { i: 0 }, end: { i: end } });
const joined = (graph: GraphWriter, parts: readonly string[], axis: number, output?: string) =>
  parts.length === 1
    ? graph.add("Identity", parts, {}, output)
    : graph.add("Concat", parts, { axis: { i: axis } }, output);

/** What each step is in nodes of ONNX, opset 17. */
const NODES: Nodes = {
  embedding: (graph, { module, input, output }) =>
    graph.add("Gather", [graph.weight(`${module}.weight`), input], { axis: { i: 0 } }, output),
  recurrent: recurrentNodes,
  linear,
  convolution,
  pool,
  attention,
  "best-path": bestPathNodes,
  "last-hidden": (graph, { layers, directions, hidden, input, output }) => {
    const all = layers * directions;
    const last = graph.add("Slice", [input, graph.ints([all - directions]), graph.ints([all]), graph.ints([0])]);
    shaped(graph, turned(graph, last, [1, 0, 2]), [0, directions * hidden], output);
  },
  "join-directions": (graph, { layers, hidden, input, output }) => {
    const apart = shaped(graph, input, [layers, 2, -1, hidden]);
    shaped(graph, turned(graph, apart, [0, 2, 1, 3]), [layers, -1, 2 * hidden], output);
  },
  concat: (graph, { inputs, output }) => joined(graph, inputs, -1, output),
  tanh: unary,
  sigmoid: unary,
  softmax: unary,
  affine: (graph, { scale, shift, input, output }) => {
    const scaled = graph.add("Mul", [input, graph.floats(scale)]);
    graph.add("Add", [scaled, graph.floats(shift)], {}, output);
  },
  repeat: (graph, { input, like, output }) => {
    const shape = joined(graph, [sizes(graph, like, 1), graph.ints([1, 1])], 0);
    graph.add("Expand", [graph.add("Unsqueeze", [input, graph.ints([0])]), shape], {}, output);
  },
  flatten: (graph, { rank, input, output }) => shaped(graph, input, rank === 2 ? [-1] : [0, -1], output),
  unflatten: (graph, { width, input, like, output }) => {
    graph.add("Reshape", [input, joined(graph, [sizes(graph, like, 2), graph.ints([width])], 0)], {}, output);
  },
  replace: (graph, { size, by, input, output }) => {
    const isKnown = graph.add("Less", [input, graph.ints(size)]);
    graph.add("Where", [isKnown, input, graph.ints(by)], {}, output);
  },
  state: (graph, { from, rows, hidden, input, output }) => {
    const own = graph.add("Slice", [input, graph.ints([from]), graph.ints([from + rows * hidden]), graph.ints([1])]);
    turned(graph, shaped(graph, own, [0, rows, hidden]), [1, 0, 2], output);
  },
  zeros: (graph, { input, output }) => graph.add("ConstantOfShape", [graph.add("Shape", [input])], {}, output),
};

/** Adds the nodes of a step. */
export function addStep<K extends StepKind>(graph: GraphWriter, step: Extract<Step, { op: K }>): void {
  (NODES[step.op as K] as (graph: GraphWriter, step: Extract<Step, { op: K }>) => void)(graph, step);
}

function linear(graph: GraphWriter, { module, bias, tied, input, output }: LinearStep): void {
  const weight = graph.transposed(`${tied ?? module}.weight`);
  const product = graph.add("MatMul", [input, weight], {}, bias ? undefined : output);
  if (bias) graph.add("Add", [product, graph.weight(`${module}.bias`)], {}, output);
}

function convolution(graph: GraphWriter, { module, window, input, lengths, output }: ConvolutionStep): void {
  const mask = graph.add("Cast", [within(graph, input, lengths)], { to: { i: TYPES.float } });
  const x = turned(graph, graph.add("Mul", [input, mask]), [1, 2, 0]);
  const side = (window - 1) / 2;
  const found = graph.add("Conv", [x, graph.weight(`${module}.weight`), graph.weight(`${module}.bias`)], {
    kernel_shape: { ints: [window] },
    pads: { ints: [side, side] },
  });
  turned(graph, found, [2, 0, 1], output);
}

function pool(graph: GraphWriter, { mode, module, width, input, lengths, output }: PoolStep): void {
  if (mode === "mean") {
    const sum = graph.add("ReduceSum", [input, graph.ints([0])], { keepdims: { i: 0 } });
    const count = graph.add("Cast", [lengths], { to: { i: TYPES.float } });
    graph.add("Div", [sum, graph.add("Unsqueeze", [count, graph.ints([1])])], {}, output);
    return;
  }
  const isIn = within(graph, input, lengths);
  const inside = (x: string) => graph.add("Where", [isIn, x, graph.floats(-Infinity)]);
  if (mode === "max") {
    graph.add("ReduceMax", [inside(input)], { axes: { ints: [0] }, keepdims: { i: 0 } }, output);
    return;
  }
  const query = shaped(graph, graph.weight(`${module}.query`), [width, 1]);
  const scores = inside(graph.add("MatMul", [input, query]));
  const weighted = graph.add("Mul", [graph.add("Softmax", [scores], { axis: { i: 0 } }), input]);
  graph.add("ReduceSum", [weighted, graph.ints([0])], { keepdims: { i: 0 } }, output);
}

function attention(graph: GraphWriter, step: AttentionStep): void {
  const { keys, lengths, output, weights } = step;
  const isIn = turned(graph, within(graph, keys, lengths), [1, 2, 0]);
  const scores = graph.add("Where", [isIn, attentionScores(graph, step), graph.floats(-Infinity)]);
  graph.add("Softmax", [scores], { axis: { i: -1 } }, weights);
  const context = graph.add("MatMul", [weights, turned(graph, keys, [1, 0, 2])]);
  turned(graph, context, [1, 0, 2], output);
}

/** [N, L, S] */
function attentionScores(graph: GraphWriter, { module, score, width, query, keys }: AttentionStep): string {
  const q = turned(graph, query, [1, 0, 2]);
  if (score === "dot") return graph.add("MatMul", [q, turned(graph, keys, [1, 2, 0])]);
  if (score === "general") {
    const seen = graph.add("MatMul", [keys, graph.transposed(`${module}.weight`)]);
    return graph.add("MatMul", [q, turned(graph, seen, [1, 2, 0])]);
  }
  const asked = graph.add("MatMul", [q, graph.transposed(`${module}.weight_query`)]);
  const told = graph.add("MatMul", [turned(graph, keys, [1, 0, 2]), graph.transposed(`${module}.weight_key`)]);
  const both = graph.add("Add", [
    graph.add("Unsqueeze", [asked, graph.ints([2])]),
    graph.add("Unsqueeze", [told, graph.ints([1])]),
  ]);
  const v = shaped(graph, graph.weight(`${module}.v`), [width, 1]);
  return graph.add("Squeeze", [graph.add("MatMul", [graph.add("Tanh", [both]), v]), graph.ints([-1])]);
}
