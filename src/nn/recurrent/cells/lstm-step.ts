import { add, mul } from "../../../tensor/ops/arithmetic.js";
import { unary } from "../../../tensor/ops/unary.js";
import type { Tensor } from "../../../tensor/tensor.js";

/** i, f, g and o, of sums before their activation. */
export function openGates([i, f, g, o]: readonly Tensor[]): [i: Tensor, f: Tensor, g: Tensor, o: Tensor] {
  return [unary("sigmoid", i!), unary("sigmoid", f!), unary("tanh", g!), unary("sigmoid", o!)];
}

/** c_t = f⊙c_{t-1} + i⊙g */
export function nextCell(i: Tensor, f: Tensor, g: Tensor, c: Tensor): Tensor {
  return add(mul(f, c), mul(i, g));
}

/** h_t = o⊙tanh(c_t) */
export function nextHidden(o: Tensor, c: Tensor): Tensor {
  return mul(o, unary("tanh", c));
}
