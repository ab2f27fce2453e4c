import { add, mul } from "../../tensor/ops/arithmetic.js";
import { unary } from "../../tensor/ops/unary.js";
import type { Tensor } from "../../tensor/tensor.js";

/** c_t = f⊙c_{t-1} + i⊙g, of gates before their activation. */
export function nextCell(i: Tensor, f: Tensor, g: Tensor, c: Tensor): Tensor {
  return add(mul(unary("sigmoid", f), c), mul(unary("sigmoid", i), unary("tanh", g)));
}

/** h_t = o⊙tanh(c_t), of a gate before its activation. */
export function nextHidden(o: Tensor, c: Tensor): Tensor {
  return mul(unary("sigmoid", o), unary("tanh", c));
}
