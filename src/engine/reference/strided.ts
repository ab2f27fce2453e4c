import type { TypedArray } from "../../base/dtype.js";
import { isContiguous, type Shape, sizeOf } from "../../base/shape.js";
import type { Operand } from "../engine.js";

/**
 * What a reference kernel works on: an array, and a strided reading of it. Kernels compute on contiguous
 * `Float64Array`s, whatever the dtype: `input` and `output` hand out the memory itself when it is already that, and
 * copies otherwise. So every inner loop sees one kind of array, and float32 data is accumulated in float64.
 */
export interface Strided {
  readonly data: TypedArray;
  readonly offset: number;
  readonly shape: Shape;
  readonly strides: readonly number[];
}

/** A kernel's arguments with every operand resolved to the memory behind it. */
export type Resolved<T> = T extends Operand ? Strided : T extends object ? { [K in keyof T]: Resolved<T[K]> } : T;

/** Beyond this many elements (32 MB) scratch is left to the garbage collector. */
const MOST_KEPT = 1 << 22;
let kept = new Float64Array(1 << 10);
let used = 0;

/** Working memory of undefined content, good until the next kernel starts. */
function scratch(length: number): Float64Array {
  if (length > MOST_KEPT) return new Float64Array(length);
  if (used + length > kept.length) {
    // Earlier pieces keep the old block alive for as long as they need it.
    kept = new Float64Array(Math.min(MOST_KEPT, Math.max(2 * kept.length, length)));
    used = 0;
  }
  used += length;
  return kept.subarray(used - length, used);
}

/** All scratch may be used again. The engine calls it while it resolves operands, when no kernel is running. */
export function releaseScratch(): void {
  used = 0;
}

/** The elements in row-major order, to read only. */
export function input(x: Strided): Float64Array {
  const length = sizeOf(x.shape);
  if (length === 0) return new Float64Array(0);
  if (isContiguous(x.shape, x.strides)) {
    const part = x.data.subarray(x.offset, x.offset + length);
    if (part instanceof Float64Array) return part;
    const converted = scratch(length);
    converted.set(part);
    return converted;
  }
  const dense = scratch(length);
  const at = rowOffsets(x);
  const inner = x.shape[x.shape.length - 1];
  const step = x.strides[x.strides.length - 1];
  const { data } = x;
  for (let row = 0, i = 0; row < at.length; row++) {
    for (let k = 0, from = at[row]; k < inner; k++, from += step) dense[i++] = data[from];
  }
  return dense;
}

/** An operand's elements in row-major order as float64, or null for one that is not there. */
export function optionalInput(x: Strided | null | undefined): Float64Array | null {
  return x ? input(x) : null;
}

/** Where a kernel writes `out`'s elements in row-major order; its content is undefined. End with `commit`. */
export function output(out: Strided): Float64Array {
  const length = sizeOf(out.shape);
  return out.data instanceof Float64Array && length > 0 && isContiguous(out.shape, out.strides)
    ? out.data.subarray(out.offset, out.offset + length)
    : scratch(length);
}

/** Where a kernel that adds to `out` does so: its present content in row-major order. End with `commit`. */
export function inputOutput(out: Strided): Float64Array {
  return input(out);
}

/** Brings what a kernel wrote into `out`, rounded to its dtype (int32 truncates towards zero). */
export function commit(out: Strided, values: Float64Array): void {
  if (values.length === 0 || values.buffer === out.data.buffer) return;
  if (isContiguous(out.shape, out.strides)) {
    out.data.set(values, out.offset);
    return;
  }
  const at = rowOffsets(out);
  const inner = out.shape[out.shape.length - 1];
  const step = out.strides[out.strides.length - 1];
  const { data } = out;
  for (let row = 0, i = 0; row < at.length; row++) {
    for (let k = 0, to = at[row]; k < inner; k++, to += step) data[to] = values[i++];
  }
}

/** A contiguous copy in the operand's own dtype, for the few kernels whose bits matter (int32 products). */
export function denseInt32(x: Strided): Int32Array {
  return new Int32Array(input(x));
}

/** The memory offset of the first element of every row (all dimensions but the last), in row-major order. */
function rowOffsets(x: Strided): Int32Array {
  const rank = x.shape.length;
  let offsets = Int32Array.of(x.offset);
  for (let d = 0; d < rank - 1; d++) {
    const size = x.shape[d];
    const next = new Int32Array(offsets.length * size);
    for (let i = 0, to = 0; i < offsets.length; i++) {
      for (let k = 0; k < size; k++) next[to++] = offsets[i] + k * x.strides[d];
    }
    offsets = next;
  }
  return offsets;
}
