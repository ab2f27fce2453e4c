import { describe, expect, test } from "vitest";
import { Generator, manualSeed } from "../../src/base/random.js";
import { measured } from "../../src/tasks/judged/measured.js";
import { TASKS, taskNamed } from "../../src/tasks/registry.js";
import type { TaskTypes } from "../../src/tasks/task.js";
import { type Collective, Local } from "../../src/train/collective/collective.js";
import { LaneShare, type Share, WHOLE } from "../../src/train/collective/share.js";
import { Pacer } from "../../src/train/index.js";
import { reversedPairs } from "../support/pairs.js";
import { onRanks } from "../support/replayed-ranks.js";
import { dailyTable, nameTable, priceTable } from "../support/rows.js";
import { conll, taggedSentences } from "../support/tagged.js";

const letters = (length: number, alphabet: string, seed = 1) => {
  const generator = new Generator(seed);
  return Array.from({ length }, () => alphabet[generator.integer(alphabet.length)]).join("");
};
/** Words that are labels by half. */
const labelled = (rows: number) => {
  const generator = new Generator(5);
  const lines = Array.from({ length: rows }, () => {
    const words = ["ball", "vote", "song"].filter(() => generator.uniform() < 0.5);
    return `the ${words.join(" ")} is here,${words.filter(() => generator.uniform() < 0.8).join("; ")}`;
  });
  return `text,tags\n${lines.join("\n")}\n`;
};

const DAYS = { time: "day", target: "load", id: "site", lags: "1", context: 5, horizon: 2 };
interface Row {
  task: string;
  name: string;
  text: string;
  settings?: Record<string, unknown>;
  /** What is calibrated is drawn piece by piece, and so differs from what is drawn at once. */
  draws?: boolean;
}
/** For each task files of which several pieces are held out, and settings under which it judges in another way. */
const ROWS: Record<string, Row> = {
  "spans of tags": { task: "tag", name: "p.conll", text: conll(taggedSentences(420)), settings: { charEmbed: 3, charHidden: 3, embed: 4 } },
  "tags with a CRF": { task: "tag", name: "p.conll", text: conll(taggedSentences(420, 2)), settings: { crf: true, charEmbed: 3, charHidden: 3 } },
  pairs: { task: "seq2seq", name: "p.tsv", text: reversedPairs(420, { longest: 3 }) },
  forecasts: { task: "forecast", name: "d.csv", text: dailyTable(500), settings: DAYS },
  "forecasts of drawn paths": { task: "forecast", name: "d.csv", text: dailyTable(120), settings: { ...DAYS, decoding: "recursive", paths: 60, output: "gaussian", calibrate: true }, draws: true },
  "calibrated forecasts": { task: "forecast", name: "d.csv", text: dailyTable(500), settings: { ...DAYS, output: "quantiles", calibrate: true } },
  classes: { task: "classify", name: "n.csv", text: nameTable(420) },
  "several labels": { task: "classify", name: "n.csv", text: labelled(420), settings: { text: "text", label: "tags", multi: true, tokens: "word" } },
  prices: { task: "regress", name: "p.csv", text: priceTable(420), settings: { text: "what", label: "price" } },
  "labelled texts": { task: "generate", name: "n.csv", text: nameTable(420) },
  "unusual lines": { task: "anomaly", name: "l.txt", text: letters(1500, "abcd\n"), settings: { quantile: 0.9 } },
  "unusual values": { task: "anomaly", name: "d.csv", text: dailyTable(200), settings: { time: "day", target: "load", id: "site", lags: "1", context: 5, quantile: 0.9 } },
  "a stream": { task: "language-model", name: "t.txt", text: letters(6000, "abcde \n"), settings: { seqLen: 8 } },
}; // biome-ignore format: a table

/** What is held out, and a model that was not trained: alike at each call. */
function made({ task: name, name: file, text, settings }: Row) {
  const task = taskNamed(name);
  const bytes = new TextEncoder().encode(text);
  const sizes = { hidden: 5, layers: 1, batch: 4, seed: 4, valid: 0.6 };
  const given = { ...sizes, ...task.infer?.(file, () => bytes, { ...settings }, true)?.settings, ...settings };
  const read = task.read({ train: { name: file, bytes } }, given as Partial<TaskTypes["settings"]>, { op: "test" });
  const { meta } = task.about(read.data, read.config);
  manualSeed(7);
  const model = task.build(read.config, meta);
  model.train(false);
  return { task, judged: { model, data: read.data, config: read.config, meta } };
}

/** What is found, and what the model has become by it, to the bit. */
async function judge(row: Row, share: Share) {
  const { task, judged } = made(row);
  if (share instanceof LaneShare) share.begin();
  const told: number[] = [];
  const found = await measured(task, judged, share, { pacer: new Pacer(1e9), told: (done) => told.push(done) });
  const weights = [...judged.model.stateDict()].map(([name, value]) => [name, [...value.data()]]);
  return { found, weights, told };
}

test("there are files of all tasks", () => {
  const known = TASKS.map(({ name }) => name).sort();
  expect([...new Set(Object.values(ROWS).map(({ task }) => task))].sort()).toEqual(known);
});

describe.each(Object.keys(ROWS))("%s", (name) => {
  const row = ROWS[name]!;

  test("ranks share a validation out, and find to the bit what one process finds that sums like them", async () => {
    const whole = await judge(row, WHOLE);
    for (const lanes of [2, 3]) {
      const like = await judge(row, new LaneShare(new Local(), lanes));
      const shared = await onRanks(lanes, (collective: Collective) => judge(row, new LaneShare(collective, lanes)));
      for (const { found, weights } of shared) expect([found, weights]).toEqual([like.found, like.weights]);
      // Each looks at a part alone.
      for (const { told } of shared) expect(told.length).toBeLessThan(whole.told.length);
      const figures: Record<string, number> = { loss: whole.found.loss, ...whole.found.metrics };
      for (const [figure, value] of Object.entries({ loss: like.found.loss, ...like.found.metrics })) {
        const near = Math.abs(value - figures[figure]!) <= (row.draws ? 0.2 : 1e-12) * Math.abs(value);
        expect({ figure, value, near }).toEqual({ figure, value, near: true });
      }
    }
  });
});
