import { checkNumber } from "../base/check.js";
import type { DType } from "../base/dtype.js";
import { DTypeError } from "../base/errors.js";
import { broadcastStrides, type Shape, sameShape } from "../base/shape.js";
import type { BinaryOp, Operand, UnaryOp } from "../engine/engine.js";
import { floatDType } from "./layer.js";
import { mismatch, type NdArray, requireArray } from "./nd-array.js";
import { onEngine, transposed, type Workspace } from "./workspace.js";

/** The arithmetic that a layer written by hand needs, each an engine kernel between an upload and a download. */

/** A matrix to be read across its diagonal. */
export interface Transposed {
  readonly transposeOf: NdArray;
}

/** The transpose of the last two dimensions, for `matmul`: nothing is moved. */
export function T(x: NdArray): Transposed {
  requireArray("T", "x", x);
  return { transposeOf: x };
}

/** a [.., M, K] · b [.., K, N] = [.., M, N]; leading dimensions equal. */
export function matmul(a: NdArray | Transposed, b: NdArray | Transposed): NdArray {
  return onEngine((w) => {
    const [left, right] = [operand(w, "a", a), operand(w, "b", b)];
    sameDType("matmul", left.buffer.dtype, right.buffer.dtype);
    const rank = left.shape.length;
    if (rank < 2) throw mismatch("matmul", "a", ["..", "M", "K"], left.shape);
    const expected = [...left.shape.slice(0, -2), left.shape[rank - 1], "N"];
    const fits = right.shape.length === rank && expected.every((n, i) => n === "N" || n === right.shape[i]);
    if (!fits) throw mismatch("matmul", "b", expected, right.shape);
    const out = w.empty([...left.shape.slice(0, -1), right.shape[rank - 1]], left.buffer.dtype);
    w.engine.matmul(out, left, right);
    return w.download(out);
  });
}

function operand(w: Workspace, argument: string, x: NdArray | Transposed): Operand {
  const across = (x as Transposed | null | undefined)?.transposeOf;
  const array = across ?? x;
  requireArray("matmul", argument, array);
  floatDType("matmul", argument, array);
  return across ? transposed(w.upload(array)) : w.upload(array);
}

function sameDType(op: string, a: DType, b: DType): void {
  if (a !== b) throw new DTypeError({ op, argument: "b", must: `be ${a}, as a is`, value: b });
}

/** a + b; b may lack leading dimensions, as a bias does. */
export function add(a: NdArray, b: NdArray): NdArray {
  return binary("add", a, b);
}

/** a - b, element by element. */
export function sub(a: NdArray, b: NdArray): NdArray {
  return binary("sub", a, b);
}

/** a ⊙ b, element by element. */
export function mul(a: NdArray, b: NdArray): NdArray {
  return binary("mul", a, b);
}

/** factor · x */
export function scale(x: NdArray, factor: number): NdArray {
  requireArray("scale", "x", x);
  checkNumber("scale", "factor", factor);
  return result(x.shape, x.dtype, (out, w) => w.engine.affine(out, w.upload(x), factor, 0));
}

/** 1 - x */
export function oneMinus(x: NdArray): NdArray {
  requireArray("oneMinus", "x", x);
  return result(x.shape, x.dtype, (out, w) => w.engine.affine(out, w.upload(x), -1, 1));
}

/** tanh x, element by element. */
export function tanh(x: NdArray): NdArray {
  return unary("tanh", x);
}

/** σ(x) = 1 / (1 + e^-x) */
export function sigmoid(x: NdArray): NdArray {
  return unary("sigmoid", x);
}

/** max(x, 0), element by element. */
export function relu(x: NdArray): NdArray {
  return unary("relu", x);
}

/** Over the last dimension: a_j = e^{s_j} / Σ_k e^{s_k} */
export function softmax(s: NdArray): NdArray {
  requireFloats("softmax", "s", s);
  if (s.shape.length === 0) throw mismatch("softmax", "s", ["..", "D"], s.shape);
  return result(s.shape, s.dtype, (out, w) => w.engine.softmax(out, w.upload(s)));
}

/** ds = a ⊙ (da - Σ_k a_k da_k) */
export function softmaxBackward(a: NdArray, da: NdArray): NdArray {
  return result(a.shape, a.dtype, (out, w) => w.engine.softmaxBackward(out, w.upload(a), w.upload(da)));
}

/** Over the last dimension but one, which goes: [R, D] leaves [D], the gradient of a bias; [N, T, D] leaves [N, D]. */
export function sumRows(x: NdArray): NdArray {
  requireArray("sumRows", "x", x);
  if (x.shape.length < 2) throw mismatch("sumRows", "x", ["..", "R", "D"], x.shape);
  const shape = x.shape.filter((_, axis) => axis !== x.shape.length - 2);
  return result(shape, x.dtype, (out, w) => w.engine.reduce("sum", out, transposed(w.upload(x)), 1));
}

/** Where the largest value of each row is. */
export function argmax(x: NdArray): NdArray {
  requireArray("argmax", "x", x);
  if (x.shape.length === 0) throw mismatch("argmax", "x", ["..", "D"], x.shape);
  return result(x.shape.slice(0, -1), "int32", (out, w) => w.engine.reduce("argmax", out, w.upload(x), 1));
}

function requireFloats(op: string, argument: string, x: NdArray): void {
  requireArray(op, argument, x);
  floatDType(op, argument, x);
}

function unary(op: UnaryOp, x: NdArray): NdArray {
  requireFloats(op, "x", x);
  return result(x.shape, x.dtype, (out, w) => w.engine.unary(op, out, w.upload(x)));
}

function binary(op: BinaryOp, a: NdArray, b: NdArray): NdArray {
  requireArray(op, "a", a);
  requireArray(op, "b", b);
  sameDType(op, a.dtype, b.dtype);
  if (!sameShape(b.shape, a.shape.slice(a.shape.length - b.shape.length))) throw mismatch(op, "b", a.shape, b.shape);
  return result(a.shape, a.dtype, (out, w) => {
    const right = w.upload(b);
    const strides = broadcastStrides(b.shape, right.strides, a.shape);
    w.engine.binary(op, out, w.upload(a), { ...right, shape: a.shape, strides });
  });
}

function result(shape: Shape, dtype: DType, kernel: (out: Operand, w: Workspace) => void): NdArray {
  return onEngine((w) => {
    const out = w.empty(shape, dtype);
    kernel(out, w);
    return w.download(out);
  });
}
