import { currentEngine } from "../../engine/select.js";
import { contiguous } from "../../tensor/ops/raw.js";
import { transpose, unsqueeze } from "../../tensor/ops/shape.js";
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

/**
 * x [N, L, I] or [L, I] as a view [L, N, I], which comes from an embedding as x does.
 * @param x  of rank 3: [N, L, I]; of rank 2: [L, I]
 */
export function stepsFirst(x: Tensor): Tensor {
  const steps = x.rank === 3 ? transpose(x, 0, 1) : unsqueeze(x, 1);
  // A single sequence, or step, has its ids in the same order either way; others are worth a copy only where they are shared.
  const reorders = x.rank === 3 && x.shape[0] > 1 && x.shape[1] > 1;
  const rows = reorders ? sharedRowsOf(x) : tableRowsOf(x);
  if (rows === null) return steps;
  const { table } = rows;
  const ids = reorders ? contiguous(transpose(rows.ids, 0, 1)) : rows.ids;
  steps.tableRows = { table, ids, writes: writesOf(table, ids, steps), of: x };
  return steps;
}

/** x [N, I] or [I] as a sequence of one step, with the dimension of the steps at `axis`; it comes from an embedding as x does. */
export function oneStep(x: Tensor, axis: number): Tensor {
  const step = unsqueeze(x, axis);
  const rows = tableRowsOf(x);
  if (rows !== null) step.tableRows = { ...rows, writes: writesOf(rows.table, rows.ids, step), of: x };
  return step;
}
