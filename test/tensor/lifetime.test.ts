import { describe, expect, test } from "vitest";
import { currentEngine } from "../../src/engine/select.js";
import {
  configure,
  DisposedError,
  embedding,
  enableGrad,
  Generator,
  linear,
  manualSeed,
  memory,
  noGrad,
  randint,
  randn,
  type Tensor,
  tensor,
  where,
} from "../../src/index.js";
import { inScope, stepBoundary } from "../../src/tensor/lifetime.js";
import { empty } from "../../src/tensor/ops/raw.js";
import { describeEngines } from "../support/configured.js";

const leaf = (data: number[]): Tensor => tensor(data, { requiresGrad: true });
const zeroGrad = stepBoundary;

/** Boundaries enough for anything loose to leave the engine. */
function settle(): void {
  for (let i = 0; i < 3; i++) stepBoundary();
}

describeEngines("tensor: lifetime", (_, engine) => {
  describe("a walked graph", () => {
    test("stays readable until the next zeroGrad()", () => {
      const x = leaf([1, 2]);
      const y = x.mul(3);
      const loss = y.square().sum();
      loss.backward();
      expect(loss.item()).toBe(45);
      expect(y.toArray()).toEqual([3, 6]);
      expect(y.add(1).toArray()).toEqual([4, 7]);
      zeroGrad();
      expect(() => loss.item()).toThrow(
        "item: tensor [] must be alive, got one released by the end of its graph: backward() walked it, and the next " +
          "backward() or zeroGrad() released it. Read it earlier, or keep it with detach(), clone() or retain(); return it " +
          "from noGrad() to keep it beyond.",
      );
      expect(() => y.mul(2)).toThrow(DisposedError);
      expect(x.toArray()).toEqual([1, 2]);
      expect([...x.grad!.data()]).toEqual([18, 36]);
    });

    test("or until the next backward()", () => {
      const x = leaf([1]);
      const first = x.mul(2).sum();
      first.backward();
      const second = x.mul(3).sum();
      expect(first.item()).toBe(2);
      second.backward();
      expect(first.disposed).toBe(true);
      expect(second.item()).toBe(3);
    });

    test("detach(), clone() and retain() outlive it", () => {
      const y = leaf([1, 2]).mul(3);
      const detached = y.detach();
      const view = y.detach().narrow(0, 1, 1);
      const other = y.mul(2).retain();
      const loss = other.sum();
      loss.backward();
      const clone = loss.clone();
      settle();
      expect(y.disposed).toBe(true);
      expect(detached.toArray()).toEqual([3, 6]);
      expect(view.toArray()).toEqual([6]);
      expect(other.toArray()).toEqual([6, 12]);
      expect(clone.item()).toBe(18);
    });

    test("a view of a leaf does not take the leaf along", () => {
      const x = leaf([1, 2]);
      x.reshape([2, 1]).sum().backward();
      settle();
      expect(x.toArray()).toEqual([1, 2]);
    });

    test("takes along what hangs on it unwalked, which is let loose and stays readable", () => {
      const y = leaf([1, 2]).mul(3);
      const accuracy = y.exp().log(); // recorded, never walked
      const far = accuracy.mul(2).mul(2);
      y.sum().backward();
      settle();
      expect(accuracy.data()[1]).toBeCloseTo(6, 5);
      expect(far.data()[0]).toBeCloseTo(12, 5);
      expect(() => far.sum().backward()).toThrow(/walked only once/);
      const before = memory().buffers;
      settle();
      expect(memory().buffers).toBeLessThanOrEqual(before);
    });

    test("a result that is kept does not keep its inputs", () => {
      const kept = leaf([1]).mul(2).add(1).retain();
      kept.sum().backward();
      settle();
      expect(kept.node!.inputs).toEqual([]);
      expect(kept.item()).toBe(3);
    });

    test("with retainGraph it stays whole", () => {
      const x = leaf([1]);
      const loss = x.exp().sum();
      loss.backward(undefined, { retainGraph: true });
      settle();
      expect(loss.item()).toBeCloseTo(Math.E, 5);
      loss.backward();
      expect(x.grad!.item()).toBeCloseTo(2 * Math.E, 5);
    });
  });

  describe("a graph not yet walked", () => {
    test("is not touched by zeroGrad(): forward, zeroGrad, backward", () => {
      const x = leaf([0.5]);
      const constant = tensor([3]);
      const loss = x.mul(constant).exp().mul(x.detach().mul(2)).sum();
      for (let i = 0; i < 20; i++) zeroGrad();
      expect(loss.item()).toBeCloseTo(Math.exp(1.5), 4);
      loss.backward();
      expect(x.grad!.item()).toBeCloseTo(3 * Math.exp(1.5), 4);
    });

    test("stays on the engine for a while, and what only it needed leaves after its walk", () => {
      const x = leaf([0.5]);
      const constant = tensor([3]);
      const y = x.mul(constant);
      for (let i = 0; i < 5; i++) zeroGrad();
      expect([constant, y].map((t) => t.storage.onEngine)).toEqual([true, true]);
      y.sum().backward();
      settle();
      expect(constant.storage.onEngine).toBe(false);
      expect(constant.item()).toBe(3);
    });

    test("frees what operations made for themselves as it is walked", () => {
      const x = leaf([1, -2]);
      x.retain().storage.makeResident();
      x.sum().backward();
      zeroGrad();
      const before = memory().buffers;
      const counts = tensor([3, 4], { dtype: "int32" });
      x.maximum(0.5).div(2).mul(counts).sum().backward();
      expect(memory().buffers - before).toBe(5); // four results and `counts`
    });

    test("nor by the walk of another, nor by noGrad", () => {
      const x = leaf([2]);
      const waiting = x.square().sum();
      x.mul(5).sum().backward();
      noGrad(() => x.mul(7));
      x.mul(6).sum().backward();
      waiting.backward();
      expect(x.grad!.item()).toBe(15);
    });

    test("that a scope made dies with its walk", () => {
      const x = leaf([2]);
      let inner: Tensor | null = null;
      const loss = noGrad(() =>
        enableGrad(() => {
          inner = x.square();
          return inner.exp().sum();
        }),
      );
      expect(inner!.item()).toBe(4);
      loss.backward();
      settle();
      expect(inner!.disposed).toBe(true);
    });
  });

  describe("dispose", () => {
    test("frees at once, and says so", () => {
      const x = randn([100]).mul(2);
      const before = memory();
      x.dispose();
      expect(memory().bytes).toBe(before.bytes - 400);
      expect(() => x.toArray()).toThrow("got one released by dispose().");
      expect(String(x)).toBe("tensor(released, shape=[100], float32)");
      x.dispose();
    });

    test("using does it at the end of the block", () => {
      let seen: Tensor;
      {
        using x = randn([10]).mul(1);
        seen = x;
        expect(x.disposed).toBe(false);
      }
      expect(seen.disposed).toBe(true);
    });

    test("views keep the memory; it goes with the last", () => {
      const x = randn([100]).mul(2);
      const view = x.narrow(0, 10, 5);
      const before = memory().buffers;
      x.dispose();
      expect(memory().buffers).toBe(before);
      expect(view.data()).toHaveLength(5);
      view.dispose();
      expect(memory().buffers).toBe(before - 1);
    });

    test("an operand that a graph needs: its walk says which", () => {
      const x = leaf([1]);
      const factor = tensor([2]);
      const loss = x.mul(factor).sum();
      factor.dispose();
      expect(() => loss.backward()).toThrow(/tensor \[1\] must be alive, got one released by dispose\(\)/);
    });
  });

  describe("loose tensors", () => {
    test("move to JavaScript memory and come back with their values", () => {
      const x = randn([50], { generator: new Generator(3) });
      const y = x.mul(2);
      const values = [...y.data()];
      const on = memory().buffers;
      settle();
      expect(memory().buffers).toBeLessThanOrEqual(on - 2);
      expect([...y.data()]).toEqual(values);
      expect([...y.mul(1).data()]).toEqual(values);
      settle();
      expect([...y.narrow(0, 5, 2).data()]).toEqual(values.slice(5, 7));
    });

    test("writing after the move", () => {
      const y = tensor([1, 2, 3, 4]).mul(2);
      settle();
      y.set([5, 6, 7, 8]);
      expect(y.toArray()).toEqual([5, 6, 7, 8]);
      expect(y.mul(1).toArray()).toEqual([5, 6, 7, 8]);
      settle();
      y.narrow(0, 1, 2).set([0, 1]);
      expect(y.mul(1).toArray()).toEqual([5, 0, 1, 8]);
      y.narrow(0, 0, 1).set([9]);
      expect(y.toArray()).toEqual([9, 0, 1, 8]);
      settle();
      expect(y.add(1).toArray()).toEqual([10, 1, 2, 9]);
    });

    test("a gradient written in place after its leaf was idle for long", () => {
      const x = leaf([1, 2]);
      x.mul(2).sum().backward();
      settle();
      x.mul(3).sum().backward();
      settle();
      expect([...x.grad!.data()]).toEqual([5, 5]);
    });

    test("data used again and again stay on the engine", () => {
      const x = tensor([1, 2, 3]);
      for (let i = 0; i < 5; i++) {
        expect(x.mul(i).toArray()).toEqual([i, 2 * i, 3 * i]);
        settle();
      }
      expect(x.storage.resident).toBe(true);
      x.set([4, 5, 6]);
      settle();
      expect(x.add(0).toArray()).toEqual([4, 5, 6]);
    });

    test("a result that moved before its kernel wrote it", () => {
      const x = empty("float32", [2]);
      x.storage.evict();
      currentEngine().fill(x, 7);
      expect(x.toArray()).toEqual([7, 7]);
      settle();
      expect(x.toArray()).toEqual([7, 7]);
    });

    test("empty tensors too", () => {
      const x = tensor([]).mul(2);
      settle();
      expect(x.add(1).shape).toEqual([0]);
    });
  });

  describe("runs without a boundary", () => {
    test("10,000 results that nobody frees hold less than 5,000 blocks", () => {
      settle();
      let most = 0;
      const keep: Tensor[] = [];
      let x = tensor([1, 2, 3]);
      for (let i = 0; i < 10_000; i++) {
        x = x.mul(-1);
        if (i % 1000 === 0) keep.push(x);
        most = Math.max(most, memory().buffers);
      }
      expect(most).toBeLessThan(5000);
      expect(keep.map((t) => t.data()[1])).toEqual(new Array(10).fill(-2));
      expect(x.toArray()).toEqual([1, 2, 3]);
    });

    test("comparisons, casts and creators count too", () => {
      settle();
      let most = 0;
      const x = tensor([1, -2, 3]);
      for (let i = 0; i < 5000; i++) {
        where(x.gt(0), x, 0).to("int32").argmax();
        most = Math.max(most, memory().buffers);
      }
      expect(most).toBeLessThan(5000);
    });

    test("composite operations in flight keep their parts", () => {
      const x = randn([4, 3], { dtype: "float64", generator: new Generator(5) });
      const expected = [
        ...x.logSumExp(0).data(),
        ...x.std(0).data(),
        ...x.gather(0, x.argmax(0, { keepDim: true })).data(),
      ];
      for (let i = 0; i < 700; i++) {
        const found = [
          ...x.logSumExp(0).data(),
          ...x.std(0).data(),
          ...x.gather(0, x.argmax(0, { keepDim: true })).data(),
        ];
        expect(found).toEqual(expected);
      }
    });

    test("a long scope does not gather what it made", () => {
      settle();
      const x = tensor([1]);
      const most = inScope(
        "test",
        (created) => {
          let longest = 0;
          for (let i = 0; i < 12_000; i++) {
            x.mul(i);
            longest = Math.max(longest, created.length);
          }
          return longest;
        },
        () => [],
      );
      expect(most).toBeLessThan(5000);
    });

    test("nor does noGrad hold it on the engine", () => {
      settle();
      const x = randn([100]);
      let most = 0;
      noGrad(() => {
        let h = x;
        for (let i = 0; i < 12_000; i++) {
          h = h.mul(-1);
          most = Math.max(most, memory().buffers);
        }
        expect([...h.data()]).toEqual([...x.data()]);
      });
      expect(most).toBeLessThan(5000);
    });

    // Last, for it raises the limit.
    test("a graph larger than the limit walks right", () => {
      const w = tensor([1], { dtype: "float64", requiresGrad: true });
      let x: Tensor = w;
      for (let i = 0; i < 6000; i++) x = x.mul(w);
      x.sum().backward();
      expect(w.grad!.item()).toBe(6001);
      const before = memory().buffers;
      zeroGrad();
      expect(memory().buffers).toBeLessThan(before - 6000);
    });
  });

  describe("memory() is flat", () => {
    test("in inference with a carried state, from step 10 to step 1,000", () => {
      const w = randn([8, 8], { requiresGrad: true });
      let h = tensor([[1, 0, 0, 0, 0, 0, 0, 0]]);
      const seen: number[] = [];
      for (let step = 1; step <= 1000; step++) {
        h = noGrad(() => linear(h, w).tanh());
        if (step === 10 || step === 1000) seen.push(memory().bytes, memory().buffers);
      }
      expect(seen.slice(2)).toEqual(seen.slice(0, 2));
    });

    test.each([
      ["zeroGrad, backward, step", "before"],
      ["backward, step, zeroGrad", "after"],
    ])("in training (%s), from step 10 to step 1,000", (_, order) => {
      manualSeed(1);
      const table = randn([7, 4], { requiresGrad: true });
      const w = randn([4, 4], { requiresGrad: true });
      let carried = tensor([[0, 0, 0, 0]]);
      const clear = (): void => {
        for (const p of [table, w]) {
          p.grad?.dispose();
          p.grad = null;
        }
        zeroGrad();
      };
      const seen: object[] = [];
      let correct = 0;
      for (let step = 1; step <= 1000; step++) {
        const ids = randint(0, 7, [3, 2]);
        const scale = tensor([step / 1000]);
        const y = linear(embedding(table, ids), w).add(carried).dropout(0.1).tanh();
        carried = y.select(0, 2).narrow(0, 0, 1).detach();
        const loss = y.mul(scale).sub(0.3).square().mean();
        if (order === "before") clear();
        loss.backward();
        correct += y.argmax(-1).eq(ids).sum().item() + loss.item();
        noGrad(() => {
          for (const p of [table, w]) p.set(p.sub(p.grad!.mul(0.1)).data());
        });
        if (order === "after") clear();
        if (step === 10 || step === 1000) seen.push({ bytes: memory().bytes, buffers: memory().buffers });
      }
      expect(seen[1]).toEqual(seen[0]);
      expect(correct).toBeGreaterThan(0);
    });
  });

  test("tensors follow configure() to the new engine", () => {
    const options = { engine: engine === "wasm" ? "wasm" : "reference", threads: 1 } as const;
    const other = { engine: engine === "wasm" ? "reference" : "wasm", threads: 1 } as const;
    const x = leaf([1, 2]);
    const loose = x.detach().mul(3);
    const loss = linear(x.mul(loose).reshape([1, 2]), leaf([1, 1]).reshape([1, 2]))
      .square()
      .sum();
    x.mul(2).sum().backward();
    configure(other);
    expect(loose.mul(2).toArray()).toEqual([6, 12]);
    loss.backward(); // (3x₀ · x₀ + 6x₁)², each factor constant: 2 · 15 · (3, 6)
    expect([...x.grad!.data()]).toEqual([2 + 90, 2 + 180]);
    configure(options);
    expect([...x.grad!.data()]).toEqual([92, 182]);
    expect(x.mul(1).toArray()).toEqual([1, 2]);
    expect(loose.toArray()).toEqual([3, 6]);
  });
});
