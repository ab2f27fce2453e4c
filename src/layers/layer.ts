import type { DType } from "../base/dtype.js";
import { DTypeError, UnrolledError } from "../base/errors.js";
import { mismatch, type NdArray, requireArray, zerosLike } from "./nd-array.js";

/**
 * What every layer has: the arrays it learns, and after `backward` the gradient of each, in the same order and always the
 * same objects, so that an optimiser may collect them once.
 */
export interface Layer {
  readonly params: readonly NdArray[];
  readonly grads: readonly NdArray[];
}

export function gradsOf(params: readonly NdArray[]): NdArray[] {
  return params.map(zerosLike);
}

/** The params and grads of several layers, as one: what a model hands to its optimiser. */
export function collect(layers: readonly Layer[]): { params: NdArray[]; grads: NdArray[] } {
  return { params: layers.flatMap(({ params }) => params), grads: layers.flatMap(({ grads }) => grads) };
}

/**
 * Numbers must agree; a name such as "N" stands for any size.
 * @returns x, for a chain
 */
export function checkShape(op: string, argument: string, x: NdArray, expected: readonly (number | string)[]): NdArray {
  requireArray(op, argument, x);
  const { shape } = x;
  const fits = shape.length === expected.length && expected.every((n, i) => typeof n === "string" || n === shape[i]);
  if (!fits) throw mismatch(op, argument, expected, shape);
  return x;
}

/** An input of the layer's own dtype. */
export function checkInput(
  op: string,
  argument: string,
  x: NdArray,
  expected: readonly (number | string)[],
  dtype: DType,
): NdArray {
  checkShape(op, argument, x, expected);
  if (x.dtype === dtype) return x;
  const fix =
    dtype === "int32" ? 'Make ids with array(data, "int32").' : `The layer's params are ${dtype}: make both alike.`;
  throw new DTypeError({ op, argument, must: `be ${dtype}`, value: x.dtype, fix });
}

/** What `forward` left for `backward`. */
export function requireCache<T>(op: string, cache: T | null): T {
  if (cache !== null) return cache;
  throw new UnrolledError({
    op,
    argument: "the call",
    must: "come after forward",
    value: "no forward pass yet",
    fix: "Call forward first.",
  });
}

/** A float array's dtype, for a layer whose params decide it. */
export function floatDType(op: string, argument: string, x: NdArray): "float32" | "float64" {
  if (x.dtype !== "int32") return x.dtype;
  throw new DTypeError({ op, argument, must: "be float32 or float64", value: x.dtype });
}
