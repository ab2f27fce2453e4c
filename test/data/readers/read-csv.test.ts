import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FileError, FormatError, type UnrolledError } from "../../../src/base/errors.js";
import { loader, readCSV } from "../../../src/data/with-readers.js";

const WEATHER = `date,wind,days,rain,zip,note,empty
2012-01-01,4.7,3,true,02134,"a, b",
2012-01-02,,4,FALSE,00001,,
2012-01-04 12:30,-1e3,-5,true,90210,c,
`;

/** What reading throws. */
async function errorOf(text: string | Uint8Array, options: object = {}): Promise<UnrolledError> {
  try {
    await readCSV([text], { name: "t.csv", ...options });
  } catch (error) {
    return error as UnrolledError;
  }
  throw new Error("nothing was thrown");
}

describe("types", () => {
  test("are inferred, said, and may be told", async () => {
    const table = await readCSV([WEATHER], { name: "weather.csv" });
    expect(table.types).toEqual({
      date: "date",
      wind: "number",
      days: "integer",
      rain: "boolean",
      zip: "text",
      note: "text",
      empty: "missing",
    });
    expect(table.describe()).toBe(
      [
        "weather.csv: 3 rows, 7 columns",
        "date   date     2012-01-01 to 2012-01-04T12:30:00.000Z",
        "wind   number   -1000 to 4.7, mean -497.6  1 missing",
        "days   integer  -5 to 4, mean 0.667",
        "rain   boolean  66.67 % true",
        'zip    text     3 different: "02134", "00001", "90210"',
        'note   text     2 different: "a, b", "c"  1 missing',
        "empty  missing  3 missing",
      ].join("\n"),
    );
    expect((await readCSV([WEATHER], { types: { days: "text", wind: "text" } })).types).toMatchObject({
      days: "text",
      wind: "text",
    });
  });

  test.each([
    ["integer", ["1", "-2", "+3", " 4 "]],
    ["number", ["1", "2.5", ".5", "1e-3", "3."]],
    ["number", ["1", "9007199254740993"]],
    ["text", ["1", "0x10"]],
    ["text", ["1", "NaN"]],
    ["text", ["1", "Infinity"]],
    ["text", ["1", "1e999"]],
    ["text", ["007", "123"]],
    ["number", ["0", "0.5", "-0.25"]],
    ["boolean", ["true", "False", "TRUE"]],
    ["text", ["true", "yes"]],
    ["date", ["2024-02-29", "2024/03/01", "2024-03-01T10:00:00.250Z", "2024-03-01 10:00+09:00"]],
    ["text", ["2023-02-29"]],
    ["text", ["2024-13-01"]],
    ["text", ["2024-01-01T25:00"]],
  ])("%s: %j", async (type, cells) => {
    const table = await readCSV([`a,b\n${cells.map((cell) => `${cell},1`).join("\n")}`]);
    expect(table.types["a"]).toBe(type);
  });

  test("dates without a zone are UTC", async () => {
    const table = await readCSV(["t\n2024-03-01\n2024-03-01 10:00:01.25\n2024-03-01T10:00:00-05:30\n"]);
    expect(table.column("t")).toEqual([
      new Date("2024-03-01T00:00:00Z"),
      new Date("2024-03-01T10:00:01.250Z"),
      new Date("2024-03-01T15:30:00Z"),
    ]);
  });

  test("decimal commas and words for missing values", async () => {
    const table = await readCSV(["a;b\n1,5;NA\n-2;3\n"], { decimal: ",", missing: ["NA"] });
    expect(table.types).toEqual({ a: "number", b: "integer" });
    expect([...(table.column("a") as Float64Array)]).toEqual([1.5, -2]);
    expect(table.get(0)).toEqual({ a: 1.5, b: null });
  });
});

