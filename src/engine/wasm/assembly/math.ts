/**
 * Elementary functions on four float32 at once, inlined into the kernels that use them.
 *
 * Method. exp and its relatives: x = n·ln2 + r with ln2 in two parts (Cody & Waite 1980), |r| <= ln2/2, n found by adding
 * 1.5·2^23 so that it stands in the low bits of the sum; e^r = 1 + r + r²·P(r). log: x = 2^k·m with m in [√½, √2) and the
 * series in s = f/(2+f), f = m-1. tanh: x·P(x²)/Q(x²). The coefficients are minimax fits in the relative error of the whole function,
 * made by Lawson's iteratively reweighted least squares on 4,000 Chebyshev nodes; each comment gives the fit's error.
 * Bounds over all of float32, of either variant, are in test/engine/wasm/math.test.ts.
 *
 * pmin(x, c) and pmax(x, c), in this order, hand NaN on and are one instruction; min and max are six.
 */
import { madd } from "./madd";

const LOG2E: f32 = 1.44269504088896341;
/** Nine bits, so that n·LN2_HIGH is exact. */
const LN2_HIGH: f32 = 0.693359375;
const LN2_LOW: f32 = -2.12194440e-4;
/** Adding it rounds to an integer, which then stands in the low bits. */
const ROUNDER: f32 = 12582912.0;
const ONE_BITS: i32 = 0x3f800000;
const EXPONENT_MASK: i32 = <i32>0xff800000;

// (e^r - 1 - r)/r² on |r| <= 0.3468: 2^-27.2 of (e^r - 1)
const E2: f32 = 0.4999999814961655;
const E3: f32 = 0.16666543424251218;
const E4: f32 = 0.04166720071281367;
const E5: f32 = 0.00836654713299484;
const E6: f32 = 0.00138825163855123;

// log(1+f)/(2s) - 1 over s², s = f/(2+f), f in [√½-1, √2-1]: 2^-30
const L1: f32 = 0.6666677627467450;
const L2: f32 = 0.39977548048045252;
const L3: f32 = 0.29871697697686888;
const SQRT_HALF_BITS: i32 = 0x3f3504f3;

// 2·tanh(x/2)/x = P(x²)/Q(x²) on |x| <= 9.2, both 1 at 0; weighted by what is left of its error in tanh x: 2^-26.8
const TP1: f32 = 0.029766394839031666;
const TP2: f32 = 1.1409219660186052e-4;
const TQ1: f32 = 0.11309969165638642;
const TQ2: f32 = 0.001205771304735005;
const TQ3: f32 = 1.2255575358215438e-6;
/** tanh rounds to 1 from 9.011 on. */
const TANH_LIMIT: f32 = 9.1;

/** e^r - 1 for |r| <= ln2/2. */
// @ts-ignore: decorator
@inline
function expm1Reduced(r: v128): v128 {
  let p = madd(f32x4.splat(E6), r, f32x4.splat(E5));
  p = madd(p, r, f32x4.splat(E4));
  p = madd(p, r, f32x4.splat(E3));
  p = madd(p, r, f32x4.splat(E2));
  return madd(p, f32x4.mul(r, r), r);
}

/** x - n·ln2, with n = rounded - ROUNDER. */
// @ts-ignore: decorator
@inline
function reduceByLn2(x: v128, rounded: v128): v128 {
  const n = f32x4.sub(rounded, f32x4.splat(ROUNDER));
  const r = madd(n, f32x4.splat(-LN2_HIGH), x);
  return madd(n, f32x4.splat(-LN2_LOW), r);
}

/** e^x, <= 2 ULP; results down to the smallest denormal, overflow to Inf. */
// @ts-ignore: decorator
@inline
export function expV(x: v128): v128 {
  const c = f32x4.pmax(f32x4.pmin(x, f32x4.splat(89)), f32x4.splat(-104));
  const rounded = madd(c, f32x4.splat(LOG2E), f32x4.splat(ROUNDER));
  const q = expm1Reduced(reduceByLn2(c, rounded));
  // 2^n in two halves: n reaches from -150 to 128
  const n = i32x4.shl(rounded, 23);
  const half = v128.and(i32x4.shr_s(n, 1), i32x4.splat(EXPONENT_MASK));
  const s1 = i32x4.add(half, i32x4.splat(ONE_BITS));
  const s2 = i32x4.add(i32x4.sub(n, half), i32x4.splat(ONE_BITS));
  return f32x4.mul(madd(q, s1, s1), s2);
}

