import { expect, test } from "vitest";
import { compare } from "../../examples/data-sizes.js";

test("of a hundred days, chosen settings learn more than fixed ones", { timeout: 60_000 }, async () => {
  const { size, metric, fixed, chosen } = await compare("forecast", 0);
  expect([size, metric, fixed.steps]).toEqual([100, "MASE", 40]);
  expect(chosen.steps).toBeGreaterThan(10 * fixed.steps);
  expect(chosen.found).toBeLessThan(0.8 * fixed.found);
});
