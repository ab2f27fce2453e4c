import { describe, expect, test } from "vitest";
import * as u from "../../src/index.js";
import { Generator, manualSeed, type Tensor, tensor } from "../../src/index.js";
import { describeEngines } from "../support/configured.js";

describe("tensor()", () => {
  test("takes numbers, nested and typed arrays, and copies them", () => {
    const data = new Float64Array([1, 2, 3, 4]);
    const x = tensor(data, { shape: [2, 2] });
    data[0] = 9;
    expect(x.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect([tensor(1).dtype, tensor([[1]]).dtype, x.dtype, tensor(new Int32Array(2)).dtype]).toEqual([
      "float32",
      "float32",
      "float64",
      "int32",
    ]);
    expect(tensor([1, 2, 3, 4, 5, 6], { shape: [3, 2] }).shape).toEqual([3, 2]);
    expect(tensor(new Float64Array([1, 2]), { dtype: "int32" }).dtype).toBe("int32");
    expect(tensor([0.1]).item()).toBe(Math.fround(0.1));
  });

  test("does not keep the caller's shape", () => {
    const shape = [2, 1];
    const tensors = [tensor([1, 2], { shape }), u.zeros(shape), u.randn(shape)];
    shape[0] = 7;
    for (const x of tensors) expect(x.shape).toEqual([2, 1]);
  });
});

describeEngines("tensor: create", () => {
  test("constants", () => {
    expect(u.zeros([2, 1]).toArray()).toEqual([[0], [0]]);
    expect(u.ones([2], { dtype: "int32" }).toArray()).toEqual([1, 1]);
    expect(u.full([], 2.5).item()).toBe(2.5);
    expect(u.full([1], Number.NaN).item()).toBeNaN();
    const x = tensor([1, 2], { dtype: "float64" });
    expect([u.zerosLike(x).dtype, u.onesLike(x).shape, u.fullLike(x, 3).toArray()]).toEqual(["float64", [2], [3, 3]]);
    expect(u.eye(2).toArray()).toEqual([
      [1, 0],
      [0, 1],
    ]);
    expect(u.zeros([3], { requiresGrad: true }).requiresGrad).toBe(true);
  });

  test("ranges", () => {
    expect(u.arange(3).toArray()).toEqual([0, 1, 2]);
    expect(u.arange(1, 2, 0.25).toArray()).toEqual([1, 1.25, 1.5, 1.75]);
    expect(u.arange(3, 0, -1, { dtype: "int32" }).toArray()).toEqual([3, 2, 1]);
    expect(u.arange(3, 1).toArray()).toEqual([]);
    expect(u.linspace(0, 1, 5).toArray()).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(u.linspace(2, 9, 1).toArray()).toEqual([2]);
    expect(u.linspace(0, 0.3, 4, { dtype: "float64" }).data()[3]).toBe(0.3);
  });

  test("casts truncate towards zero, and comparisons are 0 or 1", () => {
    const x = tensor([-1.7, 0.2, 2.9]);
    expect(x.to("int32").toArray()).toEqual([-1, 0, 2]);
    expect(x.to("float64").to("float32").toArray()).toEqual(x.toArray());
    expect(x.to("float32")).toBe(x);
    expect(x.gt(0).dtype).toBe("int32");
    expect(tensor([7, -7], { dtype: "int32" }).div(2).toArray()).toEqual([3.5, -3.5]);
    expect(tensor([7, -7], { dtype: "int32" }).mul(2).dtype).toBe("int32");
    expect(tensor([7], { dtype: "int32" }).add(0.5).toArray()).toEqual([7.5]);
    expect(tensor([7], { dtype: "int32" }).add(3e9).dtype).toBe("float32");
  });

  test("numbers beside tensors follow IEEE: signed zeros, nan, inf", () => {
    const x = tensor([-0, 0, Infinity]);
    expect([...x.mul(2).data()]).toEqual([-0, 0, Infinity]);
    expect([...x.mul(-1).data()]).toEqual([0, -0, -Infinity]);
    expect([...x.add(-0).data()]).toEqual([-0, 0, Infinity]);
    expect([...x.mul(0).data()]).toEqual([-0, 0, Number.NaN]);
    expect([...u.sub(0, x).data()]).toEqual([0, 0, -Infinity]);
  });

  test("sort and topk: ties in order, NaN as the largest", () => {
    const x = tensor([2, Number.NaN, 1, 2, -Infinity]);
    expect(x.sort().indices.toArray()).toEqual([4, 2, 0, 3, 1]);
    expect(x.sort({ descending: true }).indices.toArray()).toEqual([1, 0, 3, 2, 4]);
    expect(x.topk(2).values.toArray()).toEqual([Number.NaN, 2]);
    expect(
      tensor(
        [
          [3, 1],
          [2, 4],
        ],
        { dtype: "int32" },
      )
        .sort({ axis: 0 })
        .values.toArray(),
    ).toEqual([
      [2, 1],
      [3, 4],
    ]);
    expect(tensor(5).topk(1).indices.toArray()).toBe(0);
    expect(u.oneHot(tensor([2, 0], { dtype: "int32" })).toArray()).toEqual([
      [0, 0, 1],
      [1, 0, 0],
    ]);
  });
});

describe("random numbers", () => {
  const draws: [string, () => Tensor][] = [
    ["rand", () => u.rand([50])],
    ["randn", () => u.randn([50], { dtype: "float64" })],
    ["randint", () => u.randint(-3, 9, [50])],
    ["dropout", () => u.ones([50]).dropout(0.5)],
  ];

  test.each(draws)("%s: the same seed gives the same numbers, the next draw others", (_, draw) => {
    manualSeed(11);
    const [first, second] = [draw().toArray(), draw().toArray()];
    manualSeed(11);
    expect(draw().toArray()).toEqual(first);
    expect(second).not.toEqual(first);
    manualSeed(12);
    expect(draw().toArray()).not.toEqual(first);
  });

  test("a generator of its own leaves the default one alone", () => {
    manualSeed(5);
    const expected = u.rand([4]).toArray();
    manualSeed(5);
    u.rand([4], { generator: new Generator(1) });
    u.ones([4]).dropout(0.5, { generator: new Generator(1) });
    expect(u.rand([4]).toArray()).toEqual(expected);
  });

  test("rand is uniform in [0, 1), randn standard normal, within 4 standard errors of 20,000 draws", () => {
    const n = 20_000;
    const generator = new Generator(3);
    const x = u.rand([n], { generator, dtype: "float64" });
    expect(Math.abs(x.mean().item() - 0.5)).toBeLessThan((4 * Math.sqrt(1 / 12)) / Math.sqrt(n));
    expect(Math.abs(x.var().item() - 1 / 12)).toBeLessThan((4 * Math.sqrt(1 / 180)) / Math.sqrt(n));
    expect(x.min().item()).toBeGreaterThanOrEqual(0);
    expect(u.rand([n], { generator }).max().item()).toBeLessThan(1);
    const y = u.randn([n], { generator, dtype: "float64" });
    expect(Math.abs(y.mean().item())).toBeLessThan(4 / Math.sqrt(n));
    expect(Math.abs(y.var().item() - 1)).toBeLessThan((4 * Math.SQRT2) / Math.sqrt(n));
    expect(Math.abs(y.pow(3).mean().item())).toBeLessThan((4 * Math.sqrt(15)) / Math.sqrt(n));
    expect(Math.abs(y.pow(4).mean().item() - 3)).toBeLessThan((4 * Math.sqrt(96)) / Math.sqrt(n));
    const z = u.randint(2, 5, [n], { generator }).to("float64");
    expect([z.min().item(), z.max().item()]).toEqual([2, 4]);
    expect(Math.abs(z.mean().item() - 3)).toBeLessThan((4 * Math.sqrt(2 / 3)) / Math.sqrt(n));
  });
});

describeEngines("tensor: create", () => {
  describe("dropout", () => {
    test("drops a share p and keeps the expectation, within 4 standard errors", () => {
      const n = 20_000;
      const x = u.ones([n], { dtype: "float64" }).dropout(0.3, { generator: new Generator(8) });
      const dropped = n - x.gt(0).sum().item();
      expect(Math.abs(dropped / n - 0.3)).toBeLessThan(4 * Math.sqrt(0.21 / n));
      expect(x.max().item()).toBeCloseTo(1 / 0.7, 12);
      expect(Math.abs(x.mean().item() - 1)).toBeLessThan((4 * Math.sqrt(0.3 / 0.7)) / Math.sqrt(n));
    });

    test("its gradient passes through the same mask, for strided operands too", () => {
      const leaf = u.rand([7, 30], { requiresGrad: true, generator: new Generator(1) });
      const x = leaf.T;
      const y = x.dropout(0.4, { generator: new Generator(9) });
      const factor = u.rand([7, 30], { generator: new Generator(2) }).T;
      y.mul(factor).sum().backward();
      const expected = y.div(x).mul(factor).T.data();
      for (const [i, value] of leaf.grad!.data().entries()) expect(value).toBeCloseTo(expected[i]!, 5);
      expect([
        ...x
          .contiguous()
          .dropout(0.4, { generator: new Generator(9) })
          .data(),
      ]).toEqual([...y.data()]);
    });

    test("p = 0 and eval change nothing and draw nothing; p = 1 leaves zeros and no gradient", () => {
      const x = tensor([1, 2], { requiresGrad: true });
      const generator = new Generator(4);
      const { state } = generator;
      expect(x.dropout(0, { generator })).toBe(x);
      expect(x.dropout(0.5, { generator, training: false })).toBe(x);
      expect(generator.state).toEqual(state);
      const y = x.dropout(1);
      y.sum().backward();
      expect(y.toArray()).toEqual([0, 0]);
      expect([...x.grad!.data()]).toEqual([0, 0]);
    });
  });
});
