import { sizeOf } from "../../base/shape.js";
import { type BinaryOp, type Operand, type PhiloxKey, SLOPE_OF_X, type UnaryGradOp, type UnaryOp } from "../engine.js";
import type { Core } from "./core.js";
import { copyTo, isDense, isFloat32, joinDimensions, Temporaries } from "./operands.js";
import * as ops from "./ops.js";

/** Where each thread has 64 bytes to spread a repeated element over (see assembly/binary.ts); 512 threads have room. */
const SPREAD = 32768;
/** How many times a transcendental function costs what reading and writing a float does. */
const FUNCTION_COST = 4;

/** Functions with a kernel, and its code. */
export const UNARY: Readonly<Partial<Record<UnaryOp, number>>> = {
  neg: ops.UNARY_NEG,
  abs: ops.UNARY_ABS,
  sign: ops.UNARY_SIGN,
  exp: ops.UNARY_EXP,
  expm1: ops.UNARY_EXPM1,
  log: ops.UNARY_LOG,
  log1p: ops.UNARY_LOG1P,
  sqrt: ops.UNARY_SQRT,
  rsqrt: ops.UNARY_RSQRT,
  square: ops.UNARY_SQUARE,
  reciprocal: ops.UNARY_RECIPROCAL,
  tanh: ops.UNARY_TANH,
  sigmoid: ops.UNARY_SIGMOID,
  relu: ops.UNARY_RELU,
  softplus: ops.UNARY_SOFTPLUS,
  erf: ops.UNARY_ERF,
  floor: ops.UNARY_FLOOR,
  ceil: ops.UNARY_CEIL,
  round: ops.UNARY_ROUND,
};

/** Operations with a kernel, and its code. */
export const BINARY: Readonly<Partial<Record<BinaryOp, number>>> = {
  add: ops.BINARY_ADD,
  sub: ops.BINARY_SUB,
  mul: ops.BINARY_MUL,
  div: ops.BINARY_DIV,
  maximum: ops.BINARY_MAXIMUM,
  minimum: ops.BINARY_MINIMUM,
  eq: ops.BINARY_EQ,
  ne: ops.BINARY_NE,
  lt: ops.BINARY_LT,
  le: ops.BINARY_LE,
};

export function fill(core: Core, out: Operand, value: number): boolean {
  if (out.buffer.dtype === "float64" || !isDense(out)) return false;
  const n = sizeOf(out.shape);
  if (n === 0) return true;
  const { args, i32 } = core;
  i32[args] = core.address(out);
  if (isFloat32(out)) core.f32[args + 1] = value;
  else i32[args + 1] = value;
  i32[args + 2] = n;
  core.launch(ops.OP_FILL, core.parts(n));
  return true;
}

export function copy(core: Core, out: Operand, x: Operand): boolean {
  const from = x.buffer.dtype;
  const to = out.buffer.dtype;
  if (from === "float64" || to === "float64") return false;
  if (sizeOf(out.shape) === 0) return true;
  if (from === to) return copyTo(core, core.address(out), out.strides, x);
  return isDense(out) && convert(core, out, x);
}

/** Between float32 and int32. */
function convert(core: Core, out: Operand, x: Operand): boolean {
  const temporaries = new Temporaries(core);
  const from = temporaries.dense(x);
  if (from >= 0) {
    const n = sizeOf(out.shape);
    const { args, i32 } = core;
    i32[args] = isFloat32(out) ? 0 : 1;
    i32[args + 1] = core.address(out);
    i32[args + 2] = from;
    i32[args + 3] = n;
    core.launch(ops.OP_CONVERT, core.parts(n));
  }
  temporaries.free();
  return from >= 0;
}

/**
 * The address from which a kernel that may work in place reads x: its own, or `out`'s after a copy when x is
 * strided; -1 when the copy kernel cannot.
 */
function inPlace(core: Core, out: Operand, x: Operand): number {
  if (isDense(x)) return core.address(x);
  const at = core.address(out);
  return copyTo(core, at, out.strides, x) ? at : -1;
}

export function unary(core: Core, op: UnaryOp, out: Operand, x: Operand): boolean {
  const code = UNARY[op];
  if (code === undefined || !isFloat32(out) || !isFloat32(x)) return false;
  const n = sizeOf(out.shape);
  if (n === 0) return true;
  const from = inPlace(core, out, x);
  if (from < 0) return false;
  const { args, i32 } = core;
  i32[args] = code;
  i32[args + 1] = core.address(out);
  i32[args + 2] = from;
  i32[args + 3] = n;
  core.launch(ops.OP_UNARY, core.parts(n * FUNCTION_COST));
  return true;
}

