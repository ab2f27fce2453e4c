import { FormatError, OptionError, show } from "../../base/errors.js";
import { resolveFields } from "../../base/fields.js";
import { numberText } from "../../base/number-text.js";
import { passOf, type Told } from "../../base/report.js";
import { SampleBatcher } from "../../data/index.js";
import type { Table } from "../../data/readers/index.js";
import { type LossOutput, type Metric, meanLoss } from "../../metrics/index.js";
import { tensor } from "../../tensor/index.js";
import { vocabularyFromJSON } from "../../text/index.js";
import { resolveTraining } from "../../train/fields.js";
import type { Json } from "../../train/index.js";
import { SampleSource } from "../../train/sample-source.js";
import { heldOutText } from "../about-data/held-out.js";
import { quantileOf } from "../about-data/quantiles.js";
import type { CommandTask, Evaluated, Known, Prediction } from "../commands.js";
import { cutFigures } from "../cut.js";
import { NUMBER, objectOf, TABLE, TEXT } from "../described.js";
import { evaluatedBy } from "../evaluated.js";
import { fingerprint } from "../fingerprint.js";
import { fitToSize } from "../fit-to-size.js";
import { batchOf } from "../forecast/batch.js";
import { calendarOf } from "../forecast/config.js";
import type { Window } from "../forecast/data.js";
import { describeForecast, readForecast } from "../forecast/describe.js";
import { inferSeries } from "../forecast/infer.js";
import { lagsOf } from "../forecast/lags.js";
import { forecast } from "../forecast/task.js";
import { inspectsLater } from "../inspection/later.js";
import { ROW_FIELDS } from "../inspection/rows.js";
import { metaDifferenceBy } from "../meta-difference.js";
import { predictedParts, tableRows } from "../predicted-parts.js";
import { checkRates, recurrentActivations, recurrentShapes } from "../recurrent-layers.js";
import type { Inferred, Source } from "../task.js";
import { ANOMALY_FIELDS, type AnomalyConfig } from "./config.js";
import { faultRows, readAnomalyData, scoredWindows } from "./data.js";
import { forecastConfig } from "./forecast-config.js";
import { lineParts, lineReader, readsLines, type TextLine, textLines, tokensOf } from "./lines.js";
import { type AnomalyBatch, type AnomalyMeta, AnomalyModel, lineBatch, lineSettings } from "./model.js";
import { lineScores, PIECE, placeOf, type Score, seriesScores } from "./scores.js";
import { typedSource } from "./typed.js";
import type { AnomalyTypes } from "./types.js";

const OP = "anomaly";

