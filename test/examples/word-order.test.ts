import { expect, test } from "vitest";
import { BagOfWords, Recurrence, train } from "../../examples/word-order.js";
import { manualSeed } from "../../src/index.js";

test.each([1, 2, 3])("a mean of embeddings is at chance where a recurrence is sure, seed %i", (seed) => {
  manualSeed(seed);
  const [, ofWindow] = train(new BagOfWords());
  const [, ofRecurrence] = train(new Recurrence());
  expect(ofWindow).toBeGreaterThan(2 - 1e-3);
  expect(ofRecurrence).toBeLessThan(1.05);
});
