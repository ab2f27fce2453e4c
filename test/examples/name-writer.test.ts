import { expect, test } from "vitest";
import { naive, write } from "../../examples/name-writer.js";

test("letter pairs of a class, one added to each count, by hand", () => {
  // Letters a, b and the end: p(a | ^) = (1+1)/(1+3), p($ | a) = (1+1)/(1+3).
  expect(
    naive(
      [
        ["a", "x"],
        ["b", "y"],
      ],
      [["a", "x"]],
    ),
  ).toBeCloseTo(2, 12);
  expect(
    naive(
      [
        ["a", "x"],
        ["b", "y"],
      ],
      [["b", "x"]],
    ),
  ).toBeCloseTo(Math.sqrt(4 * 3), 12);
});

test("a small writer: names of the class that is asked for, and how many are copied", { timeout: 60_000 }, async () => {
  const { perplexity, drawn, copied } = await write({ epochs: 1, hidden: 24, samples: 100 });
  expect(perplexity).toBeLessThan(18);
  expect(drawn.map(({ length }) => length)).toEqual([100, 100]);
  const vowels = drawn.map((all) => all.filter((name) => /[aeiy]$/.test(name)).length);
  expect(vowels[0]).toBeGreaterThan(vowels[1]!);
  for (const share of copied) expect(share).toBeLessThan(0.5);
});
