import { readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { decodeAnyTask } from "../../src/tasks/registry.js";
import { reversedPairs } from "../support/pairs.js";
import { dailyTable, nameTable, priceTable } from "../support/rows.js";
import { conll, taggedSentences } from "../support/tagged.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const folder = temporaryFolder();
const { at } = folder;
const cli = (...argv: string[]) => folder.cli(...argv);
const SMALL = ["--hidden", "4", "--threads", "1", "--max-steps", "3", "--valid", "0.2"];

const weightsOf = (run: string) => {
  const { weights } = decodeAnyTask(readFileSync(at(run, "last.safetensors")));
  return [...weights].map(([name, tensor]) => [name, tensor]);
};
const table = (text: string): [header: string, rows: string[]] => {
  const [header, ...rows] = text.trimEnd().split("\n");
  return [`${header}\n`, rows];
};
const half = <T>(list: readonly T[]): [T[], T[]] => [list.slice(0, list.length >> 1), list.slice(list.length >> 1)];
/** A table in two, each with the header. */
const parted = (text: string): [string, string] => {
  const [header, rows] = table(text);
  const [first, second] = half(rows).map((part) => `${header}${part.join("\n")}\n`);
  return [first!, second!];
};
const lines = nameTable(60).trimEnd().split("\n").slice(1).map((line) => JSON.stringify({ name: line.split(",")[0], gender: line.split(",")[1] })); // biome-ignore format: a line
const sentences = taggedSentences(40);
const pairs = reversedPairs(40, { longest: 3 });
const log = Array.from({ length: 80 }, (_, i) => `unit ${i % 7} is up for ${(i * 13) % 50} s`);

interface Row {
  whole: string;
  parts: [string, string];
  end: string;
  flags?: string[];
}
const ROWS: Record<string, Row> = {
  classify: { whole: nameTable(60), parts: parted(nameTable(60)), end: "csv" },
  regress: { whole: priceTable(60), parts: parted(priceTable(60)), end: "csv", flags: ["--task", "regress", "--text", "what", "--label", "price"] },
  "lines of JSON": { whole: `${lines.join("\n")}\n`, parts: half(lines).map((part) => part.join("\n")) as [string, string], end: "jsonl", flags: ["--task", "classify", "--label", "gender"] },
  tag: { whole: conll(sentences), parts: half(sentences).map((part) => conll(part).trimEnd()) as [string, string], end: "conll", flags: ["--char-embed", "3", "--char-hidden", "3"] },
  seq2seq: { whole: pairs, parts: parted(pairs), end: "tsv", flags: ["--task", "seq2seq"] },
  forecast: { whole: dailyTable(60), parts: parted(dailyTable(60)), end: "csv", flags: ["--task", "forecast", "--time", "day", "--target", "load", "--id", "site", "--lags", "1", "--context", "5", "--horizon", "2"] },
  "lines of a log": { whole: `${log.join("\n")}\n`, parts: half(log).map((part) => part.join("\n")) as [string, string], end: "log", flags: ["--task", "anomaly"] },
}; // biome-ignore format: a table

describe("rows of several files are trained on and judged as those of one", () => {
  test.each(Object.entries(ROWS))("%s", async (_, { whole, parts, end, flags = [] }) => {
    const [one, first, second] = [`one.${end}`, `first.${end}`, `second.${end}.gz`];
    writeFileSync(at(one), whole);
    writeFileSync(at(first), parts[0].replace(/\n/g, "\r\n"));
    writeFileSync(at(second), gzipSync(`\ufeff${parts[1]}`));
    const train = (out: string, files: string[], ...more: string[]) =>
      cli("train", ...files.map((file) => `@${file}`), "--out", out, ...SMALL, ...flags, ...more);
    for (const more of [[], ["--stream"]]) {
      const [name, joined] = [`@one${more.length}`, `@both${more.length}`];
      const alone = await train(name, [one], ...more);
      expect([alone.code, alone.err]).toEqual([0, expect.not.stringContaining("error")]);
      const { code, err } = await train(joined, [first, second], ...more);
      expect([code, err]).toEqual([0, expect.not.stringContaining("error")]);
      expect(weightsOf(joined.slice(1))).toEqual(weightsOf(name.slice(1)));
    }
    const figures = async (...files: string[]) => {
      const { code, out } = await cli("eval", "@one0", ...files, "--json");
      expect(code).toBe(0);
      const { model: __, file: ___, ...rest } = JSON.parse(out) as Record<string, unknown>;
      return rest;
    };
    expect(await figures(`@${first}`, `@${second}`)).toEqual(await figures(`@${one}`));
  });
});

describe("what is wrong with one of them", () => {
  const train = (...files: string[]) => cli("train", ...files, "--out", "@x", "--task", "classify", "--label", "kind");

  test.each([[[]], [["--stream"]]])("is told by its own lines (%s)", async (more) => {
    writeFileSync(at("a.csv"), "text,kind\nfine,x\nwell,y\n");
    writeFileSync(at("b.csv"), "text,kind\ngood,x\nbad,\n");
    expect((await train("@a.csv", "@b.csv", ...more)).err).toContain('b.csv:3: column "kind": found');
    writeFileSync(at("b.csv"), "text,kind\ngood,x\nbad\n");
    expect((await train("@a.csv", "@b.csv", "@a.csv", ...more)).err).toContain("b.csv:3");
    writeFileSync(at("a.csv"), "text,kind\nfine,x\nwell\n");
    expect((await train("@a.csv", "@b.csv", ...more)).err).toContain("a.csv:3");
  });

  test.each([
    ["kind,text", '"kind,text"'],
    ["text,kind,more", '"text,kind,more"'],
    ["fine,x", '"fine,x"'],
    ["", '""'],
  ])("other columns are refused: %s", async (header, said) => {
    writeFileSync(at("a.csv"), "text,kind\nfine,x\nwell,y\n");
    writeFileSync(at("b.csv"), `${header}\nfine,x\n`);
    const { code, err } = await train("@a.csv", "@b.csv");
    expect(code).not.toBe(0);
    expect(err).toContain(`b.csv:1: found the columns ${said}; all files must begin with the line that`);
  });

  test("another line that it speaks of is named by its file", async () => {
    writeFileSync(at("a.csv"), "day,load\n2024-01-01,1\n2024-01-03,2\n");
    writeFileSync(at("b.csv"), "day,load\n2024-01-02,3\n2024-01-04,4\n");
    const { err } = await cli("train", "@a.csv", "@b.csv", "--out", "@x", "--task", "forecast", "--target", "load", "--time", "day"); // biome-ignore format: a line
    expect(err).toMatch(/b\.csv:2: .* in line 3 of a\.csv/);
  });
});
