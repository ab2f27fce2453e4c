/**
 * Few rows against weights whose rows are contiguous: C [M, N] = from + A [M, K] · Wᵀ, W [N, K]. Bound by the memory that W
 * comes from, so W is read once, four or eight rows at a time, where it lies. Sums start anew for
 * each element in one fixed order, whichever rows are taken together.
 */
import { argI32, argPtr, partBegin } from "./args";
import { edgeTile, isWide, ZEROS } from "./gemm";
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
 * Four rows at once, `ws` bytes apart: a · w_r for r = 0 to 3, as one vector. `rows` of them exist; rows beyond repeat the last. Eight sums
 * are under way, which hides the latency of the additions.
 */
// @ts-ignore: decorator
@inline
function sumsOfFour(a: usize, w: usize, ws: usize, k: i32, rows: i32): v128 {
  const zero = f32x4.splat(0);
  let s0 = zero, t0 = zero, s1 = zero, t1 = zero, s2 = zero, t2 = zero, s3 = zero, t3 = zero;
  let x = a;
  let w0 = w;
  let w1 = rows > 1 ? w0 + ws : w0;
  let w2 = rows > 2 ? w1 + ws : w1;
  let w3 = rows > 3 ? w2 + ws : w2;
  for (let i = k; i >= 8; i -= 8) {
    const p = v128.load(x), q = v128.load(x, 16);
    s0 = madd(p, v128.load(w0), s0);
    t0 = madd(q, v128.load(w0, 16), t0);
    s1 = madd(p, v128.load(w1), s1);
    t1 = madd(q, v128.load(w1, 16), t1);
    s2 = madd(p, v128.load(w2), s2);
    t2 = madd(q, v128.load(w2, 16), t2);
    s3 = madd(p, v128.load(w3), s3);
    t3 = madd(q, v128.load(w3, 16), t3);
    x += 32;
    w0 += 32;
    w1 += 32;
    w2 += 32;
    w3 += 32;
  }
  const r0 = f32x4.add(s0, t0), r1 = f32x4.add(s1, t1), r2 = f32x4.add(s2, t2), r3 = f32x4.add(s3, t3);
  if ((k & 7) == 0) return sumFour(r0, r1, r2, r3);
  return addRest(r0, r1, r2, r3, a, w, ws, k, rows);
}

/** start + a · w_r, and then + b · v_r, for four rows of two matrices, `apart` rows apart. */
function dotFour(a: usize, w: usize, k: i32, b: usize, v: usize, l: i32, apart: i32, rows: i32, start: v128): v128 {
  if (k > 0) start = f32x4.add(sumsOfFour(a, w, <usize>(apart * k) << 2, k, rows), start);
  if (l > 0) start = f32x4.add(sumsOfFour(b, v, <usize>(apart * l) << 2, l, rows), start);
  return start;
}

/** What does not fill two vectors is added to the sums of four rows, and these are summed. */
function addRest(r0: v128, r1: v128, r2: v128, r3: v128, a: usize, w: usize, ws: usize, k: i32, rows: i32): v128 {
  const whole = <usize>(k & -8) << 2;
  let x = a + whole;
  let w0 = w + whole;
  for (let rest = k & 7; rest > 0; rest -= 4) {
    const p = loadFirst(x, rest);
    const w1 = rows > 1 ? w0 + ws : w0;
    const w2 = rows > 2 ? w1 + ws : w1;
    const w3 = rows > 3 ? w2 + ws : w2;
    r0 = madd(p, loadFirst(w0, rest), r0);
    r1 = madd(p, loadFirst(w1, rest), r1);
    r2 = madd(p, loadFirst(w2, rest), r2);
    r3 = madd(p, loadFirst(w3, rest), r3);
    x += 16;
    w0 += 16;
  }
  return sumFour(r0, r1, r2, r3);
}

/**
 * Adds a · w_r of eight rows, `ws` bytes apart, for as many k as fill two vectors, to the sums at `sums`: two vectors a row, adjacent, which V8 can
 * fuse into 256-bit ones because they end in stores. The same sums as sumsOfFour's; for the 256-bit variant alone, whose
 * registers hold them.
 */
