import { sizeOf } from "../../base/shape.js";
import type { Operand } from "../engine.js";
import type { Core } from "./core.js";
import { areDense, isFloat32 } from "./operands.js";
import * as ops from "./ops.js";

export function gatherRows(core: Core, out: Operand, table: Operand, ids: Operand): boolean {
  if (out.buffer.dtype === "float64" || !areDense([out, table, ids])) return false;
  const [rows, n] = out.shape as [number, number];
  if (rows * n === 0) return true;
  const { args, i32 } = core;
  i32[args] = core.address(out);
  i32[args + 1] = core.address(table);
  i32[args + 2] = core.address(ids);
  i32[args + 3] = rows;
  i32[args + 4] = n;
  core.launch(ops.OP_GATHER_ROWS, Math.min(core.parts(rows * n), rows));
  return true;
}

export function scatterAddRows(core: Core, dTable: Operand, ids: Operand, dOut: Operand, skip?: number): boolean {
  if (!isFloat32(dTable) || !areDense([dTable, ids, dOut])) return false;
  const [rows, n] = dOut.shape as [number, number];
  if (rows * n === 0) return true;
  addByRow(core, core.address(dTable), core.address(ids), core.address(dOut), rows, n, dTable.shape[0], skip);
  return true;
}

/** sums[ids[r]] += x[r] for the rows of x [rows, n], into sums [v, n]; addresses in bytes. */
export function addByRow(
  core: Core,
  sums: number,
  ids: number,
  x: number,
  rows: number,
  n: number,
  v: number,
  skip?: number,
): void {
  const { args, i32 } = core;
  i32[args] = sums;
  i32[args + 1] = ids;
  i32[args + 2] = x;
  i32[args + 3] = rows;
  i32[args + 4] = n;
  i32[args + 5] = v;
  i32[args + 6] = skip ?? 0;
  i32[args + 7] = skip === undefined ? 0 : 1;
  core.launch(ops.OP_SCATTER_ADD_ROWS, Math.min(core.parts(rows * n), v));
}

export function gatherLast(core: Core, out: Operand, x: Operand, index: Operand): boolean {
  if (out.buffer.dtype === "float64" || !areDense([out, x, index])) return false;
  return alongLast(core, ops.OP_GATHER_LAST, [out, x, index], x, index);
}

export function scatterAddLast(core: Core, dx: Operand, index: Operand, dOut: Operand): boolean {
  if (!isFloat32(dx) || !areDense([dx, index, dOut])) return false;
  return alongLast(core, ops.OP_SCATTER_ADD_LAST, [dx, index, dOut], dx, index);
}

function alongLast(core: Core, op: number, operands: readonly Operand[], wide: Operand, index: Operand): boolean {
  const total = sizeOf(index.shape);
  if (total === 0) return true;
  const count = index.shape[index.shape.length - 1] ?? 1;
  const { args, i32 } = core;
  for (let k = 0; k < 3; k++) i32[args + k] = core.address(operands[k]);
  i32[args + 3] = total / count;
  i32[args + 4] = wide.shape[wide.shape.length - 1] ?? 1;
  i32[args + 5] = count;
  core.launch(op, Math.min(core.parts(total), total / count));
  return true;
}

export function range(core: Core, x: Operand): readonly [number, number] | null {
  if (x.buffer.dtype !== "int32" || !areDense([x])) return null;
  const n = sizeOf(x.shape);
  if (n === 0) return [0, -1];
  const { args, i32 } = core;
  i32[args] = core.address(x);
  i32[args + 1] = n;
  core.launch(ops.OP_RANGE);
  return [i32[args + 2], i32[args + 3]];
}
