import { readdirSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Generator } from "../../../src/base/random.js";
import type { CommandTask } from "../../../src/tasks/commands.js";
import type { GenerateData, Labelled } from "../../../src/tasks/generate/data.js";
import { storeLabelled } from "../../../src/tasks/generate/storing.js";
import { generate } from "../../../src/tasks/generate/task.js";
import type { Pair, Seq2SeqData } from "../../../src/tasks/seq2seq/data.js";
import { storePairs } from "../../../src/tasks/seq2seq/storing.js";
import { seq2seq } from "../../../src/tasks/seq2seq/task.js";
import type { StoredSamples } from "../../../src/tasks/stored/samples.js";
import type { ReadData, TaskTypes } from "../../../src/tasks/task.js";
import { reversedPairs } from "../../support/pairs.js";
import { nameTable, streamed } from "../../support/rows.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { weightsAfter } from "../../support/weights-after.js";

const folder = temporaryFolder();
afterEach(() => void vi.unstubAllEnvs());
const SMALL = { hidden: 6, embed: 5, batch: 8, lr: 0.01, epochs: 3, dropout: 0.1 };
const SPECIAL = "<eos>";

interface Case {
  task: CommandTask;
  name: string;
  text: string;
  valid: string;
  given?: object;
}

const inMemory = ({ task, name, text, valid, given = {} }: Case): ReadData<TaskTypes> => {
  const bytesOf = (of: string) => new TextEncoder().encode(of);
  const held = valid === "" ? undefined : { name: `v-${name}`, bytes: bytesOf(valid) };
  return task.read({ train: { name, bytes: bytesOf(text) }, valid: held }, { ...SMALL, ...given } as never, {
    op: "train",
  });
};
const onDisk = ({ task, name, text, valid, given = {} }: Case): Promise<ReadData<TaskTypes>> => {
  const held = valid === "" ? undefined : streamed(valid, 50, `v-${name}`);
  return task.readStream!({ train: streamed(text, 97, name), valid: held }, { ...SMALL, ...given } as never, {
    op: "train",
  });
};
const seen = ({ task }: Case, { data, config }: ReadData<TaskTypes>) => {
  const { counts, summary, meta } = task.about(data, config);
  return { counts, summary, meta: task.describeMeta(meta), config };
};

/** Rows with a number and a kind beside a text. */
function styled(rows: number, seed = 1): string {
  const draw = new Generator(seed);
  const lines = Array.from({ length: rows }, () => {
    const [size, kind] = [draw.integer(9) + 1, ["old", "new"][draw.integer(2)]!];
    return `${"ab"[draw.integer(2)]!.repeat(size)}${kind[0]},${size / 2},${kind}`;
  });
  return `text,size,kind\n${lines.join("\n")}\n`;
}

const asTask = (task: unknown) => task as CommandTask;
const [PAIRS, NAMES] = [asTask(seq2seq), asTask(generate)];
const lines = (table: string) => table.split("\n").slice(1).join("\n").replaceAll("\t", " => ");
const words = (table: string) => table.replace(/[a-e](?=[a-e]*(\t[a-e]*)?\n)/g, "$& ").replace(/^.*/, "source\ttarget");
const CASES: Record<string, Case> = {
  pairs: { task: PAIRS, name: "p.tsv", text: reversedPairs(120), valid: reversedPairs(30, { seed: 2 }) },
  "pairs of words, copied": {
    ...{ task: PAIRS, name: "p.tsv", text: words(reversedPairs(90)), valid: words(reversedPairs(20, { seed: 2 })) },
    given: { sourceTokens: "word", targetTokens: "word", teacherForcingEnd: 0.2, maxLength: 40 },
  },
  "letters that may be copied": {
    ...{
      task: PAIRS,
      name: "p.tsv",
      text: reversedPairs(90),
      valid: reversedPairs(20, { seed: 3, letters: "abcdefgh" }),
    },
    given: { copy: true, minCount: 2 },
  },
  "lines with a separator": {
    ...{ task: PAIRS, name: "p.txt", text: lines(reversedPairs(90)), valid: lines(reversedPairs(20, { seed: 3 })) },
    given: { separator: "=>" },
  },
  names: {
    task: NAMES,
    name: "n.csv",
    text: nameTable(120),
    valid: nameTable(20, 2),
    given: { text: "name", label: "kind" },
  },
  "texts of a size and a kind": {
    ...{ task: NAMES, name: "s.csv", text: styled(120), valid: "" },
    given: { text: "text", condition: "size,kind", valid: 0 },
  },
};

