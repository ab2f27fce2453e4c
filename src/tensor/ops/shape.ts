import { checkArray, checkNonNegativeInteger, refusal } from "../../base/check.js";
import { OutOfMemoryError, ShapeError, show } from "../../base/errors.js";
import {
  broadcastStrides,
  contiguousStrides,
  formatShape,
  misshapen,
  normalizeAxis,
  type Shape,
  sizeOf,
} from "../../base/shape.js";
import { currentEngine } from "../../engine/select.js";
import { record } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { copyOf, empty, Lens, requireDimension, sumTo, viewOf } from "./raw.js";

/** The shape with its one -1 worked out. */
function resolveShape(x: Tensor, shape: Shape): number[] {
  const unknown = shape.indexOf(-1);
  const known = shape.reduce((product, size, i) => (i === unknown ? product : product * size), 1);
  const resolved = shape.map((size, i) => (i === unknown ? x.size / known : size));
  const valid = resolved.every((size) => Number.isInteger(size) && size >= 0) && sizeOf(resolved) === x.size;
  if (!valid) {
    throw new ShapeError({
      op: "reshape",
      argument: "shape",
      must: `hold ${x.size} elements, as ${formatShape(x.shape)} does (one size may be -1)`,
      value: show(shape),
    });
  }
  return resolved;
}

/** Several numbers in one array, as shapes and axes are written. */
function checkSizes(op: string, argument: string, value: readonly number[]): void {
  if (Array.isArray(value) && value.every((size) => typeof size === "number")) return;
  throw refusal(
    op,
    argument,
    "be an array of numbers",
    value,
    `Write x.${op}([${typeof value === "number" ? value : 2}, 3]).`,
  );
}

/** Kernels count in 32 bits, so no view has more elements, though it takes no memory. */
const MOST_ELEMENTS = 2 ** 31 - 1;

function checkCount(op: string, count: number): void {
  if (count <= MOST_ELEMENTS) return;
  throw new OutOfMemoryError({
    op,
    argument: "shape",
    must: `hold at most ${MOST_ELEMENTS} elements`,
    value: String(count),
  });
}

/** x's elements in row-major order under another shape (one size may be -1); a view when x is contiguous, else a copy. */
export function reshape(x: Tensor, shape: Shape): Tensor {
  x.checkAlive("reshape");
  checkSizes("reshape", "shape", shape);
  const to = resolveShape(x, shape);
  return record("reshape", [x], viewContiguous(x, to), (dOut) => [viewContiguous(dOut, x.shape)]);
}

function viewContiguous(x: Tensor, shape: Shape): Tensor {
  if (x.isContiguous) return viewOf(x, shape, contiguousStrides(shape));
  const out = empty(x.dtype, shape);
  if (out.size > 0) currentEngine().copy(new Lens(out, x.shape, contiguousStrides(x.shape)), x);
  return out;
}

/** Dimensions `start` to `end` as one. */
export function flatten(x: Tensor, start = 0, end = -1): Tensor {
  if (x.rank === 0) return reshape(x, [1]);
  const from = normalizeAxis("flatten", start, x.rank, "start");
  const to = normalizeAxis("flatten", end, x.rank, "end");
  const middle = x.shape.slice(from, to + 1).reduce((a, b) => a * b, 1);
  return reshape(x, [...x.shape.slice(0, from), middle, ...x.shape.slice(to + 1)]);
}

/** The dimensions in another order; a view. */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  x.checkAlive("permute");
  checkSizes("permute", "axes", axes);
  const order = axes.map((axis) => normalizeAxis("permute", axis, x.rank, "axes"));
  if (order.length !== x.rank || new Set(order).size !== x.rank) {
    throw misshapen("permute", "axes", `name each of the ${x.rank} dimensions once`, axes);
  }
  const inverse = order.map((_, i) => order.indexOf(i));
  return record("permute", [x], permuted(x, order), (dOut) => [permuted(dOut, inverse)]);
}

function permuted(x: Tensor, order: readonly number[]): Tensor {
  return viewOf(
    x,
    order.map((i) => x.shape[i]),
    order.map((i) => x.strides[i]),
  );
}

/** Two dimensions exchanged; a view. */
export function transpose(x: Tensor, a: number, b: number): Tensor {
  x.checkAlive("transpose");
  const order = x.shape.map((_, i) => i);
  const [i, j] = [normalizeAxis("transpose", a, x.rank), normalizeAxis("transpose", b, x.rank)];
  [order[i], order[j]] = [order[j], order[i]];
  return permute(x, order);
}

/** Without the dimensions of size 1, or without the one named if its size is 1. */
export function squeeze(x: Tensor, axis?: number): Tensor {
  x.checkAlive("squeeze");
  const only = axis === undefined ? -1 : normalizeAxis("squeeze", axis, x.rank);
  return reshapeView(x, (i) => x.shape[i] !== 1 || (axis !== undefined && i !== only));
}

