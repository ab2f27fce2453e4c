import { describe, expect, test } from "vitest";
import { add, concat, embedding, Generator, linear, randn, type Tensor, tensor } from "../../src/index.js";
import { describeEngines } from "../support/configured.js";

const generator = new Generator(7);
const leaf = (data: number[] | number[][]): Tensor => tensor(data, { requiresGrad: true });
const grad = (x: Tensor): number[] => [...x.grad!.data()];

describeEngines("autograd: backward", () => {
  describe("accumulation", () => {
    test("a second backward adds to the gradient, in the same tensor", () => {
      const x = leaf([1, 2]);
      x.mul(3).sum().backward();
      const first = x.grad;
      x.mul(x).sum().backward();
      expect(grad(x)).toEqual([5, 7]);
      expect(x.grad).toBe(first);
    });

    test("a gradient set to null starts again", () => {
      const x = leaf([1, 2]);
      x.mul(3).sum().backward();
      x.grad = null;
      x.mul(3).sum().backward();
      expect(grad(x)).toEqual([3, 3]);
    });

    test("adds to a gradient that the caller put there, a view even", () => {
      const x = leaf([
        [1, 2],
        [3, 4],
      ]);
      x.grad = tensor([
        [1, 2],
        [3, 4],
      ]).T;
      x.mul(10).sum().backward();
      expect(grad(x)).toEqual([11, 13, 12, 14]);
    });

    test("or that came from JavaScript", () => {
      const x = leaf([1, 2]);
      x.grad = tensor([1, 2]);
      x.mul(10).sum().backward();
      expect(grad(x)).toEqual([11, 12]);
    });

    test("one gradient handed to two leaves is two tensors", () => {
      const [a, b] = [leaf([1, 2]), leaf([3, 4])];
      a.add(b)
        .mul(tensor([5, 6]))
        .sum()
        .backward();
      a.mul(100).sum().backward();
      expect(grad(a)).toEqual([105, 106]);
      expect(grad(b)).toEqual([5, 6]);
      expect(a.grad!.storage).not.toBe(b.grad!.storage);
    });

    test("a gradient passed on is not corrupted by the sum of its neighbour", () => {
      // c's gradient reaches a and b unchanged; a's second share must not be added into b's.
      const [a, b] = [leaf([1, 2]).mul(1), leaf([3, 4]).mul(1)];
      const [seenA, seenB]: number[][][] = [[], []];
      a.registerHook((g) => void seenA!.push([...g.data()]));
      b.registerHook((g) => void seenB!.push([...g.data()]));
      const extra = a.mul(10);
      add(a, b).add(extra).sum().backward();
      expect(seenA).toEqual([[11, 11]]);
      expect(seenB).toEqual([[1, 1]]);
    });

    test("the caller's gradient is not written to", () => {
      const x = leaf([1, 2]);
      const g = tensor([10, 20]);
      const y = x.mul(1);
      y.add(y).backward(g);
      expect(g.toArray()).toEqual([10, 20]);
      expect(grad(x)).toEqual([20, 40]);
      x.backward(g);
      expect(grad(x)).toEqual([30, 60]);
      expect(g.toArray()).toEqual([10, 20]);
    });
  });

  describe("graphs", () => {
    test("shared subexpressions", () => {
      const x = leaf([2]);
      const y = x.mul(x); // x²
      y.mul(y).add(y).sum().backward(); // x⁴ + x²
      expect(grad(x)).toEqual([4 * 8 + 4]);
    });

    test("diamonds, chained", () => {
      const x = leaf([1]);
      let y: Tensor = x;
      for (let i = 0; i < 20; i++) y = y.add(y);
      y.sum().backward();
      expect(grad(x)).toEqual([2 ** 20]);
    });

    test("tied weights: an embedding that is the head too", () => {
      const table = randn([5, 3], { dtype: "float64", requiresGrad: true, generator });
      const copy = tensor(table.data(), { shape: [5, 3], requiresGrad: true });
      const ids = tensor([1, 4, 1], { dtype: "int32" });
      linear(embedding(table, ids), table).square().sum().backward();
      linear(embedding(table.detach(), ids), copy).square().sum().backward();
      const head = grad(copy);
      copy.grad = null;
      linear(embedding(copy, ids), table.detach()).square().sum().backward();
      for (const [i, value] of grad(table).entries()) expect(value).toBeCloseTo(head[i]! + grad(copy)[i]!, 10);
    });

    test("the same tensor as every operand", () => {
      const x = leaf([3]);
      x.mul(x).sub(x).div(x).sum().backward(); // x - 1
      expect(x.grad!.item()).toBeCloseTo(1, 6);
      x.grad = null;
      concat([x, x, x]).sum().backward();
      expect(grad(x)).toEqual([3]);
    });

    test("a thousand steps deep", () => {
      const w = tensor([0.999], { dtype: "float64", requiresGrad: true });
      let h = tensor([1], { dtype: "float64" });
      for (let i = 0; i < 1000; i++) h = h.mul(w);
      h.sum().backward();
      expect(w.grad!.item()).toBeCloseTo(1000 * 0.999 ** 999, 9);
    });

    test("leaves that need no gradient get none; int32 operands neither", () => {
      const [x, c] = [leaf([1, 2]), tensor([3, 4])];
      x.mul(c)
        .mul(tensor([1, 2], { dtype: "int32" }))
        .sum()
        .backward();
      expect(c.grad).toBeNull();
      expect(grad(x)).toEqual([3, 8]);
    });

    test("mixed precision: each leaf's gradient has its own dtype", () => {
      const [x, y] = [leaf([1, 2]), tensor([3, 4], { dtype: "float64", requiresGrad: true })];
      const z = x.mul(y);
      expect(z.dtype).toBe("float64");
      z.sum().backward();
      expect(x.grad!.dtype).toBe("float32");
      expect(y.grad!.dtype).toBe("float64");
      expect(grad(x)).toEqual([3, 4]);
    });

    test("detach cuts, and shares the memory", () => {
      const x = leaf([2]);
      const y = x.mul(x);
      y.detach().mul(x).sum().backward();
      expect(grad(x)).toEqual([4]);
      expect(y.detach().requiresGrad).toBe(false);
      x.detach().set([9]);
      expect(x.item()).toBe(9);
    });
  });

  describe("walks", () => {
    test("walking twice is refused", () => {
      const y = leaf([1]).square().sum();
      y.backward();
      expect(() => y.backward()).toThrow(
        /backward: graph must be walked only once, got one whose sum was walked before/,
      );
    });

    test("so is a state carried over without detach()", () => {
      const w = leaf([0.5]);
      const h = w.mul(2);
      h.sum().backward();
      const next = h.mul(w).sum();
      expect(() => next.backward()).toThrow(/Detach the carried state, or pass \{ retainGraph: true \}/);
    });

    test("retainGraph walks again", () => {
      const x = leaf([3]);
      const y = x.square().exp().log().sum();
      y.backward(undefined, { retainGraph: true });
      y.backward(undefined, { retainGraph: true });
      y.backward();
      expect(x.grad!.item()).toBeCloseTo(18, 5);
      expect(() => y.backward()).toThrow(/walked only once/);
    });

    test("two losses over one trunk, the first with retainGraph", () => {
      const x = leaf([3]);
      const trunk = x.square();
      trunk.mul(2).sum().backward(undefined, { retainGraph: true });
      trunk.mul(10).sum().backward();
      expect(grad(x)).toEqual([72]);
    });

    test("a gradient for a result that is no scalar", () => {
      const x = leaf([1, 2]);
      x.square().backward(tensor([10, 100]));
      expect(grad(x)).toEqual([20, 400]);
    });

    test("of one element of any rank, and of a leaf itself", () => {
      const x = leaf([[4]]);
      x.square().backward();
      expect(grad(x)).toEqual([8]);
      x.backward();
      expect(grad(x)).toEqual([9]);
    });

    test("an error inside a backward leaves no half-walked graph", () => {
      const x = leaf([1]);
      const y = x.exp();
      y.registerHook(() => {
        throw new Error("from the hook");
      });
      const loss = y.mul(2).sum();
      expect(() => loss.backward()).toThrow("from the hook");
      expect(x.grad).toBeNull();
      expect(() => loss.backward()).toThrow(/walked only once/);
      x.mul(5).sum().backward();
      expect(grad(x)).toEqual([5]);
    });
  });

  describe("hooks", () => {
    test("see the whole gradient, once, and may replace it", () => {
      const x = leaf([1, 2]);
      const y = x.mul(2);
      const seen: number[][] = [];
      y.registerHook((g) => {
        seen.push([...g.data()]);
        return g.mul(10);
      });
      y.mul(3).add(y.mul(4)).sum().backward();
      expect(seen).toEqual([[7, 7]]);
      expect(grad(x)).toEqual([140, 140]);
    });

    test("run in their order", () => {
      const x = leaf([1]);
      x.mul(1)
        .registerHook((g) => g.add(1))
        .registerHook((g) => g.mul(10))
        .sum()
        .backward();
      expect(grad(x)).toEqual([20]);
    });

    test("must return a gradient of the value's shape and dtype", () => {
      const y = leaf([1, 2])
        .mul(1)
        .registerHook(() => tensor([1]));
      expect(() => y.sum().backward()).toThrow(
        "registerHook: the hook's result must have shape [2], as the value has, got [1].",
      );
      const z = leaf([1])
        .mul(1)
        .registerHook(() => tensor([1], { dtype: "float64" }));
      expect(() => z.sum().backward()).toThrow("registerHook: the hook's result must be float32, got float64.");
    });

    test("retainGrad leaves the gradient of a result, and adds up", () => {
      const x = leaf([1, 2]);
      const y = x.mul(2).retainGrad();
      y.square().sum().backward(undefined, { retainGraph: true });
      expect(grad(y)).toEqual([4, 8]);
      y.mul(1).sum().backward();
      expect(grad(y)).toEqual([5, 9]);
      expect(x.retainGrad()).toBe(x);
    });
  });

  describe("requiresGrad", () => {
    test("results need a gradient when an operand does", () => {
      const [x, c] = [leaf([1]), tensor([1])];
      expect(x.mul(c).requiresGrad).toBe(true);
      expect(c.mul(c).requiresGrad).toBe(false);
      expect(x.isLeaf && c.isLeaf && c.mul(c).isLeaf).toBe(true);
      expect(x.mul(c).isLeaf).toBe(false);
      expect(x.gt(c).requiresGrad).toBe(false);
      expect(x.to("int32").requiresGrad).toBe(false);
      expect(x.argmax().requiresGrad).toBe(false);
    });

    test("frozen leaves are left out of later graphs", () => {
      const x = leaf([1]);
      x.requiresGrad = false;
      expect(x.mul(2).requiresGrad).toBe(false);
    });

    test("is for floats, and for leaves to turn off", () => {
      expect(() => tensor([1], { dtype: "int32", requiresGrad: true })).toThrow(
        "requiresGrad: tensor must be float32 or float64, got int32.",
      );
      const y = leaf([1]).mul(2);
      expect(() => {
        y.requiresGrad = false;
      }).toThrow(
        "requiresGrad: tensor must be a leaf to stop requiring gradients, got the result of mul. Use detach() instead.",
      );
    });
  });

  describe("what cannot be walked", () => {
    test.each<[string, () => void]>([
      [
        "backward: tensor must be the result of operations on tensors that require gradients, got one without history [].",
        () => tensor(1).backward(),
      ],
      ["backward: tensor must be a scalar when no gradient is given, got [2].", () => leaf([1, 2]).mul(2).backward()],
      [
        "backward: gradient must have the tensor's shape [2], got [3].",
        () =>
          leaf([1, 2])
            .mul(2)
            .backward(tensor([1, 2, 3])),
      ],
      [
        "backward: gradient must be float32, got float64.",
        () =>
          leaf([1])
            .mul(2)
            .backward(tensor([1], { dtype: "float64" })),
      ],
      [
        "registerHook: tensor must be the result of a recorded operation, got a leaf [1].",
        () => leaf([1]).registerHook(() => undefined),
      ],
    ])("%s", (message, act) => expect(act).toThrow(message));
  });
});
