/** The elementwise kernels that are neither unary nor binary functions. */
import { argF32, argI32, argPtr, partBegin } from "./args";
import { loadFirst, storeFirst } from "./lanes";
import { madd } from "./madd";

/** Words: out, bits, n. */
export function fill(args: usize, part: i32, parts: i32): void {
  const total = argI32(args, 2);
  const begin = partBegin(total, part, parts, 8);
  let n = partBegin(total, part + 1, parts, 8) - begin;
  let out = argPtr(args, 0) + ((<usize>begin) << 2);
  const v = i32x4.splat(argI32(args, 1));
  for (; n >= 8; n -= 8) {
    v128.store(out, v);
    v128.store(out, v, 16);
    out += 32;
  }
  for (; n > 0; n -= 4) {
    storeFirst(out, v, n);
    out += 16;
  }
}

/** Words: toInt, out, x, n. Float to int truncates towards zero and saturates; NaN gives 0. */
export function convert(args: usize, part: i32, parts: i32): void {
  const total = argI32(args, 3);
  const begin = partBegin(total, part, parts, 4);
  let n = partBegin(total, part + 1, parts, 4) - begin;
  let out = argPtr(args, 1) + ((<usize>begin) << 2);
  let x = argPtr(args, 2) + ((<usize>begin) << 2);
  const toInt = argI32(args, 0) != 0;
  for (; n > 0; n -= 4) {
    const v = loadFirst(x, n);
    storeFirst(out, toInt ? i32x4.trunc_sat_f32x4_s(v) : f32x4.convert_i32x4_s(v), n);
    out += 16;
    x += 16;
  }
}

/** out = a + alpha · b. Words: out, a, b, n, alpha. `out` may be a. */
export function axpy(args: usize, part: i32, parts: i32): void {
  const total = argI32(args, 3);
  const begin = partBegin(total, part, parts, 8);
  let n = partBegin(total, part + 1, parts, 8) - begin;
  const at = (<usize>begin) << 2;
  let out = argPtr(args, 0) + at;
  let a = argPtr(args, 1) + at;
  let b = argPtr(args, 2) + at;
  const alpha = f32x4.splat(argF32(args, 4));
  for (; n >= 8; n -= 8) {
    const u = madd(alpha, v128.load(b), v128.load(a));
    const v = madd(alpha, v128.load(b, 16), v128.load(a, 16));
    v128.store(out, u);
    v128.store(out, v, 16);
    a += 32;
    b += 32;
    out += 32;
  }
  for (; n > 0; n -= 4) {
    storeFirst(out, madd(alpha, loadFirst(b, n), loadFirst(a, n)), n);
    a += 16;
    b += 16;
    out += 16;
  }
}

/** out = scale · x + shift. Words: out, x, n, scale, shift. `out` may be x. */
export function affine(args: usize, part: i32, parts: i32): void {
  const total = argI32(args, 2);
  const begin = partBegin(total, part, parts, 8);
  let n = partBegin(total, part + 1, parts, 8) - begin;
  const at = (<usize>begin) << 2;
  let out = argPtr(args, 0) + at;
  let x = argPtr(args, 1) + at;
  const scale = f32x4.splat(argF32(args, 3));
  const shift = f32x4.splat(argF32(args, 4));
  for (; n >= 8; n -= 8) {
    const u = madd(scale, v128.load(x), shift);
    const v = madd(scale, v128.load(x, 16), shift);
    v128.store(out, u);
    v128.store(out, v, 16);
    x += 32;
    out += 32;
  }
  for (; n > 0; n -= 4) {
    storeFirst(out, madd(scale, loadFirst(x, n), shift), n);
    x += 16;
    out += 16;
  }
}

/** out = cond ? a : b. Words: out, cond, a, b, n, aStep, bStep (4, or 0 for a scalar). */
export function where(args: usize, part: i32, parts: i32): void {
  const total = argI32(args, 4);
  const begin = partBegin(total, part, parts, 4);
  let n = partBegin(total, part + 1, parts, 4) - begin;
  const at = (<usize>begin) << 2;
  let out = argPtr(args, 0) + at;
  let cond = argPtr(args, 1) + at;
  const aRepeats = argI32(args, 5) == 0;
  const bRepeats = argI32(args, 6) == 0;
  let a = argPtr(args, 2) + (aRepeats ? 0 : at);
  let b = argPtr(args, 3) + (bRepeats ? 0 : at);
  const aScalar = v128.load32_splat(a);
  const bScalar = v128.load32_splat(b);
  const zero = i32x4.splat(0);
  for (; n > 0; n -= 4) {
    const u = aRepeats ? aScalar : loadFirst(a, n);
    const v = bRepeats ? bScalar : loadFirst(b, n);
    storeFirst(out, v128.bitselect(v, u, i32x4.eq(loadFirst(cond, n), zero)), n);
    out += 16;
    cond += 16;
    a += 16;
    b += 16;
  }
}
