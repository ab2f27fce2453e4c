import { checkNonNegativeInteger, checkNumber, checkObject } from "../base/check.js";
import { currentEngine } from "../engine/select.js";
import type { Tensor } from "../tensor/index.js";
import { contiguous, requireTensor } from "../tensor/ops/raw.js";

/** What one batch gives: the task's forward pass and loss. */
export interface BatchResult<C> {
  /** A scalar that `backward()` can walk: a mean over `count` terms. */
  loss: Tensor;
  /** Terms of the mean: tokens, samples, frames. */
  count: number;
  /** What the mean divides its sum by, where that is not `count`: the weights of weighted terms. Counts when batches are accumulated. */
  weight?: number | undefined;
  /** What is told of the loss, where something is added to it that only the gradient is to see. Default: the loss. */
  told?: Tensor | undefined;
  /** What the next batch of the stream goes on from: tensors, also in objects and arrays. */
  carried?: C | undefined;
}

/** What `forward` gave, checked. */
export function checkedResult<C>(result: BatchResult<C>): {
  loss: Tensor;
  count: number;
  weight: number;
  told: Tensor;
  next: C | undefined;
} {
  const op = "Trainer.trainStep";
  checkObject(op, "forward's result", result, "{ loss, count }");
  const { loss, count, weight = count, told = loss, carried: next } = result;
  requireTensor(op, "loss", loss);
  checkNonNegativeInteger(op, "count", count);
  checkNumber(op, "weight", weight, { min: 0 });
  return { loss, count, weight, told, next };
}

/** Every gradient times `factor`, in place. */
export function scaleGradients(parameters: readonly Tensor[], factor: number): void {
  for (const parameter of parameters) {
    const { grad } = parameter;
    if (grad === null || grad.size === 0) continue;
    const whole = grad.isContiguous ? grad : contiguous(grad).retain();
    parameter.grad = whole;
    whole.storage.beforeWrite("gradient accumulation");
    currentEngine().affine(whole, whole, factor, 0);
  }
}
