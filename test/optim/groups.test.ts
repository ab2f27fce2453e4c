import { describe, expect, test } from "vitest";
import { nn, OptionError, optim, type Tensor, tensor, zeros } from "../../src/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { fromFixture } from "../support/configured.js";
import { loadFixture, tensorOf } from "../support/fixtures.js";

interface Options {
  optimizer: "Adam" | "AdamW" | "SGD";
  steps: number;
  addedAfter: number;
}

describe("groups against PyTorch", () => {
  const cases = loadFixture<Options>("optimizers/added-groups").cases;
  test.each(cases)("$name, saved and loaded at each step", (found) => {
    const { optimizer: kind, steps, addedAfter } = found.options;
    const parameters = Object.fromEntries(
      ["a", "b", "c"].map((k) => [k, fromFixture(tensorOf(found, `initial.${k}`), true)]),
    );
    const { a, b, c } = parameters as Record<"a" | "b" | "c", Tensor>;
    const third = { params: [c], lr: 0.05, weightDecay: 0.1 };
    const make = (step: number): optim.Optimizer => {
      const groups = [{ params: [a], lr: 0.03, weightDecay: 0.2 }, { params: [b] }];
      const made = new optim[kind](groups, { lr: 0.1 });
      if (step > addedAfter) made.addParamGroup(third);
      return made;
    };
    let optimizer = make(0);
    for (let step = 0; step < steps; step++) {
      if (step === addedAfter) optimizer.addParamGroup(third);
      for (const [k, p] of Object.entries(parameters)) {
        p.grad = fromFixture(tensorOf(found, `grads.${k}`))
          .select(0, step)
          .clone();
      }
      optimizer.step();
      for (const [k, p] of Object.entries(parameters)) {
        const expected = fromFixture(tensorOf(found, `values.${k}`))
          .select(0, step)
          .data();
        expectClose(p.data(), expected, TOLERANCE.float64, `${k}, step ${step}`);
      }
      const { tensors, scalars } = optimizer.stateDict();
      const saved = new Map([...tensors].map(([name, x]) => [name, x.clone()]));
      optimizer = make(step + 1);
      if (step + 1 <= addedAfter) expect(optimizer.paramGroups).toHaveLength(2);
      optimizer.loadStateDict({ tensors: saved, scalars: JSON.parse(JSON.stringify(scalars)) });
    }
  });
});

class Two extends nn.Module {
  body = new nn.Linear(3, 2);
  head = new nn.Linear(2, 1);
}

describe("an optimiser takes", () => {
  const model = new Two();
  const all = model.parameters();
  const ways: [title: string, make: () => optim.Optimizer, groups: Tensor[][]][] = [
    ["a module", () => new optim.Adam(model), [all]],
    ["its parameters", () => new optim.Adam(model.parameters()), [all]],
    ["its named parameters", () => new optim.Adam(model.namedParameters()), [all]],
    ["several modules", () => new optim.Adam([model.body, model.head]), [all]],
    ["modules that share", () => new optim.Adam([model.body, model]), [all]],
    ["a module and a tensor", () => new optim.Adam([model.body, model.head.weight]), [all.slice(0, 3)]],
    ["one tensor", () => new optim.Adam(model.head.weight), [[model.head.weight]]],
    ["a generator", () => new optim.Adam((function* () { yield* all; })()), [all]], // biome-ignore format: one line
    ["one group", () => new optim.Adam({ params: model, lr: 1 }), [all]],
    ["groups of modules", () => new optim.Adam([{ params: model.body, lr: 1 }, { params: model.head }]), [all.slice(0, 2), all.slice(2)]], // biome-ignore format: one line
  ];
  test.each(ways)("%s", (_title, make, groups) => {
    expect(make().paramGroups.map(({ params }) => params)).toEqual(groups);
  });

  test("a group later, all of it or nothing", () => {
    const optimizer = new optim.SGD(model.body, { lr: 0.5, momentum: 0.9 });
    optimizer.addParamGroup({ params: model.head, lr: 0.25 });
    const [{ lr, momentum }, second] = optimizer.paramGroups;
    expect([lr, momentum, second.lr, second.momentum]).toEqual([0.5, 0.9, 0.25, 0.9]);
    const bad: [object, RegExp][] = [
      [{ params: model.head }, /be a parameter listed once/],
      [{ params: [zeros([1])], lr: -1 }, /lr must be a finite number >= 0/],
      [{ params: [zeros([1]), 3] }, /params\[1\] must be a tensor/],
      [{ params: [zeros([1])], weight_decay: 1 }, /Did you mean weightDecay\?/],
      [{ parameters: [zeros([1])] }, /must be/],
      [zeros([1]), /must be/],
    ];
    for (const [group, says] of bad) {
      expect(() => optimizer.addParamGroup(group as never)).toThrow(OptionError);
      expect(() => optimizer.addParamGroup(group as never)).toThrow(says);
    }
    expect(optimizer.paramGroups).toHaveLength(2);
  });
});

