import { expect, test } from "vitest";
import type { FormatError } from "../../../src/base/errors.js";
import { readTable } from "../../../src/data/readers/index.js";

const GOOD = '{"text":"a","n":1}';

function errorOf(text: string): FormatError {
  try {
    readTable(text, "t.jsonl");
  } catch (error) {
    return error as FormatError;
  }
  throw new Error(`no error from ${text}`);
}

test.each([
  [[GOOD, `${GOOD},`], "2:19", "Leave out the comma at its end: each line is an object of its own."],
  [[GOOD, '{"text":"a","n":1,}'], "2:19", "Leave out the comma before the closing bracket."],
  [[GOOD, '{"text":"한 \u{1f600}","n":1,}'], "2:21", "Leave out the comma before the closing bracket."],
  [["[", `${GOOD},`, GOOD, "]"], "1:2", /^Write each object on a line of its own/],
  [[`[${GOOD},${GOOD}]`], "1", /^Write each object on a line of its own/],
  [["{", '"text": "a",', '"n": 1', "}"], "1:2", "Write each object on one line."],
  [[GOOD, '{"text":"a","n":1'], "2:18", "Mend the line, or leave it out."],
  [[GOOD, "{'text':'a','n':1}"], "2:2", "Write names and texts in double quotes."],
  [[GOOD, '{"text":"a","n":NaN}'], /^2/, /^Write null in its place/],
  [[GOOD, '{"text":"a","n":True}'], /^2/, "Write true and false in small letters."],
  [[GOOD + GOOD], "1:19", "Begin a new line after each object."],
  [["text,n", "a,1"], /^1/, "Leave the line out; or name the file .csv, if it is a table of cells."],
  [[GOOD, "5"], "2", /./],
  [[GOOD, "null"], "2", /./],
])("%j", (lines, place, fix) => {
  const error = errorOf(`${lines.join("\n")}\n`);
  const where = error.argument.slice("t.jsonl:".length);
  if (typeof place === "string") expect(where).toBe(place);
  else expect(where).toMatch(place);
  expect(error.fix).toEqual(typeof fix === "string" ? fix : expect.stringMatching(fix));
  const [line, column] = where.split(":").map(Number);
  expect(error.details).toMatchObject(column === undefined ? { line } : { line, column });
});

test("what follows the advice is read", () => {
  expect(readTable('{"text":"a","n":1}\n{"text":"a","n":null}\n', "t.jsonl").rows).toEqual([
    ["a", "1"],
    ["a", ""],
  ]);
});

test.each([1002, 100_000])("lists in one another %s times are refused, and 900 are read", (deep) => {
  const line = (depth: number) => `{"text":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  expect(errorOf(`${line(deep)}\n`)).toMatchObject({ argument: "t.jsonl:1", fix: "Leave the line out." });
  expect(readTable(`${line(900)}\n`, "t.jsonl").rows[0]![0]).toHaveLength(1800);
});

test("a long line of commas and blanks is refused at once", () => {
  const error = errorOf(`{"text":${", ".repeat(200_000)}x\n`);
  expect(error.must).toBe("be JSON");
});
