/**
 * The matrix product C [M, N] = from + A [M, K] · B [K, N], in float32.
 *
 * B is packed into panels of 8 columns, [block of KC][panel][k][8], the last one padded with zeros. A is read where it
 * lies when its rows are contiguous, else packed by blocks. Every element of C is one chain of fused multiply-adds in order
 * of k, starting from C, a bias or zero, so neither tiles nor blocks nor threads show in the bits.
 */
import { argI32, argPtr, partBegin } from "./args";
import * as micro from "./generated/micro-kernels";
import * as half from "./generated/micro-kernels-half";
import * as steps from "./generated/micro-kernels-steps";
import * as wide from "./generated/micro-kernels-wide";
import { packA, tileBytes } from "./packing";

/** k steps in a block: a panel of 8 KiB stays in the first-level cache. */
export const KC: i32 = 256;
/** Rows in a block that stays in the second-level cache while panels pass; a multiple of 6 and 5. */
export const MC: i32 = 60;
/** Rows in such a block of a transposed A, which is packed, and what its parts are cut into: whole cache lines of each k. */
const MC_PACKED: i32 = 96;
/** Room for a packed block of A, for each thread: with at most 128 bytes between two of its tiles. */
const PACKED_BYTES: usize = MC_PACKED * KC * 4 + 4096;
const PACKED_GRAIN: i32 = 16;
/** 512 zero bytes: where sums start that start from nothing. Written by nobody. */
export const ZEROS: usize = 512;
/** For every thread a tile of 6 x 8 for ragged columns, 256 bytes apart. */
const EDGE_TILES: usize = 65536;

// @ts-ignore: decorator
@inline
export function edgeTile(thread: i32): usize {
  return EDGE_TILES + (<usize>thread << 8);
}

/** A word that the loader sets on the memory of the 256-bit variant: two panels at once then fit the registers. */
const WIDE: usize = 960;

// @ts-ignore: decorator
@inline
export function isWide(): bool {
  return load<i32>(WIDE) != 0;
}

/** A word that the loader sets where several steps of k an iteration are faster. */
const STEPS: usize = 964;

/** Bytes of a whole packed B. */
// @ts-ignore: decorator
@inline
export function packedBytes(k: i32, n: i32): usize {
  return (<usize>((n + 7) >> 3) * <usize>k) << 5;
}

/*
 * Rows are cut into the fewest tiles of at most 6, of sizes that differ by one at most: 25 is 5 x 5, not 4 x 6 + 1, because a tile of
 * 1 to 3 rows takes as long as one of 4. The first `rows % tiles` tiles have one row more.
 */

/**
 * A direct tile of mr x 8 against one panel.
 * `from` and `fs` as in generated/micro-kernels.ts.
 */
export function directTile(
  mr: i32, a: usize, as: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32,
): void {
  if (mr >= 4 && load<i32>(STEPS) != 0) {
    if (mr == 6) steps.direct6x8(a, as, b, c, cs, from, fs, k);
    else if (mr == 5) steps.direct5x8(a, as, b, c, cs, from, fs, k);
    else steps.direct4x8(a, as, b, c, cs, from, fs, k);
    return;
  }
  switch (mr) {
    case 6: micro.direct6x8(a, as, b, c, cs, from, fs, k); return;
    case 5: micro.direct5x8(a, as, b, c, cs, from, fs, k); return;
    case 4: micro.direct4x8(a, as, b, c, cs, from, fs, k); return;
    case 3: micro.direct3x8(a, as, b, c, cs, from, fs, k); return;
    case 2: micro.direct2x8(a, as, b, c, cs, from, fs, k); return;
    default: micro.direct1x8(a, as, b, c, cs, from, fs, k);
  }
}

