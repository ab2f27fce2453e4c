import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { CommandTask } from "../../../src/tasks/commands.js";
import { generate } from "../../../src/tasks/generate/task.js";
import { languageModelTask } from "../../../src/tasks/language-model/commands.js";
import { seq2seq } from "../../../src/tasks/seq2seq/task.js";
import { tag } from "../../../src/tasks/tag/task.js";
import type { ReadData, TaskTypes } from "../../../src/tasks/task.js";
import type { Vocabulary } from "../../../src/text/index.js";
import { reversedPairs } from "../../support/pairs.js";
import { streamed } from "../../support/rows.js";
import { conll, taggedLines, taggedSentences } from "../../support/tagged.js";

interface Case {
  task: CommandTask;
  /** What the file is called, what it holds, and settings. */
  files: [name: string, text: string, settings?: object];
  /** A file to validate on; without it nothing is. */
  valid?: string;
}

const asTask = (task: unknown) => task as CommandTask;
const [TAG, PAIRS, NAMES, TEXT] = [tag, seq2seq, generate, languageModelTask].map(asTask);
const jsonl = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).join("\n");
const times = <T>(count: number, of: (i: number) => T) => Array.from({ length: count }, (_, i) => of(i));
const HARD = ["한국어", "👩‍👩‍👧", "e\u0301", "two  of,them", `${"very ".repeat(300)}long`, " a", "ship", "ship"];

const SENTENCES = conll(taggedSentences(60));
/** Told twice, in two ways; tags that are alike; a long word. */
const ODD_SENTENCES = `${SENTENCES}\nthe _ O\nsea _ B-LOC\n\nthe _ O\nsea _ O\n\n${"x".repeat(5000)} _ b-loc\n👩‍👩‍👧 _ o\n`;
const HELD_SENTENCES = "the _ O\nsea _ B-LOC\n\nnew _ O\n";
const pairRows = (rows: number) =>
  times(rows, (i) => ({ note: i % 3, source: `${HARD[i % 8]} ${i}`, target: `${i % 7} ${HARD[(i + 3) % 8]}` }));
const writtenRows = (rows: number) =>
  times(rows, (i) => ({
    kind: ["old", "new", "Old", "a class"][i % 4],
    size: (i % 9) / 2,
    text: `${HARD[i % 8]} ${i % 5}`,
    style: i % 2 ? "low" : "high",
    id: i,
  }));
const csv = (rows: readonly object[], cut = ",") =>
  [Object.keys(rows[0]!), ...rows.map((row) => Object.values(row))]
    .map((cells) => cells.map((cell) => `"${String(cell).replaceAll('"', '""')}"`).join(cut))
    .join("\r\n");
const CONDITIONS = { text: "text", label: "kind", condition: "size,style" };
const LINES = times(400, (i) => `${HARD[(i * i) % 8]} line ${i % 17}`).join("\n");

const CASES: Record<string, Case> = {
  "words in columns": { task: TAG, files: ["s.conll", SENTENCES], valid: HELD_SENTENCES },
  "odd words in columns": {
    task: TAG,
    files: ["s.conll", ODD_SENTENCES, { minCount: 3, maxChars: 7, maxLength: 6, unseen: "wrong" }],
    valid: HELD_SENTENCES.replace("new _ O", "new _ X"),
  },
  "columns that end as others write them": {
    task: TAG,
    files: ["s.conll", `\ufeff${ODD_SENTENCES.replaceAll("\n", "\r\n")}`, { chars: "none" }],
  },
  "lists of words": { task: TAG, files: ["s.jsonl", taggedLines(taggedSentences(50, 3)), { minCount: 2 }] },
  "a table of pairs": { task: PAIRS, files: ["p.tsv", reversedPairs(120)], valid: reversedPairs(30, { seed: 2 }) },
  "pairs of a table with more columns": {
    task: PAIRS,
    files: ["p.csv", csv(pairRows(80)), { sourceTokens: "word", targetTokens: "word", minCount: 2, maxLength: 9999 }],
    valid: csv(pairRows(20)),
  },
  "pairs, a line each": { task: PAIRS, files: ["p.jsonl", jsonl(pairRows(70)), { minCount: 9, maxLength: 9999 }] },
  "pairs of bytes": {
    task: PAIRS,
    files: ["p.jsonl", jsonl(pairRows(40)), { sourceTokens: "byte", targetTokens: "byte", maxLength: 9999 }],
  },
  "pairs that are copied": {
    task: PAIRS,
    files: ["p.tsv", reversedPairs(90), { copy: true, minCount: 12 }],
    valid: reversedPairs(20, { seed: 3, letters: "abcdefgh" }),
  },
  "pairs with a separator": {
    task: PAIRS,
    files: ["p.txt", reversedPairs(90).replaceAll("\t", "=>"), { separator: "=>" }],
    valid: reversedPairs(9).replaceAll("\t", "=>"),
  },
  "texts of a class": {
    task: NAMES,
    files: ["n.csv", csv(writtenRows(90)), { text: "text", label: "kind", maxLength: 9999 }],
    valid: csv(writtenRows(12)),
  },
  "texts of a class and more": {
    task: NAMES,
    files: ["n.csv", csv(writtenRows(90)), { ...CONDITIONS, tokens: "word", minCount: 14, maxLength: 9999 }],
    valid: csv(writtenRows(20)),
  },
  "texts of numbers alone, a line each": {
    task: NAMES,
    files: ["n.jsonl", jsonl(writtenRows(60)), { text: "text", condition: "size", tokens: "byte", maxLength: 9999 }],
  },
  "a text of characters": { task: TEXT, files: ["t.txt", `\ufeff\n${LINES}`, { minCount: 9 }], valid: "ship\nzz" },
  "a text of words": {
    task: TEXT,
    files: ["t.txt", `${LINES}\n\n`.replaceAll("\n", "\r\n"), { tokens: "word", maxVocab: 9 }],
  },
  "a text of bytes": { task: TEXT, files: ["t.bin", `\ufeff${LINES}\r`, { tokens: "byte" }], valid: "ship\r\n" },
};

