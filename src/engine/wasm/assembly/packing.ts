/** Operands of products as their kernels read them. A packed B is [block of k][panel][k][8], a packed A [tile][k][rows of the tile]. */
import { argI32, argPtr, partBegin } from "./args";

/** Panels `begin` to `end` of `count` rows of B, of a block of k that has `k` of them; `rs` and `cs` are B's strides in bytes. */
export function packPanels(b: usize, rs: usize, cs: usize, to: usize, n: i32, k: i32, count: i32, begin: i32, end: i32): void {
  for (let panel = begin; panel < end; panel++) {
    const from = b + <usize>(panel << 3) * cs;
    const columns = min(8, n - (panel << 3));
    const at = to + ((<usize>panel * <usize>k) << 5);
    if (cs == 4 && panel + 4 <= min(end, n >> 3)) {
      packFour(from, rs, at, <usize>k << 5, count);
      panel += 3;
    } else if (columns < 8) packRagged(from, rs, cs, at, count, columns);
    else if (cs == 4) packRows(from, rs, at, count);
    else if (rs == 4) packColumns(from, cs, at, count);
    else packRagged(from, rs, cs, at, count, 8);
  }
}

function packRows(from: usize, rs: usize, to: usize, k: i32): void {
  for (let p = 0; p < k; p++) {
    v128.store(to, v128.load(from));
    v128.store(to, v128.load(from, 16), 16);
    from += rs;
    to += 32;
  }
}

/** Four panels at once, `step` bytes apart: whole cache lines of each row, which may not be there any more when the next panel comes. */
function packFour(from: usize, rs: usize, to: usize, step: usize, k: i32): void {
  const to1 = to + step, to2 = to1 + step, to3 = to2 + step;
  const end = <usize>k << 5;
  for (let at: usize = 0; at < end; at += 32) {
    const a0 = v128.load(from), a1 = v128.load(from, 16), b0 = v128.load(from, 32), b1 = v128.load(from, 48);
    const c0 = v128.load(from, 64), c1 = v128.load(from, 80), d0 = v128.load(from, 96), d1 = v128.load(from, 112);
    v128.store(to + at, a0);
    v128.store(to + at, a1, 16);
    v128.store(to1 + at, b0);
    v128.store(to1 + at, b1, 16);
    v128.store(to2 + at, c0);
    v128.store(to2 + at, c1, 16);
    v128.store(to3 + at, d0);
    v128.store(to3 + at, d1, 16);
    from += rs;
  }
}

/** Eight columns that are each contiguous: 4 x 4 transposes. */
function packColumns(from: usize, cs: usize, to: usize, k: i32): void {
  const half = from + 4 * cs;
  let p = 0;
  for (; p + 4 <= k; p += 4) {
    const at = <usize>p << 2;
    transpose4(from + at, cs, to, 32);
    transpose4(half + at, cs, to + 16, 32);
    to += 128;
  }
  for (; p < k; p++) {
    const at = <usize>p << 2;
    for (let j: usize = 0; j < 8; j++) store<f32>(to + (j << 2), load<f32>(from + at + j * cs));
    to += 32;
  }
}

/** Rows of four floats at `from`, `stride` apart, become columns: rows `ts` bytes apart at `to`. */
// @ts-ignore: decorator
@inline
export function transpose4(from: usize, stride: usize, to: usize, ts: usize): void {
  const r0 = v128.load(from);
  const r1 = v128.load(from + stride);
  const r2 = v128.load(from + 2 * stride);
  const r3 = v128.load(from + 3 * stride);
  const t0 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const t1 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const t2 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const t3 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<f32>(t0, t2, 0, 1, 4, 5));
  v128.store(to + ts, v128.shuffle<f32>(t0, t2, 2, 3, 6, 7));
  v128.store(to + 2 * ts, v128.shuffle<f32>(t1, t3, 0, 1, 4, 5));
  v128.store(to + 3 * ts, v128.shuffle<f32>(t1, t3, 2, 3, 6, 7));
}

function packRagged(from: usize, rs: usize, cs: usize, to: usize, k: i32, columns: i32): void {
  for (let p = 0; p < k; p++) {
    let x = from;
    for (let j = 0; j < 8; j++) {
      store<f32>(to + (<usize>j << 2), j < columns ? load<f32>(x) : <f32>0);
      x += cs;
    }
    from += rs;
    to += 32;
  }
}

