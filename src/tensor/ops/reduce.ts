import { ShapeError } from "../../base/errors.js";
import { broadcastStrides, contiguousStrides, formatShape, normalizeAxis, type Shape } from "../../base/shape.js";
import { record, unrecorded } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { add, compare, div, mul, pow, sub, where } from "./arithmetic.js";
import { cast } from "./cast.js";
import { copyOf, reduceRaw, requireFloat, viewOf } from "./raw.js";
import { unary } from "./unary.js";

export interface ReduceOptions {
  /** Leave reduced dimensions in place with size 1. Default false. */
  keepDim?: boolean;
}

/** One axis, several, or all when left out. */
export type Axes = number | readonly number[] | undefined;

function resolveAxes(op: string, x: Tensor, axes: Axes): number[] {
  x.checkAlive(op);
  if (axes === undefined) return x.shape.map((_, i) => i);
  const list = (typeof axes === "number" ? [axes] : [...axes]).map((axis) => normalizeAxis(op, axis, x.rank));
  if (new Set(list).size !== list.length) {
    throw new ShapeError({ op, argument: "axis", rule: "name each dimension once", value: formatShape(list) });
  }
  return x.rank === 0 ? [] : list.sort((a, b) => a - b);
}

/** The shape with `axes` kept as 1: what broadcasts back over x. */
function keptShape(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((size, i) => (axes.includes(i) ? 1 : size));
}

function shaped(reduced: Tensor, x: Tensor, axes: readonly number[], keepDim: boolean): Tensor {
  if (!keepDim) return reduced;
  const shape = keptShape(x.shape, axes);
  return viewOf(reduced, shape, contiguousStrides(shape));
}

/** The gradient of a reduced value, laid over x again. */
function spread(dOut: Tensor, x: Tensor, axes: readonly number[]): Tensor {
  const shape = keptShape(x.shape, axes);
  const whole = dOut.isContiguous ? dOut : copyOf(dOut);
  return viewOf(whole, x.shape, broadcastStrides(shape, contiguousStrides(shape), x.shape), whole.offset);
}

/** Σ over `axes`. */
export function sum(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const list = resolveAxes("sum", x, axes);
  const out = shaped(reduceRaw("sum", x, list, x.dtype), x, list, options.keepDim ?? false);
  return record("sum", [x], out, (dOut) => [spread(dOut, x, list)]);
}

/** The arithmetic mean over `axes`. */
export function mean(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  requireFloat("mean", "input", x);
  const list = resolveAxes("mean", x, axes);
  const count = list.reduce((product, axis) => product * x.shape[axis]!, 1);
  return mul(sum(x, list, options), 1 / count);
}

/** Π over `axes`. The gradient divides by x, so it is not finite where x is 0. */
export function prod(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const list = resolveAxes("prod", x, axes);
  const out = shaped(reduceRaw("prod", x, list, x.dtype), x, list, options.keepDim ?? false);
  const backward = (dOut: Tensor) => [div(mul(spread(dOut, x, list), spread(out, x, list)), x.detach())];
  return record("prod", [x], out, backward, { held: [x, out] });
}

/** The largest (smallest) over `axes`; equal ones share the gradient, as PyTorch's amax does. */
export function extreme(op: "max" | "min", x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  const list = resolveAxes(op, x, axes);
  requireNotEmpty(op, x, list);
  const out = shaped(reduceRaw(op, x, list, x.dtype), x, list, options.keepDim ?? false);
  const backward = (dOut: Tensor) => {
    const hits = cast(compare("eq", x.detach(), spread(out, x, list)), x.dtype);
    const shares = reduceRaw("sum", hits, list, x.dtype);
    return [div(mul(hits, spread(dOut, x, list)), spread(shares, x, list))];
  };
  return record(op, [x], out, backward, { held: [x, out] });
}

/** The position of the largest (smallest) along one axis, or in the flattened tensor; int32. The first of equals. */
export function argExtreme(op: "argmax" | "argmin", x: Tensor, axis?: number, options: ReduceOptions = {}): Tensor {
  const list = resolveAxes(op, x, axis);
  requireNotEmpty(op, x, list);
  return shaped(reduceRaw(op, x, list, "int32"), x, list, options.keepDim ?? false);
}

function requireNotEmpty(op: string, x: Tensor, axes: readonly number[]): void {
  if (axes.every((axis) => x.shape[axis]! > 0)) return;
  throw new ShapeError({ op, argument: "input", rule: "not empty where it is reduced", value: formatShape(x.shape) });
}

/** The p-norm (Σ |x|^p)^(1/p) over `axes`. p may be Infinity. Default 2. */
export function norm(x: Tensor, p = 2, axes?: Axes, options: ReduceOptions = {}): Tensor {
  requireFloat("norm", "input", x);
  if (p === 2) return unary("sqrt", sum(unary("square", x), axes, options));
  const size = unary("abs", x);
  if (p === Infinity) return extreme("max", size, axes, options);
  if (p === 1) return sum(size, axes, options);
  return pow(sum(pow(size, p), axes, options), 1 / p);
}

/** The variance over `axes`, divided by n - correction (default 1, Bessel's). */
export function variance(x: Tensor, axes?: Axes, options: ReduceOptions & { correction?: number } = {}): Tensor {
  const list = resolveAxes("var", x, axes);
  const count = list.reduce((product, axis) => product * x.shape[axis]!, 1);
  const centered = sub(x, mean(x, list, { keepDim: true }));
  return div(sum(unary("square", centered), list, options), count - (options.correction ?? 1));
}

/** log Σ exp(x) over `axes`, without overflow. */
export function logSumExp(x: Tensor, axes?: Axes, options: ReduceOptions = {}): Tensor {
  requireFloat("logSumExp", "input", x);
  const list = resolveAxes("logSumExp", x, axes);
  const safe = unrecorded(() => {
    const top = extreme("max", x, list, { keepDim: true });
    return where(compare("lt", unary("abs", top), Infinity), top, 0);
  });
  const out = add(unary("log", sum(unary("exp", sub(x, safe)), list, { keepDim: true })), safe);
  if (options.keepDim) return out;
  const shape = x.shape.filter((_, i) => !list.includes(i));
  return record("logSumExp", [out], viewOf(out, shape, contiguousStrides(shape)), (dOut) => [
    viewOf(copyOf(dOut), out.shape, contiguousStrides(out.shape)),
  ]);
}