const SMALL = { hidden: 6, batch: 4, seqLen: 8, epochs: 1 };
const settingsOf = ({ task, files: [, , own = {}] }: Case, more: object) =>
  Object.fromEntries(Object.entries({ ...SMALL, ...own, ...more }).filter(([key]) => key in task.fields));

const inMemory = (one: Case, more: object) => {
  const { task, files: [name, text], valid } = one; // biome-ignore format: a line
  const bytesOf = (of: string) => new TextEncoder().encode(of);
  const held = valid === undefined ? undefined : { name: "held", bytes: bytesOf(valid) };
  const train = { name, bytes: bytesOf(text) };
  const sources = { train, valid: held && { ...held, name: name.replace(/^./, "v") } };
  return task.read(sources, settingsOf(one, more) as never, { op: "train" });
};

const onDisk = (one: Case, more: object, packed: boolean) => {
  const { task, files: [name, text], valid } = one; // biome-ignore format: a line
  const bytesOf = (of: string) => (packed ? gzipSync(of) : new TextEncoder().encode(of));
  const held = valid === undefined ? undefined : streamed(bytesOf(valid), 61, name.replace(/^./, "v"));
  const sources = { train: streamed(bytesOf(text), 97, name), valid: held };
  return task.readStream!(sources, settingsOf(one, more) as never, { op: "train" });
};

/** What is said before training. */
async function said(task: CommandTask, { data, config, close }: ReadData<TaskTypes>) {
  const { details } = task.about(data, config);
  const beware = await task.beware?.(data, config);
  close?.();
  return { details: details!, beware };
}

describe("what is said of a file on the disk is what is said in memory", () => {
  test.each(Object.entries(CASES))("%s", async (_, one) => {
    const { task, files: [name], valid } = one; // biome-ignore format: a line
    const more = { stream: true, valid: valid === undefined ? 0 : name.replace(/^./, "v") };
    const whole = await said(task, inMemory(one, more));
    expect(whole.details.rows).toBeGreaterThan(20);
    expect(whole.details.lengths.length).toBeGreaterThan(0);
    for (const packed of [false, ...(name.endsWith(".bin") ? [] : [true])]) {
      expect(await said(task, await onDisk(one, more, packed))).toEqual(whole);
    }
  });

  // Which rows are drawn depends on how many there are, which nobody knows of what comes as it is read.
  test.each(Object.entries(CASES).filter(([, { valid }]) => valid === undefined))(
    "%s, but for what follows from the part that is drawn",
    async (_, one) => {
      const { task } = one;
      const more = { stream: true, valid: 0.25, seed: 3 };
      const [whole, stored] = [inMemory(one, more), await onDisk(one, more, false)].map(({ data, config }) => {
        return task.about(data, config).details!;
      });
      const drawn = (details: typeof whole) => {
        const { train, validation, ...split } = details!.split;
        const leftOut = details!.leftOut.filter(
          ({ setting, what }) => setting !== "minCount" && !what.includes("neither"),
        );
        return { all: task === TEXT || train + validation, details: { ...details!, leftOut, split } };
      };
      expect(drawn(stored)).toEqual(drawn(whole));
      expect(stored!.split.validation).toBeGreaterThan(0);
    },
  );
});

