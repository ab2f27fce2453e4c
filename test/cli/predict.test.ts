import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { predictionFormat } from "../../src/cli/commands/prediction-formats.js";
import { readDelimited } from "../../src/data/readers/index.js";
import { train } from "../../src/tasks/task-model.js";
import { nameTable, seriesTable } from "../support/rows.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { FakeTerminal } from "../support/terminal.js";

const folder = temporaryFolder();
const { at } = folder;
const bytes = (text: string) => new TextEncoder().encode(text);
const SMALL = { hidden: 8, embed: 5, epochs: 4, lr: 0.03, valid: 0.2 };
let [names, series]: Uint8Array[] = [];

beforeAll(async () => {
  names = (await train({ name: "names.csv", bytes: bytes(nameTable(200)) }, SMALL)).model.encode();
  series = (await train({ name: "series.csv", bytes: bytes(seriesTable(100)) }, SMALL)).model.encode();
});

async function predict(model: Uint8Array | undefined, content: string | Uint8Array, file: string, ...argv: string[]) {
  writeFileSync(at("model"), model!);
  const isInput = file === "-";
  if (!isInput) writeFileSync(at(file), content);
  const terminal = new FakeTerminal({ input: isInput ? content : "" });
  return folder.cliOn(terminal, "predict", "@model", isInput ? "-" : `@${file}`, ...argv);
}
const lines = (text: string) => text.trimEnd().split("\n");

describe("formats", () => {
  test("CSV has the columns of the file, as they were, and then what was predicted", async () => {
    const content = 'name,label,note\nLena,=1+1,"a, b"\nBortok,-1.5," ""q"""\n';
    const { code, out, err } = await predict(names, content, "new.csv", "--out-format", "csv");
    expect([code, err]).toEqual([0, ""]);
    const { columns, rows } = readDelimited(out, "out");
    const predicted = ["predicted_label", "probability", "probabilities.flower", "probabilities.stone", "unknown"];
    expect(columns).toEqual(["name", "label", "note", ...predicted]);
    expect(rows.map((row) => row.slice(0, 4))).toEqual([
      ["Lena", "=1+1", "a, b", "flower"],
      ["Bortok", "-1.5", ' "q"', "stone"],
    ]);
    const { out: json } = await predict(names, content, "new.csv", "--json");
    for (const [i, line] of lines(json).entries()) {
      const { label, probability, probabilities } = JSON.parse(line);
      expect(rows[i]!.slice(3)).toEqual([label, probability, probabilities.flower, probabilities.stone, 0].map(String));
    }
    const { out: table } = await predict(names, content, "new.csv");
    expect(table).toMatch(/^flower {2}[\d.]+ %\nstone {2}[\d.]+ %\n$/);
  });

  test.each([
    ["=1+1", "'=1+1"],
    ["+x", "'+x"],
    ["-x", "'-x"],
    ["@SUM(A1)", "'@SUM(A1)"],
    ["\tx", "'\tx"],
    ["-1.5", "-1.5"],
    ["+2e3", "+2e3"],
    ["a=b", "a=b"],
  ])("--csv-safe makes of %j %j, and nothing else does", async (cell, safe) => {
    const content = `name,note\nLena,${cell}\n`;
    const notes = async (...argv: string[]) => {
      const { out } = await predict(names, content, "new.csv", "--out-format", "csv", ...argv);
      return readDelimited(out, "out").rows[0]![1];
    };
    expect([await notes(), await notes("--csv-safe")]).toEqual([cell, safe]);
  });

  test("what has parts is JSON in a cell of CSV, and so is a list with its own separator", () => {
    const spans = [{ type: "PER", start: 0, end: 1, text: "Ada" }];
    const row = (tokens: string[]) => ({
      text: "",
      values: { tokens, spans, by: { x: { y: 1 }, z: null } },
      cells: [],
    });
    const format = predictionFormat("csv", { keepsBad: false, safe: false });
    const out = format.lines({ columns: [], rows: [row(["Ada", "lives"]), row(["a;b", ";"])] });
    const { columns, rows } = readDelimited(out.join("\n"), "out");
    expect(columns).toEqual(["tokens", "spans", "by.x", "by.z"]);
    expect(rows[0]!.slice(0, 1)).toEqual(["Ada;lives"]);
    expect(JSON.parse(rows[1]![0]!)).toEqual(["a;b", ";"]);
    for (const [, second, x, z] of rows) {
      expect([JSON.parse(second!), JSON.parse(x!), z]).toEqual([spans, { y: 1 }, ""]);
    }
  });

  test.each([
    [["--out-format", "jsonl"], "Try: --out-format json"],
    [["--out-format", "Table"], "Try: --out-format table"],
    [["--out-format", "xml"], '--out-format: found "xml"; it must be one of table, csv, json'],
    [["--out-format", "csv", "--json"], "--json: found --out-format csv as well; it stands for --out-format json"],
    [["--csv-safe"], "--csv-safe: found --out-format table; it is for CSV"],
  ])("%j is refused", async (argv, says) => {
    const { code, err } = await predict(names, "name\nLena\n", "new.csv", ...argv);
    expect([code, err]).toEqual([2, expect.stringContaining(says)]);
  });
});

