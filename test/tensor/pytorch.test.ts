import { expect, test } from "vitest";
import { isFloat } from "../../src/base/dtype.js";
import * as u from "../../src/index.js";
import { type Tensor, tensor } from "../../src/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { describeEngines } from "../support/configured.js";
import { type FixtureCase, loadFixture, tensorOf } from "../support/fixtures.js";

interface OpOptions {
  op: string;
  args: Args;
  inputs: number;
  outputs: number;
}

/** What the generator's ops take, in PyTorch's words. */
interface Args {
  dim: number;
  dims: number[];
  keepdim: boolean;
  value: number;
  exponent: number;
  min?: number;
  max?: number;
  weight: number;
  p: number | "inf";
  correction: number;
  shape: number[];
  startDim: number;
  endDim: number;
  dim0: number;
  dim1: number;
  repeats: number | number[];
  shift: number;
  diagonal: number;
  index: number;
  start: number;
  end: number;
  length: number;
  step: number;
  chunks: number;
  size: number | number[];
  numClasses: number;
  k: number;
  descending: boolean;
}

type Run = (args: Args, x: Tensor, y: Tensor, z: Tensor) => Tensor | Tensor[];

const UNARY = [
  ...["neg", "abs", "sign", "exp", "expm1", "square", "sin", "cos", "tanh", "sigmoid", "relu", "floor", "ceil"],
  ...["round", "log", "log1p", "sqrt", "rsqrt", "reciprocal", "softplus"],
] as const;
const BINARY = ["add", "sub", "mul", "div", "maximum", "minimum", "pow", "eq", "ne", "lt", "le", "gt", "ge"] as const;

const p = (args: Args): number => (args.p === "inf" ? Infinity : args.p);

/** Each of PyTorch's operations in our words. */
const OPS: Record<string, Run> = {
  ...Object.fromEntries(UNARY.map((op) => [op, (_: Args, x: Tensor) => x[op as "neg"]()])),
  ...Object.fromEntries(BINARY.map((op) => [op, (_: Args, x: Tensor, y: Tensor) => x[op](y)])),
  powScalar: (a, x) => x.pow(a.exponent),
  addScalar: (a, x) => x.add(a.value),
  subScalar: (a, x) => x.sub(a.value),
  mulScalar: (a, x) => x.mul(a.value),
  divScalar: (a, x) => x.div(a.value),
  clamp: (a, x) => x.clamp(a.min, a.max),
  where: (_, cond, x, y) => u.where(cond, x, y),
  maskedFill: (a, x, mask) => x.maskedFill(mask, a.value),
  lerp: (a, x, y) => x.lerp(y, a.weight),
  matmul: (_, x, y) => x.matmul(y),
  matmulTransposed: (_, x, y) => x.matmul(y.T),
  outer: (_, x, y) => u.outer(x, y),
  sum: (a, x) => x.sum(a.dim, { keepDim: a.keepdim }),
  mean: (a, x) => x.mean(a.dim, { keepDim: a.keepdim }),
  max: (_, x) => x.max(),
  min: (_, x) => x.min(),
  maxDim: (a, x) => [x.max(a.dim, { keepDim: a.keepdim }), x.argmax(a.dim, { keepDim: a.keepdim })],
  minDim: (a, x) => [x.min(a.dim, { keepDim: a.keepdim }), x.argmin(a.dim, { keepDim: a.keepdim })],
  argmax: (a, x) => x.argmax(a.dim, { keepDim: a.keepdim }),
  argmin: (a, x) => x.argmin(a.dim, { keepDim: a.keepdim }),
  prod: (a, x) => x.prod(a.dim, { keepDim: a.keepdim }),
  norm: (a, x) => x.norm(p(a), a.dim, { keepDim: a.keepdim }),
  std: (a, x) => x.std(a.dim, { correction: a.correction, keepDim: a.keepdim }),
  var: (a, x) => x.var(a.dim, { correction: a.correction, keepDim: a.keepdim }),
  softmax: (a, x) => x.softmax(a.dim),
  logSoftmax: (a, x) => x.logSoftmax(a.dim),
  logsumexp: (a, x) => x.logSumExp(a.dim, { keepDim: a.keepdim }),
  cumsum: (a, x) => x.cumsum(a.dim),
  reshape: (a, x) => x.reshape(a.shape),
  reshapeTransposed: (a, x) => x.T.reshape(a.shape),
  flatten: (a, x) => x.flatten(a.startDim, a.endDim),
  t: (_, x) => x.T,
  transpose: (a, x) => x.transpose(a.dim0, a.dim1),
  permute: (a, x) => x.permute(a.dims),
  squeeze: (a, x) => x.squeeze(a.dim),
  unsqueeze: (a, x) => x.unsqueeze(a.dim),
  expand: (a, x) => x.expand(a.shape),
  repeat: (a, x) => x.repeat(a.repeats as number[]),
  repeatInterleave: (a, x) => x.repeatInterleave(a.repeats as number, a.dim),
  flip: (a, x) => x.flip(a.dims),
  roll: (a, x) => x.roll(a.shift, a.dim),
  tril: (a, x) => x.tril(a.diagonal),
  triu: (a, x) => x.triu(a.diagonal),
  select: (a, x) => x.select(a.dim, a.index),
  narrow: (a, x) => x.narrow(a.dim, a.start, a.length),
  slice: (a, x) => x.slice(a.dim, a.start, a.end, a.step),
  gather: (a, x, index) => x.gather(a.dim, index),
  indexSelect: (a, x, index) => x.indexSelect(a.dim, index),
  embedding: (_, table, ids) => u.embedding(table, ids),
  cat: (a, ...parts) => u.concat(parts.filter(Boolean), a.dim),
  stack: (a, ...parts) => u.stack(parts.filter(Boolean), a.dim),
  chunk: (a, x) => x.chunk(a.chunks, a.dim),
  split: (a, x) => x.split(a.size, a.dim),
  unbind: (a, x) => x.unbind(a.dim),
  oneHot: (a, x) => u.oneHot(x, a.numClasses),
  topk: (a, x) => Object.values(x.topk(a.k, { axis: a.dim })),
  sort: (a, x) => Object.values(x.sort({ axis: a.dim, descending: a.descending })),
};