test("of a part that is drawn, tokens to train on alone are counted as unknown", async () => {
  const given = { minCount: 9, valid: 0.3, maxLength: 9999 };
  const pairs: Case = { task: PAIRS!, files: ["p.jsonl", jsonl(pairRows(90))] };
  const rows: Case = { task: NAMES!, files: ["n.jsonl", jsonl(writtenRows(90)), { text: "text", label: "kind" }] };
  for (const [one, sides] of [
    [pairs, ["source", "target"]],
    [rows, ["ids"]],
  ] as const) {
    // biome-ignore format: a line
    const { data, config, close } = await onDisk(one, given, false);
    const { train, validation, ...others } = data as unknown as Record<string, Vocabulary> &
      Record<"train" | "validation", Iterable<Record<string, Int32Array>>>;
    const unknownIn = (part: typeof train, side: string) => {
      const unknown = (others[side] ?? others["vocabulary"])!.idOf("<unk>")!;
      return [...part].reduce((sum, sample) => sum + sample[side]!.filter((id) => id === unknown).length, 0);
    };
    const told = one.task.about(data, config).details!.leftOut.filter(({ setting }) => setting === "minCount");
    expect(told.map(({ count }) => count)).toEqual(sides.map((side) => unknownIn(train, side)));
    for (const side of sides) expect(unknownIn(validation, side)).toBeGreaterThan(0);
    close!();
  }
});

test("columns are told by what they are to a writer", async () => {
  const { data, config, close } = await onDisk(CASES["texts of a class and more"]!, { valid: "v.csv" }, false);
  const { columns } = NAMES!.about(data, config).details!;
  expect(columns.map(({ name, use, type }) => `${name} ${use} ${type}`)).toEqual([
    "kind label text",
    "size condition number",
    "text text text",
    "style condition text",
    "id null integer",
  ]);
  close!();
});

test("several texts are one", async () => {
  const texts = ["\ufeffa ship\r\nno end", "\ufeff", "the sea\n한국\n"];
  const all = texts.join("\n").replaceAll("\ufeff", "").replace("\n\n", "\n");
  const [train, ...others] = texts.map((text, i) => streamed(text, 3, `${i}.txt`));
  const given = settingsOf(CASES["a text of words"]!, { valid: 0, batch: 1, seqLen: 2 });
  const whole = TEXT!.read({ train: { name: "0.txt", bytes: new TextEncoder().encode(all) } }, given as never, {
    op: "t",
  });
  const stored = await TEXT!.readStream!({ train: train!, others }, given as never, { op: "t" });
  expect((await said(TEXT!, stored)).details).toEqual((await said(TEXT!, whole)).details);
  expect((await said(TEXT!, whole)).details.lengths[0]).toMatchObject({ count: 4, least: 2, most: 7 });
});

/** Counted by hand. */
test("what is said is so", async () => {
  const held = "b O\na X\n\nnew O\n";
  const text = "b O\na X\n\nb O\na O\n\nb O\nlonger x\nc O\nd O\n";
  const tags: Case = { task: TAG!, files: ["s.conll", text, { maxLength: 3, maxChars: 4, minCount: 2 }], valid: held };
  expect(await said(TAG!, await onDisk(tags, { valid: "v.conll" }, false))).toEqual({
    details: {
      rows: 3,
      unit: "sentences",
      columns: [],
      classes: [
        {
          of: "tags",
          classes: 3,
          total: 8,
          most: [
            { name: "O", count: 6 },
            { name: "X", count: 1 },
            { name: "x", count: 1 },
          ],
        },
      ],
      lengths: [
        { of: "sentences", unit: "words", count: 3, least: 2, lower: 2, median: 2, upper: 4, p95: 4, most: 4 },
        { of: "words", unit: "characters", count: 8, least: 1, lower: 1, median: 1, upper: 1, p95: 6, most: 6 },
      ],
      values: [],
      leftOut: [
        { count: 1, what: "sentences are longer than 3 words: they are cut into pieces", setting: "maxLength" },
        { count: 1, what: "words are longer than 4 characters: the middle of each is not read", setting: "maxChars" },
        { count: 3, what: "words, 37.5 % of the text, read as <unk>: too rare to know", setting: "minCount" },
      ],
      split: { train: 4, validation: 2, unit: "sentences", how: "the file v.conll" },
    },
    beware: [
      'of tags some differ only in letter case or white space, and stay apart: "X" (2), "x" (1)',
      "1 of 2 sentences validated on also stand in training: figures flatter",
      "1 time sentences to train on read alike, and have other answers",
    ],
  });
});
