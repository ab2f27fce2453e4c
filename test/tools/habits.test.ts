import { describe, expect, test } from "vitest";
import {
  arange,
  io,
  manualSeed,
  nn,
  ones,
  optim,
  rand,
  randint,
  randn,
  type Tensor,
  tensor,
  UnrolledError,
  zeros,
} from "../../src/index.js";

/** What people type, past the types. */
const any = (value: unknown): never => value as never;
const x = tensor([[1, 2, 3], [4, 5, 7]]); // biome-ignore format: a matrix
const cube = arange(24).reshape([2, 3, 4]);
const linear = () => new nn.Linear(3, 2);

describe("what is plainly meant works", () => {
  const same: [written: string, found: () => Tensor, meant: () => Tensor][] = [
    ["zeros(2, 3)", () => zeros(2, 3), () => zeros([2, 3])],
    ["zeros(3)", () => zeros(3), () => zeros([3])],
    ['zeros(2, 3, { dtype: "int32" })', () => zeros(2, 3, { dtype: "int32" }), () => zeros([2, 3], { dtype: "int32" })],
    ["ones(2, 3)", () => ones(2, 3), () => ones([2, 3])],
    ["arange(4, { dtype })", () => arange(4, { dtype: "int32" }), () => arange(0, 4, 1, { dtype: "int32" })],
    ["arange(1, 4, { dtype })", () => arange(1, 4, { dtype: "int32" }), () => arange(1, 4, 1, { dtype: "int32" })],
    ["x.reshape(3, 2)", () => x.reshape(3, 2), () => x.reshape([3, 2])],
    ["x.reshape(-1)", () => x.reshape(-1), () => x.reshape([6])],
    ["x.view(3, -1)", () => x.view(3, -1), () => x.reshape([3, 2])],
    ["x.view([6])", () => x.view([6]), () => x.reshape([6])],
    ["x.permute(2, 0, 1)", () => cube.permute(2, 0, 1), () => cube.permute([2, 0, 1])],
    ["x.transpose(0, 2)", () => cube.transpose(0, 2), () => cube.permute([2, 1, 0])],
    ["x.T", () => x.T, () => x.permute([1, 0])],
    ["x.expand(4, 2, 3)", () => x.expand(4, 2, 3), () => x.expand([4, 2, 3])],
    ["x.repeat(2, 1)", () => x.repeat(2, 1), () => x.repeat([2, 1])],
    ["x.flip(0, 1)", () => x.flip(0, 1), () => x.flip([0, 1])],
    ["x.sum({ dim: 1 })", () => x.sum({ dim: 1 }), () => x.sum(1)],
    ["x.sum({ axis: [0, 1] })", () => x.sum({ axis: [0, 1] }), () => x.sum()],
    ["x.mean({ dim, keepdim })", () => x.mean({ dim: 0, keepdim: true }), () => x.mean(0, { keepDim: true })],
    ["x.max({ dim: -1, keepdims })", () => x.max({ dim: -1, keepdims: true }), () => x.max(-1, { keepDim: true })],
    ["x.sum({ keepdim: true })", () => x.sum({ keepdim: true }), () => x.sum(undefined, { keepDim: true })],
    ["x.var({ dim, correction })", () => x.var({ dim: 1, correction: 0 }), () => x.var(1, { correction: 0 })],
    ["x.argmax({ dim: 1 })", () => x.argmax({ dim: 1 }), () => x.argmax(1)],
    ["tensor(tensor)", () => tensor(x), () => x],
    ["tensor(tensor, { dtype })", () => tensor(x, { dtype: "int32" }), () => x.to("int32")],
    ["tensor of typed rows", () => tensor([Float32Array.of(1, 2, 3), Float32Array.of(4, 5, 7)]), () => x],
    ["tensor(JSON.parse(JSON.stringify(x)))", () => tensor(JSON.parse(JSON.stringify(x))), () => x],
  ];
  test.each(same)("%s", async (_written, found, meant) => {
    const [a, b] = [await found(), meant()];
    expect(a.shape).toEqual(b.shape);
    expect(a.dtype).toBe(b.dtype);
    expect([...a.data()]).toEqual([...b.data()]);
  });

  const drawn: [string, () => Tensor, () => Tensor][] = [
    ["randn(2, 3)", () => randn(2, 3), () => randn([2, 3])],
    ["rand(2, 3, { dtype })", () => rand(2, 3, { dtype: "float64" }), () => rand([2, 3], { dtype: "float64" })],
    ["randint(5, [3])", () => randint(5, [3]), () => randint(0, 5, [3])],
  ];
  test.each(drawn)("%s", (_written, found, meant) => {
    manualSeed(3);
    const a = found();
    manualSeed(3);
    const b = meant();
    expect([a.shape, a.dtype, ...a.data()]).toEqual([b.shape, b.dtype, ...b.data()]);
  });

  test("one number where JavaScript wants one, text where it wants text", () => {
    const loss = tensor([0.5]);
    expect([Number(loss), Math.sqrt(any(tensor(4))), any(loss) < 1, Math.max(...x.data())]).toEqual([0.5, 2, true, 7]); // biome-ignore format: one line
    expect(`${loss}`).toBe(loss.toString());
    expect(JSON.stringify({ loss, x })).toBe('{"loss":[0.5],"x":[[1,2,3],[4,5,7]]}');
  });

  test("a tensor can be awaited", async () => {
    expect(await x).toBe(x);
  });
});

