import { sizeOf } from "../base/shape.js";
import { mismatch, NdArray, zeros } from "./nd-array.js";

/** Moving elements about: no arithmetic, so nothing here needs the engine. */

/**
 * The first two dimensions exchanged: [N, T, ..] becomes [T, N, ..], and back. The layers take sequences batch first and
 * walk them time first, as `nn` does by default; so both sum in the same order and agree to the last bit. (But for gradients behind an
 * embedding of few rows, which `nn` sums by row first: nn/table-rows/shared-rows.ts.)
 */
export function swapBatchAndTime(x: NdArray): NdArray {
  const [n, t, ...rest] = x.shape as [number, number, ...number[]];
  const width = sizeOf(rest);
  const out = zeros([t, n, ...rest], x.dtype);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < t; j++) copyRow(out, j * n + i, x, i * t + j, width);
  }
  return out;
}

/** [N, T, ..] as T·N rows, all of step 0 first. */
export function toRows(x: NdArray): NdArray {
  const [n, t, ...rest] = x.shape as [number, number, ...number[]];
  return swapBatchAndTime(x).reshape(t * n, ...rest);
}

/** The way back: T·N rows as [N, T, ..]. */
export function fromRows(rows: NdArray, n: number, t: number): NdArray {
  return swapBatchAndTime(rows.reshape(t, n, ...rows.shape.slice(1)));
}

/** Side by side along the last dimension: [.., A] and [.., B] give [.., A+B]. */
export function concatLast(...parts: NdArray[]): NdArray {
  const lead = parts[0].shape.slice(0, -1);
  const widths = parts.map(lastOf);
  const total = widths.reduce((sum, width) => sum + width, 0);
  const out = zeros([...lead, total], parts[0].dtype);
  for (let row = 0; row < sizeOf(lead); row++) {
    let at = row * total;
    parts.forEach(({ data }, i) => {
      out.data.set(data.subarray(row * widths[i], (row + 1) * widths[i]), at);
      at += widths[i];
    });
  }
  return out;
}

/** The reverse of `concatLast`: parts of the given widths. */
export function splitLast(x: NdArray, widths: readonly number[]): NdArray[] {
  const total = lastOf(x);
  const lead = x.shape.slice(0, -1);
  let offset = 0;
  return widths.map((width) => {
    const part = zeros([...lead, width], x.dtype);
    for (let row = 0; row < sizeOf(lead); row++) {
      const from = row * total + offset;
      part.data.set(x.data.subarray(from, from + width), row * width);
    }
    offset += width;
    return part;
  });
}

/** Step `t` of [N, T, ..], negative counted from the end: [N, ..]. */
export function stepOf(xs: NdArray, t: number): NdArray {
  const [n, steps, ...rest] = xs.shape as [number, number, ...number[]];
  const width = sizeOf(rest);
  const out = zeros([n, ...rest], xs.dtype);
  for (let i = 0; i < n; i++) copyRow(out, i, xs, i * steps + (t < 0 ? t + steps : t), width);
  return out;
}

/** The reverse of `stepOf`, which is also its gradient: x [N, ..] at step `t` of zeros [N, T, ..]. */
export function atStep(x: NdArray, t: number, steps: number): NdArray {
  const [n, ...rest] = x.shape as [number, ...number[]];
  const width = sizeOf(rest);
  const out = zeros([n, steps, ...rest], x.dtype);
  for (let i = 0; i < n; i++) copyRow(out, i * steps + (t < 0 ? t + steps : t), x, i, width);
  return out;
}

/** Steps [from, to) of [N, T, ..]. */
export function stepsOf(xs: NdArray, from: number, to: number): NdArray {
  const [n, steps, ...rest] = xs.shape as [number, number, ...number[]];
  if (!(from >= 0 && from < to && to <= steps)) {
    throw mismatch("stepsOf", "xs", ["N", `more than ${to - 1} steps`], xs.shape);
  }
  const width = sizeOf(rest);
  const out = zeros([n, to - from, ...rest], xs.dtype);
  for (let i = 0; i < n; i++) {
    for (let t = from; t < to; t++) copyRow(out, i * (to - from) + t - from, xs, i * steps + t, width);
  }
  return out;
}

/** x [N, H] at every one of T steps: [N, T, H]. */
export function repeatOverTime(x: NdArray, steps: number): NdArray {
  const [n, h] = x.shape as [number, number];
  const out = zeros([n, steps, h], x.dtype);
  for (let i = 0; i < n; i++) for (let t = 0; t < steps; t++) copyRow(out, i * steps + t, x, i, h);
  return out;
}

/** Arrays of one shape, one after the other along a new first dimension. */
export function stack(parts: readonly NdArray[]): NdArray {
  const [first] = parts as [NdArray];
  const out = zeros([parts.length, ...first.shape], first.dtype);
  for (const [i, { data }] of parts.entries()) out.data.set(data, i * first.size);
  return out;
}

/** The parts that `stack` put together; they share x's memory. */
export function unstack(x: NdArray): NdArray[] {
  const [count, ...rest] = x.shape as [number, ...number[]];
  const size = sizeOf(rest);
  return Array.from({ length: count }, (_, i) => new NdArray(x.data.subarray(i * size, (i + 1) * size), rest));
}

export function lastOf(x: NdArray): number {
  return x.shape[x.shape.length - 1];
}

function copyRow(out: NdArray, to: number, x: NdArray, from: number, width: number): void {
  out.data.set(x.data.subarray(from * width, (from + 1) * width), to * width);
}
