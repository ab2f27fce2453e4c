import { expect, test } from "vitest";
import { words } from "../../examples/support/word-model.js";
import { learn } from "../../examples/zoneout.js";

test("on 4,000 words zoneout keeps a GRU from overfitting, and its mean is better than its coin", () => {
  const corpus = words(4000, 1500);
  const [plain, zoneout] = [learn("GRU", corpus, 20), learn("GRU, zoneout", corpus, 20)];
  expect(plain.validation.at(-1)).toBeGreaterThan(1.15 * zoneout.validation.at(-1)!);
  expect(plain.training.at(-1)).toBeLessThan(0.7 * zoneout.training.at(-1)!);
  expect(zoneout.noisy).toBeGreaterThan(1.05 * zoneout.validation.at(-1)!);
});
