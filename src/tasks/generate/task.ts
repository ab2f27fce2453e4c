import { FormatError } from "../../base/errors.js";
import { Generator } from "../../base/random.js";
import { passOf } from "../../base/report.js";
import { readTable, tableParts } from "../../data/readers/index.js";
import { bits, meanLoss, perplexity } from "../../metrics/index.js";
import type { Json } from "../../train/index.js";
import { heldOutText } from "../about-data/held-out.js";
import type { CommandTask } from "../commands.js";
import { objectOf, TEXT } from "../described.js";
import { inspectsLater } from "../inspection/later.js";
import { evaluatedBy } from "../judged/evaluated.js";
import { recurrentActivations, recurrentShapes } from "../recurrent/layers.js";
import { columnsWidth, type NumberColumn } from "../rows/number-columns.js";
import { rowPieces } from "../rows/pieces.js";
import { predictedParts, tableRows } from "../rows/predicted-parts.js";
import { sampleBatches } from "../stored/samples.js";
import { endsOf } from "../tokens/vocabularies.js";
import { fitToSize } from "../training/fit-to-size.js";
import { metaDifferenceBy } from "../training/meta-difference.js";
import { CLASS, conditionText, writtenConditions } from "./conditions.js";
import { GENERATE_FIELDS, resolveGenerate } from "./config.js";
import { type Labelled, labelledOf, labelledReader, readData } from "./data.js";
import { metrics, outputsOf } from "./figures.js";
import { INSPECT_FIELDS } from "./inspect-fields.js";
import { meaningOf } from "./meaning.js";
import { beginSize, ClassWriter, padded } from "./model.js";
import type { GenerateTypes } from "./types.js";
import { DRAW_FIELDS, drawn, PIECE, rowsWritten, WRITE_FIELDS, writtenAs, writtenOf } from "./writing.js";

const OP = "generate";

