import { checkOneOf } from "../../base/check.js";
import { type DType, isFloat, promote } from "../../base/dtype.js";
import { broadcastShapes } from "../../base/shape.js";
import type { BinaryOp, CompareOp } from "../../engine/engine.js";
import { currentEngine } from "../../engine/select.js";
import { operationDone } from "../lifetime.js";
import { record } from "../tape.js";
import { Tensor } from "../tensor.js";
import { cast } from "./cast.js";
import { copyOf, empty, expanded, requireInt, requireTensor, scalar, sumTo } from "./raw.js";

/** What an operation on two operands takes: a number stands for a constant tensor. */
export type TensorOrNumber = Tensor | number;

/** Two operands of one dtype. A number takes the tensor's dtype, but what int32 cannot hold makes float32. */
function operands(op: string, a: TensorOrNumber, b: TensorOrNumber): [Tensor, Tensor] {
  if (typeof a === "number") {
    requireTensor(op, "one operand at least", b);
    return operands(op, scalar(dtypeBeside(b.dtype, a), a), b);
  }
  requireTensor(op, "the first operand", a);
  if (typeof b === "number") return operands(op, a, scalar(dtypeBeside(a.dtype, b), b));
  requireTensor(op, "the second operand", b);
  if (a.dtype === b.dtype) return [a, b];
  const dtype = promote(a.dtype, b.dtype);
  return [converted(a, dtype), converted(b, dtype)];
}

function dtypeBeside(dtype: DType, value: number): DType {
  return dtype === "int32" && (value | 0) !== value ? "float32" : dtype;
}

/** A cast for the inside of an operation. */
function converted(x: Tensor, dtype: DType): Tensor {
  const out = cast(x, dtype);
  if (out !== x && out.node === null) out.temporary = true;
  return out;
}

function binary(op: BinaryOp, a: Tensor, b: Tensor, dtype: DType = a.dtype): Tensor {
  const shape = broadcastShapes(op, a.shape, b.shape);
  const out = empty(dtype, shape);
  if (out.size > 0) currentEngine().binary(op, out, expanded(a, shape), expanded(b, shape));
  return out;
}

/** scale · x + shift in one pass, unrecorded. */
function affine(x: Tensor, scale: number, shift: number): Tensor {
  const out = empty(x.dtype, x.shape);
  if (out.size > 0) currentEngine().affine(out, x, scale, shift);
  return out;
}

/** scale · x + shift for constants, which become numbers of x's dtype first. A shift of -0 changes no product. */
function line(name: string, x: Tensor, scale: number, shift: number): Tensor {
  x.checkAlive(name);
  const [a, b] = x.dtype === "float32" ? [Math.fround(scale), Math.fround(shift)] : [scale, shift];
  return record(name, [x], affine(x, a, b), (dOut) => [a === 1 ? dOut : affine(dOut, a, -0)]);
}

/** Whether this operand is a constant beside a floating tensor. */
function isConstant(value: TensorOrNumber, beside: TensorOrNumber): value is number {
  return typeof value === "number" && beside instanceof Tensor && isFloat(beside.dtype);
}

/**
 * a + b; shapes broadcast.
 * @throws ShapeError when they do not; the same for all operations on two operands
 */
export function add(a: TensorOrNumber, b: TensorOrNumber): Tensor {
  if (isConstant(b, a)) return line("add", a as Tensor, 1, b);
  if (isConstant(a, b)) return line("add", b as Tensor, 1, a);
  const [x, y] = operands("add", a, b);
  return record("add", [x, y], binary("add", x, y), (dOut, needs) => [
    needs[0] ? sumTo(dOut, x.shape) : null,
    needs[1] ? sumTo(dOut, y.shape) : null,
  ]);
}

/** a - b. */
export function sub(a: TensorOrNumber, b: TensorOrNumber): Tensor {
  if (isConstant(b, a)) return line("sub", a as Tensor, 1, -b);
  if (isConstant(a, b)) return line("sub", b as Tensor, -1, a);
  const [x, y] = operands("sub", a, b);
  return record("sub", [x, y], binary("sub", x, y), (dOut, needs) => [
    needs[0] ? sumTo(dOut, x.shape) : null,
    needs[1] ? affine(sumTo(dOut, y.shape), -1, -0) : null,
  ]);
}

/** a · b, element by element. */
export function mul(a: TensorOrNumber, b: TensorOrNumber): Tensor {
  if (isConstant(b, a)) return line("mul", a as Tensor, b, -0);
  if (isConstant(a, b)) return line("mul", b as Tensor, a, -0);
  const [x, y] = operands("mul", a, b);
  return record(
    "mul",
    [x, y],
    binary("mul", x, y),
    (dOut, needs) => [
      needs[0] ? sumTo(binary("mul", dOut, y), x.shape) : null,
      needs[1] ? sumTo(binary("mul", dOut, x), y.shape) : null,
    ],
    { held: [x, y] },
  );
}

