import { describe, expect, test } from "vitest";
import { concat, nn, randint, randn, type Tensor } from "../../src/index.js";
import { describeEngines } from "../support/configured.js";
import { type Built, type Case, expectNeverSilent, expectNeverSilentForAny, leavesOf } from "../support/modified.js";

const F = nn.functional;
const leaf = (...shape: number[]): Tensor => randn(shape, { requiresGrad: true });
const constant = (...shape: number[]): Tensor => randn(shape).abs().add(0.2);
/** Classes or ids below `n`, all of which occur. */
const ids = (n: number, ...shape: number[]): Tensor => {
  const x = randint(0, n, shape);
  return x.set(x.data().map((v, i) => (i < n ? i : v)));
};

/** Leaves in (0, 1). */
const probabilities = (...shape: number[]): Tensor =>
  randn(shape, { requiresGrad: true }).set(randn(shape).sigmoid().data());
const PAIR_LOSSES = ["l1Loss", "smoothL1Loss", "huberLoss"] as const;

/** Several results as one, through nothing that reads them. */
function together(...results: Tensor[]): Tensor {
  return concat(results.map((x) => x.reshape([-1])));
}

type Inputs = Record<string, Tensor>;

function functional<I extends Inputs>(name: string, make: () => I, run: (inputs: I) => Tensor): Case {
  return [
    name,
    (): Built => {
      const inputs = make();
      return { inputs, run: () => run(inputs) };
    },
  ];
}

