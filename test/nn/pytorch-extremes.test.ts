import { beforeAll, describe, expect, test } from "vitest";
import { currentEngine } from "../../src/engine/select.js";
import { WasmEngine } from "../../src/engine/wasm/wasm-engine.js";
import { concat, configure, nn, ones, type Tensor, tensor, zeros } from "../../src/index.js";
import { NdArray, SoftmaxWithLoss } from "../../src/layers/index.js";
import { activate } from "../../src/nn/functional/activations.js";
import { logSigmoid } from "../../src/nn/recurrent/cells/log-space.js";
import { noSystemBlas } from "../engine/blas/engines.js";
import { WIDE_ALONE } from "../support/builds.js";
import { expectClose, type Tolerance } from "../support/close.js";
import { describeEngines } from "../support/configured.js";
import { type FixtureCase, loadFixture, tensorOf } from "../support/fixtures.js";

const F = nn.functional;
type DType = "float32" | "float64";
type Compute = (x: Tensor, targets: Tensor, weight: Tensor) => Tensor;
type Table = Record<string, Compute>;

// At ±Infinity, NaN and up to ±1e8: one line a function. What the fixture knows by that name is held against PyTorch, in float32 and
// float64; the rest in float32 against itself in float64.

/** Of points [P]. */
const ACTIVATIONS: Table = {
  neg: (x) => x.neg(),
  abs: (x) => x.abs(),
  sign: (x) => x.sign(),
  exp: (x) => x.exp(),
  expm1: (x) => x.expm1(),
  log: (x) => x.log(),
  log1p: (x) => x.log1p(),
  sqrt: (x) => x.sqrt(),
  rsqrt: (x) => x.rsqrt(),
  square: (x) => x.square(),
  reciprocal: (x) => x.reciprocal(),
  sin: (x) => x.sin(),
  cos: (x) => x.cos(),
  tanh: (x) => x.tanh(),
  sigmoid: (x) => x.sigmoid(),
  relu: (x) => x.relu(),
  floor: (x) => x.floor(),
  ceil: (x) => x.ceil(),
  round: (x) => x.round(),
  softplus: (x) => x.softplus(),
  erf: (x) => x.erf(),
  clamp: (x) => x.clamp(-1, 2),
  hardSigmoid: (x) => activate("hardSigmoid", x),
  logSigmoid,
  leakyRelu: (x) => F.leakyRelu(x),
  elu: (x) => F.elu(x),
  gelu: (x) => F.gelu(x),
  "gelu by tanh": (x) => F.gelu(x, "tanh"),
  silu: (x) => F.silu(x),
  "softplus of 2x": (x) => F.softplus(x, 2),
  hardtanh: (x) => F.hardtanh(x),
  hardsigmoid: (x) => F.hardsigmoid(x),
  activationRegularization: (x) => F.activationRegularization(x, 2),
  temporalActivationRegularization: (x) => F.temporalActivationRegularization(x, 2),
};

/** Of points [P] and targets [P] in [0, 1]. */
const PAIRS: Table = {
  mseLoss: (x, t) => F.mseLoss(x, t, { reduction: "none" }),
  "mseLoss, mean": (x, t) => F.mseLoss(x, t),
  "l1Loss, none": (x, t) => F.l1Loss(x, t, { reduction: "none" }),
  "smoothL1Loss, none": (x, t) => F.smoothL1Loss(x, t, { beta: 0.4, reduction: "none" }),
  "huberLoss, none": (x, t) => F.huberLoss(x, t, { delta: 3, reduction: "none" }),
  "gaussianNLLLoss, none": (x, t) => F.gaussianNLLLoss(x, t, constant(x, 0.7).expand(x.shape), { reduction: "none" }),
  "quantileLoss, none": (x, t) => F.quantileLoss(x.unsqueeze(1), t, { quantiles: [0.3], reduction: "none" }),
  "klDiv, none": (x, t) => F.klDiv(x, t, { reduction: "none" }),
  "klDiv, logTarget": (x, t) => F.klDiv(x, t.log(), { logTarget: true, reduction: "none" }),
  "bceLoss, none": (x, t) => F.bceLoss(x.sigmoid().mul(0.9).add(0.05), t, { reduction: "none" }),
  bceWithLogits: (x, t) => F.bceWithLogits(x, t, { reduction: "none" }),
  "bceWithLogits, mean": (x, t) => F.bceWithLogits(x, t),
  "bceWithLogits, weight": (x, t) => F.bceWithLogits(x, t, { weight: x.detach().mul(0).add(1.5), reduction: "none" }),
  "bceWithLogits, posWeight 2.5": (x, t) => F.bceWithLogits(x, t, { posWeight: constant(x, 2.5), reduction: "none" }),
  "bceWithLogits, posWeight 0": (x, t) => F.bceWithLogits(x, t, { posWeight: constant(x, 0), reduction: "none" }),
};

/** Of rows [R, V]. */
const ROWS: Table = {
  softmax: (x) => F.softmax(x),
  logSoftmax: (x) => F.logSoftmax(x),
  logSumExp: (x) => x.logSumExp(-1),
  ctcLoss: (x) => ctc(x, 1),
  "ctcLoss, five steps": (x) => ctc(x, 5),
};

