import { promote } from "../../base/dtype.js";
import { ShapeError } from "../../base/errors.js";
import {
  broadcastShapes,
  broadcastStrides,
  contiguousStrides,
  formatShape,
  type Shape,
  sameShape,
} from "../../base/shape.js";
import type { Operand } from "../../engine/engine.js";
import { currentEngine } from "../../engine/select.js";
import { record } from "../tape.js";
import type { Tensor } from "../tensor.js";
import { cast } from "./cast.js";
import {
  contiguous,
  empty,
  filled,
  Lens,
  reduceRaw,
  requireFloat,
  requireSameDType,
  reshapedLens,
  savedContiguous,
  sumTo,
  transposedLens,
  viewOf,
} from "./raw.js";

/**
 * The product of the last two dimensions, PyTorch's `matmul`: [.., M, K] · [.., K, N] = [.., M, N] with leading
 * dimensions broadcast; a vector on either side is a row (left) or a column (right) and loses that dimension again.
 * @throws ShapeError when the inner sizes differ
 */
export function matmul(a: Tensor, b: Tensor): Tensor {
  a.checkAlive("matmul");
  b.checkAlive("matmul");
  requireFloat("matmul", "a", a);
  requireFloat("matmul", "b", b);
  if (a.rank === 0 || b.rank === 0) {
    const value = `${formatShape(a.shape)} and ${formatShape(b.shape)}`;
    throw new ShapeError({
      op: "matmul",
      argument: "operands",
      rule: "of rank 1 or more",
      value,
      fix: "Use mul() for scalars.",
    });
  }
  const dtype = promote(a.dtype, b.dtype);
  const [x, y] = [cast(a, dtype), cast(b, dtype)];
  const left = x.rank === 1 ? reshaped(x, [1, x.shape[0]!]) : x;
  const right = y.rank === 1 ? reshaped(y, [y.shape[0]!, 1]) : y;
  const inner = left.shape[left.rank - 1]!;
  if (inner !== right.shape[right.rank - 2]!) {
    throw new ShapeError({
      op: "matmul",
      argument: "shapes",
      rule: "share the inner size ([.., M, K] and [.., K, N])",
      value: `${formatShape(a.shape)} and ${formatShape(b.shape)}`,
      fix: `K is ${inner} on the left and ${right.shape[right.rank - 2]} on the right.`,
    });
  }
  const out = product(left, right);
  if (x.rank > 1 && y.rank > 1) return out;
  const shape = out.shape.filter(
    (_, i) => !((x.rank === 1 && i === out.rank - 2) || (y.rank === 1 && i === out.rank - 1)),
  );
  return reshaped(out, shape);
}

/** A recorded reshape of a tensor whose strides allow it (a vector, or a contiguous result). */
function reshaped(x: Tensor, shape: Shape): Tensor {
  const from = x.shape;
  return record("reshape", [x], viewOf(contiguous(x), shape, contiguousStrides(shape)), (dOut) => [
    viewOf(contiguous(dOut), from, contiguousStrides(from)),
  ]);
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
    { held: [a, b] },
  );
}

/** [.., M, K] · [.., K, N] with broadcast leading dimensions and either side transposed first, unrecorded. */
function productRaw(a: Tensor, b: Tensor, transposeA = false, transposeB = false): Tensor {
  const left = transposeA ? transposedLens(a) : a;
  const right = transposeB ? transposedLens(b) : b;
  const lead = broadcastShapes("matmul", a.shape.slice(0, -2), b.shape.slice(0, -2));
  const [m, k] = left.shape.slice(-2) as [number, number];
  const n = right.shape[right.shape.length - 1]!;
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
 * @throws ShapeError when the last dimension of x is not I
 */
export function linear(x: Tensor, weight: Tensor, bias: Tensor | null = null): Tensor {
  const [outputs, inputs] = weight.shape as [number, number];
  x.checkAlive("linear");
  requireFloat("linear", "input", x);
  requireSameDType("linear", "input", x, weight.dtype);
  if (x.rank === 0 || x.shape[x.rank - 1] !== inputs) {
    throw new ShapeError({
      op: "linear",
      argument: "input",
      rule: `have shape [..., ${inputs}] (inFeatures=${inputs})`,
      value: formatShape(x.shape),
      fix: "If features are not last, permute first.",
    });
  }
  const rows = x.size / Math.max(inputs, 1);
  const [input, saved] = savedContiguous(x);
  const x2 = reshapedLens(input, [rows, inputs]);
  const out = empty(x.dtype, [...x.shape.slice(0, -1), outputs]);
  const out2 = reshapedLens(out, [rows, outputs]);
  const engine = currentEngine();
  if (out.size > 0) engine.matmul(out2, x2, transposedLens(weight), { bias: bias ?? undefined });
  const backward = (dOut: Tensor, needs: readonly boolean[]) => {
    const dOut2 = viewOf(contiguous(dOut), [rows, outputs], [outputs, 1]);
    const dX = needs[0] ? empty(x.dtype, x.shape) : null;
    if (dX !== null && dX.size > 0) engine.matmul(reshapedLens(dX, [rows, inputs]), dOut2, weight);
    const dWeight = needs[1] ? filled(weight.dtype, weight.shape, 0) : null;
    if (dWeight !== null && rows > 0) engine.matmul(dWeight, transposedLens(dOut2), x2);
    return bias === null ? [dX, dWeight] : [dX, dWeight, needs[2] ? reduceRaw("sum", dOut2, [0], x.dtype) : null];
  };
  const held = [...(saved.held ?? []), weight];
  return record("linear", bias === null ? [x, weight] : [x, weight, bias], out, backward, { ...saved, held });
}
