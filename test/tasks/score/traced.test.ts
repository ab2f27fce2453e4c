import { describe, expect, test } from "vitest";
import { readTable } from "../../../src/data/readers/index.js";
import { noGrad, type Tensor, tensor } from "../../../src/index.js";
import { functional } from "../../../src/nn/index.js";
import type { AnomalyConfig } from "../../../src/tasks/anomaly/config.js";
import { scoredWindows } from "../../../src/tasks/anomaly/data.js";
import type { AnomalyMeta, AnomalyModel } from "../../../src/tasks/anomaly/model.js";
import { seriesScores } from "../../../src/tasks/anomaly/scores.js";
import { anomaly } from "../../../src/tasks/anomaly/task.js";
import type { CommandTask, Looked } from "../../../src/tasks/commands.js";
import type { ForecastConfig } from "../../../src/tasks/forecast/config.js";
import { type ForecastMeta, firstOrigin, type Window } from "../../../src/tasks/forecast/data.js";
import { forecasts } from "../../../src/tasks/forecast/decode.js";
import type { Forecaster } from "../../../src/tasks/forecast/model.js";
import { windowsAhead } from "../../../src/tasks/forecast/predictions.js";
import { LEVELS } from "../../../src/tasks/forecast/quantile-of.js";
import { type Labelled, labelledOf, type Meaning } from "../../../src/tasks/generate/data.js";
import { type ClassWriter, padded } from "../../../src/tasks/generate/model.js";
import type { RowModel } from "../../../src/tasks/many-to-one/model.js";
import { look } from "../../../src/tasks/score/look.js";
import type { GradientRow, ScoreData, Track } from "../../../src/tasks/score/score-data.js";
import { paddedSources } from "../../../src/tasks/seq2seq/batch.js";
import { copyLosses, type Pointing } from "../../../src/tasks/seq2seq/copying.js";
import type { EncoderDecoder } from "../../../src/tasks/seq2seq/model.js";
import { batchOf, type Tagger } from "../../../src/tasks/tag/model.js";
import type { Source } from "../../../src/tasks/task.js";
import type { TaskTraining } from "../../../src/tasks/training/task-training.js";
import type { Vocabulary } from "../../../src/text/index.js";
import { dailyTable } from "../../support/rows.js";
import { nonsense } from "../../support/text.js";
import { begin, type Kind, TINY, trainingOf } from "../../support/tiny-tasks.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const north = (days: number) =>
  dailyTable(days)
    .split("\n")
    .filter((line) => !line.includes("south"))
    .join("\n");

/** A model of a few steps; of anomalies in a series, and in lines. */
async function trained(kind: Kind | "series" | "lines", more: object = {}): Promise<TaskTraining> {
  const task = anomaly as unknown as CommandTask;
  const sizes = { hidden: 6, layers: 1, batch: 4, lr: 0.02, seed: 4, ...more };
  const training =
    kind === "series"
      ? trainingOf(
          task,
          { name: "d.csv", bytes: bytesOf(north(50)) },
          { ...sizes, time: "day", target: "load", context: 6 },
        )
      : kind === "lines"
        ? trainingOf(task, { name: "log.txt", bytes: bytesOf(nonsense(900)) }, { ...sizes, embed: 4, tokens: "char" })
        : begin(kind, more);
  await training.fit({ untilStep: kind === "seq2seq" ? 40 : 8 });
  return training;
}

function looking({ task, model, config, about: { meta } }: TaskTraining, content: Source | string): Promise<Looked> {
  return look(task, model, { config, meta }, content);
}

const trackOf = ({ tracks }: ScoreData, kind: Track["kind"]) => tracks.find((track) => track.kind === kind);

const READS: [Kind | "series" | "lines", string | Source, more?: object][] = [
  ["tag", "Toma works in Rabton ."],
  ["tag", "Toma works in Rabton .", { crf: true, chars: "conv" }],
  ["classify", "Josephine"],
  ["classify", "Josephine", { bidirectional: false, pooling: "max" }],
  ["regress", "a small red book"],
  ["generate", { name: "rows.csv", bytes: TINY.generate.bytes }],
  ["seq2seq", "abca"],
  ["seq2seq", "abca", { attention: "none", bidirectional: false, reverse: true, peeky: false }],
  ["seq2seq", "abca", { copy: true, attention: "general", inputFeeding: true }],
  ["forecast", { name: "d.csv", bytes: TINY.forecast.bytes }],
  ["forecast", { name: "d.csv", bytes: TINY.forecast.bytes }, { decoding: "recursive", output: "point" }],
  ["series", { name: "d.csv", bytes: bytesOf(north(40)) }],
  ["lines", "mum del kora"],
  ["language-model", nonsense(60)],
];

