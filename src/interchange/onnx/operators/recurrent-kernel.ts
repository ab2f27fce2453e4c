import type { CellKind } from "../../../engine/cells.js";
import { type RecurrentWeights, recurrentLayer } from "../../../nn/recurrent/recurrent-layer.js";
import { indexSelect } from "../../../tensor/ops/gather.js";
import { concat } from "../../../tensor/ops/join.js";
import { filled } from "../../../tensor/ops/raw.js";
import { reshape, unsqueeze } from "../../../tensor/ops/shape.js";
import { narrow } from "../../../tensor/ops/slice.js";
import type { Tensor } from "../../../tensor/tensor.js";
import { blocksOf } from "../../conventions/gate-order.js";
import { indexTensor } from "../value.js";
import type { Direction, RecurrentNode } from "./recurrent-node.js";

/** What one direction gives. */
export interface DirectionResult {
  /** [L, N, H], zeros past the end of a sequence. */
  y: Tensor;
  /** [N, H], each sequence's own last. */
  h: Tensor;
  c: Tensor | null;
}

/** The kernel that does all that a direction says, or null where none does. */
export function kernelOf(node: RecurrentNode, { functions, peepholes }: Direction): CellKind | null {
  const { kind, clip, inputForget, linearBeforeReset, lengths } = node;
  if (clip !== null || inputForget || peepholes !== null || lengths?.includes(0)) return null;
  const names = functions.map(({ name }) => name).join(" ");
  if (kind === "lstm") return names === "sigmoid tanh tanh" ? "lstm" : null;
  if (kind === "gru") return names === "sigmoid tanh" && linearBeforeReset ? "gru" : null;
  return names === "tanh" || names === "relu" || names === "sigmoid" ? `rnn_${names}` : null;
}

/** [w, r, input's bias, state's bias] as the kernels take them; the last two where there are any. */
export function kernelWeights(cell: CellKind, { w, r, bias }: Direction): Tensor[] {
  const order = blocksOf("onnx", cell);
  const ours = (x: Tensor): Tensor => {
    const size = x.shape[0] / order.length;
    return order.length === 1 ? x : concat(order.map((block) => narrow(x, 0, block * size, size)));
  };
  if (bias === null) return [ours(w), ours(r)];
  const half = bias.size / 2;
  return [ours(w), ours(r), ours(narrow(bias, 0, 0, half)), ours(narrow(bias, 0, half, half))];
}

/** One call of a kernel for the whole sequence. */
export function byKernel(
  { x, lengths }: RecurrentNode,
  { reverse, h0, c0 }: Direction,
  cell: CellKind,
  prepared: readonly Tensor[],
): DirectionResult {
  const [wIh, wHh, bIh = null, bHh = null] = prepared as readonly [Tensor, Tensor, Tensor?, Tensor?];
  const weights: RecurrentWeights = { wIh, wHh, bIh, bHh };
  const [seqLen, batch] = x.shape as [number, number, number];
  const state = (of: Tensor | null) => of && unsqueeze(of, 0);
  if (lengths === null) {
    const batchSizes = new Array<number>(seqLen).fill(batch);
    const initial = { h: state(h0), c: state(c0) };
    return recurrentLayer({ cell, x, batchSizes, weights, initial, final: null, row: 0, reverse });
  }
  // The longest first; rows are those of steps that there are.
  const order = lengths.map((_, n) => n).sort((a, b) => lengths[b] - lengths[a]);
  const batchSizes = Array.from({ length: lengths[order[0]] }, (_, t) => lengths.filter((length) => length > t).length);
  const places = batchSizes.flatMap((count, t) => order.slice(0, count).map((n) => t * batch + n));
  const take = (rows: Tensor, index: readonly number[]) => indexSelect(rows, 0, indexTensor([index.length], index));
  const rows = take(reshape(x, [seqLen * batch, x.shape[2]]), places);
  const sorted = (of: Tensor | null) => of && unsqueeze(take(of, order), 0);
  const initial = { h: sorted(h0), c: sorted(c0) };
  const { y, h, c } = recurrentLayer({ cell, x: rows, batchSizes, weights, initial, final: null, row: 0, reverse });
  const back = new Array<number>(seqLen * batch).fill(places.length);
  for (const [row, place] of places.entries()) back[place] = row;
  const whole = take(concat([y, filled(y.dtype, [1, y.shape[1]], 0)]), back);
  const places0 = lengths.map((_, n) => order.indexOf(n));
  return { y: reshape(whole, [seqLen, batch, y.shape[1]]), h: take(h, places0), c: c && take(c, places0) };
}
