import { beforeAll, describe, expect, test } from "vitest";
import { configure, manualSeed, nn, noGrad, randn, type Tensor, tensor, zeros } from "../../src/index.js";

class Tagger extends nn.Module {
  embed = new nn.Embedding(9, 4);
  blocks = new nn.ModuleList([new nn.Linear(4, 4), new nn.Linear(4, 4, { bias: false })]);
  pair = [new nn.Dropout(0.5), new nn.GRU(4, 3)];
  head = new nn.Linear(3, 9);
  scale = new nn.Parameter(tensor([2]));
  /** Not learned: a plain tensor is nobody's business. */
  note = zeros([3]);
}

describe("Module", () => {
  beforeAll(() => {
    configure({ engine: "reference" });
    manualSeed(8);
  });

  test("finds parameters in properties, lists and arrays, under PyTorch's names", () => {
    const names = new Tagger().namedParameters().map(([name]) => name);
    expect(names).toEqual([
      "scale",
      "embed.weight",
      "blocks.0.weight",
      "blocks.0.bias",
      "blocks.1.weight",
      "pair.1.weight_ih_l0",
      "pair.1.weight_hh_l0",
      "pair.1.bias_ih_l0",
      "pair.1.bias_hh_l0",
      "head.weight",
      "head.bias",
    ]);
  });

  test("names the parameters of layers and directions as PyTorch does", () => {
    const names = new nn.LSTM(2, 3, { numLayers: 2, bidirectional: true }).namedParameters().map(([name]) => name);
    const kinds = ["weight_ih", "weight_hh", "bias_ih", "bias_hh"];
    expect(names).toEqual(
      ["_l0", "_l0_reverse", "_l1", "_l1_reverse"].flatMap((end) => kinds.map((kind) => kind + end)),
    );
  });

  test("finds modules, children and paths", () => {
    const model = new Tagger();
    const paths = model.namedModules().map(([path]) => path);
    expect(paths).toEqual(
      ["", "embed.", "blocks.", "blocks.0.", "blocks.1.", "pair.0.", "pair.1.", "head."].map((path) =>
        path.replace(/\.$/, ""),
      ),
    );
    expect(model.children()).toHaveLength(5);
    const order: nn.Module[] = [];
    model.apply((module) => order.push(module));
    expect(order.at(-1)).toBe(model);
    expect(order).toHaveLength(8);
  });

  test("to() converts parameters and float buffers, shared ones once, and keeps integers", () => {
    const model = new Tagger();
    const twin = new nn.Linear(4, 9);
    const both = new nn.ModuleList<nn.Module>([model, twin]);
    model.embed.weight = twin.weight;
    model.blocks.at(1)!.weight.requiresGrad = false;
    model.registerBuffer("mean", tensor([1.5]));
    model.registerBuffer("count", tensor([3], { dtype: "int32" }));
    const before = [...both.stateDict()].map(([name, value]) => [name, value.toArray()]);
    const old = twin.weight;
    expect(both.to("float64")).toBe(both);
    expect(both.parameters().every((parameter) => parameter.dtype === "float64")).toBe(true);
    expect([...both.stateDict()].map(([name, value]) => [name, value.toArray()])).toEqual(before);
    expect(model.embed.weight).toBe(twin.weight);
    expect(old.disposed).toBe(true);
    expect(model.blocks.at(1)!.weight.requiresGrad).toBe(false);
    const dtypes = new Map(both.namedBuffers().map(([name, buffer]) => [name, buffer.dtype]));
    expect([...dtypes]).toEqual([
      ["0.mean", "float64"],
      ["0.count", "int32"],
    ]);
    const weight = twin.weight;
    both.to("float64");
    expect(twin.weight).toBe(weight);
    expect(() => both.to("int32" as never)).toThrow(
      'Module.to: dtype must be one of "float32", "float64", got "int32".',
    );
  });

  test("switches all modules between training and evaluation", () => {
    const model = new Tagger();
    expect(model.eval()).toBe(model);
    expect(model.modules().some((module) => module.training)).toBe(false);
    model.train();
    expect(model.modules().every((module) => module.training)).toBe(true);
  });

  test("lists a shared parameter once, saves it under both names, and learns it as one", () => {
    const model = new (class extends nn.Module {
      embed = new nn.Embedding(5, 3);
      head = new nn.Linear(3, 5, { bias: false });
    })();
    model.head.weight = model.embed.weight;
    expect(model.namedParameters().map(([name]) => name)).toEqual(["embed.weight"]);
    expect([...model.stateDict().keys()]).toEqual(["embed.weight", "head.weight"]);
    const x = randn([2, 3]);
    const ids = tensor([1, 4], { dtype: "int32" });
    const apart = (): Tensor => model.head.forward(x).sum().add(model.embed.forward(ids).sum());
    apart().backward();
    const column = x.data();
    const expected = Array.from({ length: 15 }, (_, i) => {
      const used = Math.floor(i / 3) === 1 || Math.floor(i / 3) === 4 ? 1 : 0;
      return Math.fround(column[i % 3] + column[3 + (i % 3)]) + used;
    });
    model.embed.weight.grad!.data().forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i], 5);
    });
  });

  test("survives modules that know their parent", () => {
    const model = new (class extends nn.Module {
      head = new nn.Linear(3, 5);
    })();
    (model.head as unknown as { parent: nn.Module }).parent = model;
    expect(model.namedParameters()).toHaveLength(2);
    expect(model.stateDict().size).toBe(2);
  });

  test("saves buffers and does not learn them", () => {
    const model = new nn.Linear(2, 3) as nn.Linear & { mean: Tensor };
    noGrad(() => model.registerBuffer("mean", tensor([1, 2])));
    expect(model.namedBuffers().map(([name]) => name)).toEqual(["mean"]);
    expect([...model.stateDict().keys()]).toEqual(["weight", "bias", "mean"]);
    model.loadStateDict({ ...Object.fromEntries(model.stateDict()), mean: tensor([5, 6]) });
    expect(model.mean.toArray()).toEqual([5, 6]);
    expect(model.parameters()).toHaveLength(2);
  });

  test("keeps parameters through noGrad(), and can be made there", () => {
    let made: nn.Linear | undefined;
    noGrad(() => {
      made = new nn.Linear(2, 3);
    });
    const model = made!;
    const y = noGrad(() => model.forward(randn([4, 2])));
    expect(y.shape).toEqual([4, 3]);
    expect(model.weight.requiresGrad).toBe(true);
    model
      .forward(randn([4, 2]))
      .sum()
      .backward();
    noGrad(() => model.weight.grad!.mul(2));
    expect(model.weight.grad!.shape).toEqual([3, 2]);
    model.zeroGrad();
    expect(model.weight.grad).toBeNull();
  });

  test("runs a Sequential", () => {
    const model = new nn.Sequential(new nn.Linear(2, 3), new nn.Dropout(0), new nn.Linear(3, 4));
    const x = randn([5, 2]);
    const [first, , last] = [...model] as nn.Linear[];
    expect(model.forward(x).toArray()).toEqual(last.forward(first.forward(x)).toArray());
    expect([...model.stateDict().keys()]).toEqual(["0.weight", "0.bias", "2.weight", "2.bias"]);
  });
});

