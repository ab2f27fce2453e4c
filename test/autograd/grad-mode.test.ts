import { describe, expect, test } from "vitest";
import { enableGrad, isGradEnabled, noGrad, type Tensor, tensor } from "../../src/index.js";
import { describeEngines } from "../support/configured.js";

const leaf = (data: number[]): Tensor => tensor(data, { requiresGrad: true });

describeEngines("autograd: grad mode", () => {
  describe("noGrad", () => {
    test("records nothing, and its end is always reached", () => {
      const x = leaf([1]);
      expect(noGrad(() => x.mul(2).requiresGrad)).toBe(false);
      expect(() =>
        noGrad(() => {
          throw new Error("inside");
        }),
      ).toThrow("inside");
      expect(isGradEnabled()).toBe(true);
      expect(x.mul(2).requiresGrad).toBe(true);
    });

    test("nests with enableGrad", () => {
      const seen: boolean[] = [];
      noGrad(() => {
        seen.push(isGradEnabled());
        enableGrad(() => {
          seen.push(isGradEnabled());
          noGrad(() => seen.push(isGradEnabled()));
          seen.push(isGradEnabled());
        });
        seen.push(isGradEnabled());
      });
      expect([...seen, isGradEnabled()]).toEqual([false, true, false, true, false, true]);
    });

    test("keeps what it returns, in arrays, objects, maps and sets, and releases the rest", () => {
      const x = leaf([1, 2]);
      let lost: Tensor | null = null;
      const kept = noGrad(() => {
        lost = x.mul(2);
        const [a, b, c, d, e] = [x.mul(3), x.mul(4), x.mul(5), x.mul(6), x.mul(7)];
        return [a, { state: { h: b, c: [c] } }, new Map([["k", d]]), new Set([e])] as const;
      });
      expect(kept[0].toArray()).toEqual([3, 6]);
      expect(kept[1].state.h.toArray()).toEqual([4, 8]);
      expect(kept[1].state.c[0]!.toArray()).toEqual([5, 10]);
      expect(kept[2].get("k")!.toArray()).toEqual([6, 12]);
      expect([...kept[3]][0]!.toArray()).toEqual([7, 14]);
      expect(() => lost!.data()).toThrow(
        "data: tensor [2] must be alive, got one released by the end of noGrad(). Read it earlier, or keep it with " +
          "detach(), clone() or retain(); return it from noGrad() to keep it beyond.",
      );
    });

    test("a view returned keeps the memory it reads", () => {
      const row = noGrad(() => leaf([1, 2, 3]).mul(2).reshape([3, 1]).select(0, 1));
      expect(row.toArray()).toEqual([4]);
    });

    test("retain() keeps what is stored elsewhere, tensors from before are left alone", () => {
      const before = tensor([5]);
      let stored: Tensor | null = null;
      noGrad(() => {
        stored = before.mul(2).retain();
        before.mul(3);
      });
      expect(stored!.item()).toBe(10);
      expect(before.item()).toBe(5);
    });

    test("an inner one hands its result to the outer one", () => {
      let inner: Tensor | null = null;
      noGrad(() => {
        inner = noGrad(() => tensor([1]).mul(2));
        expect(inner.item()).toBe(2);
      });
      expect(inner!.disposed).toBe(true);
    });

    test("when the body throws, all that it made is released", () => {
      let made: Tensor | null = null;
      expect(() =>
        noGrad(() => {
          made = tensor([1]).mul(2);
          throw new Error("inside");
        }),
      ).toThrow("inside");
      expect(made!.disposed).toBe(true);
    });

    test("a graph recorded by enableGrad inside lives until its walk", () => {
      const x = leaf([0.5]);
      const loss = noGrad(() =>
        enableGrad(() =>
          x
            .tanh()
            .mul(tensor([3]))
            .exp()
            .sum(),
        ),
      );
      loss.backward();
      const t = Math.tanh(0.5);
      expect(x.grad!.item()).toBeCloseTo(3 * Math.exp(3 * t) * (1 - t * t), 4);
    });

    test("backward inside leaves gradients that outlive it", () => {
      const x = leaf([2]);
      const loss = x.square().sum();
      noGrad(() => loss.backward());
      expect(x.grad!.item()).toBe(4);
    });

    test("promises are refused, and a later rejection stays quiet", async () => {
      const refused = "noGrad: body must be synchronous, got a function that returns a promise. Await first,";
      expect(() => noGrad(async () => tensor([1]))).toThrow(refused);
      expect(() => noGrad(() => Promise.reject(new Error("late")))).toThrow(refused);
      expect(() => enableGrad(async () => 1)).toThrow("enableGrad: body must be synchronous");
      expect(isGradEnabled()).toBe(true);
      await new Promise((resolve) => setImmediate(resolve));
    });
  });
});
