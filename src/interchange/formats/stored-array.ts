import { type TypedArray, typedArray, typedView } from "../../base/dtype.js";
import { FormatError } from "../../base/errors.js";
import type { Shape } from "../../base/shape.js";
import { sizeOf } from "../../base/shape.js";
import type { NamedArray } from "../named-array.js";
import { STORED_TYPES, type StoredDType } from "./safetensors/stored-dtype.js";

/**
 * An array of a file. Where its values lie in the file as they do in memory (F32, F64 and I32 in a row, aligned, not compressed), `data`
 * is a view of the file's bytes; else it is made anew each time it is read: read it once, and keep it as long as you need it.
 */
export interface StoredArray extends NamedArray {
  /** Its type in the file, in the words of safetensors: `F32`, `BF16`, `I64`. */
  readonly stored: StoredDType;
  /** Of I64 and U64 alone: the values to the last bit, where `data` refuses what is beyond 2^53. */
  readonly integers?: BigInt64Array | BigUint64Array | undefined;
}

/** Where the elements of an array lie in bytes. */
export interface Extent {
  readonly stored: StoredDType;
  readonly shape: Shape;
  /** All of it, and perhaps more: the first element is `offset`. */
  readonly bytes: () => Uint8Array;
  /** From one element to the next along each axis, in elements. Default: row-major. */
  readonly strides?: readonly number[] | undefined;
  /** Of the first element, in elements. Default 0. */
  readonly offset?: number | undefined;
  /** They are unpacked each time they are asked for: kept, those of many arrays would be many times the file. Default false. */
  readonly packed?: boolean | undefined;
  /** The most significant byte stands first. Default false. */
  readonly bigEndian?: boolean | undefined;
}

const OP = "read";

/** Every type as numbers, those too that memory holds as they are. */
const READ: Readonly<Record<StoredDType, (view: DataView, i: number) => number>> = {
  ...(Object.fromEntries(Object.entries(STORED_TYPES).map(([name, { read }]) => [name, read])) as Record<
    StoredDType,
    (view: DataView, i: number) => number
  >),
  F32: (view, i) => view.getFloat32(4 * i, true),
  F64: (view, i) => view.getFloat64(8 * i, true),
  I32: (view, i) => view.getInt32(4 * i, true),
};

/**
 * The array of an extent that was found to lie within its bytes.
 * @param argument  what it is called in errors: `tensor "x" of model.pt`
 */
export function storedArray(extent: Extent, argument: string): StoredArray {
  const { stored, shape } = extent;
  const { dtype } = STORED_TYPES[stored];
  const base = { dtype, stored, shape };
  const view = viewOf(extent);
  if (view !== null) return { ...base, data: view };
  const values = {
    get data() {
      return valuesOf(extent, argument);
    },
  };
  if (stored !== "I64" && stored !== "U64") return Object.defineProperties(base, descriptors(values)) as StoredArray;
  const exact = {
    get integers() {
      return integersOf(extent, stored);
    },
  };
  return Object.defineProperties(base, { ...descriptors(values), ...descriptors(exact) }) as StoredArray;
}

/** Own properties, so that a spread array has them. */
const descriptors = (object: object) => Object.getOwnPropertyDescriptors(object);

/** Row-major, whatever an axis of one element says. */
function isRowMajor({ shape, strides }: Extent): boolean {
  if (strides === undefined || sizeOf(shape) === 0) return true;
  let step = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== step) return false;
    step *= shape[axis];
  }
  return true;
}

/** The elements as they lie in the file, where that is possible. */
function viewOf(extent: Extent): TypedArray | null {
  const { stored, shape, offset = 0, bigEndian, packed } = extent;
  const { dtype, bytes: width, read } = STORED_TYPES[stored];
  if (read !== undefined || bigEndian === true || packed === true || !isRowMajor(extent)) return null;
  // Where nothing begins does not matter, and may lie beyond the file.
  if (sizeOf(shape) === 0) return typedArray(dtype, 0);
  const bytes = extent.bytes();
  const at = bytes.byteOffset + offset * width;
  return at % width === 0 ? typedView(dtype, bytes.buffer, at, sizeOf(shape)) : null;
}

function valuesOf(extent: Extent, argument: string): TypedArray {
  const { stored, shape } = extent;
  const { dtype } = STORED_TYPES[stored];
  const values = typedArray(dtype, sizeOf(shape));
  const view = littleEndian(extent);
  const read = READ[stored];
  const isInteger = dtype === "float64" && stored !== "F64";
  eachElement(extent, (to, from) => {
    const value = read(view, from);
    if (isInteger && !Number.isSafeInteger(value)) {
      const must = "hold integers of at most 2^53 - 1 in size to be read as numbers";
      throw new FormatError({ op: OP, argument, must, value: `${value} at element ${to}`, fix: "Read its integers." });
    }
    if (stored === "BOOL" && value > 1) {
      throw new FormatError({ op: OP, argument, must: "hold only 0 and 1", value: `${value} at element ${to}` });
    }
    values[to] = value;
  });
  return values;
}

function integersOf(extent: Extent, stored: "I64" | "U64"): BigInt64Array | BigUint64Array {
  const view = littleEndian(extent);
  const values = new BigInt64Array(sizeOf(extent.shape));
  eachElement(extent, (to, from) => {
    values[to] = view.getBigInt64(8 * from, true);
  });
  return stored === "I64" ? values : new BigUint64Array(values.buffer);
}

/** The bytes, turned round within each element where they have to be. */
function littleEndian({ stored, bytes, bigEndian }: Extent): DataView {
  const all = bytes();
  const { bytes: width } = STORED_TYPES[stored];
  if (bigEndian !== true || width === 1) return new DataView(all.buffer, all.byteOffset, all.byteLength);
  const turned = all.slice();
  for (let at = 0; at + width <= turned.length; at += width) turned.subarray(at, at + width).reverse();
  return new DataView(turned.buffer);
}

/** Calls `take` for each element in row-major order, with its place and that in the file. */
function eachElement({ shape, strides, offset = 0 }: Extent, take: (to: number, from: number) => void): void {
  const size = sizeOf(shape);
  if (strides === undefined) {
    for (let i = 0; i < size; i++) take(i, offset + i);
    return;
  }
  const index = new Array<number>(shape.length).fill(0);
  let from = offset;
  for (let to = 0; to < size; to++) {
    take(to, from);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
}
