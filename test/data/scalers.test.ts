import { afterEach, describe, expect, test, vi } from "vitest";
import { backward } from "../../src/autograd/index.js";
import { OptionError, ShapeError } from "../../src/base/errors.js";
import { Generator } from "../../src/base/random.js";
import { MinMaxScaler, RobustScaler, StandardScaler } from "../../src/data/index.js";
import * as nn from "../../src/nn/index.js";
import { type Tensor, tensor } from "../../src/tensor/index.js";
import * as io from "../../src/train/saving/io.js";

afterEach(() => void vi.restoreAllMocks());
const float64 = (rows: number[][]): Tensor => tensor(rows, { dtype: "float64" });
const numbers = (x: Tensor): number[] => [...x.data()];

describe("what scikit-learn's documentation shows", () => {
  test("StandardScaler", () => {
    const x = float64([
      [0, 0],
      [0, 0],
      [1, 1],
      [1, 1],
    ]);
    const scaler = new StandardScaler().fit(x);
    expect(numbers(scaler.mean)).toEqual([0.5, 0.5]);
    expect(numbers(scaler.transform(x))).toEqual([-1, -1, -1, -1, 1, 1, 1, 1]);
    expect(numbers(scaler.transform(float64([[2, 2]])))).toEqual([3, 3]);
  });

  test("MinMaxScaler", () => {
    const x = float64([
      [-1, 2],
      [-0.5, 6],
      [0, 10],
      [1, 18],
    ]);
    const scaler = new MinMaxScaler().fit(x);
    expect(numbers(scaler.dataMax)).toEqual([1, 18]);
    expect(numbers(scaler.transform(x))).toEqual([0, 0, 0.25, 0.25, 0.5, 0.5, 1, 1]);
    expect(numbers(scaler.transform(float64([[2, 2]])))).toEqual([1.5, 0]);
  });

  test("RobustScaler", () => {
    const x = float64([
      [1, -2, 2],
      [-2, 1, 3],
      [4, 1, -2],
    ]);
    const scaled = numbers(new RobustScaler().fitTransform(x));
    const expected = [0, -2, 0, -1, 0, 0.4, 1, 0, -1.6];
    for (const [i, value] of scaled.entries()) expect(value).toBeCloseTo(expected[i]!, 12);
  });
});

describe("worked out by hand", () => {
  test("options", () => {
    const x = [1, 2, 6];
    const onlyMean = new StandardScaler({ withStd: false }).fitTransform(x);
    expect([...onlyMean]).toEqual([-2, -1, 3]);
    const onlyStd = new StandardScaler({ withMean: false }).fitTransform(x);
    expect(onlyStd[2]).toBeCloseTo(6 / Math.sqrt(14 / 3), 12);
    expect([...new MinMaxScaler({ featureRange: [-1, 1] }).fitTransform([0, 1, 4])]).toEqual([-1, -0.5, 1]);
    // 10th and 90th percentiles of 0 .. 10 are 1 and 9.
    const wide = new RobustScaler({ quantileRange: [10, 90] }).fitTransform(Array.from({ length: 11 }, (_, i) => i));
    expect(wide[9]).toBeCloseTo(0.5, 12);
  });

  test("a mean that is large beside the deviation keeps its digits", () => {
    const x = [1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16];
    const scaler = new StandardScaler().fit(x);
    expect(numbers(scaler.mean)).toEqual([1e9 + 10]);
    expect(numbers(scaler.variance)[0]).toBeCloseTo(22.5, 10);
  });

  test("missing values are passed over, and stay missing", () => {
    const x = { a: [1, Number.NaN, 3], b: [2, 4, 6] };
    const scaled = new StandardScaler().fitTransform(x);
    expect([...scaled.a]).toEqual([-1, Number.NaN, 1]);
    expect(scaled.b[1]).toBe(0);
    expect([...new MinMaxScaler().fitTransform(x).a]).toEqual([0, Number.NaN, 1]);
    expect([...new RobustScaler().fitTransform(x).a]).toEqual([-1, Number.NaN, 1]);
  });
});

const noise = new Generator(8);
const SERIES = Array.from({ length: 60 }, () => [5 * noise.normal() + 3, noise.uniform(), -noise.normal()]);
const ALL = [
  () => new StandardScaler(),
  () => new MinMaxScaler({ featureRange: [-2, 3] }),
  () => new RobustScaler(),
] as const;

