import { describe, expect, test } from "vitest";
import { Generator } from "../../../src/base/random.js";
import { LengthCounts } from "../../../src/tasks/about-data/length-counts.js";
import { quantiles } from "../../../src/tasks/about-data/quantiles.js";
import { storedQuantiles } from "../../../src/tasks/about-data/stored-quantiles.js";

/** Numbers as they come, in blocks of a size that divides nothing. */
const inBlocks = (numbers: Float64Array) => (told: (block: Float64Array) => void) => {
  for (let at = 0; at < numbers.length; at += 37) told(numbers.subarray(at, at + 37));
};

const KINDS: Record<string, (draw: Generator, i: number) => number> = {
  normal: (draw) => draw.normal(),
  "of every size": (draw) => draw.normal() * 10 ** (draw.integer(600) - 300),
  "with the extremes": (draw, i) => [0, -0, 5e-324, -5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, 1][i % 7 === 6 ? 6 : draw.integer(7)]!,
  few: (draw) => draw.integer(3) - 1,
  "that differ in their last bits": (draw) => 1 + draw.integer(40) * Number.EPSILON,
  "all below zero": (draw) => -Math.exp(draw.normal()),
  constant: () => -2.5,
}; // biome-ignore format: a table

describe.each(Object.entries(KINDS))("numbers %s", (_, of) => {
  test.each([[0], [1], [2], [19], [20], [1000]])("%i of them have on the disk the quantiles that they have in memory", (count) => {
    const draw = new Generator(count + 1);
    const numbers = Float64Array.from({ length: count }, (_, i) => of(draw, i));
    expect(storedQuantiles("x", "m", count, inBlocks(numbers))).toStrictEqual(quantiles("x", "m", numbers));
  }); // biome-ignore format: a line
});

test("lengths that are counted have the quantiles of all of them", () => {
  const draw = new Generator(5);
  for (const count of [0, 1, 3, 20, 500]) {
    const lengths = Array.from({ length: count }, () => Math.floor(Math.exp(4 * draw.uniform())));
    const counts = new LengthCounts();
    for (const length of lengths) counts.add(length);
    expect(counts.quantiles("lines", "words")).toEqual(quantiles("lines", "words", lengths));
    for (const most of [0, 1, 7, 99]) expect(counts.above(most)).toBe(lengths.filter((own) => own > most).length);
  }
});
