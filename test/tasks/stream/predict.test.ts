import { describe, expect, test } from "vitest";
import { manualSeed } from "../../../src/base/random.js";
import type { CommandTask, PredictedPart } from "../../../src/tasks/commands.js";
import { taskNamed } from "../../../src/tasks/registry.js";
import { reversedPairs } from "../../support/pairs.js";
import { nameTable, streamed } from "../../support/rows.js";
import { conll, taggedLines, taggedSentences } from "../../support/tagged.js";

interface Case {
  task: string;
  train: string;
  name: string;
  given?: object;
  /** To predict of. */
  file: string;
  called: string;
  options?: Readonly<Record<string, unknown>>;
  /** Rows that cannot be read, by what is put in their place, from this line on. */
  bad: readonly [line: number, row: string][];
  /** Of what was predicted, what stands beside it. */
  columns: readonly string[];
}

const LOGS = Array.from({ length: 80 }, (_, i) => `job ${i % 7} ${i % 3 ? "done" : "begins"}\n`).join("");
const pairs = { task: "seq2seq", train: reversedPairs(60), name: "p.tsv" };
const tagged = { task: "tag", train: conll(taggedSentences(30)), name: "s.conll" };
const lines = (table: string) => table.split("\n").slice(1).join("\n").replaceAll("\t", "=");
const CASES: Record<string, Case> = {
  "pairs in a table": {
    ...{ ...pairs, file: reversedPairs(90, { seed: 4 }), called: "q.tsv", options: { beam: 2, nBest: 2 } },
    ...{ bad: [[5, "\tx"], [9, "a\tb\tc"], [40, `${"ab".repeat(30)}\tx`]], columns: ["source", "target"] },
  },
  "lines with a separator": {
    ...{ ...pairs, train: lines(pairs.train), name: "p.txt", given: { separator: "=" } },
    ...{ file: lines(reversedPairs(90, { seed: 4 })), called: "q.txt", bad: [[3, "ab"]], columns: ["source", "target"] },
  },
  "sources alone": {
    ...{ ...pairs, train: lines(pairs.train), name: "p.txt", given: { separator: "=" } },
    ...{ file: "ab\ncde\nbad\n".repeat(30), called: "q.txt", bad: [[7, "ab=c"]], columns: ["source"] },
  },
  "sentences in columns": {
    ...{ ...tagged, file: conll(taggedSentences(60, 2)), called: "t.conll", given: { crf: true }, columns: [] },
    bad: [[3, "one"]],
  },
  "sentences in JSON lines": {
    ...{ ...tagged, file: taggedLines(taggedSentences(60, 2)), called: "t.jsonl", columns: [] },
    bad: [[2, '{"tokens":[]}'], [20, "x"]],
  },
  "sentences of a text": { ...tagged, file: "Bado lives here .\n\nX\n".repeat(40), called: "t.txt", columns: [], bad: [] },
  "conditions of texts": {
    ...{ task: "generate", train: nameTable(60), name: "n.csv", given: { text: "name", label: "kind" } },
    ...{ file: `kind\n${"flower\nstone\n".repeat(45)}`, called: "k.csv", options: { seed: 3 }, columns: ["kind"] },
    bad: [[4, "wood"], [50, '"']],
  },
  "lines of a log": {
    ...{ task: "anomaly", train: LOGS, name: "a.log", file: `${LOGS}\nstrange!\n`, called: "b.log", columns: ["text"] },
    bad: [[6, "\ud800"]],
  },
  "lines in a table": {
    ...{ task: "anomaly", train: LOGS, name: "a.log", called: "b.csv", columns: ["at", "text"] },
    ...{ file: `at,text\n${LOGS.replace(/^/gm, "1,").slice(0, -2)}2,\n`, bad: [[3, "1,a,b"]] },
  },
}; // biome-ignore format: cases

async function partsOf(parts: AsyncIterable<PredictedPart>): Promise<PredictedPart[]> {
  const all: PredictedPart[] = [];
  for await (const part of parts) all.push(part);
  return all;
}

/** A model that was never trained: what it says is as good as any to compare. */
function modelOf({ task: named, train, name, given = {} }: Case) {
  const task: CommandTask = taskNamed(named);
  const settings = { hidden: 6, embed: 5, ...given };
  const read = task.read({ train: { name, bytes: new TextEncoder().encode(train) } }, settings as never, { op: "t" });
  manualSeed(3);
  const { meta } = task.about(read.data, read.config);
  return { task, model: task.build(read.config, meta).eval(), known: { config: read.config, meta } };
}

const bytesOf = (text: string) =>
  // A lone surrogate has no bytes: one that begins no character stands for it.
  Uint8Array.from(new TextEncoder().encode(text.replaceAll("\ud800", "\u00ff")), (byte) =>
    byte === 0xc3 ? 0xff : byte,
  );

describe.each(Object.entries(CASES))("%s", (what, one) => {
  const { task, model, known } = modelOf(one);
  const { run, stream } = task.predict!;
  const { file, called, options, columns } = one;

  test("as they come are told what they are in memory, in order", async () => {
    const whole: unknown[] = [];
    for await (const { text, values, tokens, unknown } of run(
      model,
      known,
      { name: called, bytes: bytesOf(file) },
      options,
    )) {
      whole.push({ text, values, tokens, unknown });
    }
    expect(whole.length).toBeGreaterThan(20);
    for (const size of [50, 1e6]) {
      const parts = await partsOf(stream!(model, known, streamed(bytesOf(file), size, called), false, options));
      const rows = parts.flatMap((part) => part.rows);
      expect(rows.map(({ text, values, tokens, unknown }) => ({ text, values, tokens, unknown }))).toEqual(whole);
      const at = rows.map(({ line }) => line!);
      expect(at).toEqual([...at].sort((a, b) => a - b));
      for (const part of parts) expect(part.columns).toEqual(columns);
      for (const { cells } of rows) expect(cells?.length ?? 0).toBe(columns.length);
      expect(parts.length).toBeGreaterThan(1);
    }
  });

  test("a bad one is refused, or told in its place", async () => {
    const rows = file.split("\n");
    for (const [line, row] of one.bad) rows[line - 1] = row;
    const bad = bytesOf(rows.join("\n"));
    const source = () => streamed(bad, 64, called);
    if (one.bad.length === 0) return;
    await expect(partsOf(stream!(model, known, source(), false, options))).rejects.toThrow(`${called}:`);
    const told = (await partsOf(stream!(model, known, source(), true, options))).flatMap((part) => part.rows);
    const found = told.filter(({ error }) => error !== undefined);
    const wanted = what === "sentences in columns" ? [1] : one.bad.map(([line]) => line);
    expect(found.map(({ line }) => line)).toEqual(wanted);
    for (const { values, error } of found) expect(values).toEqual({ error: error!.message });
    const at = told.map(({ line }) => line!);
    expect(at).toEqual([...at].sort((a, b) => a - b));
    expect(told.length).toBeGreaterThan(20);
  });
});

test("a file without rows is refused", async () => {
  for (const one of Object.values(CASES)) {
    const { task, model, known } = modelOf(one);
    const empty = partsOf(task.predict!.stream!(model, known, streamed("", 10, one.called), false, one.options));
    await expect(empty).rejects.toThrow(/must/);
  }
});
