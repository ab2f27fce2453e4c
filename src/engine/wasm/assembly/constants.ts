/**
 * The constants of vector math, in memory, each to be broadcast where it is used. From V8 12 on a vector constant in a loop
 * is made again with four instructions at every use (exp took 1.8 ns a float instead of 0.7); a broadcast from memory is one.
 */

/** Up to the arguments at 1024 (see ../core.ts). */
const AT: usize = 640;

/** Four copies of the constant at `at`. */
// @ts-ignore: decorator
@inline
export function constant(at: usize): v128 {
  return v128.load32_splat(at);
}

export const ONE: usize = AT + 0;
export const HALF: usize = AT + 4;
export const TWO: usize = AT + 8;
export const QUARTER: usize = AT + 12;
export const MINUS_ONE: usize = AT + 16;
export const INFINITY: usize = AT + 20;
export const MINUS_INFINITY: usize = AT + 24;
export const LOG2E: usize = AT + 28;
export const ROUNDER: usize = AT + 32;
export const LN2_HIGH: usize = AT + 36;
export const LN2_LOW: usize = AT + 40;
export const MINUS_LN2_HIGH: usize = AT + 44;
export const MINUS_LN2_LOW: usize = AT + 48;
export const E2: usize = AT + 52;
export const E3: usize = AT + 56;
export const E4: usize = AT + 60;
export const E5: usize = AT + 64;
export const E6: usize = AT + 68;
export const EXP_HIGH: usize = AT + 72;
export const EXP_LOW: usize = AT + 76;
export const FLUSH: usize = AT + 80;
export const SIGMOID_HIGH: usize = AT + 84;
export const EXPM1_LOW: usize = AT + 88;
export const EXPM1_TINY: usize = AT + 92;
export const LOG1P_TINY: usize = AT + 96;
export const L1: usize = AT + 100;
export const L2: usize = AT + 104;
export const L3: usize = AT + 108;
export const SMALLEST_NORMAL: usize = AT + 112;
export const DENORMAL_SCALE: usize = AT + 116;
export const DENORMAL_SHIFT: usize = AT + 120;
export const T3: usize = AT + 124;
export const T5: usize = AT + 128;
export const T7: usize = AT + 132;
export const T9: usize = AT + 136;
export const T11: usize = AT + 140;
export const TANH_LIMIT: usize = AT + 144;
export const TANH_NEAR: usize = AT + 148;
export const EXPONENT_MASK: usize = AT + 152;
export const SQRT_HALF_BITS: usize = AT + 156;
export const MINUS_HALF: usize = AT + 160;
export const PHILOX_M0: usize = AT + 164;
export const PHILOX_M1: usize = AT + 168;
export const VANISHED: usize = AT + 172;
export const MINUS_LOG2E: usize = AT + 176;
export const MINUS_E3: usize = AT + 180;
export const MINUS_E5: usize = AT + 184;
export const SIGMOID_LOW: usize = AT + 188;
export const MINUS_TANH_LIMIT: usize = AT + 192;
export const SETTLE: usize = AT + 196;
export const LOGIT_HIGH: usize = AT + 200;
export const ERF_NEAR1: usize = AT + 204;
export const ERF_NEAR2: usize = AT + 208;
export const ERF_NEAR3: usize = AT + 212;
export const ERF_NEAR4: usize = AT + 216;
export const ERF_NEAR5: usize = AT + 220;
export const ERF_NEAR6: usize = AT + 224;
export const ERF_FAR0: usize = AT + 228;
export const ERF_FAR1: usize = AT + 232;
export const ERF_FAR2: usize = AT + 236;
export const ERF_FAR3: usize = AT + 240;
export const ERF_FAR4: usize = AT + 244;
export const ERF_FAR5: usize = AT + 248;
export const ERF_FAR6: usize = AT + 252;
export const ERF_LIMIT: usize = AT + 256;
export const ERF_BREAK: usize = AT + 260;
export const ERF_SLOPE: usize = AT + 264;

/**
 * Run once on every memory. The coefficients are minimax fits in the relative error of the whole function, made by Lawson's
 * iteratively reweighted least squares on 4,000 Chebyshev nodes; each comment gives what is approximated, where, and the error.
 */
