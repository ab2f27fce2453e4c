import { describe, expect, test } from "vitest";
import { buildTask, decodeTask } from "../../../src/tasks/checkpoint.js";
import { decodeAnyTask } from "../../../src/tasks/registry.js";
import type { Seq2SeqSettings } from "../../../src/tasks/seq2seq/config.js";
import { seq2seq } from "../../../src/tasks/seq2seq/task.js";
import { GREEDY, writeAll } from "../../../src/tasks/seq2seq/write.js";
import { TaskTraining } from "../../../src/tasks/training/task-training.js";
import type { ValidationEvent } from "../../../src/train/index.js";
import { reversedPairs } from "../../support/pairs.js";

const SMALL: Partial<Seq2SeqSettings> = { hidden: 24, embed: 10, batch: 16, lr: 0.02, valid: 0.2, epochs: 8 };

const source = (text: string, name = "pairs.tsv") => ({ name, bytes: new TextEncoder().encode(text) });

function begin(table: string, settings: Partial<Seq2SeqSettings>, resume?: Uint8Array) {
  const { data, config } = seq2seq.read({ train: source(table) }, settings, { op: "train" });
  return new TaskTraining(seq2seq, data, config, { resume: resume && decodeTask(seq2seq, resume) });
}

async function figures(table: string, settings: Partial<Seq2SeqSettings>): Promise<ValidationEvent["metrics"]> {
  let last: ValidationEvent["metrics"] = {};
  await begin(table, settings).fit({
    onEvent(event) {
      if (event.type === "validation") last = event.metrics;
    },
  });
  return last;
}

describe("learning", () => {
  test.each<[name: string, settings: Partial<Seq2SeqSettings>, least: number]>([
    ["general attention, LSTM", {}, 0.9],
    ["dot attention, GRU, bidirectional", { attention: "dot", cell: "gru", bidirectional: true }, 0.5],
    [
      "additive attention, RNN, input feeding",
      { attention: "additive", cell: "rnn", inputFeeding: true, lr: 0.01 },
      0.8,
    ],
    ["no attention, reversed, peeky", { attention: "none", reverse: true, peeky: true }, 0.6],
    ["its own tokens more and more", { teacherForcingEnd: 0.5 }, 0.8],
  ])("%s: words that were never seen are written backwards", async (_, settings, least) => {
    const found = await figures(reversedPairs(400), { ...SMALL, ...settings });
    expect(found["exact match"]).toBeGreaterThan(least);
    expect(found["token error rate"]).toBeLessThan(1 - least);
    expect(Object.keys(found)).toEqual([
      "exact match",
      "token error rate",
      "sequence error rate",
      "BLEU",
      "chrF",
      "loss",
    ]);
  });
});

type Training = ReturnType<typeof begin>;
const weights = ({ model }: Training) => [...model.stateDict()].map(([name, t]) => [name, [...t.data()]]);

describe("resuming", () => {
  test.each<[name: string, settings: Partial<Seq2SeqSettings>]>([
    ["attention and dropout", { dropout: 0.3, layers: 2, bidirectional: true }],
    [
      "input feeding, and its own tokens more and more",
      { inputFeeding: true, teacherForcing: 0.9, teacherForcingEnd: 0 },
    ],
    [
      "layers with masks, a schedule",
      { layers: 2, hiddenDropout: 0.2, weightDrop: 0.2, schedule: "cosine", warmup: 3 },
    ],
  ])("%s: 17 steps are 7 + 10, mid-epoch, to the bit", async (_, more) => {
    const settings = { ...SMALL, hidden: 8, ...more };
    const table = reversedPairs(150);
    const whole = begin(table, settings);
    expect(7 % whole.trainer.progress.epochSteps).not.toBe(0);
    await whole.fit({ untilStep: 17 });
    const first = begin(table, settings);
    await first.fit({ untilStep: 7 });
    const second = begin(table, settings, first.encode());
    await second.fit({ untilStep: 17 });
    expect(weights(second)).toEqual(weights(whole));
    expect(second.encode()).toEqual(whole.encode());
  });

  test("other settings, other letters and other pairs are refused", () => {
    const [head, one, two, ...rest] = reversedPairs(100).split("\n");
    const bytes = begin([head, one, two, ...rest].join("\n"), SMALL).encode();
    const again = (table: string, more = {}) => begin(table, { ...SMALL, ...more }, bytes);
    expect(() => again(reversedPairs(100), { hidden: 5, peeky: true })).toThrow("hidden 24 → 5, peeky false → true");
    expect(() => again(reversedPairs(100, { letters: "vwxyz" }))).toThrow("must know the vocabularies of the pairs");
    expect(() => again([head, two, one, ...rest].join("\n"))).toThrow("must be of the same file of pairs");
  });
});

test("a checkpoint says its task, and its model writes what it wrote before", async () => {
  const training = begin(reversedPairs(100), SMALL);
  await training.fit({ untilStep: 20 });
  expect(decodeAnyTask(training.encode(), "x").task.name).toBe("seq2seq");
  const checkpoint = decodeTask(seq2seq, training.encode());
  const loaded = buildTask(seq2seq, checkpoint);
  training.model.eval();
  const sources = ["abcd", "e", "da"].map((text) => checkpoint.meta.source.encode(text));
  expect(writeAll(loaded, sources, GREEDY)).toEqual(writeAll(training.model, sources, GREEDY));
});