/** a / b, element by element; int32 operands give float32, as in PyTorch. */
export function div(a: TensorOrNumber, b: TensorOrNumber): Tensor {
  let [x, y] = operands("div", a, b);
  if (x.dtype === "int32") [x, y] = [converted(x, "float32"), converted(y, "float32")];
  const out = binary("div", x, y);
  return record(
    "div",
    [x, y],
    out,
    (dOut, needs) => {
      const dX = binary("div", dOut, y);
      return [
        needs[0] ? sumTo(dX, x.shape) : null,
        needs[1] ? affine(sumTo(binary("mul", dX, out), y.shape), -1, -0) : null,
      ];
    },
    { held: [x, y, out] },
  );
}

/** a to the power b. The gradient in b uses log a, and is 0 where a is 0. */
export function pow(a: TensorOrNumber, b: TensorOrNumber): Tensor {
  const [x, y] = operands("pow", a, b);
  const out = binary("pow", x, y);
  return record(
    "pow",
    [x, y],
    out,
    (dOut, needs) => [
      needs[0] ? sumTo(binary("mul", dOut, powSlope(x, y)), x.shape) : null,
      needs[1] ? sumTo(binary("mul", dOut, powLog(x, out)), y.shape) : null,
    ],
    { held: [x, y, out] },
  );
}

/** b · a^(b-1), which is 0 when b is 0, whatever a is. */
function powSlope(a: Tensor, b: Tensor): Tensor {
  const slope = binary("mul", b, binary("pow", a, affine(b, 1, -1)));
  return selectRaw(binary("eq", b, scalar(b.dtype, 0), "int32"), scalar(slope.dtype, 0), slope);
}

function powLog(a: Tensor, out: Tensor): Tensor {
  const log = empty(a.dtype, a.shape);
  if (log.size > 0) currentEngine().unary("log", log, a);
  const product = binary("mul", out, log);
  return selectRaw(binary("eq", a, scalar(a.dtype, 0), "int32"), scalar(a.dtype, 0), product);
}

/** The larger of each pair; equal ones share the gradient. */
export function maximum(a: TensorOrNumber, b: TensorOrNumber): Tensor {
  return extremum("maximum", a, b);
}

/** The smaller of each pair; equal ones share the gradient. */
export function minimum(a: TensorOrNumber, b: TensorOrNumber): Tensor {
  return extremum("minimum", a, b);
}

function extremum(op: "maximum" | "minimum", a: TensorOrNumber, b: TensorOrNumber): Tensor {
  const [x, y] = operands(op, a, b);
  const first = op === "maximum" ? "gt" : "lt";
  const part = (one: Tensor, other: Tensor, dOut: Tensor): Tensor => {
    const wins = copyOf(binary(first, one, other, "int32"), dOut.dtype);
    const ties = affine(copyOf(binary("eq", one, other, "int32"), dOut.dtype), 0.5, 0);
    return sumTo(binary("mul", dOut, binary("add", wins, ties)), one.shape);
  };
  return record(
    op,
    [x, y],
    binary(op, x, y),
    (dOut, needs) => [needs[0] ? part(x, y, dOut) : null, needs[1] ? part(y, x, dOut) : null],
    { held: [x, y] },
  );
}

const COMPARISONS: readonly CompareOp[] = ["eq", "ne", "lt", "le", "gt", "ge"];

/** 1 where the comparison holds, else 0, as int32. No gradient passes. */
export function compare(op: CompareOp, a: TensorOrNumber, b: TensorOrNumber): Tensor {
  if (!COMPARISONS.includes(op)) checkOneOf("compare", "op", op, COMPARISONS);
  const [x, y] = operands(op, a, b);
  const out = binary(op, x, y, "int32");
  for (const operand of [x, y]) if (operand.temporary && operand.holds === 0) operand.dispose();
  operationDone();
  return out;
}

function selectRaw(cond: Tensor, a: Tensor, b: Tensor): Tensor {
  const shape = broadcastShapes("where", broadcastShapes("where", cond.shape, a.shape), b.shape);
  const out = empty(a.dtype, shape);
  if (out.size > 0) currentEngine().where(out, expanded(cond, shape), expanded(a, shape), expanded(b, shape));
  return out;
}

/** a where cond is not 0, else b; all three broadcast. cond is int32. */
export function where(cond: Tensor, a: TensorOrNumber, b: TensorOrNumber): Tensor {
  requireTensor("where", "cond", cond);
  requireInt("where", "cond", cond);
  if (typeof a === "number" && typeof b === "number") {
    return where(cond, scalar("float32", a), scalar("float32", b));
  }
  const [x, y] = operands("where", a, b);
  return record(
    "where",
    [x, y],
    selectRaw(cond, x, y),
    (dOut, needs) => {
      const zero = scalar(dOut.dtype, 0);
      return [
        needs[0] ? sumTo(selectRaw(cond, dOut, zero), x.shape) : null,
        needs[1] ? sumTo(selectRaw(cond, zero, dOut), y.shape) : null,
      ];
    },
    { held: [cond] },
  );
}

/** start + weight · (end - start). */
export function lerp(start: Tensor, end: Tensor, weight: TensorOrNumber): Tensor {
  return add(start, mul(sub(end, start), weight));
}
