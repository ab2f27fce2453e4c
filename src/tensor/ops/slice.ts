import { refusal } from "../../base/check.js";
import { ShapeError, show } from "../../base/errors.js";
import { normalizeAxis, type Shape } from "../../base/shape.js";
import { currentEngine } from "../../engine/select.js";
import { record } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { filled, Lens, requireDimension, viewOf } from "./raw.js";

/** `length` elements of one dimension from `start` on; a view. A negative start counts from the back. */
export function narrow(x: Tensor, axis: number, start: number, length: number): Tensor {
  const at = axisOf("narrow", x, axis);
  const size = x.shape[at];
  const from = place(start, size);
  if (!Number.isInteger(length) || from < 0 || length < 0 || from + length > size) {
    throw new ShapeError({
      op: "narrow",
      argument: "start and length",
      must: `lie inside dimension ${at} of size ${size}`,
      value: `start ${show(start)}, length ${show(length)}`,
    });
  }
  return part(
    "narrow",
    x,
    x.shape.with(at, length),
    x.strides,
    from * x.strides[at],
    (dX) => new Lens(dX, x.shape.with(at, length), dX.strides, from * dX.strides[at]),
  );
}

/**
 * Elements `start` (included) to `end` (excluded) of one dimension, each `step`-th; a view. Negative ends count from the
 * back, and ends outside are cut, as in Python.
 */
export function slice(x: Tensor, axis: number, start = 0, end?: number, step = 1): Tensor {
  const at = axisOf("slice", x, axis);
  const size = x.shape[at];
  for (const [argument, value] of Object.entries({ start, end: end ?? size, step })) {
    if (Number.isInteger(value) && (argument !== "step" || value > 0)) continue;
    throw refusal(
      "slice",
      argument,
      argument === "step" ? "be a positive integer" : "be an integer",
      value,
      argument === "step" ? "Use flip() to go backwards." : "",
    );
  }
  const from = cut(start, size);
  const length = Math.max(0, Math.ceil((cut(end ?? size, size) - from) / step));
  const shape = x.shape.with(at, length);
  const strides = (of: Tensor): number[] => of.strides.with(at, of.strides[at] * step);
  return part(
    "slice",
    x,
    shape,
    strides(x),
    from * x.strides[at],
    (dX) => new Lens(dX, shape, strides(dX), from * dX.strides[at]),
  );
}

/** An index that may count from the back; -1 for what is no integer. */
function place(index: number, size: number): number {
  return !Number.isInteger(index) ? -1 : index < 0 ? index + size : index;
}

/** An end of a slice as a place in [0, size]. */
function cut(end: number, size: number): number {
  return Math.min(Math.max(end < 0 ? end + size : end, 0), size);
}

/** One index of a dimension, which disappears; a view. A negative index counts from the back. */
export function select(x: Tensor, axis: number, index: number): Tensor {
  const at = axisOf("select", x, axis);
  const size = x.shape[at];
  const from = place(index, size);
  if (from < 0 || from >= size) {
    const must = `be an integer in [${-size}, ${size - 1}] for dimension ${at} of size ${size}`;
    throw new ShapeError({ op: "select", argument: "index", must, value: show(index) });
  }
  const shape = x.shape.toSpliced(at, 1);
  return part(
    "select",
    x,
    shape,
    x.strides.toSpliced(at, 1),
    from * x.strides[at],
    (dX) => new Lens(dX, shape, dX.strides.toSpliced(at, 1), from * dX.strides[at]),
  );
}

function axisOf(op: string, x: Tensor, axis: number): number {
  x.checkAlive(op);
  requireDimension(op, x);
  return normalizeAxis(op, axis, x.rank);
}

/** A part of x as a view, `skip` elements on; `place` finds the same part in a gradient of x's shape. */
function part(
  name: string,
  x: Tensor,
  shape: Shape,
  strides: readonly number[],
  skip: number,
  place: (dX: Tensor) => Lens,
): Tensor {
  return record(name, [x], viewOf(x, shape, strides, x.offset + skip), (dOut) => {
    const dX = filled(x.dtype, x.shape, 0);
    if (dOut.size > 0) currentEngine().copy(place(dX), dOut);
    return [dX];
  });
}
