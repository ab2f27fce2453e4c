import { beforeAll, describe, expect, test } from "vitest";
import { gradcheck, manualSeed, nn, noGrad, randint, randn, type Tensor, tensor } from "../../src/index.js";
import { describeEngines } from "../support/configured.js";

const F = nn.functional;
const dtype = "float64" as const;
const leaf = (...shape: number[]): Tensor => randn(shape, { dtype, requiresGrad: true });
const ids = (...values: number[]): Tensor => tensor(Int32Array.from(values));

describeEngines("layers, float64", () => {
  beforeAll(() => manualSeed(5));

  const positive = (...shape: number[]): Tensor =>
    tensor(
      leaf(...shape)
        .abs()
        .add(0.3)
        .data(),
      { shape, requiresGrad: true },
    );
  const probability = (...shape: number[]): Tensor =>
    tensor(
      leaf(...shape)
        .sigmoid()
        .data(),
      { shape, requiresGrad: true },
    );
  const cases: [string, (...inputs: Tensor[]) => Tensor, () => Tensor[]][] = [
    ["leakyRelu", (x) => F.leakyRelu(x, 0.2), () => [leaf(3, 4)]],
    ["elu", (x) => F.elu(x, 1.4), () => [leaf(3, 4)]],
    ["gelu", (x) => F.gelu(x), () => [leaf(3, 4)]],
    ["gelu by tanh", (x) => F.gelu(x, "tanh"), () => [leaf(3, 4)]],
    ["silu", (x) => F.silu(x), () => [leaf(3, 4)]],
    ["softplus", (x) => F.softplus(x, 1.5, 2), () => [leaf(3, 4)]],
    ["hardtanh", (x) => F.hardtanh(x, -0.4, 0.9), () => [leaf(3, 4)]],
    ["hardsigmoid", (x) => F.hardsigmoid(x), () => [leaf(3, 4)]],
    [
      "conv1d",
      (x, w, b) => F.conv1d(x, w, b, { stride: 2, padding: 2, dilation: 2 }),
      () => [leaf(2, 3, 9), leaf(4, 3, 3), leaf(4)],
    ],
    [
      "conv1d in groups",
      (x, w, b) => F.conv1d(x, w, b, { groups: 2, padding: "causal" }),
      () => [leaf(2, 4, 6), leaf(6, 2, 3), leaf(6)],
    ],
    [
      "conv1d of a transposed sequence",
      (x, w) => F.conv1d(x.transpose(1, 2), w, null, { padding: "same" }),
      () => [leaf(2, 7, 3), leaf(2, 3, 4)],
    ],
    ["maxPool1d", (x) => F.maxPool1d(x, 3, { stride: 2, padding: 1, ceilMode: true }), () => [leaf(2, 3, 8)]],
    ["avgPool1d", (x) => F.avgPool1d(x, 3, { stride: 2, padding: 1, countIncludePad: false }), () => [leaf(2, 3, 8)]],
    [
      "batchNorm",
      (x, weight, bias) => F.batchNorm(x, null, null, { weight, bias, training: true }),
      () => [leaf(3, 2, 4), leaf(2), leaf(2)],
    ],
    [
      "batchNorm of [N, C]",
      (x, weight, bias) => F.batchNorm(x, null, null, { weight, bias }),
      () => [leaf(5, 2), leaf(2), leaf(2)],
    ],
    ["l1Loss", (x, t) => F.l1Loss(x, t), () => [leaf(4, 3), leaf(4, 3)]],
    ["smoothL1Loss", (x, t) => F.smoothL1Loss(x, t, { beta: 0.7 }), () => [leaf(4, 3), leaf(4, 3)]],
    ["huberLoss", (x, t) => F.huberLoss(x, t, { delta: 0.7 }), () => [leaf(4, 3), leaf(4, 3)]],
    [
      "gaussianNLLLoss",
      (x, t, v) => F.gaussianNLLLoss(x, t, v, { full: true }),
      () => [leaf(4, 3), leaf(4, 3), positive(4)],
    ],
    ["quantileLoss", (x, t) => F.quantileLoss(x, t), () => [leaf(4, 2, 3), leaf(4, 2)]],
    ["klDiv", (x, t) => F.klDiv(x, t, { reduction: "batchmean" }), () => [leaf(4, 3), positive(4, 3)]],
    ["klDiv of logarithms", (x, t) => F.klDiv(x, t, { logTarget: true }), () => [leaf(4, 3), leaf(4, 3)]],
    ["bceLoss", (x, t) => F.bceLoss(x, t), () => [probability(4, 3), probability(4, 3)]],
  ];
  test.each(cases)("gradcheck of %s, rtol 1e-6, atol 1e-8", (_, run, make) => {
    const inputs = make();
    const { ok, worst } = gradcheck(
      () =>
        run(...inputs)
          .sin()
          .sum(),
      inputs,
    );
    expect(ok, JSON.stringify(worst)).toBe(true);
  });
});