describe("loadStateDict takes", () => {
  const model = linear();
  const file = () =>
    io.decodeSafetensors(
      io.encodeSafetensors(
        Object.fromEntries(
          [...model.stateDict()].map(([k, t]) => [k, { dtype: t.dtype, shape: t.shape, data: t.data() }]),
        ),
      ),
    );
  const forms: [string, () => unknown][] = [
    ["a state dict", () => model.stateDict()],
    ["a module", () => model],
    ["what a file holds", () => file()],
    ["its tensors", () => file().tensors],
    ["JSON of a module", () => JSON.parse(JSON.stringify(model))],
    ["nested arrays", () => ({ weight: model.weight.toArray(), bias: model.bias!.toArray() })],
    ["typed arrays of the right size", () => ({ weight: model.weight.data(), bias: model.bias!.data() })],
    ["float64 arrays", () => ({ weight: Float64Array.from(model.weight.data()), bias: Float64Array.from(model.bias!.data()) })], // biome-ignore format: one line
    ["JSON of a file's entries", () => ({ weight: { shape: [2, 3], data: [...model.weight.data()] }, bias: { dtype: "float32", shape: [2], data: [...model.bias!.data()] } })], // biome-ignore format: one line
  ];
  test.each(forms)("%s", (_title, make) => {
    const other = linear();
    expect(other.loadStateDict(make() as never)).toEqual({ missing: [], unexpected: [] });
    expect([...other.weight.data(), ...other.bias!.data()]).toEqual([...model.weight.data(), ...model.bias!.data()]);
  });

  test("numbers in the type of what they are for, integers too", () => {
    const wide = new nn.Linear(1, 1, { dtype: "float64" });
    wide.registerBuffer("count", tensor([3], { dtype: "int32" }));
    wide.loadStateDict({ weight: [[0.1]], bias: [1 / 3], count: [7] });
    expect([wide.weight.item(), wide.bias!.item()]).toEqual([0.1, 1 / 3]);
    expect([...wide.stateDict().get("count")!.data()]).toEqual([7]);
  });
});

