import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { forecast } from "../../examples/forecaster.js";
import { classify } from "../../examples/name-classifier.js";

test("the forecaster errs less than the naive forecast on a year that it has not seen", async () => {
  const { error, naive } = await forecast(16);
  expect(naive).toBeGreaterThan(2);
  expect(error).toBeLessThan(0.97 * naive);
});

test("the classifier judges more unseen names right than the naive answer", async () => {
  const { accuracy, naive } = await classify(2);
  expect(naive).toBeLessThan(0.65);
  expect(accuracy).toBeGreaterThan(0.75);
});

test.each(["forecaster", "name-classifier"])("%s has under sixty lines of code", (name) => {
  const text = readFileSync(new URL(`../../examples/${name}.ts`, import.meta.url), "utf8");
  const code = text.slice(text.indexOf("*/")).trimEnd().split("\n");
  expect(code.length).toBeLessThan(60);
});
