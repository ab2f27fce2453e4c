import { describe, expect, test } from "vitest";
import { nn, OptionError, optim, type Tensor, tensor, zeros } from "../../src/index.js";

const linear = (outputs = 2) => new nn.Linear(3, outputs);
const parameter = (...values: number[]) => new nn.Parameter(tensor(values));

/** What a model of one property has, by name. */
function namesIn(make: () => unknown): string[] {
  const model = new nn.Module() as nn.Module & { it: unknown };
  model.it = make();
  return model.namedParameters().map(([name]) => name);
}

const places: [title: string, make: () => unknown, names: string[]][] = [
  ["an array", () => [linear(), linear()], ["it.0.weight", "it.0.bias", "it.1.weight", "it.1.bias"]],
  ["an object", () => ({ start: linear(), end: parameter(1) }), ["it.end", "it.start.weight", "it.start.bias"]],
  ["an object without a prototype", () => Object.assign(Object.create(null), { a: parameter(1) }), ["it.a"]],
  ["a Map", () => new Map<unknown, unknown>([["start", linear()], [7, parameter(1)]]), ["it.7", "it.start.weight", "it.start.bias"]], // biome-ignore format: one line
  ["parameters in an array", () => [parameter(1), parameter(2)], ["it.0", "it.1"]],
  ["arrays in objects in Maps", () => new Map([["a", { b: [[parameter(1)], null, 3, parameter(2)] }]]), ["it.a.b.0.0", "it.a.b.3"]], // biome-ignore format: one line
  ["a list of modules in an object", () => ({ towers: new nn.ModuleList([linear()]) }), ["it.towers.0.weight", "it.towers.0.bias"]], // biome-ignore format: one line
  ["data beside", () => ({ rows: [[1, 2], ["a"]], x: new Float32Array(3), when: new Date(0), p: parameter(1) }), ["it.p"]], // biome-ignore format: one line
  ["a frozen list", () => Object.freeze([parameter(1)]), ["it.0"]],
];

describe("modules and parameters are found", () => {
  test.each(places)("in %s", (_title, make, names) => {
    expect(namesIn(make).sort()).toEqual([...names].sort());
  });

  class Held extends nn.Module {
    layers = [linear(), [new nn.Dropout(0.4)]];
    heads = { start: linear(4), more: new Map([["deep", linear(1)]]) };
    gains = { a: parameter(2), list: [parameter(3)] };
  }

  test("by every method that looks for them", () => {
    const model = new Held();
    const names = model.namedModules().map(([name]) => name);
    expect(names).toEqual(["", "layers.0", "layers.1.0", "heads.start", "heads.more.deep"]);
    expect(model.children()).toHaveLength(4);
    expect(
      model
        .eval()
        .modules()
        .some(({ training }) => training),
    ).toBe(false);
    const keys = [...model.stateDict().keys()];
    expect(keys).toEqual([
      "gains.a",
      "gains.list.0",
      "layers.0.weight",
      "layers.0.bias",
      "heads.start.weight",
      "heads.start.bias",
      "heads.more.deep.weight",
      "heads.more.deep.bias",
    ]);
    const other = new Held();
    expect(other.loadStateDict(model.stateDict())).toEqual({ missing: [], unexpected: [] });
    expect(other.heads.start.weight.data()).toEqual(model.heads.start.weight.data());
    for (const p of model.parameters()) p.grad = zeros(p.shape);
    model.zeroGrad();
    expect(model.parameters().every(({ grad }) => grad === null)).toBe(true);
    model.to("float64");
    expect(model.gains.list[0].dtype).toBe("float64");
    expect(model.heads.more.get("deep")!.weight.dtype).toBe("float64");
    expect(model.parameters().every(({ dtype }) => dtype === "float64")).toBe(true);
  });

  test("and learn", () => {
    const model = new Held();
    const before = model.parameters().map((p) => [...p.data()]);
    const optimizer = new optim.SGD(model, { lr: 0.5 });
    for (const p of model.parameters()) p.grad = tensor(new Float32Array(p.size).fill(1), { shape: p.shape });
    optimizer.step();
    const moved = model.parameters().every((p, i) => [...p.data()].every((value, j) => value !== before[i][j]));
    expect(moved).toBe(true);
  });

  test("once, where two names have one", () => {
    const shared = parameter(1, 2);
    const model = Object.assign(new nn.Module(), { a: [shared], b: { c: shared }, d: new Map([["e", shared]]) });
    expect(model.namedParameters().map(([name]) => name)).toEqual(["a.0"]);
    expect([...model.stateDict().keys()]).toEqual(["a.0", "b.c", "d.e"]);
    model.to("float64");
    expect(model.b.c).toBe(model.a[0]);
    expect(model.d.get("e")).toBe(model.a[0]);
  });

  test("where containers and modules hold themselves and each other", () => {
    const list: unknown[] = [linear()];
    const map = new Map<string, unknown>([["list", list]]);
    list.push(list, map);
    const model = Object.assign(new nn.Module(), { list, map });
    (model as unknown as { own: unknown }).own = { model };
    expect(model.parameters()).toHaveLength(2);
    expect(model.modules()).toHaveLength(2);
    expect(model.stateDict().has("list.0.weight")).toBe(true);
  });

  test("in a thousand links and a wide web of plain objects, in no time", () => {
    let chain: object = { p: 1 };
    for (let i = 0; i < 5000; i++) chain = { next: chain };
    let web: object = {};
    for (let i = 0; i < 40; i++) web = { left: web, right: web };
    expect(namesIn(() => ({ chain, web, p: parameter(1) }))).toEqual(["it.p"]);
  });
});

