import { checkKnownOptions, checkNumber, checkOneOf } from "../base/check.js";
import { typedArray } from "../base/dtype.js";
import { type Generator, generatorOf } from "../base/random.js";
import { misshapen, sizeOf } from "../base/shape.js";
import { requireFloat, requireTensor } from "../tensor/ops/raw.js";
import type { Tensor } from "../tensor/tensor.js";

/** Initialisers: each fills a tensor in place, unrecorded, and returns it. */

export interface InitOptions {
  /** Default: the one that `manualSeed` seeds. */
  generator?: Generator | undefined;
}

/** The generator, once the tensor takes random numbers and the options are those of an initialiser. */
function drawnFrom(op: string, x: Tensor, options: InitOptions): Generator {
  requireTensor(op, "tensor", x);
  requireFloat(op, "tensor", x);
  checkKnownOptions(op, options, ["generator", "gain", "a", "mode", "nonlinearity"]);
  return generatorOf(op, options.generator);
}

function fillWith<T extends Tensor>(x: T, next: () => number): T {
  const data = typedArray(x.dtype, x.size);
  for (let i = 0; i < data.length; i++) data[i] = next();
  x.set(data);
  return x;
}

/** Uniform in [low, high). */
export function uniform<T extends Tensor>(x: T, low = 0, high = 1, options: InitOptions = {}): T {
  const generator = drawnFrom("init.uniform", x, options);
  checkNumber("init.uniform", "low", low);
  checkNumber("init.uniform", "high", high, { min: low });
  return fillWith(x, () => low + (high - low) * generator.uniform());
}

/** Normal with this mean and standard deviation. */
export function normal<T extends Tensor>(x: T, mean = 0, std = 1, options: InitOptions = {}): T {
  const generator = drawnFrom("init.normal", x, options);
  checkNumber("init.normal", "mean", mean);
  checkNumber("init.normal", "std", std, { min: 0 });
  return fillWith(x, () => mean + std * generator.normal());
}

/** Every element is `value`. */
export function constant<T extends Tensor>(x: T, value: number): T {
  requireTensor("init.constant", "tensor", x);
  if (typeof value !== "number") checkNumber("init.constant", "value", value);
  return fillWith(x, () => value);
}

/** Every element is 0. */
export function zeros<T extends Tensor>(x: T): T {
  return constant(x, 0);
}

/** Every element is 1. */
export function ones<T extends Tensor>(x: T): T {
  return constant(x, 1);
}

/** What follows a layer, for the size of its initial weights. */
export type Nonlinearity = "linear" | "sigmoid" | "tanh" | "relu" | "leakyRelu" | "selu";

const NONLINEARITIES: readonly Nonlinearity[] = ["linear", "sigmoid", "tanh", "relu", "leakyRelu", "selu"];

/** What keeps the variance through this nonlinearity; `slope` is leakyRelu's, 0.01 by default. */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  checkNumber("init.calculateGain", "slope", slope);
  switch (checkOneOf("init.calculateGain", "nonlinearity", nonlinearity, NONLINEARITIES)) {
    case "tanh":
      return 5 / 3;
    case "relu":
      return Math.SQRT2;
    case "leakyRelu":
      return Math.sqrt(2 / (1 + slope * slope));
    case "selu":
      return 3 / 4;
    default:
      return 1;
  }
}

/** Inputs and outputs of a weight [out, in, ...]. */
function fans(op: string, x: Tensor): { fanIn: number; fanOut: number } {
  requireMatrix(op, x);
  const field = sizeOf(x.shape.slice(2));
  return { fanIn: x.shape[1] * field, fanOut: x.shape[0] * field };
}

function requireMatrix(op: string, x: Tensor): void {
  requireTensor(op, "tensor", x);
  if (x.rank >= 2) return;
  throw misshapen(op, "tensor", "be of rank 2 or more", x.shape);
}

export interface XavierOptions extends InitOptions {
  /** Default 1; see `calculateGain`. */
  gain?: number | undefined;
}

