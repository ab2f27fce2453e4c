import { FormatError, OptionError, show } from "../../base/errors.js";
import { resolveFields } from "../../base/fields.js";
import { listed } from "../../base/listed.js";
import { numberText } from "../../base/number-text.js";
import { passOf, piecesOf, type Told } from "../../base/report.js";
import { readTable, type Table } from "../../data/readers/index.js";
import { type LossOutput, meanLoss } from "../../metrics/index.js";
import { tensor } from "../../tensor/index.js";
import { type Vocabulary, vocabularyFromJSON } from "../../text/index.js";
import { type Share, WHOLE } from "../../train/collective/share.js";
import { resolveTraining } from "../../train/fields.js";
import type { Json } from "../../train/index.js";
import { heldOutText } from "../about-data/held-out.js";
import { quantileOf } from "../about-data/quantiles.js";
import type { CommandTask, Known, PredictedPart, Prediction } from "../commands.js";
import { NUMBER, objectOf, TEXT } from "../described.js";
import { batchOf } from "../forecast/batch.js";
import { calendarOf, checkColumns } from "../forecast/config.js";
import type { Window, WindowList } from "../forecast/data.js";
import { describeForecast, readForecast } from "../forecast/describe.js";
import { faultColumn, seriesIn } from "../forecast/infer.js";
import { lagsOf } from "../forecast/lags.js";
import { forecast } from "../forecast/task.js";
import { windowBatches } from "../forecast/window-batches.js";
import { inspectsLater } from "../inspection/later.js";
import { ROW_FIELDS } from "../inspection/rows.js";
import { checkRates, recurrentActivations, recurrentShapes } from "../recurrent/layers.js";
import { checkNotRead } from "../rows/column-names.js";
import { predictedParts, tableRows } from "../rows/predicted-parts.js";
import { type Samples, StoredBatches, type StoredSamples, sampleBatches } from "../stored/samples.js";
import type { Inferred, RowStream, Source } from "../task.js";
import { fingerprint } from "../training/fingerprint.js";
import { fitToSize } from "../training/fit-to-size.js";
import { metaDifferenceBy } from "../training/meta-difference.js";
import { ANOMALY_FIELDS, type AnomalyConfig } from "./config.js";
import { type AnomalyData, readAnomalyData, scoredWindows } from "./data.js";
import { forecastConfig } from "./forecast-config.js";
import { inferLines, lineParts, lineReader, readsLines, type TextLine, textLines, tokensOf } from "./lines.js";
import { type AnomalyBatch, type AnomalyMeta, AnomalyModel, lineBatch, lineSettings } from "./model.js";
import { describedValues, remembers } from "./remembering.js";
import { eachTold, lineScores, PIECE, placeOf, type Score, seriesScores } from "./scores.js";
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
    if (!asked) return null;
    if (readsLines(name, given)) return inferLines(name, bytes, given) as Inferred<AnomalyTypes> | null;
    const table = readTable(bytes(), name);
    const label = given.label === undefined ? faultColumn(table) : undefined;
    const found = seriesIn(table, given, asked);
    if (found === null || label === undefined) return found as Inferred<AnomalyTypes> | null;
    const settings = { ...found.settings, label } as Inferred<AnomalyTypes>["settings"];
    return { settings, found: `${found.found}, label=${label}` };
  },
  resolve(given, op, nameOf = (key) => key) {
    const config = resolveTraining(resolveFields(op, ANOMALY_FIELDS, given, nameOf));
    checkRates(op, { ...config, embeddingDropout: 0, input: 1 }, nameOf);
    lagsOf(op, nameOf("lags"), config.lags);
    calendarOf(op, nameOf("calendar"), config.calendar);
    checkColumns(op, nameOf, config);
    const { label, text, target, time, id } = config;
    const beside = { known: listed(config.known), static: listed(config.static) };
    checkNotRead(op, nameOf, ["label", label], { text, target, time, id, ...beside });
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
  async readStream(sources, given, { op, nameOf }, usual) {
    const { store } = (await import("../on-demand.js")).anomaly;
    const read = await store(sources, anomaly.resolve({ ...usual, ...given }, op, nameOf), nameOf);
    const fitted = fitToSize(given, ANOMALY_FIELDS, read.data.train.length, usual);
    const { data, close } = read;
    return { data, config: { ...read.config, ...fitted }, fitted: { ...read.fitted, ...fitted }, close };
  },
  about(data, config) {
    const { read, train, validation, vocabulary, details } = data;
    const parts = (unit: string) => heldOutText(train.length, validation.length, unit);
    const counts = { trainSamples: train.length, validationSamples: validation.length };
    if (read !== null) {
      const windows = { train: train as WindowList, validation: validation as WindowList };
      const { fingerprint: of } = forecast.about({ ...read, ...windows }, forecastConfig(config));
      const summary = `${read.values.toLocaleString("en")} values, ${parts("to learn from")}`;
      return { meta: data, fingerprint: of, heldOut: validation.length > 0, summary, counts, details };
    }
    const of = data.fingerprint ?? fingerprintOf([train, validation] as TextLine[][], vocabulary!, config);
    const summary = `${parts("lines")}, ${vocabulary!.size} in the vocabulary`;
    return { meta: data, fingerprint: of, heldOut: validation.length > 0, summary, counts, details };
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
    if (series !== null) {
      const settings = forecastConfig(config);
      const make = (windows: readonly Window[]): AnomalyBatch => batchOf(windows, settings, series);
      return windowBatches(train as WindowList, config, shard, make);
    }
    const { batch: batchSize, seed } = config;
    const options = { batchSize, seed, shard, lengthOf: ({ length }: Int32Array) => length };
    if (Array.isArray(train)) {
      const ids = (train as TextLine[]).map((line) => tokensOf(vocabulary!, line, config));
      return sampleBatches<Int32Array, AnomalyBatch>(ids, options, lineBatch);
    }
    return new StoredBatches<TextLine, AnomalyBatch>(train as StoredSamples<TextLine>, options, (lines) =>
      lineBatch(lines.map((line) => tokensOf(vocabulary!, line, config))),
    );
  },
  loss(model, batch) {
    const count = "x" in batch ? batch.values.shape[1] : batch.lengths.reduce((sum, length) => sum + length, 0);
    return { loss: model.loss(batch), count };
  },
  outputs(model, data, config, told, share = WHOLE) {
    const { length } = data.validation;
    const found = [0, 1, 2].map(() => new Float64Array(length));
    for (const { place, score, mean, count } of eachTold(ownScores(model, data, config, share), length, told)) {
      for (const [k, value] of [score, mean, count].entries()) found[k][place] = value;
    }
    // What another process judged is 0 here.
    const [scores, means, counts] = found.map((own) => {
      return share.gather(own).reduce((sum, of) => sum.map((value, place) => value + of[place]));
    });
    model.registerBuffer("threshold", tensor([quantileOf(scores.sort(), config.quantile)]));
    return lossesOf(means, counts, share);
  },
  metrics: () => [meanLoss()],
  lossMetrics: () => [meanLoss()],
  evaluate: {
    about: "Tell how many samples are unusual, and where a column says which are: precision, recall and F1.",
    fields: {},
    run: async (model, known, source) => (await import("../on-demand.js")).anomaly.evaluated(model, known, source),
    stream: async (model, known, file, options) =>
      (await import("../on-demand.js")).anomaly.evaluatedStream(model, known, file, options),
  },
  inspect: inspectsLater(ROW_FIELDS, async () => (await import("../on-demand.js")).anomaly),
  blueprint: async (known) => (await import("../on-demand.js")).anomaly.blueprint(known),
  remembers: remembers as CommandTask<AnomalyTypes>["remembers"] & object,
  predict: {
    describe({ meta: { series } }) {
      if (series !== null) return describedValues(series, NUMBER);
      const at = { type: "integer", minimum: 1 } as const;
      return { input: TEXT, output: objectOf({ line: at, token: at, score: NUMBER, unusual: { type: "boolean" } }) };
    },
    run: (model, known, source) => predictions(model, known, source),
    stream(model, known, source, keepBad) {
      if (known.meta.series !== null) return storedPredictions(model, known, source, keepBad);
      const reader = (table: Table) => lineReader(table, known.config);
      const lines = tableRows(lineParts(source, known.config, keepBad), reader, keepBad);
      return predictedParts(lines, PIECE, (some) => linePredictions(model, known, some));
    },
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
  samples: AnomalyData["validation"],
  meta: AnomalyMeta,
  config: AnomalyConfig,
): Iterable<Score> {
  if (meta.series !== null) return seriesScores(model, samples as WindowList, meta.series, config);
  return lineScores(model, samples as Samples<TextLine>, meta.vocabulary!, config);
}

/** The scores of what `share` has of all; several lanes judge piece by piece. */
function* ownScores(
  model: AnomalyModel,
  data: AnomalyData,
  config: AnomalyConfig,
  { lanes, takes }: Share,
): Generator<Score & { place: number }> {
  let [place, piece] = [0, 0];
  for (const some of lanes === 1 ? [data.validation] : judgedTogether(data.validation)) {
    let own = place;
    if (takes(piece++)) for (const score of scoresOf(model, some, data, config)) yield { ...score, place: own++ };
    place += some.length;
  }
}

/** Samples of a series, or lines, that are judged at once. */
function* judgedTogether(samples: AnomalyData["validation"]): Generator<readonly Window[] | readonly TextLine[]> {
  if (!("at" in samples)) return yield* piecesOf(samples, PIECE);
  for (let at = 0; at < samples.length; ) {
    const next = samples.slice(at, at + PIECE) as (Window | TextLine)[];
    const end = next.findIndex((sample) => seriesOf(sample) !== seriesOf(next[0]));
    const some = end < 0 ? next : next.slice(0, end);
    yield some as Window[] | TextLine[];
    at += some.length;
  }
}

function seriesOf(sample: Window | TextLine): unknown {
  return "series" in sample ? sample.series : null;
}

function* lossesOf(means: Float64Array, counts: Float64Array, share: Share): Generator<LossOutput, void, undefined> {
  for (const [i, loss] of means.entries()) if (share.owns(i)) yield { loss, count: counts[i] };
}

function fingerprintOf(parts: readonly TextLine[][], vocabulary: Vocabulary, config: AnomalyConfig): string {
  return fingerprint(parts.map((lines) => lines.flatMap((line) => [...tokensOf(vocabulary, line, config)])));
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
  yield* windowPredictions(model, known, scoredWindows(source, config, meta.series));
}

function* windowPredictions(
  model: AnomalyModel,
  { config, meta }: Known<AnomalyTypes>,
  windows: WindowList,
  pass?: Told,
): Generator<Prediction> {
  const scores = seriesScores(model, windows, meta.series!, config, model.threshold.item());
  for (const score of eachTold(scores, windows.length, pass)) {
    const where = placeOf(score.window, meta.series!);
    const { time, value } = where;
    yield told(model, score, `${score.window.series.id} ${time}  ${numberText(value)}`.trim(), where);
  }
}

/** Of a file that need not fit into memory; rows that cannot be read are told first. */
async function* storedPredictions(
  model: AnomalyModel,
  known: Known<AnomalyTypes>,
  file: RowStream,
  keepBad: boolean,
): AsyncGenerator<PredictedPart> {
  const { toScore, badOnes } = (await import("../on-demand.js")).anomaly;
  const scored = toScore(file, known.config, known.meta.series!, { hasLabel: false, keepBad });
  const { windows, close } = yield* badOnes(scored);
  try {
    const all = windowPredictions(model, known, windows, passOf(file.report, "predicting"));
    for (const rows of piecesOf({ length: windows.length, [Symbol.iterator]: () => all }, PIECE)) {
      yield { columns: [], rows, ofLines: false };
    }
  } finally {
    close();
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
