import { type DType, promote } from "../../base/dtype.js";
import { ShapeError } from "../../base/errors.js";
import {
  broadcastShapes,
  broadcastStrides,
  formatShape,
  misshapen,
  type Shape,
  sameShape,
  sizeOf,
  withLast,
} from "../../base/shape.js";
import type { Operand } from "../../engine/engine.js";
import { currentEngine } from "../../engine/select.js";
import { record } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { mul } from "./arithmetic.js";
import { cast } from "./cast.js";
import {
  contiguous,
  empty,
  filled,
  Lens,
  reduceRaw,
  requireFloat,
  requireSameDType,
  requireTensor,
  reshapedLens,
  savedContiguous,
  sumTo,
  transposedLens,
  viewOf,
} from "./raw.js";
import { reshape } from "./shape.js";

/**
 * The product of the last two dimensions, PyTorch's `matmul`: [.., M, K] · [.., K, N] = [.., M, N] with leading
 * dimensions broadcast; a vector on either side is a row (left) or a column (right) and loses that dimension again.
 * @throws ShapeError when the inner sizes differ
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  requireTensor("matmul", "a", a);
  requireTensor("matmul", "b", b);
  requireFloat("matmul", "a", a);
  requireFloat("matmul", "b", b);
  if (a.rank === 0 || b.rank === 0) {
    const value = `${formatShape(a.shape)} and ${formatShape(b.shape)}`;
    throw new ShapeError({
      op: "matmul",
      argument: "operands",
      must: "be of rank 1 or more",
      value,
      fix: "Use mul() for scalars.",
    });
  }
  const dtype = promote(a.dtype, b.dtype);
  const [x, y] = [cast(a, dtype), cast(b, dtype)];
  const left = x.rank === 1 ? reshape(x, [1, x.shape[0]]) : x;
  const right = y.rank === 1 ? reshape(y, [y.shape[0], 1]) : y;
  const inner = left.shape[left.rank - 1];
  if (inner !== right.shape[right.rank - 2]) {
    throw new ShapeError({
      op: "matmul",
      argument: "shapes",
      must: "share the inner size ([.., M, K] and [.., K, N])",
      value: `${formatShape(a.shape)} and ${formatShape(b.shape)}`,
      fix: `K is ${inner} on the left and ${right.shape[right.rank - 2]} on the right.`,
    });
  }
  const out = product(left, right);
  if (x.rank > 1 && y.rank > 1) return out;
  const shape = out.shape.filter(
    (_, i) => !((x.rank === 1 && i === out.rank - 2) || (y.rank === 1 && i === out.rank - 1)),
  );
  return reshape(out, shape);
}

/** The outer product of two vectors: [M], [N] to [M, N]. */
export function outer(a: Tensor, b: Tensor): Tensor {
  requireTensor("outer", "a", a);
  requireTensor("outer", "b", b);
  if (a.rank !== 1 || b.rank !== 1) {
    const value = `${formatShape(a.shape)} and ${formatShape(b.shape)}`;
    throw new ShapeError({ op: "outer", argument: "operands", must: "be vectors", value });
  }
  return mul(reshape(a, [a.size, 1]), b);
}

function product(a: Tensor, b: Tensor): Tensor {
  return record(
    "matmul",
    [a, b],
    productRaw(a, b),
    (dOut, needs) => [
      needs[0] ? sumTo(productRaw(dOut, b, false, true), a.shape) : null,
      needs[1] ? sumTo(productRaw(a, dOut, true, false), b.shape) : null,
    ],
    { held: [b.requiresGrad ? a : null, a.requiresGrad ? b : null] },
  );
}

