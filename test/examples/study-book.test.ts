import { expect, test } from "vitest";
import { study } from "../../examples/study-book.js";

test("1,000 words, 100 epochs: perplexity from about the vocabulary's size to under 6", () => {
  const { vocabularySize, perplexities } = study();
  expect(perplexities[0]).toBeGreaterThan(0.5 * vocabularySize);
  expect(perplexities[0]).toBeLessThan(1.5 * vocabularySize);
  expect(perplexities.at(-1)).toBeLessThan(6);
});