/** What is unusual: learned from what is usual, by how unlikely the next value of a series or the next token of a line is. */
export const anomaly: CommandTask<AnomalyTypes> = {
  name: "anomaly",
  title: "an anomaly detector",
  input: "table or text",
  unit: "samples",
  fields: ANOMALY_FIELDS,
  sizes: ["hidden", "batch"],
  /** A file says nothing of what it is to be searched for: it must be asked for. */
  infer(name, bytes, given, asked = false) {
    if (!asked || readsLines(name, given)) return null;
    return inferSeries(name, bytes, given, asked) as Inferred<AnomalyTypes> | null;
  },
  resolve(given, op, nameOf = (key) => key) {
    const config = resolveTraining(resolveFields(op, ANOMALY_FIELDS, given, nameOf));
    checkRates(op, { ...config, embeddingDropout: 0, input: 1 }, nameOf);
    lagsOf(op, nameOf("lags"), config.lags);
    calendarOf(op, nameOf("calendar"), config.calendar);
    if (config.valid === 0) {
      const must = "be more than 0: the threshold is a quantile of what is held out";
      throw new OptionError({ op, argument: nameOf("valid"), must, value: "0", fix: "Use for example 0.05." });
    }
    return { ...config, embed: config.embed ?? config.hidden };
  },
  read(sources, given, { op, nameOf }, usual) {
    const read = readAnomalyData(sources, anomaly.resolve({ ...usual, ...given }, op, nameOf), nameOf);
    const fitted = fitToSize(given, ANOMALY_FIELDS, read.data.train.length, usual);
    return { data: read.data, config: { ...read.config, ...fitted }, fitted: { ...read.fitted, ...fitted } };
  },
  about(data, config) {
    const { read, train, validation, vocabulary, details } = data;
    const parts = (unit: string) => heldOutText(train.length, validation.length, unit);
    const counts = { trainSamples: train.length, validationSamples: validation.length };
    if (read !== null) {
      const { fingerprint: of } = forecast.about(
        { ...read, train: train as Window[], validation: validation as Window[] },
        forecastConfig(config),
      );
      const summary = `${read.values.toLocaleString("en")} values, ${parts("to learn from")}`;
      return { meta: data, fingerprint: of, heldOut: validation.length > 0, summary, counts, details };
    }
    const ids = [train, validation].map((part) =>
      (part as TextLine[]).flatMap((line) => [...tokensOf(vocabulary!, line, config.maxLength)]),
    );
    const summary = `${parts("lines")}, ${vocabulary!.size} in the vocabulary`;
    return { meta: data, fingerprint: fingerprint(ids), heldOut: validation.length > 0, summary, counts, details };
  },
  describeMeta({ series, vocabulary }) {
    return series !== null ? describeForecast(series) : { vocabulary: vocabulary!.toJSON() as unknown as Json };
  },
  readMeta(description) {
    const { vocabulary } = description;
    if (vocabulary !== undefined) return { series: null, vocabulary: vocabularyFromJSON(vocabulary) };
    return { series: readForecast(description), vocabulary: null };
  },
  metaDifference: metaDifferenceBy(
    (meta) => anomaly.describeMeta(meta),
    "know the series or the vocabulary of the file",
  ),
  parameterShapes(config, meta) {
    const shapes = new Map<string, readonly number[]>([["threshold", [1]]]);
    if (meta?.vocabulary) {
      const { size } = meta.vocabulary;
      shapes.set("lines.embed.weight", [size, config.embed]).set("lines.head.weight", [size, config.hidden]);
      shapes.set("lines.head.bias", [size]);
      for (const [name, shape] of recurrentShapes("lines.rnn", lineSettings(config))) shapes.set(name, shape);
    } else {
      const own = forecast.parameterShapes(forecastConfig(config), meta?.series ?? null);
      for (const [name, shape] of own) shapes.set(`series.${name}`, shape);
    }
    return shapes;
  },
  activations(config) {
    const steps = config.text === null ? (config.context ?? 28) + 1 : config.maxLength;
    return config.batch * steps * (recurrentActivations(lineSettings(config)) + 3 * config.embed);
  },
  build: (config, meta) => new AnomalyModel(config, meta),
  batches({ train, series, vocabulary }, config, shard) {
    const { batch: batchSize, seed, maxLength } = config;
    if (series !== null) {
      const make = (rows: Int32Array) =>
        batchOf(
          Array.from(rows, (row) => train[row] as Window),
          forecastConfig(config),
          series,
        );
      return new SampleSource<AnomalyBatch>(new SampleBatcher(train.length, { batchSize, seed, shard }), make);
    }
    const ids = (train as TextLine[]).map((line) => tokensOf(vocabulary!, line, maxLength));
    const batcher = new SampleBatcher(ids.length, { batchSize, seed, shard, lengths: ids.map(({ length }) => length) });
    return new SampleSource<AnomalyBatch>(batcher, (rows) => lineBatch(Array.from(rows, (row) => ids[row])));
  },
  loss(model, batch) {
    const count = "x" in batch ? batch.values.shape[1] : batch.lengths.reduce((sum, length) => sum + length, 0);
    return { loss: model.loss(batch), count };
  },
  outputs(model, data, config, told) {
    const scores = toldScores(scoresOf(model, data.validation, data, config, Infinity), data.validation.length, told);
    model.registerBuffer(
      "threshold",
      tensor([quantileOf(Float64Array.from(scores, ({ score }) => score).sort(), config.quantile)]),
    );
    return scores.map(({ mean, count }) => ({ loss: mean, count }));
  },
  metrics: () => [meanLoss()],
  lossMetrics: () => [meanLoss()],
  evaluate: {
    about: "Tell how many samples are unusual, and where a column says which are: precision, recall and F1.",
    fields: {},
    run: async (model, known, source) => evaluated(model, known, source),
  },
  inspect: inspectsLater(ROW_FIELDS, async () => (await import("../on-demand.js")).anomaly),
  blueprint: async (known) => (await import("../on-demand.js")).anomaly.blueprint(known),
  predict: {
    describe({ meta: { series } }) {
      const own = { score: NUMBER, unusual: { type: "boolean" } } as const;
      const at = { type: "integer", minimum: 1 } as const;
      if (series === null) return { input: TEXT, output: objectOf({ line: at, token: at, ...own }) };
      const time = series.form === "number" ? NUMBER : TEXT;
      const output = objectOf({ time, value: NUMBER, ...own }, { id: TEXT });
      return { input: TABLE, isTable: true, many: true, output };
    },
    run: (model, known, source) => predictions(model, known, source),
    stream(model, known, source, keepBad) {
      const reader = (table: Table) => lineReader(table, known.config);
      const lines = tableRows(lineParts(source, known.config, keepBad), reader, keepBad);
      return predictedParts(lines, PIECE, (some) => linePredictions(model, known, some));
    },
    // What is read of a series depends on all of it before.
    needsWhole: ({ meta }) => meta.series !== null,
    typed(model, known, row) {
      const { config, meta } = known;
      if (meta.series !== null) {
        return predictions(model, known, typedSource(row, config, meta.series));
      }
      if (typeof row === "string") return linePredictions(model, known, [{ text: row, line: 1, isFault: false }]);
      throw new FormatError({ op: OP, argument: "row", must: "be a text", value: show(row) });
    },
  },
};

