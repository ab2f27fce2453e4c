import { onnx } from "../../conventions/onnx.js";
import { type NamedArray, reordered, reshapedArray, stacked } from "../../named-array.js";
import type { RecurrentStep } from "../blueprint.js";
import { type GraphWriter, TYPES } from "./graph.js";
import type { LayerOfModule } from "./layer-of-module.js";
import { SCANNED_CELLS, scannedDirection } from "./scanned-cells.js";

/** Cells that ONNX has: its node, our row of gates, and what else the node is told of each direction. */
const NODES: Readonly<
  Record<string, { op: string; kind: "rnn_tanh" | "rnn_relu" | "lstm" | "gru"; peepholes?: true }>
> = {
  rnn: { op: "RNN", kind: "rnn_tanh" },
  irnn: { op: "RNN", kind: "rnn_relu" },
  lstm: { op: "LSTM", kind: "lstm" },
  "peephole-lstm": { op: "LSTM", kind: "lstm", peepholes: true },
  gru: { op: "GRU", kind: "gru" },
};

/** Whether a cell can be written. */
export function hasCell(cell: string): boolean {
  return Object.hasOwn(NODES, cell) || Object.hasOwn(SCANNED_CELLS, cell);
}

/** What a layer gives: [L, N, D·H], and each of its states [D, N, H]. */
interface LayerOutputs {
  output: string;
  states: readonly string[];
}

/** The nodes of a recurrent module: of each layer one, or a Scan in each direction. */
export function recurrentNodes(graph: GraphWriter, step: RecurrentStep): void {
  const { numLayers, bidirectional, states, nextStates } = step;
  const directions = bidirectional ? 2 : 1;
  const before = states === null ? null : states.map((state) => splitLayers(graph, state, numLayers));
  let input = step.input;
  const after: string[][] = nextStates.map(() => []);
  for (let layer = 0; layer < numLayers; layer++) {
    const own = before?.map((layers) => layers[layer]) ?? null;
    const name = layer === numLayers - 1 ? step.output : graph.fresh(`${step.output}_l${layer}`);
    // Its nodes have no projection.
    const isPlain = Object.hasOwn(NODES, step.cell) && step.outputSize === step.hiddenSize;
    const make = isPlain ? nodeLayer : scannedLayer;
    const made = make(graph, step, { layer, directions, input, before: own, output: name });
    for (const [k, state] of made.states.entries()) after[k].push(state);
    input = made.output;
  }
  for (const [k, name] of nextStates.entries()) {
    if (after[k].length === 1) graph.add("Identity", after[k], {}, name);
    else graph.add("Concat", after[k], { axis: { i: 0 } }, name);
  }
}

/** [K·D, N, H] to K of [D, N, H]. */
function splitLayers(graph: GraphWriter, state: string, layers: number): string[] {
  if (layers === 1) return [state];
  const parts = Array.from({ length: layers }, () => graph.fresh(state));
  graph.addMany("Split", [state], parts, { axis: { i: 0 } });
  return parts;
}

function nodeLayer(graph: GraphWriter, step: RecurrentStep, at: LayerOfModule): LayerOutputs {
  const { module, cell, hiddenSize, lengths, nextStates } = step;
  const { layer, directions, input, before, output } = at;
  const { op, kind, peepholes = false } = NODES[cell];
  const [w, r, b, p] = ["W", "R", "B", "P"].map((name) => `${module}.${name}_l${layer}`);
  const arrays = nodeArrays(graph, step, at);
  const rows = arrays.W.shape[0] * arrays.W.shape[1];
  const inputs = [
    input,
    graph.weight(w, arrays.W, rows),
    graph.weight(r, arrays.R, rows),
    graph.weight(b, arrays.B, null),
    lengths === null ? "" : graph.add("Cast", [lengths], { to: { i: TYPES.int32 } }),
    ...(before ?? []),
  ];
  if (peepholes) {
    while (inputs.length < 7) inputs.push("");
    inputs.push(graph.weight(p, peepholeArray(graph, step, at), 3 * directions));
  }
  while (inputs[inputs.length - 1] === "") inputs.pop();
  const [y, ...states] = [output, ...nextStates].map((name) => graph.fresh(`${op}:${name}`));
  graph.addMany(op, inputs, [y, ...states], {
    hidden_size: { i: hiddenSize },
    direction: { s: directions === 2 ? "bidirectional" : "forward" },
    ...(kind === "gru" && { linear_before_reset: { i: 1 } }),
    ...(kind === "rnn_relu" && { activations: { strings: new Array<string>(directions).fill("Relu") } }),
  });
  // From [L, D, N, H].
  const moved = graph.add("Transpose", [y], { perm: { ints: [0, 2, 1, 3] } });
  graph.add("Reshape", [moved, graph.ints([0, 0, directions * hiddenSize])], {}, output);
  return { output, states };
}

/** W [D, G·H, I], R [D, G·H, H] and B [D, 2·G·H], gates in ONNX's order. */
function nodeArrays(graph: GraphWriter, { module, cell }: RecurrentStep, { layer, directions }: LayerOfModule) {
  const { kind } = NODES[cell];
  const suffixes = directions === 2 ? ["", "_reverse"] : [""];
  const ours = suffixes.flatMap((suffix) =>
    ["weight_ih", "weight_hh", "bias_ih", "bias_hh"].map((name) => `${module}.${name}_l${layer}${suffix}`),
  );
  const names = { W: "W", R: "R", B: "B" };
  const convention = onnx({
    cell: kind,
    names,
    place: { prefix: `${module}.`, layer },
    directions: directions as 1 | 2,
  });
  const theirs = convention.toTheirs(new Map(ours.map((name) => [name, graph.array(name)])));
  return { W: theirs.get("W")!, R: theirs.get("R")!, B: theirs.get("B")! };
}

/** [D, 3·H], rows i|o|f; ours are i|f|o. */
function peepholeArray(graph: GraphWriter, { module, hiddenSize }: RecurrentStep, at: LayerOfModule): NamedArray {
  const suffixes = at.directions === 2 ? ["", "_reverse"] : [""];
  const rows = suffixes.map((suffix) => reordered(graph.array(`${module}.weight_ch_l${at.layer}${suffix}`), [0, 2, 1]));
  return reshapedArray(stacked(rows), [at.directions, 3 * hiddenSize]);
}

/** A Scan in each direction, side by side. */
function scannedLayer(graph: GraphWriter, step: RecurrentStep, at: LayerOfModule): LayerOutputs {
  const { directions, before } = at;
  const parts = Array.from({ length: directions }, (_, d) => {
    const first = before?.map((state) =>
      directions === 1 ? graph.add("Squeeze", [state, graph.ints([0])]) : graph.add("Gather", [state, graph.ints(d)]),
    );
    return scannedDirection(graph, step, { ...at, reverse: d === 1, first: first ?? null });
  });
  const [{ y }] = parts;
  if (directions === 1) graph.add("Identity", [y], {}, at.output);
  else
    graph.add(
      "Concat",
      parts.map((part) => part.y),
      { axis: { i: 2 } },
      at.output,
    );
  const states = parts[0].ends.map((_, k) => {
    const rows = parts.map(({ ends }) => graph.add("Unsqueeze", [ends[k], graph.ints([0])]));
    return directions === 1 ? rows[0] : graph.add("Concat", rows, { axis: { i: 0 } });
  });
  return { output: at.output, states };
}
