import { checkKnownOptions, checkNonNegativeInteger, checkNumber, isObject, refusal } from "../base/check.js";
import {
  checkDType,
  checkElement,
  type DType,
  dtypeOf as elementsOf,
  type TypedArray,
  typedArray,
} from "../base/dtype.js";
import { DTypeError, ShapeError, show } from "../base/errors.js";
import { flattenNested, type NestedArray } from "../base/nested.js";
import { type Generator, generatorOf } from "../base/random.js";
import { checkShape, formatShape, type Shape, sizeOf } from "../base/shape.js";
import { operationDone } from "./lifetime.js";
import { filled, fromHost, requireTensor } from "./ops/raw.js";
import { Tensor } from "./tensor.js";

export interface TensorOptions {
  /** Default: float32; for typed arrays, their own type. */
  dtype?: DType | undefined;
  /** Record operations on it for `backward()`. Default false. */
  requiresGrad?: boolean | undefined;
}

export interface FromDataOptions extends TensorOptions {
  /** The shape of flat data. Default: the nesting of the arrays; [length] for typed arrays. */
  shape?: Shape | undefined;
}

export interface RandomOptions extends TensorOptions {
  /** Default: the one that `manualSeed` seeds. */
  generator?: Generator | undefined;
}

const OPTIONS = ["dtype", "requiresGrad"] as const;

/** The dtype that is asked for, once no other option is. */
function dtypeOf(
  op: string,
  options: TensorOptions,
  otherwise: DType = "float32",
  own: readonly string[] = OPTIONS,
): DType {
  if (typeof options === "string") {
    throw refusal(op, "options", "be an object", options, `Write { dtype: ${show(options)} }.`);
  }
  checkKnownOptions(op, options, own);
  return options.dtype === undefined ? otherwise : checkDType(op, options.dtype);
}

/** Sizes one after another, as PyTorch takes them, and options behind them: zeros(2, 3, { dtype: "float64" }). */
export type SizesAndOptions<O> = number[] | [...number[], O];

/** The shape and the options of a call with an array of sizes, or with sizes one after another. */
function shapeAndOptions<O extends object>(args: readonly unknown[]): [Shape, O] {
  if (typeof args[0] !== "number") return [args[0] as Shape, (args[1] ?? {}) as O];
  const end = args.findIndex((size) => typeof size !== "number");
  if (end < 0) return [args as number[], {} as O];
  return [args.slice(0, end) as number[], (args[end] ?? {}) as O];
}

/** A new tensor over these elements, which it keeps, with the options that all creators share. */
function made(host: TypedArray, shape: Shape, options: TensorOptions): Tensor {
  const out = fromHost(host, [...shape]);
  if (options.requiresGrad) out.requiresGrad = true;
  return out;
}

/**
 * A tensor of the numbers given: a number, nested arrays of one length a level, a typed array, or another tensor's. The data are copied.
 * @throws ShapeError for ragged arrays, or data that do not fill `shape`
 * @throws OptionError for what is not a number, or not an integer in an int32 tensor
 */
export function tensor(
  data: NestedArray | readonly number[] | TypedArray | readonly TypedArray[] | Tensor,
  options: FromDataOptions = {},
): Tensor {
  if (data instanceof Tensor) return tensor(data.data(), { ...options, shape: options.shape ?? data.shape });
  const own = ownDType(data);
  const dtype = dtypeOf("tensor", options, own ?? "float32", FROM_DATA);
  const [flat, nesting] =
    own !== undefined
      ? [data as TypedArray, [(data as TypedArray).length]]
      : flattenNested("tensor", data as NestedArray);
  const shape = options.shape ?? nesting;
  checkShape("tensor", shape);
  if (sizeOf(shape) !== flat.length) {
    const must = `hold ${sizeOf(shape)} numbers for shape ${formatShape(shape)}`;
    throw new ShapeError({ op: "tensor", argument: "data", must, value: String(flat.length) });
  }
  const host = typedArray(dtype, flat.length);
  for (let i = 0; i < flat.length; i++) host[i] = checkElement("tensor", "data", flat[i], dtype);
  return made(host, shape, options);
}

const FROM_DATA = [...OPTIONS, "shape"];
const RANDOM = [...OPTIONS, "generator"];

/** Of typed arrays; those of other kinds, such as Uint8Array, hold whole numbers. */
function ownDType(data: unknown): DType | undefined {
  return elementsOf(data) ?? (ArrayBuffer.isView(data) && !(data instanceof DataView) ? "int32" : undefined);
}

/**
 * A tensor of one value.
 * @throws OptionError for a value that the dtype does not hold, or a bad shape
 */
export function full(shape: Shape, value: number, options: TensorOptions = {}): Tensor {
  return constant("full", shape, value, options);
}

