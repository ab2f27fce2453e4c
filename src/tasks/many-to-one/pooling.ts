import { type Tensor, tensor } from "../../tensor/index.js";
import { lastHidden, type RowState } from "../recurrent/states.js";

/** How the outputs of all steps become one. */
export const POOLINGS = ["last", "mean", "max", "attention"] as const;
export type Pooling = (typeof POOLINGS)[number];

/**
 * The outputs of each row as one.
 *   last: h after the last step, and of the other direction after the first;  mean, max: of y over a row's own steps
 * Attention has a query of its own: `nn.PoolOverTime`.
 * @param y      [L, N, D·H], zero beyond a row's end
 * @returns      [N, D·H]
 */
export function pooled(
  pooling: Exclude<Pooling, "attention">,
  y: Tensor,
  state: RowState,
  lengths: readonly number[],
): Tensor {
  const [longest, batch, width] = y.shape as [number, number, number];
  if (pooling === "last") return lastHidden(state, width);
  if (pooling === "mean") return y.sum(0).div(tensor(Float32Array.from(lengths), { shape: [batch, 1] }));
  const beyond = (i: number) => (Math.floor(i / batch) < lengths[i % batch] ? 0 : -Infinity);
  const mask = Float32Array.from({ length: longest * batch }, (_, i) => beyond(i));
  return y.add(tensor(mask, { shape: [longest, batch, 1] })).max(0);
}
