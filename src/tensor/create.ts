import { checkNonNegativeInteger, checkNumber, checkOneOf } from "../base/check.js";
import { type DType, type TypedArray, typedArray } from "../base/dtype.js";
import { DTypeError, OptionError, ShapeError, show } from "../base/errors.js";
import { flattenNested, type NestedArray } from "../base/nested.js";
import { defaultGenerator, type Generator } from "../base/random.js";
import { formatShape, type Shape, sizeOf } from "../base/shape.js";
import { operationDone } from "./lifetime.js";
import { filled, fromHost } from "./ops/raw.js";
import type { Tensor } from "./tensor.js";

export interface TensorOptions {
  /** Default: float32; for typed arrays, their own type. */
  dtype?: DType;
  /** Record operations on it for `backward()`. Default false. */
  requiresGrad?: boolean;
}

export interface FromDataOptions extends TensorOptions {
  /** The shape of flat data. Default: the nesting of the arrays; [length] for typed arrays. */
  shape?: Shape;
}

export interface RandomOptions extends TensorOptions {
  /** Default: the one that `manualSeed` seeds. */
  generator?: Generator;
}

const DTYPES: readonly DType[] = ["float32", "float64", "int32"];

function dtypeOf(op: string, options: TensorOptions, otherwise: DType = "float32"): DType {
  return options.dtype === undefined ? otherwise : checkOneOf(op, "dtype", options.dtype, DTYPES);
}

function checkShape(op: string, shape: Shape): void {
  for (const size of shape) checkNonNegativeInteger(op, `shape ${formatShape(shape)}`, size);
}

/** A new tensor over these elements, which it keeps, with the options that all creators share. */
function made(host: TypedArray, shape: Shape, options: TensorOptions): Tensor {
  const out = fromHost(host, [...shape]);
  if (options.requiresGrad) out.requiresGrad = true;
  return out;
}

/**
 * A tensor of the numbers given: a number, nested arrays of one length a level, or a typed array. The data are copied.
 * @throws ShapeError for ragged arrays, or data that do not fill `shape`
 * @throws OptionError for what is not a number, or not an integer in an int32 tensor
 */
export function tensor(data: NestedArray | readonly number[] | TypedArray, options: FromDataOptions = {}): Tensor {
  const [flat, nesting, own] = ArrayBuffer.isView(data)
    ? ([data, [data.length], ownDType(data)] as const)
    : ([...flattenNested("tensor", data as NestedArray), undefined] as const);
  const shape = options.shape ?? nesting;
  checkShape("tensor", shape);
  if (sizeOf(shape) !== flat.length) {
    const must = `hold ${sizeOf(shape)} numbers for shape ${formatShape(shape)}`;
    throw new ShapeError({ op: "tensor", argument: "data", must, value: String(flat.length) });
  }
  const dtype = dtypeOf("tensor", options, own);
  const host = typedArray(dtype, flat.length);
  for (let i = 0; i < flat.length; i++) host[i] = checkElement("tensor", "data", flat[i], dtype);
  return made(host, shape, options);
}

function ownDType(data: ArrayBufferView): DType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Float64Array) return "float64";
  return "int32";
}

function checkElement(op: string, argument: string, value: unknown, dtype: DType): number {
  if (typeof value === "boolean") return value ? 1 : 0;
  if (typeof value !== "number") {
    throw new OptionError({ op, argument, must: "be numbers", value: show(value) });
  }
  if (dtype === "int32" && (value | 0) !== value) {
    throw new OptionError({
      op,
      argument,
      must: "be integers of 32 bits for dtype int32",
      value: String(value),
    });
  }
  return value;
}

/**
 * A tensor of one value.
 * @throws OptionError for a value that the dtype does not hold, or a bad shape
 */
export function full(shape: Shape, value: number, options: TensorOptions = {}): Tensor {
  return constant("full", shape, value, options);
}

/** A tensor of zeros. */
export function zeros(shape: Shape, options: TensorOptions = {}): Tensor {
  return constant("zeros", shape, 0, options);
}

/** A tensor of ones. */
export function ones(shape: Shape, options: TensorOptions = {}): Tensor {
  return constant("ones", shape, 1, options);
}

