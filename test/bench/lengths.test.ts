import { describe, expect, test } from "vitest";
import { CONFIGS, hasLengths, tokensPerStep } from "../../bench/configs.mjs";
import { sampleBatches } from "../../bench/lengths-model.mjs";
import { makeProblem } from "../../bench/problem.mjs";

const configs = Object.entries(CONFIGS).flatMap(([name, config]) => (hasLengths(config) ? [{ name, config }] : []));

describe.each(configs)("$name", ({ config }) => {
  const { data } = makeProblem(config);
  const [lengths, inputs, targets] = [data.lengths!.data, data.inputs.data, data.targets.data];

  test("has sequences of every length that it names, and of no other", () => {
    expect([Math.min(...lengths), Math.max(...lengths)]).toEqual(config.lengths);
    expect(lengths).toHaveLength(config.batch * config.batches);
    expect(inputs).toHaveLength(Math.round(tokensPerStep(config, lengths) * config.batches));
  });

  test("gives each batch its sequences and their targets, in order and without padding", () => {
    const batches = sampleBatches(config, { lengths, inputs, targets });
    const samples = batches.flat();
    expect(batches.every(({ length }) => length === config.batch)).toBe(true);
    expect(Int32Array.from(samples.flatMap(({ x }) => [...x]))).toEqual(inputs);
    const told = samples.flatMap(({ y }) => (config.tells === "steps" ? [...y] : [y]));
    expect(Int32Array.from(told)).toEqual(targets);
    expect(Math.max(...targets)).toBe(config.classes - 1);
  });
});
