import { type Tensor, tensor } from "../../tensor/index.js";

/** Targets of this value count for nothing. */
export const IGNORED = -100;

/** Sequences of ids as [L, N], the rest filled up. */
export function paddedIds(rows: readonly ArrayLike<number>[], filler: number): Tensor {
  const longest = rows.reduce((most, { length }) => Math.max(most, length), 0);
  const ids = new Int32Array(longest * rows.length).fill(filler);
  for (const [n, row] of rows.entries()) for (let t = 0; t < row.length; t++) ids[t * rows.length + n] = row[t];
  return tensor(ids, { shape: [longest, rows.length] });
}
