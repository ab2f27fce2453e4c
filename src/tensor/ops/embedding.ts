import { checkNonNegativeInteger } from "../../base/check.js";
import { ShapeError } from "../../base/errors.js";
import { formatShape } from "../../base/shape.js";
import { currentEngine } from "../../engine/select.js";
import { writesOf } from "../table-rows.js";
import { record } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { checkIndices } from "./check-indices.js";
import { contiguous, copyOf, empty, filled, requireTensor, reshapedLens, savedContiguous } from "./raw.js";

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
    throw new ShapeError({
      op: "embedding",
      argument: "table",
      must: "have shape [V, D]",
      value: formatShape(table.shape),
    });
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