const FAMILIES = ["elementwise", "products", "reductions", "shapes", "indexing"];
const CASES = FAMILIES.flatMap((family) =>
  loadFixture<OpOptions>(`ops/${family}`).cases.map((found) => ({ ...found, family })),
);

test("every operation that the fixtures have is one of ours", () => {
  expect(CASES.map((found) => found.options.op).filter((op) => !(op in OPS))).toEqual([]);
  expect(CASES).toHaveLength(242);
});

/** Runs a case in `dtype` and compares values, shapes, dtypes and every gradient. */
function check(found: FixtureCase<OpOptions>, dtype: "float32" | "float64"): void {
  const { op, args, inputs, outputs } = found.options;
  const tolerance = dtype === "float64" ? TOLERANCE.float64 : TOLERANCE.gradient;
  const made = Array.from({ length: inputs }, (_, i) => {
    const { data, shape, dtype: own } = tensorOf(found, `in.${i}`);
    const float = isFloat(own);
    return tensor(data, { shape, dtype: float ? dtype : own, requiresGrad: float && `grad.${i}` in found.tensors });
  });
  const results = [OPS[op]!(args, made[0]!, made[1]!, made[2]!)].flat();
  expect(results).toHaveLength(outputs);
  let loss: Tensor | null = null;
  results.forEach((result, i) => {
    const expected = tensorOf(found, `out.${i}`);
    expect(result.shape, `shape of out.${i}`).toEqual(expected.shape);
    expect(result.dtype).toBe(isFloat(expected.dtype) ? dtype : "int32");
    expectClose(result.data(), expected.data, tolerance, `out.${i}`);
    const upstream = found.tensors[`upstream.${i}`];
    if (upstream === undefined) return;
    const part = result.mul(tensor(upstream.data, { shape: upstream.shape, dtype })).sum();
    loss = loss === null ? part : loss.add(part);
  });
  (loss as Tensor | null)?.backward();
  made.forEach((input, i) => {
    const expected = found.tensors[`grad.${i}`];
    if (expected !== undefined) expectClose(input.grad!.data(), expected.data, tolerance, `grad.${i}`);
  });
}

describeEngines("tensor: pytorch", () => {
  test.each(CASES)("$family: $name as PyTorch in float64, rtol 1e-10", (found) => check(found, "float64"));
  test.each(CASES)("$family: $name as PyTorch in float32, rtol 1e-4 atol 1e-6", (found) => check(found, "float32"));
});