/** Of rows [R, V] and classes [R], all of which count, or some, or none. */
const CLASSES: Table = {
  "crossEntropy, none": (x, t) => F.crossEntropy(x, t, { reduction: "none" }),
  "crossEntropy, mean": (x, t) => F.crossEntropy(x, t),
  "crossEntropy, sum": (x, t) => F.crossEntropy(x, t, { reduction: "sum" }),
  "crossEntropy, class weights": (x, t, weight) => F.crossEntropy(x, t, { weight, reduction: "none" }),
  "crossEntropy, smoothing": (x, t) => F.crossEntropy(x, t, { labelSmoothing: 0.1, reduction: "none" }),
  "crossEntropy, smoothing, class weights": (x, t, weight) =>
    F.crossEntropy(x, t, { labelSmoothing: 0.1, weight, reduction: "none" }),
  "nllLoss, none": (x, t) => F.nllLoss(x, t, { reduction: "none" }),
  "nllLoss, mean": (x, t) => F.nllLoss(x, t),
  "nllLoss, sum": (x, t) => F.nllLoss(x, t, { reduction: "sum" }),
  "nllLoss, class weights": (x, t, weight) => F.nllLoss(x, t, { weight, reduction: "none" }),
};

/** Cross entropies of the same rows, which a head makes out of nothing but itself, or its bias. */
const FUSED: Record<string, nn.functional.LinearCrossEntropyOptions & { weighted?: true }> = {
  "crossEntropy, none": {},
  "crossEntropy, class weights": { weighted: true },
  "crossEntropy, smoothing": { labelSmoothing: 0.1 },
  "crossEntropy, smoothing, class weights": { labelSmoothing: 0.1, weighted: true },
};

/** Each row a sequence that has it at every step, and spells class 1. */
function ctc(x: Tensor, steps: number): Tensor {
  const [rows, classes] = x.shape as [number, number];
  const logProbs = F.logSoftmax(x).reshape([1, rows, classes]).expand([steps, rows, classes]);
  const targets = ones([rows, 1], { dtype: "int32" });
  const lengths = new Array<number>(rows).fill(1);
  const all = new Array<number>(rows).fill(steps);
  return F.ctcLoss(logProbs, targets, all, lengths, { reduction: "none", zeroInfinity: true });
}

type Source = "head" | "bias";

function fused(name: string, from: Source): Compute {
  const { weighted, ...options } = FUSED[name]!;
  return (x, t, weight) => {
    const [rows, classes] = x.shape as [number, number];
    const one = ones([1, 1], { dtype: x.dtype });
    const none = zeros([classes, 1], { dtype: x.dtype });
    const settings = { ...options, weight: weighted ? weight : null, reduction: "sum" as const };
    const losses = Array.from({ length: rows }, (_, r) => {
      const [row, target] = [x.select(0, r), t.narrow(0, r, 1)];
      const [head, bias] = from === "head" ? [row.reshape([classes, 1]), null] : [none, row];
      return F.linearCrossEntropy(one, head, bias, target, settings).reshape([1]);
    });
    return concat(losses);
  };
}

function constant(x: Tensor, value: number): Tensor {
  return tensor([value], { dtype: x.dtype });
}

const fixtures = new Map<string, FixtureCase>(
  loadFixture("functional/extremes").cases.map((found) => [found.name, found]),
);
const inputs = fixtures.get("inputs")!;

function given(name: string, dtype: DType, requiresGrad = false): Tensor {
  const { data, shape } = tensorOf(inputs, name);
  return tensor(data, { shape, dtype: data instanceof Int32Array ? "int32" : dtype, requiresGrad });
}

interface Found {
  out: ArrayLike<number>;
  grad: ArrayLike<number>;
}

function run(compute: Compute, dtype: DType, x: string, targets: string, upstream?: ArrayLike<number>): Found {
  const input = given(x, dtype, true);
  const out = compute(input, given(targets, dtype), given("weight", dtype));
  const arriving = Float64Array.from({ length: out.size }, (_, i) => upstream?.[i] ?? 0.5 + Math.sin(i) / 3);
  out.backward(tensor(arriving, { shape: out.shape, dtype }));
  return { out: out.data(), grad: input.grad!.data() };
}

/** Of what is itself as small as 1e-35. */
const TAIL: Tolerance = { rtol: 1e-5, atol: 0 };
const BOUNDS: Record<DType, Record<keyof Found, Tolerance>> = {
  float32: { out: { rtol: 2e-6, atol: 2e-6 }, grad: { rtol: 1e-4, atol: 1e-6 } },
  float64: { out: { rtol: 1e-10, atol: 1e-12 }, grad: { rtol: 1e-10, atol: 1e-12 } },
};

function check(name: string, compute: Compute, dtype: DType, x: string, targets: string): void {
  const found = fixtures.get(name);
  const upstream = found && tensorOf(found, "upstream").data;
  const actual = run(compute, dtype, x, targets, upstream);
  const expected: Found = found
    ? { out: tensorOf(found, "out").data, grad: tensorOf(found, "grad").data }
    : run(compute, "float64", x, targets);
  for (const key of ["out", "grad"] as const) {
    const rounded = dtype === "float64" ? expected[key] : Float64Array.from(expected[key], Math.fround);
    expectClose(actual[key], rounded, BOUNDS[dtype][key], key);
  }
}

