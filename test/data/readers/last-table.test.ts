import { expect, test } from "vitest";
import { readTable } from "../../../src/data/readers/index.js";

const bytes = (text: string) => new TextEncoder().encode(text);

test("a table that was parsed last is not parsed again, and is that of its bytes", () => {
  const rows = bytes(`a,b\n${"1,x\n".repeat(50)}`);
  const table = readTable(rows, "t.csv");
  expect(readTable(rows.slice(), "t.csv")).toBe(table);
  // At any place of a buffer, whose words then are others.
  for (const at of [1, 2, 3, 4]) {
    const moved = new Uint8Array(rows.length + 8).subarray(at, at + rows.length);
    moved.set(rows);
    expect(readTable(moved, "t.csv")).toEqual(table);
  }
  expect(readTable(rows, "u.csv").source).toBe("u.csv");
  expect(readTable(rows, "u.tsv").columns).toEqual(["a,b"]);
});

test("a buffer that is filled anew is another table, wherever it differs", () => {
  const rows = bytes("a,b\n1,2\n3,4\n5,6\n7,8");
  for (let at = 4; at < rows.length; at += 2) {
    const before = readTable(rows, "t.csv");
    rows[at]!++;
    const after = readTable(rows, "t.csv");
    expect(after).not.toBe(before);
    expect(after.rows.flat().join()).not.toBe(before.rows.flat().join());
  }
});

test("what is wrong is told each time", () => {
  const bad = bytes("a,b\n1\n");
  for (let i = 0; i < 2; i++) expect(() => readTable(bad, "t.csv")).toThrow("t.csv:2");
});
