/**
 * Reductions. Sums go in float32 through blocks of fixed length, and the blocks are added in float64, so a long sum keeps its
 * digits; the order depends on the length alone.
 */
import { REDUCE_ARGMAX, REDUCE_ARGMIN, REDUCE_MAX, REDUCE_MIN, REDUCE_SUM, REDUCE_SUM_INT } from "../ops";
import { argI32, argPtr, partBegin } from "./args";
import { loadFirst, loadFirstOr, maxLanes, minLanes, storeFirst, sumLanes } from "./lanes";

const INFINITY: f32 = f32.MAX_VALUE * 2;
const SUM_BLOCK: i32 = 1024;
const COLUMN_BLOCK: i32 = 256;
const SQUARES_BLOCK: i32 = 8192;

/** Words: f, out, x, rows, n: each row of n becomes one number. */
export function reduceRows(args: usize, part: i32, parts: i32): void {
  const f = argI32(args, 0);
  const rows = argI32(args, 3);
  const n = argI32(args, 4);
  const begin = partBegin(rows, part, parts, 1);
  const end = partBegin(rows, part + 1, parts, 1);
  let out = argPtr(args, 1) + ((<usize>begin) << 2);
  let x = argPtr(args, 2) + (((<usize>begin) * n) << 2);
  for (let r = begin; r < end; r++) {
    if (f == REDUCE_SUM) store<f32>(out, <f32>sumRow(x, n));
    else if (f == REDUCE_MAX) store<f32>(out, maxRow(x, n));
    else if (f == REDUCE_MIN) store<f32>(out, minRow(x, n));
    else if (f == REDUCE_ARGMAX) store<i32>(out, indexOf(x, n, maxRow(x, n)));
    else if (f == REDUCE_ARGMIN) store<i32>(out, indexOf(x, n, minRow(x, n)));
    else if (f == REDUCE_SUM_INT) store<i32>(out, sumRowInt(x, n));
    out += 4;
    x += (<usize>n) << 2;
  }
}

export function sumRow(x: usize, n: i32): f64 {
  let total: f64 = 0;
  while (n >= 16) {
    const count = min(n & ~15, SUM_BLOCK);
    let a = f32x4.splat(0);
    let b = f32x4.splat(0);
    let c = f32x4.splat(0);
    let d = f32x4.splat(0);
    for (let i = 0; i < count; i += 16) {
      a = f32x4.add(a, v128.load(x));
      b = f32x4.add(b, v128.load(x, 16));
      c = f32x4.add(c, v128.load(x, 32));
      d = f32x4.add(d, v128.load(x, 48));
      x += 64;
    }
    total += <f64>sumLanes(f32x4.add(f32x4.add(a, b), f32x4.add(c, d)));
    n -= count;
  }
  let a = f32x4.splat(0);
  for (; n > 0; n -= 4) {
    a = f32x4.add(a, loadFirst(x, n));
    x += 16;
  }
  return total + <f64>sumLanes(a);
}

/** Wraps at 32 bits. */
function sumRowInt(x: usize, n: i32): i32 {
  let a = i32x4.splat(0);
  for (; n > 0; n -= 4) {
    a = i32x4.add(a, loadFirst(x, n));
    x += 16;
  }
  return i32x4.extract_lane(a, 0) + i32x4.extract_lane(a, 1) + i32x4.extract_lane(a, 2) + i32x4.extract_lane(a, 3);
}

/** NaN when one is there. */
function maxRow(x: usize, n: i32): f32 {
  const least = f32x4.splat(-INFINITY);
  let a = least;
  let b = least;
  for (; n >= 8; n -= 8) {
    a = f32x4.max(a, v128.load(x));
    b = f32x4.max(b, v128.load(x, 16));
    x += 32;
  }
  for (; n > 0; n -= 4) {
    a = f32x4.max(a, loadFirstOr(x, n, least));
    x += 16;
  }
  return maxLanes(f32x4.max(a, b));
}

function minRow(x: usize, n: i32): f32 {
  const most = f32x4.splat(INFINITY);
  let a = most;
  let b = most;
  for (; n >= 8; n -= 8) {
    a = f32x4.min(a, v128.load(x));
    b = f32x4.min(b, v128.load(x, 16));
    x += 32;
  }
  for (; n > 0; n -= 4) {
    a = f32x4.min(a, loadFirstOr(x, n, most));
    x += 16;
  }
  return minLanes(f32x4.min(a, b));
}

/** Where `value` stands first; a NaN stands where the first NaN does. */
function indexOf(x: usize, n: i32, value: f32): i32 {
  const wanted = f32x4.splat(value);
  const nan = value != value;
  let i = 0;
  for (; i + 4 <= n; i += 4) {
    const v = v128.load(x + ((<usize>i) << 2));
    if (v128.any_true(nan ? f32x4.ne(v, v) : f32x4.eq(v, wanted))) break;
  }
  for (; i < n; i++) {
    const v = load<f32>(x + ((<usize>i) << 2));
    if (nan ? v != v : v == value) return i;
  }
  return 0;
}