/** One tile of mr x 8 of C, where A's rows lie side by side, `ks` bytes from one k to the next: packed, or as they are. */
function packedTile(
  mr: i32, a: usize, ks: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32,
): void {
  if (mr >= 4 && load<i32>(STEPS) != 0) {
    if (mr == 6) steps.packed6x8(a, ks, b, c, cs, from, fs, k);
    else if (mr == 5) steps.packed5x8(a, ks, b, c, cs, from, fs, k);
    else steps.packed4x8(a, ks, b, c, cs, from, fs, k);
    return;
  }
  switch (mr) {
    case 6: micro.packed6x8(a, ks, b, c, cs, from, fs, k); return;
    case 5: micro.packed5x8(a, ks, b, c, cs, from, fs, k); return;
    case 4: micro.packed4x8(a, ks, b, c, cs, from, fs, k); return;
    case 3: micro.packed3x8(a, ks, b, c, cs, from, fs, k); return;
    case 2: micro.packed2x8(a, ks, b, c, cs, from, fs, k); return;
    default: micro.packed1x8(a, ks, b, c, cs, from, fs, k);
  }
}

/** A direct tile of mr x 16 against two panels, `bp` bytes apart. */
function directTile16(
  mr: i32, a: usize, as: usize, b: usize, bp: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32,
): void {
  switch (mr) {
    case 6: wide.direct6x16(a, as, b, bp, c, cs, from, fs, k); return;
    case 5: wide.direct5x16(a, as, b, bp, c, cs, from, fs, k); return;
    case 4: wide.direct4x16(a, as, b, bp, c, cs, from, fs, k); return;
    case 3: micro.direct3x16(a, as, b, bp, c, cs, from, fs, k); return;
    case 2: micro.direct2x16(a, as, b, bp, c, cs, from, fs, k); return;
    default: wide.direct1x16(a, as, b, bp, c, cs, from, fs, k);
  }
}

function packedTile16(
  mr: i32, a: usize, ks: usize, b: usize, bp: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32,
): void {
  switch (mr) {
    case 6: wide.packed6x16(a, ks, b, bp, c, cs, from, fs, k); return;
    case 5: wide.packed5x16(a, ks, b, bp, c, cs, from, fs, k); return;
    case 4: wide.packed4x16(a, ks, b, bp, c, cs, from, fs, k); return;
    default: {
      packedTile(mr, a, ks, b, c, cs, from, fs, k);
      packedTile(mr, a, ks, b + bp, c + 32, cs, from == ZEROS ? from : from + 32, fs, k);
    }
  }
}

/** Copies `columns` of 8 floats of each row. */
export function copyTile(to: usize, ts: usize, from: usize, fs: usize, rows: i32, columns: i32): void {
  const bytes = <usize>columns << 2;
  for (let r = 0; r < rows; r++) {
    let j: usize = 0;
    for (; j + 16 <= bytes; j += 16) v128.store(to + j, v128.load(from + j));
    for (; j < bytes; j += 4) store<f32>(to + j, load<f32>(from + j));
    to += ts;
    from += fs;
  }
}

/** A tile of mr x 4 columns, of a panel of which no more exist. */
function directHalf(
  mr: i32, a: usize, as: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32,
): void {
  switch (mr) {
    case 6: half.direct6x4(a, as, b, c, cs, from, fs, k); return;
    case 5: half.direct5x4(a, as, b, c, cs, from, fs, k); return;
    case 4: half.direct4x4(a, as, b, c, cs, from, fs, k); return;
    case 3: half.direct3x4(a, as, b, c, cs, from, fs, k); return;
    case 2: half.direct2x4(a, as, b, c, cs, from, fs, k); return;
    default: half.direct1x4(a, as, b, c, cs, from, fs, k);
  }
}

