import { FormatError } from "../../base/errors.js";
import { resolveFields } from "../../base/fields.js";
import { percent } from "../../base/number-text.js";
import { passOf, piecesOf, type Told } from "../../base/report.js";
import type { Shape } from "../../base/shape.js";
import type { Table } from "../../data/readers/index.js";
import { meanLoss } from "../../metrics/index.js";
import { heldOutText } from "../about-data/held-out.js";
import type { CommandTask, Known, Prediction } from "../commands.js";
import { listOf, objectOf, PROBABILITY, TEXT } from "../described.js";
import { inspectsLater } from "../inspection/later.js";
import { ROW_FIELDS } from "../inspection/rows.js";
import { recurrentActivations, recurrentShapes } from "../recurrent/layers.js";
import { rowPieces } from "../rows/pieces.js";
import { predictedParts, tableRows } from "../rows/predicted-parts.js";
import { sampleBatches } from "../stored/samples.js";
import { countUnknown } from "../tokens/unknown.js";
import { endsOf, vocabularyWithEnds } from "../tokens/vocabularies.js";
import { fitToSize } from "../training/fit-to-size.js";
import { metaDifferenceBy } from "../training/meta-difference.js";
import { lossOf, padded } from "./batch.js";
import { resolveSeq2Seq, SEQ2SEQ_FIELDS, type Seq2SeqConfig } from "./config.js";
import { countStrange, textOf, tokenOf } from "./copying.js";
import { type Meaning, type Pair, pairsOf, readData, readerOf, sideReader } from "./data.js";
import { outputsOf, seq2seqMetrics } from "./figures.js";
import { decoderInput, EncoderDecoder } from "./model.js";
import { PairCounts } from "./pair-counts.js";
import { inferPairs, pairParts, readPairs, typedPair } from "./pairs.js";
import { EVALUATION_FIELDS, PREDICTION_FIELDS, type PredictionSettings } from "./search-fields.js";
import type { Seq2SeqTypes } from "./types.js";
import { GREEDY, lookedAt, type Written, writeAll } from "./write.js";

const OP = "seq2seq";

