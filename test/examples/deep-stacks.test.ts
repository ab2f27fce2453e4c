import { expect, test } from "vitest";
import { learn } from "../../examples/deep-stacks.js";

test("16 layers of GRU: residual, all is learned in 300 steps; plain, under a thousandth of the gradient comes through, and nothing is", () => {
  const residual = learn("GRU", 16, true);
  expect(residual.shares.at(-1)).toBeGreaterThan(0.95);
  expect(residual.gradient).toBeGreaterThan(0.5);
  const plain = learn("GRU", 16, false);
  expect(plain.shares.at(-1)).toBeLessThan(0.4);
  expect(plain.gradient).toBeLessThan(1e-3);
});
