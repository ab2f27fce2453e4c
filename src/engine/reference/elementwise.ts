import type { BinaryOp } from "../engine.js";
import { commit, denseInt32, input, output, type Strided } from "./strided.js";

export function fill(out: Strided, value: number): void {
  const o = output(out);
  o.fill(value);
  commit(out, o);
}

export function copy(out: Strided, x: Strided): void {
  const o = output(out);
  o.set(input(x));
  commit(out, o);
}

export function binary(op: BinaryOp, out: Strided, a: Strided, b: Strided): void {
  if (out.data instanceof Int32Array && (op === "mul" || op === "div")) {
    integerBinary(op, out, a, b);
    return;
  }
  const o = output(out);
  binaryLoop(op, o, input(a), input(b));
  commit(out, o);
}

/** Products wrap at 32 bits; quotients truncate towards zero, and by zero are 0. */
function integerBinary(op: "mul" | "div", out: Strided, a: Strided, b: Strided): void {
  const x = denseInt32(a);
  const y = denseInt32(b);
  const o = new Float64Array(x.length);
  if (op === "mul") for (let i = 0; i < o.length; i++) o[i] = Math.imul(x[i], y[i]);
  else for (let i = 0; i < o.length; i++) o[i] = (x[i] / y[i]) | 0;
  commit(out, o);
}

function binaryLoop(op: BinaryOp, o: Float64Array, a: Float64Array, b: Float64Array): void {
  const n = o.length;
  switch (op) {
    case "add":
      for (let i = 0; i < n; i++) o[i] = a[i] + b[i];
      break;
    case "sub":
      for (let i = 0; i < n; i++) o[i] = a[i] - b[i];
      break;
    case "mul":
      for (let i = 0; i < n; i++) o[i] = a[i] * b[i];
      break;
    case "div":
      for (let i = 0; i < n; i++) o[i] = a[i] / b[i];
      break;
    case "pow":
      for (let i = 0; i < n; i++) o[i] = power(a[i], b[i]);
      break;
    case "maximum":
      for (let i = 0; i < n; i++) o[i] = Math.max(a[i], b[i]);
      break;
    case "minimum":
      for (let i = 0; i < n; i++) o[i] = Math.min(a[i], b[i]);
      break;
    case "eq":
      for (let i = 0; i < n; i++) o[i] = a[i] === b[i] ? 1 : 0;
      break;
    case "ne":
      for (let i = 0; i < n; i++) o[i] = a[i] !== b[i] ? 1 : 0;
      break;
    case "lt":
      for (let i = 0; i < n; i++) o[i] = a[i] < b[i] ? 1 : 0;
      break;
    case "le":
      for (let i = 0; i < n; i++) o[i] = a[i] <= b[i] ? 1 : 0;
      break;
    case "gt":
      for (let i = 0; i < n; i++) o[i] = a[i] > b[i] ? 1 : 0;
      break;
    case "ge":
      for (let i = 0; i < n; i++) o[i] = a[i] >= b[i] ? 1 : 0;
      break;
  }
}

/** C's pow, as PyTorch: 1^NaN and (±1)^±Inf are 1, where JavaScript's `**` gives NaN. */
export function power(x: number, y: number): number {
  if (x === 1 || (x === -1 && (y === Infinity || y === -Infinity))) return 1;
  return x ** y;
}

export function axpy(out: Strided, a: Strided, alpha: number, b: Strided): void {
  const x = input(a);
  const y = input(b);
  const o = output(out);
  for (let i = 0; i < o.length; i++) o[i] = x[i] + alpha * y[i];
  commit(out, o);
}

export function affine(out: Strided, x: Strided, scale: number, shift: number): void {
  const a = input(x);
  const o = output(out);
  for (let i = 0; i < o.length; i++) o[i] = scale * a[i] + shift;
  commit(out, o);
}

export function where(out: Strided, cond: Strided, a: Strided, b: Strided): void {
  const c = input(cond);
  const x = input(a);
  const y = input(b);
  const o = output(out);
  for (let i = 0; i < o.length; i++) o[i] = c[i] !== 0 ? x[i] : y[i];
  commit(out, o);
}
