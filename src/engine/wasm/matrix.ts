import type { Core } from "./core.js";
import type { OP_PACK_B, OP_PACK_CHUNKS } from "./ops.js";

/** A matrix by its byte address and strides in bytes. */
export interface Matrix {
  at: number;
  rs: number;
  cs: number;
}

/** The rows of a matrix from `row` on, which lie elsewhere, with the same strides. */
export interface Below {
  row: number;
  at: number;
}

/** Packs b [K, N] at `to`, in blocks of `size`: of k for OP_PACK_B (0: one block), of columns for OP_PACK_CHUNKS, where none are `below`. */
export function pack(
  core: Core,
  op: typeof OP_PACK_B | typeof OP_PACK_CHUNKS,
  b: Matrix,
  k: number,
  n: number,
  to: number,
  size: number,
  below: Below = { row: k, at: 0 },
): void {
  const { i32, args } = core;
  i32[args] = b.at;
  i32[args + 1] = b.rs;
  i32[args + 2] = b.cs;
  i32[args + 3] = k;
  i32[args + 4] = n;
  i32[args + 5] = to;
  i32[args + 6] = size;
  i32[args + 7] = below.row;
  i32[args + 8] = below.at;
  core.launch(op, core.parts(k * n));
}
