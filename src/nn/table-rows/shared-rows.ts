import { currentEngine } from "../../engine/select.js";
import { contiguous } from "../../tensor/ops/raw.js";
import { transpose, unsqueeze } from "../../tensor/ops/shape.js";
import type { Tensor } from "../../tensor/tensor.js";

/** Where rows come from: the table out of which an embedding took them. */
export interface TableRows {
  /** [V, D], contiguous. */
  table: Tensor;
  /** int32, contiguous. */
  ids: Tensor;
  /** `writesOf` table, ids and rows when the rows were taken. */
  writes: number;
  /** What the embedding gave, where this is a view of it. */
  of?: Tensor | undefined;
}

/** Of what an embedding made, and of views of it in another order. */
const origins = new WeakMap<Tensor, TableRows>();

/** A number that grows with every write into one of them. */
function writesOf(table: Tensor, ids: Tensor, rows: Tensor): number {
  return table.storage.writtenAt + ids.storage.writtenAt + rows.storage.writtenAt;
}

/** Remembers that `rows` are those of `table` that `ids` name, both contiguous. */
export function noteRows(rows: Tensor, table: Tensor, ids: Tensor): void {
  origins.set(rows, { table, ids, writes: writesOf(table, ids, rows) });
}

/** `view` of x [.., I], whose rows are those of the table that `ids` name, as x's are. */
function noteView(view: Tensor, { table }: TableRows, ids: Tensor, of: Tensor): Tensor {
  origins.set(view, { table, ids, writes: writesOf(table, ids, view), of });
  return view;
}

/** The table behind x [.., I], when x comes straight from an embedding and nothing of it has been written since. Else null. */
export function tableRowsOf(x: Tensor): TableRows | null {
  const rows = origins.get(x);
  if (rows === undefined) return null;
  const { table, ids, writes } = rows;
  return table.disposed || ids.disposed || writes !== writesOf(table, ids, x) ? null : rows;
}

/**
 * `tableRowsOf` where the engine gains from it: a character model takes the same few rows over and over, so their input products
 * are made once each.
 */
export function sharedRowsOf(x: Tensor): TableRows | null {
  const rows = tableRowsOf(x);
  return rows && currentEngine().sharesRows?.(x.dtype, rows.table.shape[0], rows.ids.size) === true ? rows : null;
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
  return noteView(steps, rows, reorders ? contiguous(transpose(rows.ids, 0, 1)) : rows.ids, x);
}

/** x [N, I] or [I] as a sequence of one step, with the dimension of the steps at `axis`; it comes from an embedding as x does. */
export function oneStep(x: Tensor, axis: number): Tensor {
  const step = unsqueeze(x, axis);
  const rows = tableRowsOf(x);
  return rows === null ? step : noteView(step, rows, rows.ids, x);
}