describeEngines("Sequential", () => {
  test("takes functions and recurrent modules, under PyTorch's names", () => {
    manualSeed(3);
    const [embed, gru, head] = [new nn.Embedding(7, 3), new nn.GRU(3, 4), new nn.Linear(4, 2)];
    const model = new nn.Sequential(embed, gru, (y) => y.select(0, -1), new nn.Tanh(), head);
    expect(model.namedParameters().map(([name]) => name)).toEqual([
      ...["0.weight", "1.weight_ih_l0", "1.weight_hh_l0", "1.bias_ih_l0", "1.bias_hh_l0"],
      ...["4.weight", "4.bias"],
    ]);
    const x = randint(0, 7, [5, 2]);
    const [y] = gru.forward(embed.forward(x));
    expect(model.forward(x).toArray()).toEqual(head.forward(y.select(0, -1).tanh()).toArray());
  });

  const wrong: [string, () => unknown, string][] = [
    ["a class", () => new nn.Sequential(nn.Linear as never), "Sequential: module must be a Module or a function, got"],
    ["a number", () => new nn.Sequential(3 as never), "ModuleList: module must be a Module, got 3."],
    [
      "a function that gives no tensor",
      () => new nn.Sequential(new nn.Identity(), (() => 3) as never).forward(randn([2])),
      "Sequential.forward: the result of module 1 must be a tensor, got 3.",
    ],
  ];
  test.each(wrong)("names what is wrong: %s", (_, act, message) => expect(act).toThrow(message));
});

describeEngines("Conv1d", () => {
  test('"same" and "causal" keep the length, and no causal output sees a later step', () => {
    manualSeed(9);
    for (const kernelSize of [1, 2, 5]) {
      for (const padding of ["same", "causal"] as const) {
        const conv = new nn.Conv1d(2, 3, kernelSize, { padding, dilation: 2 });
        const x = randn([2, 2, 9]);
        expect(conv.forward(x).shape).toEqual([2, 3, 9]);
        if (padding === "same") continue;
        const [before, later] = [conv.forward(x), x.narrow(2, 0, 6)];
        expect(conv.forward(later).toArray()).toEqual(before.narrow(2, 0, 6).toArray());
      }
    }
  });
});

describeEngines("BatchNorm1d", () => {
  test("saves and loads its running statistics under PyTorch's names, and evaluates by them alone", () => {
    manualSeed(4);
    const norm = new nn.BatchNorm1d(3);
    for (let i = 0; i < 3; i++) norm.forward(randn([4, 3, 5]));
    const names = ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"];
    expect([...norm.stateDict().keys()]).toEqual(names);
    expect(norm.num_batches_tracked!.item()).toBe(3);
    const other = new nn.BatchNorm1d(3);
    other.loadStateDict(norm.stateDict());
    const x = randn([1, 3]);
    expect(other.eval().forward(x).toArray()).toEqual(norm.eval().forward(x).toArray());
    expect(other.num_batches_tracked!.item()).toBe(3);
  });
});

