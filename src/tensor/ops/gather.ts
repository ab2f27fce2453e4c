import { ShapeError } from "../../base/errors.js";
import { formatShape, normalizeAxis, sameShape, sizeOf } from "../../base/shape.js";
import { currentEngine } from "../../engine/select.js";
import { record, unrecorded } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { checkIndices } from "./check-indices.js";
import { empty, filled, Lens, requireDimension, requireTensor, reshapedLens, savedContiguous } from "./raw.js";

/** x with its dimensions in another order, contiguous, unrecorded. */
function reordered(x: Tensor, order: readonly number[]): Tensor {
  const out = empty(
    x.dtype,
    order.map((i) => x.shape[i]),
  );
  const strides = order.map((i) => x.strides[i]);
  if (out.size > 0) currentEngine().copy(out, new Lens(x, out.shape, strides));
  return out;
}

/** The entries `index` (int32 [K]) of one dimension, in that order. */
export function indexSelect(x: Tensor, axis: number, index: Tensor): Tensor {
  requireTensor("indexSelect", "input", x);
  requireDimension("indexSelect", x);
  requireTensor("indexSelect", "index", index);
  const at = normalizeAxis("indexSelect", axis, x.rank);
  if (index.rank !== 1) {
    throw new ShapeError({
      op: "indexSelect",
      argument: "index",
      must: "have shape [K]",
      value: formatShape(index.shape),
    });
  }
  checkIndices("indexSelect", "index", index, x.shape[at], `size of dimension ${at}`);
  const toFront = [at, ...x.shape.map((_, i) => i).filter((i) => i !== at)];
  const back = toFront.map((_, i) => toFront.indexOf(i));
  const [picked, saved] = savedContiguous(index);
  const frontShape = toFront.map((i) => x.shape[i]);
  const width = sizeOf(frontShape.slice(1));
  const pickedShape = frontShape.with(0, picked.size);
  const out = unrecorded(() => {
    const front = reordered(x, toFront);
    const gathered = empty(x.dtype, pickedShape);
    const rows = reshapedLens(gathered, [picked.size, width]);
    if (gathered.size > 0) currentEngine().gatherRows(rows, reshapedLens(front, [frontShape[0], width]), picked);
    return reordered(gathered, back);
  });
  const backward = (dOut: Tensor) => {
    const dFront = filled(x.dtype, frontShape, 0);
    const dRows = reshapedLens(reordered(dOut, toFront), [picked.size, width]);
    if (dOut.size > 0) currentEngine().scatterAddRows(reshapedLens(dFront, [frontShape[0], width]), picked, dRows);
    return [reordered(dFront, back)];
  };
  return record("indexSelect", [x], out, backward, saved);
}

/**
 * Picks along one dimension: out[.., k, ..] = x[.., index[.., k, ..], ..], PyTorch's `gather`. index is int32 and agrees
 * with x in every other dimension.
 */
export function gather(x: Tensor, axis: number, index: Tensor): Tensor {
  requireTensor("gather", "input", x);
  requireDimension("gather", x);
  requireTensor("gather", "index", index);
  const at = normalizeAxis("gather", axis, x.rank);
  if (index.rank !== x.rank || !sameShape(index.shape.with(at, 0), x.shape.with(at, 0))) {
    const must = `match ${formatShape(x.shape)} in every dimension but ${at}`;
    throw new ShapeError({ op: "gather", argument: "index", must, value: formatShape(index.shape) });
  }
  checkIndices("gather", "index", index, x.shape[at], `size of dimension ${at}`);
  const toLast = [...x.shape.map((_, i) => i).filter((i) => i !== at), at];
  const back = toLast.map((_, i) => toLast.indexOf(i));
  const lastIndex = reordered(index, toLast);
  const lastShape = toLast.map((i) => x.shape[i]);
  const out = unrecorded(() => {
    const gathered = empty(x.dtype, lastIndex.shape);
    if (gathered.size > 0) currentEngine().gatherLast(gathered, reordered(x, toLast), lastIndex);
    return reordered(gathered, back);
  });
  const backward = (dOut: Tensor) => {
    const dLast = filled(x.dtype, lastShape, 0);
    if (dOut.size > 0) currentEngine().scatterAddLast(dLast, lastIndex, reordered(dOut, toLast));
    return [reordered(dLast, back)];
  };
  return record("gather", [x], out, backward, { owned: [lastIndex] });
}
