import { sizeOf } from "../../base/shape.js";
import type { MatmulOptions, Operand } from "../engine.js";
import { blasProduct } from "./blas-products.js";
import type { Core } from "./core.js";
import { type Below, type Matrix, pack } from "./matrix.js";
import { OP_DOTS, OP_GEMM, OP_PACK_B, OP_SUM_ROWS } from "./ops.js";

/** As in assembly/gemm.ts. */
const KC = 256;
export const MC = 60;
const MC_PACKED = 96;
const PACKED_GRAIN = 16;
const PACKED_BYTES = MC_PACKED * KC * 4 + 4096;
/** Where 512 zero bytes lie. */
export const ZEROS = 512;
/** Rows up to which packing B costs more than it saves. */
const FEW_ROWS = 4;

/** out [..., M, N] = a [..., M, K] · b [..., K, N]. */
export function matmul(core: Core, out: Operand, a: Operand, b: Operand, options: MatmulOptions): boolean {
  if (out.buffer.dtype !== "float32") return false;
  const rank = out.shape.length;
  const m = out.shape[rank - 2];
  const n = out.shape[rank - 1];
  const k = a.shape[a.shape.length - 1];
  const batch = rank === 2 ? 1 : sizeOf(out.shape.slice(0, rank - 2));
  if (batch === 0 || m === 0 || n === 0) return true;
  const x = matrix(core, a);
  const w = matrix(core, b);
  const y = matrix(core, out);
  const bias = options.bias ? core.address(options.bias) : 0;
  if (options.bias && options.bias.strides[0] !== 1 && n > 1) return false;
  if (rank === 2 && options.accumulate !== true) {
    product(core, { at: y.at, rs: n * 4, cs: 4 }, x, w, m, n, k, bias !== 0 ? bias : ZEROS, 0);
    return true;
  }
  const lead = out.shape.slice(0, rank - 2);
  const index = new Array<number>(lead.length).fill(0);
  for (let s = 0; s < batch; s++) {
    const shift = (o: Operand) => index.reduce((sum, i, d) => sum + i * o.strides[d], 0) * 4;
    const c = { at: y.at + s * m * n * 4, rs: n * 4, cs: 4 };
    // With both, the sum starts from out + bias.
    if (options.accumulate === true && bias !== 0) addBias(core, c, m, n, bias);
    const from = options.accumulate === true ? c.at : bias !== 0 ? bias : ZEROS;
    const fs = options.accumulate === true ? c.rs : 0;
    product(core, c, { ...x, at: x.at + shift(a) }, { ...w, at: w.at + shift(b) }, m, n, k, from, fs);
    for (let d = lead.length - 1; d >= 0 && ++index[d] === lead[d]; d--) index[d] = 0;
  }
  return true;
}

function matrix(core: Core, x: Operand): Matrix {
  const rank = x.shape.length;
  return { at: core.address(x), rs: x.strides[rank - 2] * 4, cs: x.strides[rank - 1] * 4 };
}

function addBias(core: Core, c: Matrix, m: number, n: number, bias: number): void {
  const data = core.f32;
  for (let i = 0; i < m; i++) {
    const at = (c.at + i * c.rs) >>> 2;
    for (let j = 0; j < n; j++) data[at + j] += data[(bias >>> 2) + j];
  }
}

/**
 * c [M, N] = from + a [M, K] · b [K, N]; c's columns are contiguous; `from` is c itself, a bias (fs 0) or ZEROS.
 * The way is chosen by shapes and strides alone, never by threads, so bits are too.
 */
export function product(
  core: Core,
  c: Matrix,
  a: Matrix,
  b: Matrix,
  m: number,
  n: number,
  k: number,
  from: number,
  fs: number,
): void {
  if (m <= FEW_ROWS && b.rs === 4 && b.cs === k * 4 && a.cs === 4) {
    dots(core, c, a, b.at, m, n, k, from, fs);
    return;
  }
  if (blasProduct(core, c, a, b, m, n, k, from, fs)) return;
  const packed = core.scratch("B", packedBytes(k, n));
  packB(core, b, k, n, packed, KC);
  gemm(core, c, a, packed, m, n, k, from, fs);
}

