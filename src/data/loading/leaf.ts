import { refusal } from "../../base/check.js";
import { checkElement, type DType, dtypeOf } from "../../base/dtype.js";
import { ShapeError, show } from "../../base/errors.js";
import { formatShape, type Shape, sameShape } from "../../base/shape.js";
import { Tensor } from "../../tensor/index.js";

/** One part of a sample: its numbers, row-major. */
export interface Leaf {
  data: ArrayLike<number>;
  shape: Shape;
  /** Undefined for numbers of JavaScript, which are of any. */
  dtype: DType | undefined;
}

/**
 * A number, a typed array, a tensor, or arrays of these of one shape, as one array.
 * @throws OptionError for what is none, ShapeError for arrays of many shapes
 */
export function leafOf(op: string, argument: string, value: unknown): Leaf {
  if (typeof value === "number" || typeof value === "boolean") {
    return { data: [Number(value)], shape: [], dtype: undefined };
  }
  if (value instanceof Tensor) return { data: value.data(), shape: value.shape, dtype: value.dtype };
  if (ArrayBuffer.isView(value) && !(value instanceof DataView) && !isBigInts(value)) {
    const data = value as unknown as ArrayLike<number>;
    return { data, shape: [data.length], dtype: dtypeOf(value) ?? smallDType(value) };
  }
  if (Array.isArray(value)) return joined(op, argument, value);
  const must = "be numbers: a number, an array, a typed array or a tensor";
  const fix = typeof value === "string" ? "Give its index among the classes, or its tokens' ids." : "";
  throw refusal(op, argument, must, value, fix);
}

const isBigInts = (value: ArrayBufferView): boolean =>
  value instanceof BigInt64Array || value instanceof BigUint64Array;

/** Of bytes and short integers; the float types that are no dtype here hold numbers like any. */
function smallDType(value: ArrayBufferView): DType | undefined {
  const small = [Uint8Array, Uint8ClampedArray, Int8Array, Uint16Array, Int16Array];
  return small.some((kind) => value instanceof kind) ? "int32" : undefined;
}

function joined(op: string, argument: string, items: readonly unknown[]): Leaf {
  if (items.every((item) => typeof item === "number")) {
    return { data: items as number[], shape: [items.length], dtype: undefined };
  }
  const leaves = items.map((item, i) => leafOf(op, `${argument}[${i}]`, item));
  const { shape, dtype } = leaves[0];
  const data: number[] = [];
  for (const [i, leaf] of leaves.entries()) {
    if (!sameShape(leaf.shape, shape)) {
      const must = `have the shape of ${argument}[0], ${formatShape(shape)}`;
      throw new ShapeError({ op, argument: `${argument}[${i}]`, must, value: formatShape(leaf.shape) });
    }
    for (let j = 0; j < leaf.data.length; j++) data.push(leaf.data[j]);
  }
  return { data, shape: [items.length, ...shape], dtype };
}

/** Writes the numbers of a leaf into `target` from `at` on. @throws OptionError for what the dtype cannot hold */
export function writeLeaf(
  op: string,
  argument: string,
  leaf: Leaf,
  target: { dtype: DType; data: { [index: number]: number; set(values: ArrayLike<number>, at: number): void } },
  at: number,
): void {
  const { data, dtype } = leaf;
  // Of typed numbers only floats may not fit, into int32.
  const fits = dtype === target.dtype || (dtype !== undefined && target.dtype !== "int32");
  if (fits) target.data.set(data, at);
  else for (let i = 0; i < data.length; i++) target.data[at + i] = checkElement(op, argument, data[i], target.dtype);
}

/** What a sample is, for errors that compare two. */
export function shapeText(value: unknown): string {
  if (value instanceof Tensor) return `a tensor ${formatShape(value.shape)}`;
  if (ArrayBuffer.isView(value) && "length" in value) return `${value.constructor.name}(${String(value.length)})`;
  return Array.isArray(value) ? `an array of ${value.length}` : show(value);
}

/** Whether int32 holds it. */
export function isWhole(value: unknown): boolean {
  return typeof value === "boolean" || (typeof value === "number" && (value | 0) === value);
}
