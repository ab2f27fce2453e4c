import { readFileSync, writeFileSync } from "node:fs";
import { beforeEach, expect, test } from "vitest";
import { nameTable } from "../support/rows.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { nonsense } from "../support/text.js";

// What a model has never seen is read as <unk>, and every command that reads a text says how much of it that was.

const folder = temporaryFolder();
const { at } = folder;
const SMALL = ["--hidden", "8", "--layers", "1", "--threads", "1", "--max-steps", "2"];

beforeEach(() => {
  writeFileSync(at("c.txt"), nonsense(3000));
  writeFileSync(at("new.txt"), "the sea zyxw the sea\nqponm the sea was calm\n");
});

test("a language model of words", async () => {
  await folder.cli("train", "@c.txt", "--tokens", "word", "--out", "@run", ...SMALL);
  const inspected = await folder.cli("inspect", "@run", "@new.txt", "--html", "@in.html", "--length", "9");
  // Ten tokens are read or predicted: the sea zyxw the sea <eos> qponm the sea was.
  expect(inspected.out).toContain("\nunknown: 2 words, 20.0 % of the text, read as <unk>\n");
  expect(readFileSync(at("in.html"), "utf8")).toContain("Unknown to it: 2 words, 20.0 % of the text");
  const typed = await folder.cli("inspect", "@run", "--text", "the zyxw sea", "--json");
  expect(JSON.parse(typed.out).text.unknown).toEqual({ count: 1, share: expect.closeTo(1 / 3, 5) });
  const known = await folder.cli("inspect", "@run", "@c.txt");
  expect(known.out).not.toContain("unknown");
  const evaluated = await folder.cli("eval", "@run", "@new.txt");
  expect(evaluated.out).toContain("2 words, 16.7 % of the text, read as <unk>");
});

test("a text of its own to validate on counts too", async () => {
  writeFileSync(at("v.txt"), "zyxw qponm the sea\n".repeat(20));
  const options = ["--tokens", "word", "--min-count", "30", "--valid", at("v.txt"), "--out", "@run"];
  const { out } = await folder.cli("train", "@c.txt", ...options, ...SMALL, "--json");
  const start = JSON.parse(out.split("\n")[0]!);
  expect(start.unknownTokens).toBeGreaterThanOrEqual(40);
});

test("a classifier's rows", async () => {
  writeFileSync(at("names.csv"), nameTable(200));
  await folder.cli("train", "@names.csv", "--out", "@run", ...SMALL);
  const known = await folder.cli("eval", "@run", "@names.csv");
  expect(known.out).not.toContain("unknown");
  const rows = readFileSync(at("names.csv"), "utf8").split("\n");
  const [, kind] = rows[1]!.split(",");
  writeFileSync(at("new.csv"), `${rows[0]}\n##ж,${kind}\n`);
  const evaluated = await folder.cli("eval", "@run", "@new.csv");
  expect(evaluated.out).toMatch(/\nunknown +3 characters, 100 % of the text, read as <unk>\n/);
  const predicted = await folder.cli("predict", "@run", "--text", "##ж");
  expect(predicted.err).toBe("warning: the model has never seen 100 % of what it read, and reads <unk> instead\n");
  const asRows = await folder.cli("predict", "@run", "@new.csv", "--json");
  expect(JSON.parse(asRows.out)).toMatchObject({ unknown: 1 });
  expect((await folder.cli("predict", "@run", "@names.csv")).err).toBe("");
});
