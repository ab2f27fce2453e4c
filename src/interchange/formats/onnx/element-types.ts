import type { DType } from "../../../base/dtype.js";

/** What an array of ONNX holds, by the names of its documentation. */
export type ElementType =
  | "float"
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "int32"
  | "int64"
  | "string"
  | "bool"
  | "float16"
  | "double"
  | "uint32"
  | "uint64"
  | "bfloat16";

/** Those that a graph computes on with gradients. */
export type FloatType = "float" | "double" | "float16" | "bfloat16";

/** The field of typed numbers that a type's elements are in where they are not raw. */
export type TypedField = "floatData" | "int32Data" | "int64Data" | "doubleData" | "uint64Data";

export interface ElementRow {
  /** TensorProto.DataType */
  readonly code: number;
  /** Of an element in raw data. */
  readonly bytes: number;
  /** In memory: 16-bit floats as float32, integers that 32 bits do not hold as exact float64. */
  readonly dtype: DType;
  readonly field: TypedField;
}

/** Those that hold numbers. Source: TensorProto in onnx.proto. */
export const NUMERIC: Readonly<Record<Exclude<ElementType, "string">, ElementRow>> = {
  float: { code: 1, bytes: 4, dtype: "float32", field: "floatData" },
  uint8: { code: 2, bytes: 1, dtype: "int32", field: "int32Data" },
  int8: { code: 3, bytes: 1, dtype: "int32", field: "int32Data" },
  uint16: { code: 4, bytes: 2, dtype: "int32", field: "int32Data" },
  int16: { code: 5, bytes: 2, dtype: "int32", field: "int32Data" },
  int32: { code: 6, bytes: 4, dtype: "int32", field: "int32Data" },
  int64: { code: 7, bytes: 8, dtype: "float64", field: "int64Data" },
  bool: { code: 9, bytes: 1, dtype: "int32", field: "int32Data" },
  float16: { code: 10, bytes: 2, dtype: "float32", field: "int32Data" },
  double: { code: 11, bytes: 8, dtype: "float64", field: "doubleData" },
  uint32: { code: 12, bytes: 4, dtype: "float64", field: "uint64Data" },
  uint64: { code: 13, bytes: 8, dtype: "float64", field: "uint64Data" },
  bfloat16: { code: 16, bytes: 2, dtype: "float32", field: "int32Data" },
};

const STRING_CODE = 8;

/** Types that are named in errors, and cannot be read. */
const OTHERS: Readonly<Record<number, string>> = {
  0: "undefined",
  14: "complex64",
  15: "complex128",
  17: "float8e4m3fn",
  18: "float8e4m3fnuz",
  19: "float8e5m2",
  20: "float8e5m2fnuz",
  21: "uint4",
  22: "int4",
  23: "float4e2m1",
};

const BY_CODE = new Map<number, ElementType>([
  ...Object.entries(NUMERIC).map(([name, { code }]) => [code, name as ElementType] as const),
  [STRING_CODE, "string"],
]);

/** Undefined for those that this reader does not know. */
export function elementType(code: number): ElementType | undefined {
  return BY_CODE.get(code);
}

/** `uint4`, or the number itself. */
export function elementName(code: number): string {
  return BY_CODE.get(code) ?? OTHERS[code] ?? `type ${code}`;
}

/** For writers. */
export function elementCode(type: ElementType): number {
  return type === "string" ? STRING_CODE : NUMERIC[type].code;
}

/** Also of what is no array, and so no float: `sequence`, `map`. */
export function isFloatType(type: string): type is FloatType {
  return type === "float" || type === "double" || type === "float16" || type === "bfloat16";
}