describe("what a score shows of every task", () => {
  test.each(READS)("%s %j %j", async (kind, content, more) => {
    const training = await trained(kind, more);
    const { scores, gradients } = await looking(training, content);
    expect(gradients).toHaveLength(scores.length);
    // Of the first sequence it can be asked what a prediction follows from, and the layers lie under it.
    const at = gradients.findIndex((rows) => rows !== null);
    const { steps, tracks } = scores[at]!;
    expect(tracks.map(({ kind: own }) => own)).toEqual(expect.arrayContaining(["gradient", "heat", "lines"]));
    expect(tracks.filter(({ id }) => id.startsWith("units:")).length).toBeGreaterThan(0);
    expect(new Set(tracks.map(({ id }) => id)).size).toBe(tracks.length);
    for (const { values, rows } of tracks.filter((track) => track.kind === "heat")) {
      expect(values.length).toBe(rows.length * steps.length);
    }
    const last = steps.length - 1;
    const [row, first] = gradients[at]!([last, 0]) as [GradientRow, GradientRow];
    expect([row.step, first.step]).toEqual([last, 0]);
    expect(row.values.some((value) => value > 0)).toBe(true);
    expect(row.values.every(Number.isFinite)).toBe(true);
    expect(row.from + row.values.length).toBeLessThanOrEqual(steps.length);
    expect(row.horizon).toBeLessThanOrEqual(last);
    const isBoth = (training.config as { bidirectional?: boolean }).bidirectional === true && kind === "tag";
    if (!isBoth) expect(first.from + first.values.length).toBeLessThanOrEqual(1);
  });
});

type Told = (x: Tensor) => Tensor;

/** The norm of a number's gradient at one step, by central differences as each value of the step moves by `d`. */
function byHand(x: Tensor, step: number, told: Told, d = 1e-5): number {
  const size = x.shape.at(-1)!;
  let squares = 0;
  for (let i = step * size; i < (step + 1) * size; i++) {
    const [more, less] = [d, -d].map((by) => {
      const values = Float64Array.from(x.data());
      values[i]! += by;
      return noGrad(() => told(tensor(values, { shape: x.shape, dtype: x.dtype }))).item();
    });
    squares += ((more! - less!) / (2 * d)) ** 2;
  }
  return Math.sqrt(squares);
}

/** In float64, that differences may be told from noise. */
async function exact<M>(kind: Kind, more: object = {}): Promise<{ training: TaskTraining; model: M }> {
  const training = await trained(kind, more);
  training.model.eval();
  training.model.to("float64");
  return { training, model: training.model as M };
}

const ids = (values: ArrayLike<number>) => tensor(Int32Array.from(values));

