import { currentEngine } from "../../engine/select.js";
import { writesOf } from "../../tensor/table-rows.js";
import type { Tensor } from "../../tensor/tensor.js";

/** x = table[ids], as a recurrent kernel wants it. */
export interface SharedRows {
  /** [V, I] */
  table: Tensor;
  /** int32, as many as rows of x */
  ids: Tensor;
}

/**
 * The table behind x [.., I], when x comes straight from an embedding, nothing of it has been written since, and the engine gains
 * from it: a character model takes the same few rows over and over, so their input products are made once each. Else null.
 */
export function sharedRowsOf(x: Tensor): SharedRows | null {
  const rows = x.tableRows;
  if (rows === null) return null;
  const { table, ids, writes } = rows;
  if (table.disposed || ids.disposed || writes !== writesOf(table, ids, x)) return null;
  return currentEngine().sharesRows?.(x.dtype, table.shape[0]!, ids.size) === true ? { table, ids } : null;
}