describe("what a file is read as", () => {
  const told = async (content: string | Uint8Array, file: string) => {
    const { code, out, err } = await predict(names, content, file, "--json");
    return { code, labels: lines(out).map((line) => JSON.parse(line).label), err };
  };
  const both = { code: 0, labels: ["flower", "stone"], err: "" };

  test.each<[string, string | Uint8Array, string]>([
    ["CSV", "name\nLena\nBortok\n", "new.csv"],
    ["TSV", "id\tname\n1\tLena\n2\tBortok\n", "new.tsv"],
    ["JSON lines", '{"name":"Lena"}\n\n{"name":"Bortok"}\n', "new.jsonl"],
    ["gzip", gzipSync("name\nLena\nBortok\n"), "new.csv.gz"],
    ["JSON lines in gzip", gzipSync('{"name":"Lena"}\n{"name":"Bortok"}\n'), "new.jsonl.gz"],
    ["CRLF, a byte-order mark and no end of line", "\ufeffname\r\nLena\r\nBortok", "new.csv"],
    ["standard input with a header", "name;x\nLena;1\nBortok;2\n", "-"],
    ["JSON lines on standard input", '{"name":"Lena"}\n{"name":"Bortok"}\n', "-"],
  ])("%s", async (_, content, file) => {
    expect(await told(content, file)).toEqual(both);
  });

  test.each(["-", "new.txt"])("a text a line, which is said: %s", async (file) => {
    const { code, labels, err } = await told("Lena\n\nBortok\n", file);
    expect({ code, labels }).toEqual({ code: 0, labels: both.labels });
    expect(err).toBe(
      `note: ${file} has no column that the model reads: each line is a text\n`.replace("new.txt", "new.txt"),
    );
  });

  test("a header that is nearly right is no text", async () => {
    const { code, err } = await predict(names, "nam,x\nLena,1\n", "-");
    expect([code, err]).toEqual([3, expect.stringContaining('found "name"; it must have the column')]);
  });
});

