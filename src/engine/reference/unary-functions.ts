import type { UnaryGradOp, UnaryOp } from "../engine.js";
import { commit, denseInt32, input, output, type Strided } from "./strided.js";

/** e^x/(1+e^x), written so that neither tail loses digits or overflows. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const e = Math.exp(x);
  return e / (1 + e);
}

/** Above this, softplus is x itself, as in PyTorch. */
const SOFTPLUS_THRESHOLD = 20;

/** To the nearest integer, halves to the even one. */
function roundHalfToEven(x: number): number {
  const up = Math.round(x);
  return Math.abs(x % 1) === 0.5 && up % 2 !== 0 ? up - 1 : up;
}

/** 2/√π, the slope of erf at 0. */
const ERF_SLOPE = 2 / Math.sqrt(Math.PI);

/** The error function by its series 2/√π · e^-x² · Σ 2ⁿ x^(2n+1) / (2n+1)!!, of which no term cancels another. Beyond 6 it rounds to ±1. */
export function erf(x: number): number {
  if (Number.isNaN(x) || Math.abs(x) > 6) return Math.sign(x);
  const square = x * x;
  let term = x;
  let sum = x;
  for (let n = 3; Math.abs(term) > 1e-17 * Math.abs(sum); n += 2) {
    term *= (2 * square) / n;
    sum += term;
  }
  return ERF_SLOPE * Math.exp(-square) * sum;
}

export const UNARY: Readonly<Record<UnaryOp, (x: number) => number>> = {
  neg: (x) => -x,
  abs: Math.abs,
  // NaN is neither above nor below 0, so its sign is 0, as in PyTorch.
  sign: (x) => (x > 0 ? 1 : x < 0 ? -1 : 0),
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sqrt: Math.sqrt,
  rsqrt: (x) => 1 / Math.sqrt(x),
  square: (x) => x * x,
  reciprocal: (x) => 1 / x,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  sigmoid,
  relu: (x) => Math.max(x, 0),
  softplus: (x) => (x > SOFTPLUS_THRESHOLD ? x : Math.log1p(Math.exp(x))),
  erf,
  floor: Math.floor,
  ceil: Math.ceil,
  round: roundHalfToEven,
};

/** f'(x) times dy, from x, y = f(x) and dy, in the form that PyTorch computes. */
export const UNARY_BACKWARD: Readonly<Record<UnaryGradOp, (x: number, y: number, dy: number) => number>> = {
  abs: (x, _, dy) => dy * UNARY.sign(x),
  exp: (_, y, dy) => dy * y,
  expm1: (_, y, dy) => dy * (y + 1),
  log: (x, _, dy) => dy / x,
  log1p: (x, _, dy) => dy / (x + 1),
  sqrt: (_, y, dy) => dy / (2 * y),
  rsqrt: (_, y, dy) => -0.5 * dy * y * y * y,
  square: (x, _, dy) => 2 * x * dy,
  reciprocal: (_, y, dy) => -dy * y * y,
  sin: (x, _, dy) => dy * Math.cos(x),
  cos: (x, _, dy) => -dy * Math.sin(x),
  tanh: (_, y, dy) => dy * (1 - y * y),
  sigmoid: (_, y, dy) => dy * y * (1 - y),
  relu: (_, y, dy) => (y <= 0 ? 0 : dy),
  softplus: (x, _, dy) => (x > SOFTPLUS_THRESHOLD ? dy : dy * sigmoid(x)),
  erf: (x, _, dy) => dy * ERF_SLOPE * Math.exp(-x * x),
};

export function unary(op: UnaryOp, out: Strided, x: Strided): void {
  const o = output(out);
  if (op === "square" && out.data instanceof Int32Array) {
    const a = denseInt32(x);
    for (let i = 0; i < o.length; i++) o[i] = Math.imul(a[i], a[i]);
  } else {
    const f = UNARY[op];
    const a = input(x);
    for (let i = 0; i < o.length; i++) o[i] = f(a[i]);
  }
  commit(out, o);
}

export function unaryBackward(op: UnaryGradOp, dx: Strided, x: Strided, y: Strided, dy: Strided): void {
  const f = UNARY_BACKWARD[op];
  const a = input(x);
  const b = input(y);
  const g = input(dy);
  const o = output(dx);
  for (let i = 0; i < o.length; i++) o[i] = f(a[i], b[i], g[i]);
  commit(dx, o);
}
