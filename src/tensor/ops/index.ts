import { checkNonNegativeInteger, checkString } from "../../base/check.js";
import { typedArray } from "../../base/dtype.js";
import { ShapeError } from "../../base/errors.js";
import { formatShape, misshapen, normalizeAxis, sameShape, sizeOf } from "../../base/shape.js";
import { currentEngine } from "../../engine/select.js";
import { writesOf } from "../table-rows.js";
import { record, unrecorded } from "../tape.js";
import type { Tensor } from "../tensor.js";
import {
  contiguous,
  copyOf,
  empty,
  filled,
  fromHost,
  Lens,
  requireDimension,
  requireInt,
  requireTensor,
  reshapedLens,
  savedContiguous,
} from "./raw.js";

/** @throws ShapeError when an element of `ids` is not in [0, size) */
export function checkIndices(op: string, argument: string, ids: Tensor, size: number, what: string): void {
  for (const text of [op, argument, what]) checkString("checkIndices", "op, argument and what", text);
  requireTensor(op, argument, ids);
  checkNonNegativeInteger(op, "size", size);
  requireInt(op, argument, ids);
  if (ids.size === 0) return;
  const range = currentEngine().range(ids);
  const low = range[0];
  const high = range[1];
  if (low >= 0 && high < size) return;
  throw new ShapeError({
    op,
    argument,
    must: `lie in [0, ${size - 1}] (${what}=${size})`,
    value: String(low < 0 ? low : high),
    fix: "Check the vocabulary that made the ids.",
  });
}

/**
 * Rows of a table: out[.., :] = table[ids[..], :].
 * @param table         [V, D]
 * @param ids           int32 [..], each in [0, V)
 * @param paddingIndex  a row that gets no gradient, or null
 * @returns             [.., D]
 * @throws ShapeError for an id outside the table; DTypeError for ids that are not int32
 */
export function embedding(table: Tensor, ids: Tensor, paddingIndex: number | null = null): Tensor {
  requireTensor("embedding", "table", table);
  if (table.rank !== 2) {
    throw misshapen("embedding", "table", "have shape [V, D]", table.shape);
  }
  const [rows, width] = table.shape as [number, number];
  if (paddingIndex !== null) checkNonNegativeInteger("embedding", "paddingIndex", paddingIndex);
  checkIndices("embedding", "ids", ids, rows, "numEmbeddings");
  const [index, savedIndex] = savedContiguous(ids);
  const flatIds = reshapedLens(index, [index.size]);
  const source = table.isContiguous ? table : copyOf(table);
  const out = empty(table.dtype, [...ids.shape, width]);
  if (out.size > 0) currentEngine().gatherRows(reshapedLens(out, [index.size, width]), source, flatIds);
  if (source !== table) source.dispose();
  else if (index === ids && paddingIndex === null) out.tableRows = { table, ids, writes: writesOf(table, ids, out) };
  const backward = (dOut: Tensor) => {
    const dTable = filled(table.dtype, table.shape, 0);
    const rowGrads = reshapedLens(contiguous(dOut), [index.size, width]);
    if (dOut.size > 0) currentEngine().scatterAddRows(dTable, flatIds, rowGrads, paddingIndex ?? undefined);
    return [dTable];
  };
  return record("embedding", [table], out, backward, savedIndex);
}

/** x with its dimensions in another order, contiguous, unrecorded. */
function reordered(x: Tensor, order: readonly number[]): Tensor {
  const out = empty(
    x.dtype,
    order.map((i) => x.shape[i]!),
  );
  const strides = order.map((i) => x.strides[i]!);
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
    throw misshapen("indexSelect", "index", "have shape [K]", index.shape);
  }
  checkIndices("indexSelect", "index", index, x.shape[at]!, `size of dimension ${at}`);
  const toFront = [at, ...x.shape.map((_, i) => i).filter((i) => i !== at)];
  const back = toFront.map((_, i) => toFront.indexOf(i));
  const [picked, saved] = savedContiguous(index);
  const frontShape = toFront.map((i) => x.shape[i]!);
  const width = sizeOf(frontShape.slice(1));
  const pickedShape = frontShape.with(0, picked.size);
  const out = unrecorded(() => {
    const front = reordered(x, toFront);
    const gathered = empty(x.dtype, pickedShape);
    const rows = reshapedLens(gathered, [picked.size, width]);
    if (gathered.size > 0) currentEngine().gatherRows(rows, reshapedLens(front, [frontShape[0]!, width]), picked);
    return reordered(gathered, back);
  });
  const backward = (dOut: Tensor) => {
    const dFront = filled(x.dtype, frontShape, 0);
    const dRows = reshapedLens(reordered(dOut, toFront), [picked.size, width]);
    if (dOut.size > 0) currentEngine().scatterAddRows(reshapedLens(dFront, [frontShape[0]!, width]), picked, dRows);
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
    throw misshapen("gather", "index", must, index.shape);
  }
  checkIndices("gather", "index", index, x.shape[at]!, `size of dimension ${at}`);
  const toLast = [...x.shape.map((_, i) => i).filter((i) => i !== at), at];
  const back = toLast.map((_, i) => toLast.indexOf(i));
  const lastIndex = reordered(index, toLast);
  const lastShape = toLast.map((i) => x.shape[i]!);
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

/**
 * 1 at each id's place in a new last dimension, else 0.
 * @param ids         int32 [..], each in [0, numClasses)
 * @param numClasses  default: the largest id + 1
 * @returns           int32 [.., numClasses]
 */
export function oneHot(ids: Tensor, numClasses?: number): Tensor {
  requireTensor("oneHot", "ids", ids);
  requireInt("oneHot", "ids", ids);
  const classes = numClasses ?? (ids.size === 0 ? 0 : currentEngine().range(ids)[1] + 1);
  checkNonNegativeInteger("oneHot", "numClasses", classes);
  checkIndices("oneHot", "ids", ids, classes, "numClasses");
  const out = typedArray("int32", ids.size * classes);
  for (const [i, id] of ids.data().entries()) out[i * classes + id] = 1;
  return fromHost(out, [...ids.shape, classes]);
}