/** Bytes of a packed [K, N]: columns in panels of 8. */
export function packedBytes(k: number, n: number): number {
  return Math.max(Math.ceil(n / 8) * k * 32, 64);
}

/** Packs b [K, N] at `to`, in blocks of `kc` of k (0: one block). Its last rows may lie elsewhere, `below`. */
export function packB(core: Core, b: Matrix, k: number, n: number, to: number, kc: number, below?: Below): void {
  pack(core, OP_PACK_B, b, k, n, to, kc, below);
}

/** What another b gives with the same a: `c`, `packed`, `n`, `from` and `fs` as in `gemm`. */
export interface SecondProduct {
  c: Matrix;
  packed: number;
  n: number;
  from: number;
  fs: number;
}

/** The product with a b that `packB` packed with KC, and with a second one. */
export function gemm(
  core: Core,
  c: Matrix,
  a: Matrix,
  packed: number,
  m: number,
  n: number,
  k: number,
  from: number,
  fs: number,
  second?: SecondProduct,
): void {
  const scratch = a.cs === 4 ? 0 : core.scratch("A", core.threads * PACKED_BYTES);
  const { i32, args } = core;
  i32[args] = m;
  i32[args + 1] = n;
  i32[args + 2] = k;
  i32[args + 3] = a.at;
  i32[args + 4] = a.rs;
  i32[args + 5] = a.cs;
  i32[args + 6] = packed;
  i32[args + 7] = c.at;
  i32[args + 8] = c.rs;
  i32[args + 9] = from;
  i32[args + 10] = fs;
  i32[args + 14] = second?.packed ?? 0;
  if (second) {
    i32[args + 15] = second.n;
    i32[args + 16] = second.c.at;
    i32[args + 17] = second.c.rs;
    i32[args + 18] = second.from;
    i32[args + 19] = second.fs;
  }
  const columns = n + (second?.n ?? 0);
  const threads = core.parts(m * columns * k);
  // More parts than threads even out what the system takes from one of them; a transposed a is better off with few.
  const wanted = threads === 1 ? 1 : (a.cs === 4 ? 4 : 2) * threads;
  const rowParts =
    a.cs === 4
      ? evenly(Math.max(Math.ceil(m / MC), Math.min(wanted, Math.ceil(m / 24))), threads)
      : Math.min(wanted, Math.ceil(m / PACKED_GRAIN));
  const columnParts = Math.max(1, Math.min(Math.ceil(wanted / rowParts), Math.ceil(columns / 32)));
  i32[args + 11] = rowParts;
  i32[args + 12] = columnParts;
  i32[args + 13] = scratch;
  core.launch(OP_GEMM, threads === 1 ? 1 : Math.min(rowParts * columnParts, 65535));
}

/** `parts`, and as many more as it takes for all threads to get the same number of them, where each gets more than one. */
function evenly(parts: number, threads: number): number {
  return parts < threads ? parts : Math.ceil(parts / threads) * threads;
}

/** Few rows against a b whose columns are contiguous: dot products where the weights lie, no packing. */
function dots(
  core: Core,
  c: Matrix,
  a: Matrix,
  b: number,
  m: number,
  n: number,
  k: number,
  from: number,
  fs: number,
): void {
  const { i32, args } = core;
  i32[args] = m;
  i32[args + 1] = n;
  i32[args + 2] = k;
  i32[args + 3] = a.at;
  i32[args + 4] = a.rs;
  i32[args + 5] = b;
  i32[args + 7] = c.at;
  i32[args + 8] = c.rs;
  i32[args + 9] = from;
  i32[args + 10] = fs;
  core.launch(OP_DOTS, core.parts(m * n * k));
}

/** out [N] = Σ over the M rows of x, or out += the same. */
export function sumRows(
  core: Core,
  x: { at: number; rs: number },
  m: number,
  n: number,
  out: number,
  accumulate: boolean,
): void {
  const { i32, args } = core;
  i32[args] = x.at;
  i32[args + 1] = x.rs;
  i32[args + 2] = m;
  i32[args + 3] = n;
  i32[args + 4] = out;
  i32[args + 5] = accumulate ? 1 : 0;
  core.launch(OP_SUM_ROWS, core.parts(m * n));
}
