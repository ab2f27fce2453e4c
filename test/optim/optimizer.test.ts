import { beforeAll, describe, expect, test } from "vitest";
import { configure, manualSeed, memory, noGrad, optim, randn, type Tensor } from "../../src/index.js";

const leaf = (...shape: number[]): Tensor => randn(shape, { requiresGrad: true });

describe("optimisers", () => {
  beforeAll(() => {
    configure({ engine: "reference" });
    manualSeed(5);
  });

  test("leave parameters without a gradient alone", () => {
    const [a, b] = [leaf(2), leaf(3)];
    const before = [a.data(), b.data()];
    const optimizer = new optim.Adam([a, b], { lr: 0.1, weightDecay: 0.5 });
    a.square().sum().backward();
    optimizer.step();
    expect(a.data()).not.toEqual(before[0]);
    expect(b.data()).toEqual(before[1]);
    expect([...optimizer.stateDict().tensors.keys()]).toEqual(["0.exp_avg", "0.exp_avg_sq"]);
    expect(optimizer.stateDict().scalars.steps).toEqual([1, 0]);
  });

  test("keep their state when the first step is inside noGrad()", () => {
    const a = leaf(2);
    const optimizer = new optim.SGD([a], { lr: 0.1, momentum: 0.9 });
    for (let step = 0; step < 3; step++) {
      optimizer.zeroGrad();
      a.square().sum().backward();
      noGrad(() => optimizer.step());
    }
    expect(optimizer.stateDict().tensors.get("0.momentum_buffer")?.data().length).toBe(2);
  });

  test("read a gradient that is not contiguous", () => {
    const [a, b] = [leaf(2, 3), leaf(2, 3)];
    b.set(a.data());
    const grad = randn([3, 2]);
    a.grad = grad.T;
    b.grad = grad.T.clone();
    new optim.SGD([a, b], { lr: 0.5 }).step();
    expect(a.data()).toEqual(b.data());
  });

  test("free their gradients with zeroGrad()", () => {
    const a = leaf(100);
    const optimizer = new optim.SGD([a]);
    a.square().sum().backward();
    const before = memory().bytes;
    optimizer.zeroGrad();
    expect(memory().bytes).toBeLessThan(before - 400 + 1);
  });

  test("take their own options in each group", () => {
    const optimizer = new optim.AdamW([{ params: [leaf(2)], weightDecay: 0 }, { params: [leaf(2)] }], { lr: 0.5 });
    expect(optimizer.paramGroups.map(({ lr, weightDecay }) => [lr, weightDecay])).toEqual([
      [0.5, 0],
      [0.5, 0.01],
    ]);
  });

  const shared = leaf(2);
  const wrong: [string, () => unknown, string][] = [
    [
      "no parameters",
      () => new optim.SGD([]),
      "SGD: params must be at least one tensor, got none. Pass model.parameters().",
    ],
    ["no tensor", () => new optim.SGD([{ params: [3 as never] }]), "SGD: params[0] must be a tensor, got 3."],
    [
      "a computed tensor",
      () => new optim.Adam([leaf(2).mul(2)]),
      "Adam: params[0] must be a leaf, got the result of mul.",
    ],
    [
      "a parameter twice",
      () => new optim.Adam([{ params: [shared] }, { params: [leaf(1), shared] }]),
      "Adam: params[1] must be a parameter listed once, got one that was listed before.",
    ],
    [
      "a rate that is no number",
      () => new optim.SGD([leaf(1)], { lr: Number.NaN }),
      "SGD: lr must be a finite number >= 0, got NaN.",
    ],
    [
      "a negative rate",
      () => new optim.RMSprop([leaf(1)], { lr: -1 }),
      "RMSprop: lr must be a finite number >= 0, got -1.",
    ],
    [
      "a negative rate in a group",
      () => new optim.Adagrad([{ params: [leaf(1)], lr: -1 }]),
      "Adagrad: lr must be a finite number >= 0, got -1.",
    ],
    [
      "a beta of 1",
      () => new optim.AdamW([leaf(1)], { betas: [0.9, 1] }),
      "AdamW: betas[1] must be a number in [0, 1), got 1.",
    ],
    [
      "Nesterov without momentum",
      () => new optim.SGD([leaf(1)], { nesterov: true }),
      "SGD: nesterov must be used with momentum > 0 and dampening 0, got momentum 0, dampening 0.",
    ],
    [
      "an unknown option",
      () => new optim.SGD([leaf(1)], { learningRate: 1 } as never),
      'SGD: options must be only these: lr, momentum, dampening, weightDecay, nesterov, got "learningRate".',
    ],
  ];
  test.each(wrong)("name what is wrong: %s", (_, act, message) => {
    expect(act).toThrow(message);
  });

  test("refuse a gradient of another shape", () => {
    const a = leaf(2, 3);
    a.grad = randn([3, 2]);
    expect(() => new optim.SGD([a]).step()).toThrow(
      "SGD.step: grad must have its parameter's shape [2, 3] and type float32, got [3, 2] float32.",
    );
  });

  test("refuse a state that is not theirs, and keep their own", () => {
    const a = leaf(2);
    const optimizer = new optim.Adam([a]);
    a.square().sum().backward();
    optimizer.step();
    const { tensors, scalars } = optimizer.stateDict();
    const kept = tensors.get("0.exp_avg")!.data();
    const refused: [optim.OptimizerState, string][] = [
      [{ tensors, scalars: { ...scalars, optimizer: "SGD" } }, 'optimizer must be "Adam", got "SGD".'],
      [{ tensors, scalars: { ...scalars, steps: [1, 2] } }, "steps must be a list of 1, one a parameter, got [1, 2]."],
      [{ tensors, scalars: { ...scalars, groups: [] } }, "groups must be 1 of the same parameters, got []."],
      [
        { tensors: new Map([["0.sum", randn([2])]]), scalars },
        'must be named {parameter}.{exp_avg|exp_avg_sq}, got "0.sum".',
      ],
      [{ tensors: new Map([["0.exp_avg", randn([3])]]), scalars }, "0.exp_avg must be of shape [2], got [3]."],
    ];
    for (const [state, message] of refused) expect(() => optimizer.loadStateDict(state)).toThrow(message);
    expect(optimizer.stateDict().tensors.get("0.exp_avg")!.data()).toEqual(kept);
  });
});
