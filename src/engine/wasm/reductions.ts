import { sizeOf } from "../../base/shape.js";
import type { Operand, ReduceOp } from "../engine.js";
import type { Core } from "./core.js";
import { areDense, isDense, isFloat32, joinDimensions, Temporaries } from "./operands.js";
import * as ops from "./ops.js";

/** As in assembly/reduce.ts. */
const SQUARES_BLOCK = 8192;
/** Where partial sums of squares are handed over, and how many fit. */
const PARTIALS = 4096;
const MOST_PARTIALS = 3584;
/** Exponentials make a softmax cost about this many times its floats. */
const SOFTMAX_COST = 4;

const FLOAT: Readonly<Partial<Record<ReduceOp, number>>> = {
  sum: ops.REDUCE_SUM,
  max: ops.REDUCE_MAX,
  min: ops.REDUCE_MIN,
  argmax: ops.REDUCE_ARGMAX,
  argmin: ops.REDUCE_ARGMIN,
};

export function reduce(core: Core, op: ReduceOp, out: Operand, x: Operand, axes: number): boolean {
  const { dtype } = x.buffer;
  const code = dtype === "float32" ? FLOAT[op] : dtype === "int32" && op === "sum" ? ops.REDUCE_SUM_INT : undefined;
  if (code === undefined) return false;
  const rows = sizeOf(out.shape);
  if (rows === 0) return true;
  const n = sizeOf(x.shape) / rows;
  if (n === 0) return false;
  if (code === ops.REDUCE_SUM && !isDense(x) && sumColumns(core, out, x, axes)) return true;
  const temporaries = new Temporaries(core);
  const from = temporaries.dense(x);
  if (from >= 0) {
    const { args, i32 } = core;
    i32[args] = code;
    i32[args + 1] = core.address(out);
    i32[args + 2] = from;
    i32[args + 3] = rows;
    i32[args + 4] = n;
    core.launch(ops.OP_REDUCE_ROWS, Math.min(core.parts(rows * n), rows));
  }
  temporaries.free();
  return from >= 0;
}

/** Sums over rows that lie one after the other: the leading dimensions of x are contiguous, the reduced ones one stride. */
function sumColumns(core: Core, out: Operand, x: Operand, axes: number): boolean {
  const lead = x.shape.length - axes;
  const columns = joinDimensions(x.shape.slice(0, lead), [x.strides.slice(0, lead)]);
  const rows = joinDimensions(x.shape.slice(lead), [x.strides.slice(lead)]);
  if (columns.length !== 1 || columns[0].strides[0] !== 1 || rows.length > 1) return false;
  const { size } = columns[0];
  const { args, i32 } = core;
  i32[args] = core.address(out);
  i32[args + 1] = core.address(x);
  i32[args + 2] = rows[0]?.size ?? 1;
  i32[args + 3] = size;
  i32[args + 4] = (rows[0]?.strides[0] ?? 0) * 4;
  core.launch(ops.OP_SUM_COLUMNS, core.parts(sizeOf(x.shape)));
  return true;
}

export function sumOfSquares(core: Core, xs: readonly Operand[]): number | null {
  for (const x of xs) if (!isFloat32(x) || !isDense(x)) return null;
  let sum = 0;
  for (const x of xs) sum += squaresOf(core, core.address(x), sizeOf(x.shape));
  return sum;
}

/** Block by block, added in the blocks' order. */
function squaresOf(core: Core, at: number, n: number): number {
  const most = MOST_PARTIALS * SQUARES_BLOCK;
  let sum = 0;
  for (let from = 0; from < n; from += most) {
    const length = Math.min(n - from, most);
    const { args, i32 } = core;
    i32[args] = at + from * 4;
    i32[args + 1] = length;
    i32[args + 2] = PARTIALS;
    core.launch(ops.OP_SUM_OF_SQUARES, core.parts(length));
    const blocks = Math.ceil(length / SQUARES_BLOCK);
    for (let i = 0; i < blocks; i++) sum += core.f64[PARTIALS / 8 + i];
  }
  return sum;
}

/** Kernels over rows of contiguous operands: their words are the addresses, the rows and the row's length. */
function overRows(core: Core, op: number, operands: readonly Operand[]): boolean {
  const { shape } = operands[0];
  if (!operands.every(isFloat32) || !areDense(operands)) return false;
  const total = sizeOf(shape);
  if (total === 0) return true;
  const n = shape[shape.length - 1];
  const rows = total / n;
  const { args, i32 } = core;
  for (let k = 0; k < operands.length; k++) i32[args + k] = core.address(operands[k]);
  i32[args + operands.length] = rows;
  i32[args + operands.length + 1] = n;
  core.launch(op, Math.min(core.parts(total * SOFTMAX_COST), rows));
  return true;
}

export function softmax(core: Core, out: Operand, x: Operand): boolean {
  return overRows(core, ops.OP_SOFTMAX, [out, x]);
}

export function logSoftmax(core: Core, out: Operand, x: Operand): boolean {
  return overRows(core, ops.OP_LOG_SOFTMAX, [out, x]);
}

export function softmaxBackward(core: Core, dx: Operand, y: Operand, dy: Operand): boolean {
  return overRows(core, ops.OP_SOFTMAX_BACKWARD, [dx, y, dy]);
}

export function logSoftmaxBackward(core: Core, dx: Operand, y: Operand, dy: Operand): boolean {
  return overRows(core, ops.OP_LOG_SOFTMAX_BACKWARD, [dx, y, dy]);
}