describeEngines("Embedding", () => {
  test("has PyTorch's paddingIdx: a row of zeros that gets no gradient", () => {
    const embed = new nn.Embedding(5, 3, { paddingIdx: -1 });
    expect([embed.paddingIdx, embed.paddingIndex]).toEqual([4, 4]);
    expect([...embed.weight.data().subarray(12)]).toEqual([0, 0, 0]);
    embed
      .forward(ids(4, 1, 4))
      .sum()
      .backward();
    expect(embed.weight.grad!.sum(1).toArray()).toEqual([0, 3, 0, 0, 0]);
  });

  const norms = (embed: nn.Embedding): number[] => [...embed.weight.detach().norm(2, 1).data()];

  test.each(["alone", "dropped", "below a recurrent layer", "below a recurrent layer, without a backward pass"])(
    "shortens the rows that are taken to maxNorm, and no others: %s",
    (where) => {
      manualSeed(8);
      const embed = new nn.Embedding(6, 4, { maxNorm: 0.9 });
      const before = norms(embed);
      const plain = new nn.Embedding(6, 4);
      const [gru, x] = [new nn.GRU(4, 3), tensor(Int32Array.of(2, 5, 2, 2, 5, 2), { shape: [3, 2] })];
      const run = (below: nn.Embedding): Tensor => {
        if (where === "alone") return below.forward(x);
        if (where === "dropped") return new nn.EmbeddingDropout(below, 0).forward(x);
        return gru.forward(below.forward(x))[0];
      };
      const twice = (below: nn.Embedding): Tensor => {
        if (!where.endsWith("pass")) return run(below);
        return noGrad(() => {
          run(below).dispose();
          return run(below);
        });
      };
      const found = twice(embed);
      expect(norms(embed).map((size, i) => (size === before[i] ? "same" : size.toFixed(5)))).toEqual(
        before.map((_, i) => (i === 2 || i === 5 ? "0.90000" : "same")),
      );
      plain.weight.set(embed.weight.data());
      expect(found.toArray()).toEqual(twice(plain).toArray());
    },
  );

  test("writes to the table only where a row is too long", () => {
    const embed = new nn.Embedding(4, 3, { maxNorm: 100 });
    const version = embed.weight.storage.writtenAt;
    embed.forward(ids(0, 1, 3));
    expect(embed.weight.storage.writtenAt).toBe(version);
  });
});

test("lengths whose memory is a worker's now are refused", () => {
  const lengths = Int32Array.of(2, 1);
  structuredClone(lengths, { transfer: [lengths.buffer] });
  const x = randn([3, 2, 3]);
  const tags = tensor([[1], [1]], { dtype: "int32" });
  expect(() => nn.utils.rnn.packPaddedSequence(x, lengths)).toThrow("lengths must");
  expect(() => nn.functional.ctcLoss(x, tags, lengths, [1, 1])).toThrow("inputLengths must");
  expect(() => nn.functional.ctcGreedyDecode(x, lengths)).toThrow("inputLengths must");
  expect(() => nn.functional.meanOverTime(x, { lengths })).toThrow("lengths must");
  expect(() => new nn.Attention(3).forward(x, x, { lengths })).toThrow("lengths must");
  expect(() => new nn.CRF(3).decode(x, { lengths })).toThrow("lengths must");
});