const settings = { ignoreIndex: 1, labelSmoothing: 0.1 };
const FUNCTIONAL: Case[] = [
  functional(
    "linear",
    () => ({ x: leaf(2, 3), w: leaf(4, 3), b: leaf(4) }),
    ({ x, w, b }) => F.linear(x, w, b),
  ),
  functional(
    "softmax",
    () => ({ x: leaf(2, 3) }),
    ({ x }) => F.softmax(x, 0),
  ),
  functional(
    "logSoftmax",
    () => ({ x: leaf(2, 3) }),
    ({ x }) => F.logSoftmax(x),
  ),
  functional(
    "dropout",
    () => ({ x: leaf(4, 3) }),
    ({ x }) => F.dropout(x, 0.5),
  ),
  functional(
    "embedding",
    () => ({ w: leaf(4, 2), i: ids(4, 3, 2) }),
    ({ w, i }) => F.embedding(w, i),
  ),
  functional(
    "embeddingDropout",
    () => ({ w: leaf(4, 2), i: ids(4, 3, 2) }),
    ({ w, i }) => F.embeddingDropout(w, i, 0.5),
  ),
  functional(
    "lockedDropout",
    () => ({ x: leaf(3, 2, 4) }),
    ({ x }) => F.lockedDropout(x, 0.5),
  ),
  functional(
    "layerNorm",
    () => ({ x: leaf(2, 4), weight: leaf(4), bias: leaf(4) }),
    ({ x, weight, bias }) => F.layerNorm(x, [4], { weight, bias }),
  ),
  functional(
    "layerNorm over two",
    () => ({ x: leaf(3, 2, 4) }),
    ({ x }) => F.layerNorm(x, [2, 4]),
  ),
  ...(["mean", "sum", "none"] as const).map((reduction) =>
    functional(
      `crossEntropy, ${reduction}`,
      () => ({ x: leaf(3, 2, 4), t: ids(4, 3, 2) }),
      ({ x, t }) => F.crossEntropy(x, t, { reduction }),
    ),
  ),
  functional(
    "crossEntropy of transposes",
    () => ({ x: leaf(4, 6), t: ids(4, 6) }),
    ({ x, t }) => F.crossEntropy(x.T, t),
  ),
  functional(
    "crossEntropy with weights",
    () => ({ x: leaf(6, 4), t: ids(4, 6), weight: constant(4) }),
    ({ x, t, weight }) => F.crossEntropy(x, t, { ...settings, weight }),
  ),
  ...(["mean", "sum"] as const).map((reduction) =>
    functional(
      `linearCrossEntropy, ${reduction}`,
      () => ({ x: leaf(6, 3), w: leaf(4, 3), b: leaf(4), t: ids(4, 6), weight: constant(4) }),
      ({ x, w, b, t, weight }) => F.linearCrossEntropy(x, w, b, t, { ...settings, weight, reduction }),
    ),
  ),
  functional(
    "nllLoss",
    () => ({ x: leaf(6, 4), t: ids(4, 6), weight: constant(4) }),
    ({ x, t, weight }) => F.nllLoss(x, t, { ignoreIndex: 2, weight }),
  ),
  ...(["mean", "none"] as const).map((reduction) =>
    functional(
      `ctcLoss, ${reduction}`,
      () => ({ x: leaf(5, 3, 4), t: ids(3, 3, 2).add(1) }),
      ({ x, t }) => F.ctcLoss(x, t, [5, 4, 5], [2, 1, 2], { reduction }),
    ),
  ),
  functional(
    "scaledDotProductAttention",
    () => ({ q: leaf(2, 3), k: leaf(4, 3), v: leaf(4, 2), attnMask: leaf(2, 4) }),
    ({ q, k, v, attnMask }) => F.scaledDotProductAttention(q, k, v, { attnMask }),
  ),
  functional(
    "scaledDotProductAttention, causal",
    () => ({ q: leaf(2, 3), k: leaf(4, 3), v: leaf(4, 2) }),
    ({ q, k, v }) => F.scaledDotProductAttention(q, k, v, { isCausal: true }),
  ),
  ...(["lastStep", "meanOverTime", "maxOverTime"] as const).map((name) =>
    functional(
      name,
      () => ({ x: leaf(3, 2, 2) }),
      ({ x }) => F[name](x, { lengths: [3, 2] }),
    ),
  ),
  functional(
    "attentionOverTime",
    () => ({ x: leaf(3, 2, 2), query: leaf(2) }),
    ({ x, query }) => F.attentionOverTime(x, query, { lengths: [3, 2] }),
  ),
  functional(
    "mseLoss",
    () => ({ x: leaf(2, 3), t: leaf(2, 3) }),
    ({ x, t }) => F.mseLoss(x, t),
  ),
  functional(
    "bceWithLogits",
    () => ({ x: leaf(2, 3), t: constant(2, 3) }),
    ({ x, t }) => F.bceWithLogits(x, t),
  ),
  functional(
    "bceWithLogits with weights",
    () => ({ x: leaf(2, 3), t: constant(2, 3), weight: constant(2, 3), posWeight: constant(3) }),
    ({ x, t, weight, posWeight }) => F.bceWithLogits(x, t, { weight, posWeight }),
  ),
  ...(["leakyRelu", "elu", "gelu", "silu", "softplus", "hardtanh", "hardsigmoid"] as const).map((name) =>
    functional(
      name,
      () => ({ x: leaf(2, 5) }),
      ({ x }) => F[name](x),
    ),
  ),
  functional(
    "gelu by tanh",
    () => ({ x: leaf(2, 5) }),
    ({ x }) => F.gelu(x, "tanh"),
  ),
  functional(
    "conv1d",
    () => ({ x: leaf(2, 3, 5), w: leaf(4, 3, 2), b: leaf(4) }),
    ({ x, w, b }) => F.conv1d(x, w, b, { padding: 1 }),
  ),
  functional(
    "conv1d in groups",
    () => ({ x: leaf(2, 4, 5), w: leaf(4, 2, 2), b: leaf(4) }),
    ({ x, w, b }) => F.conv1d(x, w, b, { groups: 2 }),
  ),
  functional(
    "maxPool1d",
    () => ({ x: leaf(2, 3, 5) }),
    ({ x }) => F.maxPool1d(x, 2),
  ),
  functional(
    "avgPool1d",
    () => ({ x: leaf(2, 3, 5) }),
    ({ x }) => F.avgPool1d(x, 2, { padding: 1, countIncludePad: false }),
  ),
  functional(
    "batchNorm",
    () => ({ x: leaf(2, 3, 5), weight: leaf(3), bias: leaf(3) }),
    ({ x, weight, bias }) => F.batchNorm(x, null, null, { weight, bias }),
  ),
  functional(
    "batchNorm by running statistics",
    () => ({ x: leaf(2, 3), weight: leaf(3), bias: leaf(3), mean: constant(3), variance: constant(3) }),
    ({ x, weight, bias, mean, variance }) => F.batchNorm(x, mean, variance, { weight, bias }),
  ),
  functional(
    "embedding with maxNorm",
    () => ({ w: leaf(4, 2), i: ids(4, 3, 2) }),
    ({ w, i }) => F.embedding(w, i, { paddingIdx: 1, maxNorm: 0.5 }),
  ),
  ...PAIR_LOSSES.map((name) =>
    functional(
      name,
      () => ({ x: leaf(2, 3), t: leaf(2, 3) }),
      ({ x, t }) => F[name](x, t),
    ),
  ),
  functional(
    "gaussianNLLLoss",
    () => ({ x: leaf(2, 3), t: leaf(2, 3), v: constant(2, 3).detach() }),
    ({ x, t, v }) => F.gaussianNLLLoss(x, t, v),
  ),
  functional(
    "quantileLoss",
    () => ({ x: leaf(4, 3), t: leaf(4) }),
    ({ x, t }) => F.quantileLoss(x, t),
  ),
  functional(
    "klDiv",
    () => ({ x: leaf(2, 3), t: constant(2, 3) }),
    ({ x, t }) => F.klDiv(x, t),
  ),
  functional(
    "klDiv of logarithms",
    () => ({ x: leaf(2, 3), t: leaf(2, 3) }),
    ({ x, t }) => F.klDiv(x, t, { logTarget: true }),
  ),
  functional(
    "bceLoss",
    () => ({ x: probabilities(2, 3), t: probabilities(2, 3), weight: constant(2, 3) }),
    ({ x, t, weight }) => F.bceLoss(x, t, { weight }),
  ),
  functional(
    "activationRegularization",
    () => ({ y: leaf(3, 2) }),
    ({ y }) => F.activationRegularization(y, 2),
  ),
  functional(
    "temporalActivationRegularization",
    () => ({ y: leaf(3, 2) }),
    ({ y }) => F.temporalActivationRegularization(y, 2),
  ),
  ...(["relu", "tanh"] as const).map((phi) =>
    functional(
      `indRNN, ${phi}`,
      () => ({ x: leaf(4, 2, 3), u: leaf(3), h0: leaf(2, 3) }),
      ({ x, u, h0 }) => F.indRNN(x, u, h0, phi),
    ),
  ),
  functional(
    "linearScan",
    () => ({ a: leaf(5, 2), b: leaf(5, 2) }),
    ({ a, b }) => F.linearScan(a, b),
  ),
  functional(
    "linearScan from h0",
    () => ({ a: leaf(5, 2), b: leaf(5, 2), h0: leaf(2) }),
    ({ a, b, h0 }) => F.linearScan(a, b, h0),
  ),
  functional(
    "logScan",
    () => ({ a: leaf(5, 2), b: leaf(5, 2) }),
    ({ a, b }) => F.logScan(a, b),
  ),
  functional(
    "logScan from h0",
    () => ({ a: leaf(5, 2), b: leaf(5, 2), h0: constant(2).detach() }),
    ({ a, b, h0 }) => F.logScan(a, b, h0),
  ),
];