/** A tensor of zeros. `zeros(2, 3)` is `zeros([2, 3])`. */
export function zeros(shape: Shape, options?: TensorOptions): Tensor;
export function zeros(...sizes: SizesAndOptions<TensorOptions>): Tensor;
export function zeros(...args: unknown[]): Tensor {
  const [shape, options] = shapeAndOptions<TensorOptions>(args);
  return constant("zeros", shape, 0, options);
}

/** A tensor of ones. `ones(2, 3)` is `ones([2, 3])`. */
export function ones(shape: Shape, options?: TensorOptions): Tensor;
export function ones(...sizes: SizesAndOptions<TensorOptions>): Tensor;
export function ones(...args: unknown[]): Tensor {
  const [shape, options] = shapeAndOptions<TensorOptions>(args);
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
  requireTensor("fullLike", "input", x);
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
  dtype = dtypeOf(op, options),
): Tensor {
  checkShape(op, shape);
  const host = typedArray(dtype, sizeOf(shape));
  for (let i = 0; i < host.length; i++) host[i] = next(i);
  return made(host, shape, options);
}

/**
 * start, start + step, ... before end. One argument counts from 0. float32 unless a dtype is given: positions for an
 * embedding want `{ dtype: "int32" }`.
 * @returns [ceil((end - start) / step)]
 */
export function arange(end: number, options: TensorOptions): Tensor;
export function arange(start: number, end: number, options: TensorOptions): Tensor;
export function arange(start: number, end?: number, step?: number, options?: TensorOptions): Tensor;
export function arange(
  start: number,
  end?: number | TensorOptions,
  step: number | TensorOptions = 1,
  options: TensorOptions = {},
): Tensor {
  if (isObject(end)) return arange(0, start, 1, end);
  if (isObject(step)) return arange(start, end, 1, step);
  const [from, to] = end === undefined ? [0, start] : [start, end];
  checkNumber("arange", "start", from);
  checkNumber("arange", "end", to);
  if (step === 0 || !Number.isFinite(step)) {
    throw refusal("arange", "step", "be a finite number other than 0", step, "Options are the fourth argument.");
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
  checkNonNegativeInteger("eye", "n", n);
  return generated("eye", [n, n], options, (i) => (Math.floor(i / n) === i % n ? 1 : 0));
}

/** Uniform in [0, 1). @throws DTypeError for int32 */
export function rand(shape: Shape, options?: RandomOptions): Tensor;
export function rand(...sizes: SizesAndOptions<RandomOptions>): Tensor;
export function rand(...args: unknown[]): Tensor {
  const [shape, options] = shapeAndOptions<RandomOptions>(args);
  const [generator, dtype] = randomly("rand", options);
  return generated("rand", shape, options, () => uniformBelowOne(generator, dtype), dtype);
}

function randomly(op: string, options: RandomOptions): [Generator, DType] {
  const dtype = dtypeOf(op, options, "float32", RANDOM);
  if (dtype !== "int32") return [generatorOf(op, options.generator), dtype];
  const fix = "Use randint() for whole numbers.";
  throw new DTypeError({ op, argument: "dtype", must: "be float32 or float64", value: dtype, fix });
}

/** float32 rounds numbers close to 1 up to it, so it draws 24 bits. */
function uniformBelowOne(generator: Generator, dtype: DType | undefined): number {
  return dtype === "float64" ? generator.uniform() : (generator.uint32() >>> 8) / 16777216;
}

/** Standard normal: mean 0, variance 1. @throws DTypeError for int32 */
export function randn(shape: Shape, options?: RandomOptions): Tensor;
export function randn(...sizes: SizesAndOptions<RandomOptions>): Tensor;
export function randn(...args: unknown[]): Tensor {
  const [shape, options] = shapeAndOptions<RandomOptions>(args);
  const [generator, dtype] = randomly("randn", options);
  return generated("randn", shape, options, () => generator.normal(), dtype);
}

/** Uniform integers in [low, high), or in [0, high), int32 unless a dtype is given. */
export function randint(high: number, shape: Shape, options?: RandomOptions): Tensor;
export function randint(low: number, high: number, shape: Shape, options?: RandomOptions): Tensor;
export function randint(
  low: number,
  high: number | Shape,
  shape: Shape | RandomOptions = [],
  options: RandomOptions = {},
): Tensor {
  if (Array.isArray(high)) return randint(0, low, high, Array.isArray(shape) ? options : (shape as RandomOptions));
  return integers(low, high as number, shape as Shape, options);
}

function integers(low: number, high: number, shape: Shape, options: RandomOptions): Tensor {
  if (!Number.isSafeInteger(low)) throw refusal("randint", "low", "be an integer", low);
  if (!Number.isSafeInteger(high) || high <= low)
    throw refusal("randint", "high", `be an integer > low (${low})`, high);
  if (high - low > 2 ** 32) throw refusal("randint", "high", `be at most low + 2^32 (low ${low})`, high);
  const dtype = dtypeOf("randint", options, "int32", RANDOM);
  const generator = generatorOf("randint", options.generator);
  return generated("randint", shape, options, () => low + generator.integer(high - low), dtype);
}
