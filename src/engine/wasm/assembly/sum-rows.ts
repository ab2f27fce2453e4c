import { argI32, argPtr, partBegin } from "./args";
import { loadFirst, storeFirst } from "./lanes";
import { madd } from "./madd";

/** Rows that are added in one pass over the sums. */
const ROWS: i32 = 8;

/**
 * out [N] = Σ over rows of x [M, N], in order. Args: 0 x, 1 row stride, 2 M, 3 N, 4 out, 5 add to what out holds. Parts are columns.
 * Some whole rows after others, as they lie: down a column, rows that are a power of two apart share a few sets of the cache.
 */
export function sumRows(args: usize, part: i32, parts: i32): void {
  const xs = argPtr(args, 1);
  const m = argI32(args, 2);
  const n = argI32(args, 3);
  const begin = <usize>partBegin(n, part, parts, 16) << 2;
  const bytes = (<usize>partBegin(n, part + 1, parts, 16) << 2) - begin;
  const out = argPtr(args, 4) + begin;
  let x = argPtr(args, 0) + begin;
  if (argI32(args, 5) == 0) memory.fill(out, 0, bytes);
  let i = 0;
  for (; i + ROWS <= m; i += ROWS) {
    addRows(out, x, xs, bytes);
    x += <usize>ROWS * xs;
  }
  for (; i < m; i++) {
    for (let j: usize = 0; j < bytes; j += 16) {
      const count = <i32>((bytes - j) >> 2);
      storeFirst(out + j, f32x4.add(loadFirst(out + j, count), loadFirst(x + j, count)), count);
    }
    x += xs;
  }
}

function addRows(out: usize, x: usize, xs: usize, bytes: usize): void {
  const x1 = x + xs, x2 = x1 + xs, x3 = x2 + xs, x4 = x3 + xs, x5 = x4 + xs, x6 = x5 + xs, x7 = x6 + xs;
  let j: usize = 0;
  for (; j + 32 <= bytes; j += 32) {
    let a = f32x4.add(v128.load(out + j), v128.load(x + j)), b = f32x4.add(v128.load(out + j, 16), v128.load(x + j, 16));
    a = f32x4.add(a, v128.load(x1 + j));
    b = f32x4.add(b, v128.load(x1 + j, 16));
    a = f32x4.add(a, v128.load(x2 + j));
    b = f32x4.add(b, v128.load(x2 + j, 16));
    a = f32x4.add(a, v128.load(x3 + j));
    b = f32x4.add(b, v128.load(x3 + j, 16));
    a = f32x4.add(a, v128.load(x4 + j));
    b = f32x4.add(b, v128.load(x4 + j, 16));
    a = f32x4.add(a, v128.load(x5 + j));
    b = f32x4.add(b, v128.load(x5 + j, 16));
    a = f32x4.add(a, v128.load(x6 + j));
    b = f32x4.add(b, v128.load(x6 + j, 16));
    a = f32x4.add(a, v128.load(x7 + j));
    b = f32x4.add(b, v128.load(x7 + j, 16));
    v128.store(out + j, a);
    v128.store(out + j, b, 16);
  }
  for (; j < bytes; j += 4) {
    let sum = load<f32>(out + j);
    for (let r: usize = 0; r < <usize>ROWS; r++) sum += load<f32>(x + r * xs + j);
    store<f32>(out + j, sum);
  }
}

/** out += Σ factor · row over `m` rows of `bytes`, `xs` apart, in order. */
export function addScaledRows(out: usize, x: usize, xs: usize, m: i32, bytes: usize, factors: usize): void {
  for (; m >= 4; m -= 4) {
    addFourScaled(out, x, xs, bytes, factors);
    x += 4 * xs;
    factors += 16;
  }
  for (; m > 0; m--) {
    addScaledRow(out, x, bytes, factors);
    x += xs;
    factors += 4;
  }
}

function addFourScaled(out: usize, x: usize, xs: usize, bytes: usize, factors: usize): void {
  const x1 = x + xs, x2 = x1 + xs, x3 = x2 + xs;
  const f0 = v128.load32_splat(factors), f1 = v128.load32_splat(factors, 4);
  const f2 = v128.load32_splat(factors, 8), f3 = v128.load32_splat(factors, 12);
  let j: usize = 0;
  for (; j + 32 <= bytes; j += 32) {
    let a = madd(v128.load(x + j), f0, v128.load(out + j)), b = madd(v128.load(x + j, 16), f0, v128.load(out + j, 16));
    a = madd(v128.load(x1 + j), f1, a);
    b = madd(v128.load(x1 + j, 16), f1, b);
    a = madd(v128.load(x2 + j), f2, a);
    b = madd(v128.load(x2 + j, 16), f2, b);
    a = madd(v128.load(x3 + j), f3, a);
    b = madd(v128.load(x3 + j, 16), f3, b);
    v128.store(out + j, a);
    v128.store(out + j, b, 16);
  }
  if (j == bytes) return;
  for (let r: usize = 0; r < 4; r++) addScaledRow(out + j, x + r * xs + j, bytes - j, factors + (r << 2));
}

function addScaledRow(out: usize, x: usize, bytes: usize, factor: usize): void {
  const f = v128.load32_splat(factor);
  for (let j: usize = 0; j < bytes; j += 16) {
    const count = <i32>((bytes - j) >> 2);
    storeFirst(out + j, madd(loadFirst(x + j, count), f, loadFirst(out + j, count)), count);
  }
}
