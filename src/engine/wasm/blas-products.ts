import type { Core } from "./core.js";
import { type Matrix, pack } from "./matrix.js";
import { OP_BLAS_PRODUCT, OP_PACK_CHUNKS } from "./ops.js";

/** Multiply-adds below which a call out of WebAssembly is not worth it. */
const WORTH_A_CALL = 2048;

/**
 * c [M, N] = from + a [M, K] · b [K, N] as in `product`, by BLAS.
 * @returns false without one, for tiny products, and for strides that BLAS cannot express
 */
export function blasProduct(
  core: Core,
  c: Matrix,
  a: Matrix,
  b: Matrix,
  m: number,
  n: number,
  k: number,
  from: number,
  fs: number,
): boolean {
  if (core.blas === null || m * n * k < WORTH_A_CALL) return false;
  const transA = transposition(a, m, k);
  const transB = transposition(b, k, n);
  if (transA === null || transB === null || c.rs < n * 4) return false;
  const { rows, columns } = gridOf(m, n, k);
  const { i32, args } = core;
  i32[args] = m;
  i32[args + 1] = n;
  i32[args + 2] = k;
  i32[args + 3] = a.at;
  i32[args + 4] = (transA === 1 ? a.cs : a.rs) >> 2;
  i32[args + 5] = transA;
  i32[args + 6] = b.at;
  i32[args + 7] = (transB === 1 ? b.cs : b.rs) >> 2;
  i32[args + 8] = transB;
  i32[args + 9] = c.at;
  i32[args + 10] = c.rs >> 2;
  i32[args + 11] = from;
  i32[args + 12] = fs;
  i32[args + 13] = rows;
  i32[args + 14] = columns;
  core.launch(OP_BLAS_PRODUCT, core.parts(m * n * k) === 1 ? 1 : rows * columns);
  return true;
}

/** 0 for rows that are contiguous, 1 for columns that are, null for neither. */
function transposition(x: Matrix, rows: number, columns: number): 0 | 1 | null {
  if (x.cs === 4 && x.rs >= columns * 4) return 0;
  return x.rs === 4 && x.cs >= rows * 4 ? 1 : null;
}

/** Tiles for threads, but large ones, since BLAS packs its operands anew for each. By sizes alone. */
function gridOf(m: number, n: number, k: number): { rows: number; columns: number } {
  const work = m * n * k;
  const parts = work < 1.2e7 ? 1 : work < 2e8 ? 2 : work < 8e8 ? 4 : 8;
  return m >= n ? { rows: parts, columns: 1 } : { rows: 1, columns: parts };
}

/** Multiply-adds up to which OpenBLAS multiplies without packing, which is the faster way for a few rows. */
export const UNPACKED = 1_000_000;

/** Columns in a chunk of weights [K, N] that meets `rows` rows at every step: even ones, in whole vectors. */
export function chunkFor(rows: number, k: number, n: number): number {
  const most = Math.min(Math.max(Math.floor(UNPACKED / (rows * k) / 16) * 16, 16), 512);
  return Math.ceil(n / Math.ceil(n / most) / 16) * 16;
}

/** Bytes of the chunks of [K, N], as in assembly/blas.ts. */
export function chunksBytes(k: number, n: number, width: number): number {
  return Math.ceil(n / width) * width * k * 4;
}

/** Packs b [K, N] at `to`, in chunks of `width` columns: [chunk][K][width]. */
export function packChunks(core: Core, b: Matrix, k: number, n: number, to: number, width: number): void {
  pack(core, OP_PACK_CHUNKS, b, k, n, to, width);
}