function addEight(sums: usize, x: usize, w0: usize, ws: usize, k: i32): void {
  let w1 = w0 + ws, w2 = w1 + ws, w3 = w2 + ws, w4 = w3 + ws, w5 = w4 + ws, w6 = w5 + ws, w7 = w6 + ws;
  let s0 = v128.load(sums), t0 = v128.load(sums, 16);
  let s1 = v128.load(sums, 32), t1 = v128.load(sums, 48);
  let s2 = v128.load(sums, 64), t2 = v128.load(sums, 80);
  let s3 = v128.load(sums, 96), t3 = v128.load(sums, 112);
  let s4 = v128.load(sums, 128), t4 = v128.load(sums, 144);
  let s5 = v128.load(sums, 160), t5 = v128.load(sums, 176);
  let s6 = v128.load(sums, 192), t6 = v128.load(sums, 208);
  let s7 = v128.load(sums, 224), t7 = v128.load(sums, 240);
  for (let i = k; i >= 8; i -= 8) {
    const p = v128.load(x), q = v128.load(x, 16);
    s0 = madd(p, v128.load(w0), s0);
    t0 = madd(q, v128.load(w0, 16), t0);
    s1 = madd(p, v128.load(w1), s1);
    t1 = madd(q, v128.load(w1, 16), t1);
    s2 = madd(p, v128.load(w2), s2);
    t2 = madd(q, v128.load(w2, 16), t2);
    s3 = madd(p, v128.load(w3), s3);
    t3 = madd(q, v128.load(w3, 16), t3);
    s4 = madd(p, v128.load(w4), s4);
    t4 = madd(q, v128.load(w4, 16), t4);
    s5 = madd(p, v128.load(w5), s5);
    t5 = madd(q, v128.load(w5, 16), t5);
    s6 = madd(p, v128.load(w6), s6);
    t6 = madd(q, v128.load(w6, 16), t6);
    s7 = madd(p, v128.load(w7), s7);
    t7 = madd(q, v128.load(w7, 16), t7);
    x += 32;
    w0 += 32;
    w1 += 32;
    w2 += 32;
    w3 += 32;
    w4 += 32;
    w5 += 32;
    w6 += 32;
    w7 += 32;
  }
  v128.store(sums, s0);
  v128.store(sums, t0, 16);
  v128.store(sums, s1, 32);
  v128.store(sums, t1, 48);
  v128.store(sums, s2, 64);
  v128.store(sums, t2, 80);
  v128.store(sums, s3, 96);
  v128.store(sums, t3, 112);
  v128.store(sums, s4, 128);
  v128.store(sums, t4, 144);
  v128.store(sums, s5, 160);
  v128.store(sums, t5, 176);
  v128.store(sums, s6, 192);
  v128.store(sums, t6, 208);
  v128.store(sums, s7, 224);
  v128.store(sums, t7, 240);
}

/** to[r] += a · w_r for eight rows `apart` rows apart, as sumsOfFour has them, with the sums in `scratch`: 256 bytes. */
function dotEight(a: usize, w: usize, k: i32, apart: i32, scratch: usize, to: usize): void {
  const zero = f32x4.splat(0);
  for (let i: usize = 0; i < 256; i += 32) {
    v128.store(scratch + i, zero);
    v128.store(scratch + i, zero, 16);
  }
  const step = <usize>apart << 2;
  const ws = step * <usize>k;
  addEight(scratch, a, w, ws, k);
  for (let half: usize = 0; half < 2; half++) {
    const sums = scratch + (half << 7);
    const r0 = sumHalves(sums), r1 = sumHalves(sums + 32), r2 = sumHalves(sums + 64), r3 = sumHalves(sums + 96);
    let sum: v128;
    if ((k & 7) == 0) sum = sumFour(r0, r1, r2, r3);
    else sum = addRest(r0, r1, r2, r3, a, w + (half << 2) * ws, ws, k, 4);
    const at = to + (half << 2) * step;
    storeApart(at, step, f32x4.add(sum, loadApart(at, step)));
  }
}

// @ts-ignore: decorator
@inline
function sumHalves(p: usize): v128 {
  return f32x4.add(v128.load(p), v128.load(p, 16));
}

