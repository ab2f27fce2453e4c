import { describe, expect, test } from "vitest";
import { data, defaultGenerator, Generator, manualSeed, nn, randint, randn, Tensor, tensor } from "../../src/index.js";
import { expectSameBits } from "../support/bits.js";

type Made = nn.Module & { forward(...args: never[]): unknown };
type Row = readonly [name: string, make: () => Made, input: () => Tensor, ...more: (() => Tensor)[]];

const steps = () => randn([4, 3, 5]);
const rows = () => randn([3, 5]);
const ids = () => randint(0, 7, [4, 3]);

const recurrent = Object.entries({
  RNN: nn.RNN, LSTM: nn.LSTM, GRU: nn.GRU, IRNN: nn.IRNN, IndRNN: nn.IndRNN, LayerNormGRU: nn.LayerNormGRU,
  LayerNormLSTM: nn.LayerNormLSTM, MGU: nn.MGU, MinGRU: nn.MinGRU, MinLSTM: nn.MinLSTM, PeepholeLSTM: nn.PeepholeLSTM,
}).flatMap(([name, Kind]): Row[] => [
  [name, () => new Kind(5, 6), steps],
  [`${name}, without biases, of two layers`, () => new Kind(5, 6, { bias: false, numLayers: 2, dropout: 0.4 }), steps],
  [`${name}, both ways in float64`, () => new Kind(5, 4, { bidirectional: true, dtype: "float64" }), () => steps().to("float64")],
  [`${name}, stateful`, () => { const m = new Kind(5, 6, { stateful: true }); m.forward(steps()); return m; }, steps],
]); // biome-ignore format: a table

class Tied extends nn.Module {
  embed = new nn.Embedding(7, 5);
  head = new nn.Linear(5, 7);
  blocks = [new nn.Linear(5, 5), new nn.Sequential(new nn.Linear(5, 5), new nn.Dropout(0.3))];
  settings = { depth: 2, names: ["a", "b"], own: new Generator(3) };
  counts = new Int32Array([1, 2, 3]);
  constructor() {
    super();
    nn.tieWeights(this.embed, this.head);
    this.registerBuffer("mean", tensor([1, 2, 3, 4, 5]));
    this.blocks[0]!.parameters()[0]!.requiresGrad = false;
    this.blocks[1]!.eval();
  }
  declare mean: Tensor;
  forward(x: Tensor): Tensor {
    let y = this.embed.forward(x).add(this.mean);
    for (const block of this.blocks) y = (block as nn.Linear).forward(y);
    return this.head.forward(y);
  }
}

