/** y = f(x), elementwise. Each f has its own loop, two vectors at a time so that a compiler can join them into one of 256 bits. */
import {
  UNARY_ABS,
  UNARY_CEIL,
  UNARY_ERF,
  UNARY_EXP,
  UNARY_EXPM1,
  UNARY_FLOOR,
  UNARY_LOG,
  UNARY_LOG1P,
  UNARY_NEG,
  UNARY_RECIPROCAL,
  UNARY_RELU,
  UNARY_ROUND,
  UNARY_RSQRT,
  UNARY_SIGMOID,
  UNARY_SIGN,
  UNARY_SOFTPLUS,
  UNARY_SQRT,
  UNARY_SQUARE,
  UNARY_TANH,
} from "../ops";
import { argI32, argPtr, partBegin } from "./args";
import { constant, ONE } from "./constants";
import { loadFirst, storeFirst } from "./lanes";
import { erfV, expm1V, expV, log1pV, logV, sigmoidWideV, softplusV, tanhV } from "./math";

/** 1, -1 or 0, and 0 for NaN. */
// @ts-ignore: decorator
@inline
export function sign(x: v128): v128 {
  const one = constant(ONE);
  const zero = f32x4.splat(0);
  return f32x4.sub(v128.and(f32x4.gt(x, zero), one), v128.and(f32x4.lt(x, zero), one));
}

/** `f` is a constant where it is inlined, so one line of these is left. */
// @ts-ignore: decorator
@inline
function apply(f: i32, x: v128): v128 {
  if (f == UNARY_NEG) return f32x4.neg(x);
  if (f == UNARY_ABS) return f32x4.abs(x);
  if (f == UNARY_SIGN) return sign(x);
  if (f == UNARY_EXP) return expV(x);
  if (f == UNARY_EXPM1) return expm1V(x);
  if (f == UNARY_LOG) return logV(x);
  if (f == UNARY_LOG1P) return log1pV(x);
  if (f == UNARY_SQRT) return f32x4.sqrt(x);
  if (f == UNARY_RSQRT) return f32x4.div(constant(ONE), f32x4.sqrt(x));
  if (f == UNARY_SQUARE) return f32x4.mul(x, x);
  if (f == UNARY_RECIPROCAL) return f32x4.div(constant(ONE), x);
  if (f == UNARY_TANH) return tanhV(x);
  if (f == UNARY_SIGMOID) return sigmoidWideV(x);
  if (f == UNARY_RELU) return v128.andnot(x, f32x4.le(x, f32x4.splat(0)));
  if (f == UNARY_SOFTPLUS) return softplusV(x);
  if (f == UNARY_ERF) return erfV(x);
  if (f == UNARY_FLOOR) return f32x4.floor(x);
  if (f == UNARY_CEIL) return f32x4.ceil(x);
  return f32x4.nearest(x);
}

// @ts-ignore: decorator
@inline
function loop(f: i32, out: usize, x: usize, n: i32): void {
  for (; n >= 8; n -= 8) {
    const a = apply(f, v128.load(x));
    const b = apply(f, v128.load(x, 16));
    v128.store(out, a);
    v128.store(out, b, 16);
    x += 32;
    out += 32;
  }
  for (; n > 0; n -= 4) {
    storeFirst(out, apply(f, loadFirst(x, n)), n);
    x += 16;
    out += 16;
  }
}

function negLoop(out: usize, x: usize, n: i32): void {
  loop(UNARY_NEG, out, x, n);
}
function absLoop(out: usize, x: usize, n: i32): void {
  loop(UNARY_ABS, out, x, n);
}
function signLoop(out: usize, x: usize, n: i32): void {
  loop(UNARY_SIGN, out, x, n);
}
function expLoop(out: usize, x: usize, n: i32): void {
  loop(UNARY_EXP, out, x, n);
}
function expm1Loop(out: usize, x: usize, n: i32): void {
  loop(UNARY_EXPM1, out, x, n);
}
function logLoop(out: usize, x: usize, n: i32): void {
  loop(UNARY_LOG, out, x, n);
}
function log1pLoop(out: usize, x: usize, n: i32): void {
  loop(UNARY_LOG1P, out, x, n);
}
function sqrtLoop(out: usize, x: usize, n: i32): void {
  loop(UNARY_SQRT, out, x, n);
}
function rsqrtLoop(out: usize, x: usize, n: i32): void {
  loop(UNARY_RSQRT, out, x, n);
}
function squareLoop(out: usize, x: usize, n: i32): void {
  loop(UNARY_SQUARE, out, x, n);
}
function reciprocalLoop(out: usize, x: usize, n: i32): void {
  loop(UNARY_RECIPROCAL, out, x, n);
}
function tanhLoop(out: usize, x: usize, n: i32): void {
  loop(UNARY_TANH, out, x, n);
}
function sigmoidLoop(out: usize, x: usize, n: i32): void {
  loop(UNARY_SIGMOID, out, x, n);
}
function reluLoop(out: usize, x: usize, n: i32): void {
  loop(UNARY_RELU, out, x, n);
}
function softplusLoop(out: usize, x: usize, n: i32): void {
  loop(UNARY_SOFTPLUS, out, x, n);
}
function erfLoop(out: usize, x: usize, n: i32): void {
  loop(UNARY_ERF, out, x, n);
}
function floorLoop(out: usize, x: usize, n: i32): void {
  loop(UNARY_FLOOR, out, x, n);
}
function ceilLoop(out: usize, x: usize, n: i32): void {
  loop(UNARY_CEIL, out, x, n);
}
function roundLoop(out: usize, x: usize, n: i32): void {
  loop(UNARY_ROUND, out, x, n);
}

/** Words: f, out, x, n. */
export function unary(args: usize, part: i32, parts: i32): void {
  const n = argI32(args, 3);
  const begin = partBegin(n, part, parts, 8);
  const count = partBegin(n, part + 1, parts, 8) - begin;
  const at = (<usize>begin) << 2;
  const out = argPtr(args, 1) + at;
  const x = argPtr(args, 2) + at;
  switch (argI32(args, 0)) {
    case UNARY_NEG:
      negLoop(out, x, count);
      break;
    case UNARY_ABS:
      absLoop(out, x, count);
      break;
    case UNARY_SIGN:
      signLoop(out, x, count);
      break;
    case UNARY_EXP:
      expLoop(out, x, count);
      break;
    case UNARY_EXPM1:
      expm1Loop(out, x, count);
      break;
    case UNARY_LOG:
      logLoop(out, x, count);
      break;
    case UNARY_LOG1P:
      log1pLoop(out, x, count);
      break;
    case UNARY_SQRT:
      sqrtLoop(out, x, count);
      break;
    case UNARY_RSQRT:
      rsqrtLoop(out, x, count);
      break;
    case UNARY_SQUARE:
      squareLoop(out, x, count);
      break;
    case UNARY_RECIPROCAL:
      reciprocalLoop(out, x, count);
      break;
    case UNARY_TANH:
      tanhLoop(out, x, count);
      break;
    case UNARY_SIGMOID:
      sigmoidLoop(out, x, count);
      break;
    case UNARY_RELU:
      reluLoop(out, x, count);
      break;
    case UNARY_SOFTPLUS:
      softplusLoop(out, x, count);
      break;
    case UNARY_ERF:
      erfLoop(out, x, count);
      break;
    case UNARY_FLOOR:
      floorLoop(out, x, count);
      break;
    case UNARY_CEIL:
      ceilLoop(out, x, count);
      break;
    case UNARY_ROUND:
      roundLoop(out, x, count);
      break;
  }
}
