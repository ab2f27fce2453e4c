import { expect, test } from "vitest";
import { add } from "../../examples/adding-problem.js";
import { read } from "../../examples/fewer-gates.js";
import { words } from "../../examples/support/word-model.js";

test("the MGU has two thirds of the GRU's parameters and its perplexity on unseen words within a tenth", () => {
  const corpus = words(4000, 1500);
  const [mgu, gru] = [read("MGU", corpus, { epochs: 6 }), read("GRU", corpus, { epochs: 6 })];
  expect(mgu.parameters / gru.parameters).toBeCloseTo(2 / 3, 12);
  expect(mgu.perplexity).toBeLessThan(1.1 * gru.perplexity);
  expect(mgu.perplexity).toBeLessThan(0.2 * corpus.vocabularySize);
});

test("the MGU solves the adding problem at T = 50, as the GRU does", () => {
  for (const kind of ["MGU", "GRU"] as const) {
    expect(add(kind, { seqLen: 50, lr: 5e-3, steps: 1200 }).at(-1)).toBeLessThan(0.01);
  }
});
