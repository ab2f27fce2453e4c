import { expect, test } from "vitest";
import {
  defaultGenerator,
  findLearningRate,
  Generator,
  manualSeed,
  nn,
  optim,
  randn,
  type Tensor,
  tensor,
} from "../../../src/index.js";
import { learningRateChart } from "../../../src/svg/index.js";
import { expectSameBits } from "../../support/bits.js";

const generator = new Generator(2);
const W = randn([3, 1], { generator });
const train = Array.from({ length: 4 }, (): [Tensor, Tensor] => {
  const x = randn([16, 3], { generator });
  return [x, x.matmul(W)];
});

function made() {
  manualSeed(6);
  const model = new nn.Sequential(new nn.Linear(3, 8), new nn.Dropout(0.1), new nn.Linear(8, 1));
  model.at(1)!.eval();
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.123 });
  return { model, optimizer, loss: new nn.MSELoss(), train };
}

function step({ model, optimizer }: ReturnType<typeof made>): void {
  const loss = nn.functional.mseLoss(model.forward(train[0]![0]), train[0]![1]);
  optimizer.zeroGrad();
  loss.backward();
  optimizer.step();
}

const state = ({ model, optimizer }: ReturnType<typeof made>) => {
  const { tensors, scalars } = optimizer.stateDict();
  const numbers = [...model.stateDict().values(), ...tensors.values()].map((x) => x.data());
  const modes = model.modules().map(({ training }) => training);
  return {
    numbers,
    rest: structuredClone({ scalars, modes, generator: defaultGenerator.state, names: [...tensors.keys()] }),
  };
};

test.each([0, 3])(
  "finds a rate between too slow and exploding, and leaves everything as it was after %d steps",
  async (steps) => {
    const run = made();
    for (let i = 0; i < steps; i++) step(run);
    const { model, ...settings } = run;
    const before = state(run);
    const curve = await findLearningRate(model, { ...settings, from: 1e-6, to: 10, steps: 60 });
    const after = state(run);
    expectSameBits(after.numbers, before.numbers, "weights and optimiser");
    expect(after.rest).toEqual(before.rest);
    const { learningRates, losses, smoothed, suggestion } = curve;
    expect(learningRates[0]).toBe(1e-6);
    expect(learningRates[1]! / learningRates[0]!).toBeCloseTo(1e7 ** (1 / 59), 10);
    expect([losses.length, smoothed.length]).toEqual([learningRates.length, learningRates.length]);
    // Of a model that has learned already the loss falls nowhere much.
    expect(suggestion).toBeGreaterThan(steps === 0 ? 1e-4 : 0);
    expect(suggestion).toBeLessThan(1);
    // The first mean is the first loss.
    expect(smoothed[0]).toBeCloseTo(losses[0]!, 12);
    const drawn = learningRateChart(curve);
    expect(drawn).toMatch(/^<svg /);
    expect(drawn).toContain("learning rate</text>");
  },
);

test("says what is wrong", async () => {
  const { model, optimizer, loss } = made();
  const find = (more: object) => findLearningRate(model, { train, optimizer, loss, ...more } as never);
  await expect(find({ from: 1, to: 0.1 })).rejects.toThrow(/findLearningRate: to must be a finite number > 1/);
  await expect(find({ steps: 0 })).rejects.toThrow(/steps must be a positive integer/);
  await expect(find({ train: [] })).rejects.toThrow(/at least one batch/);
  const broken = [[train[0]![0], tensor(new Float32Array(16).fill(Number.NaN), { shape: [16, 1] })]];
  await expect(find({ train: broken })).rejects.toThrow(/the first loss must be finite, got NaN/);
});
