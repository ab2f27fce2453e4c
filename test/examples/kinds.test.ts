import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { train as aligned } from "../../examples/many-to-many-aligned.js";
import { train as unaligned } from "../../examples/many-to-many-unaligned.js";
import { train as manyToOne } from "../../examples/many-to-one.js";
import { train as oneToMany } from "../../examples/one-to-many.js";

test("one to many: five sines from five numbers, mean squared error under 0.01", () => {
  expect(oneToMany()).toBeLessThan(0.01);
});

test("many to one: over 97 % of unseen votes are judged right", () => {
  expect(manyToOne()).toBeGreaterThan(0.97);
});

test("many to many, aligned: over 99 % of the bits of unseen sums are right", () => {
  expect(aligned()).toBeGreaterThan(0.99);
});

test("many to many, unaligned: over 95 % of the symbols of unseen words are reversed right", () => {
  expect(unaligned()).toBeGreaterThan(0.95);
});

test.each(["one-to-many", "many-to-one", "many-to-many-aligned", "many-to-many-unaligned"])(
  "%s has under forty lines",
  (name) => {
    const text = readFileSync(new URL(`../../examples/${name}.ts`, import.meta.url), "utf8");
    expect(text.trimEnd().split("\n").length).toBeLessThan(40);
  },
);