function constant(op: string, shape: Shape, value: number, options: TensorOptions): Tensor {
  checkShape(op, shape);
  const dtype = dtypeOf(op, options);
  const out = filled(dtype, [...shape], checkElement(op, "value", value, dtype));
  if (options.requiresGrad) out.requiresGrad = true;
  operationDone();
  return out;
}

/** One value in the shape and dtype of x. */
export function fullLike(x: Tensor, value: number, options: TensorOptions = {}): Tensor {
  return full(x.shape, value, { dtype: x.dtype, ...options });
}

/** Zeros in the shape and dtype of x. */
export function zerosLike(x: Tensor, options: TensorOptions = {}): Tensor {
  return fullLike(x, 0, options);
}

/** Ones in the shape and dtype of x. */
export function onesLike(x: Tensor, options: TensorOptions = {}): Tensor {
  return fullLike(x, 1, options);
}

function generated(
  op: string,
  shape: Shape,
  options: TensorOptions,
  next: (i: number) => number,
  dtype?: DType,
): Tensor {
  checkShape(op, shape);
  const host = typedArray(dtypeOf(op, options, dtype), sizeOf(shape));
  for (let i = 0; i < host.length; i++) host[i] = next(i);
  return made(host, shape, options);
}

/**
 * start, start + step, ... before end. One argument counts from 0. float32 unless a dtype is given: positions for an
 * embedding want `{ dtype: "int32" }`.
 * @returns [ceil((end - start) / step)]
 */
export function arange(start: number, end?: number, step = 1, options: TensorOptions = {}): Tensor {
  const [from, to] = end === undefined ? [0, start] : [start, end];
  checkNumber("arange", "start", from);
  checkNumber("arange", "end", to);
  if (step === 0 || !Number.isFinite(step)) {
    throw new OptionError({
      op: "arange",
      argument: "step",
      must: "be a finite number other than 0",
      value: String(step),
    });
  }
  const count = Math.max(0, Math.ceil((to - from) / step));
  return generated("arange", [count], options, (i) => from + i * step);
}

/** `count` numbers from start to end, both included, evenly spaced. */
export function linspace(start: number, end: number, count: number, options: TensorOptions = {}): Tensor {
  checkNumber("linspace", "start", start);
  checkNumber("linspace", "end", end);
  checkNonNegativeInteger("linspace", "count", count);
  const step = count > 1 ? (end - start) / (count - 1) : 0;
  return generated("linspace", [count], options, (i) => (i === count - 1 && count > 1 ? end : start + i * step));
}

/** The identity matrix [n, n]. */
export function eye(n: number, options: TensorOptions = {}): Tensor {
  return generated("eye", [n, n], options, (i) => (Math.floor(i / n) === i % n ? 1 : 0));
}

/** Uniform in [0, 1). @throws DTypeError for int32 */
export function rand(shape: Shape, options: RandomOptions = {}): Tensor {
  requireFloating("rand", options);
  const { generator = defaultGenerator } = options;
  return generated("rand", shape, options, () => uniformBelowOne(generator, options.dtype));
}

function requireFloating(op: string, { dtype }: TensorOptions): void {
  if (dtype !== "int32") return;
  const fix = "Use randint() for whole numbers.";
  throw new DTypeError({ op, argument: "dtype", must: "be float32 or float64", value: dtype, fix });
}

/** float32 rounds numbers close to 1 up to it, so it draws 24 bits. */
function uniformBelowOne(generator: Generator, dtype: DType | undefined): number {
  return dtype === "float64" ? generator.uniform() : (generator.uint32() >>> 8) / 16777216;
}

/** Standard normal: mean 0, variance 1. @throws DTypeError for int32 */
export function randn(shape: Shape, options: RandomOptions = {}): Tensor {
  requireFloating("randn", options);
  const { generator = defaultGenerator } = options;
  return generated("randn", shape, options, () => generator.normal());
}

/** Uniform integers in [low, high), int32 unless a dtype is given. */
export function randint(low: number, high: number, shape: Shape, options: RandomOptions = {}): Tensor {
  if (!Number.isInteger(low) || !Number.isInteger(high) || high <= low) {
    throw new OptionError({
      op: "randint",
      argument: "high",
      must: `be an integer > low (${low})`,
      value: String(high),
    });
  }
  const { generator = defaultGenerator } = options;
  return generated("randint", shape, options, () => low + generator.integer(high - low), "int32");
}