/** One packed tile of mr x 4, or two of the same mr, so that enough sums are under way. */
function packedHalf(
  mr: i32, two: bool, a: usize, ks: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32,
): void {
  if (two) {
    const next = a + tileBytes(mr, k);
    if (mr == 6) half.packedTwo6x4(a, next, ks, b, c, cs, from, fs, k);
    else if (mr == 5) half.packedTwo5x4(a, next, ks, b, c, cs, from, fs, k);
    else half.packedTwo4x4(a, next, ks, b, c, cs, from, fs, k);
    return;
  }
  switch (mr) {
    case 6: half.packed6x4(a, ks, b, c, cs, from, fs, k); return;
    case 5: half.packed5x4(a, ks, b, c, cs, from, fs, k); return;
    case 4: half.packed4x4(a, ks, b, c, cs, from, fs, k); return;
    case 3: half.packed3x4(a, ks, b, c, cs, from, fs, k); return;
    case 2: half.packed2x4(a, ks, b, c, cs, from, fs, k); return;
    default: half.packed1x4(a, ks, b, c, cs, from, fs, k);
  }
}

/** `rows` x `columns` (4 or fewer) against the first half of a panel; fewer than 4 through a tile of the thread's own. */
function halfPanel(
  columns: i32, direct: bool, rows: i32, a: usize, as: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32, thread: i32,
): void {
  const tile = edgeTile(thread);
  const tiles = (rows + 5) / 6;
  const base = rows / tiles;
  const longer = rows - base * tiles;
  for (let t = 0; t < tiles; t++) {
    const mr = t < longer ? base + 1 : base;
    const two = !direct && mr >= 4 && t + 1 < (t < longer ? longer : tiles);
    const count = two ? 2 * mr : mr;
    const step = <usize>count;
    if (columns < 4) copyTile(tile, 16, from, fs, count, columns);
    const to = columns < 4 ? tile : c, ts = columns < 4 ? 16 : cs;
    const start = columns < 4 ? tile : from, startStride = columns < 4 ? 16 : fs;
    if (direct) directHalf(mr, a, as, b, to, ts, start, startStride, k);
    else packedHalf(mr, two, a, <usize>mr << 2, b, to, ts, start, startStride, k);
    if (columns < 4) copyTile(c, cs, tile, 16, count, columns);
    a += direct ? step * as : tileBytes(mr, k) << (two ? 1 : 0);
    c += step * cs;
    from += step * fs;
    if (two) t++;
  }
}

/** `rows` x 8 columns against one panel; rows of a are contiguous. */
export function directPanel(
  rows: i32, a: usize, as: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32,
): void {
  const tiles = (rows + 5) / 6;
  const base = rows / tiles;
  const longer = rows - base * tiles;
  for (let t = 0; t < tiles; t++) {
    const mr = t < longer ? base + 1 : base;
    const step = <usize>mr;
    directTile(mr, a, as, b, c, cs, from, fs, k);
    a += step * as;
    c += step * cs;
    from += step * fs;
  }
}

/** `rows` x 16 columns against two panels. */
export function directPair(
  rows: i32, a: usize, as: usize, b: usize, bp: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32,
): void {
  const tiles = (rows + 5) / 6;
  const base = rows / tiles;
  const longer = rows - base * tiles;
  for (let t = 0; t < tiles; t++) {
    const mr = t < longer ? base + 1 : base;
    const step = <usize>mr;
    directTile16(mr, a, as, b, bp, c, cs, from, fs, k);
    a += step * as;
    c += step * cs;
    from += step * fs;
  }
}

/**
 * `rows` x 8·count columns against adjacent panels, `bp` bytes apart. Few rows take several panels at once, so that enough sums are
 * under way. `from` moves with the panels unless it is ZEROS.
 */