/**
 * to[j] = start[j] + also[j] + a · w_j, and then + b · v_j, for j in [j0, j1); rows of w are `k` long and of v `l` (0: none), without gaps.
 * What the first product gives may therefore be kept, and given as `start` with k = 0: the same bits. `start` and `also` may be ZEROS;
 * `scratch`: 256 bytes of the thread's own.
 */
export function dotRow(
  a: usize, w: usize, k: i32, b: usize, v: usize, l: i32, to: usize, start: usize, also: usize, j0: i32, j1: i32, scratch: usize,
): void {
  begin(to, start, also, j0, j1);
  let j = j0;
  if (isWide()) {
    while (j + 8 <= j1) {
      const apart = rowsApart((j1 - j) >> 3);
      for (const end = j + apart; j < end; j++) {
        const at = <usize>j << 2;
        if (k > 0) dotEight(a, w + at * <usize>k, k, apart, scratch, to + at);
        if (l > 0) dotEight(b, v + at * <usize>l, l, apart, scratch, to + at);
      }
      j += 7 * apart;
    }
  }
  while (j + 4 <= j1) {
    const apart = rowsApart((j1 - j) >> 2);
    const step = <usize>apart << 2;
    for (const end = j + apart; j < end; j++) {
      const at = <usize>j << 2;
      const sums = loadApart(to + at, step);
      storeApart(to + at, step, dotFour(a, w + at * <usize>k, k, b, v + at * <usize>l, l, apart, 4, sums));
    }
    j += 3 * apart;
  }
  if (j == j1) return;
  const at = <usize>j << 2;
  const rows = j1 - j;
  storeFirst(to + at, dotFour(a, w + at * <usize>k, k, b, v + at * <usize>l, l, 1, rows, loadFirst(to + at, rows)), rows);
}

/**
 * How far apart the rows are that are taken together. Far apart they are long streams, which the processor fetches ahead, where rows that
 * follow each other are short ones: from memory, that takes half the time. An odd number, because rows a power of two apart share sets of
 * the cache.
 */
// @ts-ignore: decorator
@inline
function rowsApart(most: i32): i32 {
  return (most - 1) | 1;
}

/** to[j] = start[j] + also[j] */
// @ts-ignore: decorator
@inline
function begin(to: usize, start: usize, also: usize, j0: i32, j1: i32): void {
  const startMask = start == ZEROS ? 0 : ~(<usize>0);
  const alsoMask = also == ZEROS ? 0 : ~(<usize>0);
  for (let j = j0; j < j1; j += 4) {
    const at = <usize>j << 2;
    const rest = j1 - j;
    storeFirst(to + at, f32x4.add(loadFirst(start + (at & startMask), rest), loadFirst(also + (at & alsoMask), rest)), rest);
  }
}

/** Four floats `step` bytes apart. */
// @ts-ignore: decorator
@inline
function loadApart(from: usize, step: usize): v128 {
  const two = v128.load_lane<f32>(from + step, v128.load32_splat(from), 1);
  return v128.load_lane<f32>(from + 3 * step, v128.load_lane<f32>(from + 2 * step, two, 2), 3);
}

// @ts-ignore: decorator
@inline
function storeApart(to: usize, step: usize, x: v128): void {
  v128.store_lane<f32>(to, x, 0);
  v128.store_lane<f32>(to + step, x, 1);
  v128.store_lane<f32>(to + 2 * step, x, 2);
  v128.store_lane<f32>(to + 3 * step, x, 3);
}

/**
 * Args: 0 M, 1 N, 2 K, 3 a, 4 a's row stride, 5 w (rows without gaps), 7 c, 8 c's row stride, 9 from, 10 from's row stride.
 * Parts are columns, by fours.
 */
export function dots(args: usize, part: i32, parts: i32, thread: i32): void {
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
  const size = m == 1 ? end - begin : 16;
  for (let j = begin; j < end; j += size) {
    let a = argPtr(args, 3);
    let c = argPtr(args, 7);
    let from = argPtr(args, 9);
    for (let i = 0; i < m; i++) {
      dotRow(a, w, k, 0, 0, 0, c, from, ZEROS, j, min(j + size, end), edgeTile(thread));
      a += as;
      c += cs;
      from += fs;
    }
  }
}
