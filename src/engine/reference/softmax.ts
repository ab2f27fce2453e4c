import { commit, input, output, type Strided } from "./strided.js";

/** The largest of a[from..to); NaN if one is there. */
function rowMax(a: Float64Array, from: number, to: number): number {
  let max = -Infinity;
  for (let i = from; i < to; i++) max = Math.max(max, a[i]);
  return max;
}

/** What a row of logits is to be measured by: their softmax is e^(a - max) / sum. */
export interface Normalizer {
  /** The largest logit. */
  max: number;
  /** Σ e^(a - max), which neither over- nor underflows. NaN where an entry is NaN or Infinity, or all are -Infinity, as in PyTorch. */
  sum: number;
}

/** Of a[from..to). The two are kept apart: added up, max takes the digits of log sum with it. */
export function normalizerOf(a: Float64Array, from: number, to: number): Normalizer {
  const max = rowMax(a, from, to);
  let sum = 0;
  for (let i = from; i < to; i++) sum += Math.exp(a[i] - max);
  return { max, sum };
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
    const { max, sum } = normalizerOf(a, from, from + d);
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
