import { describe, expect, test } from "vitest";
import { Generator, gradcheck, manualSeed, nn, randn, type Tensor, tensor } from "../../src/index.js";
import { expectClose, TOLERANCE } from "../support/close.js";
import { describeEngines, fromFixture, stateFrom } from "../support/configured.js";
import { type FixtureCase, loadFixture, tensorOf, under } from "../support/fixtures.js";

const F = nn.functional;
const dtype = "float64" as const;
const leaf = (...shape: number[]) => randn(shape, { dtype, requiresGrad: true });
const int32 = (rows: number[] | number[][]) => tensor(rows, { dtype: "int32" });

interface MultiheadCase {
  heads: number;
  own: nn.MultiheadAttentionOptions;
  options: nn.MultiheadAttentionForwardOptions;
}

const boundsOf = (found: FixtureCase<unknown>) => {
  const exact = tensorOf(found, "out").dtype === "float64";
  return exact
    ? [TOLERANCE.float64, TOLERANCE.float64]
    : [
        { rtol: 1e-5, atol: 1e-5 },
        { rtol: 1e-4, atol: 1e-5 },
      ];
};

function compareMultihead(found: FixtureCase<MultiheadCase>): void {
  const { heads, own, options } = found.options;
  const [bounds, gradBounds] = boundsOf(found);
  const kind = tensorOf(found, "out").dtype as "float64";
  const model = new nn.MultiheadAttention(6, heads, { ...own, dtype: kind });
  model.loadStateDict(stateFrom(found, "state"));
  const inputs = ["query", "key", "value"].map((name) => fromFixture(tensorOf(found, name), true));
  const [query, key, value] = inputs as [Tensor, Tensor, Tensor];
  const masks = Object.fromEntries(
    ["keyPaddingMask", "attnMask"].map((name) => [name, found.tensors[name] && fromFixture(found.tensors[name])]),
  );
  const [out, weights] = model.forward(query, key, value, { ...options, ...masks });
  expect(out.shape).toEqual(tensorOf(found, "out").shape);
  expectClose(out.data(), tensorOf(found, "out").data, bounds!, "out");
  let loss = out.mul(fromFixture(tensorOf(found, "upstream"))).sum();
  if (found.tensors["weights"] === undefined) expect(weights).toBeNull();
  else {
    expectClose(weights!.data(), found.tensors["weights"].data, bounds!, "weights");
    expect(weights!.shape).toEqual(found.tensors["weights"].shape);
    loss = loss.add(weights!.mul(fromFixture(tensorOf(found, "weights.upstream"))).sum());
  }
  loss.backward();
  ["query", "key", "value"].forEach((name, i) => {
    expectClose(inputs[i]!.grad!.data(), tensorOf(found, `grad.${name}`).data, gradBounds!, name);
  });
  const grads = under(found, "dState");
  expect(
    model
      .namedParameters()
      .map(([name]) => name)
      .sort(),
  ).toEqual(Object.keys(grads).sort());
  for (const [name, parameter] of model.namedParameters()) {
    expectClose(parameter.grad!.data(), grads[name]!.data, gradBounds!, name);
  }
}

function compareScaled(found: FixtureCase<nn.functional.ScaledDotProductOptions>): void {
  const [bounds, gradBounds] = boundsOf(found);
  const [query, key, value] = ["query", "key", "value"].map((name) => fromFixture(tensorOf(found, name), true));
  const attnMask = found.tensors["attnMask"] && fromFixture(found.tensors["attnMask"]);
  const out = F.scaledDotProductAttention(query!, key!, value!, { ...found.options, attnMask });
  expectClose(out.data(), tensorOf(found, "out").data, bounds!, "out");
  out.backward(fromFixture(tensorOf(found, "upstream")));
  Object.entries({ query, key, value }).forEach(([name, x]) => {
    expectClose(x!.grad!.data(), tensorOf(found, `grad.${name}`).data, gradBounds!, name);
  });
}