describe("what cannot be found is named", () => {
  class Helper {
    layers: unknown;
    constructor(layers: unknown) {
      this.layers = layers;
    }
  }
  const hidden: [title: string, make: () => unknown, says: RegExp][] = [
    ["a Set", () => new Set([linear()]), /Module: it must be a Module.*got Set with one inside: it\.0\./],
    ["a class", () => new Helper([3, linear()]), /got Helper with one inside: it\.layers\.1\. Make it one of these/],
    ["a class in an array", () => [new Helper({ p: parameter(1) })], /it\.0 must.*it\.0\.layers\.p\./],
    ["a Set in a Map in an object", () => ({ a: new Map([["b", new Set([parameter(1)])]]) }), /it\.a\.b must.*it\.a\.b\.0\./], // biome-ignore format: one line
    ["the keys of a Map in a class", () => new Helper(new Map([[linear(), 1]])), /it\.layers\./],
    ["a Map with objects for keys", () => new Map([[{}, linear()]]), /each key on the way to .* must be a name/],
    ["a key with a dot", () => ({ "a.b": linear() }), /must be a name without dots, or a number, got "a\.b"/],
    ["an empty key", () => ({ "": linear() }), /must be a name without dots, or a number, got ""/],
    ["a number and its name", () => new Map<unknown, unknown>([[1, linear()], ["1", linear()]]), /must differ as names/], // biome-ignore format: one line
  ];
  test.each(hidden)("in %s", (_title, make, says) => {
    const model = Object.assign(new nn.Module(), { it: make() });
    expect(() => model.parameters()).toThrow(OptionError);
    expect(() => model.parameters()).toThrow(says);
    expect(() => model.stateDict()).toThrow(says);
    expect(() => new optim.SGD(model as never)).toThrow(says);
  });

  test("below the module that hides it", () => {
    const inner = Object.assign(linear(), { extra: new Set([parameter(1)]) });
    expect(() => Object.assign(new nn.Module(), { inner }).parameters()).toThrow(/extra must/);
  });

  test("but not what is found elsewhere, is in a private field, or is no parameter", () => {
    class Tied extends nn.Module {
      layer = linear();
      readonly #teacher = linear();
      helper = new Helper([this.layer, this.layer.weight]);
      optimizer = new optim.SGD(this.layer.parameters(), { lr: 1 });
      seen = new Set([1, "a", zeros([2])]);
      run = (x: Tensor) => this.#teacher.forward(x);
      context = new Helper(this);
    }
    expect(new Tied().parameters()).toHaveLength(2);
    expect(new Tied().stateDict().size).toBe(2);
  });
});

test("a module in an object computes and takes a step", () => {
  const model = Object.assign(new nn.Module(), { heads: { a: linear(), b: linear() } });
  const y = model.heads.a.forward(tensor([[1, 2, 3]])).add(model.heads.b.forward(tensor([[1, 2, 3]])));
  y.sum().backward();
  const { weight } = model.heads.b;
  const before = weight.data();
  new optim.SGD(model, { lr: 0.25 }).step();
  const expected = before.map((value: number, i: number) => Math.fround(value - 0.25 * ((i % 3) + 1)));
  expect([...weight.data()]).toEqual([...expected]);
});