/** One to many: a class, and texts that are written of it. */
export const generate: CommandTask<GenerateTypes> = {
  name: "generate",
  title: "a writer of labelled texts",
  input: "table",
  unit: "tokens",
  fields: GENERATE_FIELDS,
  sizes: ["hidden", "batch"],
  resolve: resolveGenerate,
  read(sources, given, { op, nameOf }, usual) {
    const { data, config } = readData(sources, resolveGenerate({ ...usual, ...given }, op, nameOf));
    const fitted = fitToSize(given, GENERATE_FIELDS, data.train.length, usual);
    return { data, config: { ...config, ...fitted }, fitted };
  },
  async readStream(sources, given, { op, nameOf }, usual) {
    const { store } = (await import("../on-demand.js")).generate;
    const { data, config } = await store(sources, resolveGenerate({ ...usual, ...given }, op, nameOf));
    const fitted = fitToSize(given, GENERATE_FIELDS, data.train.length, usual);
    return { data, config: { ...config, ...fitted }, fitted, close: () => data.close() };
  },
  about({ train, validation, conditions, vocabulary, fingerprint, details }) {
    const classes = conditions[0].values?.length ?? 0;
    const told = conditions.map(({ name, values }) => (values === null ? name : `${values.length} ${name}`));
    const of = isOfClass(conditions) ? `${classes} classes` : `written of ${told.join(", ")}`;
    const sizes = `${of}, ${vocabulary.size} in the vocabulary`;
    return {
      meta: { conditions, vocabulary },
      fingerprint,
      heldOut: validation.length > 0,
      summary: `${heldOutText(train.length, validation.length, "rows")}, ${sizes}`,
      details,
      counts: { classes, trainRows: train.length, validationRows: validation.length },
    };
  },
  describeMeta({ conditions, vocabulary }) {
    const told = isOfClass(conditions) ? { classes: [...conditions[0].values!] } : { conditions };
    return { ...told, vocabulary: vocabulary.toJSON() } as unknown as Readonly<Record<string, Json>>;
  },
  readMeta: meaningOf,
  metaDifference: metaDifferenceBy(
    (meta) => generate.describeMeta(meta),
    "know the classes and the vocabulary of the table",
  ),
  parameterShapes(config, meta) {
    const [width, tokens] = [meta === null ? 1 : columnsWidth(meta.conditions), meta?.vocabulary.size ?? 1];
    return recurrentShapes("rnn", { ...config, input: config.embed + width })
      .set("embed.weight", [tokens, config.embed])
      .set("begin.weight", [beginSize(config), width])
      .set("begin.bias", [beginSize(config)])
      .set("head.weight", [tokens, config.hidden])
      .set("head.bias", [tokens]);
  },
  activations: (config) =>
    config.batch *
    Math.ceil((config.maxLength ?? 2) / 2) *
    (recurrentActivations({ ...config, input: config.embed }) + 4 * config.embed),
  build: (config, meta) => new ClassWriter(config, meta),
  batches({ train, vocabulary }, { batch, seed }, shard) {
    const options = { batchSize: batch, seed, shard, lengthOf: ({ ids }: Labelled) => ids.length };
    const ends = endsOf(vocabulary);
    return sampleBatches(train, options, (rows) => padded(rows, ends));
  },
  loss: (model, batch) => ({ loss: model.loss(batch), count: batch.count }),
  outputs: (model, { train, validation }, _, told, share) => outputsOf(model, validation, train, told, share),
  metrics,
  lossMetrics: () => [perplexity(), bits(), meanLoss()],
  evaluate: {
    about:
      "Tell how likely a writer finds the texts of a table: perplexity, bits, nats; and how many of its own are in it.",
    fields: {},
    async run(model, { config, meta }, { name, bytes, report }) {
      const rows = labelledOf(readTable(bytes, name, { told: passOf(report, "reading") }), config, meta);
      const outputs = outputsOf(model, rows, rows, passOf(report, "evaluating"));
      return evaluatedBy(metrics(), outputs, { name: "rows", value: rows.length });
    },
    async stream(model, { config, meta }, file, { onBad }) {
      const keepBad = onBad !== undefined;
      const parts = tableParts(file.name, file.pieces(), { keepBad });
      const read = tableRows(parts, (table) => labelledReader(table, config, meta), keepBad);
      // What is drawn is looked for in all rows, which are read again.
      const rows = await (await import("../on-demand.js")).generate.keep(rowPieces(read, PIECE, onBad));
      try {
        const outputs = outputsOf(model, rows, rows, passOf(file.report, "evaluating"));
        return evaluatedBy(metrics(), outputs, { name: "rows", value: rows.length });
      } finally {
        rows.close();
      }
    },
  },
  generate: {
    fields: DRAW_FIELDS,
    amount: "count",
    example: ["--count", "10"],
    *stream(model, options) {
      let before = "";
      for (const text of drawn(model, options)) {
        yield before + text;
        before = "\n";
      }
    },
    *streamBytes(model, options) {
      const encoder = new TextEncoder();
      let before = "";
      for (const text of drawn(model, options)) {
        yield encoder.encode(before + text);
        before = "\n";
      }
    },
    isRaw: () => false,
    unseen: () => [],
  },
  inspect: inspectsLater(INSPECT_FIELDS, async () => (await import("../on-demand.js")).generate),
  beware: async (data, config) => (await import("../on-demand.js")).generate.beware(data, config),
  blueprint: async (known) => (await import("../on-demand.js")).generate.blueprint(known),
  predict: {
    fields: WRITE_FIELDS,
    describe: () => ({ input: TEXT, many: true, output: objectOf({ condition: TEXT, text: { type: "string" } }) }),
    run: (model, known, { name, bytes }, options) => writtenOf(model, known, readTable(bytes, name), options),
    stream(model, known, { name, pieces }, keepBad, options) {
      const { reader, answers } = rowsWritten(model, known, options);
      return predictedParts(tableRows(tableParts(name, pieces(), { keepBad }), reader, keepBad), PIECE, answers);
    },
    typed(model, { meta }, row, options) {
      if (typeof row === "string") return writtenAs(model, meta, row, options);
      const must = "be a class, or column=value with commas between";
      throw new FormatError({ op: OP, argument: "row", must, value: `${row.length} numbers` });
    },
  },
  preview(model, { seed }, step) {
    const { conditions, vocabulary } = model.meaning;
    const given = writtenConditions(conditions, { label: null, condition: null }, OP).slice(0, 4);
    const texts = model.draw(given, 0.8, new Generator(seed + step)).map((ids) => vocabulary.decode(ids));
    return given.map((condition, i) => `${conditionText(conditions, condition)}: ${texts[i]}`).join("  ");
  },
};

/** One class and nothing else, as the versions before know it. */
function isOfClass(conditions: readonly NumberColumn[]): boolean {
  const [{ name, values }] = conditions;
  return conditions.length === 1 && name === CLASS && values !== null;
}