describe("rows and columns", () => {
  test("rows one by one are those of the table", async () => {
    const rows = [];
    for await (const row of readCSV([WEATHER])) rows.push(row);
    expect(rows).toEqual([...(await readCSV([WEATHER]))]);
    expect(rows[1]).toEqual({
      date: new Date("2012-01-02"),
      wind: null,
      days: 4,
      rain: false,
      zip: "00001",
      note: null,
      empty: null,
    });
  });

  test("columns that are chosen, without a header, without quotes", async () => {
    expect(await readCSV([WEATHER], { columns: ["days", "date"] }).table()).toMatchObject({
      columns: ["days", "date"],
    });
    expect((await readCSV(["1,2\n3,4\n"], { header: false })).get(1)).toEqual({ column1: 3, column2: 4 });
    expect((await readCSV(["1,2\n3,4\n"], { header: ["x", "y"] })).get(0)).toEqual({ x: 1, y: 2 });
    expect((await readCSV(['size,n\n5" pipe,1\n'], { quotes: false })).get(0)).toEqual({ size: '5" pipe', n: 1 });
    expect((await readCSV(["__proto__,b\n1,2\n"])).get(0)).toEqual(
      Object.fromEntries([
        ["__proto__", 1],
        ["b", 2],
      ]),
    );
  });

  test("tensors, numbers and classes", async () => {
    const table = await readCSV(["x,y,ok,kind\n1,2,true,b\n3,4.5,false,a\n5,6,true,b\n"]);
    const both = table.tensor(["y", "ok"]);
    expect([both.dtype, both.shape, [...both.data()]]).toEqual(["float32", [3, 2], [2, 1, 4.5, 0, 6, 1]]);
    const one = table.tensor("x", { dtype: "int32" });
    expect([one.dtype, one.shape, [...one.data()]]).toEqual(["int32", [3], [1, 3, 5]]);
    expect(table.numbers(["x"])).toEqual({ x: Float64Array.of(1, 3, 5) });
    expect(table.classes("kind")).toEqual({ ids: Int32Array.of(1, 0, 1), names: ["a", "b"] });
    expect([...table.take([2, 0])].map(({ x }) => x)).toEqual([5, 1]);
    const [batch] = loader(table, { batchSize: 3, collate: (rows) => rows.map(({ x }) => x) });
    expect(batch).toEqual([1, 3, 5]);
  });

  test("missing values are errors, or said, or left out", async () => {
    const table = await readCSV(["x,y\n1,2\n,3\n"], { name: "t.csv" });
    expect(() => table.tensor(["y", "x"])).toThrow(
      't.csv:3: column "x" must be a finite number, got a missing value. Leave such rows out with dropMissing(), or say',
    );
    expect([...table.tensor("x", { missing: -1 }).data()]).toEqual([1, -1]);
    expect(() => table.tensor("x", { dtype: "int32", missing: 0.5 })).toThrow(
      't.csv:3: column "x" must be an integer of 32 bits for dtype int32, got 0.5.',
    );
    expect(table.dropMissing().length).toBe(1);
    expect(table.dropMissing(["y"]).length).toBe(2);
  });
});

