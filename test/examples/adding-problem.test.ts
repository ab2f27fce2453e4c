import { expect, test } from "vitest";
import { add } from "../../examples/adding-problem.js";

const LIVENESS = 240_000;

test(
  "the adding problem at T = 150: IRNN solves it, error < 0.01",
  () => {
    expect(add("IRNN").at(-1)).toBeLessThan(0.01);
  },
  LIVENESS,
);

test(
  "the adding problem at T = 150: the tanh RNN knows no better than the mean, error > 0.15",
  () => {
    const errors = add("RNN", { steps: 600 });
    expect(errors.length).toBe(6);
    expect(Math.min(...errors)).toBeGreaterThan(0.15);
  },
  LIVENESS,
);
