import { defineFunction } from "../../autograd/function.js";
import { add, mul, sub } from "../../tensor/ops/arithmetic.js";
import { mean } from "../../tensor/ops/reduce.js";
import { unary } from "../../tensor/ops/unary.js";
import type { Tensor } from "../../tensor/tensor.js";

const KEEP = { keepDim: true };

/** Is told mean and variance, with the dimensions over which they were taken as 1; they live no longer. */
export type Seen = (mean: Tensor, variance: Tensor) => void;

/** (x - mean) / √(var + eps) over `axes`, the variance divided by n, as an operation called `name`. */
export function standardizing(name: string): (x: Tensor, axes: readonly number[], eps: number, seen?: Seen) => Tensor {
  return defineFunction({
    name,
    forward(ctx, x: Tensor, axes: readonly number[], eps: number, seen?: Seen): Tensor {
      const middle = mean(x, axes, KEEP);
      const centered = sub(x, middle);
      const variance = mean(unary("square", centered), axes, KEEP);
      seen?.(middle, variance);
      const scale = unary("rsqrt", add(variance, eps));
      const out = mul(centered, scale);
      ctx.saveForBackward(out, scale);
      return out;
    },
    backward(ctx, dOut): Tensor {
      const [out, scale] = ctx.savedTensors as [Tensor, Tensor];
      // Over a dimension of one element a mean is that element, named or not.
      const axes = out.shape.flatMap((size, i) => (scale.shape[i] === size ? [] : [i]));
      const along = mul(out, mean(mul(dOut, out), axes, KEEP));
      return mul(sub(sub(dOut, mean(dOut, axes, KEEP)), along), scale);
    },
  });
}