describeEngines("attention against PyTorch", (dtypes) => {
  for (const kind of dtypes) {
    test.each(loadFixture<MultiheadCase>(`attention/multihead-${kind}`).cases)(
      `${kind}, MultiheadAttention, $name`,
      compareMultihead,
    );
    test.each(loadFixture<object>(`attention/scaled-dot-product-${kind}`).cases)(
      `${kind}, scaledDotProductAttention, $name`,
      compareScaled,
    );
  }

  test("a query that may look nowhere gets zeros and gives no gradient", () => {
    manualSeed(4);
    const [query, key, value] = [
      randn([2, 3], { requiresGrad: true }),
      randn([4, 3], { requiresGrad: true }),
      randn([4, 2]),
    ];
    const attnMask = int32([[0, 0, 0, 0], [0, 1, 0, 1]]); // biome-ignore format: two rows
    const out = F.scaledDotProductAttention(query, key, value, { attnMask });
    expect(out.toArray()).toMatchObject([[0, 0], [expect.any(Number), expect.any(Number)]]); // biome-ignore format: two rows
    out.sum().backward();
    expect(query.grad!.toArray()).toMatchObject([[0, 0, 0], {}]);
    expect([...query.grad!.data(), ...key.grad!.data()].every(Number.isFinite)).toBe(true);
    expect(Math.abs(query.grad!.data()[3]!)).toBeGreaterThan(0);

    const model = new nn.MultiheadAttention(4, 2, { bias: false });
    const x = randn([3, 2, 4]);
    const keyPaddingMask = int32([[1, 1, 1], [0, 0, 1]]); // biome-ignore format: two rows
    const [y, weights] = model.forward(x, x, x, { keyPaddingMask });
    expect(
      y
        .select(1, 0)
        .data()
        .every((v) => v === 0),
    ).toBe(true);
    expect(
      weights!
        .select(0, 0)
        .data()
        .every((v) => v === 0),
    ).toBe(true);
    expect(y.select(1, 1).data().every(Number.isFinite)).toBe(true);
  });
});

/** The definition, with loops: q [L, H], k [S, K] to weights [L, S]. */
function weightsByHand(model: nn.Attention, q: number[][], k: number[][], may: boolean[]): number[][] {
  const matrix = (x: Tensor | null) => x!.toArray() as number[][];
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, v, i) => sum + v * b[i]!, 0);
  const times = (w: number[][], x: number[]) => w.map((row) => dot(row, x));
  const scores = {
    dot: (a: number[], b: number[]) => dot(a, b),
    general: (a: number[], b: number[]) => dot(a, times(matrix(model.weight), b)),
    additive: (a: number[], b: number[]) => {
      const [left, right] = [times(matrix(model.weight_query), a), times(matrix(model.weight_key), b)];
      return dot(
        model.v!.toArray() as number[],
        left.map((v, i) => Math.tanh(v + right[i]!)),
      );
    },
  };
  return q.map((a) => {
    const exps = k.map((b, s) => (may[s] ? Math.exp(model.scale * scores[model.score](a, b)) : 0));
    const total = exps.reduce((x, y) => x + y, 0);
    return exps.map((e) => (total === 0 ? 0 : e / total));
  });
}

