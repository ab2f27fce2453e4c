import { describe, expect, test } from "vitest";
import { manualSeed } from "../../../src/base/random.js";
import type { CommandTask } from "../../../src/tasks/commands.js";
import { taskNamed } from "../../../src/tasks/registry.js";
import { reversedPairs } from "../../support/pairs.js";
import { nameTable, streamed } from "../../support/rows.js";
import { conll, taggedLines, taggedSentences } from "../../support/tagged.js";

interface Case {
  task: string;
  train: string;
  name: string;
  given?: object;
  /** To judge. */
  file: string;
  called: string;
  options?: Readonly<Record<string, unknown>>;
  /** Rows that cannot be read, by what is put in their place, from this line on. */
  bad: readonly [line: number, row: string][];
}

const pairs = { task: "seq2seq", train: reversedPairs(60), name: "p.tsv" };
const tagged = { task: "tag", train: conll(taggedSentences(30)), name: "s.conll" };
const TEXT = "the cat sat on the mat; the dog lay by the door.\n".repeat(30);
const CASES: Record<string, Case> = {
  pairs: { ...pairs, file: reversedPairs(150, { seed: 4, letters: "abcdefgh" }), called: "q.tsv", bad: [[5, "\tx"], [9, "a\tb\tc"]] },
  "pairs by beam search": { ...pairs, given: { copy: true }, file: reversedPairs(70, { seed: 4, letters: "abcdefgh" }), called: "q.tsv", options: { beam: 2 }, bad: [[3, "a\t"]] },
  "sentences in columns": { ...tagged, file: `${conll(taggedSentences(70, 2))}\nX\t_\tI-PER\nY\t_\tO\n`, called: "t.conll", given: { crf: true }, bad: [[3, "one"]] },
  "sentences in JSON lines": { ...tagged, file: taggedLines(taggedSentences(90, 3)), called: "t.jsonl", bad: [[2, "x"], [7, '{"tokens":["a"],"tags":["NEW"]}']] },
  "texts of classes": { task: "generate", train: nameTable(60), name: "n.csv", given: { text: "name", label: "kind", maxLength: 30 }, file: nameTable(150, 3), called: "o.csv", bad: [[4, ",stone"], [20, "Bo,wood"]] },
  "a text of characters": { task: "language-model", train: TEXT, name: "t.txt", given: { minCount: 1, valid: 0 }, file: `${TEXT}the fox é\nzz ☃\n`, called: "u.txt", options: { unknown: "skip" }, bad: [] },
  "a text of words": { task: "language-model", train: TEXT, name: "t.txt", given: { tokens: "word", minCount: 2, valid: 0 }, file: `${TEXT}the fox sat\n`, called: "u.txt", options: { seqLen: 7 }, bad: [] },
  "a text of bytes": { task: "language-model", train: TEXT, name: "t.txt", given: { tokens: "byte", valid: 0 }, file: `${TEXT}é`, called: "u.txt", bad: [] },
}; // biome-ignore format: cases

function modelOf({ task: named, train, name, given = {} }: Case) {
  const task: CommandTask = taskNamed(named);
  const settings = { hidden: 6, embed: 5, ...given };
  const read = task.read({ train: { name, bytes: new TextEncoder().encode(train) } }, settings as never, { op: "t" });
  manualSeed(3);
  const { meta } = task.about(read.data, read.config);
  return { task, model: task.build(read.config, meta).eval(), known: { config: read.config, meta } };
}

describe.each(Object.entries(CASES))("%s", (_, one) => {
  const { task, model, known } = modelOf(one);
  const { run, stream } = task.evaluate!;
  const { file, called, options = {} } = one;

  test("are judged as they come as in memory, to the bit", async () => {
    const bytes = new TextEncoder().encode(file);
    const whole = await run(model, known, { name: called, bytes }, options);
    expect(whole.figures.length).toBeGreaterThan(3);
    const places = (index: number) => {
      const before = file.slice(0, index).split("\n");
      return `${called}:${before.length}:${[...before.at(-1)!].length + 1}`;
    };
    for (const size of [50, 1e6]) {
      const found = await stream!(model, known, streamed(bytes, size, called), options);
      expect(found.figures).toEqual(whole.figures);
      expect(found.below).toEqual(whole.below);
      expect(found.values(() => "?")).toEqual(whole.values(places));
    }
  });

  test("a bad one is refused, or told and left out", async () => {
    if (one.bad.length === 0) return;
    const rows = file.split("\n");
    for (const [line, row] of one.bad) rows[line - 1] = row;
    const source = () => streamed(rows.join("\n"), 64, called);
    await expect(stream!(model, known, source(), options)).rejects.toThrow(`${called}:`);
    const told: number[] = [];
    const onBad = (line: number) => void told.push(line);
    const { figures } = await stream!(model, known, source(), { ...options, onBad });
    expect(told).toEqual(called === "t.conll" ? [1] : one.bad.map(([line]) => line));
    expect(figures.every(({ value, name }) => name === "irregular" || Number.isFinite(value))).toBe(true);
  });
});

test("of a character that a model has never seen its place is told", async () => {
  const { task, model, known } = modelOf(CASES["a text of characters"]!);
  const found = task.evaluate!.stream!(model, known, streamed(`${TEXT}\nthe ☃`, 64, "u.txt"), {});
  await expect(found).rejects.toMatchObject({ code: "unknown-token", details: { file: "u.txt", line: 32, column: 5 } });
});
