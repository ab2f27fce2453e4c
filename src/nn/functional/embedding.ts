import { checkKnownOptions, checkNumber, isObject, refusal } from "../../base/check.js";
import { currentEngine } from "../../engine/select.js";
import { checkIndices } from "../../tensor/ops/check-indices.js";
import { embedding as takeRows } from "../../tensor/ops/index.js";
import { fromHost, Lens, requireTensor } from "../../tensor/ops/raw.js";
import { norm } from "../../tensor/ops/reduce.js";
import { unrecorded } from "../../tensor/tape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { noteRows } from "../table-rows/shared-rows.js";

export interface EmbeddingSettings {
  /** A row that gets no gradient; negative ones count from the end. Default none. */
  paddingIdx?: number | null | undefined;
  /** Rows that are taken and longer than this are first scaled to this norm, in the table itself. Default none. */
  maxNorm?: number | null | undefined;
  /** The p of that norm. Default 2. */
  normType?: number | undefined;
}

/**
 * Rows of a table: out[.., :] = table[ids[..], :].
 * @param table    [V, D]
 * @param ids      int32 [..], each in [0, V)
 * @param padding  a row that gets no gradient, or null; or settings
 * @returns        [.., D]
 * @throws ShapeError for an id outside the table; DTypeError for ids that are not int32
 * Source: PyTorch nn.functional.embedding.
 */
export function embedding(table: Tensor, ids: Tensor, padding: number | null | EmbeddingSettings = null): Tensor {
  requireTensor("embedding", "table", table);
  const { paddingIdx = null, maxNorm = null, normType = 2 } = isObject(padding) ? padding : { paddingIdx: padding };
  if (isObject(padding)) checkKnownOptions("embedding", padding, ["paddingIdx", "maxNorm", "normType"]);
  const isFromEnd = typeof paddingIdx === "number" && paddingIdx < 0 && paddingIdx >= -table.shape[0];
  const paddingRow = isFromEnd ? paddingIdx + table.shape[0] : paddingIdx;
  if (maxNorm !== null) shorten(table, ids, maxNorm, normType);
  const rows = takeRows(table, ids, paddingRow);
  // A recurrent layer above may multiply each row of the table once, instead of each that was taken.
  if (paddingRow === null && table.isContiguous && ids.isContiguous) noteRows(rows, table, ids);
  return rows;
}

/** @throws OptionError */
export function checkMaxNorm(op: string, maxNorm: number, normType: number): void {
  checkNumber(op, "maxNorm", maxNorm, { min: 0, openMin: true });
  if (normType !== Infinity)
    checkNumber(op, "normType", normType, { min: 0, openMin: true }, "Infinity is allowed too.");
}

/** Scales the rows that `ids` name and that are longer than `maxNorm`, each once. Unrecorded; their gradients know nothing of it. */
function shorten(table: Tensor, ids: Tensor, maxNorm: number, normType: number): void {
  const op = "embedding";
  checkMaxNorm(op, maxNorm, normType);
  if (table.rank !== 2) return;
  checkIndices(op, "ids", ids, table.shape[0], "numEmbeddings");
  if (!table.isContiguous) throw refusal(op, "table", "be contiguous with maxNorm, which writes to it", table);
  const named = Int32Array.from(new Set(ids.data()));
  const sizes = unrecorded(() => norm(takeRows(table, fromHost(named, [named.length])), normType, -1));
  const lengths = sizes.data();
  sizes.dispose();
  const width = table.shape[1];
  let isWritten = false;
  for (const [i, length] of lengths.entries()) {
    if (!(length > maxNorm)) continue;
    if (!isWritten) table.storage.beforeWrite("embedding() with maxNorm");
    isWritten = true;
    const row = new Lens(table, [width], [1], table.offset + named[i] * width);
    const scale = maxNorm / (length + 1e-7);
    currentEngine().affine(row, row, table.dtype === "float32" ? Math.fround(scale) : scale, -0);
  }
}