export function directPanels(
  rows: i32, count: i32, a: usize, as: usize, b: usize, bp: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32,
): void {
  // Many rows pass over the same panels, which stay in the first-level cache in blocks of k.
  if (rows > 6 && k > KC + KC / 2) {
    directPanels(rows, count, a, as, b, bp, c, cs, from, fs, KC);
    directPanels(rows, count, a + (KC << 2), as, b + (KC << 5), bp, c, cs, c, cs, k - KC);
    return;
  }
  const fp: usize = from == ZEROS ? 0 : 32;
  while (count > 0) {
    let taken: i32 = 1;
    if (rows == 1 && count >= 4) {
      micro.direct1x32(a, as, b, bp, c, cs, from, fs, k);
      taken = 4;
    } else if (rows == 1 && count == 3) {
      micro.direct1x24(a, as, b, bp, c, cs, from, fs, k);
      taken = 3;
    } else if (rows == 2 && count >= 2) {
      micro.direct2x16(a, as, b, bp, c, cs, from, fs, k);
      taken = 2;
    } else if (rows == 3 && count >= 2) {
      micro.direct3x16(a, as, b, bp, c, cs, from, fs, k);
      taken = 2;
    } else if (count >= 2 && isWide()) {
      directPair(rows, a, as, b, bp, c, cs, from, fs, k);
      taken = 2;
    } else {
      directPanel(rows, a, as, b, c, cs, from, fs, k);
    }
    const step = <usize>taken;
    b += step * bp;
    c += step << 5;
    from += step * fp;
    count -= taken;
  }
}

/** One panel where fewer than 8 columns of C exist: through a tile of the thread's own. */
export function ragged(
  columns: i32, rows: i32, a: usize, as: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32,
  thread: i32,
): void {
  const tile = edgeTile(thread);
  for (let i = 0; i < rows; i += 6) {
    const mr = min(6, rows - i);
    const at = <usize>i;
    copyTile(tile, 32, from + at * fs, fs, mr, columns);
    directTile(mr, a + at * as, as, b, tile, 32, tile, 32, k);
    copyTile(c + at * cs, cs, tile, 32, mr, columns);
  }
}

/**
 * The product with packed B. Args:
 *   0 M, 1 N, 2 K, 3 a, 4 a's row stride, 5 a's k stride, 6 packed B, 7 c, 8 c's row stride, 9 from, 10 from's row stride,
 *   11 parts along rows, 12 parts along columns, 13 scratch for A (MC_PACKED·KC floats a thread). Strides in bytes.
 * And a second product with the same A and K (at least 1), or 0: 14 packed B, 15 N, 16 c, 17 c's row stride, 18 from, 19 from's row stride.
 * Part = row part + column part · (parts along rows). Columns are those of both.
 */
export function gemm(args: usize, part: i32, parts: i32, thread: i32): void {
  const m = argI32(args, 0);
  const n = argI32(args, 1);
  const k = argI32(args, 2);
  const direct = argPtr(args, 5) == 4;
  // Work that is not shared is one part.
  const rowParts = parts == 1 ? 1 : argI32(args, 11);
  const columnParts = parts == 1 ? 1 : argI32(args, 12);
  const scratch = argPtr(args, 13) + <usize>thread * PACKED_BYTES;
  const panels = ((n + 7) >> 3) + (argPtr(args, 14) == 0 ? 0 : (argI32(args, 15) + 7) >> 3);
  const grain = direct ? 1 : PACKED_GRAIN;
  const i0 = partBegin(m, part % rowParts, rowParts, grain);
  const i1 = partBegin(m, part % rowParts + 1, rowParts, grain);
  const p0 = partBegin(panels, part / rowParts, columnParts, 1);
  const p1 = partBegin(panels, part / rowParts + 1, columnParts, 1);
  if (k == 0) {
    const c = argPtr(args, 7) + <usize>i0 * argPtr(args, 8), from = argPtr(args, 9) + <usize>i0 * argPtr(args, 10);
    startOnly(i1 - i0, n, c, argPtr(args, 8), from, argPtr(args, 10), p0, p1);
    return;
  }
  // Of a transposed A rows lie side by side, so k by k: a block of k of all panels then stays in the second-level cache while rows pass.
  if (direct) {
    for (let i = i0; i < i1; i += MC) {
      for (let q = 0; q < k; q += KC) blockOfBoth(args, i, min(MC, i1 - i), q, min(KC, k - q), p0, p1, scratch, thread);
    }
  } else {
    for (let q = 0; q < k; q += KC) {
      for (let i = i0; i < i1; i += MC_PACKED) {
        blockOfBoth(args, i, min(MC_PACKED, i1 - i), q, min(KC, k - q), p0, p1, scratch, thread);
      }
    }
  }
}

