import { add, mul } from "../../tensor/ops/arithmetic.js";
import { concat } from "../../tensor/ops/join.js";
import type { Tensor } from "../../tensor/tensor.js";

/** How the outputs of the two directions become one: side by side, or element by element. */
export type MergeMode = "concat" | "sum" | "mean" | "mul";

export const MERGE_MODES: readonly MergeMode[] = ["concat", "sum", "mean", "mul"];

/** @param outputs  of both directions, in their order */
export function merged(mode: MergeMode, outputs: readonly [Tensor, Tensor]): Tensor {
  const [a, b] = outputs;
  if (mode === "concat") return concat(outputs, -1);
  if (mode === "mul") return mul(a, b);
  return mode === "sum" ? add(a, b) : mul(add(a, b), 0.5);
}
