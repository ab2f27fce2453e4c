import { readFileSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { conll, taggedLines, taggedSentences } from "../support/tagged.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const folder = temporaryFolder();
const { at } = folder;
const SIZES = ["--hidden", "10", "--embed", "8", "--char-embed", "5", "--char-hidden", "6"];
const SMALL = [...SIZES, "--batch", "8", "--lr", "0.01", "--valid", "0.2", "--threads", "1"];
const TRAIN = ["train", "@s.conll", "--out", "@run", ...SMALL];

const write = (name: string, text: string) => writeFileSync(at(name), text);
beforeEach(() => write("s.conll", conll(taggedSentences(100))));

test("train, eval, predict: each in the words of the task", async () => {
  const { code, out, err } = await folder.cli(...TRAIN, "--epochs", "5");
  expect([code, err]).toEqual([0, ""]);
  expect(out).toContain("reading s.conll as tag: 100 sentences, 4 tags of spans\n");
  expect(out).toMatch(/Training on s\.conll: 80 sentences \(20 to validate on\), \d+ words, 4 tags\n/);
  expect(out).toMatch(/validation loss [\d.]+ {2}span F1 [\d.]+ % {2}accuracy [\d.]+ %/);
  expect(out).toMatch(/Done after 50 steps; best span F1 [\d.]+ % at step \d+\n/);

  const figures = await folder.cli("eval", "@run", "@s.conll");
  expect(figures.out).toMatch(
    /^span F1 {5}[\d.]+ %\naccuracy {4}[\d.]+ %\nloss {8}[\d.]+ nats\nwords {7}\d+\nunknown .*\nsentences {3}[\d.]+ % right as a whole\n {2}LOC {7}F1 [\d.]+ %, precision [\d.]+ %, recall [\d.]+ %, of 100\n {2}PER .*of 100\nof/,
  );
  const asJson = JSON.parse((await folder.cli("eval", "@run", "@s.conll", "--json")).out);
  expect(asJson).toMatchObject({ sentences: 100, "span F1": expect.any(Number), tags: { LOC: { count: 100 } } });

  const others = taggedSentences(9, 4);
  const words = others.map((rows) => rows.map(([word]) => word));
  write("words.txt", words.map((own) => own.join(" ")).join("\n"));
  write("words.conll", words.map((own) => own.join("\n")).join("\n\n"));
  write("words.jsonl", taggedLines(others));
  const said = await Promise.all(
    ["txt", "conll", "jsonl"].map(async (end) => (await folder.cli("predict", "@run", `@words.${end}`, "--json")).out),
  );
  expect(said[1]).toBe(said[0]);
  expect(said[2]).toBe(said[0]);
  const rows = said[0]!.trimEnd().split("\n");
  expect(rows).toHaveLength(9);
  const first = JSON.parse(rows[0]!);
  expect(Object.keys(first)).toEqual(["tokens", "tags", "probabilities", "spans"]);
  expect(first.tokens).toEqual(words[0]);
  const one = await folder.cli("predict", "@run", "--text", words[0]!.join("  "));
  const marked = first.spans.map(({ type, text }: { type: string; text: string }) => `[${type} ${text}]`);
  expect(one.out.match(/\[[A-Z]+ [^\]]+\]/g)).toEqual(marked);
  expect(one.out.replace(/\[[A-Z]+ |\]/g, "")).toBe(`${words[0]!.join(" ")}\n`);
});

test("tags of another kind: accuracy chooses, and each word has its tag behind it", async () => {
  const plain = conll(taggedSentences(60), "\t").replaceAll(/[BI]-/g, "");
  write("pos.txt", plain);
  const { out } = await folder.cli("train", "@pos.txt", "--task", "tag", "--out", "@run", ...SMALL, "--epochs", "2");
  expect(out).toMatch(/best accuracy [\d.]+ %/);
  const { out: said } = await folder.cli("predict", "@run", "--text", "Bobus lives in Kolford .");
  expect(said).toMatch(/^Bobus\/\w+ lives\/\w+ in\/\w+ Kolford\/\w+ \.\/\w+\n$/);
});

test("a run goes on, its columns and keys as they were", async () => {
  write("s.jsonl", taggedLines(taggedSentences(60)).replaceAll('"tags"', '"pos"'));
  const args = ["train", "@s.jsonl", "--tags", "pos", ...SMALL, "--crf", "--epochs", "4"];
  await folder.cli(...args, "--out", "@run", "--max-steps", "8");
  const { code, out } = await folder.cli("train", "--resume", "--out", "@run", "--threads", "1", "--max-steps", "15");
  expect([code, out]).toEqual([0, expect.stringContaining("Going on after step 8 with s.jsonl")]);
  await folder.cli(...args, "--out", "@whole", "--max-steps", "15");
  expect(readFileSync(at("run/last.safetensors"))).toEqual(readFileSync(at("whole/last.safetensors")));
});

describe("what is refused", () => {
  const GOOD = conll(taggedSentences(20));
  test.each([
    ["a word without a tag", `${GOOD}\nOslo\n`, [], /^error: s\.conll:\d+: column "tag": found none for "Oslo"; it must name a tag/],
    ["a ragged row", `${GOOD}\nOslo _ O O\n`, [], /found 4 \("Oslo _ O O"\); it must have 3 columns, as line 1 has/],
    ["a column that is not there", GOOD, ["--tag-column", "7"], /must have a column 7.*Try: unrolled train s\.conll (?!.*tag-column)/],
    ["one column for both", GOOD, ["--token-column", "3"], /tags in another column.*Try: --tag-column 1\n/],
    ["one column for both, said", GOOD, ["--tag-column", "1"], /^error: s\.conll:1: found the same; it must have its tags in another column.*Try: unrolled train s\.conll (?!.*tag-column)/],
    ["no such cell", GOOD, ["--cell", "lstn"], /Try: --cell lstm\n/],
    ["a setting of another task", GOOD, ["--pooling", "max"], /^error: --pooling: found that a tagger is trained/],
    ["no text", "Oslo _ B-LOC\nin\0 _ O\n", [], /s\.conll:2:3: found a NUL/],
    ["no UTF-8", "Oslo _ B-LOC\nin\udc80 _\n", [], /s\.conll:2/],
  ] as const)("%s", async (_, text, more, says) => {
    write("s.conll", text);
    const { code, err } = await folder.cli(...TRAIN, ...more);
    expect(err).toMatch(says);
    expect([2, 3]).toContain(code);
  }); // biome-ignore format: one line each

  test("a tag that training never saw, unless it shall count as wrong", async () => {
    await folder.cli(...TRAIN, "--max-steps", "2");
    write("other.conll", conll([[["Oslo", "B-LOC"], ["Ltd", "B-ORG"]]]));
    const { code, err } = await folder.cli("eval", "@run", "@other.conll");
    expect(code).toBe(3);
    expect(err).toMatch(/^error: other\.conll:2: column "tag": found "B-ORG"; it must be a tag that was learned \("B-LOC", "B-PER", "I-PER", "O"\)\..*Try: --unseen wrong\n/);
    const { code: done, out } = await folder.cli("eval", "@run", "@other.conll", "--unseen", "wrong");
    expect([done, out]).toEqual([0, expect.stringMatching(/ {2}ORG {7}F1 0\.00? %.* of 1\n/)]);
  }); // biome-ignore format: one line each
});
