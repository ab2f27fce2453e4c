import { add, mul } from "../../tensor/ops/arithmetic.js";
import { clamp, unary } from "../../tensor/ops/unary.js";
import type { Tensor } from "../../tensor/tensor.js";

/** hardSigmoid is x/6 + 1/2 limited to [0, 1], as in PyTorch and Keras 3. */
export type Activation = "tanh" | "sigmoid" | "hardSigmoid" | "relu";

export const ACTIVATIONS: readonly Activation[] = ["tanh", "sigmoid", "hardSigmoid", "relu"];

export function activate(activation: Activation, x: Tensor): Tensor {
  return activation === "hardSigmoid" ? clamp(add(mul(x, 1 / 6), 0.5), 0, 1) : unary(activation, x);
}
