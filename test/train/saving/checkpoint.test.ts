import * as fs from "node:fs";
import { describe, expect, test } from "vitest";
import {
  defaultGenerator,
  Generator,
  io,
  load,
  loadCheckpoint,
  manualSeed,
  metrics,
  nn,
  optim,
  randn,
  saveCheckpoint,
  type Tensor,
  tensor,
} from "../../../src/index.js";
import { expectSameBits } from "../../support/bits.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const folder = temporaryFolder();
const path = () => folder.at("last.safetensors");
const values = (module: nn.Module) => [...module.stateDict().values()].map((x) => x.data());

class Net extends nn.Module {
  gru = new nn.GRU(3, 4);
  drop = new nn.Dropout(0.3);
  head = new nn.Linear(4, 2);
  forward(x: Tensor): Tensor {
    return this.head.forward(this.drop.forward(this.gru.forward(x)[0]));
  }
}

type Optimizer = optim.Optimizer<never> | optim.Optimizer;
const OPTIMIZERS: readonly [string, (p: nn.Parameter[]) => Optimizer][] = [
  ["SGD with momentum", (p) => new optim.SGD(p, { lr: 0.1, momentum: 0.9, nesterov: true })],
  ["Adam with amsgrad", (p) => new optim.Adam(p, { lr: 0.05, amsgrad: true })],
  ["AdamW in two groups", (p) => new optim.AdamW([{ params: p.slice(0, 2), lr: 0.1 }, { params: p.slice(2) }])],
  ["RMSprop", (p) => new optim.RMSprop(p, { lr: 0.02, momentum: 0.5, centered: true })],
  ["Adagrad", (p) => new optim.Adagrad(p, { lr: 0.1 })],
  ["ASGD", (p) => new optim.ASGD(p, { lr: 0.1, t0: 2 })],
  ["NTASGD", (p) => new optim.NTASGD(p, { lr: 0.1, t0: 1 })],
]; // biome-ignore format: a table

interface Stepper {
  step(figure?: never): void;
}
type MakeSchedule = (o: optim.Scheduled) => Stepper & { stateDict(): unknown; loadStateDict(state: never): void };
const SCHEDULES: readonly [string, MakeSchedule][] = [
  ["StepLR", (o) => new optim.StepLR(o, { stepSize: 2, gamma: 0.7 })],
  ["MultiStepLR", (o) => new optim.MultiStepLR(o, { milestones: [2, 5] })],
  ["ExponentialLR", (o) => new optim.ExponentialLR(o, { gamma: 0.83 })],
  ["CosineAnnealingLR", (o) => new optim.CosineAnnealingLR(o, { tMax: 7 })],
  ["LinearLR", (o) => new optim.LinearLR(o)],
  ["ConstantLR", (o) => new optim.ConstantLR(o)],
  ["LambdaLR", (o) => new optim.LambdaLR(o, (epoch) => 1 / (epoch + 1))],
  ["SequentialLR", (o) => new optim.SequentialLR(o, { schedules: [new optim.LinearLR(o), new optim.StepLR(o, { stepSize: 2 })], milestones: [3] })],
  ["ReduceLROnPlateau", (o) => new optim.ReduceLROnPlateau(o, { patience: 1, factor: 0.3 }) as never],
]; // biome-ignore format: a table

function setUp(makeOptimizer: (p: nn.Parameter[]) => Optimizer, makeSchedule: MakeSchedule, seed = 4) {
  manualSeed(seed);
  const model = new Net();
  const optimizer = makeOptimizer(model.parameters());
  return { model, optimizer, schedule: makeSchedule(optimizer as never), generator: defaultGenerator };
}

function learn({ model, optimizer, schedule }: ReturnType<typeof setUp>, steps: number): number[] {
  return Array.from({ length: steps }, () => {
    const loss = nn.functional.mseLoss(model.forward(randn([3, 2, 3])), randn([3, 2, 2]));
    optimizer.zeroGrad();
    loss.backward();
    optimizer.step();
    const value = loss.item();
    schedule.step(value as never);
    return value;
  });
}

describe("training goes on bit for bit", () => {
  const cases = [
    ...OPTIMIZERS.map(([name, make]) => [name, make, SCHEDULES[2]![1]] as const),
    ...SCHEDULES.map(([name, make]) => [name, OPTIMIZERS[1]![1], make] as const),
  ];
  test.each(cases)("%s", async (_name, makeOptimizer, makeSchedule) => {
    const whole = setUp(makeOptimizer, makeSchedule);
    learn(whole, 4);
    await saveCheckpoint(path(), { ...whole, step: 4 });
    const expected = learn(whole, 4);

    const resumed = setUp(makeOptimizer, makeSchedule, 99);
    learn(resumed, 1);
    const { step } = await loadCheckpoint(path(), { ...resumed, step: 0 });
    expect(step).toBe(4);
    expect(learn(resumed, 4)).toEqual(expected);
    expectSameBits(values(resumed.model), values(whole.model), "weights");
  });

  test("the optimiser's rate is what it was, whatever the schedules would give", async () => {
    const parts = (seed: number) => {
      const one = setUp(OPTIMIZERS[0]![1], SCHEDULES[4]![1], seed);
      return { ...one, plateau: new optim.ReduceLROnPlateau(one.optimizer as never) };
    };
    const saved = parts(1);
    learn(saved, 2);
    saved.optimizer.paramGroups[0]!.lr = 0.0123;
    await saveCheckpoint(path(), saved);
    const other = parts(2);
    await loadCheckpoint(path(), other);
    expect(other.optimizer.lr).toBe(0.0123);
  });
});