interface Made {
  model: nn.Module;
  inputs: Inputs;
  run(): Tensor;
}

/** A case over a module's inputs and all its parameters, by their names. */
function module(name: string, make: () => Made): Case {
  return [
    name,
    (): Built => {
      const { model, inputs, run } = make();
      return { inputs: { ...inputs, ...Object.fromEntries(model.namedParameters()) }, run };
    },
  ];
}

/** [3, 3, 3] in, everything out. */
function sequence(name: string, make: () => nn.Module & { forward(x: Tensor): unknown }): Case {
  return module(name, () => {
    const [model, x] = [make(), leaf(3, 3, 3)];
    const run = (): Tensor => {
      const result = model.forward(x);
      return together(...tensorsIn(result));
    };
    return { model, inputs: { x }, run };
  });
}

function tensorsIn(result: unknown): Tensor[] {
  if (typeof (result as Tensor).reshape === "function") return [result as Tensor];
  return Object.values(result as object).flatMap(tensorsIn);
}

type Kind = "RNN" | "LSTM" | "GRU";
const KINDS: readonly Kind[] = ["RNN", "LSTM", "GRU"];
const KERNEL_OPTIONS: nn.RecurrentOptions[] = [
  { numLayers: 2, dropout: 0.4 },
  { bidirectional: true, batchFirst: true },
  { bidirectional: true, mergeMode: "mul", bias: false },
  { recurrentDropout: 0.3, zoneout: 0.2 },
];