/** [.., M, K] · [.., K, N] with broadcast leading dimensions and either side transposed first, unrecorded. */
function productRaw(a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor {
  const left = transposeA ? transposedLens(a) : a;
  const right = transposeB ? transposedLens(b) : b;
  const lead = broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [m, k] = left.shape.slice(-2) as [number, number];
  const n = right.shape[right.shape.length - 1];
  const shape = [...lead, m, n];
  if (k === 0) return filled(a.dtype, shape, 0);
  const out = empty(a.dtype, shape);
  if (out.size > 0) currentEngine().matmul(out, spread(a, left, [...lead, m, k]), spread(b, right, [...lead, k, n]));
  return out;
}

function spread(base: Tensor, x: Operand, shape: Shape): Operand {
  if (sameShape(x.shape, shape)) return x;
  return new Lens(base, shape, broadcastStrides(x.shape, x.strides, shape));
}

/**
 * y = x · weightᵀ + bias.
 * @param x       [.., I]
 * @param weight  [O, I]
 * @param bias    [O] or null
 * @returns       [.., O]
 * @throws ShapeError when the last dimension of x is not I, or the bias not [O]; DTypeError for operands of two dtypes
 */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  checkLinear(x, weight, bias);
  const [outputs, inputs] = weight.shape as [number, number];
  const shape = withLast(x.shape, outputs);
  const rows = sizeOf(shape.slice(0, -1));
  const [input, saved] = savedContiguous(x);
  const x2 = reshapedLens(input, [rows, inputs]);
  const out = empty(x.dtype, shape);
  const out2 = reshapedLens(out, [rows, outputs]);
  if (out.size > 0) currentEngine().matmul(out2, x2, transposedLens(weight), { bias: bias ?? undefined });
  const backward = (dOut: Tensor, needs: readonly boolean[]) => {
    const dOut2 = viewOf(contiguous(dOut), [rows, outputs], [outputs, 1]);
    const dX = needs[0] ? matmulInto(x.dtype, x.shape, [rows, inputs], dOut2, weight) : null;
    const dWeight = needs[1] ? matmulInto(x.dtype, weight.shape, weight.shape, transposedLens(dOut2), x2) : null;
    return bias === null ? [dX, dWeight] : [dX, dWeight, needs[2] ? reduceRaw("sum", dOut2, [0], x.dtype) : null];
  };
  const inputsOf = bias === null ? [x, weight] : [x, weight, bias];
  const { owned } = saved;
  const held = [weight.requiresGrad && !owned ? x : null, x.requiresGrad ? weight : null];
  return record("linear", inputsOf, out, backward, owned ? { held, owned } : { held });
}

/** a · b [M, N] in a new tensor of `shape`; zeros when nothing is summed. */
function matmulInto(dtype: DType, shape: Shape, [m, n]: Shape, a: Operand, b: Operand): Tensor {
  if (a.shape[1] === 0) return filled(dtype, shape, 0);
  const out = empty(dtype, shape);
  if (out.size > 0) currentEngine().matmul(reshapedLens(out, [m, n]), a, b);
  return out;
}

function checkLinear(x: Tensor, weight: Tensor, bias: Tensor | null): void {
  requireTensor("linear", "input", x);
  requireTensor("linear", "weight", weight);
  requireFloat("linear", "input", x);
  requireSameDType("linear", "input", x, weight.dtype);
  if (weight.rank !== 2) {
    const value = formatShape(weight.shape);
    throw new ShapeError({ op: "linear", argument: "weight", must: "have shape [O, I]", value });
  }
  const [outputs, inputs] = weight.shape as [number, number];
  if (x.rank === 0 || x.shape[x.rank - 1] !== inputs) {
    throw misshapen(
      "linear",
      "input",
      `have shape [..., ${inputs}] (inFeatures=${inputs})`,
      x.shape,
      "If features are not last, permute first.",
    );
  }
  if (bias === null) return;
  requireTensor("linear", "bias", bias);
  requireSameDType("linear", "bias", bias, weight.dtype);
  if (bias.rank === 1 && bias.shape[0] === outputs) return;
  throw misshapen("linear", "bias", `have shape [${outputs}]`, bias.shape);
}
