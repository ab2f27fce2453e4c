import { checkKnownOptions, checkNumber, refusal } from "../../base/check.js";
import { broadcastStrides, contiguousStrides, misshapen, normalizeAxis, type Shape } from "../../base/shape.js";
import { currentEngine } from "../../engine/select.js";
import { operationDone } from "../lifetime.js";
import { record, unrecorded } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { add, compare, div, mul, pow, sub, where } from "./arithmetic.js";
import { cast } from "./cast.js";
import { contiguous, empty, reduceRaw, requireFloat, viewOf } from "./raw.js";
import { unary } from "./unary.js";

export interface ReduceOptions {
  /** Leave reduced dimensions in place with size 1. Default false. */
  keepDim?: boolean | undefined;
}

export interface VarianceOptions extends ReduceOptions {
  /** Taken off the number of elements. Default 1, Bessel's. */
  correction?: number | undefined;
}

/** One axis, several, or all when left out. */
export type Axes = number | readonly number[] | undefined;

/** The axes ascending and not negative. @throws ShapeError for one that is not there or named twice */
function resolveAxes(op: string, x: Tensor, axes: Axes): number[] {
  x.checkAlive(op);
  if (axes === undefined) return x.shape.map((_, i) => i);
  if (typeof axes !== "number" && !Array.isArray(axes)) {
    throw refusal(
      op,
      "axes",
      "be an axis or an array of axes",
      axes,
      `Write x.${op}(0), or x.${op}([0, 1], { keepDim: true }).`,
    );
  }
  const list = (typeof axes === "number" ? [axes] : [...axes]).map((axis) => normalizeAxis(op, axis, x.rank));
  if (new Set(list).size !== list.length) {
    throw misshapen(op, "axis", "name each dimension once", list);
  }
  return x.rank === 0 ? [] : list.sort((a, b) => a - b);
}

/** The shape with `axes` kept as 1: what broadcasts back over x. */
function keptShape(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((size, i) => (axes.includes(i) ? 1 : size));
}

/** @throws OptionError for other options */
function keepDimOf(op: string, options: ReduceOptions | undefined, own: readonly string[] = ["keepDim"]): boolean {
  if (options === undefined) return false;
  checkKnownOptions(op, options, own);
  return options.keepDim ?? false;
}

function reduced(op: Parameters<typeof reduceRaw>[0], x: Tensor, axes: readonly number[], keepDim = false): Tensor {
  const dtype = op === "argmax" || op === "argmin" ? "int32" : x.dtype;
  return reduceRaw(op, x, axes, dtype, keepDim ? keptShape(x.shape, axes) : undefined);
}

/** A reduced value, or its gradient, laid over x again. */
function spread(value: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  const shape = keptShape(x.shape, axes);
  const whole = contiguous(value);
  return viewOf(whole, x.shape, broadcastStrides(shape, contiguousStrides(shape), x.shape), whole.offset);
}

function countOf(x: Tensor, axes: readonly number[]): number {
  return axes.reduce((product, axis) => product * x.shape[axis], 1);
}

/** Σ over `axes`; 0 where there is nothing. int32 stays int32. */
export function sum(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  const list = resolveAxes("sum", x, axes);
  return record("sum", [x], reduced("sum", x, list, keepDimOf("sum", options)), (dOut) => [spread(dOut, x, list)]);
}

/** The arithmetic mean over `axes`; NaN where there is nothing. @throws DTypeError for int32 */
export function mean(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  requireFloat("mean", "input", x);
  const list = resolveAxes("mean", x, axes);
  return div(sum(x, list, options), countOf(x, list));
}

/** Π over `axes`; 1 where there is nothing. */
export function prod(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  const list = resolveAxes("prod", x, axes);
  const out = reduced("prod", x, list, keepDimOf("prod", options));
  return record("prod", [x], out, (dOut) => [mul(spread(dOut, x, list), prodSlope(x, out, list))], { held: [x, out] });
}

/** ∂Π/∂x_i, the product of the others: Π/x_i, but at a zero that is the only one the product of what is not zero. */
function prodSlope(x: Tensor, out: Tensor, axes: readonly number[]): Tensor {
  const isZero = compare("eq", x, 0);
  const zeros = reduceRaw("sum", isZero, axes, "int32");
  const rest = reduceRaw("prod", where(isZero, 1, x), axes, x.dtype);
  const atZero = where(compare("eq", spread(zeros, x, axes), 1), spread(rest, x, axes), 0);
  return where(isZero, atZero, div(spread(out, x, axes), x));
}

