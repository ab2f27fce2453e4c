import { embedding as takeRows } from "../../tensor/ops/index.js";
import type { Tensor } from "../../tensor/tensor.js";
import { noteRows } from "../table-rows/shared-rows.js";

/**
 * Rows of a table: out[.., :] = table[ids[..], :].
 * @param table         [V, D]
 * @param ids           int32 [..], each in [0, V)
 * @param paddingIndex  a row that gets no gradient, or null
 * @returns             [.., D]
 * @throws ShapeError for an id outside the table; DTypeError for ids that are not int32
 */
export function embedding(table: Tensor, ids: Tensor, paddingIndex: number | null = null): Tensor {
  const rows = takeRows(table, ids, paddingIndex);
  // A recurrent layer above may multiply each row of the table once, instead of each that was taken.
  if (paddingIndex === null && table.isContiguous && ids.isContiguous) noteRows(rows, table, ids);
  return rows;
}