describe("averages of weights", () => {
  const seen = [[1, -2], [3, 0.5], [-4, 8], [0.25, 1]]; // biome-ignore format: a matrix
  const put = (model: nn.Linear, values: number[]) => model.weight.set(values);
  const fresh = () => new nn.Linear(2, 1, { bias: false, dtype: "float64" });
  /** By the definitions, one weight at a time. */
  const byHand = {
    mean: (n: number, j: number) => seen.slice(0, n).reduce((sum, row) => sum + row[j], 0) / n,
    moving: (n: number, j: number) =>
      seen.slice(1, n).reduce((average, row) => 0.75 * average + 0.25 * row[j], seen[0][j]),
  };
  const kinds: [string, (m: nn.Linear) => optim.WeightAverage, (n: number, j: number) => number][] = [
    ["AveragedModel", (m) => new optim.AveragedModel(m), byHand.mean],
    ["EMA", (m) => new optim.EMA(m, 0.75), byHand.moving],
  ];

  test.each(kinds)("%s is as defined, after each update, saved and loaded", (_name, make, expected) => {
    const model = fresh();
    let average = make(model);
    seen.forEach((values, i) => {
      put(model, values);
      average.update();
      const want = [0, 1].map((j) => expected(i + 1, j));
      expectClose(average.averages().get("weight")!.data(), want, TOLERANCE.float64);
      average.withAverages(() => expectClose(model.weight.data(), want, TOLERANCE.float64));
      expect([...model.weight.data()]).toEqual(values);
      const { updates, tensors } = average.stateDict();
      const saved = new Map([...tensors].map(([name, x]) => [name, x.clone()]));
      average = make(model);
      average.loadStateDict({ updates, tensors: saved });
    });
  });

  test.each(kinds)("%s: apply, restore and swap put weights in and back", async (_name, make) => {
    const model = fresh();
    put(model, [1, 2]);
    const average = make(model);
    average.update();
    put(model, [5, 6]);
    average.apply();
    average.apply();
    expect([...model.weight.data()]).toEqual([1, 2]);
    expect([...average.averages().get("weight")!.data()]).toEqual([1, 2]);
    expect(() => average.update()).toThrow(/Call restore\(\) first/);
    average.restore();
    average.restore();
    expect([...model.weight.data()]).toEqual([5, 6]);
    average.swap();
    expect([...model.weight.data()]).toEqual([1, 2]);
    average.swap();
    expect(() => average.withAverages(() => { throw new Error("stop"); })).toThrow("stop"); // biome-ignore format: one line
    expect([...model.weight.data()]).toEqual([5, 6]);
    const later = average.withAverages(async () => [...model.weight.data()]);
    expect(await later).toEqual([1, 2]);
    expect([...model.weight.data()]).toEqual([5, 6]);
    const other = fresh();
    other.loadStateDict(average.averages());
    expect([...other.weight.data()]).toEqual([1, 2]);
  });

  test("refuse what is not theirs", () => {
    const average = new optim.EMA(fresh(), { decay: 0.5 });
    average.update();
    const before = [...average.averages().get("weight")!.data()];
    const { tensors } = average.stateDict();
    const bad: [unknown, RegExp][] = [
      [{ updates: -1, tensors }, /updates must be a non-negative integer/],
      [{ updates: 1, tensors: new Map() }, /have weight of shape \[1, 2\]/],
      [{ updates: 1, tensors: new Map([["weight", zeros([2, 2])]]) }, /have weight of shape/],
      [{ updates: 1, tensors: new Map([...tensors, ["bias", zeros([1])]]) }, /be the model's parameters, got "bias"/],
      [{ steps: 1, tensors }, /have only updates, tensors/],
    ];
    for (const [state, says] of bad) expect(() => average.loadStateDict(state as never)).toThrow(says);
    expect([...average.averages().get("weight")!.data()]).toEqual(before);
    expect(() => new optim.EMA(fresh(), 1)).toThrow(/decay must be a number in \[0, 1\)/);
    expect(() => new optim.AveragedModel([3] as never)).toThrow(/each of the parameters must be a tensor/);
  });

  test("gradients of pieces add up to the whole batch's, as the docstring has it", () => {
    const model = fresh();
    const x = tensor([[1, 2], [3, 4], [5, 6], [7, 8]], { dtype: "float64" }); // biome-ignore format: a matrix
    const loss = (part: Tensor) => model.forward(part).square().mean();
    loss(x).backward();
    const whole = model.weight.grad!.data();
    model.zeroGrad();
    for (const part of x.chunk(2)) loss(part).div(2).backward();
    expectClose(model.weight.grad!.data(), whole, TOLERANCE.float64);
  });
});
