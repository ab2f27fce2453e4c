import { decodeTask } from "../../src/tasks/checkpoint.js";
import { classify } from "../../src/tasks/classify/task.js";
import type { CommandTask } from "../../src/tasks/commands.js";
import { forecast } from "../../src/tasks/forecast/task.js";
import { generate as writer } from "../../src/tasks/generate/task.js";
import { languageModelTask } from "../../src/tasks/language-model/commands.js";
import { regress } from "../../src/tasks/regress/task.js";
import { seq2seq } from "../../src/tasks/seq2seq/task.js";
import { tag } from "../../src/tasks/tag/task.js";
import type { Source } from "../../src/tasks/task.js";
import { TaskTraining, type TaskTrainingOptions } from "../../src/tasks/training/task-training.js";
import { reversedPairs } from "./pairs.js";
import { dailyTable, nameTable, priceTable } from "./rows.js";
import { conll, taggedSentences } from "./tagged.js";
import { nonsense } from "./text.js";

const text = new TextEncoder().encode(nonsense(900));
const names = new TextEncoder().encode(nameTable(60));
const days = new TextEncoder().encode(dailyTable(60));
const prices = new TextEncoder().encode(priceTable(60));
const pairs = new TextEncoder().encode(reversedPairs(60));
const tagged = new TextEncoder().encode(conll(taggedSentences(20)));
const SIZES = { hidden: 6, embed: 5, layers: 2, batch: 3, dropout: 0.2, seed: 4, lr: 0.01 };
const { embed: _, ...SERIES } = SIZES;
/** Data of a few rows and a model of a few units for each task. */
export const TINY = {
  "language-model": { task: languageModelTask, bytes: text, settings: { ...SIZES, seqLen: 7 } },
  forecast: {
    task: forecast,
    bytes: days,
    settings: { ...SERIES, time: "day", target: "load", id: "site", horizon: 2, context: 5 },
  },
  classify: { task: classify, bytes: names, settings: { ...SIZES, text: "name", label: "kind", bidirectional: true } },
  regress: { task: regress, bytes: prices, settings: { ...SIZES, text: "what", label: "price", pooling: "attention" } },
  generate: { task: writer, bytes: names, settings: { ...SIZES } },
  seq2seq: { task: seq2seq, bytes: pairs, settings: { ...SIZES, hidden: 8, bidirectional: true, peeky: true } },
  tag: { task: tag, bytes: tagged, settings: { ...SIZES, charEmbed: 4, charHidden: 3, maxLength: 6 } },
} as const;
export type Kind = keyof typeof TINY;
export const KINDS = Object.keys(TINY) as Kind[];
const NAMES: Partial<Record<Kind, string>> = { "language-model": "text", seq2seq: "pairs.tsv", tag: "words.conll" };

/** A training of such a task, with other settings on top; from a checkpoint where there is one. */
export function begin(
  kind: Kind,
  more: object,
  resume?: Uint8Array,
  options: Pick<TaskTrainingOptions, "ranksLike" | "collective" | "told"> = {},
): TaskTraining {
  const { bytes, settings } = TINY[kind];
  const task = TINY[kind].task as unknown as CommandTask;
  const source = { name: NAMES[kind] ?? "rows.csv", bytes };
  return trainingOf(task, source, { ...settings, ...more }, { ...options, resume: resume && decodeTask(task, resume) });
}

/** A training of a task on a source. */
export function trainingOf(
  task: CommandTask,
  source: Source,
  settings: object,
  options: TaskTrainingOptions = {},
): TaskTraining {
  const { data, config } = task.read({ train: source }, settings as never, { op: "test" });
  return new TaskTraining(task, data, config, options);
}