describe("state dicts", () => {
  test("go round", () => {
    const [a, b] = [new Tagger(), new Tagger()];
    expect(b.loadStateDict(a.stateDict())).toEqual({ missing: [], unexpected: [] });
    const other = b.stateDict();
    for (const [name, value] of a.stateDict()) expect(other.get(name)!.data(), name).toEqual(value.data());
  });

  test("share memory with the model, as PyTorch's do, and leave it alive", () => {
    const model = new nn.Linear(2, 2);
    const { weight } = Object.fromEntries(model.stateDict()) as { weight: Tensor };
    model.weight.set([1, 2, 3, 4]);
    expect(weight.toArray()).toEqual([[1, 2], [3, 4]]); // biome-ignore format: a matrix
    weight.dispose();
    expect(model.weight.toArray()).toEqual([[1, 2], [3, 4]]); // biome-ignore format: a matrix
  });

  test("convert between float32 and float64", () => {
    const [a, b] = [new nn.Linear(2, 2), new nn.Linear(2, 2, { dtype: "float64" })];
    b.loadStateDict(a.stateDict());
    expect(b.weight.dtype).toBe("float64");
    expect(b.weight.toArray()).toEqual(a.weight.toArray());
  });

  test("with every fault in one error, and nothing loaded", () => {
    const model = new Tagger();
    const state = model.stateDict();
    const before = model.head.weight.data();
    state.set("head.weight", zeros([3, 9]));
    state.set("scale", zeros([1], { dtype: "int32" }));
    state.delete("head.bias");
    state.delete("blocks.0.bias");
    state.set("extra", zeros([1]));
    state.set("embed.weight", zeros([9, 4]));
    expect(() => model.loadStateDict(state)).toThrow(
      "loadStateDict: stateDict must match the module's tensors by name, shape and type, got missing: blocks.0.bias, head.bias; unexpected: extra; of another shape or type: scale int32 instead of float32, head.weight [3, 9] instead of [9, 3]. Build the module with the sizes that the weights were trained with.",
    );
    expect(model.head.weight.data()).toEqual(before);
    expect(model.embed.weight.data()).not.toEqual(new Float32Array(36));
  });

  test("not strict: load what fits by name", () => {
    const model = new nn.Linear(2, 2);
    const given = { weight: tensor([[1, 2], [3, 4]]), other: zeros([1]) }; // biome-ignore format: a matrix
    expect(() => model.loadStateDict(given)).toThrow("Pass { strict: false } to load only the names that match.");
    expect(model.loadStateDict(given, { strict: false })).toEqual({ missing: ["bias"], unexpected: ["other"] });
    expect(model.weight.toArray()).toEqual([[1, 2], [3, 4]]); // biome-ignore format: a matrix
    expect(() => model.loadStateDict({ weight: zeros([3, 2]) }, { strict: false })).toThrow(
      "weight [3, 2] instead of [2, 2]",
    );
  });
});