test("everything else comes back: generators, metrics, loaders, nested objects, tensors, plain values", async () => {
  class Average {
    sum: Tensor | null = null;
    stateDict() {
      return { sum: this.sum, seen: new Map([["a", 1]]) };
    }
    loadStateDict(state: { sum: Tensor; seen: Map<string, number> }) {
      expect(state.seen).toEqual(new Map([["a", 1]]));
      this.sum = state.sum;
    }
  }
  const make = (seed: number) => {
    manualSeed(seed);
    let position = seed;
    return {
      model: new nn.Linear(2, 2),
      nets: { one: new nn.Linear(2, 3), more: [new nn.GRUCell(2, 2)] },
      generator: new Generator(seed),
      accuracy: metrics.accuracy({ classes: 3 }),
      average: new Average(),
      loader: { state: () => ({ position }), loadState: (state: { position: number }) => (position = state.position) },
      carried: { h: randn([2]), c: randn([2], { dtype: "float64" }) },
      position: () => position,
    };
  };
  const { position: _, ...saved } = make(1);
  saved.generator.uint32();
  saved.accuracy.add({ predicted: [0, 1], targets: [0, 2] });
  saved.average.sum = tensor([1.5, -0, Number.NaN]);
  const plain = {
    step: 12, best: Infinity, worst: -Infinity, nothing: Number.NaN, zero: -0, name: "run", on: true, none: null, small: 5e-324,
    history: { loss: [0.1, Number.NaN, 0.30000000000000004], by: new Map([["x", [1, 2]]]) }, codes: Int32Array.of(1, -2), list: [] as number[],
  }; // biome-ignore format: a table
  await saveCheckpoint(path(), { ...saved, ...plain });
  const { position, ...other } = make(2);
  const found = await loadCheckpoint(path(), { ...other, step: 0, later: 7 });
  const { nets, carried, ...values_ } = found as typeof found & Record<string, unknown>;
  expect(values_).toEqual({ ...plain, later: 7 });
  expect(Object.is(found["zero" as never], -0)).toBe(true);
  expect([nets, carried]).toEqual([{ more: [] }, {}]);
  expect(other.generator.uint32()).toBe(saved.generator.uint32());
  expect(other.accuracy.value).toBe(0.5);
  expect([...other.average.sum!.data()]).toEqual([1.5, -0, Number.NaN]);
  expect(position()).toBe(1);
  for (const key of ["h", "c"] as const) expectSameBits([other.carried[key].data()], [saved.carried[key].data()], key);
  expectSameBits(values(other.model), values(saved.model), "model");
  expectSameBits(values(other.nets.one), values(saved.nets.one), "nets.one");
  expectSameBits(values(other.nets.more[0]!), values(saved.nets.more[0]!), "nets.more");
});

test("the model's weights have their own names in it: load() takes them", async () => {
  const model = new nn.Linear(2, 3);
  await saveCheckpoint(path(), { model, ema: model.clone(), optimizer: new optim.Adam(model.parameters()) });
  const names = [...io.decodeSafetensors(fs.readFileSync(path())).tensors.keys()];
  expect(names).toEqual(["bias", "training.parts.ema.bias", "training.parts.ema.weight", "weight"]);
  const other = new nn.Linear(2, 3);
  expect(await load(path(), other)).toEqual({ missing: [], unexpected: [] });
  expectSameBits(values(other), values(model), "weights");
});

test("bytes do as files", () => {
  const parts = () => ({ model: new nn.Linear(2, 3), step: 3 });
  const [one, other] = [parts(), parts()];
  const { step } = io.fromBytes(io.toBytes(one), { ...other, step: 0 });
  expect(step).toBe(3);
  expectSameBits(values(other.model), values(one.model), "weights");
});

