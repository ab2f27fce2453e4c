import { describe, expect, test } from "vitest";
import { readTable } from "../../src/data/readers/index.js";
import { buildTask, decodeTask } from "../../src/tasks/checkpoint.js";
import { classify } from "../../src/tasks/classify/task.js";
import type { CommandTask } from "../../src/tasks/commands.js";
import { batchOf as batchOfWindows } from "../../src/tasks/forecast/batch.js";
import type { ForecastConfig } from "../../src/tasks/forecast/config.js";
import type { ForecastMeta } from "../../src/tasks/forecast/data.js";
import type { Forecaster } from "../../src/tasks/forecast/model.js";
import { windowsAhead } from "../../src/tasks/forecast/predictions.js";
import { forecast } from "../../src/tasks/forecast/task.js";
import type { RowModel } from "../../src/tasks/many-to-one/model.js";
import { regress } from "../../src/tasks/regress/task.js";
import { batchOf, type Tagger } from "../../src/tasks/tag/model.js";
import { tag } from "../../src/tasks/tag/task.js";
import { TaskTraining } from "../../src/tasks/training/task-training.js";
import { type Tensor, tensor } from "../../src/tensor/index.js";
import { dailyTable, nameTable, seriesTable } from "../support/rows.js";
import { conll, taggedSentences } from "../support/tagged.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const SIZES = { hidden: 6, embed: 5, batch: 4, lr: 0.02, seed: 3 };

/** A model of a few steps. */
async function trained(task: CommandTask, name: string, text: string, settings: object, steps = 20) {
  const source = { name, bytes: bytesOf(text) };
  const given = Object.entries({ ...SIZES, ...settings }).filter(([key]) => Object.hasOwn(task.fields, key));
  const { data, config } = task.read({ train: source }, Object.fromEntries(given) as never, { op: "test" });
  const training = new TaskTraining(task, data, config);
  await training.fit({ untilStep: steps });
  const checkpoint = decodeTask(task, training.encode());
  return { model: buildTask(task, checkpoint), known: checkpoint, source };
}

interface RowSample {
  decided: { what: string; score: number; contributions: number[] }[];
  pooling: number[] | null;
  steps: string[];
  answer: Record<string, unknown>;
}

const samplesOf = (values: object) => (values as { samples: RowSample[] }).samples;

/** A central difference of what a step gives, as its input grows and shrinks by a small factor. */
function byHand(model: RowModel, ids: readonly number[], step: number, scoreOf: (outputs: number[]) => number): number {
  const at = (factor: number) => {
    const x = model.read(tensor(ids, { shape: [ids.length, 1], dtype: "int32" })).toArray() as number[][][];
    x[step]![0] = x[step]![0]!.map((value) => value * factor);
    return scoreOf((model.answer(tensor(x), [ids.length]).toArray() as number[][])[0]!);
  };
  return (at(1.01) - at(0.99)) / 0.02;
}

