/** Softmax and its kin over rows; the loss uses their pieces. */
import { argI32, argPtr, partBegin } from "./args";
import { firstLanes, loadFirst, loadFirstOr, maxLanes, storeFirst, sumLanes } from "./lanes";
import { madd, nmadd } from "./madd";
import { expNegativeV, logV } from "./math";
import { sumRow } from "./reduce";

const INFINITY: f32 = f32.MAX_VALUE * 2;
/** Elements whose exponentials are added in float32; the blocks are added in float64. */
export const BLOCK: i32 = 512;

/** The largest of x[0..n). A NaN is passed over: it comes back with the exponentials. */
export function rowMax(x: usize, n: i32): f32 {
  const least = f32x4.splat(-INFINITY);
  let a = least;
  let b = least;
  for (; n >= 8; n -= 8) {
    a = f32x4.pmax(a, v128.load(x));
    b = f32x4.pmax(b, v128.load(x, 16));
    x += 32;
  }
  for (; n > 0; n -= 4) {
    a = f32x4.pmax(a, loadFirstOr(x, n, least));
    x += 16;
  }
  return maxLanes(f32x4.pmax(a, b));
}

/** Σ exp(x - max) */
export function expSum(x: usize, n: i32, max: f32): f32 {
  const shift = f32x4.splat(max);
  let total: f64 = 0;
  while (n >= 8) {
    const count = min(n & ~7, BLOCK);
    let a = f32x4.splat(0);
    let b = a;
    for (let i = 0; i < count; i += 8) {
      a = f32x4.add(a, expNegativeV(f32x4.sub(v128.load(x), shift)));
      b = f32x4.add(b, expNegativeV(f32x4.sub(v128.load(x, 16), shift)));
      x += 32;
    }
    total += <f64>sumLanes(f32x4.add(a, b));
    n -= count;
  }
  let a = f32x4.splat(0);
  for (; n > 0; n -= 4) {
    a = f32x4.add(a, shiftedExp(x, n, shift));
    x += 16;
  }
  return <f32>(total + <f64>sumLanes(a));
}

/** out = exp(x - max); returns its sum, the same to the last bit as `expSum`. `out` may be x. */
export function expStoreSum(out: usize, x: usize, n: i32, max: f32): f32 {
  const shift = f32x4.splat(max);
  let total: f64 = 0;
  while (n >= 8) {
    const count = min(n & ~7, BLOCK);
    let a = f32x4.splat(0);
    let b = a;
    for (let i = 0; i < count; i += 8) {
      const u = expNegativeV(f32x4.sub(v128.load(x), shift));
      const v = expNegativeV(f32x4.sub(v128.load(x, 16), shift));
      v128.store(out, u);
      v128.store(out, v, 16);
      a = f32x4.add(a, u);
      b = f32x4.add(b, v);
      x += 32;
      out += 32;
    }
    total += <f64>sumLanes(f32x4.add(a, b));
    n -= count;
  }
  let a = f32x4.splat(0);
  for (; n > 0; n -= 4) {
    const u = shiftedExp(x, n, shift);
    storeFirst(out, u, n);
    a = f32x4.add(a, u);
    x += 16;
    out += 16;
  }
  return <f32>(total + <f64>sumLanes(a));
}

/** exp(x - shift) in the first `n` lanes, 0 above. */
// @ts-ignore: decorator
@inline
function shiftedExp(x: usize, n: i32, shift: v128): v128 {
  return v128.and(expNegativeV(f32x4.sub(loadFirst(x, n), shift)), firstLanes(n));
}

/** out = factor · x; `out` may be x. */
export function scaleRow(out: usize, x: usize, n: i32, factor: f32): void {
  const s = f32x4.splat(factor);
  for (; n >= 8; n -= 8) {
    const u = f32x4.mul(v128.load(x), s);
    const v = f32x4.mul(v128.load(x, 16), s);
    v128.store(out, u);
    v128.store(out, v, 16);
    out += 32;
    x += 32;
  }
  for (; n > 0; n -= 4) {
    storeFirst(out, f32x4.mul(loadFirst(x, n), s), n);
    out += 16;
    x += 16;
  }
}

export function logScalar(x: f32): f32 {
  return f32x4.extract_lane(logV(f32x4.splat(x)), 0);
}

/** Words: out, x, rows, n. */
export function softmax(args: usize, part: i32, parts: i32): void {
  const rows = argI32(args, 2);
  const n = argI32(args, 3);
  const end = partBegin(rows, part + 1, parts, 1);
  for (let r = partBegin(rows, part, parts, 1); r < end; r++) {
    const at = ((<usize>r) * n) << 2;
    const x = argPtr(args, 1) + at;
    const out = argPtr(args, 0) + at;
    const sum = expStoreSum(out, x, n, rowMax(x, n));
    scaleRow(out, out, n, 1 / sum);
  }
}