function scoresOf(
  model: AnomalyModel,
  samples: readonly (Window | TextLine)[],
  meta: AnomalyMeta,
  config: AnomalyConfig,
  threshold: number,
) {
  if (meta.series !== null) return seriesScores(model, samples as Window[], meta.series, config, threshold);
  return lineScores(model, samples as TextLine[], meta.vocabulary!, config);
}

function toldScores(scores: Iterable<Score>, total: number, told: Told | undefined): Score[] {
  const all: Score[] = [];
  for (const score of scores) {
    if (all.length % 64 === 0) told?.(all.length, total);
    all.push(score);
  }
  told?.(total, total);
  return all;
}

/** Faults that a label names beside those that are found. */
function evaluated(model: AnomalyModel, { config, meta }: Known<AnomalyTypes>, source: Source): Evaluated {
  const threshold = model.threshold.item();
  let [found, faults, both, long] = [0, 0, 0, 0];
  const count = (score: number, isFault: boolean) => {
    found += score > threshold ? 1 : 0;
    faults += isFault ? 1 : 0;
    both += score > threshold && isFault ? 1 : 0;
  };
  const samples = meta.series === null ? textLines(source, config) : scoredWindows(source, config, meta.series);
  const fault = meta.series === null ? null : faultRows(source, config);
  const isFault = (sample: Window | TextLine) =>
    "text" in sample ? sample.isFault : fault!(sample.series.rows[sample.origin]);
  const outputs: LossOutput[] = [];
  const told = passOf(source.report, "evaluating");
  const scores = toldScores(scoresOf(model, samples, meta, config, threshold), samples.length, told);
  for (const [i, { score, mean, count: tokens, cut = 0 }] of scores.entries()) {
    count(score, isFault(samples[i]));
    if (cut > 0) long++;
    outputs.push({ loss: mean, count: tokens });
  }
  const share = (part: number, all: number) => (all === 0 ? Number.NaN : part / all);
  const labelled = [
    { name: "precision", value: share(both, found), unit: "" },
    { name: "recall", value: share(both, faults), unit: "" },
    { name: "F1", value: share(2 * both, found + faults), unit: "" },
    { name: "faults", value: faults, unit: "" },
  ];
  const plain = [
    { name: "unusual", value: found, unit: "" },
    { name: "threshold", value: threshold, unit: "nats" },
    ...cutFigures(long, "lines", config),
  ];
  const metrics = [meanLoss()] as Metric<LossOutput>[];
  const counted = { name: "samples", value: samples.length };
  const all = evaluatedBy(metrics, outputs, counted, plain);
  const figures = [...(config.label === null ? [] : labelled), ...all.figures];
  return { figures, unseen: [], values: () => Object.fromEntries(figures.map(({ name, value }) => [name, value])) };
}

async function* predictions(
  model: AnomalyModel,
  known: Known<AnomalyTypes>,
  source: Source,
): AsyncGenerator<Prediction> {
  const { config, meta } = known;
  if (meta.series === null) {
    yield* linePredictions(model, known, textLines(source, config));
    return;
  }
  const windows = scoredWindows(source, config, meta.series);
  let i = 0;
  for (const score of seriesScores(model, windows, meta.series, config, model.threshold.item())) {
    const { series } = windows[i];
    const where = placeOf(windows[i++], meta.series);
    const { time, value } = where;
    yield told(model, score, `${series.id} ${time}  ${numberText(value)}`.trim(), where);
  }
}

async function* linePredictions(
  model: AnomalyModel,
  { config, meta }: Known<AnomalyTypes>,
  lines: readonly TextLine[],
): AsyncGenerator<Prediction> {
  let i = 0;
  for (const score of lineScores(model, lines, meta.vocabulary!, config)) {
    const { text, line } = lines[i++];
    yield told(model, score, `${line}: ${text}`, { line, token: score.at + 1 });
  }
}

function told(
  model: AnomalyModel,
  { score, cut = 0 }: Score,
  text: string,
  where: Readonly<Record<string, Json>>,
): Prediction {
  const isUnusual = score > model.threshold.item();
  return {
    text: `${isUnusual ? "!" : " "} ${numberText(score).padStart(6)}  ${text}`,
    values: { ...where, score, unusual: isUnusual },
    ...(cut > 0 && { cut }),
  };
}
