import { checkPositiveInteger } from "../../base/check.js";
import { promote } from "../../base/dtype.js";
import { OptionError, ShapeError } from "../../base/errors.js";
import { formatShape, normalizeAxis, sameShape } from "../../base/shape.js";
import { currentEngine } from "../../engine/select.js";
import { record } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { cast } from "./cast.js";
import { empty, Lens, viewOf } from "./raw.js";
import { narrow, unsqueeze } from "./shape.js";

/**
 * The tensors one after another along `axis`; they agree in every other dimension.
 * @throws ShapeError naming the first that does not fit
 */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  const first = requireSome("concat", tensors);
  const at = normalizeAxis("concat", axis, first.rank);
  const dtype = tensors.map((t) => t.dtype).reduce(promote);
  const parts = tensors.map((t, i) => {
    t.checkAlive("concat");
    if (t.rank !== first.rank || !sameShape(t.shape.with(at, 0), first.shape.with(at, 0))) {
      const rule = `match ${formatShape(first.shape)} in every dimension but ${at}`;
      throw new ShapeError({ op: "concat", argument: `tensors[${i}]`, rule, value: formatShape(t.shape) });
    }
    return cast(t, dtype);
  });
  const out = empty(
    dtype,
    first.shape.with(
      at,
      parts.reduce((n, t) => n + t.shape[at]!, 0),
    ),
  );
  const starts = parts.map((_, i) => parts.slice(0, i).reduce((n, t) => n + t.shape[at]!, 0));
  parts.forEach((part, i) => {
    const place = new Lens(out, part.shape, out.strides, starts[i]! * out.strides[at]!);
    if (part.size > 0) currentEngine().copy(place, part);
  });
  const place = (dOut: Tensor, i: number): Tensor =>
    viewOf(dOut, parts[i]!.shape, dOut.strides, dOut.offset + starts[i]! * dOut.strides[at]!);
  return record("concat", parts, out, (dOut, needs) => parts.map((_, i) => (needs[i] ? place(dOut, i) : null)));
}

/** The tensors, all of one shape, along a new dimension. */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  const first = requireSome("stack", tensors);
  tensors.forEach((t, i) => {
    if (sameShape(t.shape, first.shape)) return;
    const rule = `have shape ${formatShape(first.shape)}, as the first has`;
    throw new ShapeError({ op: "stack", argument: `tensors[${i}]`, rule, value: formatShape(t.shape) });
  });
  const at = normalizeAxis("stack", axis, first.rank + 1);
  return concat(
    tensors.map((t) => unsqueeze(t, at)),
    at,
  );
}

function requireSome(op: string, tensors: readonly Tensor[]): Tensor {
  if (tensors.length > 0) return tensors[0]!;
  throw new OptionError({ op, argument: "tensors", rule: "a list of at least one tensor", value: "[]" });
}

/** Views of `sizes` consecutive elements along `axis`; one number means pieces of that size, the last perhaps smaller. */
export function split(x: Tensor, sizes: number | readonly number[], axis = 0): Tensor[] {
  const at = normalizeAxis("split", axis, x.rank);
  const size = x.shape[at]!;
  const list: number[] = [];
  if (typeof sizes === "number") {
    checkPositiveInteger("split", "sizes", sizes);
    for (let start = 0; start < size; start += sizes) list.push(Math.min(sizes, size - start));
  } else {
    list.push(...sizes);
  }
  const total = list.reduce((a, b) => a + b, 0);
  if (total !== size) {
    const rule = `add up to ${size}, the size of dimension ${at}`;
    throw new ShapeError({ op: "split", argument: "sizes", rule, value: `${formatShape(list)} (${total})` });
  }
  let start = 0;
  return list.map((length) => {
    start += length;
    return narrow(x, at, start - length, length);
  });
}

/** At most `count` views of equal size along `axis`, the last perhaps smaller. */
export function chunk(x: Tensor, count: number, axis = 0): Tensor[] {
  checkPositiveInteger("chunk", "count", count);
  const size = x.shape[normalizeAxis("chunk", axis, x.rank)]!;
  return split(x, Math.max(1, Math.ceil(size / count)), axis);
}
