import { expect, test } from "vitest";
import { firstNames } from "../../examples/first-names.js";
import { gestures } from "../../examples/gestures.js";
import { pendulum } from "../../examples/pendulum.js";
import { spam } from "../../examples/spam.js";

test("first names are judged better than by the more frequent answer", async () => {
  const { accuracy, naive } = await firstNames({ epochs: 3, hidden: 24 });
  expect(naive).toBeLessThan(0.65);
  expect(accuracy).toBeGreaterThan(0.74);
});

test("spam is found in letters that were never seen", async () => {
  const { accuracy, naive } = await spam({ every: 5, epochs: 5, hidden: 16 });
  expect(accuracy).toBeGreaterThan(naive + 0.05);
});

test("gestures are told apart, also those that are each other backwards", async () => {
  const { accuracy, naive, below } = await gestures({ count: 400, epochs: 10, hidden: 24 });
  expect(accuracy).toBeGreaterThan(3 * naive);
  expect(below.join("\n")).toContain("eight");
});

test("a pendulum's length is told better than by the mean", async () => {
  const { rmse, naive } = await pendulum({ swings: 400, epochs: 12, hidden: 24 });
  expect(naive).toBeGreaterThan(0.45);
  expect(rmse).toBeLessThan(0.7 * naive);
});
