import { stack } from "../../../tensor/ops/join.js";
import { permute, transpose } from "../../../tensor/ops/shape.js";
import type { Call, Operator } from "../call.js";
import { Floats, type Value } from "../value.js";
import { byKernel, type DirectionResult, kernelOf, kernelWeights } from "./recurrent-kernel.js";
import { type RecurrentKind, recurrentNode } from "./recurrent-node.js";
import { bySteps } from "./recurrent-steps.js";

export const RECURRENT: Readonly<Record<string, Operator>> = {
  RNN: (call) => run(call, "rnn"),
  LSTM: (call) => run(call, "lstm"),
  GRU: (call) => run(call, "gru"),
};

/** @returns Y [L, D, N, H], Y_h and Y_c [D, N, H]; with layout 1 [N, L, D, H] and [N, D, H] */
function run(call: Call, kind: RecurrentKind): Value[] {
  const node = recurrentNode(call, kind);
  const results = node.directions.map((direction): DirectionResult => {
    const cell = kernelOf(node, direction);
    if (cell === null) return bySteps(node, direction);
    const weights = call.prepared([1, 2, 3], `${direction.index}`, () => kernelWeights(cell, direction));
    return byKernel(node, direction, cell, weights);
  });
  const batchFirst = call.flag("layout");
  const { type } = call.floats(0);
  const y = stack(
    results.map((result) => result.y),
    1,
  );
  const outputs = [batchFirst ? permute(y, [2, 0, 1, 3]) : y];
  for (const state of ["h", "c"] as const) {
    if (state === "c" && kind !== "lstm") continue;
    const all = stack(results.map((result) => result[state]!));
    outputs.push(batchFirst ? transpose(all, 0, 1) : all);
  }
  return outputs.map((tensor) => new Floats(type, tensor));
}
