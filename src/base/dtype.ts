import { checkNonNegativeInteger } from "./check.js";
import { DTypeError, show } from "./errors.js";

/** The element types of a tensor. `int32` holds token ids, labels and the 0/1 of comparisons. */
export type DType = "float32" | "float64" | "int32";

export type TypedArray = Float32Array | Float64Array | Int32Array;

export const BYTES_PER_ELEMENT: Readonly<Record<DType, number>> = { float32: 4, float64: 8, int32: 4 };

/**
 * Bytes of `length` elements: what every engine asks before it gives a block.
 * @throws DTypeError for what is no dtype, OptionError for what is no count
 */
export function bytesOf(dtype: DType, length: number): number {
  const bytes = length * BYTES_PER_ELEMENT[dtype];
  if (Number.isSafeInteger(bytes) && bytes >= 0 && Number.isInteger(length)) return bytes;
  checkNonNegativeInteger("alloc", "length", length);
  const must = `be one of ${Object.keys(BYTES_PER_ELEMENT).join(", ")}`;
  throw new DTypeError({ op: "alloc", argument: "dtype", must, value: show(dtype) });
}

/** A zeroed array of `length` elements in JavaScript's own memory. */
export function typedArray(dtype: DType, length: number): TypedArray {
  if (dtype === "float32") return new Float32Array(length);
  if (dtype === "float64") return new Float64Array(length);
  return new Int32Array(length);
}

/** A view of `length` elements of `memory` from byte `offset` on. */
export function typedView(dtype: DType, memory: ArrayBufferLike, offset: number, length: number): TypedArray {
  if (dtype === "float32") return new Float32Array(memory, offset, length);
  if (dtype === "float64") return new Float64Array(memory, offset, length);
  return new Int32Array(memory, offset, length);
}

/** The dtype of an array, or undefined when it is none of the three kinds. */
export function dtypeOf(data: unknown): DType | undefined {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  return data instanceof Int32Array ? "int32" : undefined;
}

export function isFloat(dtype: DType): dtype is "float32" | "float64" {
  return dtype !== "int32";
}

/** The dtype that holds both operands: int32 < float32 < float64, as PyTorch promotes. */
export function promote(a: DType, b: DType): DType {
  if (a === b) return a;
  if (a === "float64" || b === "float64") return "float64";
  return "float32";
}