function gainOf(op: string, options: XavierOptions): number {
  checkKnownOptions(op, options, ["gain", "generator"]);
  return checkNumber(op, "gain", options.gain ?? 1, { min: 0 });
}

/** Uniform in ±gain·√(6/(fanIn + fanOut)). Source: Glorot & Bengio 2010. */
export function xavierUniform<T extends Tensor>(x: T, options: XavierOptions = {}): T {
  const { fanIn, fanOut } = fans("init.xavierUniform", x);
  const bound = gainOf("init.xavierUniform", options) * Math.sqrt(6 / (fanIn + fanOut));
  return uniform(x, -bound, bound, options);
}

/** Normal with std gain·√(2/(fanIn + fanOut)). Source: Glorot & Bengio 2010. */
export function xavierNormal<T extends Tensor>(x: T, options: XavierOptions = {}): T {
  const { fanIn, fanOut } = fans("init.xavierNormal", x);
  return normal(x, 0, gainOf("init.xavierNormal", options) * Math.sqrt(2 / (fanIn + fanOut)), options);
}

export interface KaimingOptions extends InitOptions {
  /** Slope of leakyRelu. Default 0. */
  a?: number | undefined;
  /** Keep the variance of the forward pass, or of the backward pass. Default fanIn. */
  mode?: "fanIn" | "fanOut" | undefined;
  /** Default leakyRelu. */
  nonlinearity?: Nonlinearity | undefined;
}

function kaimingStd(op: string, x: Tensor, options: KaimingOptions): number {
  checkKnownOptions(op, options, ["a", "mode", "nonlinearity", "generator"]);
  const { a = 0, mode = "fanIn", nonlinearity = "leakyRelu" } = options;
  checkOneOf(op, "mode", mode, ["fanIn", "fanOut"]);
  return calculateGain(nonlinearity, a) / Math.sqrt(fans(op, x)[mode]);
}

/** Uniform with std gain/√fan. Source: He et al. 2015. */
export function kaimingUniform<T extends Tensor>(x: T, options: KaimingOptions = {}): T {
  const bound = Math.sqrt(3) * kaimingStd("init.kaimingUniform", x, options);
  return uniform(x, -bound, bound, options);
}

/** Normal with std gain/√fan. Source: He et al. 2015. */
export function kaimingNormal<T extends Tensor>(x: T, options: KaimingOptions = {}): T {
  return normal(x, 0, kaimingStd("init.kaimingNormal", x, options), options);
}

/**
 * A random matrix [rows, rest] with orthonormal rows, or columns when it has more rows than columns, times `gain`.
 * Source: Saxe, McClelland & Ganguli 2014.
 */
export function orthogonal<T extends Tensor>(x: T, options: XavierOptions = {}): T {
  requireMatrix("init.orthogonal", x);
  requireFloat("init.orthogonal", "tensor", x);
  const gain = gainOf("init.orthogonal", options);
  const generator = generatorOf("init.orthogonal", options.generator);
  const rows = x.shape[0];
  const columns = x.size / Math.max(rows, 1);
  const [count, length] = rows <= columns ? [rows, columns] : [columns, rows];
  const basis = orthonormal(count, length, generator);
  const data = typedArray(x.dtype, x.size);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) data[r * columns + c] = gain * (rows <= columns ? basis[r][c] : basis[c][r]);
  }
  x.set(data);
  return x;
}

/** `count` orthonormal vectors by Gram and Schmidt, each projected twice against rounding. */
function orthonormal(count: number, length: number, generator: Generator): Float64Array[] {
  const basis: Float64Array[] = [];
  while (basis.length < count) {
    const v = Float64Array.from({ length }, () => generator.normal());
    for (let pass = 0; pass < 2; pass++) {
      for (const b of basis) {
        const along = dot(v, b);
        for (let i = 0; i < length; i++) v[i] -= along * b[i];
      }
    }
    const norm = Math.sqrt(dot(v, v));
    if (norm < 1e-9) continue;
    basis.push(v.map((value) => value / norm));
  }
  return basis;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