/** Many to many, unaligned: pairs of sequences, of which one is read and the other written. */
export const seq2seq: CommandTask<Seq2SeqTypes> = {
  name: "seq2seq",
  title: "an encoder and decoder",
  input: "file of pairs",
  unit: "tokens",
  fields: SEQ2SEQ_FIELDS,
  sizes: ["hidden", "batch"],
  infer: inferPairs,
  resolve: resolveSeq2Seq,
  read(sources, given, { op, nameOf }, usual) {
    const { data, config } = readData(sources, resolveSeq2Seq({ ...usual, ...given }, op, nameOf));
    const fitted = fitToSize(given, SEQ2SEQ_FIELDS, data.train.length, usual);
    return { data, config: { ...config, ...fitted }, fitted };
  },
  async readStream(sources, given, { op, nameOf }, usual) {
    const { store } = (await import("../on-demand.js")).seq2seq;
    const { data, config } = await store(sources, resolveSeq2Seq({ ...usual, ...given }, op, nameOf));
    const fitted = fitToSize(given, SEQ2SEQ_FIELDS, data.train.length, usual);
    return { data, config: { ...config, ...fitted }, fitted, close: () => data.close() };
  },
  about(data) {
    const { train, validation, source, target, details } = data;
    const sizes = `${source.size} and ${target.size} in the vocabularies`;
    return {
      meta: { source, target },
      fingerprint: data.fingerprint,
      heldOut: validation.length > 0,
      summary: `${heldOutText(train.length, validation.length, "pairs")}, ${sizes}`,
      details,
      counts: { trainPairs: train.length, validationPairs: validation.length },
    };
  },
  describeMeta: ({ source, target }) => ({ source: source.toJSON() as never, target: target.toJSON() as never }),
  readMeta: ({ source, target }) => ({ source: vocabularyWithEnds(source), target: vocabularyWithEnds(target) }),
  metaDifference: metaDifferenceBy((meta) => seq2seq.describeMeta(meta), "know the vocabularies of the pairs"),
  parameterShapes,
  activations(config) {
    const { batch, hidden, embed, bidirectional, attention, inputFeeding, maxLength } = config;
    const steps = Math.ceil((maxLength ?? 2) / 2);
    const encoder = recurrentActivations({ ...config, input: embed, hidden: bidirectional ? hidden / 2 : hidden });
    const decoder = recurrentActivations({ ...config, input: decoderInput(config), bidirectional: false });
    const compared = attention === "none" ? 0 : steps * (attention === "additive" ? 3 * hidden : 4);
    return batch * steps * (encoder + decoder + 6 * embed + compared + hidden * (inputFeeding ? 12 : 6));
  },
  build: (config, meta) => new EncoderDecoder(config, meta),
  batches({ train, target }, config, shard) {
    const { batch, seed, epochs, reverse } = config;
    const lengthOf = (pair: Pair) => pair.source.length + pair.target.length;
    const ends = endsOf(target);
    const options = { batchSize: batch, seed, shard, lengthOf, inOrder: true };
    return sampleBatches(train, options, (pairs, { batches, steps }) => {
      const done = Math.min(1, batches / Math.max(1, epochs * steps - 1));
      return padded(pairs, ends, reverse, forcedAt(done, config));
    });
  },
  loss(model, batch) {
    return { loss: lossOf(model, batch, model.encode(batch.source, batch.lengths)), count: batch.count };
  },
  outputs: (model, { validation, target }, _, told, share) => {
    return outputsOf(model, validation, target, { search: GREEDY, told, share });
  },
  metrics: () => seq2seqMetrics(),
  lossMetrics: () => [meanLoss()],
  evaluate: {
    about: "Tell how well an encoder and decoder writes targets: exact match, error rates, BLEU, chrF, loss in nats.",
    fields: EVALUATION_FIELDS,
    async run(model, { config, meta }, { name, bytes, report }, options) {
      const search = { ...GREEDY, ...resolveFields("evaluate", EVALUATION_FIELDS, options) };
      const pairs = pairsOf(readPairs(bytes, name, config), config, meta);
      const counts = new PairCounts(meta);
      counts.add(pairs);
      return counts.evaluated(outputsOf(model, pairs, meta.target, { search, told: passOf(report, "evaluating") }));
    },
    async stream(model, { config, meta }, file, { onBad, ...options }) {
      const search = { ...GREEDY, ...resolveFields("evaluate", EVALUATION_FIELDS, options) };
      const counts = new PairCounts(meta);
      const keepBad = onBad !== undefined;
      const read = tableRows(pairParts(file, config, keepBad), (table) => readerOf(table, config, meta), keepBad);
      for await (const pairs of rowPieces(read, PIECE, onBad)) {
        counts.add(pairs);
        counts.judge(outputsOf(model, pairs, meta.target, { search }));
      }
      return counts.evaluated([]);
    },
  },
  inspect: inspectsLater(ROW_FIELDS, async () => (await import("../on-demand.js")).seq2seq),
  blueprint: async (known) => (await import("../on-demand.js")).seq2seq.blueprint(known),
  predict: {
    fields: PREDICTION_FIELDS,
    describe: () => ({ input: TEXT, output: PREDICTED }),
    run: (model, known, { name, bytes, report }, options) =>
      predictions(model, known, readPairs(bytes, name, known.config), options, passOf(report, "predicting")),
    stream(model, known, source, keepBad, options) {
      const { reader, answers } = tableAnswers(model, known, options);
      return predictedParts(tableRows(pairParts(source, known.config, keepBad), reader, keepBad), PIECE, answers);
    },
    typed(model, known, row, options) {
      if (typeof row !== "string") {
        const value = `${row.length} numbers`;
        throw new FormatError({ op: OP, argument: "row", must: "be a text", value });
      }
      return predictions(model, known, typedPair(row, known.config), options);
    },
  },
};

const TARGET = { target: { type: "string" }, probability: PROBABILITY } as const;
/** What is said of a source; more where it is asked for. */
const PREDICTED = objectOf(TARGET, {
  nBest: listOf(objectOf(TARGET)),
  attention: { type: ["array", "null"] },
  sourceTokens: listOf(TEXT),
  targetTokens: listOf(TEXT),
  unknown: PROBABILITY,
});

function forcedAt(done: number, { teacherForcing, teacherForcingEnd }: Seq2SeqConfig): number {
  return teacherForcing + ((teacherForcingEnd ?? teacherForcing) - teacherForcing) * done;
}

