import { readFileSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, test } from "vitest";
import { reversedPairs } from "../support/pairs.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const folder = temporaryFolder();
const { at } = folder;
const SMALL = ["--hidden", "16", "--embed", "8", "--batch", "16", "--threads", "1", "--lr", "0.02", "--valid", "0.2"];
const TRAIN = ["train", "@pairs.tsv", "--out", "@run", ...SMALL];

beforeEach(() => writeFileSync(at("pairs.tsv"), reversedPairs(200)));

const jsonLines = (text: string) =>
  text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));

test("train, eval, predict: each in the words of the task", async () => {
  const { code, out, err } = await folder.cli(...TRAIN, "--epochs", "4");
  expect([code, err]).toEqual([0, ""]);
  expect(out).toContain("reading pairs.tsv as seq2seq: source=source, target=target\n");
  expect(out).toMatch(/Training on pairs\.tsv: 1\d\d pairs \(\d\d to validate on\), 9 and 9 in the vocabularies\n/);
  expect(out).toMatch(/exact match [\d.]+ % {2}token error rate [\d.]+ % {2}sequence error rate [\d.]+ %/);
  const config = JSON.parse(readFileSync(at("run/config.json"), "utf8"));
  expect(config).toMatchObject({ task: "seq2seq", source: "source", target: "target", maxLength: 8 });

  const figures = await folder.cli("eval", "@run", "@pairs.tsv", "--beam", "3");
  expect(figures.out).toMatch(
    /^exact match +[\d.]+ %\ntoken error rate +[\d.]+ %\nsequence error rate +[\d.]+ %\nBLEU .*pairs +200\nof /s,
  );
  // Sources alone are what is predicted; the text that was typed is read as a row.
  writeFileSync(at("new.tsv"), `source\n${"abc\nde\ncab\n".repeat(30)}`);
  const rows = jsonLines((await folder.cli("predict", "@run", "@new.tsv", "--json")).out);
  expect(rows).toHaveLength(90);
  expect(rows.slice(3, 6)).toEqual(rows.slice(0, 3));
  const one = await folder.cli("predict", "@run", "--text", "de");
  expect(one.out).toBe(`${rows[1].target}  ${(100 * rows[1].probability).toFixed(1)} %\n`);
  const best = jsonLines((await folder.cli("predict", "@run", "--text", "de", "--n-best", "3", "--json")).out)[0];
  expect(best.nBest).toHaveLength(3);
  expect(best.nBest[0]).toEqual({ target: best.target, probability: best.probability });
  const looked = jsonLines((await folder.cli("predict", "@run", "--text", "de", "--attention", "--json")).out)[0];
  expect(looked.sourceTokens).toEqual(["d", "e"]);
  expect(looked.attention).toHaveLength(looked.targetTokens.length);
  for (const row of looked.attention) expect(row[0] + row[1]).toBeCloseTo(1, 5);
  const unknown = await folder.cli("predict", "@run", "--text", "a🦜é");
  expect([unknown.code, unknown.err]).toEqual([0, expect.stringContaining("never seen 66.7 % of what it read")]);
});

test("lines of the study book, filled up with spaces; sources alone are predicted", async () => {
  const lines = reversedPairs(80, { delimiter: "_" }).trimEnd().split("\n").slice(1);
  const filled = lines.map((line) => line.replace(/^(.*)_(.*)$/, (_, a, b) => `${a.padEnd(7)}_${b.padEnd(6)}`));
  writeFileSync(at("lines.txt"), filled.join("\n"));
  const argv = ["train", "@lines.txt", "--out", "@run", "--separator", "_", ...SMALL, "--max-steps", "3"];
  const { code, out } = await folder.cli(...argv);
  expect([code, out]).toEqual([0, expect.stringContaining('as seq2seq: lines with "_" between the sides')]);
  writeFileSync(at("new.txt"), "abc  \nde\n");
  const rows = jsonLines((await folder.cli("predict", "@run", "@new.txt", "--json")).out);
  const typed = jsonLines((await folder.cli("predict", "@run", "--text", " de ", "--json")).out);
  expect(rows).toHaveLength(2);
  expect(typed[0]).toEqual({ ...rows[1], probability: expect.closeTo(rows[1].probability, 6) });
});

