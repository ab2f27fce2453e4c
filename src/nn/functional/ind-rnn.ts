import { defineFunction } from "../../autograd/function.js";
import { checkOneOf } from "../../base/check.js";
import { formatShape, misshapen, sameShape } from "../../base/shape.js";
import { currentEngine } from "../../engine/select.js";
import { mul } from "../../tensor/ops/arithmetic.js";
import { contiguous, empty, Lens, requireFloat, requireSameDType, requireTensor } from "../../tensor/ops/raw.js";
import { sum } from "../../tensor/ops/reduce.js";
import { select } from "../../tensor/ops/slice.js";
import type { Tensor } from "../../tensor/tensor.js";

/** Step t of a contiguous [L, N, H]. */
function at(x: Tensor, t: number): Lens {
  const [, n, h] = x.shape as [number, number, number];
  return new Lens(x, [n, h], [h, 1], x.offset + t * n * h);
}

/** u [H] laid over [N, H]. */
function overRows(u: Tensor, n: number): Lens {
  return new Lens(u, [n, u.size], [0, 1]);
}

function define(nonlinearity: "relu" | "tanh") {
  return defineFunction({
    name: "indRNN",
    forward(ctx, x: Tensor, u: Tensor, h0: Tensor): Tensor {
      const engine = currentEngine();
      const [length, n] = x.shape as [number, number, number];
      const inputs = contiguous(x);
      const weights = overRows(u, n);
      const y = empty(x.dtype, x.shape);
      const sums = empty(x.dtype, h0.shape);
      for (let t = 0; t < length; t++) {
        engine.binary("mul", sums, t === 0 ? h0 : at(y, t - 1), weights);
        engine.binary("add", sums, sums, at(inputs, t));
        engine.unary(nonlinearity, at(y, t), sums);
      }
      ctx.saveForBackward(y, u, ...(ctx.needsGrad[1] ? [h0] : []));
      return y;
    },
    backward(ctx, dOut): (Tensor | null)[] {
      const engine = currentEngine();
      const [y, u, h0 = null] = ctx.savedTensors as [Tensor, Tensor, Tensor?];
      const [length, n] = y.shape as [number, number, number];
      const dY = contiguous(dOut);
      const weights = overRows(u, n);
      const dX = empty(y.dtype, y.shape);
      const arriving = empty(y.dtype, y.shape.slice(1));
      engine.copy(arriving, at(dY, length - 1));
      for (let t = length - 1; t >= 0; t--) {
        // Both slopes are functions of y alone: relu's input is positive where its output is.
        engine.unaryBackward(nonlinearity, at(dX, t), at(y, t), at(y, t), arriving);
        if (t === 0) break;
        engine.binary("mul", arriving, at(dX, t), weights);
        engine.binary("add", arriving, arriving, at(dY, t - 1));
      }
      const dU = h0 && sum(mul(dX, statesBefore(y, h0)), [0, 1]);
      return [dX, dU, mul(select(dX, 0, 0), u)];
    },
  });
}

/** One step later: [h0, y_0, .., y_{L-2}]. */
function statesBefore(y: Tensor, h0: Tensor): Tensor {
  const before = empty(y.dtype, y.shape);
  for (let t = 0; t < y.shape[0]; t++) currentEngine().copy(at(before, t), t === 0 ? h0 : at(y, t - 1));
  return before;
}

const functions = { relu: define("relu"), tanh: define("tanh") };

/**
 * h_t = φ(x_t + u⊙h_{t-1}) over a whole sequence: one operation, three kernel calls a step in each direction.
 * @param x   [L, N, H], the inputs after their product and bias
 * @param u   [H]
 * @param h0  [N, H]
 * @returns   h [L, N, H]
 * Source: Li et al. 2018.
 */
export function indRNN(x: Tensor, u: Tensor, h0: Tensor, nonlinearity: "relu" | "tanh" = "relu"): Tensor {
  const op = "indRNN";
  checkOneOf(op, "nonlinearity", nonlinearity, ["relu", "tanh"]);
  requireTensor(op, "x", x);
  requireFloat(op, "x", x);
  const [, n, width] = x.shape;
  const shapes = { x: [x.shape[0], n, width], u: [width], h0: [n, width] };
  for (const [argument, tensor] of Object.entries({ x, u, h0 })) {
    requireTensor(op, argument, tensor);
    requireSameDType(op, argument, tensor, x.dtype);
    const shape = shapes[argument as "x"];
    if (sameShape(tensor.shape, shape) && x.rank === 3 && x.size > 0) continue;
    const must = `have shape ${argument === "x" ? "[L, N, H]" : formatShape(shape)}`;
    throw misshapen(op, argument, must, tensor.shape);
  }
  return functions[nonlinearity](x, u, h0);
}