describe("a gradient is what differences say", () => {
  test("tag, of words before and behind", async () => {
    const { training, model } = await exact<Tagger>("tag");
    const words = "Toma works in Rabton".split(" ");
    const { gradients, scores } = await looking(training, words.join(" "));
    const batch = batchOf([{ tokens: words, tags: words, ids: new Int32Array(4) }], model.meaning.lexicon, 30);
    const x = noGrad(() => model.read(batch));
    const best = noGrad(() => model.scores(x, [4]).argmax(-1)).data();
    expect(scores[0]!.steps.map(({ label }) => label)).toEqual(words);
    for (const row of gradients[0]!([1, 3])) {
      const told: Told = (at) =>
        functional.crossEntropy(model.scores(at, [4]).select(0, row.step), ids([best[row.step]!]));
      for (const [s, value] of row.values.entries()) expect(value / byHand(x, s, told)).toBeCloseTo(1, 4);
      expect(row.values).toHaveLength(4);
    }
  });

  test.each(["last", "mean", "attention"])("classify, %s, as if the sequence ended there", async (pooling) => {
    const { training, model } = await exact<RowModel>("classify", { pooling });
    const { gradients, scores } = await looking(training, "josef");
    const { vocabulary } = (training.about.meta as { inputs: { vocabulary: Vocabulary } }).inputs;
    const x = noGrad(() => model.read(tensor(vocabulary.encode("josef"), { shape: [5, 1] })));
    const answer = trackOf(scores[0]!, "lines") as Extract<Track, { kind: "lines" }>;
    for (const row of gradients[0]!([4, 2])) {
      const end = row.step + 1;
      const logits = noGrad(() => model.answer(x.narrow(0, 0, end), [end])).toArray() as number[][];
      const shares = logits[0]!.map((own) => 1 / logits[0]!.reduce((sum, other) => sum + Math.exp(other - own), 0));
      expect(answer.series.map(({ values }) => values[row.step]).sort()).toEqual(
        shares.sort().map((p) => expect.closeTo(p, 5)),
      );
      const told: Told = (at) => {
        const both = model.answer(at, [end]).select(0, 0);
        return both.select(0, 0).sub(both.select(0, 1));
      };
      for (const [s, value] of row.values.entries()) {
        expect(value / byHand(x.narrow(0, 0, end).contiguous(), s, told)).toBeCloseTo(1, 4);
      }
      expect(row.values).toHaveLength(end);
    }
  });

  test("generate, of each token before", async () => {
    const training = await trained("generate");
    const model = training.model as unknown as ClassWriter;
    model.eval();
    const { gradients, scores } = await looking(training, { name: "rows.csv", bytes: TINY.generate.bytes });
    const { vocabulary, conditions } = training.about.meta as Meaning;
    const [row] = labelledOf(readTable(TINY.generate.bytes, "rows.csv"), training.config as never, { vocabulary, conditions } as Meaning) as [Labelled]; // biome-ignore format: one line
    const { written, targets } = padded([row], model.ends);
    const x = noGrad(() => model.read(written));
    expect(scores[0]!.steps).toHaveLength(targets.size);
    const step = targets.size - 1;
    const [found] = gradients[0]!([step]) as [GradientRow];
    const told: Told = (at) => {
      const condition = model.conditions([row.condition]);
      const [logits] = model.steps(at, condition, model.start(condition));
      return functional.crossEntropy(logits.select(0, step), ids([targets.data()[step]!]));
    };
    // The first input is the beginning, which no token of the text is.
    for (const [s, value] of found.values.entries()) expect(value / byHand(x, s + 1, told, 0.02)).toBeCloseTo(1, 1.5);
    expect(found.values).toHaveLength(step);
    const next = trackOf(scores[0]!, "next") as Extract<Track, { kind: "next" }>;
    const surprise = trackOf(scores[0]!, "bars") as Extract<Track, { kind: "bars" }>;
    const at = Array.from({ length: next.top }, (_, k) => next.ids[(step - 1) * next.top + k]);
    const k = at.indexOf(targets.data()[step]!);
    if (k >= 0)
      expect(-Math.log(next.probabilities[(step - 1) * next.top + k]!)).toBeCloseTo(surprise.values[step]!, 4);
    expect(surprise.values[step]).toBeCloseTo(noGrad(() => told(x)).item(), 4);
  });

  test.each([
    { attention: "none", reverse: true, bidirectional: false, peeky: true },
    { attention: "general", inputFeeding: true, reverse: false },
    { attention: "dot", copy: true, peeky: false },
  ])("seq2seq, of the source and of what was written before, %j", async (more) => {
    const { training, model } = await exact<EncoderDecoder>("seq2seq", more);
    const source = "abcde";
    const { gradients, scores } = await looking(training, source);
    const index = gradients.findIndex((rows) => rows !== null);
    const { steps, pair } = scores[index]!;
    const meta = training.about.meta as { source: Vocabulary; target: Vocabulary };
    const own = meta.source.encode(source);
    const { begin: first, end } = model.ends;
    const written = steps.slice(0, -1).map(({ label }) => meta.target.idOf(label)!);
    const targets = [...written, end];
    const sources = paddedSources([own], model.config.reverse);
    const [x, y] = noGrad(() => [model.read(sources), model.readWritten(tensor([first, ...written], { shape: [targets.length, 1], dtype: "int32" }))]); // biome-ignore format: one line
    const step = targets.length - 1;
    const told = (ofSource: Tensor, ofWritten: Tensor) => {
      const encoded = model.encodeRead(ofSource, [own.length], sources);
      const decoded = model.decodeRead(encoded, ofWritten, model.begin(encoded));
      const all = tensor(targets, { shape: [targets.length, 1], dtype: "int32" });
      if (encoded.origins !== null)
        return copyLosses(decoded as Pointing, encoded.origins, all)
          .select(0, step)
          .sum();
      return functional.crossEntropy(decoded.logits.select(0, step), ids([targets[step]!]));
    };
    const [row] = gradients[index]!([step]) as [GradientRow];
    for (const [s, value] of row.values.entries()) {
      expect(value / byHand(y!, s + 1, (at) => told(x!, at))).toBeCloseTo(1, 3);
    }
    const map = pair!.maps.find(({ id }) => id === "gradient")!;
    const width = own.length + targets.length;
    expect(map.values).toHaveLength(targets.length * width);
    for (let s = 0; s < own.length; s++) {
      const place = model.config.reverse ? own.length - 1 - s : s;
      expect(map.values[step * width + s]! / byHand(x!, place, (at) => told(at, y!))).toBeCloseTo(1, 3);
    }
    for (const [s, value] of row.values.entries()) expect(map.values[step * width + own.length + s]).toBe(value);
    expect(pair!.maps.some(({ id }) => id === "attention")).toBe(more.attention !== "none");
  });

  test.each([
    { decoding: "direct", output: "gaussian", centre: "last" },
    { decoding: "direct", output: "quantiles", centre: "series" },
    { decoding: "recursive", output: "point", centre: "last" },
  ])("forecast, of each value before, %j", async (more) => {
    const training = await trained("forecast", { ...more, known: null });
    const { model, config } = training as unknown as { model: Forecaster; config: ForecastConfig };
    const meta = training.about.meta as ForecastMeta;
    model.eval();
    const table = readTable(TINY.forecast.bytes, "d.csv");
    const { scores, gradients } = await looking(training, { name: "d.csv", bytes: TINY.forecast.bytes });
    const reach = firstOrigin(config);
    const [window] = windowsAhead(table, config, meta) as [Window];
    // With recursive decoding later steps are reached through those that are forecast before, too.
    const h = config.decoding === "direct" ? 1 : 0;
    const [row, none] = gradients[0]!([reach + h, reach - 1]) as [GradientRow, GradientRow];
    expect([none.values.length, scores[0]!.steps[reach + h]!.label]).toEqual([0, `+${h + 1}`]);
    expect(row.values).toHaveLength(reach + h);
    const middle = LEVELS.indexOf(0.5);
    const told = (place: number, by: number) => {
      const { series, origin } = window;
      const scaled = series.scaled.slice();
      scaled[origin - reach + place]! += by;
      const [quantiles] = forecasts(model, [{ series: { ...series, scaled }, origin }], config, meta) as [Float64Array];
      return quantiles[h * LEVELS.length + middle]! / series.scale.scale;
    };
    const d = 0.02;
    for (let place = reach - 1; place >= 0; place -= 3) {
      const hand = (told(place, d) - told(place, -d)) / (2 * d);
      expect(row.values[place]).toBeCloseTo(Math.abs(hand), 3);
    }
    const fan = trackOf(scores[0]!, "fan") as Extract<Track, { kind: "fan" }>;
    expect(fan.bands).toHaveLength(more.output === "point" ? 0 : 4);
    expect(scores.some(({ title }) => title.endsWith("the last 2 values beside their forecast"))).toBe(true);
  });

  test.each(["last", "series"])("anomaly, of a value and those before it, counted from the %s", async (centre) => {
    const training = await trained("series", { centre });
    const { model, config } = training as unknown as { model: AnomalyModel; config: AnomalyConfig };
    const meta = (training.about.meta as AnomalyMeta).series!;
    const source = { name: "d.csv", bytes: bytesOf(north(40)) };
    const { gradients } = await looking(training, source);
    const [row] = gradients[0]!([15]) as [GradientRow];
    model.eval();
    const windows = scoredWindows(source, config, meta);
    const { series, origin } = windows[15]!;
    const told = (place: number, by: number) => {
      const scaled = series.scaled.slice();
      scaled[windows[0]!.origin + place]! += by;
      return [...seriesScores(model, [{ series: { ...series, scaled }, origin }], meta, config)][0]!.score;
    };
    expect(row.from + row.values.length).toBe(16);
    for (const [i, value] of row.values.entries()) {
      const place = row.from + i;
      expect(value).toBeCloseTo(Math.abs(told(place, 0.02) - told(place, -0.02)) / 0.04, 2);
    }
  });
});
