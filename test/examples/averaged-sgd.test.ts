import { expect, test } from "vitest";
import { limit, study } from "../../examples/averaged-sgd.js";

test("5,000 steps of noisy SGD: its average is within twice the limit, the last step 100 times, a falling rate 4 times away", () => {
  const { last, average, falling } = study(5000);
  expect(average.at(-1)).toBeLessThan(2 * limit(5000));
  expect(last.at(-1)).toBeGreaterThan(100 * limit(5000));
  expect(falling.at(-1)).toBeGreaterThan(4 * limit(5000));
});