/** Words: out, x, rows, columns, xRow (bytes): each column becomes its sum. Parts split the columns. */
export function sumColumns(args: usize, part: i32, parts: i32): void {
  const rows = argI32(args, 2);
  const columns = argI32(args, 3);
  const xRow = argPtr(args, 4);
  const end = partBegin(columns, part + 1, parts, 16);
  let i = partBegin(columns, part, parts, 16);
  for (; i + 16 <= end; i += 16) {
    sumColumns16(argPtr(args, 0) + ((<usize>i) << 2), argPtr(args, 1) + ((<usize>i) << 2), rows, xRow);
  }
  for (; i < end; i += 4) {
    sumColumns4(argPtr(args, 0) + ((<usize>i) << 2), argPtr(args, 1) + ((<usize>i) << 2), rows, xRow, end - i);
  }
}

// @ts-ignore: decorator
@inline
function highHalf(v: v128): v128 {
  return f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 0, 1));
}

// @ts-ignore: decorator
@inline
function demote(low: v128, high: v128): v128 {
  return v128.shuffle<u64>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 2);
}

function sumColumns16(out: usize, x: usize, rows: i32, xRow: usize): void {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  let s2 = s0;
  let s3 = s0;
  let s4 = s0;
  let s5 = s0;
  let s6 = s0;
  let s7 = s0;
  while (rows > 0) {
    const count = min(rows, COLUMN_BLOCK);
    let a = f32x4.splat(0);
    let b = a;
    let c = a;
    let d = a;
    for (let r = 0; r < count; r++) {
      a = f32x4.add(a, v128.load(x));
      b = f32x4.add(b, v128.load(x, 16));
      c = f32x4.add(c, v128.load(x, 32));
      d = f32x4.add(d, v128.load(x, 48));
      x += xRow;
    }
    s0 = f64x2.add(s0, f64x2.promote_low_f32x4(a));
    s1 = f64x2.add(s1, highHalf(a));
    s2 = f64x2.add(s2, f64x2.promote_low_f32x4(b));
    s3 = f64x2.add(s3, highHalf(b));
    s4 = f64x2.add(s4, f64x2.promote_low_f32x4(c));
    s5 = f64x2.add(s5, highHalf(c));
    s6 = f64x2.add(s6, f64x2.promote_low_f32x4(d));
    s7 = f64x2.add(s7, highHalf(d));
    rows -= count;
  }
  v128.store(out, demote(s0, s1));
  v128.store(out, demote(s2, s3), 16);
  v128.store(out, demote(s4, s5), 32);
  v128.store(out, demote(s6, s7), 48);
}

function sumColumns4(out: usize, x: usize, rows: i32, xRow: usize, columns: i32): void {
  let low = f64x2.splat(0);
  let high = low;
  while (rows > 0) {
    const count = min(rows, COLUMN_BLOCK);
    let a = f32x4.splat(0);
    for (let r = 0; r < count; r++) {
      a = f32x4.add(a, loadFirst(x, columns));
      x += xRow;
    }
    low = f64x2.add(low, f64x2.promote_low_f32x4(a));
    high = f64x2.add(high, highHalf(a));
    rows -= count;
  }
  storeFirst(out, demote(low, high), columns);
}

/** Words: x, n, out: the float64 sum of squares of every block of 8,192. Parts split the blocks. */
export function sumOfSquares(args: usize, part: i32, parts: i32): void {
  const n = argI32(args, 1);
  const end = partBegin(n, part + 1, parts, SQUARES_BLOCK);
  for (let i = partBegin(n, part, parts, SQUARES_BLOCK); i < end; i += SQUARES_BLOCK) {
    const sum = squares(argPtr(args, 0) + ((<usize>i) << 2), min(SQUARES_BLOCK, end - i));
    store<f64>(argPtr(args, 2) + ((<usize>(i / SQUARES_BLOCK)) << 3), sum);
  }
}

/** sum + x² for the two low floats of x, whose squares float64 holds exactly: fused or not, the bits are the same. */
// @ts-ignore: decorator
@inline
function addSquares(sum: v128, x: v128): v128 {
  const v = f64x2.promote_low_f32x4(x);
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(v, v, sum);
  return f64x2.add(sum, f64x2.mul(v, v));
}

function squares(x: usize, n: i32): f64 {
  let a = f64x2.splat(0);
  let b = a;
  let c = a;
  let d = a;
  for (; n >= 8; n -= 8) {
    a = addSquares(a, v128.load64_zero(x));
    b = addSquares(b, v128.load64_zero(x, 8));
    c = addSquares(c, v128.load64_zero(x, 16));
    d = addSquares(d, v128.load64_zero(x, 24));
    x += 32;
  }
  for (; n > 0; n--) {
    a = addSquares(a, v128.load32_zero(x));
    x += 4;
  }
  const sum = f64x2.add(f64x2.add(a, b), f64x2.add(c, d));
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}