describe("sources", () => {
  const expected = [2, 4, 3.5];
  const text = "a,b\n2,x\n4,y\n3.5,z\n";
  const packed = gzipSync(text);
  const folder = mkdtempSync(join(tmpdir(), "csv-"));
  const [path, gz] = ["a.csv", "a.csv.gz"].map((name) => join(folder, name)) as [string, string];
  writeFileSync(path, text);
  writeFileSync(gz, packed);
  async function* parts(whole: Uint8Array, size: number) {
    for (let at = 0; at < whole.length; at += size) yield whole.subarray(at, at + size);
  }
  const encoded = new TextEncoder().encode(text);
  const utf16 = Uint8Array.from(`\ufeff${text}`, () => 0).length;
  const little = new Uint8Array(2 * utf16);
  for (const [i, letter] of [...`\ufeff${text}`].entries()) {
    new DataView(little.buffer).setUint16(2 * i, letter.charCodeAt(0), true);
  }

  test.each<[string, () => Parameters<typeof readCSV>[0], object?]>([
    ["text in an array", () => [text]],
    ["bytes", () => encoded],
    ["an ArrayBuffer", () => encoded.slice().buffer],
    ["a path", () => path],
    ["a file URL", () => new URL(`file://${path}`)],
    ["a gzip file", () => gz],
    ["a Blob", () => new Blob([text])],
    ["a File in gzip", () => new File([packed], "a.csv.gz")],
    ["a stream", () => new Blob([text]).stream()],
    ["a Response", () => new Response(text)],
    ["pieces of one byte", () => parts(encoded, 1)],
    ["gzip in pieces of one byte", () => parts(packed, 1)],
    ["pieces of text", () => [...text]],
    ["a byte-order mark", () => [`\ufeff${text}`]],
    ["CRLF, cut anywhere", () => parts(new TextEncoder().encode(text.replaceAll("\n", "\r\n")), 3)],
    ["CR alone", () => parts(new TextEncoder().encode(text.replaceAll("\n", "\r")), 4)],
    ["UTF-16, told", () => little, { encoding: "utf-16le" }],
  ])("%s", async (_, source, options) => {
    const table = await readCSV(source(), options);
    expect([...(table.column("a") as Float64Array)]).toEqual(expected);
    const walked = [];
    for await (const { a } of readCSV(source(), options)) walked.push(a);
    expect(walked).toEqual(expected);
  });

  test("what can be read twice is; a stream says that it cannot", async () => {
    const reader = readCSV(path);
    for await (const row of reader) if (row["a"] === 4) break;
    expect((await reader).length).toBe(3);
    const once = readCSV(new Blob([text]).stream());
    await once;
    await expect(async () => {
      for await (const _ of once);
    }).rejects.toThrow("readCSV: source must be a stream that nobody reads, got one that is read.");
  });

  test.each<[string, () => unknown, string]>([
    ["a file that is not there", () => join(folder, "none.csv"), "must be a file that can be read, got ENOENT."],
    ["text instead of a path", () => text, "To read text itself, put it into an array: [text]."],
    ["a web address", () => new URL("https://example.org/a.csv"), "Write await fetch(url)."],
    ["a promise", () => Promise.resolve(text), "Await it first."],
    [
      "a failed response",
      () => new Response("no", { status: 404, statusText: "Not Found" }),
      "response must be there, got 404 Not Found.",
    ],
    ["half of a gzip file", () => packed.subarray(0, packed.length - 12), "must be a whole gzip file"],
    ["gzip of nothing but its mark", () => Uint8Array.of(0x1f, 0x8b), "must be a whole gzip file"],
    ["an encoding that is none", () => [text], 'encoding must be a label that TextDecoder knows, got "utf-99".'],
    ["numbers", () => [1, 2], "source must yield bytes or text, got 1."],
  ])("%s", async (name, source, message) => {
    const options = name.startsWith("an encoding") ? { encoding: "utf-99" } : {};
    await expect(async () => await readCSV(source() as string, options)).rejects.toThrow(message);
  });

  test("a missing file is a FileError with its code", async () => {
    await expect(readCSV(join(folder, "none.csv")).table()).rejects.toBeInstanceOf(FileError);
  });
});

