import { describe, expect, test } from "vitest";
import { type Tensor, tensor } from "../../../src/index.js";
import {
  incompleteBeta,
  logGamma,
  negativeBinomialQuantile,
  normalQuantile,
  studentTQuantile,
} from "../../../src/tasks/forecast/distributions.js";
import { logGamma as logGammaOf, outputNamed } from "../../../src/tasks/forecast/outputs.js";
import { LEVELS, OUTPUTS } from "../../../src/tasks/forecast/quantile-of.js";

// Expected values: SciPy 1.10, betainc, gammaln, norm.ppf, t.ppf, nbinom.ppf, logpdf and logpmf.
describe("as SciPy has it", () => {
  test.each([
    [0.3, 2.5, 0.5, 0.018927124071945658],
    [0.9, 0.7, 4, 0.9999492084836855],
    [0.02, 30, 800, 0.0017088463098342784],
    [0.5, 1, 1, 0.5],
    [0.97, 1e4, 300, 0.29436972830542896],
  ])("I_%d(%d, %d)", (x, a, b, expected) => {
    expect(incompleteBeta(x, a, b) / expected).toBeCloseTo(1, 8);
  });

  test.each([
    [0.1, 2.252712651734206],
    [0.7, 0.2608672465316665],
    [3.5, 1.2009736023470743],
    [42, 114.03421178146169],
    [1e5, 1051287.7089736569],
  ])("ln Γ(%d)", (x, expected) => {
    expect(logGamma(x) / expected).toBeCloseTo(1, 12);
  });

  test.each([
    [1e-6, -4.753424308822899],
    [0.01, -2.3263478740408408],
    [0.1, -1.2815515655446004],
    [0.31, -0.4958503473474533],
    [0.5, 0],
    [0.77, 0.7388468491852137],
    [0.99999, 4.264890793923841],
  ])("the normal quantile of %d", (u, expected) => {
    expect(normalQuantile(u)).toBeCloseTo(expected, 7);
  });

  test.each([
    [0.1, 2.5, -1.7302509288071761],
    [0.001, 3, -10.214531852407385],
    [0.5, 4, 0],
    [0.8, 30, 0.8537672614712979],
    [0.99, 2.001, 6.959823309046703],
  ])("Student's quantile of %d with %d degrees of freedom", (u, freedom, expected) => {
    expect(studentTQuantile(u, freedom)).toBeCloseTo(expected, 6);
  });

  test.each([
    [0.1, 3, 0.5, 0],
    [0.5, 3, 0.5, 2],
    [0.9, 3, 0.5, 7],
    [0.5, 0.2, 2, 0],
    [0.99, 1000, 0.01, 1259],
    [0.3, 12000, 0.001, 11790],
    [0.9, 0.05, 0.1, 0],
  ])("the negative binomial quantile of %d: mean %d, alpha %d", (u, mean, alpha, expected) => {
    expect(negativeBinomialQuantile(u, mean, alpha)).toBe(expected);
  });

  test.each([
    [0.05, 2.968879201051731, -20.49784499129987],
    [0.5, 0.5723649429247, -1.9635100260214235],
    [1.7, -0.09580769740706585, 0.20854787487349394],
    [20, 39.339884187199495, 2.970523992242149],
    [3000, 21016.018485477893, 8.006200891724319],
  ])("ln Γ(%d) of a tensor, with its slope", (x, expected, slope) => {
    const at = tensor(Float64Array.of(x), { requiresGrad: true });
    const y = logGammaOf(at);
    y.sum().backward();
    expect(y.item()).toBeCloseTo(expected, 8);
    expect(at.grad!.item()).toBeCloseTo(slope, 7);
  });

  const rows = (...values: number[][]) =>
    tensor(Float64Array.from(values.flat()), { shape: [values.length, values[0]!.length] });
  const list = (...values: number[]) => tensor(Float64Array.from(values));
  test.each([
    ["gaussian", rows([0.1, -0.5], [-1, 1.5], [2, 0.2]), list(0.3, -1.2, 4), list(1, 1, 1), 1.849205554027512],
    [
      "student-t",
      rows([0.1, -0.5, 0.7], [-1, 1.5, -3], [2, 0.2, 25]),
      list(0.3, -1.2, 4),
      list(1, 1, 1),
      1.857276259868468,
    ],
    [
      "negative-binomial",
      rows([0.1, -0.5], [-1, 1.5], [2, -4]),
      list(0, 7 / 5, 1234 / 600),
      list(2, 5, 600),
      3.8210713094015216,
    ],
  ] as [(typeof OUTPUTS)[number], Tensor, Tensor, Tensor, number][])(
    "the loss of %s",
    (name, raw, value, scale, expected) => {
      expect(outputNamed(name).loss(raw, value, scale).item()).toBeCloseTo(expected, 6);
    },
  );
});

test.each(OUTPUTS)("%s: quantiles rise, and gradients are finite, also at the far ends", (name) => {
  const { size, quantile, loss } = outputNamed(name);
  for (const far of [-60, -3, 0, 2, 40]) {
    const raw = Array.from(
      { length: size },
      (_, i) => (name === "negative-binomial" ? Math.min(far, 5) : far) + 0.1 * i,
    );
    const levels = [0.02, ...LEVELS, 0.98].map((u) => quantile(raw, 0, u, 3));
    expect(levels).toEqual(levels.toSorted((a, b) => a - b));
    expect(levels.every(Number.isFinite)).toBe(true);
    const at = tensor(Float32Array.from(raw), { shape: [1, size], requiresGrad: true });
    loss(at, tensor([2]), tensor([3])).backward();
    expect(Array.from(at.grad!.data()).every(Number.isFinite), `${far}`).toBe(true);
  }
});

test("quantiles of the quantile output are what its loss learns", () => {
  const { size, quantile } = outputNamed("quantiles");
  const raw = Array.from({ length: size }, (_, i) => i - 3);
  const softplus = (x: number) => Math.log1p(Math.exp(x)) + 1e-3;
  const expected = raw.map((_, k) => raw.slice(1, k + 1).reduce((sum, step) => sum + softplus(step), raw[0]!));
  for (const [k, level] of LEVELS.entries()) expect(quantile(raw, 0, level, 1)).toBeCloseTo(expected[k]!, 9);
  expect(quantile(raw, 0, 0.35, 1)).toBeCloseTo((expected[2]! + expected[3]!) / 2, 9);
});