/** One block of rows and of k, against panels p0 to p1 of both products. */
function blockOfBoth(args: usize, i: i32, rows: i32, q: i32, kc: i32, p0: i32, p1: i32, scratch: usize, thread: i32): void {
  const n = argI32(args, 1);
  const panels = (n + 7) >> 3;
  const as = argPtr(args, 4), ks = argPtr(args, 5);
  const at = <usize>i;
  const x = blockOfA(rows, argPtr(args, 3) + at * as, as, ks, q, kc, scratch);
  if (p0 < panels) {
    const cs = argPtr(args, 8), fs = argPtr(args, 10);
    const c = argPtr(args, 7) + at * cs, from = argPtr(args, 9) + at * fs;
    blockOfK(rows, n, q, kc, x, as, ks == 4, argPtr(args, 6), c, cs, from, fs, panels, p0, min(p1, panels), thread);
  }
  if (p1 > panels) {
    const n2 = argI32(args, 15);
    const cs = argPtr(args, 17), fs = argPtr(args, 19);
    const c = argPtr(args, 16) + at * cs, from = argPtr(args, 18) + at * fs;
    blockOfK(rows, n2, q, kc, x, as, ks == 4, argPtr(args, 14), c, cs, from, fs, (n2 + 7) >> 3, max(p0 - panels, 0), p1 - panels, thread);
  }
}

/** Nothing to add up: the start itself is the result. */
function startOnly(rows: i32, n: i32, c: usize, cs: usize, from: usize, fs: usize, p0: i32, p1: i32): void {
  for (let p = p0; p < p1; p++) copyTile(c + (<usize>p << 5), cs, from + (fs == 0 && from == ZEROS ? 0 : <usize>p << 5), fs, rows, min(8, n - (p << 3)));
}

/** Rows of C against panels p0 to p1 of a packed B, k block by block. */
export function block(
  rows: i32, n: i32, k: i32, a: usize, as: usize, ks: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize,
  panels: i32, p0: i32, p1: i32, scratch: usize, thread: i32,
): void {
  const direct = ks == 4;
  if (k == 0) startOnly(rows, n, c, cs, from, fs, p0, p1);
  for (let q = 0; q < k; q += KC) {
    const kc = min(KC, k - q);
    const x = blockOfA(rows, a, as, ks, q, kc, scratch);
    blockOfK(rows, n, q, kc, x, as, direct, b, c, cs, from, fs, panels, p0, p1, thread);
  }
}

/** `kc` steps of k of A from `q` on: where they lie when rows are contiguous, else packed. */
// @ts-ignore: decorator
@inline
function blockOfA(rows: i32, a: usize, as: usize, ks: usize, q: i32, kc: i32, scratch: usize): usize {
  const x = a + <usize>q * ks;
  if (ks == 4) return x;
  packA(x, as, ks, scratch, rows, kc);
  return scratch;
}

/** One block of k, `x` as `blockOfA` gave it, against panels p0 to p1. */
function blockOfK(
  rows: i32, n: i32, q: i32, kc: i32, x: usize, as: usize, direct: bool, b: usize, c: usize, cs: usize, from: usize, fs: usize,
  panels: i32, p0: i32, p1: i32, thread: i32,
): void {
  const bp = <usize>kc << 5;
  for (let p = p0; p < p1; p++) {
    const panel = b + ((<usize>panels * <usize>q + <usize>p * <usize>kc) << 5);
    const column = <usize>p << 5;
    const to = c + column;
    const start = q > 0 ? to : from == ZEROS ? from : from + column;
    const startStride = q > 0 ? cs : fs;
    const columns = n - (p << 3);
    const pair = columns >= 16 && p + 1 < p1 && isWide();
    if (columns <= 4) {
      halfPanel(columns, direct, rows, x, as, panel, to, cs, start, startStride, kc, thread);
    } else if (direct) {
      if (pair) directPair(rows, x, as, panel, bp, to, cs, start, startStride, kc);
      else if (columns >= 8) directPanel(rows, x, as, panel, to, cs, start, startStride, kc);
      else ragged(columns, rows, x, as, panel, to, cs, start, startStride, kc, thread);
    } else if (pair) {
      packedPair(rows, x, panel, bp, to, cs, start, startStride, kc);
    } else if (columns >= 8) {
      packedPanel(rows, x, panel, to, cs, start, startStride, kc);
    } else {
      packedRagged(columns, rows, x, panel, to, cs, start, startStride, kc, thread);
    }
    if (pair) p++;
  }
}

