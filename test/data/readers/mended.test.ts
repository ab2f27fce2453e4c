import { describe, expect, test, vi } from "vitest";
import { Generator } from "../../../src/base/random.js";
import { readTable } from "../../../src/data/readers/index.js";
import { tableParts } from "../../../src/data/readers/table-parts.js";

/** All rows and all faults of a text that comes in pieces of a size. */
async function read(text: string, { size = 7, longest = 2 ** 20, name = "a.csv" } = {}) {
  const bytes = new TextEncoder().encode(text);
  const pieces = async function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
  };
  const rows: string[] = [];
  const bad: string[] = [];
  for await (const part of tableParts(name, pieces(), { keepBad: true, longest })) {
    for (const [i, cells] of part.table.rows.entries()) rows.push(`${part.table.lines[i]}:${cells.join("|")}`);
    for (const { line, error } of part.bad) bad.push(`${line}:${error.must}`);
  }
  return { rows, bad };
}

const OPEN = "close every double quote";
const BEHIND = "have a separator behind a closing quote";
const INSIDE = "have quotes at both ends of a cell or not at all";

describe("a row whose quotes do not fit is told, and reading goes on at the next line", () => {
  test.each<[string, string, string[], string[]]>([
    ["one that opens and never closes", '1,"x\n2,y\n3,z\n', ["3:2|y", "4:3|z"], [`2:${OPEN}`]],
    ["in the last row", '1,x\n2,"y', ["2:1|x"], [`3:${OPEN}`]],
    ["in the last two rows", '1,"x\n2,"y\n3,"z', [], [`2:${BEHIND}`, `3:${BEHIND}`, `4:${OPEN}`]],
    ["which another one seems to close", '1,"x\n2,y\n3,"z"\n4,w\n', ["3:2|y", "4:3|z", "5:4|w"], [`2:${BEHIND}`]],
    ["one in the middle of a cell", '1,x"y\n2,y\n', ["3:2|y"], [`2:${INSIDE}`]],
    ["two in the middle of a cell", '1,x"y"\n2,y\n', ["3:2|y"], [`2:${INSIDE}`]],
    ["letters behind a closing one", '1,"x"y\n2,"a\nb"\n', ["3:2|a\nb"], [`2:${BEHIND}`]],
    ["before a cell of several lines", '1,"x\n2,"a\n\nb"\n3,c\n', ["3:2|a\n\nb", "6:3|c"], [`2:${BEHIND}`]],
    ["CRLF", '1,"x\r\n2,y\r\n', ["3:2|y"], [`2:${OPEN}`]],
    ["and rows that are ragged, too", '1,"x\n2\n3,y\n', ["4:3|y"], [`2:${OPEN}`, "3:have 2 cells, as the header has"]],
  ])("%s", async (_, text, rows, bad) => {
    for (const size of [1, 3, 7, 1000]) {
      expect(await read(`a,b\n${text}`, { size }), `pieces of ${size}`).toEqual({ rows, bad });
    }
  });

  test("where too much would have to be read for its end, without the rest of the file", async () => {
    const rows = Array.from({ length: 200 }, (_, i) => `${i},r${i}`);
    const text = `a,b\n0,"x\n${rows.join("\n")}\n`;
    const found = await read(text, { longest: 64, size: 10 });
    expect(found.bad).toEqual([`2:${OPEN}`]);
    expect(found.rows).toEqual(rows.map((row, i) => `${i + 3}:${row.replace(",", "|")}`));
  });

  test.each(["a.csv", "a.jsonl"])("a line that is longer than any row, %s", async (name) => {
    const [head, one, two] = name.endsWith("l") ? ["", '{"a":1,"b":"x"}', '{"a":2,"b":"y"}'] : ["a,b\n", "1,x", "2,y"];
    const found = await read(`${head}${one}\n${"z".repeat(500)}\n${two}\n`, { longest: 64, size: 10, name });
    expect(found.rows.map((row) => row.replace(/^\d+:/, ""))).toEqual(["1|x", "2|y"]);
    expect(found.bad).toEqual([expect.stringContaining("end within")]);
    const line = head === "" ? 1 : 2;
    expect(found.rows.map((row) => Number.parseInt(row, 10))).toEqual([line, line + 2]);
    expect(found.bad[0]).toMatch(new RegExp(`^${line + 1}:`));
  });

  test("a header that cannot be read is refused", async () => {
    await expect(read('a,"b\n1,2\n')).rejects.toThrow(OPEN);
  });
});

