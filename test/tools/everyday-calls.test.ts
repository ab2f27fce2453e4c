import { describe, expect, test } from "vitest";
import {
  arange,
  data,
  eye,
  Generator,
  io,
  linspace,
  memory,
  nn,
  noGrad,
  OptionError,
  OutOfMemoryError,
  oneHot,
  optim,
  randn,
  type Tensor,
  tensor,
  UnrolledError,
  zeros,
} from "../../src/index.js";
import { AdaGrad, Adam, Momentum, RMSprop, SGD } from "../../src/layers/index.js";

/** What people type, past the types. */
const any = (value: unknown): never => value as never;
const model = () => new nn.Linear(3, 2);
const optimizer = () => new optim.SGD(model().parameters(), { lr: 0.5 });

describe("an everyday mistake is told how the call is written", () => {
  const mistakes: readonly [title: string, call: () => unknown, says: RegExp][] = [
    ['zeros("3")', () => zeros(any("3")), /zeros\(\[2, 3\]\)/],
    ['x.reshape("6, 4")', () => zeros([4, 6]).reshape(any("6, 4")), /x\.reshape\(\[2, 3\]\)/],
    ['x.sum("1")', () => zeros([4, 6]).sum(any("1")), /x\.sum\(0\)/],
    ["x.sum(0, { keepdim: true })", () => zeros([4]).sum(0, any({ keepdim: true })), /Did you mean keepDim\?/],
    ['tensor(x, "float64")', () => tensor([1], any("float64")), /\{ dtype: "float64" \}/],
    ["tensor(x, { dtyp })", () => tensor([1], any({ dtyp: "float64" })), /Did you mean dtype\?/],
    ["new Adam(model.parameters)", () => new optim.Adam(any(model().parameters)), /Call it: model\.parameters\(\)/],
    ["clipGradNorm(5, 1)", () => nn.utils.clipGradNorm(any(5), 1), /Pass model\.parameters\(\)/],
    ["new Parameter([1, 2])", () => new nn.Parameter(any([1, 2])), /Make one with tensor\(\)/],
    ['registerBuffer("x", [1])', () => model().registerBuffer("x", any([1])), /Make one with tensor\(\)/],
    ["noGrad(tensor)", () => noGrad(any(zeros([1]))), /noGrad\(\(\) =>/],
    ["new ModuleList(5)", () => new nn.ModuleList(any(5)), /new ModuleList\(\[a, b\]\)/],
    ["new StepLR(undefined)", () => new optim.StepLR(any(undefined), { stepSize: 1 }), /optim\.StepLR\(optimizer/],
    [
      "SequentialLR around a plateau",
      () => {
        const inner = new optim.ReduceLROnPlateau(optimizer());
        return new optim.SequentialLR(optimizer(), { schedules: any([inner]), milestones: [] });
      },
      /stepped by itself/,
    ],
    ["new StreamBatcher(5, ...)", () => new data.StreamBatcher(any(5), { batchSize: 1, seqLen: 2 }), /Int32Array/],
    [
      "a StreamBatcher of floats",
      () => new data.StreamBatcher(any(new Float32Array([0.5, 1, 2, 3])), { batchSize: 1, seqLen: 2 }),
      /Int32Array\.from/,
    ],
    ["x.set of fractions", () => zeros([1], { dtype: "int32" }).set([1.5]), /integers of 32 bits/],
  ];
  test.each(mistakes)("%s", (_title, call, says) => {
    expect(call).toThrow(UnrolledError);
    expect(call).toThrow(says);
  });
});

describe("an unknown dtype is refused at the call", () => {
  const x = tensor([1.5]);
  const calls: readonly [string, (dtype: never) => unknown][] = [
    ["to", (dtype) => x.to(dtype)],
    ["tensor", (dtype) => tensor([1], { dtype })],
    ["zeros", (dtype) => zeros([1], { dtype })],
    ["randn", (dtype) => randn([1], { dtype })],
    ["Module.to", (dtype) => model().to(dtype)],
    ["Linear", (dtype) => new nn.Linear(1, 1, { dtype })],
  ];
  test.each(calls)("%s", (_name, call) => {
    for (const dtype of ["int64", "float16", "half", null, 1]) expect(() => call(any(dtype))).toThrow(OptionError);
    expect(Number.isFinite(memory().bytes)).toBe(true);
  });
});

describe("a size beyond all memory is refused before it is asked for", () => {
  const ids = tensor([0, 1], { dtype: "int32" });
  test.each<[string, () => unknown]>([
    ["eye", () => eye(1e6)],
    ["arange", () => arange(0, 1e12)],
    ["linspace", () => linspace(0, 1, 1e12)],
    ["oneHot", () => oneHot(ids, 1e12)],
    ["zeros", () => zeros([1e6, 1e6])],
    ["an outer sum", () => zeros([1e6, 1]).add(zeros([1, 1e6]))],
    ["permutation", () => new Generator(0).permutation(1e12)],
    ["IndRNN", () => new nn.IndRNN(2, 2, { numLayers: 1e12 })],
    ["GRU", () => new nn.GRU(2, 2, { numLayers: 1e9 })],
    ["LSTM", () => new nn.LSTM(1e6, 1e6)],
    ["expand", () => zeros([1]).expand([1e6, 1e6])],
  ])("%s", (name, call) =>
    expect(call).toThrow(name === "IndRNN" || name === "GRU" ? /numLayers must be at most 10000/ : OutOfMemoryError),
  );
});

describe("a state dict is loaded whole or not at all", () => {
  const values = (module: nn.Module) => [...module.stateDict()].map(([name, x]) => [name, [...x.data()]]);
  const released = (x: Tensor) => {
    x.dispose();
    return x;
  };

  test("nothing changes when the second entry cannot be read", () => {
    const linear = model();
    const before = values(linear);
    const given = new Map([["weight", tensor([1, 2, 3, 4, 5, 6], { shape: [2, 3] })], ["bias", released(zeros([2]))]]); // biome-ignore format: one line
    expect(() => linear.loadStateDict(given)).toThrow(UnrolledError);
    expect(values(linear)).toEqual(before);
  });

  test("entries of a file, nested arrays and an ArrayBuffer of a file work", () => {
    const [linear, other] = [model(), model()];
    const bytes = io.encodeSafetensors(
      Object.fromEntries(
        [...linear.stateDict()].map(([k, x]) => [k, { dtype: x.dtype, shape: x.shape, data: x.data() }]),
      ),
    );
    const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
    other.loadStateDict(io.decodeSafetensors(buffer as ArrayBuffer).tensors);
    expect(values(other)).toEqual(values(linear));
    other.loadStateDict({ weight: [[1, 2, 3], [4, 5, 6]], bias: [7, 8] }); // biome-ignore format: one line
    expect([...other.weight.data()]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("tied weights stored once load, stored twice must agree", () => {
    class Tied extends nn.Module {
      embed = new nn.Embedding(4, 3);
      head = new nn.Linear(3, 4);
    }
    const tied = new Tied();
    nn.tieWeights(tied.embed, tied.head);
    const state = new Map([...tied.stateDict()].map(([name, x]) => [name, x.clone()]));
    const twice = new Map(state);
    state.delete("head.weight");
    state.get("embed.weight")!.set(Float32Array.from({ length: 12 }, (_, i) => i));
    expect(() => tied.loadStateDict(twice)).toThrow(/embed\.weight and head\.weight/);
    expect(tied.loadStateDict(state)).toEqual({ missing: [], unexpected: [] });
    expect([...tied.head.weight.data()]).toEqual(Array.from({ length: 12 }, (_, i) => i));
  });

  test.each([null, "0.1", Number.NaN, -1])("an optimiser refuses the rate %s, and keeps its own", (lr) => {
    const one = optimizer();
    const state = one.stateDict();
    state.scalars.groups[0]!["lr"] = lr;
    expect(() => one.loadStateDict(state)).toThrow(UnrolledError);
    expect(one.lr).toBe(0.5);
  });

  test("schedules too", () => {
    const plateau = new optim.ReduceLROnPlateau(optimizer());
    plateau.step(3);
    const before = plateau.stateDict();
    expect(() => plateau.loadStateDict({ ...before, epoch: 7, best: any("1") })).toThrow(UnrolledError);
    expect(plateau.stateDict()).toEqual(before);
  });
});

describe("ReduceLROnPlateau", () => {
  test.each([undefined, null, Number.NaN, "1"])("refuses %s", (figure) => {
    const schedule = new optim.ReduceLROnPlateau(optimizer(), { patience: 0 });
    expect(() => schedule.step(any(figure))).toThrow(OptionError);
    expect(schedule.lrs).toEqual([0.5]);
  });

  // An improvement is 10 % of |best| better, whatever the sign.
  test.each<["min" | "max", number, number, boolean]>([
    ["min", -10, -10.5, false],
    ["min", -10, -11.5, true],
    ["min", -10, -9.5, false],
    ["min", 10, 8.5, true],
    ["max", -10, -9.5, false],
    ["max", -10, -8.5, true],
    ["max", -10, -10.5, false],
    ["max", 10, 11.5, true],
  ])("%s from %d to %d: an improvement %s", (mode, first, second, better) => {
    const schedule = new optim.ReduceLROnPlateau(optimizer(), { mode, threshold: 0.1, patience: 5 });
    schedule.step(first);
    schedule.step(second);
    expect(schedule.best).toBe(better ? second : first);
  });
});

describe("clipGradNorm", () => {
  const withGradient = (values: number[], dtype: "float32" | "float64" = "float32") => {
    const p = new nn.Parameter(zeros([values.length], { dtype }));
    p.grad = tensor(values, { dtype });
    return p;
  };

  test.each([[Infinity], [Number.NaN]])("with errorIfNonfinite refuses %d and scales nothing", (bad) => {
    const p = withGradient([3, bad]);
    expect(() => nn.utils.clipGradNorm([p], 1, { errorIfNonfinite: true })).toThrow(/must be finite/);
    expect(p.grad!.data()[0]).toBe(3);
  });

  test("a norm whose squares overflow is not infinite", () => {
    const p = withGradient([3e200, 4e200], "float64");
    expect(nn.utils.clipGradNorm([p], 1) / 5e200).toBeCloseTo(1, 12);
    expect(p.grad!.data()[0]).toBeCloseTo(0.6, 6);
  });
});

test.each([SGD, Momentum, AdaGrad, RMSprop, Adam])(
  "layers: new %s(0.3) learns at that rate, and knows its options",
  (Kind) => {
    expect(new Kind(0.3).lr).toBe(0.3);
    expect(new Kind({ lr: 0.2 }).lr).toBe(0.2);
    expect(() => new Kind(any({ lrr: 0.2 }))).toThrow(/Did you mean lr\?/);
  },
);

test.each<[string, unknown]>([
  ["a module", new nn.Dropout()],
  ["a tensor", tensor([1])],
  ["a generator", new Generator(1)],
  ["an optimiser", optimizer()],
])("structuredClone(%s) fails, and says what to do", (_name, value) => {
  expect(() => structuredClone(value)).toThrow(/stateDict\(\)|data\(\)|its state/);
});
