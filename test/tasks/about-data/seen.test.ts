import { expect, test } from "vitest";
import { Generator } from "../../../src/base/random.js";
import { heldHow } from "../../../src/tasks/about-data/held-out.js";
import { SeenColumns } from "../../../src/tasks/about-data/seen-columns.js";
import { SeenRows } from "../../../src/tasks/about-data/seen-rows.js";

const of = (i: number) => Int32Array.of(i, 7, i >> 3);

test("of more rows than are held, those that are looked at are told exactly", () => {
  for (const most of [16, 100, 3000]) {
    const seen = new SeenRows(most);
    for (let i = 0; i < 3000; i++) seen.learn(of(i), i % 3);
    expect(seen.notes("rows", true)).toEqual([]);
    for (let i = 3000; i < 4000; i++) seen.judge(of(i));
    expect(seen.notes("rows", true)).toEqual([]);
    for (let i = 0; i < 3000; i++) seen.learn(of(i), 5);
    for (let i = 0; i < 3000; i++) seen.judge(of(i));
    const [again, torn] = seen.notes("rows", true);
    const [, repeated, judged, share] =
      /^([\d,]+) of ([\d,]+) rows validated on(?: \(one in (\d+) looked at\))? also/.exec(again!)!;
    const number = (text: string) => Number(text.replace(",", ""));
    expect(share === undefined).toBe(most === 3000);
    if (share === undefined) expect([repeated, judged]).toEqual(["3,000", "4,000"]);
    expect(number(repeated!)).toBeLessThanOrEqual(most);
    expect(Math.abs(number(repeated!) * Number(share ?? 1) - 3000)).toBeLessThan(900 + 6000 / Math.sqrt(most));
    expect(torn).toMatch(new RegExp(`^${repeated} times? rows to train on`));
  }
});

test("zeros with and without a sign are one, the end of a row counts", () => {
  const seen = new SeenRows();
  seen.learn(Float32Array.of(-0, 1), 0);
  for (const row of [[0, 1], [0, 1, 0], [0], [1, 0]]) seen.judge(Float32Array.from(row)); // biome-ignore format: a line
  expect(seen.notes("rows", true)).toEqual(["1 of 4 rows validated on also stand in training: figures flatter"]);
});

test("cells that are passed over say nothing new of their column", () => {
  const cells = ["1", "-3", "0", "007", "-0.5", "1.", ".5", "-", "1e3", "", " 2", "9".repeat(16), "0.", "00", "true", "2024-01-01", "x", "1.2.3", "+4", "1.0"]; // biome-ignore format: a line
  const draw = new Generator(3);
  for (let round = 0; round < 400; round++) {
    const column = Array.from({ length: 1 + draw.integer(4) }, () => cells[draw.integer(cells.length)]!);
    const seen = new SeenColumns(["a"]);
    for (const cell of column) seen.see([cell]);
    // Each cell by itself is never passed over.
    const types = column.map((cell) => {
      const one = new SeenColumns(["a"]);
      one.see([cell]);
      return one.details({})[0]!.type;
    });
    const kinds = [...new Set(types.filter((type) => type !== "missing"))];
    const isNumber = kinds.every((kind) => kind === "integer" || kind === "number");
    const wanted = kinds.length === 0 ? "missing" : kinds.length === 1 ? kinds[0] : isNumber ? "number" : "text";
    expect([column, seen.details({})[0]!.type]).toEqual([column, wanted]);
  }
});

test.each([
  [{ valid: 0.05 }, "at random", "5 %, at random, seed 1"],
  [{ valid: 0.05, splitSeed: 7 }, "at random", "5 %, at random, seed 7"],
  [{ valid: 0.05, fold: "2/5", splitSeed: null }, "of each class its share at random", "part 2 of 5, of each class its share at random, seed 1"],
  [{ valid: 0.1, fold: "1/3" }, "the end of the text", "part 1 of 3"],
  [{ valid: 0.125, fold: null }, "the end of the text", "12.5 %, the end of the text"],
  [{ valid: 0 }, "at random", "none"],
])("how parts were drawn: %o", (settings, drawn, said) => {
  expect(heldHow({ seed: 1, ...settings }, undefined, drawn)).toBe(said);
  expect(heldHow({ seed: 1, ...settings }, { name: "v.csv" }, drawn)).toBe("the file v.csv");
}); // biome-ignore format: cases
