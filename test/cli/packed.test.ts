import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { isTableName, readTable } from "../../src/data/readers/index.js";
import { reversedPairs } from "../support/pairs.js";
import { dailyTable, priceTable } from "../support/rows.js";
import { conll, taggedSentences } from "../support/tagged.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { FakeTerminal } from "../support/terminal.js";
import { nonsense } from "../support/text.js";

const folder = temporaryFolder();
const { at } = folder;
const SMALL = ["--hidden", "8", "--layers", "1", "--batch", "4", "--max-steps", "4", "--threads", "1"];
const ROWS = Array.from({ length: 40 }, (_, i) => ({ words: `${i % 2 ? "good" : "bad"} ${i}`, kind: i % 2 ? "up" : "down" })); // biome-ignore format: a line
const CSV = `words,kind\n${ROWS.map(({ words, kind }) => `${words},${kind}\n`).join("")}`;
const JSONL = ROWS.map((row) => `${JSON.stringify(row)}\n`).join("");
const weights = (run: string) => readFileSync(at(run, "best.safetensors")).toString("base64");
const text = nonsense(2000);

test("a packed text trains as the text itself, and so do several, one of them packed", async () => {
  writeFileSync(at("a.txt"), text);
  writeFileSync(at("a.txt.gz"), gzipSync(text));
  writeFileSync(at("b.gz"), Buffer.concat([gzipSync(text.slice(0, 700)), gzipSync(text.slice(700))]));
  const tokens = ["--seq-len", "10"];
  for (const [name, files] of Object.entries({ one: ["@a.txt"], packed: ["@a.txt.gz"], parts: ["@b.gz"], twice: ["@a.txt", "@a.txt"], both: ["@a.txt", "@a.txt.gz"] })) {
    const { code, err } = await folder.cli("train", ...files, "--out", at(name), ...SMALL, ...tokens);
    expect([name, code, err]).toEqual([name, 0, ""]);
  }
  for (const name of ["packed", "parts"]) expect(weights(name)).toBe(weights("one"));
  expect(weights("both")).toBe(weights("twice"));
}); // biome-ignore format: a table

test("bytes are taken as they are: packed ones too", async () => {
  writeFileSync(at("a.gz"), gzipSync(text));
  const { out } = await folder.cli("train", "@a.gz", "--out", "@run", "--tokens", "byte", "--seq-len", "5", ...SMALL);
  const tokens = Number(/([\d,]+) tokens \(/.exec(out)![1]!.replace(",", ""));
  expect(tokens).toBeLessThan(gzipSync(text).length);
});

test.each<[string, string | Uint8Array]>([
  ["CSV", CSV],
  ["CSV in gzip", gzipSync(CSV)],
  ["JSON lines", JSONL],
  ["JSON lines in gzip", gzipSync(JSONL)],
])("%s on standard input is read as what was asked for", async (_, input) => {
  writeFileSync(at("rows.csv"), CSV);
  const plain = await folder.cli("train", "@rows.csv", "--out", "@plain", ...SMALL);
  expect([plain.code, plain.err]).toEqual([0, ""]);
  const terminal = new FakeTerminal({ input });
  const { code, out, err } = await folder.cliOn(terminal, "train", "-", "--task", "classify", "--out", "@piped", ...SMALL); // biome-ignore format: a line
  expect([code, err]).toEqual([0, ""]);
  expect(out).toContain("reading standard input as classify: text=words, label=kind (2 classes)");
  expect(weights("piped")).toBe(weights("plain"));
});

test.each<[task: string, input: string, says: string]>([
  ["forecast", dailyTable(40), "reading standard input as forecast: time=day, target=load, id=site (2 series)"],
  ["seq2seq", reversedPairs(30), "reading standard input as seq2seq: source=source, target=target"],
  ["regress", priceTable(30), "reading standard input as regress: text=what, label=price"],
])("%s asked for on standard input looks at its columns", async (task, input, says) => {
  const terminal = new FakeTerminal({ input });
  const argv = ["train", "-", "--task", task, "--out", "@run", "--dry-run", "--hidden", "8", "--threads", "1"];
  const { code, out, err } = await folder.cliOn(terminal, ...argv);
  expect([code, err]).toEqual([0, ""]);
  expect(out).toContain(says);
});

test("a packed table is known by its name, and gives its run the table's", async () => {
  writeFileSync(at("rows.jsonl.gz"), gzipSync(JSONL));
  const { out } = await folder.cli("train", "@rows.jsonl.gz", "--dry-run", ...SMALL);
  expect(out).toContain("reading rows.jsonl.gz as classify");
  expect(out).toContain("the run goes to runs/rows");
});

test.each<[name: string, input: string, says: string]>([
  ["words.conll.gz", conll(taggedSentences(20)), "as tag"],
  ["words.jsonl.gz", '{"tokens":["a","b"],"tags":["X","Y"]}\n'.repeat(20), "as tag"],
  ["days.csv.gz", dailyTable(40), "as forecast"],
])("%s is taken for what it is without .gz", async (name, input, says) => {
  writeFileSync(at(name), gzipSync(input));
  const { code, out, err } = await folder.cli("train", `@${name}`, "--dry-run", "--hidden", "8", "--threads", "1");
  expect([code, err]).toEqual([0, ""]);
  expect(out).toContain(says);
});

test.each(["a.csv", "a.TSV.gz", "a.ndjson.gz", "a.tab"])("%s promises rows", (name) => {
  expect(isTableName(name)).toBe(true);
});

test.each(["a.gz", "a.csv.zip", "csv.gz.txt"])("%s promises none", (name) => {
  expect(isTableName(name)).toBe(false);
});

test("what promises nothing is JSON lines or CSV, as it begins", () => {
  expect(readTable(`  \n${JSONL}`, "standard input").columns).toEqual(["words", "kind"]);
  expect(readTable(new TextEncoder().encode(CSV), "standard input").columns).toEqual(["words", "kind"]);
  expect(readTable("a\tb\n1\t2\n", "x.tsv.gz").columns).toEqual(["a", "b"]);
});