/** e^x for x <= 0, <= 2 ULP; results below 2^-126.5 are 0. For softmax, where x is a logit less the largest. */
// @ts-ignore: decorator
@inline
export function expNegativeV(x: v128): v128 {
  const c = f32x4.pmax(x, f32x4.splat(-87.9));
  const rounded = madd(c, f32x4.splat(LOG2E), f32x4.splat(ROUNDER));
  const q = expm1Reduced(reduceByLn2(c, rounded));
  const s = i32x4.add(i32x4.shl(rounded, 23), i32x4.splat(ONE_BITS));
  return madd(q, s, s);
}

/** e^x - 1, <= 2 ULP. */
// @ts-ignore: decorator
@inline
export function expm1V(x: v128): v128 {
  const c = f32x4.pmax(f32x4.pmin(x, f32x4.splat(89)), f32x4.splat(-20));
  const rounded = madd(c, f32x4.splat(LOG2E), f32x4.splat(ROUNDER));
  const q = expm1Reduced(reduceByLn2(c, rounded));
  // half of 2^n, since 2^128 is no float32
  const s = i32x4.add(i32x4.shl(rounded, 23), i32x4.splat(0x3f000000));
  const y = madd(s, q, f32x4.sub(s, f32x4.splat(0.5)));
  const tiny = f32x4.lt(f32x4.abs(x), f32x4.splat(1e-7));
  return v128.bitselect(x, f32x4.add(y, y), tiny);
}

/** 1/(1 + e^-x), <= 4 ULP; results below 2^-127 are 0, which gates do not mind. */
// @ts-ignore: decorator
@inline
export function sigmoidV(x: v128): v128 {
  const c = f32x4.pmax(f32x4.pmin(f32x4.neg(x), f32x4.splat(88.7)), f32x4.splat(-87.9));
  const rounded = madd(c, f32x4.splat(LOG2E), f32x4.splat(ROUNDER));
  const r = reduceByLn2(c, rounded);
  let p = madd(f32x4.splat(E6), r, f32x4.splat(E5));
  p = madd(p, r, f32x4.splat(E4));
  p = madd(p, r, f32x4.splat(E3));
  p = madd(p, r, f32x4.splat(E2));
  p = madd(p, r, f32x4.splat(1));
  p = madd(p, r, f32x4.splat(1));
  // 2^128 is Inf in these bits and 2^-127 is 0, which is what both ends need
  const s = i32x4.add(i32x4.shl(rounded, 23), i32x4.splat(ONE_BITS));
  return f32x4.div(f32x4.splat(1), madd(p, s, f32x4.splat(1)));
}

/** 1/(1 + e^-x), <= 4 ULP, down to the smallest denormal. */
// @ts-ignore: decorator
@inline
export function sigmoidWideV(x: v128): v128 {
  const one = f32x4.splat(1);
  const z = expV(f32x4.neg(f32x4.abs(x)));
  return f32x4.div(v128.bitselect(z, one, f32x4.lt(x, f32x4.splat(0))), f32x4.add(z, one));
}

/**
 * tanh x, <= 4 ULP; odd, never beyond ±1. With 2·tanh(x/2) = n/(1+w): tanh x = (n + nw)/(1 + w(w+2) + n²/4). One division, and
 * where tanh nears 1 the roundings of n and w cancel. (The direct quotient x·P/Q is four operations less, and 5.6 ULP.)
 */
// @ts-ignore: decorator
@inline
export function tanhV(x: v128): v128 {
  const c = f32x4.pmax(f32x4.pmin(x, f32x4.splat(TANH_LIMIT)), f32x4.splat(-TANH_LIMIT));
  const u = f32x4.mul(c, c);
  let w = madd(f32x4.splat(TQ3), u, f32x4.splat(TQ2));
  const n = madd(f32x4.mul(c, u), madd(f32x4.splat(TP2), u, f32x4.splat(TP1)), c);
  w = f32x4.mul(madd(w, u, f32x4.splat(TQ1)), u);
  const z = madd(w, f32x4.add(w, f32x4.splat(2)), f32x4.mul(f32x4.mul(n, f32x4.splat(0.25)), n));
  const y = f32x4.div(madd(n, w, n), f32x4.add(z, f32x4.splat(1)));
  return f32x4.pmax(f32x4.pmin(y, f32x4.splat(1)), f32x4.splat(-1));
}

