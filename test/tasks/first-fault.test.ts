import { describe, expect, test } from "vitest";
import * as tasks from "../../src/tasks/index.js";

/** Rows of which several cells are wrong, far apart: whichever part is drawn first, what is told is the first of the file. */
const ROWS = 60;
const BAD = [7, 23, 31, 58];

const noise = (i: number) => ((i * 7919 + 13) % 1009) / 10;
const day = (i: number) => new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10);
const two = (i: number) => "xy"[i % 2]!;
type Cells = (i: number, at: <T>(good: T, bad: string) => T | string) => readonly (string | number)[];

const CASES: readonly [what: string, columns: string, cells: Cells, settings: object][] = [
  ["a number", "a,b,label", (i, at) => [noise(i), at(noise(i + 1), "NA"), two(i)], { task: "classify" }],
  ["the first column of two", "a,b,label", (i, at) => [at(noise(i), "?"), i > 40 ? "NA" : noise(i + 1), two(i)], { task: "classify" }],
  ["a text", "said,label", (i, at) => [at(`word ${i}`, ""), two(i)], { task: "classify", text: "said" }],
  ["a class", "said,label", (i, at) => [`word ${i}`, at(two(i), "")], { task: "classify", text: "said" }],
  ["a number to tell", "a,price", (i, at) => [noise(i), at(noise(i + 3), "12 kg")], { task: "regress", label: "price" }],
  ["a number that one is told from", "a,price", (i, at) => [at(noise(i), "NA"), noise(i + 3)], { task: "regress", label: "price" }],
  ["a row of a group", "id,a,label", (i, at) => [`g${i >> 2}`, at(noise(i), "NA"), two(i >> 2)], { task: "classify", group: "id" }],
  ["a row of a window", "a,label", (i, at) => [at(noise(i), "NA"), two(i >> 4)], { task: "classify", window: 4, label: "label" }],
  ["a condition", "said,label,size", (i, at) => [`w${i}`, two(i), at(i, "?")], { task: "generate", text: "said", condition: "size" }],
  ["a side of a pair", "source,target", (i, at) => [`w${i}`, at(`v${i}`, "")], { task: "seq2seq" }],
  ["a value of a series", "date,v", (i, at) => [day(i), at(noise(i), "x")], { task: "forecast" }],
]; // biome-ignore format: a case a line

describe.each([false, true])("the first fault of a file is told, streamed: %s", (stream) => {
  // Of rows that come one after another it is known at the end which conditions are numbers.
  const told = CASES.filter(([what]) => !(stream && what === "a condition"));
  test.each(told)("%s", async (_, columns, cells, settings) => {
    const row = (i: number) => cells(i, (good, bad) => (BAD.includes(i) ? bad : good)).join(",");
    const bytes = new TextEncoder().encode([columns, ...Array.from({ length: ROWS }, (_, i) => row(i))].join("\n"));
    for (const seed of [1, 2, 3]) {
      const options = { ...settings, hidden: 2, epochs: 1, valid: 0.1, seed, stream };
      const trained = tasks.train({ name: "t.csv", bytes }, options as never);
      await expect(trained).rejects.toMatchObject({ details: { line: BAD[0]! + 2 } });
    }
  });
});

test("which value of a series is no count is told", async () => {
  const of = (i: number) => (i < 11 ? i % 5 : i === 11 ? -2 : 0.5);
  const bytes = new TextEncoder().encode(
    `date,v\n${Array.from({ length: 40 }, (_, i) => `${day(i)},${of(i)}`).join("\n")}\n`,
  );
  const trained = tasks.train({ name: "t.csv", bytes }, { task: "forecast", output: "negative-binomial" });
  await expect(trained).rejects.toMatchObject({ value: "-2 as value 12" });
});
