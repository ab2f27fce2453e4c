import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { beforeAll, expect, test } from "vitest";
import { memory, randn, type Tensor, tensor } from "../../src/index.js";
import { stepBoundary } from "../../src/tensor/lifetime.js";
import { describeEngines } from "../support/configured.js";

let collect: () => void;

beforeAll(() => {
  setFlagsFromString("--expose-gc");
  collect = runInNewContext("gc") as () => void;
});

/** Collects garbage until `done`, giving finalizers their turns. */
async function collectUntil(done: () => boolean): Promise<void> {
  for (let i = 0; i < 50 && !done(); i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

function boundaries(): void {
  for (let i = 0; i < 10; i++) stepBoundary();
}

describeEngines("tensor: finalizer", () => {
  test("a graph that was never walked and is dropped gives its memory back", async () => {
    const w = randn([100], { requiresGrad: true });
    w.mul(1).dispose();
    boundaries();
    const before = memory().buffers;
    const build = (): void => {
      let x: Tensor = w;
      for (let i = 0; i < 50; i++) x = x.mul(2).tanh();
    };
    build();
    expect(memory().buffers).toBeGreaterThanOrEqual(before + 100);
    boundaries();
    await collectUntil(() => memory().buffers <= before);
    expect(memory().buffers).toBeLessThanOrEqual(before);
  });

  test("so does a dropped leaf with its gradient", async () => {
    boundaries();
    const before = memory().buffers;
    const train = (): void => {
      for (let i = 0; i < 20; i++) tensor([1, 2, i], { requiresGrad: true }).square().sum().backward();
    };
    train();
    expect(memory().buffers).toBeGreaterThanOrEqual(before + 20);
    boundaries();
    await collectUntil(() => memory().buffers <= before);
    expect(memory().buffers).toBeLessThanOrEqual(before);
  });

  test("a graph that is kept stays, however often garbage is collected", async () => {
    const w = randn([3], { dtype: "float64", requiresGrad: true });
    const loss = w.mul(2).square().sum();
    boundaries();
    collect();
    await new Promise((resolve) => setTimeout(resolve, 5));
    collect();
    loss.backward();
    const [w0, g0] = [w.data()[0]!, w.grad!.data()[0]!];
    expect(g0).toBeCloseTo(8 * w0, 9);
    stepBoundary();
  });
});