/**
 * Packs B. Args: 0 b, 1 row stride, 2 column stride (bytes), 3 K, 4 N, 5 to, 6 KC of the layout (0: all of K in one block), 7 rows that b
 * has, 8 where the rows below them lie, with the same strides. Parts are panels.
 */
export function packB(args: usize, part: i32, parts: i32): void {
  const panels = (argI32(args, 4) + 7) >> 3;
  const begin = partBegin(panels, part, parts, 1);
  const end = partBegin(panels, part + 1, parts, 1);
  const rows = argI32(args, 7);
  packRowsOf(args, argPtr(args, 0), 0, rows, begin, end);
  packRowsOf(args, argPtr(args, 8), rows, argI32(args, 3), begin, end);
}

/** Rows `first` to `last` of B, the first of which lies at `b`. */
function packRowsOf(args: usize, b: usize, first: i32, last: i32, begin: i32, end: i32): void {
  const rs = argPtr(args, 1);
  const k = argI32(args, 3);
  const n = argI32(args, 4);
  const kc = argI32(args, 6) == 0 ? k : argI32(args, 6);
  const panels = <usize>((n + 7) >> 3);
  while (first < last) {
    const q = first - (first % kc);
    const count = min(q + kc, last) - first;
    const to = argPtr(args, 5) + ((panels * <usize>q + <usize>(first - q)) << 5);
    packPanels(b, rs, argPtr(args, 2), to, n, min(kc, k - q), count, begin, end);
    b += <usize>count * rs;
    first += count;
  }
}

/**
 * Bytes of a packed tile of A of `mr` rows, and from one tile to the next: an odd number of cache lines, so that the tiles, which are
 * written side by side, do not share sets of the cache.
 */
// @ts-ignore: decorator
@inline
export function tileBytes(mr: i32, k: i32): usize {
  return ((((<usize>(mr * k) << 2) + 63) >> 6) | 1) << 6;
}

/**
 * A block of A as [tile][k][rows of the tile], `tileBytes` apart. `rs`, `ks`: strides in bytes. Where the rows lie side by side (a transposed matrix) it goes
 * k by k through all tiles: rows that are a power of two apart share a few sets of the cache, and would be read anew for each tile.
 */
export function packA(a: usize, rs: usize, ks: usize, to: usize, rows: i32, k: i32): void {
  const tiles = (rows + 5) / 6;
  const base = rows / tiles;
  const longer = rows - base * tiles;
  if (rs == 4 && base >= 4) {
    const rest = to + <usize>longer * tileBytes(base + 1, k);
    const from = a + (<usize>longer * <usize>(base + 1) << 2);
    for (let p: usize = 0; p < <usize>k; p++) {
      const at = p * ks;
      if (base == 6) packTiles(6, a + at, to + p * 24, k, tiles);
      else if (base == 5) {
        packTiles(6, a + at, to + p * 24, k, longer);
        packTiles(5, from + at, rest + p * 20, k, tiles - longer);
      } else {
        packTiles(5, a + at, to + p * 20, k, longer);
        packTiles(4, from + at, rest + p * 16, k, tiles - longer);
      }
    }
    return;
  }
  for (let t = 0; t < tiles; t++) {
    const mr = <usize>(t < longer ? base + 1 : base);
    let from = a, at = to;
    for (let p = 0; p < k; p++) {
      for (let r: usize = 0; r < mr; r++) store<f32>(at + (r << 2), load<f32>(from + r * rs));
      from += ks;
      at += mr << 2;
    }
    a += mr * rs;
    to += tileBytes(<i32>mr, k);
  }
}

/** `mr` floats, 4 to 6, into each of `tiles` tiles. */
// @ts-ignore: decorator
@inline
function packTiles(mr: i32, from: usize, to: usize, k: i32, tiles: i32): void {
  const step = tileBytes(mr, k);
  for (; tiles > 0; tiles--) {
    v128.store(to, v128.load(from));
    if (mr == 6) store<u64>(to, load<u64>(from, 16), 16);
    else if (mr == 5) store<u32>(to, load<u32>(from, 16), 16);
    from += <usize>mr << 2;
    to += step;
  }
}
