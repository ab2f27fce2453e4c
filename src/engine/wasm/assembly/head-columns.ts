/**
 * dHead = Gᵀ · x and dBias = Σ rows of G, from the gradients G [R, V] of the logits, which lie in blocks of 96 words, [block][row][96]: what a
 * part packs for its product is then one stretch of memory. A row of G is its factor times what is stored; x comes with the factors.
 */
import { argI32, argPtr, partBegin } from "./args";
import { block, MC_PACKED, PACKED_BYTES, ZEROS } from "./gemm";
import { addScaledRows } from "./sum-rows";

/** Words in a block: rows of the transposed product that are packed together. */
export const WORDS: i32 = MC_PACKED;
const BYTES: usize = WORDS << 2;

/** Where row r of `rows` keeps word v. */
// @ts-ignore: decorator
@inline
export function gradientAt(gradients: usize, rows: i32, r: i32, v: i32): usize {
  return gradients + (<usize>(v / WORDS) * <usize>rows + <usize>r) * BYTES + (<usize>(v % WORDS) << 2);
}

/** `columns` floats of a row to where they belong, `to` being the first word of a block. */
export function storeGradients(to: usize, rows: i32, from: usize, columns: i32): void {
  for (; columns > 0; columns -= WORDS) {
    memory.copy(to, from, <usize>min(columns, WORDS) << 2);
    from += BYTES;
    to += <usize>rows * BYTES;
  }
}

/**
 * Args: 0 rows, 1 H, 2 V, 3 gradients, 4 factors of the rows, 5 packed x [rows, H], each row times its factor, 6 dHead or 0, 7 dBias or 0,
 * 8 whether both are added to, 9 scratch for A (MC_PACKED·KC floats a thread). Parts are blocks of words.
 */
export function headColumns(args: usize, part: i32, parts: i32, thread: i32): void {
  const rows = argI32(args, 0);
  const v = argI32(args, 2);
  const blocks = (v + WORDS - 1) / WORDS;
  const end = partBegin(blocks, part + 1, parts, 1);
  for (let b = partBegin(blocks, part, parts, 1); b < end; b++) {
    const words = min(WORDS, v - b * WORDS);
    const g = argPtr(args, 3) + <usize>b * <usize>rows * BYTES;
    if (argPtr(args, 7) != 0) bias(args, argPtr(args, 7) + <usize>b * BYTES, g, rows, <usize>words << 2);
    if (argPtr(args, 6) != 0) weights(args, b, words, g, thread);
  }
}

function bias(args: usize, to: usize, g: usize, rows: i32, bytes: usize): void {
  if (argI32(args, 8) == 0) memory.fill(to, 0, bytes);
  addScaledRows(to, g, BYTES, rows, bytes, argPtr(args, 4));
}

function weights(args: usize, b: i32, words: i32, g: usize, thread: i32): void {
  const h = argI32(args, 1);
  const row = <usize>h << 2;
  const to = argPtr(args, 6) + <usize>(b * WORDS) * row;
  const add = argI32(args, 8) != 0;
  const from = add ? to : ZEROS, fs = add ? row : 0;
  const panels = (h + 7) >> 3;
  const scratch = argPtr(args, 9) + <usize>thread * PACKED_BYTES;
  block(words, h, argI32(args, 0), g, 4, BYTES, argPtr(args, 5), to, row, from, fs, panels, 0, panels, scratch, thread);
}