const NUL = "\0";
const SAID: [what: string, content: string, argv: string[], says: RegExp][] = [
  [
    "an empty target",
    "source\ttarget\nab\tba\ncd\t\n",
    [],
    /pairs\.tsv:3: column "target": found ""; it must hold text/,
  ],
  ["a source of spaces", "source\ttarget\nab\tba\n  \tx\n", [], /:3: column "source": found " {2}"; it must hold text/],
  ["a row with one column", "source\ttarget\nab\tba\ncd\n", [], /pairs\.tsv:3: found 1; it must have 2 cells/],
  ["a row with three", "source\ttarget\nab\tba\nc\td\te\n", [], /pairs\.tsv:3: found 3; it must have 2 cells/],
  ["a missing column", "source\ttarget\nab\tba\n", ["--target", "targt"], /have the column.*Try: --target target\n/s],
  ["columns that are neither", "a\tb\tc\nx\ty\tz\n", ["--task", "seq2seq"], /found "source"; it must have the column/],
  [
    "one column for both",
    reversedPairs(9),
    ["--target", "source", "--source", "source"],
    /--target: found "source"; it must be another/,
  ],
  [
    "a source that is too long",
    reversedPairs(9),
    ["--max-length", "1"],
    /it must hold at most 1 characters? \(it has \d\)/,
  ],
  ["a NUL", `source\ttarget\na${NUL}b\tba\n`, [], /pairs\.tsv:2:2: found a NUL/],
  ["nothing", "", [], /pairs\.tsv/],
  ["a header alone", "source\ttarget\n", ["--task", "seq2seq"], /it must hold rows/],
  [
    "a line without the separator",
    "ab_ba\ncd\n",
    ["--separator", "_"],
    /pairs\.tsv:2: found "cd" without it; it must hold the separator "_" once/,
  ],
  [
    "a line with two",
    "ab_ba\ncd_d_c\n",
    ["--separator", "_"],
    /pairs\.tsv:2: found it 2 times; it must hold the separator/,
  ],
  ["a line with an empty side", "ab_ba\n _dc\n", ["--separator", "_"], /pairs\.tsv:2: column "source": found ""/],
  [
    "lines of sources alone",
    "ab\ncd\n",
    ["--separator", "_"],
    /pairs\.tsv:1: found "ab" without it; it must hold the separator "_" once/,
  ],
  [
    "an odd size for two directions",
    reversedPairs(9),
    ["--bidirectional", "--hidden", "7"],
    /--hidden: found 7; it must be even.*Try: --hidden 8\n/s,
  ],
  [
    "feeding of no attention",
    reversedPairs(9),
    ["--input-feeding", "--attention", "none"],
    /--input-feeding: found true; it must be left out/,
  ],
  ["an attention that is none", reversedPairs(9), ["--attention", "genral"], /Try: --attention general\n/],
  ["a share over 1", reversedPairs(9), ["--teacher-forcing", "1.5"], /--teacher-forcing: found 1\.5/],
  [
    "a line break among words",
    'source\ttarget\nab\tba\nx\t"two\nlines"\n',
    ["--target-tokens", "word", "--task", "seq2seq"],
    /:3: column "target".*it must be one line/,
  ],
];

describe("what is refused", () => {
  test.each(SAID)("%s, before anything is written", async (_, content, argv, says) => {
    writeFileSync(at("pairs.tsv"), content);
    const { code, err } = await folder.cli(...TRAIN, "--valid", "0", ...argv);
    expect(err).toMatch(says);
    expect([2, 3]).toContain(code);
    expect(() => readFileSync(at("run/config.json"))).toThrow();
  });

  test.each([
    ["no JSON", '{"source": "ab", "target": "ba"}\n{"source": "x"\n', /pairs\.jsonl:2:15: found .*; it must be JSON/],
    ["no object", '{"source": "ab", "target": "ba"}\n[1]\n', /pairs\.jsonl:2: found .*; it must be an object/],
    ["other keys", '{"source": "ab", "target": "ba"}\n{"source": "x"}\n', /pairs\.jsonl:2: found none for "target"/],
    [
      "null",
      '{"source": "ab", "target": "ba"}\n\n{"source": "x", "target": null}\n',
      /pairs\.jsonl:3: column "target": found ""/,
    ],
  ])("JSON lines with a line of %s", async (_, content, says) => {
    writeFileSync(at("pairs.jsonl"), content);
    const { code, err } = await folder.cli("train", "@pairs.jsonl", "--task", "seq2seq", "--out", "@run", ...SMALL);
    expect([code, err]).toEqual([3, expect.stringMatching(says)]);
  });

  test("at prediction: a flag that does not hold, a file without the column, a source that is too long", async () => {
    await folder.cli(...TRAIN, "--max-steps", "2");
    const flag = await folder.cli("predict", "@run", "--text", "ab", "--beam", "0");
    expect([flag.code, flag.err]).toEqual([2, expect.stringMatching(/--beam: found 0; .*Try: --beam 1\n/)]);
    writeFileSync(at("new.tsv"), "sorce\nab\n");
    const missing = await folder.cli("predict", "@run", "@new.tsv");
    expect([missing.code, missing.err]).toEqual([3, expect.stringMatching(/found "source"; it must have the column/)]);
    const long = await folder.cli("predict", "@run", "--text", "abcdeabcde");
    expect([long.code, long.err]).toEqual([3, expect.stringMatching(/hold at most 8 characters \(it has 10\)/)]);
  });
});

test.each([
  ["CRLF", (text: string) => text.replaceAll("\n", "\r\n")],
  ["a byte-order mark", (text: string) => `\uFEFF${text}`],
  ["empty lines", (text: string) => text.replaceAll("\n", "\n\n")],
  ["no line break at the end", (text: string) => text.trimEnd()],
])("%s: the same run as without", async (_, change) => {
  const argv = ["--max-steps", "3"];
  await folder.cli(...TRAIN, ...argv);
  writeFileSync(at("pairs.tsv"), change(reversedPairs(200)));
  await folder.cli("train", "@pairs.tsv", "--out", "@again", ...SMALL, ...argv);
  expect(readFileSync(at("again/last.safetensors"))).toEqual(readFileSync(at("run/last.safetensors")));
});

test("emoji, Hangul and combining marks are tokens like any", async () => {
  writeFileSync(at("pairs.tsv"), reversedPairs(60, { letters: "가🦜é" }));
  expect((await folder.cli(...TRAIN, "--max-steps", "20", "--hidden", "8")).code).toBe(0);
  const { out } = await folder.cli("predict", "@run", "--text", "🦜가", "--attention", "--json");
  expect(JSON.parse(out).sourceTokens).toEqual(["🦜", "가"]);
  expect(JSON.parse(out).target).toMatch(/^[가🦜é]*$/u);
});
