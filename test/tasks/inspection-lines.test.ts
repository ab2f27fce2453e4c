import { expect, test } from "vitest";
import { Generator } from "../../src/base/random.js";
import { textWidth } from "../../src/base/width.js";
import type { Block } from "../../src/tasks/inspection/blocks.js";
import { blockLines } from "../../src/tasks/inspection/lines.js";

const draw = new Generator(5);
const numbers = (count: number) => Array.from({ length: count }, () => draw.normal());
const letters = [..."the whale and the sea, 한".replaceAll("한", "h")];
const steps = letters.map((label) => ({ label }));
const titled = { title: "What decided it, line 1", about: "Gradient × input of each step." };

const BLOCKS: Block[] = [
  { kind: "heading", text: "line 1: a rather long heading" },
  { kind: "text", text: "some words of a text" },
  { kind: "table", title: "layers", rows: [["layer", "parameters"], ["rnn", "1,234,567"]] }, // biome-ignore format: a table
  { kind: "weighed", ...titled, steps, weights: numbers(letters.length) },
  { kind: "weighed", ...titled, steps, weights: numbers(letters.length).map(Math.abs), unit: "share" },
  {
    ...{ kind: "map", ...titled, columns: letters, rows: ["a row with a long name", "b"] },
    values: [0, 1].map(() => numbers(letters.length).map(Math.abs)),
  },
  { kind: "map", ...titled, columns: letters, rows: ["a", "b"], values: [0, 1].map(() => numbers(letters.length)) },
  { kind: "curves", ...titled, xTitle: "step", yTitle: "norm", series: [{ name: "rnn h", values: numbers(30) }] },
  { kind: "bars", ...titled, bars: [{ name: "spam", value: 0.7, text: "70 %" }] },
];

test.each(BLOCKS)("a $kind is shown on a terminal of any width", (block) => {
  const wide = blockLines([block], 200).length;
  for (let width = 1; width <= 60; width++) {
    const lines = blockLines([block], width);
    expect(lines.length, `width ${width}`).toBeLessThan(20 * wide);
    if (width < 56) continue;
    for (const line of lines) expect(textWidth(typeof line === "string" ? line : line.text)).toBeLessThanOrEqual(width);
  }
});

test("every step of a text that is longer than a line has its place in turn", () => {
  for (const width of [1, 9, 20]) {
    const lines = blockLines([BLOCKS[4]!], width).map((line) => (typeof line === "string" ? line : line.text));
    const shown = lines.filter((line) => line.startsWith("        ")).map((line) => line.slice(8));
    expect(shown.join("")).toBe(letters.join(""));
  }
});
