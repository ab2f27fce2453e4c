import { beforeEach, describe, expect, test } from "vitest";
import { configure, manualSeed, optim, randn, type Tensor, tensor } from "../../src/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";

const dtype = "float64" as const;
const leaf = (...shape: number[]): Tensor => randn(shape, { dtype, requiresGrad: true });

describe("averaging optimisers", () => {
  beforeEach(() => {
    configure({ engine: "reference" });
    manualSeed(8);
  });

  test("ASGD follows PyTorch's rule over 12 steps, averaging from t0 on", () => {
    const [p, target] = [leaf(5), randn([5], { dtype }).data()];
    const o = { lr: 0.3, lambd: 0.01, alpha: 0.6, t0: 4, weightDecay: 0.02 };
    const optimizer = new optim.ASGD([p], o);
    // torch.optim.ASGD, one number at a time.
    const byHand = [...p.data()].map((value) => ({ value, ax: 0, eta: o.lr, mu: 1 }));
    for (let step = 1; step <= 12; step++) {
      p.grad = tensor([...p.data()].map((value, i) => value - target[i]!), { dtype }); // biome-ignore format: one line
      optimizer.step();
      for (const [i, e] of byHand.entries()) {
        const grad = e.value - target[i]! + o.weightDecay * e.value;
        e.value = e.value * (1 - o.lambd * e.eta) - e.eta * grad;
        e.ax = e.mu === 1 ? e.value : e.ax + (e.value - e.ax) * e.mu;
        e.eta = o.lr / (1 + o.lambd * o.lr * step) ** o.alpha;
        e.mu = 1 / Math.max(1, step - o.t0);
      }
    }
    expectClose(p.data(), byHand.map(({ value }) => value), TOLERANCE.float64, "p"); // biome-ignore format: one line
    const averages = optimizer.withAverages(() => p.data());
    expectClose(averages, byHand.map(({ ax }) => ax), TOLERANCE.float64, "ax"); // biome-ignore format: one line
    expectClose(p.data(), byHand.map(({ value }) => value), TOLERANCE.float64, "p again"); // biome-ignore format: one line
  });

  test("NTASGD is SGD until the trigger fires, then also keeps the mean of all that follows", () => {
    const [p, twin] = [leaf(4), leaf(4)];
    twin.set(p.data());
    const optimizer = new optim.NTASGD([p], { lr: 0.2, weightDecay: 0.01, nonMonotone: 2 });
    const sgd = new optim.SGD([twin], { lr: 0.2, weightDecay: 0.01 });
    const after: number[][] = [];
    const step = (): void => {
      for (const [parameter, o] of [
        [p, optimizer],
        [twin, sgd],
      ] as const) {
        // biome-ignore format: pairs
        o.zeroGrad();
        parameter.square().sum().backward();
        o.step();
      }
      expectClose(p.data(), twin.data(), TOLERANCE.float64);
      if (optimizer.averaging) after.push([...p.data()]);
    };
    step();
    step();
    expect(optimizer.withAverages(() => p.data())).toEqual(p.data());
    expect([5, 4, 6, 5, 4.5].map((loss) => optimizer.validated(loss))).toEqual([false, false, false, false, true]);
    for (let i = 0; i < 4; i++) step();
    const mean = after[0]!.map((_, i) => after.reduce((sum, row) => sum + row[i]!, 0) / 4);
    expectClose(
      optimizer.withAverages(() => p.data()),
      mean,
      TOLERANCE.float64,
    );
    expect(() => optimizer.validated(Number.NaN)).toThrow("NTASGD.validated: loss must be a finite number, got NaN");
  });

  test("the trigger fires when the loss is above the least of all but the last n, not before", () => {
    const trigger = (n: number, losses: number[]): number => {
      const optimizer = new optim.NTASGD([leaf(1)], { nonMonotone: n });
      return losses.findIndex((loss) => optimizer.validated(loss));
    };
    expect(trigger(3, [9, 8, 7, 6, 5, 4])).toBe(-1);
    expect(trigger(3, [9, 8, 8.5, 8.4, 8.3, 8.2])).toBe(5);
    expect(trigger(0, [9, 8, 8.5])).toBe(2);
  });

  test("averages are nearer to the optimum than the last of noisy iterates: 20 times in squared distance", () => {
    const p = leaf(200);
    const optimizer = new optim.NTASGD([p], { lr: 0.5, nonMonotone: 2 });
    for (let step = 0; step < 600; step++) {
      p.grad = p.detach().add(randn([200], { dtype }));
      optimizer.step();
      p.grad = null;
      if (step % 20 === 0) optimizer.validated(p.square().mean().item());
    }
    expect(optimizer.averaging).toBe(true);
    const last = p.square().mean().item();
    const mean = optimizer.withAverages(() => p.square().mean().item());
    expect(mean * 20).toBeLessThan(last);
  });

  test("a checkpoint has the averages, the trigger's history and its steps", () => {
    const [p, q] = [leaf(3), leaf(3)];
    const optimizer = new optim.NTASGD([p], { lr: 0.1, nonMonotone: 1 });
    const run = (o: optim.NTASGD, parameter: Tensor, count: number): void => {
      for (let i = 0; i < count; i++) {
        parameter.grad = parameter.detach().mul(2);
        o.step();
        o.validated(i % 3);
      }
    };
    run(optimizer, p, 7);
    const { tensors, scalars } = optimizer.stateDict();
    const stored = { tensors, scalars: JSON.parse(JSON.stringify(scalars)) as typeof scalars };
    q.set(p.data());
    const resumed = new optim.NTASGD([q], { lr: 0.1, nonMonotone: 1 });
    resumed.loadStateDict(stored);
    run(optimizer, p, 5);
    run(resumed, q, 5);
    expect(q.data()).toEqual(p.data());
    expect(resumed.withAverages(() => q.data())).toEqual(optimizer.withAverages(() => p.data()));
    expect(resumed.stateDict().scalars).toEqual(optimizer.stateDict().scalars);
  });

  test("puts the parameters back when the body throws, and after its promise", async () => {
    const p = leaf(3);
    const optimizer = new optim.ASGD([p], { t0: 0 });
    for (let i = 0; i < 4; i++) {
      p.grad = p.detach().mul(2);
      optimizer.step();
    }
    const before = p.data();
    const fail = (): never => optimizer.withAverages(() => {
      throw new Error("body");
    }); // biome-ignore format: short
    expect(fail).toThrow("body");
    expect(p.data()).toEqual(before);
    const seen = await optimizer.withAverages(async () => {
      await Promise.resolve();
      return p.data();
    });
    expect(seen).not.toEqual(before);
    expect(p.data()).toEqual(before);
  });
});