export function unaryBackward(core: Core, op: UnaryGradOp, dx: Operand, x: Operand, y: Operand, dy: Operand): boolean {
  if (op === "sin" || op === "cos" || !isFloat32(dx)) return false;
  const n = sizeOf(dx.shape);
  if (n === 0) return true;
  const temporaries = new Temporaries(core);
  const value = temporaries.dense(SLOPE_OF_X.has(op) ? x : y);
  const gradient = temporaries.dense(dy);
  const fast = value >= 0 && gradient >= 0;
  if (fast) {
    const { args, i32 } = core;
    i32[args] = UNARY[op]!;
    i32[args + 1] = core.address(dx);
    i32[args + 2] = value;
    i32[args + 3] = value;
    i32[args + 4] = gradient;
    i32[args + 5] = n;
    core.launch(ops.OP_UNARY_BACKWARD, core.parts(n * FUNCTION_COST));
  }
  temporaries.free();
  return fast;
}

export function binary(core: Core, op: BinaryOp, out: Operand, a: Operand, b: Operand): boolean {
  const { dtype } = a.buffer;
  if (dtype === "float64" || b.buffer.dtype !== dtype) return false;
  // a > b is b < a, for NaN too
  if (op === "gt") return binary(core, "lt", out, b, a);
  if (op === "ge") return binary(core, "le", out, b, a);
  let code = BINARY[op];
  if (code === undefined) return op === "pow" && square(core, out, a, b);
  if (dtype === "int32") {
    if (op === "div") return false;
    code += ops.BINARY_INT;
  }
  const n = sizeOf(out.shape);
  if (n === 0) return true;
  if (isDense(a) && isDense(b)) {
    launchBinary(core, code, out, core.address(a), core.address(b), 1, n, 0, 0, 1, 1);
    return true;
  }
  return (
    tiledBinary(core, code, out, a, b) ||
    broadcastBinary(core, code, out, a, b) ||
    densifiedBinary(core, code, out, a, b)
  );
}

/** The length of the contiguous tail of x that its leading dimensions repeat (1: a scalar), or 0 when it is laid out otherwise. */
function repeatedTail({ shape, strides }: Operand): number {
  let tail = 1;
  let d = shape.length - 1;
  for (; d >= 0 && (shape[d] === 1 || strides[d] === tail); d--) tail *= shape[d];
  for (; d >= 0; d--) if (shape[d] !== 1 && strides[d] !== 0) return 0;
  return tail;
}

/** The quick way for the usual cases: one operand is contiguous, the other a scalar or a row for every row. */
function tiledBinary(core: Core, code: number, out: Operand, a: Operand, b: Operand): boolean {
  const n = sizeOf(out.shape);
  const aTail = repeatedTail(a);
  const bTail = repeatedTail(b);
  if (aTail === 0 || bTail === 0 || (aTail !== n && bTail !== n)) return false;
  const tail = Math.min(aTail, bTail);
  const columns = tail === 1 ? n : tail;
  const aRow = aTail === n ? columns : 0;
  const bRow = bTail === n ? columns : 0;
  const aStep = aTail === 1 ? 0 : 1;
  const bStep = bTail === 1 ? 0 : 1;
  launchBinary(core, code, out, core.address(a), core.address(b), n / columns, columns, aRow, bRow, aStep, bStep);
  return true;
}

/** x to the power of 2, given once for all, is the one power that needs no logarithm. */
function square(core: Core, out: Operand, a: Operand, b: Operand): boolean {
  if (!isFloat32(out) || b.strides.some((stride, d) => stride !== 0 && b.shape[d] !== 1) || sizeOf(b.shape) === 0) {
    return false;
  }
  return core.f32[core.address(b) >>> 2] === 2 && unary(core, "square", out, a);
}

/** Rows of columns, each operand contiguous or repeated along a row: what broadcasting a scalar, a row or a column gives. */
function broadcastBinary(core: Core, code: number, out: Operand, a: Operand, b: Operand): boolean {
  const dims = joinDimensions(out.shape, [out.strides, a.strides, b.strides]);
  const column = dims.pop();
  if (column === undefined) {
    launchBinary(core, code, out, core.address(a), core.address(b), 1, 1, 0, 0, 1, 1);
    return true;
  }
  if (dims.length > 1) return false;
  const [, aStep, bStep] = column.strides;
  if ((aStep !== 0 && aStep !== 1) || (bStep !== 0 && bStep !== 1)) return false;
  const row = dims[0];
  const rows = row ? row.size : 1;
  const aRow = row ? row.strides[1] : 0;
  const bRow = row ? row.strides[2] : 0;
  launchBinary(core, code, out, core.address(a), core.address(b), rows, column.size, aRow, bRow, aStep, bStep);
  return true;
}

