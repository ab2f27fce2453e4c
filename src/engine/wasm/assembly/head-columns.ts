/**
 * dHead = Gᵀ · x and dBias = Σ rows of G, from the gradients G [R, V] of the logits, which lie in blocks of words, [block][row][word], and are
 * multiplied as they are. A row of G is its factor times what is stored; x comes with the factors. Where the last panel of x has room, the
 * factors themselves are one more column of it, and dBias one more of the product: the same chain of additions, nearly for nothing.
 */
import { argI32, argPtr, partBegin } from "./args";
import { sgemm } from "./blas";
import { copyTile, edgeTile, KC, panelTile, tileOfRows, ZEROS } from "./gemm";
import { addScaledRows } from "./sum-rows";

/** Words in a block, and the bytes from row to row: an odd number of cache lines, so that a column of rows has every set of the cache. */
export const WORDS: i32 = 192;
export const WORDS_BYTES: usize = 832;
/** Most columns of dHead at a time: a block of k of x then stays in the second-level cache while tiles of words pass. */
const SLICE: i32 = 512;

/** Columns of dHead at a time: as few times as SLICE allows, whole pairs of panels. */
function sliceOf(h: i32): i32 {
  const slices = (h + SLICE - 1) / SLICE;
  return ((h + 16 * slices - 1) / (16 * slices)) * 16;
}

/** Where row r of `rows` keeps word v. */
// @ts-ignore: decorator
@inline
export function gradientAt(gradients: usize, rows: i32, r: i32, v: i32): usize {
  return gradients + (<usize>(v / WORDS) * <usize>rows + <usize>r) * WORDS_BYTES + (<usize>(v % WORDS) << 2);
}

/** `columns` floats of a row to where they belong, `to` being the first word of a block. */
export function storeGradients(to: usize, rows: i32, from: usize, columns: i32): void {
  for (; columns > 0; columns -= WORDS) {
    memory.copy(to, from, <usize>min(columns, WORDS) << 2);
    from += WORDS << 2;
    to += <usize>rows * WORDS_BYTES;
  }
}

/**
 * Args: 0 rows, 1 H, 2 V, 3 gradients, 4 factors of the rows, 5 packed x [rows, H], each row times its factor, 6 dHead or 0, 7 dBias or 0,
 * 8 whether both are added to, 9 columns of x: H + 1 where the factors are the last, which takes 6 and 7; else H, 10 whether BLAS makes
 * the product: then x is not packed.
 * Parts are slices of blocks of words, for BLAS the blocks.
 */
export function headColumns(args: usize, part: i32, parts: i32, thread: i32): void {
  const rows = argI32(args, 0);
  const v = argI32(args, 2);
  const slice = sliceOf(argI32(args, 1));
  const slices = argPtr(args, 6) == 0 || argI32(args, 10) != 0 ? 1 : (argI32(args, 1) + slice - 1) / slice;
  const all = slices * ((v + WORDS - 1) / WORDS);
  const end = partBegin(all, part + 1, parts, 1);
  for (let i = partBegin(all, part, parts, 1); i < end; i++) {
    const v0 = (i / slices) * WORDS;
    const words = min(WORDS, v - v0);
    const g = gradientAt(argPtr(args, 3), rows, 0, v0);
    // Row after row, both bring the block into the cache: the product's columns of rows would take twice as long over it.
    if (i % slices == 0) {
      if (argPtr(args, 7) == 0 || isColumn(args)) readAhead(g, rows, edgeTile(thread));
      else bias(args, argPtr(args, 7) + (<usize>v0 << 2), g, rows, <usize>words << 2);
    }
    if (argPtr(args, 6) == 0) continue;
    if (argI32(args, 10) != 0) weightsOfBlas(args, v0, words, g);
    else weights(args, v0, words, (i % slices) * slice, slice, g, thread);
  }
}

/** Whether dBias is a column of the product. */
// @ts-ignore: decorator
@inline
function isColumn(args: usize): bool {
  return argI32(args, 9) > argI32(args, 1);
}