describe("bad input is named", () => {
  const x = randn([2, 3, 8]);
  const table: [() => unknown, string][] = [
    [() => new nn.Conv1d(3, 4, 0), "Conv1d: kernelSize must be a positive integer, got 0."],
    [() => new nn.Conv1d(3, 4, 2, { groups: 2 }), "Conv1d: inChannels must be a multiple of groups=2, got 3."],
    [() => new nn.Conv1d(4, 3, 2, { groups: 2 }), "Conv1d: outChannels must be a multiple of groups=2, got 3."],
    [() => new nn.Conv1d(3, 4, 2, { padding: -1 }), "Conv1d: padding must be a non-negative integer, got -1."],
    [
      () => new nn.Conv1d(3, 4, 2, { padding: "full" as never }),
      'Conv1d: padding must be one of "valid", "same", "causal", got "full".',
    ],
    [
      () => new nn.Conv1d(3, 4, 2, { padding: "same", stride: 2 }),
      'Conv1d: stride must be 1 with padding "same", got 2.',
    ],
    [
      () => new nn.Conv1d(5, 4, 2).forward(x),
      "conv1d: input must have 5 channels (weight [4, 5, 2], groups=1), got [2, 3, 8].",
    ],
    [
      () => new nn.Conv1d(3, 4, 9).forward(x),
      "conv1d: input must have at least 9 steps, one window less its padding, got [2, 3, 8].",
    ],
    [() => new nn.Conv1d(3, 4, 2).forward(randn([3])), "conv1d: input must have shape [N, C, L] or [C, L], got [3]."],
    [() => F.conv1d(x, randn([4, 3, 2]), randn([3])), "conv1d: bias must have shape [4], got [3]."],
    [() => new nn.MaxPool1d(2, { padding: 2 }), "MaxPool1d: padding must be at most half of kernelSize 2, got 2."],
    [
      () => new nn.AvgPool1d(2, { dilation: 2 } as never),
      'AvgPool1d: options must be only these: stride, padding, ceilMode, countIncludePad, got "dilation".',
    ],
    [() => new nn.MaxPool1d(9).forward(x), "maxPool1d: input must have at least 9 steps"],
    [() => new nn.BatchNorm1d(4).forward(x), "BatchNorm1d: input must have shape [N, 4] or [N, 4, L], got [2, 3, 8]."],
    [
      () => new nn.BatchNorm1d(3).forward(randn([1, 3])),
      "batchNorm: input must hold more than one value for each channel",
    ],
    [() => new nn.Softmax(0.5), "Softmax: dim must be an integer, got 0.5."],
    [() => new nn.Hardtanh(1, 1), "Hardtanh: maxVal must be a finite number > 1, got 1."],
    [() => new nn.GELU({ approximate: "erf" as never }), 'GELU: approximate must be one of "none", "tanh", got "erf".'],
    [() => new nn.Softplus(0), "Softplus: beta must be a finite number other than 0, got 0."],
    [() => new nn.HuberLoss({ delta: 0 }), "HuberLoss: delta must be a finite number > 0, got 0."],
    [() => new nn.QuantileLoss({ quantiles: [0.1, 1] }), "QuantileLoss: quantiles must be a number in (0, 1), got 1."],
    [() => new nn.QuantileLoss({ quantiles: [] }), "QuantileLoss: quantiles must name one at least, got none."],
    [
      () => F.quantileLoss(x, randn([2, 3])),
      "quantileLoss: input must have shape [.., 3], one for each quantile, got [2, 3, 8].",
    ],
    [() => F.gaussianNLLLoss(x, x, x.abs().neg()), "gaussianNLLLoss: variance must hold no negative value, got"],
    [
      () => F.gaussianNLLLoss(x, x, randn([3])),
      "gaussianNLLLoss: variance must have the input's shape [2, 3, 8], or [2, 3, 1], got [3].",
    ],
    [
      () => F.bceLoss(tensor([0.2, 1.5]), tensor([0, 1])),
      "bceLoss: input must hold probabilities, in [0, 1], got 1.5.",
    ],
    [
      () => F.klDiv(x, x, { reduction: "all" as never }),
      'klDiv: reduction must be one of "mean", "sum", "none", "batchmean", got "all".',
    ],
    [() => F.l1Loss(x, randn([3, 8])), "l1Loss: target must have the input's shape [2, 3, 8], got [3, 8]."],
    [() => new nn.Embedding(4, 3, { maxNorm: 0 }), "Embedding: maxNorm must be a finite number > 0, got 0."],
    [
      () => new nn.Embedding(4, 3, { maxNorm: 1, normType: -1 }),
      "Embedding: normType must be a finite number > 0, got -1.",
    ],
    [() => new nn.Embedding(4, 3, { paddingIdx: 4 }), "Embedding: paddingIdx must be a number in [-4, 3], got 4."],
    [
      () => new nn.Embedding(4, 3, { paddingIdx: 1, paddingIndex: 2 }),
      "Embedding: paddingIndex must be 1 as paddingIdx is, or left out, got 2.",
    ],
    [
      () => new nn.Embedding(4, 3, { maxNorm: 1 }).forward(ids(4)),
      "embedding: ids must lie in [0, 3] (numEmbeddings=4), got 4.",
    ],
  ];
  test.each(table.map(([act, message]) => [message, act] as const))("%s", (message, act) =>
    expect(act).toThrow(message),
  );
});
