import { expect, test } from "vitest";
import { looksLikeTable } from "../../src/cli/input/looks-like-table.js";

const lines = (head: string, of: (i: number) => string, n = 9) =>
  [head, ...Array.from({ length: n }, (_, i) => of(i))].join("\n");

test.each<[isTable: boolean, what: string, text: string]>([
  [true, "commas", lines("text,label", (i) => `it was ${i},good`)],
  [true, "a mark and CRLF", `\ufeff${lines("text;label", (i) => `it was ${i};good`)}`.replaceAll("\n", "\r\n")],
  [true, "separators in quotes", lines('"text","label"', (i) => `"well, ${i}, so","good"`)],
  [true, "tabs", lines("문장\t분류", (i) => `좋아요 ${i}\t긍정`)],
  [true, "objects", lines('{"text":"a","label":"b"}', (i) => `{"text":"${i}","label":"b"}`)],
  [false, "prose", lines("Call me Ishmael, some years ago.", () => "never mind how long, precisely")],
  [
    false,
    "a log whose times have a comma",
    lines("2024-01-01 10:00:00,123 INFO a", (i) => `2024-01-01 10:00:0${i},1 b`),
  ],
  [false, "code", lines("const a = 1;", (i) => `const b${i} = 2;`)],
  [false, "words and tags", lines("Ada B-PER", () => "lives O")],
  [false, "rows without a header", lines("1,2,3", (i) => `${i},2,3`)],
  [false, "rows of other lengths", lines("a,b", (i) => (i === 4 ? "1" : "1,2"))],
  [false, "JSON of many lines", JSON.stringify([{ a: 1 }, { a: 2 }], null, 1)],
  [false, "few lines", "a,b\n1,2"],
  [false, "nothing", ""],
])("looks like a table, %s: %s", (isTable, _, text) => {
  expect(looksLikeTable(new TextEncoder().encode(text))).toBe(isTable);
});

test("of a long text only its beginning is looked at", () => {
  const text = lines("text,label", (i) => `it was ${i},good`, 20_000);
  expect(looksLikeTable(new TextEncoder().encode(text))).toBe(true);
});
