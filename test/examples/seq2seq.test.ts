import { expect, test } from "vitest";
import { add, lines, naive } from "../../examples/addition.js";
import { naive as byDate, pairs, picture, read } from "../../examples/dates.js";
import { errors, lexicon } from "../../examples/phonemes.js";

test("addition: lines of the book, none of them twice, and a share of right sums that is counted", async () => {
  const { train, test: held } = lines(3000, 300);
  expect(new Set([...train, ...held]).size).toBe(3000);
  for (const line of train) {
    const [, a, b, sum] = /^(\d+)\+(\d+) *_(\d+) *$/.exec(line)!.map(Number);
    expect([a! + b!, line.indexOf("_"), line.length]).toEqual([sum, 7, 12]);
  }
  expect(naive(["1+1    _2   ", "1+2    _3   ", "2+1    _3   "])).toBeCloseTo(2 / 3, 12);
  const { model, right } = await add("reversed and peeky", { count: 700, held: 100, epochs: 1 });
  const asked = lines(700, 100).test.map((line) => line.split("_").map((side) => side.trim()));
  let count = 0;
  let at = 0;
  for await (const { target } of model.predict(asked.map(([sum]) => sum!))) if (target === asked[at++]![1]) count++;
  expect(right).toBeCloseTo(count / 100, 12);
});

test("dates: a small model reads most of them, and its picture has a row a character", {
  timeout: 60_000,
}, async () => {
  const { train, test: held } = pairs(300, 50);
  expect(new Set([...train, ...held].map((row) => row.split("\t")[1])).size).toBe(300);
  expect(byDate(["5/3/1999\t1999-05-03", "25.3.1999\t1999-03-25"])).toBe(1 / 2);
  const { model, right } = await read({ count: 5000, held: 300, epochs: 5, hidden: 48 });
  expect(right).toBeGreaterThan(0.8);
  const svg = await picture(model, "28.2.1999");
  expect(svg).toMatch(/^<svg.*read: 28\.2\.1999/s);
  expect(svg).toContain("&lt;eos&gt;");
});

test("phonemes: without stress, each way to say a word once, and errors against the nearest of them", () => {
  const words = lexicon();
  expect(words.size).toBeGreaterThan(100_000);
  expect(words.get("INTO")).toEqual(["IH N T UW", "IH N T AH"]);
  for (const said of [...words.values()].slice(0, 2000).flat()) expect(said).toMatch(/^[A-Z]+( [A-Z]+)*$/);
  const few = new Map([
    ["A", ["AH", "EY"]],
    ["BEE", ["B IY"]],
  ]);
  const told = new Map([
    ["A", "EY"],
    ["BEE", "B IH T"],
  ]);
  expect(errors(few, told)).toEqual({ phonemes: 2 / 3, words: 1 / 2 });
});
