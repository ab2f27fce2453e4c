import { sizeOf } from "../base/shape.js";
import type { StoredDType } from "./formats/safetensors/stored-dtype.js";
import type { NamedArray } from "./named-array.js";

/** A matrix in 8 bits, each row times its own scale: w ≈ scale_r · q, symmetric about zero. */
export interface Int8Rows {
  readonly data: Int8Array;
  /** [R] */
  readonly scales: Float32Array;
}

/** The name under which the scales of an array are kept. */
export const scaleName = (name: string): string => name + SCALE;

const SCALE = ".scale";

/** Whether an array is kept in 8 bits: what has rows. */
export function hasRows({ dtype, shape }: Pick<NamedArray, "dtype" | "shape">): boolean {
  return dtype === "float32" && shape.length >= 2 && sizeOf(shape) > 0;
}

/** The nearest of 255 levels to each element, between plus and minus the largest of its row. */
export function quantizeRows({ shape, data }: Pick<NamedArray, "shape" | "data">): Int8Rows {
  const rows = shape[0];
  const width = data.length / rows;
  const scales = new Float32Array(rows);
  const found = new Int8Array(data.length);
  for (let r = 0; r < rows; r++) {
    let largest = 0;
    for (let i = r * width; i < (r + 1) * width; i++) largest = Math.max(largest, Math.abs(data[i]));
    // A row of zeros keeps a scale that can be divided by.
    scales[r] = largest === 0 ? 1 : largest / 127;
    for (let i = r * width; i < (r + 1) * width; i++) {
      found[i] = Math.max(-127, Math.min(127, Math.round(data[i] / scales[r])));
    }
  }
  return { data: found, scales };
}

/** What 8 bits and their scales stand for. @param data  integers [R, ...] */
export function dequantizeRows(data: ArrayLike<number>, scales: ArrayLike<number>): Float32Array {
  const width = data.length / scales.length;
  return Float32Array.from({ length: data.length }, (_, i) => data[i] * scales[Math.floor(i / width)]);
}

/** What is known of an array's type in its file. */
interface Stored extends NamedArray {
  readonly stored: StoredDType;
}

/**
 * Arrays in which those of 8 bits that have scales beside them (`x` and `x.scale`) stand for what they mean, in float32; the scales are
 * gone then. All else is as it was.
 */
export function dequantized<A extends Stored>(arrays: ReadonlyMap<string, A>): Map<string, A> {
  const found = new Map<string, A>();
  for (const [name, array] of arrays) {
    const scale = arrays.get(scaleName(name));
    if (isInt8With(array, scale)) {
      const { stored, shape } = array;
      found.set(name, { stored, dtype: "float32", shape, data: dequantizeRows(array.data, scale.data) } as Stored as A);
    } else if (!name.endsWith(SCALE) || !isInt8With(arrays.get(name.slice(0, -SCALE.length)), array))
      found.set(name, array);
  }
  return found;
}

function isInt8With(array: Stored | undefined, scale: Stored | undefined): scale is Stored {
  if (array?.stored !== "I8" || array.shape.length < 2) return false;
  return scale?.stored === "F32" && scale.shape.length === 1 && scale.shape[0] === array.shape[0];
}
