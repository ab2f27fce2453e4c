/**
 * Elementary functions on four float32 at once, inlined into the kernels that use them.
 *
 * Method. exp and its relatives: x = n·ln2 + r with ln2 in two parts (Cody & Waite 1980), |r| <= ln2/2, n found by adding
 * 1.5·2^23 so that it stands in the low bits of the sum; e^r = 1 + r + r²·P(r). log: x = 2^k·m with m in [√½, √2) and the
 * series in s = f/(2+f), f = m-1. tanh: a polynomial near 0, by exp beyond. Coefficients: see constants.ts.
 * Bounds over all of float32, of either variant, are in test/engine/wasm/math.test.ts.
 *
 * pmin(x, c) and pmax(x, c), in this order, hand NaN on and are one instruction; min and max are six.
 */
import {
  constant,
  DENORMAL_SCALE,
  DENORMAL_SHIFT,
  E2,
  E3,
  E4,
  E5,
  E6,
  ERF_BREAK,
  ERF_FAR0,
  ERF_FAR1,
  ERF_FAR2,
  ERF_FAR3,
  ERF_FAR4,
  ERF_FAR5,
  ERF_FAR6,
  ERF_LIMIT,
  ERF_NEAR1,
  ERF_NEAR2,
  ERF_NEAR3,
  ERF_NEAR4,
  ERF_NEAR5,
  ERF_NEAR6,
  EXPM1_LOW,
  EXPM1_TINY,
  EXPONENT_MASK,
  EXP_HIGH,
  EXP_LOW,
  FLUSH,
  HALF,
  INFINITY,
  L1,
  L2,
  L3,
  LN2_HIGH,
  LN2_LOW,
  LOG1P_TINY,
  LOG2E,
  MINUS_E3,
  MINUS_E5,
  MINUS_INFINITY,
  MINUS_LN2_HIGH,
  MINUS_LN2_LOW,
  MINUS_LOG2E,
  MINUS_ONE,
  MINUS_TANH_LIMIT,
  ONE,
  ROUNDER,
  SIGMOID_HIGH,
  SIGMOID_LOW,
  SMALLEST_NORMAL,
  SQRT_HALF_BITS,
  T11,
  T3,
  T5,
  T7,
  T9,
  TANH_LIMIT,
  TANH_NEAR,
  TWO,
} from "./constants";
import { madd } from "./madd";

/** e^r - 1 for |r| <= ln2/2. */
// @ts-ignore: decorator
@inline
function expm1Reduced(r: v128): v128 {
  let p = madd(constant(E6), r, constant(E5));
  p = madd(p, r, constant(E4));
  p = madd(p, r, constant(E3));
  p = madd(p, r, constant(E2));
  return madd(p, f32x4.mul(r, r), r);
}

/** x - n·ln2, with n = rounded - ROUNDER. */
// @ts-ignore: decorator
@inline
function reduceByLn2(x: v128, rounded: v128): v128 {
  const n = f32x4.sub(rounded, constant(ROUNDER));
  const r = madd(n, constant(MINUS_LN2_HIGH), x);
  return madd(n, constant(MINUS_LN2_LOW), r);
}

/** e^x, <= 2 ULP; results down to the smallest denormal, overflow to Inf. */
// @ts-ignore: decorator
@inline
export function expV(x: v128): v128 {
  const c = f32x4.pmax(f32x4.pmin(x, constant(EXP_HIGH)), constant(EXP_LOW));
  const rounded = madd(c, constant(LOG2E), constant(ROUNDER));
  const q = expm1Reduced(reduceByLn2(c, rounded));
  // 2^n in two halves: n reaches from -150 to 128
  const n = i32x4.shl(rounded, 23);
  const half = v128.and(i32x4.shr_s(n, 1), constant(EXPONENT_MASK));
  const s1 = i32x4.add(half, constant(ONE));
  const s2 = i32x4.add(i32x4.sub(n, half), constant(ONE));
  return f32x4.mul(madd(q, s1, s1), s2);
}

/** e^x for x <= 0, <= 2 ULP; results below 2^-126.5 are 0. For softmax, where x is a logit less the largest. */
// @ts-ignore: decorator
@inline
export function expNegativeV(x: v128): v128 {
  const c = f32x4.pmax(x, constant(FLUSH));
  const rounded = madd(c, constant(LOG2E), constant(ROUNDER));
  const q = expm1Reduced(reduceByLn2(c, rounded));
  const s = i32x4.add(i32x4.shl(rounded, 23), constant(ONE));
  return madd(q, s, s);
}

