import { checkNonNegativeInteger, checkOneOf, isObject, refusal } from "./check.js";
import { DTypeError, show } from "./errors.js";
import { checkRoom } from "./room.js";

/** The element types of a tensor. `int32` holds token ids, labels and the 0/1 of comparisons. */
export type DType = "float32" | "float64" | "int32";

/** The arrays that tensors are made from and read into. */
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

export const DTYPES: readonly DType[] = ["float32", "float64", "int32"];

/** @throws OptionError for what is none of them */
export function checkDType(op: string, dtype: unknown): DType {
  return checkOneOf(op, "dtype", dtype, DTYPES);
}

/** A value as an element: booleans count 1 and 0. @throws OptionError for one that the dtype cannot hold */
export function checkElement(op: string, argument: string, value: unknown, dtype: DType): number {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "number") throw refusal(op, argument, "be numbers", value, adviceFor(value));
  if (dtype === "int32" && (value | 0) !== value) {
    throw refusal(op, argument, "be integers of 32 bits for dtype int32", value);
  }
  return value;
}

/** How numbers come out of what is none. */
function adviceFor(value: unknown): string {
  if (typeof value === "string" && value.includes(",")) return 'Write text.split(",").map(Number).';
  if (typeof value === "string" || typeof value === "bigint") return "Convert with Number().";
  if (!isObject(value)) return "";
  const { then, toArray } = value as { then?: unknown; toArray?: unknown };
  if (typeof toArray === "function") return "Join tensors with stack([a, b]) or concat([a, b]).";
  if (typeof then === "function") return "It is a promise: await it.";
  return Symbol.iterator in value ? "Write it as an array: [...data]." : "";
}

/** A zeroed array of `length` elements in JavaScript's own memory. */
export function typedArray(dtype: DType, length: number): TypedArray {
  checkRoom(length * BYTES_PER_ELEMENT[dtype]);
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

/**
 * Bytes, however they are held.
 * @throws OptionError for what holds none
 */
export function bytesIn(op: string, argument: string, data: unknown): Uint8Array {
  // A Buffer's slice() is no copy: from here on, all bytes are alike.
  if (data instanceof Uint8Array && !isDetached(data.buffer)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  const isBuffer =
    data instanceof ArrayBuffer || (typeof SharedArrayBuffer === "function" && data instanceof SharedArrayBuffer);
  if (isBuffer && !isDetached(data)) return new Uint8Array(data);
  throw refusal(op, argument, "be a Uint8Array or an ArrayBuffer", data, "Read the file without an encoding.");
}

/** Whether it was sent to a worker: what it held is there now. */
function isDetached(buffer: ArrayBufferLike): boolean {
  if (buffer.byteLength > 0) return false;
  try {
    return new Uint8Array(buffer).length > 0;
  } catch {
    return true;
  }
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
