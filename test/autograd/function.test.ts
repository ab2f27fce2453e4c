import { describe, expect, test } from "vitest";
import { defineFunction, gradcheck, memory, mul, noGrad, type Tensor, tensor } from "../../src/index.js";
import { describeEngines } from "../support/configured.js";

const leaf = (data: number[]): Tensor => tensor(data, { dtype: "float64", requiresGrad: true });

const cube = defineFunction({
  name: "cube",
  forward(ctx, x: Tensor) {
    ctx.saveForBackward(x);
    return x.pow(3);
  },
  backward(ctx, dOut) {
    return dOut.mul(ctx.savedTensors[0]!.square()).mul(3);
  },
});

describeEngines("autograd: function", () => {
  describe("defineFunction", () => {
    test("its backward is used and right", () => {
      const x = leaf([1, -2, 3]);
      expect(gradcheck(() => cube(x).mul(x), [x]).ok).toBe(true);
      expect(String(cube(x))).toContain("from cube");
    });

    test("several tensors, other arguments, and null for no gradient", () => {
      const seen: (readonly boolean[])[] = [];
      const scaled = defineFunction({
        forward(ctx, x: Tensor, factor: number, y: Tensor, options: { sign: number }) {
          seen.push(ctx.needsGrad);
          ctx.saveForBackward(x);
          return x.mul(factor * options.sign).add(y);
        },
        backward: (_ctx, dOut) => [null, dOut.mul(7)],
      });
      const [x, y] = [leaf([1, 2]), leaf([3, 4])];
      const out = scaled(x, 2, y, { sign: -1 });
      expect(out.toArray()).toEqual([1, 0]);
      out.sum().backward();
      expect(x.grad).toBeNull();
      expect([...y.grad!.data()]).toEqual([7, 7]);
      scaled(x.detach(), 1, y, { sign: 1 });
      expect(seen).toEqual([
        [true, true],
        [false, true],
      ]);
    });

    test("saves intermediates, which nobody else frees", () => {
      let saved: Tensor | null = null;
      const f = defineFunction({
        forward(ctx, x: Tensor) {
          const e = x.exp();
          saved = e;
          ctx.saveForBackward(e, e);
          return e.add(1).log();
        },
        backward(ctx, dOut) {
          const [e] = ctx.savedTensors;
          return dOut.mul(e!.div(e!.add(1)));
        },
      });
      const x = leaf([0.5, -1]);
      expect(gradcheck(() => f(x), [x]).ok).toBe(true);
      const loss = f(x).sum();
      expect(saved!.disposed).toBe(false);
      loss.backward();
      expect(saved!.disposed).toBe(true);
    });

    test("saves its output", () => {
      const f = defineFunction({
        forward(ctx, x: Tensor) {
          const out = x.tanh();
          ctx.saveForBackward(out);
          return out;
        },
        backward: (ctx, dOut) => dOut.sub(dOut.mul(ctx.savedTensors[0]!.square())),
      });
      const x = leaf([0.5, -1]);
      expect(gradcheck(() => f(x), [x]).ok).toBe(true);
    });

    test("a constant from outside survives being saved", () => {
      const constant = tensor([2, 3], { dtype: "float64" });
      const f = defineFunction({
        forward(ctx, x: Tensor) {
          ctx.saveForBackward(constant);
          return x.mul(constant);
        },
        backward: (ctx, dOut) => dOut.mul(ctx.savedTensors[0]!),
      });
      const x = leaf([1, 1]);
      for (let i = 0; i < 3; i++) f(x).sum().backward();
      expect([...x.grad!.data()]).toEqual([6, 9]);
      expect(constant.toArray()).toEqual([2, 3]);
    });

    test("may return an input, a view of it, or a tensor from outside", () => {
      const identity = defineFunction({ forward: (_ctx, x: Tensor) => x, backward: (_ctx, dOut) => dOut.mul(2) });
      const view = defineFunction({
        forward: (_ctx, x: Tensor) => x.reshape([2, 1]),
        backward: (_ctx, dOut) => dOut.reshape([2]),
      });
      const outside = tensor([5, 6], { dtype: "float64" });
      const constant = defineFunction({ forward: (_ctx, _x: Tensor) => outside, backward: (_ctx, dOut) => dOut });
      const x = leaf([1, 2]);
      const same = identity(x);
      expect(same).not.toBe(x);
      expect(x.isLeaf).toBe(true);
      same.sum().backward();
      view(x).sum().backward();
      constant(x).sum().backward();
      expect([...x.grad!.data()]).toEqual([4, 4]);
      expect(outside.requiresGrad).toBe(false);
      expect(outside.toArray()).toEqual([5, 6]);
    });

    test("nothing in its forward is recorded, its temporaries go at once", () => {
      const before = memory().buffers;
      noGrad(() => {
        const out = cube(leaf([1, 2]).mul(1));
        expect(out.isLeaf).toBe(true);
        return out;
      }).dispose();
      const x = leaf([1, 2]);
      const held = memory().buffers;
      const out = cube(x);
      expect(memory().buffers - held).toBeLessThanOrEqual(2); // the result, and x itself
      out.sum().backward();
      expect(memory().buffers).toBeGreaterThan(before);
    });

    test("an int32 result takes part in no graph", () => {
      const f = defineFunction({ forward: (_ctx, x: Tensor) => x.gt(0), backward: (_ctx, _dOut) => null });
      expect(f(leaf([1])).requiresGrad).toBe(false);
    });

    test("a wrong number of gradients is named", () => {
      const f = defineFunction({
        name: "f",
        forward: (_ctx, x: Tensor, y: Tensor) => mul(x, y),
        backward: (_ctx, dOut) => dOut,
      });
      expect(() =>
        f(leaf([1]), leaf([2]))
          .sum()
          .backward(),
      ).toThrow("f.backward: result must be one gradient (or null) for each of the 2 tensor arguments, got 1.");
    });

    test("a gradient of the wrong shape is named", () => {
      const f = defineFunction({
        name: "f",
        forward: (_ctx, x: Tensor) => x.mul(2),
        backward: (_ctx, dOut) => dOut.sum(),
      });
      expect(() =>
        f(leaf([1, 2]))
          .sum()
          .backward(),
      ).toThrow("f.backward: gradient 0 must have shape [2], as the value has, got [].");
    });

    test("an error in its forward leaves recording on", () => {
      const f = defineFunction({
        forward(_ctx, _x: Tensor): Tensor {
          throw new Error("inside");
        },
        backward: () => null,
      });
      expect(() => f(leaf([1]))).toThrow("inside");
      expect(leaf([1]).mul(2).requiresGrad).toBe(true);
    });
  });
});
