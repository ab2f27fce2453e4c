import { checkArray, checkNonNegativeInteger, checkPositiveInteger, refusal } from "../../base/check.js";
import { promote } from "../../base/dtype.js";
import { OptionError, ShapeError } from "../../base/errors.js";
import { formatShape, misshapen, normalizeAxis, sameShape } from "../../base/shape.js";
import { currentEngine } from "../../engine/select.js";
import { record, recordAll } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { cast } from "./cast.js";
import { empty, filled, Lens, requireDimension, requireTensor, viewOf } from "./raw.js";
import { unsqueeze } from "./shape.js";
import { narrow } from "./slice.js";

/**
 * The tensors one after another along `axis`; they agree in every other dimension.
 * @throws ShapeError naming the first that does not fit
 */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  const first = requireSome("concat", tensors);
  requireDimension("concat", first);
  const at = normalizeAxis("concat", axis, first.rank);
  const dtype = tensors.map((t) => t.dtype).reduce(promote);
  const parts = tensors.map((t, i) => {
    if (t.rank !== first.rank || !sameShape(t.shape.with(at, 0), first.shape.with(at, 0))) {
      const must = `match ${formatShape(first.shape)} in every dimension but ${at}`;
      throw misshapen("concat", `tensors[${i}]`, must, t.shape);
    }
    return cast(t, dtype);
  });
  const starts: number[] = [];
  let length = 0;
  for (const part of parts) {
    starts.push(length);
    length += part.shape[at];
  }
  const out = empty(dtype, first.shape.with(at, length));
  parts.forEach((part, i) => {
    const place = new Lens(out, part.shape, out.strides, starts[i] * out.strides[at]);
    if (part.size > 0) currentEngine().copy(place, part);
  });
  const place = (dOut: Tensor, i: number): Tensor =>
    viewOf(dOut, parts[i].shape, dOut.strides, dOut.offset + starts[i] * dOut.strides[at]);
  return record("concat", parts, out, (dOut, needs) => parts.map((_, i) => (needs[i] ? place(dOut, i) : null)));
}

/** The tensors, all of one shape, along a new dimension. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  const first = requireSome("stack", tensors);
  tensors.forEach((t, i) => {
    if (sameShape(t.shape, first.shape)) return;
    const must = `have shape ${formatShape(first.shape)}, as the first has`;
    throw misshapen("stack", `tensors[${i}]`, must, t.shape);
  });
  const at = normalizeAxis("stack", axis, first.rank + 1);
  return concat(
    tensors.map((t) => unsqueeze(t, at)),
    at,
  );
}

function requireSome(op: string, tensors: readonly Tensor[]): Tensor {
  checkArray(op, "tensors", tensors, `Write ${op}([a, b]).`);
  if (tensors.length > 0) {
    for (const [i, t] of tensors.entries()) requireTensor(op, `tensors[${i}]`, t);
    return tensors[0];
  }
  throw new OptionError({ op, argument: "tensors", must: "be a list of at least one tensor", value: "[]" });
}

/** Views of `sizes` consecutive elements along `axis`; one number means pieces of that size, the last perhaps smaller. */
export function split(x: Tensor, sizes: number | readonly number[], axis = 0): Tensor[] {
  requireTensor("split", "input", x);
  requireDimension("split", x);
  const at = normalizeAxis("split", axis, x.rank);
  const size = x.shape[at];
  const list: number[] = [];
  if (typeof sizes === "number") {
    checkPositiveInteger("split", "sizes", sizes);
    for (let start = 0; start < size || start === 0; start += sizes) list.push(Math.min(sizes, size - start));
  } else {
    checkArray("split", "sizes", sizes, "Write split(x, 2) or split(x, [1, 3]).");
    for (const [i, length] of sizes.entries()) list.push(checkNonNegativeInteger("split", `sizes[${i}]`, length));
  }
  const total = list.reduce((a, b) => a + b, 0);
  if (total !== size) {
    const must = `have the sum ${size}, the size of dimension ${at}`;
    throw new ShapeError({ op: "split", argument: "sizes", must, value: `${formatShape(list)} (${total})` });
  }
  return cutUp("split", x, at, list);
}

/** At most `count` views of equal size along `axis`, the last perhaps smaller. */
export function chunk(x: Tensor, count: number, axis = 0): Tensor[] {
  requireTensor("chunk", "input", x);
  requireDimension("chunk", x);
  checkPositiveInteger("chunk", "count", count);
  const size = x.shape[normalizeAxis("chunk", axis, x.rank)];
  return split(x, Math.max(1, Math.ceil(size / count)), axis);
}

/** The views at each index of `axis`, which disappears: [L, N, H] along 0 gives L times [N, H]. */
export function unbind(x: Tensor, axis = 0): Tensor[] {
  requireTensor("unbind", "input", x);
  requireDimension("unbind", x);
  const at = normalizeAxis("unbind", axis, x.rank);
  return cutUp("unbind", x, at, null);
}

/**
 * Views of one dimension in pieces of `sizes`, or of each index without the dimension, all by one operation: the walk back writes
 * their gradients side by side into one array, where views of their own would each fill an array of x's size.
 */
function cutUp(name: string, x: Tensor, at: number, sizes: readonly number[] | null): Tensor[] {
  const lengths = sizes ?? new Array<number>(x.shape[at]).fill(1);
  const drop = sizes === null ? 1 : 0;
  const shapes = lengths.map((length) => x.shape.toSpliced(at, 1, ...(drop ? [] : [length])));
  const starts: number[] = [];
  let start = 0;
  for (const length of lengths) {
    starts.push(start);
    start += length;
  }
  const stridesIn = ({ strides }: Tensor): number[] => strides.toSpliced(at, drop);
  const parts = shapes.map((shape, i) => viewOf(x, shape, stridesIn(x), x.offset + starts[i] * x.strides[at]));
  if (parts.length === 0) return parts;
  recordAll(name, [x], parts, (dParts) => {
    const dX = dParts.includes(null) ? filled(x.dtype, x.shape, 0) : empty(x.dtype, x.shape);
    dParts.forEach((dPart, i) => {
      if (dPart === null || dPart.size === 0) return;
      currentEngine().copy(new Lens(dX, shapes[i], stridesIn(dX), starts[i] * dX.strides[at]), dPart);
    });
    return [dX];
  });
  return parts;
}

/** The elements moved on by `shift` places along `axis`; what leaves one end comes in at the other. */
export function roll(x: Tensor, shift: number, axis: number): Tensor {
  requireTensor("roll", "input", x);
  requireDimension("roll", x);
  const at = normalizeAxis("roll", axis, x.rank);
  const size = x.shape[at];
  if (!Number.isInteger(shift)) {
    throw refusal("roll", "shift", "be an integer", shift);
  }
  const start = size === 0 ? 0 : ((-shift % size) + size) % size;
  return concat([narrow(x, at, start, size - start), narrow(x, at, 0, start)], at);
}