describe("the rest is told how the call is written", () => {
  const y = x;
  const calls: [written: string, call: () => unknown, says: RegExp][] = [
    ["x + y", () => any(x) + any(y), /x\.add\(y\)/],
    ["x * 2", () => any(x) * 2, /x\.mul\(y\)/],
    ["total += loss", () => 0 + any(tensor([0.5])), /x\.item\(\)/],
    ["x < 1", () => any(x) < 1, /x\.lt\(y\)/],
    // biome-ignore lint/suspicious/noDoubleEquals: the habit
    ["x == 1", () => any(x) == any(1), /must be a number, got a tensor \[2, 3\]/],
    ["Math.max(x)", () => Math.max(any(x)), /x\.max\(\)/],
    ["x[0]", () => (any(x) as Tensor[])[0], /x\.select\(0, 0\)/],
    ["x.numel()", () => (any(x) as { numel(): number }).numel(), /Write x\.size\./],
    ["x.masked_fill()", () => (any(x) as { masked_fill(): number }).masked_fill(), /x\.maskedFill\(mask, value\)/],
    ["x.numpy()", () => (any(x) as { numpy(): number }).numpy(), /x\.data\(\)/],
    ["x.item() of many", () => x.item(), /data\(\) or toArray\(\)/],
    ["tensor(new Set([1]))", () => tensor(any(new Set([1]))), /\[\.\.\.data\]/],
    ['tensor("1,2")', () => tensor(any("1,2")), /split\(","\)\.map\(Number\)/],
    ['tensor(["1"])', () => tensor(any(["1"])), /Number\(\)/],
    ["tensor([1n])", () => tensor(any([1n])), /Number\(\)/],
    ["tensor([x, y])", () => tensor(any([x, y])), /stack\(\[a, b\]\)/],
    ["tensor(promise)", () => tensor(any(Promise.resolve(1))), /await it/],
    ["x.softmax({ dim: 1 })", () => x.softmax(any({ dim: 1 })), /Write the number alone/],
    ["x.sort({ dim: 1 })", () => x.sort(any({ dim: 1 })), /Did you mean axis\?/],
    ["x.sum({ axes: 0, keep: true })", () => x.sum(any({ axes: 0, keep: true })), /only these: keepDim/],
    ["new Adam(model.parameters)", () => new optim.Adam(any(linear().parameters)), /Call it: model\.parameters\(\)/],
    ["new Adam(params, 0.01)", () => new optim.Adam(linear(), any(0.01)), /\{ lr: 0\.01 \}/],
    [
      "new Adam(model, { learning_rate })",
      () => new optim.Adam(linear(), any({ learning_rate: 1 })),
      /Did you mean lr\?/,
    ],
    ["new Adam(model, { weight_decay })", () => new optim.Adam(linear(), any({ weight_decay: 1 })), /Did you mean weightDecay\?/], // biome-ignore format: one line
    ["new LSTM(10, 20, 2)", () => new nn.LSTM(10, 20, any(2)), /\{ numLayers: 2 \}/],
    ["new MinGRU(10, 20, 2)", () => new nn.MinGRU(10, 20, any(2)), /\{ numLayers: 2 \}/],
    ["new LSTM(10, 20, { num_layers })", () => new nn.LSTM(10, 20, any({ num_layers: 2 })), /Did you mean numLayers\?/],
    [
      "new GRU(10, 20, { batch_first })",
      () => new nn.GRU(10, 20, any({ batch_first: true })),
      /Did you mean batchFirst\?/,
    ],
    [
      "new LSTM({ inputSize })",
      () => new nn.LSTM(any({ inputSize: 3, hiddenSize: 4 }), any(undefined)),
      /in its place/,
    ],
    ["new Linear(3, 2, false)", () => new nn.Linear(3, 2, any(false)), /\{ bias: false \}/],
    ["new Embedding(9, 3, { padding_idx })", () => new nn.Embedding(9, 3, any({ padding_idx: 0 })), /Did you mean paddingIdx\?/], // biome-ignore format: one line
    ["new StepLR(o, 7)", () => new optim.StepLR(new optim.SGD(linear()), any(7)), /\{ stepSize: 7 \}/],
    ["loadStateDict(path)", () => linear().loadStateDict(any("a.safetensors")), /decodeSafetensors\(bytes\)/],
    ["loadStateDict(bytes)", () => linear().loadStateDict(any(new Uint8Array(3))), /decodeSafetensors\(bytes\)/],
    ["loadStateDict(promise)", () => linear().loadStateDict(any(Promise.resolve({}))), /await it/],
    ["loadStateDict of too few", () => linear().loadStateDict({ weight: new Float32Array(5), bias: [1, 2] }), /hold 6 numbers for shape \[2, 3\], got 5/], // biome-ignore format: one line
    [
      "loadStateDict of words",
      () => linear().loadStateDict(any({ weight: "a", bias: [1, 2] })),
      /weight must be a tensor/,
    ],
  ];
  test.each(calls)("%s", (_written, call, says) => {
    expect(call).toThrow(UnrolledError);
    expect(call).toThrow(says);
  });
});
