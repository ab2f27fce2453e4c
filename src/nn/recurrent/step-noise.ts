import { add, mul, sub } from "../../tensor/ops/arithmetic.js";
import { filled } from "../../tensor/ops/raw.js";
import { dropout } from "../../tensor/ops/unary.js";
import type { Tensor } from "../../tensor/tensor.js";

/** For h_{t-1} at every step: one mask for the whole sequence. Source: Gal & Ghahramani 2016. */
export function recurrentMask(h: Tensor, p: number): Tensor {
  return dropout(filled(h.dtype, h.shape, 1), p);
}

/**
 * The old state where the unit is zoned out, else the next.
 *   old + m⊙(next - old),  m = 0 with probability p, else 1; in evaluation its mean 1 - p
 * Source: Krueger et al. 2017.
 */
export function zoneout(old: Tensor, next: Tensor, p: number, training: boolean): Tensor {
  if (p === 0) return next;
  const change = sub(next, old);
  return add(old, mul(training ? dropout(change, p) : change, 1 - p));
}