function checkFused(dtype: DType, from: Source): void {
  for (const targets of ["classes", "ignoring"]) {
    for (const name of Object.keys(FUSED)) {
      const known = targets === "classes" ? name : `${name}, ${targets}`;
      check(known, fused(name, from), dtype, "rows", targets);
    }
  }
}

describeEngines("at ±Infinity, NaN and up to ±1e8", (dtypes, engine) => {
  for (const dtype of dtypes) {
    test.each(Object.entries(ACTIVATIONS))(`${dtype}, %s`, (name, compute) => {
      check(name, compute, dtype, "points", "points");
    });
    test.each(Object.entries(PAIRS))(`${dtype}, %s`, (name, compute) => {
      check(name, compute, dtype, "logits", "binary");
    });
    test.each(Object.entries(ROWS))(`${dtype}, %s`, (name, compute) => {
      check(name, compute, dtype, "rows", "classes");
    });
    test.each(Object.entries(CLASSES))(`${dtype}, %s`, (name, compute) => {
      check(name, compute, dtype, "rows", "classes");
      check(`${name}, ignoring`, compute, dtype, "rows", "ignoring");
      check(`${name}, ignoring all`, compute, dtype, "rows", "nothing");
    });
    for (const from of ["head", "bias"] as const) {
      test(`${dtype}, linearCrossEntropy, logits from its ${from}`, () => checkFused(dtype, from));
    }
    test(`${dtype}, SoftmaxWithLoss`, () => checkSoftmaxWithLoss(dtype));
  }

  test("both tails of bceWithLogits keep their digits", () => {
    const tails = [18, 25, 40, 80];
    const costs = tails.map((size) => Math.log1p(Math.exp(-size)));
    const slopes = tails.map((size) => Math.exp(-size) / (1 + Math.exp(-size)));
    for (const [sign, target] of [
      [-1, 0],
      [1, 1],
    ] as const) {
      const x = tensor(
        tails.map((size) => sign * size),
        { requiresGrad: true },
      );
      const loss = F.bceWithLogits(x, x.detach().mul(0).add(target), { reduction: "none" });
      loss.sum().backward();
      expectClose(loss.data(), costs, TAIL, "loss");
      const expected = slopes.map((slope) => -sign * slope);
      expectClose(x.grad!.data(), expected, TAIL, "gradient");
    }
  });

  if (engine === "reference") return;
  test("float32, linearCrossEntropy by blocks of the vocabulary", () => {
    const { core } = currentEngine() as WasmEngine;
    const before = core.blocksFrom;
    core.blocksFrom = 0;
    checkFused("float32", "head");
    checkFused("float32", "bias");
    core.blocksFrom = before;
  });
});

function checkSoftmaxWithLoss(dtype: DType): void {
  const found = fixtures.get("crossEntropy, none")!;
  const [rows, labels] = [tensorOf(inputs, "rows"), tensorOf(inputs, "classes")];
  const upstream = tensorOf(found, "upstream").data;
  const classes = rows.shape[1]!;
  const loss = new SoftmaxWithLoss();
  const out: number[] = [];
  const grad: number[] = [];
  for (const [r, label] of labels.data.entries()) {
    const row = rows.data.slice(r * classes, (r + 1) * classes);
    const scores = new NdArray(dtype === "float32" ? Float32Array.from(row) : row, [1, classes]);
    out.push(loss.forward(scores, new NdArray(Int32Array.of(label), [1])));
    grad.push(...loss.backward(upstream[r]).data);
  }
  expectClose(out, tensorOf(found, "out").data, BOUNDS[dtype].out, "out");
  expectClose(grad, tensorOf(found, "grad").data, BOUNDS[dtype].grad, "grad");
}

// Runs of 256-bit kernels alone have no BLAS.
const noBlas = WIDE_ALONE ? "256-bit kernels alone" : noSystemBlas;

describe("blas: at ±Infinity, NaN and up to ±1e8", () => {
  beforeAll(() => {
    if (noBlas === undefined) configure({ engine: "blas", threads: 2 });
  });
  const title = noBlas === undefined ? "float32, linearCrossEntropy" : `skip: ${noBlas}`;
  test.skipIf(noBlas !== undefined)(title, () => {
    expect(currentEngine()).toBeInstanceOf(WasmEngine);
    checkFused("float32", "head");
    checkFused("float32", "bias");
  });
});

describe("what PyTorch knows of extremes", () => {
  test("is held against one line each", () => {
    const ofClasses = Object.keys(CLASSES).flatMap((name) => [name, `${name}, ignoring`, `${name}, ignoring all`]);
    const names = ["inputs", ...[ACTIVATIONS, PAIRS, ROWS].flatMap((table) => Object.keys(table)), ...ofClasses];
    expect([...fixtures.keys()].filter((name) => !names.includes(name))).toEqual([]);
  });
});
