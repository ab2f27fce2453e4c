import { checkFunction, checkNumber } from "../base/check.js";
import { DTypeError } from "../base/errors.js";
import { type NdArray, requireArray, zerosLike } from "./nd-array.js";

/**
 * The gradient of a loss by central differences: df/dx_i ≈ (f(x_i + ε) - f(x_i - ε)) / 2ε. Slow and independent of every
 * `backward`, which is its use: to check one written by hand.
 * @param loss  computes the loss anew from x's present content
 * @param x     float64: float32 has too few digits for differences
 * @example numericalGradient(() => model.forward(xs, ts), model.params[0])
 */
export function numericalGradient(loss: () => number, x: NdArray, eps = 1e-5): NdArray {
  checkFunction("numericalGradient", "loss", loss);
  requireArray("numericalGradient", "x", x);
  checkNumber("numericalGradient", "eps", eps, { min: 0, openMin: true });
  if (x.dtype !== "float64") {
    const fix = "Build the layer from float64 arrays to check it.";
    throw new DTypeError({ op: "numericalGradient", argument: "x", must: "be float64", value: x.dtype, fix });
  }
  const grad = zerosLike(x);
  for (let i = 0; i < x.size; i++) {
    const kept = x.data[i];
    const lossAt = (value: number): number => {
      x.data[i] = value;
      try {
        return checkNumber("numericalGradient", "loss()", loss());
      } finally {
        x.data[i] = kept;
      }
    };
    grad.data[i] = (lossAt(kept + eps) - lossAt(kept - eps)) / (2 * eps);
  }
  return grad;
}
