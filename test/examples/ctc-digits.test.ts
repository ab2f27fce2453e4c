import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { listen } from "../../examples/ctc-digits.js";

test("strings of digits from their tones: after 150 steps over seven in eight unseen ones are read without an error", async () => {
  expect(await listen(150)).toBeLessThan(1 / 8);
});

test("ctc-digits has under sixty lines", () => {
  const text = readFileSync(new URL("../../examples/ctc-digits.ts", import.meta.url), "utf8");
  expect(text.trimEnd().split("\n").length).toBeLessThan(60);
});