test("with and without quotes, rows that are whole are those of the parser alone", async () => {
  const generator = new Generator(5);
  const pick = <T>(from: readonly T[]) => from[generator.integer(from.length)]!;
  for (let i = 0; i < 60; i++) {
    const rows = Array.from({ length: 1 + generator.integer(12) }, () =>
      [0, 1].map(() => pick(["x", "", "안녕", '"a, b"', '"a\nb"', '"say ""hi"""', '""', "1.5", '"\r\n"'])).join(","),
    );
    const text = `a,b${pick(["\n", "\r\n"])}${rows.filter((row) => row !== "").join(pick(["\n", "\r\n", "\n\n"]))}\n`;
    const { rows: all, lines } = readTable(text, "a.csv");
    const found = await read(text, { size: 1 + generator.integer(20) });
    expect(found).toEqual({ rows: all.map((cells, r) => `${lines[r]}:${cells.join("|")}`), bad: [] });
  }
});

describe("lines that are no text", () => {
  const bytesOf = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

  /** Rows and faults of bytes in pieces, and how many bytes were decoded for it. */
  async function readBytes(text: string, size: number) {
    const bytes = bytesOf(text);
    let decoded = 0;
    const decode = TextDecoder.prototype.decode;
    const spy = vi.spyOn(TextDecoder.prototype, "decode").mockImplementation(function (this: TextDecoder, ...given) {
      decoded += given[0]?.byteLength ?? 0;
      return decode.apply(this, given);
    });
    const pieces = async function* () {
      for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
    };
    const [rows, bad]: [string[], string[]] = [[], []];
    for await (const part of tableParts("a.csv", pieces(), { keepBad: true })) {
      for (const [i, cells] of part.table.rows.entries()) rows.push(`${part.table.lines[i]}:${cells.join("|")}`);
      for (const { error } of part.bad) bad.push(`${error.argument} ${error.must}`);
    }
    spy.mockRestore();
    return { rows, bad, decoded };
  }

  test.each(["\n", "\r\n", "\r"])("are told in their order, those around them are read, %j", async (end) => {
    const lines = [
      "a,b",
      "1,x",
      "2,caf\xe9",
      "\xff",
      "3,\xc3\xa9",
      "",
      "\xef\xbb\xbf4,\xe9",
      "5,\0",
      "\xe9\0",
      "6,\xc3",
    ];
    const found = ["a.csv:3:6", "a.csv:4:1", "a.csv:7:4", "a.csv:8:3", "a.csv:9:2", "a.csv:10:3"];
    const must = [...Array(3).fill("be valid UTF-8"), "be text", "be text", "be valid UTF-8"];
    for (const size of [1, 5, 1000]) {
      const { rows, bad } = await readBytes(lines.join(end), size);
      expect(rows).toEqual(["2:1|x", "5:3|é"]);
      expect(bad).toEqual(found.map((place, i) => `${place} ${must[i]}`));
    }
  });

  test("in a file of another encoding each is looked at once", async () => {
    const text = `a,b\n${"1,caf\xe9\n2,x\n".repeat(2000)}`;
    const { rows, bad, decoded } = await readBytes(text, 2 ** 16);
    expect([rows.length, bad.length]).toEqual([2000, 2000]);
    expect(decoded).toBeLessThan(6 * text.length);
  });
});
