import { BYTES_PER_ELEMENT, type DType, type TypedArray, typedArray, typedView } from "../base/dtype.js";

/** Bytes of a slab. A small tensor that is kept for long keeps its slab: this much at most. */
const SLAB = 16384;
/** Bytes from which an array gets memory of its own. */
const LARGE = 2048;

let slab = new ArrayBuffer(0);
let used = 0;

/**
 * An array for a small tensor that leaves the engine, which the states of a stream do at every step. JavaScript engines take
 * memory for each array from the system, so small ones share slabs, as Node's buffers do. The content is undefined.
 */
export function hostArray(dtype: DType, length: number): TypedArray {
  const bytes = length * BYTES_PER_ELEMENT[dtype];
  if (bytes > LARGE || bytes === 0) return typedArray(dtype, length);
  if (used + bytes > slab.byteLength) {
    slab = new ArrayBuffer(SLAB);
    used = 0;
  }
  const array = typedView(dtype, slab, used, length);
  used += (bytes + 7) & -8;
  return array;
}
