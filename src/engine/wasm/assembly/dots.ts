/**
 * Few rows against weights whose rows are contiguous: C [M, N] = from + A [M, K] · Wᵀ, W [N, K]. Bound by the memory that W
 * comes from, so W is read once, four rows at a time, where it lies.
 */
import { argI32, argPtr, partBegin } from "./args";
import { madd, maddScalar } from "./madd";
import { ZEROS } from "./gemm";
import { sumLanes } from "./lanes";

/** a · w over k floats, in two vectors of partial sums. */
export function dot1(a: usize, w: usize, k: i32): f32 {
  let s0 = f32x4.splat(0);
  let s1 = f32x4.splat(0);
  for (; k >= 8; k -= 8) {
    s0 = madd(v128.load(a), v128.load(w), s0);
    s1 = madd(v128.load(a, 16), v128.load(w, 16), s1);
    a += 32;
    w += 32;
  }
  let sum = sumLanes(f32x4.add(s0, s1));
  for (; k > 0; k--) {
    sum = maddScalar(load<f32>(a), load<f32>(w), sum);
    a += 4;
    w += 4;
  }
  return sum;
}

/** Four rows of W at once, each bit for bit as dot1: to[r] = start[r] + a · w_r. */
export function dot4(a: usize, w: usize, ws: usize, k: i32, to: usize, start: usize): void {
  const w1 = w + ws;
  const w2 = w1 + ws;
  const w3 = w2 + ws;
  let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
  let t0 = f32x4.splat(0), t1 = f32x4.splat(0), t2 = f32x4.splat(0), t3 = f32x4.splat(0);
  let i: usize = 0;
  for (const end = <usize>(k & -8) << 2; i < end; i += 32) {
    const x = v128.load(a + i);
    const y = v128.load(a + i, 16);
    s0 = madd(x, v128.load(w + i), s0);
    s1 = madd(x, v128.load(w1 + i), s1);
    s2 = madd(x, v128.load(w2 + i), s2);
    s3 = madd(x, v128.load(w3 + i), s3);
    t0 = madd(y, v128.load(w + i, 16), t0);
    t1 = madd(y, v128.load(w1 + i, 16), t1);
    t2 = madd(y, v128.load(w2 + i, 16), t2);
    t3 = madd(y, v128.load(w3 + i, 16), t3);
  }
  let d0 = sumLanes(f32x4.add(s0, t0));
  let d1 = sumLanes(f32x4.add(s1, t1));
  let d2 = sumLanes(f32x4.add(s2, t2));
  let d3 = sumLanes(f32x4.add(s3, t3));
  for (const end = <usize>k << 2; i < end; i += 4) {
    const x = load<f32>(a + i);
    d0 = maddScalar(x, load<f32>(w + i), d0);
    d1 = maddScalar(x, load<f32>(w1 + i), d1);
    d2 = maddScalar(x, load<f32>(w2 + i), d2);
    d3 = maddScalar(x, load<f32>(w3 + i), d3);
  }
  store<f32>(to, d0 + load<f32>(start));
  store<f32>(to, d1 + load<f32>(start, 4), 4);
  store<f32>(to, d2 + load<f32>(start, 8), 8);
  store<f32>(to, d3 + load<f32>(start, 12), 12);
}

/** One row: to[j] = start[j] + a · w_j for j in [j0, j1). `start` may be ZEROS. */
export function dotRow(a: usize, w: usize, ws: usize, k: i32, to: usize, start: usize, j0: i32, j1: i32): void {
  let j = j0;
  for (; j + 4 <= j1; j += 4) {
    const at = <usize>j << 2;
    dot4(a, w + <usize>j * ws, ws, k, to + at, start == ZEROS ? start : start + at);
  }
  for (; j < j1; j++) {
    const at = <usize>j << 2;
    const from = start == ZEROS ? start : start + at;
    store<f32>(to + at, dot1(a, w + <usize>j * ws, k) + load<f32>(from));
  }
}

/**
 * Args: 0 M, 1 N, 2 K, 3 a, 4 a's row stride, 5 w, 6 w's row stride, 7 c, 8 c's row stride, 9 from, 10 from's row stride.
 * Parts are columns, by fours.
 */
export function dots(args: usize, part: i32, parts: i32): void {
  const m = argI32(args, 0);
  const n = argI32(args, 1);
  const k = argI32(args, 2);
  const as = argPtr(args, 4);
  const w = argPtr(args, 5);
  const ws = argPtr(args, 6);
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
      dotRow(a, w, ws, k, c, from, j, min(j + 16, end));
      a += as;
      c += cs;
      from += fs;
    }
  }
}