describe.each(Object.entries(CASES))("%s", (what, one) => {
  test("with a file of its own to validate on, are on the disk what they are in memory", async () => {
    const stored = await onDisk(one);
    const [found, wanted] = [seen(one, stored), seen(one, inMemory(one))];
    stored.close!();
    if (what !== "texts of a size and a kind") {
      expect(found).toEqual(wanted);
      const disk = await weightsAfter(one.task, () => onDisk(one), 20);
      expect(disk).toEqual(await weightsAfter(one.task, async () => inMemory(one), 20));
      return;
    }
    // Mean and deviation are summed in another order.
    const told = JSON.stringify(found, (_, value) =>
      typeof value === "number" ? Number(value.toPrecision(12)) : value,
    );
    expect(told).toBe(
      JSON.stringify(wanted, (_, value) => (typeof value === "number" ? Number(value.toPrecision(12)) : value)),
    );
  });

  test.each([{ valid: 0.3 }, { fold: "2/3" }])(
    "held out by %o, go on to the bit mid-epoch, and leave nothing",
    async (held) => {
      vi.stubEnv("TMPDIR", folder.at());
      const own = { ...one, valid: "", given: { ...one.given, ...held } };
      const { data, config, close } = await onDisk(own);
      const rows = own.text.trimEnd().split("\n").length - (own.name === "p.txt" ? 0 : 1);
      const { train, validation } = data as Seq2SeqData | GenerateData;
      expect(train.length + validation.length).toBe(rows);
      expect(validation.length).toBeGreaterThan(8);
      if (one.task === PAIRS) {
        const sources = ({ source }: Seq2SeqData["train"] extends Iterable<infer P> ? P : never) => `${source}`;
        const learned = new Set(Array.from((data as Seq2SeqData).train, sources));
        expect([...(data as Seq2SeqData).validation].filter((pair) => learned.has(sources(pair)))).toEqual([]);
      }
      expect(one.task.about(data, config).heldOut).toBe(true);
      close!();
      const read = () => onDisk({ ...own, given: { ...own.given, validateEvery: 4 } });
      expect(await weightsAfter(one.task, read, 7, 8, 15)).toEqual(await weightsAfter(one.task, read, 15));
      expect(readdirSync(folder.at())).toEqual([]);
    },
  );
});

test("of samples that are too many for one order every one is in an epoch once", async () => {
  const { name, text } = CASES["pairs"]!;
  const config = seq2seq.resolve({ ...SMALL, valid: 0 }, "t");
  const pairs = await storePairs({ train: streamed(text, 97, name) }, config, 25);
  const batches = seq2seq.batches(pairs.data, pairs.config);
  const count = Array.from({ length: batches.steps }, () => batches.next().lengths.length).reduce((a, b) => a + b);
  expect(count).toBe(120);
  expect([...(pairs.data.train as StoredSamples<Pair>).spread(3)].map(({ text: own }) => own)).toHaveLength(3);
  pairs.data.close();
  const rows = await storeLabelled(
    { train: streamed(nameTable(90)) },
    generate.resolve({ ...SMALL, text: "name", label: "kind" }, "t"),
    20,
  );
  const train = rows.data.train as StoredSamples<Labelled>;
  expect(train.sizes.length).toBe(5);
  const all = [...train];
  expect([...train.spread(7)]).toEqual(Array.from({ length: 7 }, (_, i) => all[Math.floor((i * all.length) / 7)]));
  rows.data.close();
});

describe("what cannot be learned from is refused as in memory, and nothing is left behind", () => {
  const [pairs, names] = [CASES["pairs"]!, CASES["names"]!];
  const styles = CASES["texts of a size and a kind"]!;
  const many = `text,size,kind\n${Array.from({ length: 300 }, (_, i) => `x,y${i},a`).join("\n")}\n`;
  test.each<[string, Case]>([
    ["an empty side", { ...pairs, text: `${pairs.text}ab\t \n` }],
    ["a missing column", { ...pairs, given: { source: "sorce" } }],
    ["a row too short", { ...pairs, text: `${pairs.text}ab\n` }],
    ["one that is too long", { ...pairs, given: { maxLength: 3 } }],
    ["one that is longer than those to train on", { ...pairs, valid: `${pairs.valid}${"ab".repeat(9)}\tc\n` }],
    [
      "a line break between words",
      { ...CASES["pairs of words, copied"]!, text: `source\ttarget\na ${SPECIAL} b\tc\nd\te\n` },
    ],
    ["a line without the separator", { ...CASES["lines with a separator"]!, text: "a => b\nc d\n" }],
    ["no line", { ...CASES["lines with a separator"]!, text: "\n\n" }],
    ["an empty class", { ...names, text: `${names.text}Ab,\n` }],
    ["an empty text", { ...names, text: `${names.text},stone\n` }],
    ["a class that training never saw", { ...names, valid: "name,kind\nAb,wood\n" }],
    ["no rows", { ...names, text: "name,kind\n" }],
    ["nothing", { ...names, text: "" }],
    ["no number", { ...styles, text: `${styles.text}aa,long,old\n` }],
    ["too many values", { ...styles, text: many }],
  ])("%s", async (_, bad) => {
    vi.stubEnv("TMPDIR", folder.at());
    let error: unknown;
    try {
      const { data, config } = inMemory(bad);
      bad.task.batches(data, config);
    } catch (thrown) {
      error = thrown;
    }
    const { message, details } = error as { message: string; details: object };
    expect(message).toMatch(/must/);
    const wanted = message.replace("got 300", "got more");
    await expect(onDisk(bad)).rejects.toMatchObject({ message: wanted, details });
    expect(readdirSync(folder.at())).toEqual([]);
  });
});
