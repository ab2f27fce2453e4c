/** dx = dy · f'(x) from whichever of x and y = f(x) gives it soonest, elementwise. */
import {
  UNARY_ABS,
  UNARY_ERF,
  UNARY_EXP,
  UNARY_EXPM1,
  UNARY_LOG,
  UNARY_LOG1P,
  UNARY_RECIPROCAL,
  UNARY_RELU,
  UNARY_RSQRT,
  UNARY_SIGMOID,
  UNARY_SOFTPLUS,
  UNARY_SQRT,
  UNARY_SQUARE,
  UNARY_TANH,
} from "../ops";
import { argI32, argPtr, partBegin } from "./args";
import { constant, ERF_SLOPE, MINUS_HALF, ONE } from "./constants";
import { loadFirst, storeFirst } from "./lanes";
import { nmadd } from "./madd";
import { expNegativeV, sigmoidV } from "./math";
import { sign } from "./unary";

/** `v` is y, or x for those f that read it. */
// @ts-ignore: decorator
@inline
function apply(f: i32, v: v128, dy: v128): v128 {
  if (f == UNARY_ABS) return f32x4.mul(dy, sign(v));
  if (f == UNARY_EXP) return f32x4.mul(dy, v);
  if (f == UNARY_EXPM1) return f32x4.mul(dy, f32x4.add(v, constant(ONE)));
  if (f == UNARY_LOG) return f32x4.div(dy, v);
  if (f == UNARY_LOG1P) return f32x4.div(dy, f32x4.add(v, constant(ONE)));
  if (f == UNARY_SQRT) return f32x4.div(dy, f32x4.add(v, v));
  if (f == UNARY_RSQRT) return f32x4.mul(f32x4.mul(f32x4.mul(constant(MINUS_HALF), dy), v), f32x4.mul(v, v));
  if (f == UNARY_SQUARE) return f32x4.mul(f32x4.add(v, v), dy);
  if (f == UNARY_RECIPROCAL) return f32x4.mul(f32x4.mul(f32x4.neg(dy), v), v);
  if (f == UNARY_TANH) return f32x4.mul(dy, nmadd(v, v, constant(ONE)));
  if (f == UNARY_SIGMOID) return f32x4.mul(f32x4.mul(dy, v), f32x4.sub(constant(ONE), v));
  if (f == UNARY_RELU) return v128.andnot(dy, f32x4.le(v, f32x4.splat(0)));
  if (f == UNARY_ERF) return f32x4.mul(dy, f32x4.mul(constant(ERF_SLOPE), expNegativeV(f32x4.neg(f32x4.mul(v, v)))));
  return f32x4.mul(dy, sigmoidV(v));
}

// @ts-ignore: decorator
@inline
function loop(f: i32, dx: usize, v: usize, dy: usize, n: i32): void {
  for (; n >= 8; n -= 8) {
    const a = apply(f, v128.load(v), v128.load(dy));
    const b = apply(f, v128.load(v, 16), v128.load(dy, 16));
    v128.store(dx, a);
    v128.store(dx, b, 16);
    v += 32;
    dy += 32;
    dx += 32;
  }
  for (; n > 0; n -= 4) {
    storeFirst(dx, apply(f, loadFirst(v, n), loadFirst(dy, n)), n);
    v += 16;
    dy += 16;
    dx += 16;
  }
}

function absLoop(dx: usize, v: usize, dy: usize, n: i32): void {
  loop(UNARY_ABS, dx, v, dy, n);
}
function expLoop(dx: usize, v: usize, dy: usize, n: i32): void {
  loop(UNARY_EXP, dx, v, dy, n);
}
function expm1Loop(dx: usize, v: usize, dy: usize, n: i32): void {
  loop(UNARY_EXPM1, dx, v, dy, n);
}
function logLoop(dx: usize, v: usize, dy: usize, n: i32): void {
  loop(UNARY_LOG, dx, v, dy, n);
}
function log1pLoop(dx: usize, v: usize, dy: usize, n: i32): void {
  loop(UNARY_LOG1P, dx, v, dy, n);
}
function sqrtLoop(dx: usize, v: usize, dy: usize, n: i32): void {
  loop(UNARY_SQRT, dx, v, dy, n);
}
function rsqrtLoop(dx: usize, v: usize, dy: usize, n: i32): void {
  loop(UNARY_RSQRT, dx, v, dy, n);
}
function squareLoop(dx: usize, v: usize, dy: usize, n: i32): void {
  loop(UNARY_SQUARE, dx, v, dy, n);
}
function reciprocalLoop(dx: usize, v: usize, dy: usize, n: i32): void {
  loop(UNARY_RECIPROCAL, dx, v, dy, n);
}
function tanhLoop(dx: usize, v: usize, dy: usize, n: i32): void {
  loop(UNARY_TANH, dx, v, dy, n);
}
function sigmoidLoop(dx: usize, v: usize, dy: usize, n: i32): void {
  loop(UNARY_SIGMOID, dx, v, dy, n);
}
function reluLoop(dx: usize, v: usize, dy: usize, n: i32): void {
  loop(UNARY_RELU, dx, v, dy, n);
}
function softplusLoop(dx: usize, v: usize, dy: usize, n: i32): void {
  loop(UNARY_SOFTPLUS, dx, v, dy, n);
}
function erfLoop(dx: usize, v: usize, dy: usize, n: i32): void {
  loop(UNARY_ERF, dx, v, dy, n);
}

/** Words: f, dx, x, y, dy, n. */
export function unaryBackward(args: usize, part: i32, parts: i32): void {
  const n = argI32(args, 5);
  const begin = partBegin(n, part, parts, 8);
  const count = partBegin(n, part + 1, parts, 8) - begin;
  const at = (<usize>begin) << 2;
  const dx = argPtr(args, 1) + at;
  const x = argPtr(args, 2) + at;
  const y = argPtr(args, 3) + at;
  const dy = argPtr(args, 4) + at;
  switch (argI32(args, 0)) {
    case UNARY_ABS:
      absLoop(dx, x, dy, count);
      break;
    case UNARY_EXP:
      expLoop(dx, y, dy, count);
      break;
    case UNARY_EXPM1:
      expm1Loop(dx, y, dy, count);
      break;
    case UNARY_LOG:
      logLoop(dx, x, dy, count);
      break;
    case UNARY_LOG1P:
      log1pLoop(dx, x, dy, count);
      break;
    case UNARY_SQRT:
      sqrtLoop(dx, y, dy, count);
      break;
    case UNARY_RSQRT:
      rsqrtLoop(dx, y, dy, count);
      break;
    case UNARY_SQUARE:
      squareLoop(dx, x, dy, count);
      break;
    case UNARY_RECIPROCAL:
      reciprocalLoop(dx, y, dy, count);
      break;
    case UNARY_TANH:
      tanhLoop(dx, y, dy, count);
      break;
    case UNARY_SIGMOID:
      sigmoidLoop(dx, y, dy, count);
      break;
    case UNARY_RELU:
      reluLoop(dx, y, dy, count);
      break;
    case UNARY_SOFTPLUS:
      softplusLoop(dx, x, dy, count);
      break;
    case UNARY_ERF:
      erfLoop(dx, x, dy, count);
      break;
  }
}