describe("what decided a row is what a finite difference by hand says", () => {
  test.each(["last", "mean", "max", "attention"])("classify, pooling %s", async (pooling) => {
    const { model, known, source } = await trained(classify as unknown as CommandTask, "n.csv", nameTable(60), {
      text: "name",
      label: "kind",
      pooling,
      bidirectional: true,
    });
    const inspected = await classify.inspect!.run(model as never, known as never, source, { rows: 2 });
    const [first, second] = samplesOf(inspected.values);
    expect(second).toBeDefined();
    const row = model as unknown as RowModel;
    const vocabulary = (known.meta as { inputs: { vocabulary: { encode(text: string): Int32Array } } }).inputs
      .vocabulary;
    const ids = [...vocabulary.encode(first!.steps.join(""))];
    const own = (known.meta as { classes: string[] }).classes.indexOf(first!.answer["label"] as string);
    const [{ contributions, score, what }] = first!.decided as [RowSample["decided"][0]];
    expect(what).toBe(`the log odds of "${first!.answer["label"]}"`);
    expect(score).toBeCloseTo(
      Math.log((first!.answer["probability"] as number) / (1 - (first!.answer["probability"] as number))),
      4,
    );
    for (const step of ids.keys()) {
      expect(contributions[step]).toBeCloseTo(
        byHand(row, ids, step, (out) => out[own]! - out[1 - own]!),
        3,
      );
    }
    expect(first!.pooling === null).toBe(pooling !== "attention");
    if (first!.pooling !== null) expect(first!.pooling.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
  });
});

/** A central difference of `told`, as all numbers of a step grow and shrink by a small factor. */
function difference(x: Tensor, step: number, told: (x: Tensor) => number): number {
  const at = (factor: number) => {
    const values = x.toArray() as number[][][];
    values[step] = values[step]!.map((row) => row.map((value) => value * factor));
    return told(tensor(values));
  };
  return (at(1.01) - at(0.99)) / 0.02;
}

test("regress, rows of numbers: in the units of the target, of each column as a step", async () => {
  const table = seriesTable(60).replaceAll(/,(up|down)/g, (_, way) => `,${way === "up" ? 30 : 10}`);
  const { model, known, source } = await trained(regress as unknown as CommandTask, "s.csv", table, { label: "label" });
  const inspected = await regress.inspect!.run(model as never, known as never, source, { row: 2, rows: 1 });
  const [{ decided, steps, answer }] = samplesOf(inspected.values) as [RowSample];
  expect(steps).toEqual(["a", "b", "c", "d", "e"]);
  const [{ contributions, score, what }] = decided as [RowSample["decided"][0]];
  expect([what, score]).toEqual(["label", expect.closeTo(answer["value"] as number, 3)]);
  const { mean, scale, inputs } = known.meta as {
    mean: number;
    scale: number;
    inputs: { mean: number[]; scale: number[] };
  };
  const cells = table.split("\n")[2]!.split(",").slice(0, 5).map(Number);
  const x = tensor(cells.map((cell) => [[(cell - inputs.mean[0]!) / inputs.scale[0]!]]));
  const row = model as unknown as RowModel;
  for (const step of cells.keys()) {
    const hand = difference(x, step, (at) => row.answer(at, [5]).item() * scale + mean);
    expect(contributions[step]).toBeCloseTo(hand, 2);
  }
});

test("tag: the log odds of a word's tag, of each word", async () => {
  const text = conll(taggedSentences(30));
  const { model, known } = await trained(tag as unknown as CommandTask, "t.conll", text, {
    charEmbed: 4,
    charHidden: 3,
  });
  const { values } = await tag.inspect!.run(model as never, known as never, "Toma works in Rabton .", {});
  const [{ decided, tags }] = (values as { samples: { decided: number[][]; tags: string[] }[] }).samples as [
    { decided: number[][]; tags: string[] },
  ];
  const tagger = model as unknown as Tagger;
  const tokens = "Toma works in Rabton .".split(" ");
  const batch = batchOf([{ tokens, tags: tokens, ids: new Int32Array(5) }], tagger.meaning.lexicon, 30);
  const x = tagger.read(batch);
  for (const [word, own] of [
    [0, 0],
    [1, 3],
    [4, 2],
  ] as const) {
    const hand = difference(x, own, (at) => {
      const scores = (tagger.scores(at, [5]).toArray() as number[][][])[word]![0]!;
      const id = tagger.meaning.tags.indexOf(tags[word]!);
      const others = scores.filter((_, c) => c !== id).reduce((sum, score) => sum + Math.exp(score), 0);
      return scores[id]! - Math.log(others);
    });
    expect(decided[word]![own]).toBeCloseTo(hand, 3);
  }
});

test.each(["direct", "recursive"] as const)(
  "forecast, %s: each value that is known, through all lags that read it",
  async (decoding) => {
    const settings = {
      time: "day",
      target: "load",
      id: "site",
      horizon: 2,
      context: 5,
      lags: "1,3",
      calendar: "day-of-week",
      decoding,
    };
    const table = dailyTable(40);
    const { model, known } = await trained(forecast as unknown as CommandTask, "d.csv", table, settings);
    const { config, meta } = known as never as { config: ForecastConfig; meta: ForecastMeta };
    const { values } = await forecast.inspect!.run(
      model as never,
      known as never,
      { name: "d.csv", bytes: bytesOf(table) },
      { rows: 1 },
    );
    const [{ past, decided, inputs }] = (
      values as { samples: { past: number[]; decided: number[][]; inputs: string[] }[] }
    ).samples as [{ past: number[]; decided: number[][]; inputs: string[] }];
    expect(past).toHaveLength(8);
    const [window] = windowsAhead(readTable(bytesOf(table), "d.csv"), config, meta);
    const told = (at: number, factor: number) => {
      const scaled = window!.series.scaled.slice();
      scaled[window!.origin - 8 + at]! *= factor;
      const own = { ...window!, series: { ...window!.series, scaled } };
      const steps = decoding === "direct" ? undefined : 6;
      const [raw] = (model as unknown as Forecaster).forward(batchOfWindows([own], config, meta, steps).x);
      return (raw.toArray() as number[][][])[5]![0]![0]! * window!.series.scale.scale;
    };
    for (let at = 0; at < 8; at++) expect(past[at]).toBeCloseTo((told(at, 1.01) - told(at, 0.99)) / 0.02, 2);
    // What the lags did is what the values did.
    const lags = inputs.flatMap((name, i) => (name.startsWith("lag") ? [decided[0]![i]!] : []));
    expect(lags.reduce((a, b) => a + b, 0)).toBeCloseTo(
      past.reduce((a, b) => a + b, 0),
      4,
    );
  },
);

test("looking leaves gradients and the mode of the model as they were", async () => {
  const { model, known, source } = await trained(classify as unknown as CommandTask, "n.csv", nameTable(30), {
    text: "name",
    label: "kind",
  });
  const [weight] = model.parameters();
  weight!.grad = tensor(new Float32Array(weight!.size).fill(3), { shape: weight!.shape });
  model.train();
  await classify.inspect!.run(model as never, known as never, source, {});
  expect(model.training).toBe(true);
  expect([...weight!.grad!.data()].every((value) => value === 3)).toBe(true);
  expect(
    model
      .parameters()
      .slice(1)
      .every(({ grad }) => grad === null),
  ).toBe(true);
});