describe("Attention", () => {
  const CASES: [nn.AttentionOptions][] = [
    [{ score: "dot" }],
    [{ score: "dot", scale: true }],
    [{ score: "general", keySize: 5, scale: 0.4 }],
    [{ score: "additive", keySize: 5, hiddenSize: 6 }],
  ];

  test.each(CASES)("%j: the definition, by lengths and by mask, either layout", (options) => {
    for (const batchFirst of [false, true]) {
      manualSeed(2);
      const model = new nn.Attention(4, { ...options, batchFirst, dtype });
      const lay = (x: Tensor) => (batchFirst ? x.transpose(0, 1).contiguous() : x);
      const [query, keys, values] = [leaf(3, 2, 4), leaf(5, 2, model.keySize), leaf(5, 2, 3)];
      const lengths = [5, 2];
      const mask = lay(int32([0, 1, 2, 3, 4].map((s) => lengths.map((length) => Number(s < length)))));
      const [context, weights] = model.forward(lay(query), lay(keys), { values: lay(values), lengths });
      const [again] = model.forward(lay(query), lay(keys), { values: lay(values), mask });
      expect(again.data()).toEqual(context.data());
      expect(context.shape).toEqual(batchFirst ? [2, 3, 3] : [3, 2, 3]);
      lengths.forEach((length, n) => {
        const of = (x: Tensor) => (x.toArray() as number[][][]).map((row) => row[n]!);
        const expected = weightsByHand(
          model,
          of(query),
          of(keys),
          [0, 1, 2, 3, 4].map((s) => s < length),
        );
        expectClose(weights.select(0, n).data(), expected.flat(), { rtol: 1e-11, atol: 1e-13 }, "weights");
        const sums = expected.map((row) =>
          [0, 1, 2].map((c) => row.reduce((sum, w, s) => sum + w * of(values)[s]![c]!, 0)),
        );
        expectClose(context.select(batchFirst ? 0 : 1, n).data(), sums.flat(), { rtol: 1e-11, atol: 1e-13 }, "context");
      });
    }
  });

  test.each(CASES)("%j: gradcheck", (options) => {
    manualSeed(3);
    const model = new nn.Attention(4, { ...options, dtype });
    const [query, keys] = [leaf(2, 2, 4), leaf(3, 2, model.keySize)];
    const run = () => {
      const [context, weights] = model.forward(query, keys, { lengths: [3, 1] });
      return context.sum(2).T.reshape([2, 2, 1]).add(weights);
    };
    expect(gradcheck(run, [query, keys, ...model.parameters()])).toMatchObject({ ok: true });
  });

  test("one step, no key at all, and NaN in the padding", () => {
    manualSeed(5);
    const model = new nn.Attention(3, { score: "general" });
    const keys = randn([4, 2, 3]);
    const spoiled = keys.clone();
    spoiled.set(keys.data().map((v, i) => (i >= 6 && i % 6 >= 3 ? NaN : v)));
    spoiled.requiresGrad = true;
    const query = randn([2, 3], { requiresGrad: true });
    const [context, weights] = model.forward(query, spoiled, { lengths: [0, 1] });
    expect(context.shape).toEqual([2, 3]);
    expect(weights.toArray()).toEqual([[0, 0, 0, 0], [1, 0, 0, 0]]); // biome-ignore format: two rows
    expectClose(context.data(), [0, 0, 0, ...keys.data().slice(3, 6)], { rtol: 1e-6, atol: 1e-7 });
    context.sum().backward();
    expect([...query.grad!.data(), ...model.weight!.grad!.data()].every(Number.isFinite)).toBe(true);
    expect(
      spoiled
        .grad!.data()
        .filter((_, i) => i >= 6 && i % 6 >= 3)
        .every((v) => v === 0),
    ).toBe(true);
  });

  test("what cannot fit is refused by name", () => {
    const model = new nn.Attention(3);
    const x = randn([4, 2, 3]);
    expect(() => new nn.Attention(3, { keySize: 4 })).toThrow('keySize must be querySize 3 for dot, got 4. The score "general" compares two widths.');
    expect(() => new nn.Attention(3, { score: "cosine" as "dot" })).toThrow('score must be one of "dot", "general", "additive"');
    expect(() => model.forward(randn([4, 2, 5]), x)).toThrow("query must have shape [L, N, 3], or [N, 3], got [4, 2, 5]");
    expect(() => model.forward(int32([[1, 1, 1]]), x)).toThrow("Attention.forward: query must be float32 or float64, got int32");
    expect(() => model.forward(x, randn([4, 3, 3]))).toThrow("keys must have shape [S, 2, 3], got [4, 3, 3]");
    expect(() => model.forward(x, x, { values: randn([3, 2, 3]) })).toThrow("values must have shape [4, 2, V], one a key, got [3, 2, 3]");
    expect(() => model.forward(x, x, { lengths: [4, 5] })).toThrow("lengths[1] must be an integer in [0, 4], got 5");
    expect(() => model.forward(x, x, { mask: int32([[1, 1]]) })).toThrow("mask must have shape [4, 2], got [1, 2]");
    expect(() => model.forward(x, x, { lengths: [1, 1], mask: int32([[1, 1]]) })).toThrow("mask must be left out where lengths are given");
    const heads = new nn.MultiheadAttention(4, 2);
    const y = randn([3, 2, 4]);
    expect(() => new nn.MultiheadAttention(4, 3)).toThrow("numHeads must divide embedDim 4, got 3");
    expect(() => heads.forward(y, randn([3, 2, 5]), y)).toThrow("key must have shape [L, N, 4], or all have [L, 4], got [3, 2, 5]");
    expect(() => heads.forward(y, randn([3, 1, 4]), y)).toThrow("key must have query's batch of 2, got [3, 1, 4]");
    expect(() => heads.forward(y, randn([5, 2, 4]), y)).toThrow("value must have one row for each key of [5, 2, 4], got [3, 2, 4]");
    expect(() => heads.forward(y, y, y, { keyPaddingMask: int32([[1, 1, 0]]) })).toThrow("keyPaddingMask must have shape [2, 3], got [1, 3]");
    expect(() => heads.forward(y, y, y, { attnMask: int32([[1, 1, 0]]) })).toThrow("attnMask must have shape [3, 3] or [4, 3, 3], got [1, 3]");
    expect(() => F.scaledDotProductAttention(y, y, y, { isCausal: true, attnMask: int32([[1]]) })).toThrow("isCausal must be left out where attnMask is given");
    expect(() => F.scaledDotProductAttention(y, randn([3, 2, 5]), y)).toThrow("key must have shape [.., S, 4], query's last, got [3, 2, 5]");
    expect(() => F.scaledDotProductAttention(y, y, randn([3, 3, 4]))).toThrow("value must have shape [.., 2, V], one a key, got [3, 3, 4]");
  }); // biome-ignore format: one line a call
});