describe("what does not fit is named, and nothing changes", () => {
  const parts = () => {
    const model = new Net();
    return { model, optimizer: new optim.Adam(model.parameters()), extra: { list: [new nn.Linear(2, 2)] }, h: randn([2]) };
  }; // biome-ignore format: one line
  const any = (value: unknown): never => value as never;

  test.each<[string, (p: ReturnType<typeof parts>) => object, RegExp]>([
    ["a part too many", (p) => ({ ...p, generator: new Generator(1) }), /generator of .* must hold its state, got nothing/],
    ["a part too few", ({ optimizer: _, ...p }) => p, /optimizer of .* must be restored.*load\(\)/],
    ["nested, too few", (p) => ({ ...p, extra: {} }), /extra\.list\.0 of .* must be restored/],
    ["another model", (p) => ({ ...p, model: new nn.Linear(2, 2) }), /missing: weight/],
    ["another optimiser", (p) => ({ ...p, optimizer: new optim.SGD(p.model.parameters(), { lr: 1 }) }), /must be "SGD", got "Adam"/],
    ["a tensor of another shape", (p) => ({ ...p, h: randn([3]) }), /h of .* must be float32 \[3\], got float32 \[2\]/],
    ["a value for an object", (p) => ({ ...p, h: new Generator(1) }), /h of .* must hold its state/],
  ])("%s", async (_name, change, says) => {
    await saveCheckpoint(path(), parts());
    const other = parts();
    const before = [values(other.model), values(other.extra.list[0]!), [other.h.data()]].flat();
    await expect(loadCheckpoint(path(), change(other) as never)).rejects.toThrow(says);
    expectSameBits([values(other.model), values(other.extra.list[0]!), [other.h.data()]].flat(), before, "parts");
  }); // biome-ignore format: a table

  test("what a step before the one that fails has restored is as it was: maps, typed arrays, numbers that JSON lacks", async () => {
    class Part {
      readonly refuses: boolean;
      own: unknown;
      constructor(own: unknown, refuses = false) {
        this.own = own;
        this.refuses = refuses;
      }
      stateDict() {
        return { own: this.own };
      }
      loadStateDict(state: { own: unknown }) {
        if (this.refuses) throw new Error("another");
        this.own = state.own;
      }
    }
    const own = () => [new Map([["a", Float64Array.of(0.1)]]), Infinity, -0, Number.NaN, { x: Int32Array.of(3) }];
    await saveCheckpoint(path(), { m: new Map([["of a map", new Part(1)]]), last: new Part(2) });
    const given = { m: new Map([["of a map", new Part(own())]]), last: new Part(3, true) };
    await expect(loadCheckpoint(path(), given)).rejects.toThrow("another");
    expect(given.m.get("of a map")?.own).toEqual(own());
  }); // biome-ignore format: one line

  test("options for weights alone", () => {
    const model = new nn.Linear(2, 2);
    expect(() => io.toBytes({ model, step: 1 }, { dtype: "float16" })).toThrow(/toBytes: options must be left out for/);
    const bytes = io.toBytes({ model, step: 1 });
    expect(() => io.fromBytes(bytes, { model, step: 1 }, { strict: false })).toThrow(/fromBytes: options must be left/);
    expect(io.fromBytes(bytes, { model, step: 0 }, { strict: undefined })).toEqual({ step: 1 });
  });

  test.each<[string, unknown, RegExp]>([
    ["a function", { f: () => 1 }, /f must be a plain value/],
    ["a bigint", { a: { b: [1n] } }, /a\.b\.0 must be a plain value/],
    ["an object of a class", { d: new Date() }, /d must be .*stateDict\(\) and loadStateDict/],
    ["a map by numbers", { m: new Map([[1, 2]]) }, /m must have texts as keys/],
    ["a module alone", new nn.Linear(1, 1), /parts must be an object.*saveCheckpoint\("last/],
    ["nothing", undefined, /parts must be an object/],
    ["what holds itself", (() => { const o: Record<string, unknown> = {}; o["o"] = o; return o; })(), /nested at most/],
  ])("saving %s", async (_name, given, says) => {
    await expect(saveCheckpoint(path(), any(given))).rejects.toThrow(says);
    expect(fs.existsSync(path())).toBe(false);
  }); // biome-ignore format: a table

  test("files of other kinds", async () => {
    const model = new nn.Linear(2, 2);
    fs.writeFileSync(path(), io.toBytes(model));
    await expect(loadCheckpoint(path(), { model })).rejects.toThrow(
      /saveCheckpoint\(\) wrote, got weights alone\. .*load\(\)/,
    );
    fs.writeFileSync(path(), "hello, hello");
    await expect(loadCheckpoint(path(), { model })).rejects.toThrow(
      /It is truncated, or not safetensors|not safetensors/,
    );
    await expect(loadCheckpoint(folder.at("lost.safetensors"), { model })).rejects.toThrow(/last\.safetensors/);
  });

  test("a weight that is not finite does not replace a good checkpoint", async () => {
    const model = new nn.Linear(2, 2);
    await saveCheckpoint(path(), { model });
    const before = fs.readFileSync(path());
    model.weight.set([1, 2, Number.NaN, 4]);
    await expect(saveCheckpoint(path(), { model })).rejects.toMatchObject({ code: "not-finite" });
    expect(fs.readFileSync(path())).toEqual(before);
  });
});
