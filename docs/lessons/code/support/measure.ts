import type { NdArray } from "unrolled/layers";

/** Σ a_i b_i over all elements. */
export function dot(a: NdArray, b: NdArray): number {
  let sum = 0;
  for (let i = 0; i < a.size; i++) sum += a.data[i]! * b.data[i]!;
  return sum;
}

/** √Σ x² */
export function norm(x: NdArray): number {
  return Math.sqrt(dot(x, x));
}

/** The largest difference between two arrays of one shape. */
export function largestDifference(a: NdArray, b: NdArray): number {
  let most = 0;
  for (let i = 0; i < a.size; i++) most = Math.max(most, Math.abs(a.data[i]! - b.data[i]!));
  return most;
}
