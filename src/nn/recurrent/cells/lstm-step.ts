import { add, mul } from "../../../tensor/ops/arithmetic.js";
import { linear } from "../../../tensor/ops/matmul.js";
import type { Tensor } from "../../../tensor/tensor.js";
import { type Activation, activate } from "../../functional/activations.js";
import type { CellLayer } from "../cell.js";

/** i, f, g and o, of sums before their activation. */
export function openGates(
  sums: readonly Tensor[],
  gate: Activation = "sigmoid",
  state: Activation = "tanh",
): [i: Tensor, f: Tensor, g: Tensor, o: Tensor] {
  const [i, f, g, o] = sums.map((sum, k) => activate(k === 2 ? state : gate, sum));
  return [i, f, g, o];
}

/** c_t = f⊙c_{t-1} + i⊙g */
export function nextCell(i: Tensor, f: Tensor, g: Tensor, c: Tensor): Tensor {
  return add(mul(f, c), mul(i, g));
}

/** h_t = o⊙tanh(c_t) */
export function nextHidden(o: Tensor, c: Tensor, state: Activation = "tanh"): Tensor {
  return mul(o, activate(state, c));
}

/** For a cell that projects: from what h_t would be to what it is, which is the same without `projSize`. */
export function projection(layer: CellLayer): (h: Tensor) => Tensor {
  const wHr = layer.bias("weight_hr");
  return wHr === null ? (h) => h : (h) => linear(h, wHr);
}