/** From given states, whole or of many lengths. */
function stateful(kind: Kind, lengths?: number[]): Case {
  return module(`${kind} from given states${lengths ? ` of lengths ${lengths}` : ""}`, () => {
    const [x, h, c] = [leaf(3, 2, 3), leaf(1, 2, 4), leaf(1, 2, 4)];
    const options = lengths ? { lengths } : {};
    if (kind === "LSTM") {
      const model = new nn.LSTM(3, 4);
      return { model, inputs: { x, h, c }, run: () => together(...tensorsIn(model.forward(x, { h, c }, options))) };
    }
    const model = new nn[kind](3, 4);
    return { model, inputs: { x, h }, run: () => together(...tensorsIn(model.forward(x, h, options))) };
  });
}

/** An embedding below: its rows may be multiplied once each. */
function embedded(kind: Kind): Case {
  return module(`${kind} over an embedding of few rows`, () => {
    const model = new nn.ModuleList([new nn.Embedding(3, 3), new nn[kind](3, 4)]);
    const [embed, rnn] = [...model] as unknown as [nn.Embedding, nn.LSTM];
    const tokens = ids(3, 6, 4);
    return { model, inputs: { tokens }, run: () => together(...tensorsIn(rnn.forward(embed.forward(tokens)))) };
  });
}

const RECURRENT: Case[] = [
  ...KINDS.flatMap((kind) => [
    stateful(kind),
    stateful(kind, [3, 1]),
    stateful(kind, [2, 3]),
    embedded(kind),
    ...KERNEL_OPTIONS.map((o) => sequence(`${kind} ${JSON.stringify(o)}`, () => new nn[kind](3, 4, o))),
  ]),
  sequence("RNN relu", () => new nn.RNN(3, 4, { nonlinearity: "relu" })),
  sequence("LSTM projected", () => new nn.LSTM(3, 4, { projSize: 2, numLayers: 2 })),
];

const ACTIVATIONS = [
  ...(["ReLU", "Tanh", "Sigmoid", "LeakyReLU", "ELU", "GELU", "SiLU", "Softplus", "Hardtanh", "Hardsigmoid"] as const),
  ...(["Softmax", "LogSoftmax", "Identity", "Flatten"] as const),
];

