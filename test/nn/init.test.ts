import { beforeAll, describe, expect, test } from "vitest";
import { configure, Generator, manualSeed, nn, type Tensor, zeros } from "../../src/index.js";
import { loadFixture } from "../support/fixtures.js";

interface Distribution {
  shape: number[];
  distribution: "uniform" | "normal";
  bound?: number;
  std?: number;
}

/** The sample must look like the distribution: its spread within 5 %, its mean within 5 standard errors. */
function expectDrawn(
  values: Float64Array,
  { distribution, bound = 0, std = bound / Math.sqrt(3) }: Distribution,
): void {
  if (distribution === "uniform") expect(values.every((value) => Math.abs(value) <= bound * (1 + 1e-6))).toBe(true);
  if (values.length < 1000) return;
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const spread = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length);
  expect(Math.abs(spread / std - 1)).toBeLessThan(0.05);
  expect(Math.abs(mean)).toBeLessThan((5 * std) / Math.sqrt(values.length));
  const most = values.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  if (distribution === "uniform") expect(most).toBeGreaterThan(0.97 * bound);
  else expect(most).toBeGreaterThan(3 * std);
}

function valuesOf(x: Tensor): Float64Array {
  return Float64Array.from(x.data());
}

describe("initial weights are distributed as PyTorch's", () => {
  beforeAll(() => {
    configure({ engine: "reference" });
    manualSeed(77);
  });

  interface Defaults {
    inputSize: number;
    hiddenSize: number;
    parameters: Record<string, Distribution>;
    zeroRow?: number;
  }

  test.each(loadFixture<Defaults>("init/defaults").cases)("$name by default", ({ name, options }) => {
    const { inputSize: i, hiddenSize: h, parameters, zeroRow } = options;
    const make: Record<string, () => nn.Module> = {
      RNN: () => new nn.RNN(i, h, { numLayers: 2 }),
      LSTM: () => new nn.LSTM(i, h, { numLayers: 2 }),
      GRU: () => new nn.GRU(i, h, { numLayers: 2 }),
      Linear: () => new nn.Linear(i, h),
      Embedding: () => new nn.Embedding(h, i),
      "Embedding with paddingIdx": () => new nn.Embedding(h, i, { paddingIndex: zeroRow ?? null }),
    };
    const found = make[name]().namedParameters();
    expect(found.map(([key]) => key)).toEqual(Object.keys(parameters));
    for (const [key, parameter] of found) {
      expect(parameter.shape).toEqual(parameters[key].shape);
      let values = valuesOf(parameter);
      if (zeroRow !== undefined) {
        const row = values.slice(zeroRow * i, (zeroRow + 1) * i);
        expect(row.every((value) => value === 0)).toBe(true);
        values = values.filter((_, at) => Math.floor(at / i) !== zeroRow);
      }
      expectDrawn(values, parameters[key]);
    }
  });

  interface Initialiser extends Distribution {
    initialiser: "xavierUniform" | "xavierNormal" | "kaimingUniform" | "kaimingNormal";
    options: object;
  }
  const { cases } = loadFixture<Initialiser & { gains: Record<string, number> }>("init/initialisers");

  test.each(cases.filter(({ name }) => name !== "gains"))("$name", ({ options }) => {
    const x = nn.init[options.initialiser](zeros(options.shape), options.options);
    expectDrawn(valuesOf(x), options);
  });

  test("gains", () => {
    const { gains } = cases.find(({ name }) => name === "gains")!.options;
    for (const [name, gain] of Object.entries(gains)) {
      const [nonlinearity, slope] = name.replace("leaky_relu", "leakyRelu").split(" ");
      const own = slope === undefined ? undefined : Number(slope);
      expect(nn.init.calculateGain(nonlinearity as nn.init.Nonlinearity, own), name).toBeCloseTo(gain, 12);
    }
  });

  test.each([
    [6, 6],
    [4, 9],
    [9, 4],
  ])(
    "orthogonal [%i, %i]: the product with its transpose is gain² times the identity within 1e-12",
    (rows, columns) => {
      const x = nn.init.orthogonal(zeros([rows, columns], { dtype: "float64" }), { gain: 1.5 });
      const product = rows <= columns ? x.matmul(x.T) : x.T.matmul(x);
      const n = Math.min(rows, columns);
      product.data().forEach((value, i) => {
        expect(Math.abs(value - (Math.floor(i / n) === i % n ? 2.25 : 0))).toBeLessThan(1e-12);
      });
    },
  );

  test("uniform, normal and constant, from a generator of their own", () => {
    const generator = new Generator(3);
    expectDrawn(valuesOf(nn.init.uniform(zeros([50, 60]), -2, 2, { generator })), {
      shape: [],
      distribution: "uniform",
      bound: 2,
    });
    const normal = valuesOf(nn.init.normal(zeros([50, 60]), 0, 0.3, { generator }));
    expectDrawn(normal, { shape: [], distribution: "normal", std: 0.3 });
    expect(nn.init.constant(zeros([2]), 7).toArray()).toEqual([7, 7]);
    expect(nn.init.ones(zeros([2])).toArray()).toEqual([1, 1]);
    expect(nn.init.zeros(nn.init.ones(zeros([2]))).toArray()).toEqual([0, 0]);
  });

  test("follow the seed", () => {
    const weights = (seed: number) => {
      manualSeed(seed);
      return new nn.LSTM(3, 4).parameters()[0].data();
    };
    expect(weights(5)).toEqual(weights(5));
    expect(weights(5)).not.toEqual(weights(6));
  });

  test("refuse a vector", () => {
    expect(() => nn.init.xavierUniform(zeros([3]))).toThrow(
      "init.xavierUniform: tensor must be of rank 2 or more, got [3].",
    );
  });
});