/** log(2^k (1+f)) with k's bits in the exponent's place and `shift` added to k. */
// @ts-ignore: decorator
@inline
function logReduced(k: v128, f: v128, shift: v128): v128 {
  const n = f32x4.add(f32x4.convert_i32x4_s(i32x4.shr_s(k, 23)), shift);
  const s = f32x4.div(f, f32x4.add(f, f32x4.splat(2)));
  const z = f32x4.mul(s, s);
  let p = madd(f32x4.splat(L3), z, f32x4.splat(L2));
  p = madd(p, z, f32x4.splat(L1));
  const h = f32x4.mul(f32x4.mul(f, f), f32x4.splat(0.5));
  // log(1+f) = f - (h - s(h + z·p)), which keeps f whole
  const low = madd(n, f32x4.splat(LN2_LOW), f32x4.mul(s, madd(z, p, h)));
  return madd(n, f32x4.splat(LN2_HIGH), f32x4.sub(f, f32x4.sub(h, low)));
}

/** log x, <= 2 ULP; -Inf at ±0, NaN below. */
// @ts-ignore: decorator
@inline
export function logV(x: v128): v128 {
  const denormal = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const scaled = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, denormal);
  const shift = v128.and(denormal, f32x4.splat(-23));
  const k = v128.and(i32x4.sub(scaled, i32x4.splat(SQRT_HALF_BITS)), i32x4.splat(EXPONENT_MASK));
  const f = f32x4.sub(i32x4.sub(scaled, k), f32x4.splat(1));
  return logSpecial(x, logReduced(k, f, shift));
}

/** y where 0 < x < Inf; -Inf at 0; NaN below 0; x itself at Inf and NaN. */
// @ts-ignore: decorator
@inline
function logSpecial(x: v128, y: v128): v128 {
  const zero = f32x4.splat(0);
  const inside = v128.and(f32x4.gt(x, zero), f32x4.lt(x, f32x4.splat(f32.MAX_VALUE * 2)));
  const outside = f32x4.mul(x, v128.or(f32x4.lt(x, zero), f32x4.splat(1)));
  const ends = v128.bitselect(f32x4.splat(-f32.MAX_VALUE * 2), outside, f32x4.eq(x, zero));
  return v128.bitselect(y, ends, inside);
}

/** log(1 + x), <= 2 ULP; -Inf at -1, NaN below. */
// @ts-ignore: decorator
@inline
export function log1pV(x: v128): v128 {
  const one = f32x4.splat(1);
  const u = f32x4.add(one, x);
  // what the sum lost (Knuth's two-sum), scaled like the mantissa
  const b = f32x4.sub(u, one);
  const lost = f32x4.add(f32x4.sub(one, f32x4.sub(u, b)), f32x4.sub(x, b));
  const k = v128.and(i32x4.sub(u, i32x4.splat(SQRT_HALF_BITS)), i32x4.splat(EXPONENT_MASK));
  // 2^-k, or 0 where u is beyond √2·2^127 and has lost nothing that counts
  const scale = i32x4.max_s(i32x4.sub(i32x4.splat(ONE_BITS), k), i32x4.splat(0));
  const f = f32x4.add(f32x4.sub(i32x4.sub(u, k), one), f32x4.mul(lost, scale));
  const y = logSpecial(u, logReduced(k, f, f32x4.splat(0)));
  return v128.bitselect(x, y, f32x4.lt(f32x4.abs(x), f32x4.splat(1e-8)));
}

/** log(1 + e^x) without overflow. */
// @ts-ignore: decorator
@inline
export function softplusV(x: v128): v128 {
  const tail = log1pV(expV(f32x4.neg(f32x4.abs(x))));
  return f32x4.add(f32x4.pmax(x, f32x4.splat(0)), tail);
}