export function writeConstants(): void {
  store<f32>(ONE, 1);
  store<f32>(HALF, 0.5);
  store<f32>(TWO, 2);
  store<f32>(QUARTER, 0.25);
  store<f32>(MINUS_ONE, -1);
  store<f32>(INFINITY, f32.MAX_VALUE * 2);
  store<f32>(MINUS_INFINITY, -f32.MAX_VALUE * 2);
  // ROUNDER: adding it rounds to an integer, which then stands in the low bits. MINUS_LN2_HIGH has nine bits, so that n times it is exact.
  store<f32>(LOG2E, 1.44269504088896341);
  store<f32>(ROUNDER, 12582912);
  store<f32>(LN2_HIGH, 0.693359375);
  store<f32>(LN2_LOW, -2.1219444e-4);
  store<f32>(MINUS_LN2_HIGH, -0.693359375);
  store<f32>(MINUS_LN2_LOW, 2.1219444e-4);
  // (e^r - 1 - r)/r² on |r| <= 0.3468: 2^-27.2 of (e^r - 1)
  store<f32>(E2, 0.4999999814961655);
  store<f32>(E3, 0.16666543424251218);
  store<f32>(E4, 0.04166720071281367);
  store<f32>(E5, 0.00836654713299484);
  store<f32>(E6, 0.00138825163855123);
  // where exp, expm1 and the sigmoid stop looking at x, or at more of it than x
  store<f32>(EXP_HIGH, 89);
  store<f32>(EXP_LOW, -104);
  store<f32>(FLUSH, -87.9);
  store<f32>(LOGIT_HIGH, 60);
  store<f32>(SIGMOID_HIGH, 87.9);
  store<f32>(SIGMOID_LOW, -88.7);
  store<f32>(EXPM1_LOW, -20);
  store<f32>(EXPM1_TINY, 1e-7);
  store<f32>(LOG1P_TINY, 1e-8);
  // log(1+f)/(2s) - 1 over s², s = f/(2+f), f in [√½-1, √2-1]: 2^-30; denormals are scaled by 2^23
  store<f32>(L1, 0.666667762746745);
  store<f32>(L2, 0.39977548048045252);
  store<f32>(L3, 0.29871697697686888);
  store<f32>(SMALLEST_NORMAL, 1.17549435e-38);
  store<f32>(DENORMAL_SCALE, 8388608);
  store<f32>(DENORMAL_SHIFT, -23);
  // (tanh(x)/x - 1)/x² on |x| <= 0.55: 2^-29.8 of tanh x. Beyond 2|x| = 20 it rounds to 1.
  store<f32>(T3, -0.33333316445350647);
  store<f32>(T5, 0.13332585990428925);
  store<f32>(T7, -0.05385231226682663);
  store<f32>(T9, 0.02107168175280094);
  store<f32>(T11, -0.006274243351072073);
  store<f32>(TANH_LIMIT, 20);
  store<f32>(TANH_NEAR, 0.55);
  store<f32>(MINUS_TANH_LIMIT, -20);
  // for e^-x
  store<f32>(MINUS_LOG2E, -load<f32>(LOG2E));
  store<f32>(MINUS_E3, -load<f32>(E3));
  store<f32>(MINUS_E5, -load<f32>(E5));
  // bits
  store<i32>(EXPONENT_MASK, <i32>0xff800000);
  store<i32>(SQRT_HALF_BITS, 0x3f3504f3);
  store<f32>(MINUS_HALF, -0.5);
  // the multipliers of Philox4x32 (see dropout.ts)
  store<u32>(PHILOX_M0, 0xd2511f53);
  store<u32>(PHILOX_M1, 0xcd9e8d57);
  // an output gate below this counts as this (see cells.ts)
  store<f32>(VANISHED, 1e-30);
  // erf(x)/x - 1 over x² up to 0.92; beyond it log(1 - erf x) + x over x, up to 4, from where it rounds to 1
  store<f32>(ERF_NEAR1, 0.128379166);
  store<f32>(ERF_NEAR2, -0.376125336);
  store<f32>(ERF_NEAR3, 0.112819925);
  store<f32>(ERF_NEAR4, -0.0267681349);
  store<f32>(ERF_NEAR5, 0.00499119423);
  store<f32>(ERF_NEAR6, -0.000596761703);
  store<f32>(ERF_FAR0, -0.128717512);
  store<f32>(ERF_FAR1, -0.634846687);
  store<f32>(ERF_FAR2, -0.106777877);
  store<f32>(ERF_FAR3, 0.0242546219);
  store<f32>(ERF_FAR4, -0.00388396438);
  store<f32>(ERF_FAR5, 0.000383197126);
  store<f32>(ERF_FAR6, -1.7285347e-05);
  store<f32>(ERF_LIMIT, 4);
  store<f32>(ERF_BREAK, 0.921875);
  store<f32>(ERF_SLOPE, 1.1283791670955126);
  // 2^-90 (see cells.ts)
  store<i32>(SETTLE, (127 - 90) << 23);
}