/** e^x - 1, <= 2 ULP. */
// @ts-ignore: decorator
@inline
export function expm1V(x: v128): v128 {
  const c = f32x4.pmax(f32x4.pmin(x, constant(EXP_HIGH)), constant(EXPM1_LOW));
  const rounded = madd(c, constant(LOG2E), constant(ROUNDER));
  const q = expm1Reduced(reduceByLn2(c, rounded));
  // half of 2^n, since 2^128 is no float32
  const s = i32x4.add(i32x4.shl(rounded, 23), constant(HALF));
  const y = madd(s, q, f32x4.sub(s, constant(HALF)));
  const tiny = f32x4.lt(f32x4.abs(x), constant(EXPM1_TINY));
  return v128.bitselect(x, f32x4.add(y, y), tiny);
}

/**
 * 1/(1 + e^-x), <= 4 ULP; results below 2^-127 are 0, which gates do not mind. e^-x is e^t with t = -(x + n·ln2), which spares a
 * change of sign (three instructions on V8).
 */
// @ts-ignore: decorator
@inline
export function sigmoidV(x: v128): v128 {
  const c = f32x4.pmax(f32x4.pmin(x, constant(SIGMOID_HIGH)), constant(SIGMOID_LOW));
  const rounded = madd(c, constant(MINUS_LOG2E), constant(ROUNDER));
  const n = f32x4.sub(rounded, constant(ROUNDER));
  const t = madd(n, constant(LN2_LOW), madd(n, constant(LN2_HIGH), c));
  let p = madd(constant(E6), t, constant(MINUS_E5));
  p = madd(p, t, constant(E4));
  p = madd(p, t, constant(MINUS_E3));
  p = madd(p, t, constant(E2));
  p = madd(p, t, constant(MINUS_ONE));
  p = madd(p, t, constant(ONE));
  // 2^128 is Inf in these bits and 2^-127 is 0, which is what both ends need
  const s = i32x4.add(i32x4.shl(rounded, 23), constant(ONE));
  return f32x4.div(constant(ONE), madd(p, s, constant(ONE)));
}

/** 1/(1 + e^-x), <= 4 ULP, down to the smallest denormal. */
// @ts-ignore: decorator
@inline
export function sigmoidWideV(x: v128): v128 {
  const one = constant(ONE);
  const z = expV(f32x4.neg(f32x4.abs(x)));
  return f32x4.div(v128.bitselect(z, one, f32x4.lt(x, f32x4.splat(0))), f32x4.add(z, one));
}

/**
 * tanh x, <= 2 ULP; odd, never beyond ±1. Below 0.55 an odd polynomial, above it 1 - 2/(e^2|x| + 1), whose error shrinks with
 * what is taken from 1: networks live near saturation, where 1 - h² magnifies every ULP. (One quotient of polynomials for all
 * x is fifteen operations less, and 3.6 ULP.)
 */
// @ts-ignore: decorator
@inline
export function tanhV(x: v128): v128 {
  const a = f32x4.abs(x);
  const u = f32x4.mul(x, x);
  let p = madd(constant(T11), u, constant(T9));
  p = madd(p, u, constant(T7));
  p = madd(p, u, constant(T5));
  p = madd(p, u, constant(T3));
  const near = madd(f32x4.mul(a, u), p, a);
  const c = f32x4.pmin(f32x4.add(a, a), constant(TANH_LIMIT));
  const rounded = madd(c, constant(LOG2E), constant(ROUNDER));
  const q = expm1Reduced(reduceByLn2(c, rounded));
  const s = i32x4.add(i32x4.shl(rounded, 23), constant(ONE));
  const far = f32x4.sub(constant(ONE), f32x4.div(constant(TWO), f32x4.add(madd(q, s, s), constant(ONE))));
  const y = v128.bitselect(near, far, f32x4.lt(a, constant(TANH_NEAR)));
  return v128.or(y, v128.xor(x, a));
}

/**
 * tanh x, <= 4 ULP, for the gates of lstm and gru: E/(E + 2) with E = e^2x - 1, two thirds of `tanhV`'s time. The simple network keeps
 * `tanhV`: its gradients pass through 1 - h² at every step.
 */
// @ts-ignore: decorator
@inline
export function tanhGateV(x: v128): v128 {
  const c = f32x4.pmax(f32x4.pmin(f32x4.add(x, x), constant(TANH_LIMIT)), constant(MINUS_TANH_LIMIT));
  const rounded = madd(c, constant(LOG2E), constant(ROUNDER));
  const q = expm1Reduced(reduceByLn2(c, rounded));
  const s = i32x4.add(i32x4.shl(rounded, 23), constant(ONE));
  const e = madd(s, q, f32x4.sub(s, constant(ONE)));
  return f32x4.div(e, f32x4.add(e, constant(TWO)));
}

