import { commit, input, output, type Strided } from "./strided.js";

/** The largest of a[from..to); NaN if one is there. */
function rowMax(a: Float64Array, from: number, to: number): number {
  let max = -Infinity;
  for (let i = from; i < to; i++) max = Math.max(max, a[i]);
  return max;
}

/**
 * log Σ exp(a) over a[from..to), shifted by the maximum so that it neither over- nor underflows.
 * -Infinity when every entry is.
 */
export function logSumExp(a: Float64Array, from: number, to: number): number {
  const max = rowMax(a, from, to);
  if (max === -Infinity || max === Infinity) return max;
  let sum = 0;
  for (let i = from; i < to; i++) sum += Math.exp(a[i] - max);
  return max + Math.log(sum);
}

const width = (x: Strided): number => x.shape[x.shape.length - 1];

/** y = exp(x - max) / Σ exp(x - max) over the last dimension; a row of nothing but -Infinity gives NaN, as in PyTorch. */
export function softmax(out: Strided, x: Strided): void {
  const d = width(x);
  const a = input(x);
  const o = output(out);
  for (let from = 0; from < a.length; from += d) {
    const max = rowMax(a, from, from + d);
    let sum = 0;
    for (let i = from; i < from + d; i++) {
      o[i] = Math.exp(a[i] - max);
      sum += o[i];
    }
    for (let i = from; i < from + d; i++) o[i] /= sum;
  }
  commit(out, o);
}

/** y = (x - max) - log Σ exp(x - max). */
export function logSoftmax(out: Strided, x: Strided): void {
  const d = width(x);
  const a = input(x);
  const o = output(out);
  for (let from = 0; from < a.length; from += d) {
    const max = rowMax(a, from, from + d);
    let sum = 0;
    for (let i = from; i < from + d; i++) sum += Math.exp(a[i] - max);
    const logSum = Math.log(sum);
    for (let i = from; i < from + d; i++) o[i] = a[i] - max - logSum;
  }
  commit(out, o);
}

/** dx = y ⊙ (dy - Σ y⊙dy) */
export function softmaxBackward(dx: Strided, y: Strided, dy: Strided): void {
  const d = width(y);
  const b = input(y);
  const g = input(dy);
  const o = output(dx);
  for (let from = 0; from < b.length; from += d) {
    let dot = 0;
    for (let i = from; i < from + d; i++) dot += b[i] * g[i];
    for (let i = from; i < from + d; i++) o[i] = b[i] * (g[i] - dot);
  }
  commit(dx, o);
}

/** dx = dy - exp(y) Σ dy */
export function logSoftmaxBackward(dx: Strided, y: Strided, dy: Strided): void {
  const d = width(y);
  const b = input(y);
  const g = input(dy);
  const o = output(dx);
  for (let from = 0; from < b.length; from += d) {
    let sum = 0;
    for (let i = from; i < from + d; i++) sum += g[i];
    for (let i = from; i < from + d; i++) o[i] = g[i] - Math.exp(b[i]) * sum;
  }
  commit(dx, o);
}