describe.each(ALL.map((make) => [make().constructor.name, make] as const))("%s", (_, make) => {
  test("inverseTransform is the way back, for every kind of array", () => {
    const scaler = make().fit(tensor(SERIES));
    const x = tensor(SERIES.slice(0, 6), { dtype: "float64" }).reshape([2, 3, 3]);
    const back = scaler.inverseTransform(scaler.transform(x));
    expect(back.shape).toEqual([2, 3, 3]);
    for (const [i, value] of numbers(back).entries()) expect(value).toBeCloseTo(numbers(x)[i]!, 10);
    const samples = { data: Float32Array.from(SERIES.flat()), shape: [60, 3] };
    expect(scaler.transform(samples).data).toBeInstanceOf(Float32Array);
    const own = numbers(scaler.transform(tensor(SERIES)));
    for (const [i, value] of [...scaler.transform(samples).data].entries()) expect(value).toBeCloseTo(own[i]!, 5);
    expect(scaler.transform(tensor(SERIES)).dtype).toBe("float32");
    expect(scaler.transform(tensor([[1, 2, 3]], { dtype: "int32" })).dtype).toBe("float32");
  });

  test("is saved with a model, and loaded into one that was never fitted", () => {
    class Model extends nn.Module {
      head = new nn.Linear(3, 1);
      scaler: ReturnType<typeof make>;
      constructor(scaler: ReturnType<typeof make>) {
        super();
        this.scaler = scaler;
      }
    }
    const fitted = make().fit(tensor(SERIES));
    const saved = new Model(fitted).stateDict();
    expect([...saved.keys()].filter((name) => name.startsWith("scaler."))).toHaveLength(3);
    const unfitted = new (fitted.constructor as new (options: object) => typeof fitted)({ features: 3 });
    expect(() => unfitted.transform(tensor(SERIES))).toThrow("scaler must be fitted, got one that is not. Call fit()");
    new Model(unfitted).loadStateDict(saved);
    const untold = new Model(make());
    untold.loadStateDict(saved);
    const read = new Model(make());
    io.fromBytes(io.toBytes(new Model(fitted)), read);
    const parts = new Model(make());
    io.fromBytes(io.toBytes({ model: new Model(fitted), step: 1 }), { model: parts });
    const wanted = numbers(fitted.transform(tensor(SERIES)));
    for (const { scaler } of [untold, read, parts]) expect(numbers(scaler.transform(tensor(SERIES)))).toEqual(wanted);
    const half = new Model(make());
    const far = make().fit(tensor(SERIES.map((row) => row.map((value) => 1e5 + value))));
    io.fromBytes(io.toBytes(new Model(far), { dtype: "float16" }), half);
    for (const [name, buffer] of far.namedBuffers()) {
      expect(numbers(half.stateDict().get(`scaler.${name}`)!)).toEqual(numbers(buffer));
    }
    const other = new Model(make());
    const bad = new Map([...saved, ["surplus", tensor([1])] as const]);
    expect(() => other.loadStateDict(bad)).toThrow("surplus");
    expect(() => io.fromBytes(io.toBytes(Object.fromEntries(bad)), other)).toThrow("surplus");
    expect([other.scaler.features, other.stateDict().size]).toEqual([null, new Model(make()).stateDict().size]);
    const alone = make();
    alone.loadStateDict(fitted.stateDict());
    const again = alone.transform(tensor(SERIES));
    expect(numbers(again)).toEqual(numbers(fitted.transform(tensor(SERIES))));
    expect(unfitted.features).toBe(3);
    expect(alone.parameters()).toEqual([]);
    expect(make().constantColumns).toEqual([]);
  });

  test("scales some of its columns, by number and by name", () => {
    const columns = { a: SERIES.map(([a]) => a!), b: SERIES.map(([, b]) => b!), c: SERIES.map(([, , c]) => c!) };
    const scaler = make().fit(columns);
    const all = scaler.transform(columns);
    const targets = tensor(SERIES.map(([, , c]) => [c!]));
    for (const options of [{ columns: [2] }, { columns: "c" }]) {
      expect(numbers(scaler.transform(targets, options))[7]).toBeCloseTo(all.c[7]!, 5);
    }
    // Columns by name are known by it, in whatever order they come.
    const some = { c: columns.c, a: columns.a };
    expect(scaler.transform(some)).toEqual({ c: all.c, a: all.a });
    expect(() => scaler.transform({ d: [1] })).toThrow('x must be among the columns a, b, c, got "d".');
  });

  test("gradients flow through it", () => {
    const scaler = make().fit(tensor(SERIES));
    const x = tensor(SERIES.slice(0, 2), { dtype: "float64", requiresGrad: true });
    backward(scaler.inverseTransform(scaler.forward(x)).sum());
    for (const value of numbers(x.grad!)) expect(value).toBeCloseTo(1, 12);
  });

  test("a constant column is shifted, not scaled, with one warning", () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const name = make().constructor.name;
    const scaler = make();
    const [scaled] = [scaler.fitTransform({ wind: [0.1, 0.1, 0.1], temperature: [1, 2, 4] })];
    expect(new Set(scaled.wind).size).toBe(1);
    expect(scaled.wind.every(Number.isFinite)).toBe(true);
    expect(scaler.inverseTransform(scaled).wind[0]).toBeCloseTo(0.1, 12);
    expect(scaler.constantColumns).toEqual([0]);
    expect(warn.mock.calls).toEqual([
      [`unrolled: ${name}: column 0 ("wind") never changes: it is shifted, and not scaled.`],
    ]);
  });

  test.each<[string, (scaler: ReturnType<typeof make>) => unknown, new (parts: never) => Error]>([
    ["scaler must be fitted", (scaler) => scaler.transform([1]), OptionError],
    [
      "x must have shape [.., F], its columns last, got [3]. A single column is x.reshape([-1, 1]).",
      (scaler) => scaler.fit(tensor([1, 2, 3])),
      ShapeError,
    ],
    [
      "row 1, column 0 must be finite, or NaN where it is missing, got Infinity.",
      (scaler) => scaler.fit([1, Infinity]),
      OptionError,
    ],
    [
      'column 1 ("b") must hold a value, got missing values alone.',
      (scaler) => scaler.fit({ a: [1, 2], b: [Number.NaN, Number.NaN] }),
      OptionError,
    ],
    ["column 0 must hold a value, got no rows.", (scaler) => scaler.fit(new Float32Array(0)), OptionError],
    ["x.b must have as many rows as a (2), got 1.", (scaler) => scaler.fit({ a: [1, 2], b: [1] }), ShapeError],
    [
      "x must have 3 columns, last in its shape, got 2. For some of them say which",
      (scaler) => scaler.fit(tensor(SERIES)).transform(tensor([[1, 2]])),
      ShapeError,
    ],
    [
      "columns must be numbers of columns in [0, 2], got 3.",
      (scaler) => scaler.fit(tensor(SERIES)).transform([1], { columns: 3 }),
      OptionError,
    ],
    [
      'columns must be among the columns wind, rain, got "wint". Did you mean "wind"?',
      (scaler) => scaler.fit({ wind: [1, 2], rain: [3, 5] }).transform([1], { columns: "wint" }),
      OptionError,
    ],
    [
      "x must be a tensor [.., F], an array of numbers, or arrays of numbers by name",
      (scaler) => scaler.fit("a" as never),
      OptionError,
    ],
  ])("%s", (message, call, kind) => {
    expect(() => call(make())).toThrow(message);
    expect(() => call(make())).toThrow(kind);
  });
});

test.each([() => new StandardScaler(), () => new MinMaxScaler()])(
  "partialFit of the parts is fit of the whole",
  (make) => {
    const rows = SERIES.map((row, i) => (i % 7 === 3 ? [Number.NaN, row[1]!, row[2]!] : row));
    const part = (from: number, to: number) => tensor(rows.slice(from, to), { dtype: "float64" });
    const whole = make().fit(part(0, 60)).stateDict();
    const parts = make();
    for (const [from, to] of [
      [0, 1],
      [1, 20],
      [20, 60],
    ] as const)
      parts.partialFit(part(from, to));
    for (const [name, value] of parts.stateDict()) {
      for (const [i, x] of numbers(value).entries()) expect(x).toBeCloseTo(numbers(whole.get(name)!)[i]!, 10);
    }
    expect(() => parts.partialFit([1, 2])).toThrow("partialFit: x must have 3 columns, last in its shape, got 1.");
  },
);