/** log(2^k (1+f)) with k's bits in the exponent's place and `shift` added to k. */
// @ts-ignore: decorator
@inline
function logReduced(k: v128, f: v128, shift: v128): v128 {
  const n = f32x4.add(f32x4.convert_i32x4_s(i32x4.shr_s(k, 23)), shift);
  const s = f32x4.div(f, f32x4.add(f, constant(TWO)));
  const z = f32x4.mul(s, s);
  let p = madd(constant(L3), z, constant(L2));
  p = madd(p, z, constant(L1));
  const h = f32x4.mul(f32x4.mul(f, f), constant(HALF));
  // log(1+f) = f - (h - s(h + z·p)), which keeps f whole
  const low = madd(n, constant(LN2_LOW), f32x4.mul(s, madd(z, p, h)));
  return madd(n, constant(LN2_HIGH), f32x4.sub(f, f32x4.sub(h, low)));
}

/** log x, <= 2 ULP; -Inf at ±0, NaN below. */
// @ts-ignore: decorator
@inline
export function logV(x: v128): v128 {
  const denormal = f32x4.lt(x, constant(SMALLEST_NORMAL));
  const scaled = v128.bitselect(f32x4.mul(x, constant(DENORMAL_SCALE)), x, denormal);
  const shift = v128.and(denormal, constant(DENORMAL_SHIFT));
  const k = v128.and(i32x4.sub(scaled, constant(SQRT_HALF_BITS)), constant(EXPONENT_MASK));
  const f = f32x4.sub(i32x4.sub(scaled, k), constant(ONE));
  return logSpecial(x, logReduced(k, f, shift));
}

/** y where 0 < x < Inf; -Inf at 0; NaN below 0; x itself at Inf and NaN. */
// @ts-ignore: decorator
@inline
function logSpecial(x: v128, y: v128): v128 {
  const zero = f32x4.splat(0);
  const inside = v128.and(f32x4.gt(x, zero), f32x4.lt(x, constant(INFINITY)));
  const outside = f32x4.mul(x, v128.or(f32x4.lt(x, zero), constant(ONE)));
  const ends = v128.bitselect(constant(MINUS_INFINITY), outside, f32x4.eq(x, zero));
  return v128.bitselect(y, ends, inside);
}

/** log(1 + x), <= 2 ULP; -Inf at -1, NaN below. */
// @ts-ignore: decorator
@inline
export function log1pV(x: v128): v128 {
  const one = constant(ONE);
  const u = f32x4.add(one, x);
  // what the sum lost (Knuth's two-sum), scaled like the mantissa
  const b = f32x4.sub(u, one);
  const lost = f32x4.add(f32x4.sub(one, f32x4.sub(u, b)), f32x4.sub(x, b));
  const k = v128.and(i32x4.sub(u, constant(SQRT_HALF_BITS)), constant(EXPONENT_MASK));
  // 2^-k, or 0 where u is beyond √2·2^127 and has lost nothing that counts
  const scale = i32x4.max_s(i32x4.sub(constant(ONE), k), i32x4.splat(0));
  const f = f32x4.add(f32x4.sub(i32x4.sub(u, k), one), f32x4.mul(lost, scale));
  const y = logSpecial(u, logReduced(k, f, f32x4.splat(0)));
  return v128.bitselect(x, y, f32x4.lt(f32x4.abs(x), constant(LOG1P_TINY)));
}

/** log(1 + e^x) without overflow. */
// @ts-ignore: decorator
@inline
export function softplusV(x: v128): v128 {
  const tail = log1pV(expV(f32x4.neg(f32x4.abs(x))));
  return f32x4.add(f32x4.pmax(x, f32x4.splat(0)), tail);
}

/**
 * erf x, <= 2 ULP; odd, never beyond ±1. Below 0.92 an odd polynomial, above it 1 - e^-p(|x|), of which both the power and what is taken
 * from 1 are small.
 */
// @ts-ignore: decorator
@inline
export function erfV(x: v128): v128 {
  const a = f32x4.abs(x);
  const s = f32x4.mul(x, x);
  let p = madd(constant(ERF_NEAR6), s, constant(ERF_NEAR5));
  p = madd(p, s, constant(ERF_NEAR4));
  p = madd(p, s, constant(ERF_NEAR3));
  p = madd(p, s, constant(ERF_NEAR2));
  p = madd(p, s, constant(ERF_NEAR1));
  const near = madd(p, a, a);
  const t = f32x4.pmin(a, constant(ERF_LIMIT));
  let q = madd(constant(ERF_FAR6), t, constant(ERF_FAR5));
  q = madd(q, t, constant(ERF_FAR4));
  q = madd(q, t, constant(ERF_FAR3));
  q = madd(q, t, constant(ERF_FAR2));
  q = madd(q, t, constant(ERF_FAR1));
  q = madd(q, t, constant(ERF_FAR0));
  const far = f32x4.sub(constant(ONE), expNegativeV(f32x4.sub(f32x4.mul(q, t), t)));
  const y = v128.bitselect(near, far, f32x4.lt(a, constant(ERF_BREAK)));
  return v128.or(y, v128.xor(x, a));
}