function parameterShapes(config: Seq2SeqConfig, meta: Meaning | null): ReadonlyMap<string, Shape> {
  const { hidden, embed, bidirectional, attention, peeky } = config;
  const [sources, targets] = [meta?.source.size ?? 1, meta?.target.size ?? 1];
  if (config.copy && meta !== null && !isShared(meta)) {
    const must = "be that of the source, as the config copies";
    throw new FormatError({ op: OP, argument: "target", must, value: `another of ${targets} tokens` });
  }
  const reads = { ...config, input: embed, hidden: bidirectional ? hidden / 2 : hidden };
  const writes = { ...config, input: decoderInput(config), bidirectional: false };
  const shapes = new Map<string, Shape>([
    ["embedSource.weight", [sources, embed]],
    ["embedTarget.weight", [targets, embed]],
    ...recurrentShapes("encoder", reads),
    ...recurrentShapes("decoder", writes),
    ["head.weight", [targets, hidden * (peeky ? 2 : 1)]],
    ["head.bias", [targets]],
  ]);
  if (attention !== "none") shapes.set("combine.weight", [hidden, 2 * hidden]);
  if (config.copy) shapes.set("pointer.weight", [1, 2 * hidden + embed]).set("pointer.bias", [1]);
  if (attention === "general") shapes.set("attention.weight", [hidden, hidden]);
  if (attention !== "additive") return shapes;
  for (const name of ["weight_query", "weight_key"]) shapes.set(`attention.${name}`, [hidden, hidden]);
  return shapes.set("attention.v", [hidden]);
}

function isShared({ source, target }: Meaning): boolean {
  return source === target || JSON.stringify(source) === JSON.stringify(target);
}

const PIECE = 64; // Rows computed at once.

async function* predictions(
  model: EncoderDecoder,
  known: Known<Seq2SeqTypes>,
  table: Table,
  options: Readonly<Record<string, unknown>> = {},
  told?: Told,
): AsyncGenerator<Prediction> {
  const { reader, answers } = tableAnswers(model, known, options);
  const read = reader(table);
  for (const rows of piecesOf([...table.rows.keys()], PIECE, told)) yield* answers(rows.map(read));
}

/** How the sources of tables are answered, some at a time. */
function tableAnswers(
  model: EncoderDecoder,
  { config, meta }: Known<Seq2SeqTypes>,
  options: Readonly<Record<string, unknown>> = {},
) {
  const settings = resolveFields("predict", PREDICTION_FIELDS, options);
  return {
    reader(table: Table) {
      const read = sideReader(table, "source", config, meta.source);
      return (row: number): Side => {
        const strange: string[] = [];
        return { ids: read(row, strange), strange };
      };
    },
    *answers(sides: readonly Side[]) {
      if (sides.length === 0) return;
      const sources = sides.map(({ ids }) => ids);
      for (const [i, written] of writeAll(model, sources, settings).entries()) {
        yield predictionOf(model, meta, sides[i], written, settings);
      }
    },
  };
}

/** A source, and its tokens that the vocabulary lacks. */
interface Side {
  ids: Int32Array;
  strange: readonly string[];
}

function predictionOf(
  model: EncoderDecoder,
  { source, target }: Meaning,
  { ids, strange }: Side,
  written: readonly Written[],
  { nBest, attention }: PredictionSettings,
): Prediction {
  const all = written.map((one) => ({ target: textOf(target, one.ids, strange), probability: Math.exp(one.logProb) }));
  const [best] = all;
  const unknown = countUnknown(source, ids) + countStrange(source, ids);
  const tokensOf = (from: typeof source, list: ArrayLike<number>) =>
    Array.from(list, (id) => tokenOf(from, id, strange));
  const looked = attention ? lookedAt(model, ids, written[0].ids) : null;
  const values = {
    ...best,
    ...(nBest > 1 && { nBest: all }),
    ...(looked !== null && {
      attention: looked,
      sourceTokens: tokensOf(source, ids),
      targetTokens: [...tokensOf(target, written[0].ids), "<eos>"],
    }),
    ...(unknown > 0 && { unknown: unknown / ids.length }),
  };
  const text = all.map((one) => `${one.target}  ${percent(one.probability)} %`).join(" | ");
  return { text, values, tokens: ids.length, unknown };
}