describe("what is wrong is named, with line and column", () => {
  test.each<[string, string, object, object]>([
    ["a,b\n1,2\n3\n", "t.csv:3 must have 2 cells, as the header has, got 1.", { line: 3, column: 2 }, {}],
    ["a,b\n1,2\n3,4,5\n", "t.csv:3 must have 2 cells, as the header has, got 3.", { line: 3, column: 3 }, {}],
    ['a,b\n1,"2\n3,4\n', "t.csv:2:3 must close every double quote", { line: 2, column: 3 }, {}],
    ['a,b\n1,"x" y\n', "t.csv:2:6 must have a separator behind a closing quote", { line: 2, column: 6 }, {}],
    ['a,b\n1,5" pipe\n', "t.csv:2:4 must have quotes at both ends of a cell", { line: 2, column: 4 }, {}],
    ["a,b,a\n1,2,3\n", 't.csv:1 must name each column once, got "a" twice.', { line: 1, column: 3 }, {}],
    ["\na,,c\n1,2,3\n", "t.csv:2 must name every column, got nothing for column 2.", { line: 2, column: 2 }, {}],
    ["", "t.csv must hold rows below its header, got an empty file.", { line: 1 }, {}],
    ["\ufeff", "t.csv must hold rows below its header, got an empty file.", { line: 1 }, {}],
    ["a,b\n", "t.csv must hold rows below its header, got none.", { line: 1 }, {}],
    ["a,b\n1,\u0000\n", "t.csv:2:3 must be text, got a NUL (byte 0).", { line: 2, column: 3 }, {}],
    [
      "price,b\n1,2\n",
      't.csv must have the column, got "prise". Did you mean "price"?',
      { key: "prise", nearest: "price" },
      { columns: ["prise"] },
    ],
    [
      "price,b\n1,2\n",
      't.csv must have the column, got "B". Did you mean "b"?',
      { key: "B" },
      { types: { B: "text" } },
    ],
    [
      'a,b\n1,2\n"1,5",2\n',
      'column "a" must be a finite number, got "1,5". Write it with a point: 1.5, or read the file with { decimal: "," }.',
      { line: 3, column: 1 },
      { types: { a: "number" } },
    ],
    [
      'a,b\n"1,234.5",2\n',
      "Write it without marks between thousands: 1234.5, or",
      { line: 2, column: 1 },
      { types: { a: "number" } },
    ],
    [
      "a,b\n1,NaN\n",
      'column "b" must be a finite number, got "NaN". Leave the cell of a missing value empty, or read the file with { missing: ["NaN"] }.',
      { line: 2, column: 2 },
      { types: { b: "number" } },
    ],
    [
      "a,b\n1,-Infinity\n",
      'column "b" must be a finite number, got "-Infinity". No model learns from infinity',
      { line: 2, column: 2 },
      { types: { b: "number" } },
    ],
    [
      "a,b\n1,12 kg\n",
      'column "b" must be a finite number, got "12 kg". Write the number alone: 12, or',
      { line: 2, column: 2 },
      { types: { b: "number" } },
    ],
    [
      "a,b\n1,2.5\n",
      'column "b" must be an integer, got "2.5". Mend it, or read the column as text: { types: { b: "text" } }.',
      { line: 2, column: 2 },
      { types: { b: "integer" } },
    ],
    [
      "a,b\n1,maybe\n",
      'column "b" must be true or false, got "maybe".',
      { line: 2, column: 2 },
      { types: { b: "boolean" } },
    ],
    [
      "a,b\n1,2023-02-29\n",
      'column "b" must be a date (2024-02-29, or 2024-02-29T13:30:00Z), got "2023-02-29".',
      { line: 2, column: 2 },
      { types: { b: "date" } },
    ],
    [
      "a,b\n1,2.5\n",
      'Write it with a comma, or read the file with { decimal: "." }.',
      { line: 2, column: 2 },
      { types: { b: "number" }, decimal: "," },
    ],
  ])("%j: %s", async (text, message, details, options) => {
    const error = await errorOf(text, options);
    expect(error.message).toContain(message);
    expect(error).toBeInstanceOf(FormatError);
    expect(error.details).toMatchObject(details);
  });

  test.each<[string, Uint8Array, string]>([
    [
      "UTF-16",
      Uint8Array.of(0xff, 0xfe, 0x61, 0, 0x0a, 0),
      'got UTF-16 (utf-16le). Convert it to UTF-8, or read it with its { encoding: "utf-16le" }.',
    ],
    [
      "UTF-16 without a mark",
      Uint8Array.of(0, 0x61, 0, 0x2c, 0, 0x0a),
      'got UTF-16 (utf-16be). Convert it to UTF-8, or read it with its { encoding: "utf-16be" }.',
    ],
    [
      "Latin 1",
      Uint8Array.of(0x61, 0x0a, 0x61, 0xe9, 0x0a),
      't.csv:2:2 must be valid UTF-8, got byte 0xe9, which begins no character. Convert it to UTF-8, or read it with its { encoding: "windows-1252" }.',
    ],
    [
      "a ZIP archive",
      new TextEncoder().encode("PK\u0003\u0004rest"),
      "must be text, got a ZIP archive. Unpack it; if it is a spreadsheet, save it as CSV.",
    ],
    ["a Parquet file", new TextEncoder().encode("PAR1rest"), "must be text, got a Parquet file."],
  ])("%s", async (_, text, message) => {
    expect((await errorOf(text)).message).toContain(message);
  });

  test("a later cell that is not what the first rows promised", async () => {
    const text = ["a\n", ...Array.from({ length: 1500 }, (_, i) => `${i}\n`), "x\n"];
    await expect(async () => {
      for await (const _ of readCSV(text, { name: "t.csv" }));
    }).rejects.toThrow('t.csv:1502: column "a" must be a finite number, got "x". Mend it, or read the column as text');
    text[1501] = "0.5\n";
    const rows = [];
    for await (const row of readCSV(text)) rows.push(row);
    expect(rows).toHaveLength(1501);
  });

  test("the first 1000 rows decide, however many come at once", async () => {
    const lines = ["a\n", ...Array.from({ length: 1000 }, (_, i) => `${i}\n`), "x\n"];
    for (const text of [lines, [lines.join("")]]) {
      await expect(async () => {
        for await (const _ of readCSV(text, { name: "t.csv" }));
      }).rejects.toThrow('t.csv:1002: column "a" must be a finite number, got "x".');
    }
  });

  test("a column of text that was meant as numbers names the first cell that is none", async () => {
    const table = await readCSV(['a,zip\n1,001\n"1,5",002\n'], { name: "t.csv" });
    expect(() => table.tensor("a")).toThrow(
      't.csv:3: column "a" must be a finite number, got "1,5" (the column is text). Write it with a point: 1.5',
    );
    expect(() => table.tensor("zip")).toThrow(
      't.csv:2: column "zip" must be a finite number, got "001" (the column is text)',
    );
    expect(() => table.tensor()).toThrow('column "a"');
    const small = await readCSV(["a\n0.5\n0\n1e3\nx\n"], { name: "t.csv" });
    expect(() => small.tensor("a")).toThrow('t.csv:5: column "a" must be a finite number, got "x"');
    const commas = await readCSV(["a;b\n1,5;1\n0,5;2\nx;3\n"], { name: "t.csv", decimal: "," });
    expect(() => commas.take([1, 2]).tensor("a")).toThrow('t.csv:4: column "a" must be a finite number, got "x"');
    expect(() => table.column("aa")).toThrow('t.csv must have the column, got "aa". Did you mean "a"?');
  });
});

