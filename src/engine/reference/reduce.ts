import { sizeOf } from "../../base/shape.js";
import type { ReduceOp } from "../engine.js";
import { commit, input, output, type Strided } from "./strided.js";

/** The trailing `axes` dimensions of x into `out`, row by row. Sums and products run in float64. */
export function reduce(op: ReduceOp, out: Strided, x: Strided, axes: number): void {
  const rows = sizeOf(out.shape);
  const length = sizeOf(x.shape.slice(x.shape.length - axes));
  const o = output(out);
  const a = input(x);
  const integer = x.data instanceof Int32Array;
  for (let r = 0, from = 0; r < rows; r++, from += length) o[r] = reduceRow(op, a, from, from + length, integer);
  commit(out, o);
}

function reduceRow(op: ReduceOp, a: Float64Array, from: number, to: number, integer: boolean): number {
  switch (op) {
    case "sum": {
      let sum = 0;
      for (let i = from; i < to; i++) sum += a[i];
      return sum;
    }
    case "prod": {
      let product = 1;
      if (integer) for (let i = from; i < to; i++) product = Math.imul(product, a[i]);
      else for (let i = from; i < to; i++) product *= a[i];
      return product;
    }
    case "max":
      return to === from ? (integer ? -(2 ** 31) : -Infinity) : a[from + argExtreme(a, from, to, 1)];
    case "min":
      return to === from ? (integer ? 2 ** 31 - 1 : Infinity) : a[from + argExtreme(a, from, to, -1)];
    case "argmax":
      return argExtreme(a, from, to, 1);
    case "argmin":
      return argExtreme(a, from, to, -1);
  }
}

/** Where the largest (sign 1) or smallest (sign -1) lies, counted from `from`: the first NaN, else the first of equals. */
function argExtreme(a: Float64Array, from: number, to: number, sign: 1 | -1): number {
  let best = from;
  for (let i = from; i < to; i++) {
    if (Number.isNaN(a[i])) return i - from;
    if (sign * a[i] > sign * a[best]) best = i;
  }
  return best - from;
}

/** Σ x² over all operands, in float64. */
export function sumOfSquares(xs: readonly Strided[]): number {
  let sum = 0;
  for (const x of xs) {
    const a = input(x);
    for (let i = 0; i < a.length; i++) sum += a[i] * a[i];
  }
  return sum;
}