const make = () => new nn.GRU(5, 5);
const TABLE: readonly Row[] = [
  ...recurrent,
  ["LSTM with projection and forget bias", () => new nn.LSTM(5, 6, { projSize: 3, unitForgetBias: true, zoneout: 0.2 }), steps],
  ["RNNCell", () => new nn.RNNCell(5, 6, { nonlinearity: "relu" }), rows],
  ["LSTMCell", () => new nn.LSTMCell(5, 6, { bias: false }), rows],
  ["GRUCell", () => new nn.GRUCell(5, 6), rows],
  ["Linear", () => new nn.Linear(5, 2, { bias: false }), rows],
  ["Embedding", () => new nn.Embedding(7, 3), ids],
  ["EmbeddingDropout", () => new nn.EmbeddingDropout(new nn.Embedding(7, 3), 0.5), ids],
  ["LayerNorm", () => new nn.LayerNorm(5), rows],
  ["Dropout", () => new nn.Dropout(0.3), rows],
  ["LockedDropout", () => new nn.LockedDropout(0.3), steps],
  ["ModuleList", () => Object.assign(new nn.ModuleList([new nn.Linear(5, 2)]), { forward(this: nn.ModuleList<nn.Linear>, x: Tensor) { return this.at(0)!.forward(x); } }) as never, rows],
  ["Sequential", () => new nn.Sequential(new nn.Linear(5, 4), new nn.Dropout(0.3), new nn.Linear(4, 2)), rows],
  ["RecurrentStack", () => new nn.RecurrentStack([make(), make()], { residual: true, dropout: 0.2 }), steps],
  ["Bidirectional", () => new nn.Bidirectional(make, { mergeMode: "sum" }), steps],
  ["WeightDrop", () => new nn.WeightDrop(make(), 0.4), steps],
  ["TimeDistributed", () => new nn.TimeDistributed(new nn.Linear(5, 2)), steps],
  ["AWDLSTM", () => new nn.AWDLSTM(7, { embeddingDim: 4, hiddenSize: 6, numLayers: 2 }), ids],
  ["CrossEntropyLoss", () => new nn.CrossEntropyLoss({ weight: randn([5]).abs() }), rows, () => randint(0, 5, [3])],
  ["NLLLoss", () => new nn.NLLLoss({ ignoreIndex: 2 }), rows, () => randint(0, 5, [3])],
  ["MSELoss", () => new nn.MSELoss({ reduction: "sum" }), rows, rows],
  ["BCEWithLogitsLoss", () => new nn.BCEWithLogitsLoss(), rows, () => rows().sigmoid()],
  ["Attention", () => new nn.Attention(5, { score: "additive", hiddenSize: 4 }), steps, steps],
  ["MultiheadAttention", () => new nn.MultiheadAttention(6, 2, { kdim: 5, vdim: 5, dropout: 0.2 }), () => randn([2, 3, 6]), steps, steps],
  ["PoolOverTime", () => new nn.PoolOverTime("attention", { size: 5 }), steps],
  ["CRF", () => new nn.CRF(5), steps, () => randint(0, 5, [4, 3])],
  ["CTCLoss", () => new nn.CTCLoss({ blank: 1 }), () => steps().logSoftmax(-1), () => randint(2, 5, [3, 2]), () => tensor([4, 4, 3], { dtype: "int32" }), () => tensor([2, 1, 1], { dtype: "int32" })],
  ...([nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Softplus, nn.Tanh, nn.Sigmoid, nn.Hardtanh, nn.Hardsigmoid, nn.Softmax, nn.LogSoftmax, nn.Identity, nn.Flatten] as (new () => Made)[]).map((Kind): Row => [Kind.name, () => new Kind(), rows]),
  ["Conv1d", () => new nn.Conv1d(3, 6, 2, { groups: 3, padding: "same" }), steps],
  ["MaxPool1d", () => new nn.MaxPool1d(2), steps],
  ["AvgPool1d", () => new nn.AvgPool1d(2), steps],
  ["BatchNorm1d", () => new nn.BatchNorm1d(3), steps],
  ["QuantileLoss", () => new nn.QuantileLoss({ quantiles: [0.1, 0.5, 0.9] }), () => randn([3, 5, 3]), rows],
  ...([nn.L1Loss, nn.SmoothL1Loss, nn.HuberLoss, nn.KLDivLoss] as (new () => Made)[]).map((Kind): Row => [Kind.name, () => new Kind(), rows, rows]),
  ["BCELoss", () => new nn.BCELoss(), () => rows().sigmoid(), () => rows().sigmoid()],
  ["GaussianNLLLoss", () => new nn.GaussianNLLLoss({ full: true }), rows, rows, () => rows().abs()],
  ...[data.StandardScaler, data.MinMaxScaler, data.RobustScaler].map((Kind): Row => [Kind.name, () => new Kind().fit(randn([9, 5])), rows]),
  ["a module of one's own", () => new Tied(), ids],
]; // biome-ignore format: a table

/** Every number of a result, whatever holds it. */
function numbersIn(value: unknown): ArrayLike<number>[] {
  if (value instanceof Tensor) return [value.data()];
  return value !== null && typeof value === "object" ? Object.values(value).flatMap(numbersIn) : [];
}

function run(module: Made, seed: number, inputs: readonly Tensor[]): ArrayLike<number>[] {
  manualSeed(seed);
  return numbersIn(module.forward(...(inputs as never[])));
}

const numbers = (module: nn.Module) => [...module.stateDict().values()].map((x) => x.data());

