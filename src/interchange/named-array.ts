import type { DType, TypedArray } from "../base/dtype.js";
import { ShapeError } from "../base/errors.js";
import { formatShape, type Shape } from "../base/shape.js";

/** An array on its way into or out of a file: no tensor, no engine, no history. */
export interface NamedArray {
  readonly dtype: DType;
  readonly shape: Shape;
  /** Row-major, the product of `shape` elements. */
  readonly data: TypedArray;
}

/** What a format gives and takes: arrays by name, in the order of the file. */
export type NamedArrays = ReadonlyMap<string, NamedArray>;

/** [R, C] to [C, R]; a vector is left as it is. */
export function transposedArray({ dtype, shape, data }: NamedArray): NamedArray {
  if (shape.length < 2) return { dtype, shape, data };
  const [rows, columns] = matrixShape("transpose", shape);
  const out = data.slice();
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = data[i * columns + j];
  return { dtype, shape: [columns, rows], data: out };
}

/** The first dimension's blocks in another order: block k of the result is block `order[k]` of `x`. */
export function reordered(x: NamedArray, order: readonly number[]): NamedArray {
  const rows = x.shape[0] ?? 0;
  if (rows % order.length !== 0) {
    const must = `have a first dimension of ${order.length} equal blocks, one a gate`;
    throw new ShapeError({ op: "convention", argument: "array", must, value: formatShape(x.shape) });
  }
  const size = x.data.length / order.length;
  const data = x.data.slice();
  for (const [to, from] of order.entries()) data.set(x.data.subarray(from * size, (from + 1) * size), to * size);
  return { ...x, data };
}

/** The permutation that takes `order` back. */
export function inverse(order: readonly number[]): number[] {
  return order.map((_, k) => order.indexOf(k));
}

/** Rows `from` to `to` of the first dimension. */
export function rowsOf(x: NamedArray, from: number, to: number): NamedArray {
  const size = x.data.length / x.shape[0];
  return { ...x, shape: [to - from, ...x.shape.slice(1)], data: x.data.slice(from * size, to * size) };
}

/** One below the other; all have the same shape but for the first dimension. */
export function stacked(parts: readonly NamedArray[]): NamedArray {
  const [first] = parts as [NamedArray];
  const data = new (first.data.constructor as new (length: number) => TypedArray)(
    parts.reduce((sum, part) => sum + part.data.length, 0),
  );
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { dtype: first.dtype, shape: [parts.reduce((n, p) => n + p.shape[0], 0), ...first.shape.slice(1)], data };
}

/** Of the array's shape and type, filled with zeros. */
export function zerosOf({ dtype, shape, data }: NamedArray): NamedArray {
  return { dtype, shape, data: data.slice().fill(0) };
}

/** Of the same elements; the number of them must stay. */
export function reshapedArray(x: NamedArray, shape: Shape): NamedArray {
  return { ...x, shape };
}

export function matrixShape(what: string, shape: Shape): readonly [number, number] {
  if (shape.length === 2) return shape as [number, number];
  const must = `be a matrix for ${what}`;
  throw new ShapeError({ op: "convention", argument: "array", must, value: formatShape(shape) });
}