const MODULES: Case[] = [
  sequence("Linear", () => new nn.Linear(3, 4)),
  sequence("Dropout", () => new nn.Dropout(0.5)),
  sequence("LockedDropout", () => new nn.LockedDropout(0.5)),
  ...ACTIVATIONS.map((name) => sequence(name, () => new nn[name]())),
  sequence("Conv1d", () => new nn.Conv1d(3, 4, 2)),
  sequence("MaxPool1d", () => new nn.MaxPool1d(2)),
  sequence("AvgPool1d", () => new nn.AvgPool1d(2)),
  sequence("BatchNorm1d", () => new nn.BatchNorm1d(3)),
  sequence("Sequential of functions and recurrent modules", () => {
    return new nn.Sequential(new nn.GRU(3, 2), (x) => x.square(), new nn.Linear(2, 2));
  }),
  sequence("LayerNorm", () => new nn.LayerNorm(3)),
  sequence("TimeDistributed", () => new nn.TimeDistributed(new nn.Linear(3, 2))),
  sequence("Sequential", () => new nn.Sequential(new nn.Linear(3, 2), new nn.Dropout(0.3))),
  sequence("Bidirectional", () => new nn.Bidirectional(() => new nn.GRU(3, 2))),
  sequence(
    "RecurrentStack",
    () => new nn.RecurrentStack([new nn.LSTM(3, 2), new nn.GRU(2, 2)], { lockedDropout: 0.3 }),
  ),
  sequence("WeightDrop", () => new nn.WeightDrop(new nn.LSTM(3, 4), 0.5)),
  sequence("IndRNN", () => new nn.IndRNN(3, 4, { bidirectional: true })),
  sequence("IRNN", () => new nn.IRNN(3, 4)),
  sequence("MGU", () => new nn.MGU(3, 4)),
  sequence("MinGRU", () => new nn.MinGRU(3, 4)),
  sequence("MinLSTM", () => new nn.MinLSTM(3, 4)),
  sequence("LayerNormGRU", () => new nn.LayerNormGRU(3, 4)),
  sequence("LayerNormLSTM", () => new nn.LayerNormLSTM(3, 4)),
  sequence("PeepholeLSTM", () => new nn.PeepholeLSTM(3, 4)),
  module("Embedding", () => {
    const [model, tokens] = [new nn.Embedding(4, 2, { paddingIndex: 1 }), ids(4, 3, 2)];
    return { model, inputs: { tokens }, run: () => model.forward(tokens) };
  }),
  module("EmbeddingDropout", () => {
    const [model, tokens] = [new nn.EmbeddingDropout(new nn.Embedding(4, 2), 0.5), ids(4, 3, 2)];
    return { model, inputs: { tokens }, run: () => model.forward(tokens) };
  }),
  module("RNNCell", () => {
    const [model, x, h] = [new nn.RNNCell(3, 4), leaf(2, 3), leaf(2, 4)];
    return { model, inputs: { x, h }, run: () => model.forward(x, h) };
  }),
  module("GRUCell", () => {
    const [model, x, h] = [new nn.GRUCell(3, 4), leaf(2, 3), leaf(2, 4)];
    return { model, inputs: { x, h }, run: () => model.forward(x, h) };
  }),
  module("LSTMCell", () => {
    const [model, x, h, c] = [new nn.LSTMCell(3, 4), leaf(2, 3), leaf(2, 4), leaf(2, 4)];
    return { model, inputs: { x, h, c }, run: () => together(...tensorsIn(model.forward(x, { h, c }))) };
  }),
  module("AWDLSTM", () => {
    const model = new nn.AWDLSTM(5, { embeddingDim: 3, hiddenSize: 4, numLayers: 2 });
    const [tokens, next] = [ids(5, 4, 2), ids(5, 4, 2)];
    return { model, inputs: { tokens, next }, run: () => model.loss(tokens, next).loss };
  }),
  functional(
    "CrossEntropyLoss",
    () => ({ x: leaf(6, 4), t: ids(4, 6) }),
    ({ x, t }) => new nn.CrossEntropyLoss().forward(x, t),
  ),
  functional(
    "NLLLoss",
    () => ({ x: leaf(6, 4), t: ids(4, 6) }),
    ({ x, t }) => new nn.NLLLoss().forward(x, t),
  ),
  ...(["tokenMean", "none"] as const).map((reduction) =>
    module(`CRF, ${reduction}`, () => {
      const [model, x, t] = [new nn.CRF(3), leaf(4, 2, 3), ids(3, 4, 2)];
      return { model, inputs: { x, t }, run: () => model.forward(x, t, { lengths: [4, 2], reduction }) };
    }),
  ),
  ...(["dot", "general", "additive"] as const).map((score) =>
    module(`Attention, ${score}`, () => {
      const [model, q, k] = [new nn.Attention(3, { score }), leaf(2, 2, 3), leaf(4, 2, 3)];
      return { model, inputs: { q, k }, run: () => together(...model.forward(q, k, { lengths: [4, 2] })) };
    }),
  ),
  module("MultiheadAttention", () => {
    const [model, q, k] = [new nn.MultiheadAttention(4, 2, { kdim: 3, vdim: 3 }), leaf(2, 2, 4), leaf(3, 2, 3)];
    const run = () => together(...tensorsIn(model.forward(q, k, k, { averageAttnWeights: false })));
    return { model, inputs: { q, k }, run };
  }),
  module("MultiheadAttention of itself, dropout", () => {
    const [model, x] = [new nn.MultiheadAttention(4, 2, { dropout: 0.4 }), leaf(3, 2, 4)];
    return { model, inputs: { x }, run: () => model.forward(x, x, x, { needWeights: false })[0] };
  }),
  module("PoolOverTime", () => {
    const [model, x] = [new nn.PoolOverTime("attention", { size: 2 }), leaf(3, 2, 2)];
    return { model, inputs: { x }, run: () => model.forward(x, { lengths: [3, 2] }) };
  }),
  functional(
    "CTCLoss",
    () => ({ x: leaf(5, 3, 4), t: ids(3, 3, 2).add(1) }),
    ({ x, t }) => new nn.CTCLoss().forward(x, t, [5, 4, 5], [2, 1, 2]),
  ),
  functional(
    "MSELoss",
    () => ({ x: leaf(2, 3), t: leaf(2, 3) }),
    ({ x, t }) => new nn.MSELoss().forward(x, t),
  ),
  ...(["L1Loss", "SmoothL1Loss", "HuberLoss", "KLDivLoss"] as const).map((name) =>
    functional(
      name,
      () => ({ x: leaf(2, 3), t: constant(2, 3) }),
      ({ x, t }) => new nn[name]().forward(x, t),
    ),
  ),
  functional(
    "BCELoss",
    () => ({ x: probabilities(2, 3), t: constant(2, 3) }),
    ({ x, t }) => new nn.BCELoss().forward(x, t),
  ),
  functional(
    "GaussianNLLLoss",
    () => ({ x: leaf(2, 3), t: leaf(2, 3), v: constant(2, 1) }),
    ({ x, t, v }) => new nn.GaussianNLLLoss().forward(x, t, v),
  ),
  functional(
    "QuantileLoss",
    () => ({ x: leaf(4, 2), t: leaf(4) }),
    ({ x, t }) => new nn.QuantileLoss({ quantiles: [0.2, 0.9] }).forward(x, t),
  ),
  functional(
    "BCEWithLogitsLoss",
    () => ({ x: leaf(2, 3), t: constant(2, 3) }),
    ({ x, t }) => new nn.BCEWithLogitsLoss().forward(x, t),
  ),
];