test("a cell of many megabytes", async () => {
  const cell = `"${"x\n".repeat(2 << 20)}"`;
  const table = await readCSV([`a,b\n${cell},1\n2,3\n`]);
  expect((table.column("a") as string[])[0]).toHaveLength(4 << 20);
});

test("whatever cells hold comes back, however the bytes are cut", async () => {
  const cell = fc.string({ unit: fc.constantFrom("a", '"', ",", "\n", "\r\n", "한", "😀", " ", ";"), maxLength: 5 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 40 }),
      async (rows, size) => {
        const quoted = (text: string) =>
          /[",\r\n]/.test(text) || text.trim() === "" ? `"${text.replaceAll('"', '""')}"` : text;
        const text = `a,b\n${rows.map((row) => row.map(quoted).join(",")).join("\n")}\n`;
        const whole = new TextEncoder().encode(text);
        const pieces = Array.from({ length: Math.ceil(whole.length / size) }, (_, i) =>
          whole.subarray(i * size, (i + 1) * size),
        );
        const table = await readCSV(pieces, { types: { a: "text", b: "text" } });
        const found = [...table].map((row) => [row["a"] ?? "", row["b"] ?? ""]);
        // White space alone is a missing value.
        expect(found).toEqual(rows.map((row) => row.map((value) => (value.trim() === "" ? "" : value))));
      },
    ),
    { numRuns: 150, seed: 4 },
  );
});