describe("modules and parameters refuse", () => {
  const wrong: [string, () => unknown, string][] = [
    ["integers as a parameter", () => new nn.Parameter(zeros([2], { dtype: "int32" })), "Parameter: data must be float32 or float64, got int32."],
    ["values of another shape", () => new nn.Parameter(zeros([2])).copyFrom(zeros([3])), "Parameter.copyFrom: source must have shape [2], got [3]."],
    ["a parameter as a buffer", () => new nn.Module().registerBuffer("b", new nn.Parameter(zeros([2]))), "registerBuffer: b must be a tensor that is not a Parameter, got a Parameter."],
    ["a table without rows", () => new nn.Embedding(0, 3), "Embedding: numEmbeddings must be a positive integer, got 0."],
    ["padding outside the table", () => new nn.Embedding(4, 3, { paddingIndex: 4 }), "Embedding: paddingIndex must be a number in [-4, 3], got 4."],
    ["a dropout above 1", () => new nn.Dropout(1.1), "Dropout: p must be a number in [0, 1], got 1.1."],
    ["an unknown option", () => new nn.Linear(2, 3, { biass: true } as never), 'Linear: options must be only these: bias, dtype, got "biass".'],
    ["an unknown type", () => new nn.Linear(2, 3, { dtype: "int32" as never }), 'Linear: dtype must be one of "float32", "float64", got "int32".'],
    ["a list of what is no module", () => new nn.ModuleList([3 as never]), "ModuleList: module must be a Module, got 3."],
  ]; // biome-ignore format: a table
  test.each(wrong)("%s", (_, act, message) => {
    expect(act).toThrow(message);
  });
});
