import { DTypeError, ShapeError } from "../../base/errors.js";
import { formatShape, misshapen, type Shape, sameShape } from "../../base/shape.js";
import { currentEngine } from "../../engine/select.js";
import { requireInt, requireSameDType, requireTensor } from "../../tensor/ops/raw.js";
import type { Tensor } from "../../tensor/tensor.js";

/** What becomes of the losses of single elements. */
export type Reduction = "mean" | "sum" | "none";

/** Class ids as a loss takes them. */
export interface ClassTargets {
  targets: Tensor;
  /** Every dimension of the scores but the classes. */
  shape: Shape;
  classes: number;
  ignoreIndex: number;
  /** [V] or null. */
  weight: Tensor | null;
}

/**
 * Checks what a loss over classes is given.
 * @returns the sum of the weights of the rows that count: what a mean divides by
 */
export function checkTargets(op: string, given: ClassTargets): number {
  const { targets, shape, classes, ignoreIndex, weight } = given;
  requireTensor(op, "targets", targets);
  requireInt(op, "targets", targets);
  if (!sameShape(targets.shape, shape)) {
    throw misshapen(
      op,
      "targets",
      `have shape ${formatShape(shape)}, one class for each row`,
      targets.shape,
      "Classes are the last dimension of the input, and targets have every other one.",
    );
  }
  if (weight !== null) checkWeight(op, weight, classes);
  if (targets.size === 0) return 0;
  const [low, high] = currentEngine().range(targets);
  const inside = low >= 0 && high < classes;
  const mayIgnore = ignoreIndex >= low && ignoreIndex <= high;
  if (inside && !mayIgnore && weight === null) return targets.size;
  return totalWeight(op, given);
}

function checkWeight(op: string, weight: Tensor, classes: number): void {
  if (!sameShape(weight.shape, [classes])) {
    const must = `have shape [${classes}], one weight for each class`;
    throw misshapen(op, "weight", must, weight.shape);
  }
}

/** Looks at each target, as only ignored rows and weights require. */
function totalWeight(op: string, { targets, classes, ignoreIndex, weight }: ClassTargets): number {
  const weights = weight?.data();
  let total = 0;
  for (const target of targets.data()) {
    if (target === ignoreIndex) continue;
    if (target < 0 || target >= classes) {
      throw new ShapeError({
        op,
        argument: "targets",
        must: `lie in [0, ${classes - 1}] (classes=${classes}) or be ignoreIndex ${ignoreIndex}`,
        value: String(target),
        fix: "Check the vocabulary that made them.",
      });
    }
    total += weights === undefined ? 1 : weights[target];
  }
  return total;
}

/** Weights of classes must be constants of the scores' type. */
export function checkConstant(op: string, argument: string, x: Tensor | null | undefined, like: Tensor): void {
  if (!x) return;
  requireTensor(op, argument, x);
  requireSameDType(op, argument, x, like.dtype);
  if (!x.requiresGrad) return;
  const must = "be a constant";
  throw new DTypeError({ op, argument, must, value: "a tensor that requires gradients", fix: "Pass it detached." });
}
