import { currentEngine } from "../../engine/select.js";
import { type TableRows, writesOf } from "../../tensor/table-rows.js";
import type { Tensor } from "../../tensor/tensor.js";

/** The table behind x [.., I], when x comes straight from an embedding and nothing of it has been written since. Else null. */
export function tableRowsOf(x: Tensor): TableRows<Tensor> | null {
  const rows = x.tableRows;
  if (rows === null) return null;
  const { table, ids, writes } = rows;
  return table.disposed || ids.disposed || writes !== writesOf(table, ids, x) ? null : rows;
}

/**
 * The same where the engine gains from it: a character model takes the same few rows over and over, so their input products
 * are made once each.
 */
export function sharedRowsOf(x: Tensor): TableRows<Tensor> | null {
  const rows = tableRowsOf(x);
  return rows && currentEngine().sharesRows?.(x.dtype, rows.table.shape[0]!, rows.ids.size) === true ? rows : null;
}