function densifiedBinary(core: Core, code: number, out: Operand, a: Operand, b: Operand): boolean {
  const temporaries = new Temporaries(core);
  const left = temporaries.dense(a);
  const right = temporaries.dense(b);
  const fast = left >= 0 && right >= 0;
  if (fast) launchBinary(core, code, out, left, right, 1, sizeOf(out.shape), 0, 0, 1, 1);
  temporaries.free();
  return fast;
}

function launchBinary(
  core: Core,
  code: number,
  out: Operand,
  a: number,
  b: number,
  rows: number,
  columns: number,
  aRow: number,
  bRow: number,
  aStep: number,
  bStep: number,
): void {
  const { args, i32 } = core;
  i32[args] = code;
  i32[args + 1] = core.address(out);
  i32[args + 2] = a;
  i32[args + 3] = b;
  i32[args + 4] = rows;
  i32[args + 5] = columns;
  i32[args + 6] = aRow * 4;
  i32[args + 7] = bRow * 4;
  i32[args + 8] = aStep * 32;
  i32[args + 9] = bStep * 32;
  i32[args + 10] = SPREAD;
  core.launch(ops.OP_BINARY, core.parts(rows * columns));
}

export function axpy(core: Core, out: Operand, a: Operand, alpha: number, b: Operand): boolean {
  if (!isFloat32(out)) return false;
  const n = sizeOf(out.shape);
  if (n === 0) return true;
  const { args, i32 } = core;
  i32[args] = core.address(out);
  i32[args + 1] = core.address(a);
  i32[args + 2] = core.address(b);
  i32[args + 3] = n;
  core.f32[args + 4] = alpha;
  core.launch(ops.OP_AXPY, core.parts(n));
  return true;
}

export function affine(core: Core, out: Operand, x: Operand, scale: number, shift: number): boolean {
  if (!isFloat32(out) || !isFloat32(x)) return false;
  const n = sizeOf(out.shape);
  if (n === 0) return true;
  const from = inPlace(core, out, x);
  if (from < 0) return false;
  const { args, i32 } = core;
  i32[args] = core.address(out);
  i32[args + 1] = from;
  i32[args + 2] = n;
  core.f32[args + 3] = scale;
  core.f32[args + 4] = shift;
  core.launch(ops.OP_AFFINE, core.parts(n));
  return true;
}

/** Whether every element of x is the same one. */
function repeatsOne(x: Operand): boolean {
  return x.strides.every((stride, d) => stride === 0 || x.shape[d] === 1);
}

export function where(core: Core, out: Operand, cond: Operand, a: Operand, b: Operand): boolean {
  const { dtype } = out.buffer;
  if (dtype === "float64" || a.buffer.dtype !== dtype || b.buffer.dtype !== dtype) return false;
  const n = sizeOf(out.shape);
  if (n === 0) return true;
  const temporaries = new Temporaries(core);
  const mask = temporaries.dense(cond);
  const left = repeatsOne(a) ? core.address(a) : temporaries.dense(a);
  const right = repeatsOne(b) ? core.address(b) : temporaries.dense(b);
  const fast = mask >= 0 && left >= 0 && right >= 0;
  if (fast) {
    const { args, i32 } = core;
    i32[args] = core.address(out);
    i32[args + 1] = mask;
    i32[args + 2] = left;
    i32[args + 3] = right;
    i32[args + 4] = n;
    i32[args + 5] = repeatsOne(a) ? 0 : 4;
    i32[args + 6] = repeatsOne(b) ? 0 : 4;
    core.launch(ops.OP_WHERE, core.parts(n));
  }
  temporaries.free();
  return fast;
}

export function dropout(core: Core, out: Operand, x: Operand, p: number, key: PhiloxKey): boolean {
  const threshold = Math.ceil(p * 2 ** 32);
  if (!isFloat32(out)) return false;
  if (threshold >= 2 ** 32) return p === 1 && fill(core, out, 0);
  const n = sizeOf(out.shape);
  if (n === 0) return true;
  const from = inPlace(core, out, x);
  if (from < 0) return false;
  const { args, i32 } = core;
  i32[args] = core.address(out);
  i32[args + 1] = from;
  i32[args + 2] = n;
  i32[args + 3] = threshold;
  core.f32[args + 4] = 1 / (1 - p);
  i32[args + 5] = key.key0;
  i32[args + 6] = key.key1;
  i32[args + 7] = key.counter0;
  i32[args + 8] = key.counter1;
  core.launch(ops.OP_DROPOUT, core.parts(n * FUNCTION_COST));
  return true;
}