function reshapeView(x: Tensor, keep: (axis: number) => boolean): Tensor {
  const axes = x.shape.map((_, i) => i).filter(keep);
  const out = viewOf(
    x,
    axes.map((i) => x.shape[i]),
    axes.map((i) => x.strides[i]),
  );
  return record("squeeze", [x], out, (dOut) => [viewContiguous(dOut, x.shape)]);
}

/** With a dimension of size 1 before `axis`. */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  x.checkAlive("unsqueeze");
  const at = normalizeAxis("unsqueeze", axis, x.rank + 1);
  const out = viewOf(x, x.shape.toSpliced(at, 0, 1), x.strides.toSpliced(at, 0, 1));
  return record("unsqueeze", [x], out, (dOut) => [viewContiguous(dOut, x.shape)]);
}

/** x repeated without copying to a larger shape it broadcasts to; -1 keeps a size. */
export function expand(x: Tensor, shape: Shape): Tensor {
  x.checkAlive("expand");
  checkSizes("expand", "shape", shape);
  const lead = shape.length - x.rank;
  const to = shape.map((size, i) => (size === -1 && i >= lead ? x.shape[i - lead] : size));
  const sizes = to.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (lead < 0 || !sizes || x.shape.some((size, i) => size !== 1 && size !== to[i + lead])) {
    throw new ShapeError({
      op: "expand",
      argument: "shape",
      must: `be one that ${formatShape(x.shape)} broadcasts to`,
      value: show(shape),
    });
  }
  checkCount("expand", sizeOf(to));
  const out = viewOf(x, to, broadcastStrides(x.shape, x.strides, to));
  return record("expand", [x], out, (dOut) => [sumTo(dOut, x.shape)]);
}

/** Copies of x side by side: `times[i]` along dimension i; more times than dimensions add leading ones. */
export function repeat(x: Tensor, times: readonly number[]): Tensor {
  x.checkAlive("repeat");
  checkSizes("repeat", "times", times);
  if (times.length < x.rank || times.some((n) => !Number.isInteger(n) || n < 0)) {
    throw refusal("repeat", "times", `be at least ${x.rank} non-negative integers`, times);
  }
  const lead = times.length - x.rank;
  const base = [...new Array<number>(lead).fill(1), ...x.shape];
  const apart = base.flatMap((size) => [1, size]);
  const spread = base.flatMap((size, i) => [times[i], size]);
  return reshape(
    expand(reshape(x, apart), spread),
    base.map((size, i) => size * times[i]),
  );
}

/** Each index of one dimension `times` times in a row: a b c to a a b b c c. */
export function repeatInterleave(x: Tensor, times: number, axis: number): Tensor {
  x.checkAlive("repeatInterleave");
  requireDimension("repeatInterleave", x);
  checkNonNegativeInteger("repeatInterleave", "times", times);
  const at = normalizeAxis("repeatInterleave", axis, x.rank);
  const size = x.shape[at];
  const spread = expand(unsqueeze(x, at + 1), x.shape.toSpliced(at + 1, 0, times));
  return reshape(spread, x.shape.with(at, size * times));
}

/** The elements of these dimensions in reverse order; a copy. */
export function flip(x: Tensor, axes: number | readonly number[]): Tensor {
  x.checkAlive("flip");
  if (typeof axes !== "number") checkArray("flip", "axes", axes, "Write x.flip(0) or x.flip([0, 1]).");
  const list = (typeof axes === "number" ? [axes] : axes).map((axis) => normalizeAxis("flip", axis, x.rank));
  if (new Set(list).size !== list.length) {
    throw misshapen("flip", "axes", "name each dimension once", list);
  }
  if (x.rank === 0) return record("flip", [x], copyOf(x), (dOut) => [dOut]);
  return record("flip", [x], flipped(x, list), (dOut) => [flipped(dOut, list)]);
}

function flipped(x: Tensor, axes: readonly number[]): Tensor {
  const out = empty(x.dtype, x.shape);
  if (out.size === 0) return out;
  const strides = x.strides.map((stride, i) => (axes.includes(i) ? -stride : stride));
  const offset = axes.reduce((sum, i) => sum + (x.shape[i] - 1) * x.strides[i], x.offset);
  currentEngine().copy(out, new Lens(x, x.shape, strides, offset));
  return out;
}

/** x itself when it is in row-major order, else a copy that is. */
export function makeContiguous(x: Tensor): Tensor {
  x.checkAlive("contiguous");
  return x.isContiguous ? x : record("contiguous", [x], copyOf(x), (dOut) => [dOut]);
}