describe("bad rows", () => {
  const NAMES = 'name,n\nLena,1\nBortok\n"",3\nBortok,4\n';
  const NUMBERS = "a,b,c,d,e\n1,2,3,4,5\n1,2,x,4,5\n1,2,3,4,NaN\n9,8,7,6,5\n";

  test("the first one ends it, and what was told stands", async () => {
    const { code, out, err } = await predict(series, NUMBERS, "new.csv");
    expect([code, out]).toEqual([3, ""]);
    expect(err).toMatch(
      /^error: new\.csv:3: column "c": found "x"; it must be a finite number\. Nothing was written\./,
    );
  });

  test("--skip-bad tells why in its place, and how many at the end", async () => {
    const { code, out, err } = await predict(names, NAMES, "new.csv", "--skip-bad", "--json");
    expect(code).toBe(0);
    const rows = lines(out).map((line) => JSON.parse(line));
    expect(rows.map(({ label, line, error }) => [label, line, error])).toEqual([
      ["flower", undefined, undefined],
      [undefined, 3, expect.stringContaining("new.csv:3 must have 2 cells")],
      [undefined, 4, expect.stringContaining('new.csv:4: column "name" must hold text, got ""')],
      ["stone", undefined, undefined],
    ]);
    expect(lines(err)).toEqual([
      "warning: 2 of 4 rows could not be read",
      expect.stringMatching(/^ {2}new\.csv:3: found 1; it must have 2 cells/),
      expect.stringMatching(/^ {2}new\.csv:4: column "name": found ""; it must hold text/),
    ]);
  });

  test("in CSV in a column of its own, with the cells of the row; also where the first rows are bad", async () => {
    const [head, first, ...rest] = NUMBERS.trimEnd().split("\n");
    const content = [head, ...rest, first, ""].join("\n");
    const { out } = await predict(series, content, "new.csv", "--skip-bad", "--out-format", "csv");
    const { columns, rows } = readDelimited(out, "out");
    expect(columns).toEqual([..."abcde", "label", "probability", "probabilities.down", "probabilities.up", "error"]);
    expect(rows.map((row) => [row[2], row[5], row[9]])).toEqual([
      ["x", "", expect.stringContaining("finite number")],
      ["3", "", expect.stringContaining("finite number")],
      ["7", expect.stringMatching(/^(up|down)$/), ""],
      ["3", expect.stringMatching(/^(up|down)$/), ""],
    ]);
  });

  test.each([
    ["JSON lines", '{"name":"Lena"}\n{"name":\n[1]\n{"nom":"x"}\n{"name":"Bortok"}\n', "new.jsonl", 3],
    ["more than are shown", `name,n\n${"x\n".repeat(7)}Lena,1\n`, "new.csv", 7],
  ])("%s", async (_, content, file, bad) => {
    const { code, out, err } = await predict(names, content, file, "--skip-bad");
    expect(code).toBe(0);
    expect(lines(out).filter((line) => line.startsWith("error: "))).toHaveLength(bad);
    expect(err).toMatch(new RegExp(`^warning: ${bad} of ${bad + (bad === 3 ? 2 : 1)} rows could not be read\n`));
    if (bad === 7) expect(err).toContain("  and 2 more\n");
  });

  test.each([
    ["a quote that is not closed", '"Bor', /^ {2}new\.csv:3:1: .*must close every double quote/],
    ["a NUL", "Le\0na", /^ {2}new\.csv:3:3: .*must be text/],
    ["a line without an end", `"${"x".repeat(2 ** 20)}`, /^ {2}new\.csv:3:1: .*must close every double quote/],
  ])("%s: told in the place of its row, and the file is read on", async (_, bad, says) => {
    const content = `name\nLena\n${bad}\n${"Lena\n".repeat(200)}`;
    const { code, out, err } = await predict(names, content, "new.csv", "--skip-bad");
    expect(code).toBe(0);
    const said = lines(out).map((line) => line.startsWith("error: "));
    expect([said.length, said.indexOf(true), said.lastIndexOf(true)]).toEqual([202, 1, 1]);
    expect(lines(err)).toEqual(["warning: 1 of 202 rows could not be read", expect.stringMatching(says)]);
  });

  test("eval leaves them out, and tells how many", async () => {
    writeFileSync(at("model"), names!);
    writeFileSync(at("new.csv"), "name,kind\nLena,flower\nBortok,cloud\nBortok,stone\n");
    const { code, out, err } = await folder.cli("eval", "@model", "@new.csv", "--skip-bad");
    expect([code, out]).toEqual([0, expect.stringMatching(/\nrows +2\n/)]);
    expect(err).toMatch(
      /^warning: 1 row could not be read\n {2}new\.csv:3: column "kind": found "cloud"; it must be a class/,
    );
  });
});

test("100 texts of many lengths are told in their order", async () => {
  const texts = Array.from({ length: 150 }, (_, i) => "Lena Bortok".repeat(1 + ((i * 7) % 13)).slice(i % 5));
  const { out } = await predict(names, `name\n${texts.join("\n")}\n`, "new.csv", "--json");
  const rows = lines(out).map((line) => JSON.parse(line));
  expect(rows).toHaveLength(150);
  for (const i of [0, 17, 149]) {
    const { out: one } = await predict(names, `name\n${texts[i]}\n`, "one.csv", "--json");
    expect(rows[i].probability).toBeCloseTo(JSON.parse(one).probability, 5);
  }
});
