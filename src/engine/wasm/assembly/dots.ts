/**
 * Few rows against weights whose rows are contiguous: C [M, N] = from + A [M, K] · Wᵀ, W [N, K]. Bound by the memory that W
 * comes from, so W is read once, four rows at a time, where it lies. Sums start anew for
 * each element in one fixed order, whichever rows are taken together.
 */
import { argI32, argPtr, partBegin } from "./args";
import { ZEROS } from "./gemm";
import { loadFirst, storeFirst } from "./lanes";
import { madd } from "./madd";

/** The sums of the lanes of four vectors, as one vector. */
// @ts-ignore: decorator
@inline
function sumFour(s0: v128, s1: v128, s2: v128, s3: v128): v128 {
  const a = f32x4.add(v128.shuffle<f32>(s0, s1, 0, 4, 1, 5), v128.shuffle<f32>(s0, s1, 2, 6, 3, 7));
  const b = f32x4.add(v128.shuffle<f32>(s2, s3, 0, 4, 1, 5), v128.shuffle<f32>(s2, s3, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<f32>(a, b, 0, 1, 4, 5), v128.shuffle<f32>(a, b, 2, 3, 6, 7));
}

/**
 * Four rows of two matrices at once: a · w_r + b · v_r for r = 0 to 3, as one vector. `rows` of them exist; rows beyond
 * repeat the last. Eight sums are under way, which hides the latency of the additions.
 */
function dotFour(a: usize, w: usize, k: i32, b: usize, v: usize, l: i32, rows: i32): v128 {
  let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
  let t0 = f32x4.splat(0), t1 = f32x4.splat(0), t2 = f32x4.splat(0), t3 = f32x4.splat(0);
  for (let segment = 0; segment < 2; segment++) {
    const x = segment == 0 ? a : b;
    const n = segment == 0 ? k : l;
    const w0 = segment == 0 ? w : v;
    const ws = <usize>n << 2;
    const w1 = rows > 1 ? w0 + ws : w0;
    const w2 = rows > 2 ? w1 + ws : w1;
    const w3 = rows > 3 ? w2 + ws : w2;
    let i: usize = 0;
    for (const end = <usize>(n & -8) << 2; i < end; i += 32) {
      const p = v128.load(x + i);
      const q = v128.load(x + i, 16);
      s0 = madd(p, v128.load(w0 + i), s0);
      s1 = madd(p, v128.load(w1 + i), s1);
      s2 = madd(p, v128.load(w2 + i), s2);
      s3 = madd(p, v128.load(w3 + i), s3);
      t0 = madd(q, v128.load(w0 + i, 16), t0);
      t1 = madd(q, v128.load(w1 + i, 16), t1);
      t2 = madd(q, v128.load(w2 + i, 16), t2);
      t3 = madd(q, v128.load(w3 + i, 16), t3);
    }
    for (let rest = n & 7; rest > 0; rest -= 4) {
      const p = loadFirst(x + i, rest);
      s0 = madd(p, loadFirst(w0 + i, rest), s0);
      s1 = madd(p, loadFirst(w1 + i, rest), s1);
      s2 = madd(p, loadFirst(w2 + i, rest), s2);
      s3 = madd(p, loadFirst(w3 + i, rest), s3);
      i += 16;
    }
  }
  return sumFour(f32x4.add(s0, t0), f32x4.add(s1, t1), f32x4.add(s2, t2), f32x4.add(s3, t3));
}

/**
 * to[j] = start[j] + a · w_j + b · v_j for j in [j0, j1); rows of w are `k` long and of v `l` (0: none), without gaps.
 * `start` may be ZEROS.
 */
export function dotRow(
  a: usize, w: usize, k: i32, b: usize, v: usize, l: i32, to: usize, start: usize, j0: i32, j1: i32,
): void {
  for (let j = j0; j < j1; j += 4) {
    const at = <usize>j << 2;
    const rows = j1 - j;
    const sum = dotFour(a, w + at * <usize>k, k, b, v + at * <usize>l, l, rows);
    storeFirst(to + at, f32x4.add(sum, loadFirst(start == ZEROS ? start : start + at, rows)), rows);
  }
}

/**
 * Args: 0 M, 1 N, 2 K, 3 a, 4 a's row stride, 5 w (rows without gaps), 7 c, 8 c's row stride, 9 from, 10 from's row stride.
 * Parts are columns, by fours.
 */
export function dots(args: usize, part: i32, parts: i32): void {
  const m = argI32(args, 0);
  const n = argI32(args, 1);
  const k = argI32(args, 2);
  const as = argPtr(args, 4);
  const w = argPtr(args, 5);
  const cs = argPtr(args, 8);
  const fs = argPtr(args, 10);
  const begin = partBegin(n, part, parts, 4);
  const end = partBegin(n, part + 1, parts, 4);
  // Blocks of 16 rows of W stay in the cache while the rows of A pass.
  for (let j = begin; j < end; j += 16) {
    let a = argPtr(args, 3);
    let c = argPtr(args, 7);
    let from = argPtr(args, 9);
    for (let i = 0; i < m; i++) {
      dotRow(a, w, k, 0, 0, 0, c, from, j, min(j + 16, end));
      a += as;
      c += cs;
      from += fs;
    }
  }
}
