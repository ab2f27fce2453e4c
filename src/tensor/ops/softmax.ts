import { normalizeAxis } from "../../base/shape.js";
import { currentEngine } from "../../engine/select.js";
import { record } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { contiguous, empty, requireFloat, requireTensor } from "./raw.js";
import { reshape, transpose } from "./shape.js";

/** exp(x) / Σ exp(x) along `axis` (default: the last), without overflow. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return alongLast("softmax", x, axis);
}

/** log softmax(x) along `axis` (default: the last), without overflow. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return alongLast("logSoftmax", x, axis);
}

function alongLast(op: "softmax" | "logSoftmax", x: Tensor, axis: number): Tensor {
  requireTensor(op, "input", x);
  requireFloat(op, "input", x);
  const at = normalizeAxis(op, axis, x.rank);
  if (x.rank === 0) return reshape(alongLast(op, reshape(x, [1]), 0), []);
  if (at < x.rank - 1) return transpose(alongLast(op, transpose(x, at, -1), -1), at, -1);
  const y = empty(x.dtype, x.shape);
  const input = contiguous(x);
  if (y.size > 0) currentEngine()[op](y, input);
  if (input !== x) input.dispose();
  const backward = (dOut: Tensor) => {
    const dX = empty(x.dtype, x.shape);
    if (dX.size > 0) currentEngine()[`${op}Backward`](dX, y, contiguous(dOut));
    return [dX];
  };
  return record(op, [x], y, backward, { held: [y] });
}