/** Words: out, x, rows, n. */
export function logSoftmax(args: usize, part: i32, parts: i32): void {
  const rows = argI32(args, 2);
  const n = argI32(args, 3);
  const end = partBegin(rows, part + 1, parts, 1);
  for (let r = partBegin(rows, part, parts, 1); r < end; r++) {
    const at = ((<usize>r) * n) << 2;
    const x = argPtr(args, 1) + at;
    const max = rowMax(x, n);
    logSoftmaxRow(argPtr(args, 0) + at, x, n, max, logScalar(expSum(x, n, max)));
  }
}

function logSoftmaxRow(out: usize, x: usize, n: i32, max: f32, log: f32): void {
  const m = f32x4.splat(max);
  const l = f32x4.splat(log);
  for (; n >= 8; n -= 8) {
    const u = f32x4.sub(f32x4.sub(v128.load(x), m), l);
    const v = f32x4.sub(f32x4.sub(v128.load(x, 16), m), l);
    v128.store(out, u);
    v128.store(out, v, 16);
    x += 32;
    out += 32;
  }
  for (; n > 0; n -= 4) {
    storeFirst(out, f32x4.sub(f32x4.sub(loadFirst(x, n), m), l), n);
    x += 16;
    out += 16;
  }
}

/** dx = y ⊙ (dy - Σ y⊙dy). Words: dx, y, dy, rows, n. */
export function softmaxBackward(args: usize, part: i32, parts: i32): void {
  const rows = argI32(args, 3);
  const n = argI32(args, 4);
  const end = partBegin(rows, part + 1, parts, 1);
  for (let r = partBegin(rows, part, parts, 1); r < end; r++) {
    const at = ((<usize>r) * n) << 2;
    const y = argPtr(args, 1) + at;
    const dy = argPtr(args, 2) + at;
    softmaxBackwardRow(argPtr(args, 0) + at, y, dy, n, dotRow(y, dy, n));
  }
}

/** Σ a⊙b, in float32 blocks added in float64. */
function dotRow(a: usize, b: usize, n: i32): f32 {
  let total: f64 = 0;
  while (n > 0) {
    let left = min(n, BLOCK);
    n -= left;
    let s = f32x4.splat(0);
    let t = s;
    for (; left >= 8; left -= 8) {
      s = madd(v128.load(a), v128.load(b), s);
      t = madd(v128.load(a, 16), v128.load(b, 16), t);
      a += 32;
      b += 32;
    }
    for (; left > 0; left -= 4) {
      s = madd(loadFirst(a, left), loadFirst(b, left), s);
      a += 16;
      b += 16;
    }
    total += <f64>sumLanes(f32x4.add(s, t));
  }
  return <f32>total;
}

function softmaxBackwardRow(dx: usize, y: usize, dy: usize, n: i32, dot: f32): void {
  const d = f32x4.splat(dot);
  for (; n >= 8; n -= 8) {
    const u = f32x4.mul(v128.load(y), f32x4.sub(v128.load(dy), d));
    const v = f32x4.mul(v128.load(y, 16), f32x4.sub(v128.load(dy, 16), d));
    v128.store(dx, u);
    v128.store(dx, v, 16);
    dx += 32;
    y += 32;
    dy += 32;
  }
  for (; n > 0; n -= 4) {
    storeFirst(dx, f32x4.mul(loadFirst(y, n), f32x4.sub(loadFirst(dy, n), d)), n);
    dx += 16;
    y += 16;
    dy += 16;
  }
}

/** dx = dy - exp(y) Σ dy. Words: dx, y, dy, rows, n. */
export function logSoftmaxBackward(args: usize, part: i32, parts: i32): void {
  const rows = argI32(args, 3);
  const n = argI32(args, 4);
  const end = partBegin(rows, part + 1, parts, 1);
  for (let r = partBegin(rows, part, parts, 1); r < end; r++) {
    const at = ((<usize>r) * n) << 2;
    const dy = argPtr(args, 2) + at;
    logSoftmaxBackwardRow(argPtr(args, 0) + at, argPtr(args, 1) + at, dy, n, <f32>sumRow(dy, n));
  }
}

function logSoftmaxBackwardRow(dx: usize, y: usize, dy: usize, n: i32, sum: f32): void {
  const s = f32x4.splat(sum);
  for (; n >= 8; n -= 8) {
    const u = nmadd(expNegativeV(v128.load(y)), s, v128.load(dy));
    const v = nmadd(expNegativeV(v128.load(y, 16)), s, v128.load(dy, 16));
    v128.store(dx, u);
    v128.store(dx, v, 16);
    dx += 32;
    y += 32;
    dy += 32;
  }
  for (; n > 0; n -= 4) {
    storeFirst(dx, nmadd(expNegativeV(loadFirst(y, n)), s, loadFirst(dy, n)), n);
    dx += 16;
    y += 16;
    dy += 16;
  }
}
