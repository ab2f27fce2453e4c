import { currentEngine } from "../../engine/select.js";
import { type TableRows, writesOf } from "../../tensor/table-rows.js";
import type { Tensor } from "../../tensor/tensor.js";

/**
 * The table behind x [.., I], when x comes straight from an embedding, nothing of it has been written since, and the engine gains
 * from it: a character model takes the same few rows over and over, so their input products are made once each. Else null.
 */
export function sharedRowsOf(x: Tensor): TableRows<Tensor> | null {
  const rows = x.tableRows;
  if (rows === null) return null;
  const { table, ids, writes } = rows;
  if (table.disposed || ids.disposed || writes !== writesOf(table, ids, x)) return null;
  return currentEngine().sharesRows?.(x.dtype, table.shape[0]!, ids.size) === true ? rows : null;
}