/** The largest (smallest) over `axes`; equal ones share the gradient, as PyTorch's amax does. NaN wins. */
export function extreme(op: "max" | "min", x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  const list = resolveAxes(op, x, axes);
  requireNotEmpty(op, x, list);
  const out = reduced(op, x, list, keepDimOf(op, options));
  const backward = (dOut: Tensor) => {
    const hits = cast(compare("eq", x, spread(out, x, list)), x.dtype);
    const shares = reduceRaw("sum", hits, list, x.dtype);
    return [div(mul(hits, spread(dOut, x, list)), spread(shares, x, list))];
  };
  return record(op, [x], out, backward, { held: [x, out] });
}

/** The position of the largest (smallest) along one axis, or in the flattened tensor; int32. The first of equals. */
export function argExtreme(op: "argmax" | "argmin", x: Tensor, axis?: number, options?: ReduceOptions): Tensor {
  const list = resolveAxes(op, x, axis);
  requireNotEmpty(op, x, list);
  const out = reduced(op, x, list, keepDimOf(op, options));
  operationDone();
  return out;
}

function requireNotEmpty(op: string, x: Tensor, axes: readonly number[]): void {
  if (axes.every((axis) => x.shape[axis] > 0)) return;
  throw misshapen(op, "input", "have elements where it is reduced", x.shape);
}

/** √x with a gradient of 0 where x is 0: of a norm and a deviation, as PyTorch has it. */
function root(name: string, x: Tensor): Tensor {
  const out = empty(x.dtype, x.shape);
  if (out.size > 0) currentEngine().unary("sqrt", out, x);
  const backward = (dOut: Tensor) => [where(compare("eq", out, 0), 0, div(dOut, mul(out, 2)))];
  return record(name, [x], out, backward, { held: [out] });
}

/**
 * The p-norm (Σ |x|^p)^(1/p) over `axes`. Its gradient is 0 at a zero vector.
 * @param p  positive; Infinity for the largest |x|. Default 2
 */
export function norm(x: Tensor, p = 2, axes?: Axes, options?: ReduceOptions): Tensor {
  requireFloat("norm", "input", x);
  if (p !== Infinity) checkNumber("norm", "p", p, { min: 0, openMin: true }, "Infinity is allowed too.");
  if (p === 2) return root("norm", sum(unary("square", x), axes, options));
  const size = unary("abs", x);
  if (p === Infinity) return extreme("max", size, axes, options);
  if (p === 1) return sum(size, axes, options);
  const powers = sum(pow(size, p), axes, options);
  return where(compare("eq", powers, 0), 0, pow(where(compare("eq", powers, 0), 1, powers), 1 / p));
}

/** The variance over `axes`, Σ (x - mean)² / (n - correction); correction 1 is Bessel's. @throws DTypeError for int32 */
export function variance(x: Tensor, axes?: Axes, options: VarianceOptions = {}): Tensor {
  requireFloat("var", "input", x);
  const list = resolveAxes("var", x, axes);
  const centered = sub(x, mean(x, list, { keepDim: true }));
  const keepDim = keepDimOf("var", options, ["keepDim", "correction"]);
  const freedom = Math.max(0, countOf(x, list) - checkNumber("var", "correction", options.correction ?? 1));
  return div(sum(unary("square", centered), list, { keepDim }), freedom);
}

/** The square root of the variance; its gradient is 0 where the variance is. */
export function deviation(x: Tensor, axes?: Axes, options?: VarianceOptions): Tensor {
  return root("std", variance(x, axes, options));
}

/**
 * log Σ exp(x) over `axes`, without overflow: the largest is taken out first. The gradient is made with it apart too, so that it is
 * softmax(x) at any size of x; PyTorch's exp(x - out) is not, since out has no room for the digits of its logarithm.
 */
export function logSumExp(x: Tensor, axes?: Axes, options?: ReduceOptions): Tensor {
  requireFloat("logSumExp", "input", x);
  const list = resolveAxes("logSumExp", x, axes);
  requireNotEmpty("logSumExp", x, list);
  const shape = keepDimOf("logSumExp", options)
    ? keptShape(x.shape, list)
    : x.shape.filter((_, i) => !list.includes(i));
  const shift = unrecorded(() => {
    const top = reduced("max", x, list, true);
    return where(compare("lt", unary("abs", top), Infinity), top, 0);
  });
  const total = unrecorded(() => sum(unary("exp", sub(x, shift)), list, { keepDim: true }));
  const out = unrecorded(() => viewOf(add(unary("log", total), shift), shape, contiguousStrides(shape)));
  const backward = (dOut: Tensor) => {
    const share = div(viewOf(contiguous(dOut), total.shape, contiguousStrides(total.shape)), total);
    return [mul(share, unary("exp", sub(x, shift)))];
  };
  return record("logSumExp", [x], out, backward, { held: [x], owned: [shift, total] });
}
