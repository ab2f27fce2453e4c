import { expect, test } from "vitest";
import { nn, type Tensor } from "../../src/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { describeEngines, fromFixture } from "../support/configured.js";
import { type FixtureCase, loadFixture, tensorOf, under } from "../support/fixtures.js";

const F = nn.functional;
type Inputs = Record<string, Tensor>;
type DType = "float32" | "float64";
// biome-ignore lint/suspicious/noExplicitAny: what the generator wrote
type Options = any;

/** The output, and what else was changed, by name. */
type Compute = (options: Options, inputs: Inputs, dtype: DType) => Tensor | [Tensor, Inputs];

const ACTIVATIONS: Record<string, (options: Options) => { forward(x: Tensor): Tensor }> = {
  ReLU: () => new nn.ReLU(),
  Tanh: () => new nn.Tanh(),
  Sigmoid: () => new nn.Sigmoid(),
  LeakyReLU: ({ negativeSlope }) => new nn.LeakyReLU(negativeSlope),
  ELU: ({ alpha }) => new nn.ELU(alpha),
  GELU: (options) => new nn.GELU(options),
  SiLU: () => new nn.SiLU(),
  Softplus: ({ beta, threshold }) => new nn.Softplus(beta, threshold),
  Hardtanh: ({ minVal, maxVal }) => new nn.Hardtanh(minVal, maxVal),
  Hardsigmoid: () => new nn.Hardsigmoid(),
  Softmax: ({ dim }) => new nn.Softmax(dim),
  LogSoftmax: ({ dim }) => new nn.LogSoftmax(dim),
  Identity: () => new nn.Identity(),
  Flatten: ({ startDim, endDim }) => new nn.Flatten(startDim, endDim),
  erf: () => ({ forward: (x) => x.erf() }),
};

const LOSSES: Record<string, (t: Inputs, options: Options) => Tensor> = {
  l1Loss: (t, o) => F.l1Loss(t["input"], t["target"], o),
  smoothL1Loss: (t, o) => F.smoothL1Loss(t["input"], t["target"], o),
  huberLoss: (t, o) => F.huberLoss(t["input"], t["target"], o),
  gaussianNLLLoss: (t, { of: _, ...o }) => F.gaussianNLLLoss(t["input"], t["target"], t["variance"], o),
  quantileLoss: (t, o) => F.quantileLoss(t["input"], t["target"], o),
  bceLoss: (t, { weighted: _, ...o }) => F.bceLoss(t["input"], t["target"], { ...o, weight: t["weight"] }),
  klDiv: (t, o) => F.klDiv(t["input"], t["target"], o),
};

function batchNorm({ training, ...options }: Options, t: Inputs, dtype: DType): [Tensor, Inputs] {
  const norm = new nn.BatchNorm1d(4, { ...options, dtype });
  if (options.affine) {
    norm.weight!.set(t["weight"].data());
    norm.bias!.set(t["bias"].data());
  }
  norm.forward(t["earlier"]);
  norm.train(training);
  const y = norm.forward(t["x"]);
  return [y, { ...Object.fromEntries(norm.namedBuffers()), ...Object.fromEntries(norm.namedParameters()) }];
}

const FAMILIES: Record<string, Compute> = {
  activations: ({ op, ...options }, { x }) => ACTIVATIONS[op](options).forward(x),
  conv1d: (options, { x, weight, bias }) => F.conv1d(x, weight, bias ?? null, options),
  pool1d: ({ op, kernelSize, stride, ...rest }, { x }) => {
    const options = { ...rest, stride: stride ?? undefined };
    return op === "max" ? F.maxPool1d(x, kernelSize, options) : F.avgPool1d(x, kernelSize, options);
  },
  "batch-norm1d": batchNorm,
  losses: ({ op, ...options }, t) => LOSSES[op](t, options),
  embedding: ({ normType, ...options }, t) => {
    const rows = F.embedding(t["weight"], t["ids"], { ...options, normType: Number(normType) });
    return [rows, { weight: t["weight"] }];
  },
};

function compare(found: FixtureCase<Options>, compute: Compute): void {
  const out = tensorOf(found, "out");
  const exact = out.dtype === "float64";
  const grads = under(found, "grad");
  const inputs: Inputs = {};
  for (const [key, value] of Object.entries(found.tensors)) {
    if (!key.includes(".") && key !== "out" && key !== "upstream") inputs[key] = fromFixture(value, key in grads);
  }
  const result = compute(found.options, inputs, exact ? "float64" : "float32");
  const [actual, others]: [Tensor, Inputs] = Array.isArray(result) ? result : [result, {}];
  expect(actual.shape).toEqual(out.shape);
  expectClose(actual.data(), out.data, exact ? TOLERANCE.float64 : TOLERANCE.sequence, "out");
  for (const [key, { data }] of Object.entries(under(found, "after"))) {
    expectClose(others[key].data(), data, exact ? TOLERANCE.float64 : TOLERANCE.sequence, key);
  }
  actual.backward(fromFixture(tensorOf(found, "upstream")));
  for (const [key, { data }] of Object.entries(grads)) {
    const leaf = others[key] ?? inputs[key];
    expectClose(leaf.grad!.data(), data, exact ? TOLERANCE.float64 : TOLERANCE.gradient, `grad.${key}`);
  }
}

describeEngines("activations, convolution, pooling, normalisation, losses and tables against PyTorch", (dtypes) => {
  for (const dtype of dtypes) {
    for (const [family, compute] of Object.entries(FAMILIES)) {
      test.each(loadFixture<Options>(`layers/${family}-${dtype}`).cases)(`${family}, ${dtype}, $name`, (found) =>
        compare(found, compute),
      );
    }
  }
});
