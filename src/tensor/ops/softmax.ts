import { normalizeAxis } from "../../base/shape.js";
import { currentEngine } from "../../engine/select.js";
import { record } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { contiguous, empty, requireFloat } from "./raw.js";
import { transpose } from "./shape.js";

/** exp(x) / Σ exp(x) along `axis` (default: the last), without overflow. */
export function softmax(x: Tensor, axis = -1): Tensor {
  return alongLast("softmax", x, axis);
}

/** log softmax(x) along `axis` (default: the last), without overflow. */
export function logSoftmax(x: Tensor, axis = -1): Tensor {
  return alongLast("logSoftmax", x, axis);
}

function alongLast(op: "softmax" | "logSoftmax", x: Tensor, axis: number): Tensor {
  x.checkAlive(op);
  requireFloat(op, "input", x);
  const at = normalizeAxis(op, axis, x.rank);
  if (at < x.rank - 1) return transpose(alongLast(op, transpose(x, at, -1), -1), at, -1);
  const y = empty(x.dtype, x.shape);
  if (y.size > 0) currentEngine()[op](y, contiguous(x));
  const backward = (dOut: Tensor) => {
    const dX = empty(x.dtype, x.shape);
    if (dX.size > 0) currentEngine()[`${op}Backward`](dX, y, contiguous(dOut));
    return [dX];
  };
  return record(op, [x], y, backward, { held: [y] });
}