/** Reads from each of the 12 cache lines of every row of a block; without what it writes, the reading would be optimised away. */
function readAhead(g: usize, rows: i32, to: usize): void {
  let s = f32x4.splat(0), t = s, u = s;
  for (; rows > 0; rows--) {
    s = v128.or(s, v128.or(v128.or(v128.load(g), v128.load(g, 64)), v128.or(v128.load(g, 128), v128.load(g, 192))));
    t = v128.or(t, v128.or(v128.or(v128.load(g, 256), v128.load(g, 320)), v128.or(v128.load(g, 384), v128.load(g, 448))));
    u = v128.or(u, v128.or(v128.or(v128.load(g, 512), v128.load(g, 576)), v128.or(v128.load(g, 640), v128.load(g, 704))));
    g += WORDS_BYTES;
  }
  v128.store(to, v128.or(s, v128.or(t, u)));
}

function bias(args: usize, to: usize, g: usize, rows: i32, bytes: usize): void {
  if (argI32(args, 8) == 0) memory.fill(to, 0, bytes);
  addScaledRows(to, g, WORDS_BYTES, rows, bytes, argPtr(args, 4));
}

/** dHead of words v0 to v0 + words, in one call whatever the number of threads. */
function weightsOfBlas(args: usize, v0: i32, words: i32, g: usize): void {
  const h = argI32(args, 1);
  const to = argPtr(args, 6) + (<usize>v0 * <usize>h << 2);
  sgemm(1, 0, words, h, argI32(args, 0), g, <i32>(WORDS_BYTES >> 2), argPtr(args, 5), h, argI32(args, 8) != 0 ? 1 : 0, to, h);
}

/** Columns `first` to `first + slice` of dHead, of which fewer may be left, for words v0 to v0 + words. */
function weights(args: usize, v0: i32, words: i32, first: i32, slice: i32, g: usize, thread: i32): void {
  const rows = argI32(args, 0);
  const h = argI32(args, 1);
  const row = <usize>h << 2;
  const n = min(slice, h - first);
  const panels = (argI32(args, 9) + 7) >> 3;
  // The panel that has dBias too is multiplied by itself.
  const last = isColumn(args) && first + n == h ? n & 7 : 0;
  const whole = n - last;
  const tiles = (words + 5) / 6;
  const base = words / tiles;
  const longer = words - base * tiles;
  for (let q = 0; q < rows; q += KC) {
    const k = min(KC, rows - q);
    const x = argPtr(args, 5) + ((<usize>panels * <usize>q + <usize>(first >> 3) * <usize>k) << 5);
    const add = q > 0 || argI32(args, 8) != 0;
    let a = g + <usize>q * WORDS_BYTES;
    let c = argPtr(args, 6) + <usize>v0 * row + (<usize>first << 2);
    let b = argPtr(args, 7) + (<usize>v0 << 2);
    for (let t = 0; t < tiles; t++) {
      const mr = t < longer ? base + 1 : base;
      tileOfRows(mr, whole, a, WORDS_BYTES, x, c, row, add ? c : ZEROS, add ? row : 0, k, thread);
      const w = <usize>whole << 2;
      if (last != 0) tileWithBias(mr, last, a, x + w * <usize>k, c + w, row, b, add, k, thread);
      a += <usize>mr << 2;
      c += <usize>mr * row;
      b += <usize>mr << 2;
    }
  }
}

/** A tile of the last panel: `columns` of dHead, c, and then dBias, b. */
function tileWithBias(mr: i32, columns: i32, a: usize, x: usize, c: usize, row: usize, b: usize, add: bool, k: i32, thread: i32): void {
  const tile = edgeTile(thread);
  const biases = tile + (<usize>columns << 2);
  if (add) {
    copyTile(tile, 32, c, row, mr, columns);
    copyTile(biases, 32, b, 4, mr, 1);
  } else {
    memory.fill(tile, 0, <usize>mr << 5);
  }
  panelTile(columns + 1, mr, a, WORDS_BYTES, x, tile, 32, tile, 32, k);
  copyTile(c, row, tile, 32, mr, columns);
  copyTile(b, 4, biases, 32, mr, 1);
}
