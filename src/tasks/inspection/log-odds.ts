import { type Tensor, tensor } from "../../tensor/index.js";

/** log(p / (1 - p)) of one class: its logit less what the others have together. @param logits  [C] */
export function logOdds(logits: Tensor, k: number): Tensor {
  const { size } = logits;
  const others = Int32Array.from({ length: size - 1 }, (_, i) => (i < k ? i : i + 1));
  return logits.select(0, k).sub(logits.indexSelect(0, tensor(others)).logSumExp(0));
}