function packedPair(
  rows: i32, a: usize, b: usize, bp: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32,
): void {
  const tiles = (rows + 5) / 6;
  const base = rows / tiles;
  const longer = rows - base * tiles;
  for (let t = 0; t < tiles; t++) {
    const mr = t < longer ? base + 1 : base;
    const step = <usize>mr;
    packedTile16(mr, a, <usize>mr << 2, b, bp, c, cs, from, fs, k);
    a += tileBytes(mr, k);
    c += step * cs;
    from += step * fs;
  }
}

function packedPanel(
  rows: i32, a: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32,
): void {
  const tiles = (rows + 5) / 6;
  const base = rows / tiles;
  const longer = rows - base * tiles;
  for (let t = 0; t < tiles; t++) {
    const mr = t < longer ? base + 1 : base;
    const step = <usize>mr;
    packedTile(mr, a, <usize>mr << 2, b, c, cs, from, fs, k);
    a += tileBytes(mr, k);
    c += step * cs;
    from += step * fs;
  }
}

function packedRagged(
  columns: i32, rows: i32, a: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32, thread: i32,
): void {
  const tiles = (rows + 5) / 6;
  const base = rows / tiles;
  const longer = rows - base * tiles;
  for (let t = 0; t < tiles; t++) {
    const mr = t < longer ? base + 1 : base;
    const step = <usize>mr;
    raggedTile(columns, mr, a, <usize>mr << 2, b, c, cs, from, fs, k, thread);
    a += tileBytes(mr, k);
    c += step * cs;
    from += step * fs;
  }
}

/**
 * A tile of `mr` x n against a packed B [k, n], where A's rows lie side by side, `ks` bytes from one k to the next. Nothing of A is packed:
 * the tile stays in the first-level cache while panels pass.
 */
export function tileOfRows(
  mr: i32, n: i32, a: usize, ks: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32, thread: i32,
): void {
  const bp = <usize>k << 5;
  while (n > 0) {
    const pair = n >= 16 && isWide();
    if (pair) packedTile16(mr, a, ks, b, bp, c, cs, from, fs, k);
    else if (n >= 8) packedTile(mr, a, ks, b, c, cs, from, fs, k);
    else raggedTile(n, mr, a, ks, b, c, cs, from, fs, k, thread);
    const step: usize = pair ? 2 : 1;
    n -= pair ? 16 : 8;
    b += step * bp;
    c += step << 5;
    if (from != ZEROS) from += step << 5;
  }
}

/** Fewer than 8 columns, through a tile of the thread's own. */
function raggedTile(
  columns: i32, mr: i32, a: usize, ks: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32, thread: i32,
): void {
  const tile = edgeTile(thread);
  copyTile(tile, 32, from, fs, mr, columns);
  panelTile(columns, mr, a, ks, b, tile, 32, tile, 32, k);
  copyTile(c, cs, tile, 32, mr, columns);
}

/** `mr` rows that lie side by side against the first columns of a panel, in c the first 4 or all 8 of them. */
export function panelTile(
  columns: i32, mr: i32, a: usize, ks: usize, b: usize, c: usize, cs: usize, from: usize, fs: usize, k: i32,
): void {
  if (columns <= 4) packedHalf(mr, false, a, ks, b, c, cs, from, fs, k);
  else packedTile(mr, a, ks, b, c, cs, from, fs, k);
}