const POOLS = {
  last: (steps: number[]) => steps.at(-1)!,
  mean: (steps: number[]) => steps.reduce((a, b) => a + b) / steps.length,
  max: (steps: number[]) => Math.max(...steps),
};

describe("PoolOverTime", () => {
  const lengths = [3, 5, 1];
  const drawn = () => randn([5, 3, 2], { dtype, generator: new Generator(6), requiresGrad: true });

  test.each(Object.keys(POOLS) as (keyof typeof POOLS)[])(
    "%s: of each sequence's own steps, padded, packed, either layout",
    (mode) => {
      const x = drawn();
      const rows = x.toArray() as number[][][];
      const expected = lengths.flatMap((length, n) =>
        [0, 1].map((c) => POOLS[mode](rows.slice(0, length).map((row) => row[n]![c]!))),
      );
      const packed = nn.utils.rnn.packPaddedSequence(x, lengths, { enforceSorted: false });
      const pool = new nn.PoolOverTime(mode);
      const first = new nn.PoolOverTime(mode, { batchFirst: true });
      const found = [pool.forward(x, { lengths }), pool.forward(packed), first.forward(x.transpose(0, 1), { lengths })];
      for (const y of found) expectClose(y.data(), expected, { rtol: 1e-14, atol: 1e-15 });
      const all = [0, 1, 2].flatMap((n) => [0, 1].map((c) => POOLS[mode](rows.map((row) => row[n]![c]!))));
      expectClose(pool.forward(x).data(), all, { rtol: 1e-14, atol: 1e-15 });
    },
  );

  test("attention: weighted by the query, as nn.Attention has it", () => {
    manualSeed(1);
    const pool = new nn.PoolOverTime("attention", { size: 2, dtype });
    const x = drawn();
    const query = pool.query!.reshape([1, 2]).expand([3, 2]);
    const [expected] = new nn.Attention(2, { dtype }).forward(query, x, { lengths });
    expectClose(pool.forward(x, { lengths }).data(), expected.data(), { rtol: 1e-13, atol: 1e-14 });
    expect(pool.namedParameters().map(([name]) => name)).toEqual(["query"]);
  });

  test.each(["last", "mean", "max", "attention"] as const)("%s: gradcheck, and none of the padding is read", (mode) => {
    const pool = new nn.PoolOverTime(mode, { size: 2, dtype });
    const x = drawn();
    expect(gradcheck(() => pool.forward(x, { lengths }), [x, ...pool.parameters()])).toMatchObject({ ok: true });
    const spoiled = drawn();
    spoiled.set(spoiled.data().map((v, i) => (Math.floor(i / 6) < lengths[Math.floor(i / 2) % 3]! ? v : NaN)));
    const y = pool.forward(spoiled, { lengths });
    expect(y.data()).toEqual(pool.forward(x, { lengths }).data());
    y.sum().backward();
    const grad = spoiled.grad!.data();
    expect(grad.every((v, i) => Number.isFinite(v) && (Number.isFinite(spoiled.data()[i]) || v === 0))).toBe(true);
  });

  test("what cannot fit is refused by name", () => {
    const pool = new nn.PoolOverTime("mean");
    const x = drawn();
    const packed = nn.utils.rnn.packPaddedSequence(x, [5, 3, 1]);
    expect(() => new nn.PoolOverTime("sum" as "mean")).toThrow('mode must be one of "last", "mean", "max", "attention", got "sum"');
    expect(() => new nn.PoolOverTime("attention")).toThrow("size must be a positive integer, got undefined. Attention learns a query of that width.");
    expect(() => pool.forward(x, { lengths: [3, 0, 1] })).toThrow("lengths[1] must be an integer in [1, 5], got 0");
    expect(() => pool.forward(packed, { lengths })).toThrow("lengths must be left out for packed sequences");
    expect(() => pool.forward(randn([3, 2]))).toThrow("input must have shape [L, N, H], got [3, 2]");
    expect(() => F.attentionOverTime(x, randn([3], { dtype }))).toThrow("query must have shape [2], got [3]");
  }); // biome-ignore format: one line a call
});
