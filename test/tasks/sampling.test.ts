import fc from "fast-check";
import { expect, test } from "vitest";
import { OptionError } from "../../src/base/errors.js";
import { Generator } from "../../src/base/random.js";
import { type SamplingOptions, sampleToken, samplingProbabilities } from "../../src/tasks/language-model/sampling.js";

// Probabilities 0.4, 0.3, 0.2, 0.1 in the order of ids 2, 0, 3, 1.
const logits = Float32Array.from([0.3, 0.1, 0.4, 0.2], (p) => Math.log(p) + 7);

const rounded = (options: SamplingOptions) =>
  [...samplingProbabilities(logits, options)].map((p) => Math.round(p * 1e5) / 1e5);

test("temperature divides the logits", () => {
  expect(rounded({})).toEqual([0.3, 0.1, 0.4, 0.2]);
  expect(rounded({ temperature: 0.5 })).toEqual([0.3, 0.03333, 0.53333, 0.13333]); // squares 9 : 1 : 16 : 4
  expect(rounded({ temperature: 0 })).toEqual([0, 0, 1, 0]);
  expect(rounded({ temperature: 5e-324 })).toEqual([0, 0, 1, 0]);
});

test("topK keeps the k most likely, topP the fewest that reach p, topP among the topK", () => {
  expect(rounded({ topK: 1 })).toEqual([0, 0, 1, 0]);
  expect(rounded({ topK: 2 })).toEqual([0.42857, 0, 0.57143, 0]);
  expect(rounded({ topK: 9 })).toEqual([0.3, 0.1, 0.4, 0.2]);
  expect(rounded({ topP: 0.39 })).toEqual([0, 0, 1, 0]);
  expect(rounded({ topP: 0.41 })).toEqual([0.42857, 0, 0.57143, 0]);
  expect(rounded({ topP: 0.71 })).toEqual([0.33333, 0, 0.44444, 0.22222]);
  expect(rounded({ topP: 1 })).toEqual([0.3, 0.1, 0.4, 0.2]);
  expect(rounded({ topP: 1e-9 })).toEqual([0, 0, 1, 0]);
  // Of the best two, 0.4 is already 57 %: renormalised before the nucleus is cut.
  expect(rounded({ topK: 2, topP: 0.55 })).toEqual([0, 0, 1, 0]);
  expect(rounded({ topP: 0.55 })).toEqual([0.42857, 0, 0.57143, 0]);
});

test("of equal logits the first is taken, kept and cut in the order of ids", () => {
  const equal = [1, 3, 3, 3, 0];
  expect(sampleToken(equal, { temperature: 0 }, new Generator(1))).toBe(1);
  expect([...samplingProbabilities(equal, { topK: 2 })]).toEqual([0, 0.5, 0.5, 0, 0]);
  expect([...samplingProbabilities([3, 3, 3, 3], { topP: 0.5 })]).toEqual([0.5, 0.5, 0, 0]);
});

test("10,000 draws follow the probabilities within 0.02, and one seed gives one sequence", () => {
  for (const options of [{}, { temperature: 2 }, { topK: 3 }, { topP: 0.6 }]) {
    const generator = new Generator(11);
    const counts = [0, 0, 0, 0];
    for (let i = 0; i < 10_000; i++) counts[sampleToken(logits, options, generator)]!++;
    samplingProbabilities(logits, options).forEach((p, id) => {
      expect(Math.abs(counts[id]! / 10_000 - p)).toBeLessThan(0.02);
      if (p === 0) expect(counts[id]).toBe(0);
    });
  }
  const draw = (seed: number) => {
    const generator = new Generator(seed);
    return Array.from({ length: 40 }, () => sampleToken(logits, { temperature: 1.3 }, generator));
  };
  expect(draw(4)).toEqual(draw(4));
  expect(draw(5)).not.toEqual(draw(4));
});

test("argmax draws no random number; cuts that keep everything draw what no cut draws", () => {
  const generator = new Generator(3);
  const { state } = generator;
  sampleToken(logits, { temperature: 0 }, generator);
  expect(generator.state).toEqual(state);
  const draw = (options: SamplingOptions) => {
    const own = new Generator(8);
    return Array.from({ length: 50 }, () => sampleToken(logits, options, own));
  };
  expect(draw({ topK: 4, topP: 1 })).toEqual(draw({}));
});

test("property: with any logits to ±1e4 the probabilities are finite, sum to 1 ± 1e-9, and a kept token is drawn", () => {
  const values = fc.array(fc.oneof(fc.double({ min: -1e4, max: 1e4, noNaN: true }), fc.constantFrom(-Infinity, 0, 1)), {
    minLength: 1,
    maxLength: 20,
  });
  const options = fc.record({
    temperature: fc.oneof(fc.constant(0), fc.double({ min: 1e-3, max: 1e3, noNaN: true })),
    topK: fc.option(fc.integer({ min: 1, max: 25 }), { nil: undefined }),
    topP: fc.option(fc.double({ min: 1e-6, max: 1, noNaN: true }), { nil: undefined }),
  });
  fc.assert(
    fc.property(values, options, fc.nat(), (row, option, seed) => {
      fc.pre(row.some((logit) => logit > -Infinity));
      const probabilities = samplingProbabilities(row, option);
      expect(Math.abs(probabilities.reduce((a, b) => a + b) - 1)).toBeLessThan(1e-9);
      const kept = probabilities.filter((p) => p > 0).length;
      if (option.topK) expect(kept).toBeLessThanOrEqual(option.topK);
      const id = sampleToken(row, option, new Generator(seed));
      expect(probabilities[id]).toBeGreaterThan(0);
    }),
    { seed: 6, numRuns: 400 },
  );
});

test("refuses options out of range and logits from which nothing can be drawn", () => {
  const generator = new Generator(0);
  const draw =
    (options: object, row: number[] = [1, 2]) =>
    () =>
      sampleToken(row, options, generator);
  for (const options of [{ temperature: -1 }, { temperature: Number.NaN }, { topK: 0 }, { topK: 1.5 }, { topP: 0 }]) {
    expect(draw(options)).toThrow(OptionError);
  }
  expect(draw({ topP: 1.1 })).toThrow("sampleToken: topP must be a number in (0, 1], got 1.1");
  expect(draw({ top_k: 3 })).toThrow('got "top_k"');
  expect(draw({}, [0, Number.NaN])).toThrow("got NaN at 1");
  expect(draw({ temperature: 0 }, [Infinity, 0])).toThrow("got Infinity at 0");
  expect(draw({}, [-Infinity, -Infinity])).toThrow("got -Infinity everywhere");
  expect(draw({}, [])).toThrow("got none");
});
