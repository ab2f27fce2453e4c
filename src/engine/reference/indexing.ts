import { commit, input, inputOutput, output, type Strided } from "./strided.js";

/** out [R, D] = table[ids[r]] */
export function gatherRows(out: Strided, table: Strided, ids: Strided): void {
  const d = out.shape[1];
  const rows = input(ids);
  const { data, offset } = table;
  const o = output(out);
  for (let r = 0; r < rows.length; r++) {
    const from = offset + rows[r] * d;
    for (let j = 0; j < d; j++) o[r * d + j] = data[from + j];
  }
  commit(out, o);
}

/** dTable[ids[r]] += dOut[r], in the order of r and in place, so that a large table costs nothing. */
export function scatterAddRows(dTable: Strided, ids: Strided, dOut: Strided, skip: number | undefined): void {
  const d = dOut.shape[1];
  const rows = input(ids);
  const g = input(dOut);
  const { data, offset } = dTable;
  for (let r = 0; r < rows.length; r++) {
    if (rows[r] === skip) continue;
    const to = offset + rows[r] * d;
    for (let j = 0; j < d; j++) data[to + j] += g[r * d + j];
  }
}

const last = (x: Strided): number => x.shape[x.shape.length - 1];

/** out[..., k] = x[..., index[..., k]] */
export function gatherLast(out: Strided, x: Strided, index: Strided): void {
  const width = last(x);
  const count = last(index);
  const a = input(x);
  const at = input(index);
  const o = output(out);
  for (let i = 0; i < at.length; i++) o[i] = a[Math.floor(i / count) * width + at[i]];
  commit(out, o);
}

/** dx[..., index[..., k]] += dOut[..., k] */
export function scatterAddLast(dx: Strided, index: Strided, dOut: Strided): void {
  const width = last(dx);
  const count = last(index);
  const at = input(index);
  const g = input(dOut);
  const o = inputOutput(dx);
  for (let i = 0; i < at.length; i++) o[Math.floor(i / count) * width + at[i]] += g[i];
  commit(dx, o);
}

/** The smallest and the largest element; [0, -1] when there is none. */
export function range(x: Strided): readonly [number, number] {
  const a = input(x);
  if (a.length === 0) return [0, -1];
  let low = a[0];
  let high = a[0];
  for (let i = 1; i < a.length; i++) {
    if (a[i] < low) low = a[i];
    if (a[i] > high) high = a[i];
  }
  return [low, high];
}
