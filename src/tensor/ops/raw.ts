import { refusal } from "../../base/check.js";
import { type DType, isFloat, type TypedArray, typedArray } from "../../base/dtype.js";
import { DTypeError, ShapeError } from "../../base/errors.js";
import { broadcastStrides, contiguousStrides, type Shape, sameShape, sizeOf } from "../../base/shape.js";
import type { EngineBuffer, Operand } from "../../engine/engine.js";
import { currentEngine } from "../../engine/select.js";
import { Storage } from "../storage.js";
import type { Saved } from "../tape.js";
import { Tensor } from "../tensor.js";

/** Building blocks of the operations: none of these is recorded. */

/** A tensor whose content a kernel is about to write. */
export function empty(dtype: DType, shape: Shape): Tensor {
  return new Tensor(new Storage(dtype, sizeOf(shape)), shape);
}

/** A tensor filled with one value. */
export function filled(dtype: DType, shape: Shape, value: number): Tensor {
  const out = empty(dtype, shape);
  if (out.size > 0) currentEngine().fill(out, value);
  return out;
}

/** A rank-0 constant for one operation, which ends it. */
export function scalar(dtype: DType, value: number): Tensor {
  const host = typedArray(dtype, 1);
  host[0] = value;
  const out = new Tensor(new Storage(dtype, 1, host), []);
  out.temporary = true;
  return out;
}

/** A tensor over JavaScript memory, which it keeps. */
export function fromHost(host: TypedArray, shape: Shape): Tensor {
  const dtype: DType = host instanceof Float32Array ? "float32" : host instanceof Float64Array ? "float64" : "int32";
  return new Tensor(new Storage(dtype, host.length, host), shape);
}

/** Another reading of the same storage. */
export function viewOf(x: Tensor, shape: Shape, strides: readonly number[], offset = x.offset): Tensor {
  x.checkAlive("view");
  return new Tensor(x.storage, shape, strides, offset);
}

/**
 * A reading of a tensor that does not count as a view of its storage: for the inside of an operation, which holds the
 * tensor itself.
 */
export class Lens implements Operand {
  readonly base: Tensor;
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;

  constructor(base: Tensor, shape: Shape, strides: readonly number[], offset = base.offset) {
    this.base = base;
    this.shape = shape;
    this.strides = strides;
    this.offset = offset;
  }

  get buffer(): EngineBuffer {
    return this.base.buffer;
  }
}

/** A contiguous tensor read under another shape of the same size. */
export function reshapedLens(x: Tensor, shape: Shape): Lens {
  return new Lens(x, shape, contiguousStrides(shape));
}

/** A second tensor on x's memory, with a life of its own. */
export function alias(x: Tensor): Tensor {
  return viewOf(x, x.shape, x.strides);
}

/** x itself when it is in row-major order, else a copy that is. */
export function contiguous(x: Tensor): Tensor {
  return x.isContiguous ? x : copyOf(x);
}

/** A copy in row-major order, of another dtype if asked. */
export function copyOf(x: Tensor, dtype: DType = x.dtype): Tensor {
  const out = empty(dtype, x.shape);
  if (out.size > 0) currentEngine().copy(out, x);
  return out;
}

/** A contiguous reading of x for an operation to keep, and what the tape must hold or own for it. */
export function savedContiguous(x: Tensor): [Tensor, Saved] {
  if (x.isContiguous) return [x, { held: [x] }];
  const copy = copyOf(x);
  return [copy, { owned: [copy] }];
}

/** x read as if it had the larger `shape`. */
export function expanded(x: Tensor, shape: Shape): Operand {
  return sameShape(x.shape, shape) ? x : new Lens(x, shape, broadcastStrides(x.shape, x.strides, shape));
}

/** The reverse of a broadcast: sums `x` over the dimensions that `shape` repeats. */
export function sumTo(x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const lead = x.rank - shape.length;
  const reduced: number[] = [];
  for (let i = 0; i < x.rank; i++) if (i < lead || (shape[i - lead] === 1 && x.shape[i] !== 1)) reduced.push(i);
  return reduceRaw("sum", x, reduced, x.dtype, shape);
}

/** Reduces `axes` (ascending, not negative), which the result lacks, or has as `shape` says: as 1. */
export function reduceRaw(
  op: "sum" | "max" | "min" | "prod" | "argmax" | "argmin",
  x: Tensor,
  axes: readonly number[],
  dtype: DType,
  shape?: Shape,
): Tensor {
  const order: number[] = [];
  for (let i = 0; i < x.rank; i++) if (!axes.includes(i)) order.push(i);
  const kept = order.map((i) => x.shape[i]);
  const out = empty(dtype, shape ?? kept);
  if (out.size === 0) return out;
  order.push(...axes);
  const last = new Lens(
    x,
    order.map((i) => x.shape[i]),
    order.map((i) => x.strides[i]),
  );
  currentEngine().reduce(op, shape === undefined ? out : reshapedLens(out, kept), last, axes.length);
  return out;
}

/** x with its last two dimensions exchanged. */
export function transposedLens(x: Tensor): Lens {
  const shape = [...x.shape];
  const strides = [...x.strides];
  const r = shape.length;
  [shape[r - 2], shape[r - 1]] = [shape[r - 1], shape[r - 2]];
  [strides[r - 2], strides[r - 1]] = [strides[r - 1], strides[r - 2]];
  return new Lens(x, shape, strides);
}

/** @throws OptionError unless x is a tensor; DisposedError when it was released */
export function requireTensor(op: string, argument: string, x: unknown): asserts x is Tensor {
  if (x instanceof Tensor) {
    x.checkAlive(op);
    return;
  }
  const held = (x as { data?: unknown } | null | undefined)?.data instanceof Tensor;
  const fix = held ? "Its .data is one." : "Make one with tensor().";
  throw refusal(op, argument, "be a tensor", x, fix);
}

/** @throws ShapeError for a scalar, which has no dimension to work along */
export function requireDimension(op: string, x: Tensor): void {
  if (x.rank > 0) return;
  throw new ShapeError({ op, argument: "input", must: "be of rank 1 or more", value: "a scalar" });
}

/** @throws DTypeError unless x is float32 or float64 */
export function requireFloat(op: string, argument: string, x: Tensor): void {
  if (isFloat(x.dtype)) return;
  throw new DTypeError({
    op,
    argument,
    must: "be float32 or float64",
    value: x.dtype,
    fix: 'Convert with .to("float32").',
  });
}

/** @throws DTypeError unless both have one dtype */
export function requireSameDType(op: string, argument: string, x: Tensor, dtype: DType): void {
  if (x.dtype === dtype) return;
  throw new DTypeError({ op, argument, must: `be ${dtype}`, value: x.dtype, fix: `Convert with .to("${dtype}").` });
}

/** @throws DTypeError unless x is int32 */
export function requireInt(op: string, argument: string, x: Tensor): void {
  if (x.dtype === "int32") return;
  throw new DTypeError({
    op,
    argument,
    must: "be int32",
    value: x.dtype,
    fix: 'Create it with { dtype: "int32" }, or convert with .to("int32").',
  });
}
