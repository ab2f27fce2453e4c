import { expect, test } from "vitest";
import { plain, recipe } from "../../examples/awd-lstm.js";
import { words } from "../../examples/support/word-model.js";

test("on 6,000 words a plain LSTM overfits twofold; the AWD-LSTM recipe is better on unseen words, and stays so", () => {
  const corpus = words(6000, 2000);
  const sgd = plain(corpus, 12, "SGD");
  const awd = recipe(corpus, 22);
  expect(sgd.training.at(-1)).toBeLessThan(15);
  expect(sgd.validation.at(-1)).toBeGreaterThan(2 * Math.min(...sgd.validation));
  expect(Math.min(...awd.validation)).toBeLessThan(0.97 * Math.min(...sgd.validation));
  expect(awd.validation.at(-1)).toBeLessThan(1.05 * Math.min(...awd.validation));
  expect(awd.training.at(-1)).toBeGreaterThan(awd.validation.at(-1)!);
});