describeEngines("nn: modified", () => {
  describe("a value written between forward and backward is noticed exactly when a gradient depends on it", () => {
    test.each(FUNCTIONAL)("functional.%s", (_, build) => expectNeverSilentForAny(build));
    // The first cell state is read for all gradients but its own.
    const mayThrow = ([only, ...more]: readonly string[]): string[] => (only === "c" && more.length === 0 ? ["c"] : []);
    test.each(RECURRENT)("%s", (_, build) => expectNeverSilentForAny(build, mayThrow));
    test.each(MODULES)("%s", (_, build) => expectNeverSilent(build, leavesOf(build)));
  });
});

/** The first words of the cases' names. */
const NAMES = new Set([...FUNCTIONAL, ...RECURRENT, ...MODULES].map(([name]) => name.split(/[ ,]/)[0]!));
/** Bases of others and a list; what LSTM, GRU and RNN call; what has no gradient. */
const OTHERS = [
  ...["Module", "Recurrent", "HiddenStack", "LSTMStack", "ModuleList", "recurrent", "recurrentLayer"],
  ...["beamSearch", "ctcBeamDecode", "ctcGreedyDecode"],
];

test("the table has every module, loss and function", () => {
  const modules = Object.entries(nn).flatMap(([name, value]) =>
    typeof value === "function" && value.prototype instanceof nn.Module ? [name] : [],
  );
  expect(
    [...modules, "Module", ...Object.keys(F)].filter((name) => !NAMES.has(name) && !OTHERS.includes(name)),
  ).toEqual([]);
});
