import { contiguousStrides, normalizeAxis, type Shape } from "../../base/shape.js";
import { currentEngine } from "../../engine/select.js";
import { empty, filled, Lens, viewOf } from "../../tensor/ops/raw.js";
import { record, recordAll } from "../../tensor/tape.js";
import type { Tensor } from "../../tensor/tensor.js";

/**
 * `count` equal parts of one dimension as views, all by one operation: the walk back writes their gradients side by side
 * into one array, where separate views would each fill an array of x's size.
 */
export function pieces(x: Tensor, axis: number, count: number): Tensor[] {
  const at = normalizeAxis("pieces", axis, x.rank);
  const size = x.shape[at]! / count;
  return cut("pieces", x, count, x.shape.with(at, size), (strides) => [strides, size * strides[at]!]);
}

/** The time steps of a sequence as views: [L, ..] gives L times [..]. */
export function timeSteps(x: Tensor): Tensor[] {
  return cut("timeSteps", x, x.shape[0]!, x.shape.slice(1), (strides) => [strides.slice(1), strides[0]!]);
}

/** @param place  the strides of a part and the way from one to the next, in an array of x's shape with these strides */
function cut(
  name: string,
  x: Tensor,
  count: number,
  shape: Shape,
  place: (strides: readonly number[]) => readonly [readonly number[], number],
): Tensor[] {
  const [strides, jump] = place(x.strides);
  const parts = Array.from({ length: count }, (_, i) => viewOf(x, shape, strides, x.offset + i * jump));
  recordAll(name, [x], parts, (dParts) => {
    const dX = dParts.includes(null) ? filled(x.dtype, x.shape, 0) : empty(x.dtype, x.shape);
    const [dStrides, dJump] = place(contiguousStrides(x.shape));
    dParts.forEach((dPart, i) => {
      if (dPart !== null && dPart.size > 0) currentEngine().copy(new Lens(dX, shape, dStrides, i * dJump), dPart);
    });
    return [dX];
  });
  return parts;
}

/** The reverse of `timeSteps`: L tensors of one shape [..] give [L, ..]. */
export function joinSteps(steps: readonly Tensor[]): Tensor {
  const [first] = steps as readonly [Tensor, ...Tensor[]];
  const out = empty(first.dtype, [steps.length, ...first.shape]);
  const strides = out.strides.slice(1);
  const jump = out.strides[0]!;
  steps.forEach((step, t) => {
    if (step.size > 0) currentEngine().copy(new Lens(out, step.shape, strides, t * jump), step);
  });
  return record("joinSteps", steps, out, (dOut, needs) =>
    needs.map((need, t) =>
      need ? viewOf(dOut, first.shape, dOut.strides.slice(1), dOut.offset + t * dOut.strides[0]!) : null,
    ),
  );
}
