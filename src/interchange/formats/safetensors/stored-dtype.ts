import type { DType, TypedArray } from "../../../base/dtype.js";

/** The element types of the file format that can be read; the first five are also written. */
export type StoredDType =
  | "F32"
  | "F64"
  | "I32"
  | "F16"
  | "BF16"
  | "I64"
  | "U64"
  | "U32"
  | "I16"
  | "U16"
  | "I8"
  | "U8"
  | "BOOL";

/** How one stored type becomes numbers. */
export interface StoredType {
  /** In the file. */
  bytes: number;
  /** In memory: small integers as int32; 16-bit floats as float32; 64-bit integers as exact float64. */
  dtype: DType;
  /** Element `i` of the tensor that starts at byte 0 of `view`; absent where memory and file agree. */
  read?: ((view: DataView, i: number) => number) | undefined;
}

export const STORED_TYPES: Readonly<Record<StoredDType, StoredType>> = {
  F32: { bytes: 4, dtype: "float32" },
  F64: { bytes: 8, dtype: "float64" },
  I32: { bytes: 4, dtype: "int32" },
  F16: { bytes: 2, dtype: "float32", read: (view, i) => halfToNumber(view.getUint16(2 * i, true)) },
  BF16: { bytes: 2, dtype: "float32", read: (view, i) => bfloatToNumber(view.getUint16(2 * i, true)) },
  I64: { bytes: 8, dtype: "float64", read: (view, i) => Number(view.getBigInt64(8 * i, true)) },
  U64: { bytes: 8, dtype: "float64", read: (view, i) => Number(view.getBigUint64(8 * i, true)) },
  U32: { bytes: 4, dtype: "float64", read: (view, i) => view.getUint32(4 * i, true) },
  I16: { bytes: 2, dtype: "int32", read: (view, i) => view.getInt16(2 * i, true) },
  U16: { bytes: 2, dtype: "int32", read: (view, i) => view.getUint16(2 * i, true) },
  I8: { bytes: 1, dtype: "int32", read: (view, i) => view.getInt8(i) },
  U8: { bytes: 1, dtype: "int32", read: (view, i) => view.getUint8(i) },
  BOOL: { bytes: 1, dtype: "int32", read: (view, i) => view.getUint8(i) },
};

/** The written types in the order of their data: the widest first, so that each starts aligned. */
export const WRITE_ORDER: Readonly<Record<DType, { stored: StoredDType; rank: number }>> = {
  float64: { stored: "F64", rank: 0 },
  float32: { stored: "F32", rank: 1 },
  int32: { stored: "I32", rank: 2 },
};

/** Floats in 16 bits, as files may hold them. */
export type HalfDType = "float16" | "bfloat16";

/** How a float type of 16 bits is written. */
export const HALVES: Readonly<
  Record<HalfDType, { stored: StoredDType; rank: number; bits: (value: number) => number }>
> = {
  float16: { stored: "F16", rank: 3, bits: numberToHalf },
  bfloat16: { stored: "BF16", rank: 3, bits: numberToBfloat },
};

export function bytesOf(data: TypedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** IEEE 754 binary16: 1 sign, 5 exponent (bias 15) and 10 fraction bits. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const word = new DataView(new ArrayBuffer(4));

/** bfloat16 is the upper half of a float32. */
function bfloatToNumber(bits: number): number {
  word.setUint32(0, bits * 65536, true);
  return word.getFloat32(0, true);
}

/** The nearest binary16; of two equally near the even one. What is too large becomes infinite. */
function numberToHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  // By way of float32, as PyTorch goes.
  const size = Math.abs(Math.fround(value));
  if (Number.isNaN(value)) return 0x7e00;
  // Between two powers of two all steps are equal; below 2^-14 they are those of the smallest.
  const exponent = Math.max(-14, Math.min(16, floorLog2(size)));
  const steps = roundToEven(size * 2 ** (10 - exponent));
  const bits = (exponent + 14) * 1024 + steps;
  return sign | Math.min(bits, 0x7c00);
}

/** The nearest bfloat16; of two equally near the even one. */
function numberToBfloat(value: number): number {
  word.setFloat32(0, value, true);
  const bits = word.getUint32(0, true);
  if (Number.isNaN(value)) return (bits >>> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) / 65536) & 0xffff;
}

/** Of a non-negative number; -Infinity of 0. */
function floorLog2(value: number): number {
  const guess = Math.round(Math.log2(value));
  // Near a whole number the logarithm may lie on the wrong side of it.
  return 2 ** guess > value ? guess - 1 : guess;
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 === 1) ? below + 1 : below;
}