describe("a clone computes what the original does, and is another", () => {
  test.each(TABLE.map((row) => ({ name: row[0], row })))("$name", ({ row: [, make, ...inputs] }) => {
    manualSeed(5);
    const original = make();
    const given = inputs.map((input) => input());
    const { state } = defaultGenerator;
    const copy = original.clone();
    expect(defaultGenerator.state).toEqual(state);
    expect(Object.getPrototypeOf(copy)).toBe(Object.getPrototypeOf(original));
    expect([...copy.stateDict().keys()]).toEqual([...original.stateDict().keys()]);
    expect(copy.namedParameters().map(([name, p]) => [name, p.requiresGrad, p.dtype])).toEqual(
      original.namedParameters().map(([name, p]) => [name, p.requiresGrad, p.dtype]),
    );
    expect(copy.modules().map(({ training }) => training)).toEqual(original.modules().map(({ training }) => training));
    expectSameBits(run(copy, 9, given), run(original, 9, given), "in training");
    expectSameBits(run(copy.eval(), 9, given), run(original.eval(), 9, given), "in evaluation");
    const before = numbers(original);
    for (const x of copy.stateDict().values()) x.set(new Float32Array(x.size).fill(7));
    expectSameBits(numbers(original), before, "after the copy was written");
    for (const x of numbers(copy)) expect([...x].every((value) => value === 7)).toBe(true);
  });
});

test("the table has every module of nn", () => {
  const kinds = Object.values(nn).filter(
    (value) => typeof value === "function" && value.prototype instanceof nn.Module,
  ) as unknown as (abstract new () => nn.Module)[];
  const made = TABLE.map(([, make]) => make());
  const missing = kinds.filter((Kind) => !made.some((module) => module instanceof Kind)).map(({ name }) => name);
  expect(missing).toEqual([]);
});

test("a copy learns by itself, and what is tied stays tied", () => {
  const [original, copy] = [new Tied(), new Tied()].map((m, i, [first]) => (i === 0 ? m : first!.clone())) as [
    Tied,
    Tied,
  ];
  expect(copy.embed.weight).toBe(copy.head.weight);
  expect(copy.embed.weight).not.toBe(original.embed.weight);
  expect(copy.settings).toEqual(original.settings);
  expect(copy.settings.names).not.toBe(original.settings.names);
  expect(copy.settings.own.state).toEqual(original.settings.own.state);
  expect(copy.counts).not.toBe(original.counts);
  expect(copy.namedBuffers().map(([name]) => name)).toEqual(["mean"]);
  copy.forward(ids()).sum().backward();
  expect(copy.head.weight.grad).not.toBeNull();
  expect(original.head.weight.grad).toBeNull();
});

test("a copy is seen at work by itself", () => {
  const lstm = new nn.LSTM(5, 6);
  (lstm as { observer: unknown }).observer = () => () => {};
  expect((lstm.clone() as { observer: unknown }).observer).toBeNull();
});

describe("what cannot be copied is named", () => {
  class Secret extends nn.Module {
    #scale = 2;
    forward(x: Tensor): Tensor {
      return x.mul(this.#scale);
    }
  }
  class Arrow extends nn.Module {
    linear = new nn.Linear(2, 2);
    forward = (x: Tensor): Tensor => this.linear.forward(x);
  }
  class Bound extends nn.Module {
    run = nn.Linear.prototype.forward.bind(new nn.Linear(2, 2));
  }
  class Store {
    table = tensor([1, 2]);
  }
  class Holder extends nn.Module {
    inner = [{ store: new Store() }];
  }
  test.each<[string, nn.Module, RegExp]>([
    ["#private fields", new Secret(), /clone: Secret must .*#private/],
    ["below", new nn.Sequential(new Secret() as never), /clone: Secret must .*#private/],
    ["an arrow function with this", new Arrow(), /clone: Arrow\.forward must .*Make it a method/],
    ["a bound function", new Bound(), /clone: Bound\.run must/],
    ["an object with tensors", new Holder(), /clone: Holder\.inner\.0\.store must .*Give its class a clone\(\)/],
  ])("%s", (_name, module, says) => expect(() => module.clone()).toThrow(says));

  test("unless its class says how", () => {
    class Own extends Secret {
      override clone(): this {
        return new Own() as this;
      }
    }
    const copy = new nn.Sequential(new Own()).clone();
    expect([...copy.forward(tensor([3])).data()]).toEqual([6]);
    expect(copy.at(0)).toBeInstanceOf(Own);
  });

  test("structuredClone says what does", () => {
    expect(() => structuredClone(new nn.Linear(2, 2))).toThrow(/clone\(\)/);
  });
});
