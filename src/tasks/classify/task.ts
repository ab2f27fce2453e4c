import { noGrad } from "../../autograd/index.js";
import { FormatError, show } from "../../base/errors.js";
import { resolveFields } from "../../base/fields.js";
import { percent } from "../../base/number-text.js";
import { SampleBatcher } from "../../data/index.js";
import { readTable, type Table } from "../../data/readers/index.js";
import { accuracy, f1, type LossOutput, meanLoss, type Scores } from "../../metrics/index.js";
import { functional } from "../../nn/index.js";
import { tensor } from "../../tensor/index.js";
import { resolveTraining } from "../../train/fields.js";
import { SampleSource } from "../../train/sample-source.js";
import type { CommandTask, Known, Prediction } from "../commands.js";
import { evaluatedBy } from "../evaluated.js";
import { fingerprint } from "../fingerprint.js";
import { checkRates, recurrentActivations, recurrentShapes } from "../recurrent-layers.js";
import { inferRows, rowInputsFromJson, rowInputsToJson, rowReader, unknownFigures } from "../row-inputs.js";
import { countUnknown } from "../unknown-tokens.js";
import { CLASSIFY_FIELDS, type ClassifyConfig, type ClassifySettings } from "./config.js";
import { type ClassifyData, type Example, examplesOf, type Meaning, readRows } from "./data.js";
import { Classifier, type ClassifyBatch, padded } from "./model.js";

interface Types {
  settings: ClassifySettings;
  config: ClassifyConfig;
  meta: Meaning;
  data: ClassifyData;
  model: Classifier;
  batch: ClassifyBatch;
  carried: undefined;
  output: Scores & LossOutput;
}

const OP = "classify";

/** Many to one: rows of text or numbers, and which class each is of. */
export const classify: CommandTask<Types> = {
  name: "classify",
  title: "a classifier",
  input: "table",
  unit: "rows",
  fields: CLASSIFY_FIELDS,
  sizes: ["hidden", "batch"],
  infer: inferRows,
  resolve(given, op, nameOf) {
    const config = resolveTraining(resolveFields(op, CLASSIFY_FIELDS, given, nameOf));
    checkRates(op, { ...config, input: 1 }, nameOf);
    return { ...config, embed: config.embed ?? config.hidden };
  },
  read(sources, given, { op, nameOf }) {
    const config = classify.resolve(given, op, nameOf);
    return { data: readRows(sources, config), config, fitted: {} };
  },
  about(data) {
    const { train, validation, classes } = data;
    const held = validation.length === 0 ? "none" : validation.length.toLocaleString("en");
    const numbers = [train, validation].map((part) => part.flatMap(({ steps, label }) => [...steps, label]));
    return {
      meta: data,
      fingerprint: fingerprint(numbers),
      heldOut: validation.length > 0,
      summary: `${train.length.toLocaleString("en")} rows (${held} to validate on), ${classes.length} classes`,
      counts: { classes: classes.length, trainRows: train.length, validationRows: validation.length },
    };
  },
  describeMeta: ({ classes, inputs }) => ({ classes: [...classes], inputs: rowInputsToJson(inputs) }),
  readMeta: ({ classes, inputs }) => {
    if (Array.isArray(classes) && classes.length > 1 && classes.every((name) => typeof name === "string")) {
      return { classes: classes as string[], inputs: rowInputsFromJson(inputs) };
    }
    throw new FormatError({ op: OP, argument: "json", must: "name two classes or more", value: show(classes) });
  },
  metaDifference(before, after) {
    const [old, now] = [before, after].map((meta) => JSON.stringify(classify.describeMeta(meta)));
    return old === now ? undefined : { must: "know the classes and the vocabulary of the table", value: "others" };
  },
  parameterShapes(config, meta) {
    const { hidden, embed, bidirectional, text } = config;
    const [classes, width] = [meta?.classes.length ?? 2, hidden * (bidirectional ? 2 : 1)];
    const shapes = recurrentShapes("rnn", { ...config, input: text === null ? 1 : embed });
    if (text !== null) shapes.set("embed.weight", [meta?.inputs.vocabulary?.size ?? 1, embed]);
    return shapes.set("head.weight", [classes, width]).set("head.bias", [classes]);
  },
  activations: (config) =>
    config.batch * config.maxLength * (recurrentActivations({ ...config, input: 1 }) + 3 * config.embed),
  build: (config, meta) => new Classifier(config, meta),
  batches({ train }, { batch, seed }, shard) {
    const lengths = train.map(({ steps }) => steps.length);
    const batcher = new SampleBatcher(train.length, { batchSize: batch, seed, lengths, shard });
    return new SampleSource(batcher, (rows) => padded(Array.from(rows, (row) => train[row])));
  },
  loss(model, batch) {
    return { loss: functional.crossEntropy(model.forward(batch), tensor(batch.labels)), count: batch.labels.length };
  },
  outputs: (model, { validation }) => outputsOf(model, validation),
  metrics: ({ classes: { length: classes } }) => [f1({ classes }), accuracy({ classes }), meanLoss()],
  lossMetrics: () => [meanLoss()],
  evaluate: {
    about: "Tell how often a classifier is right on a table: macro-F1, accuracy, loss in nats.",
    fields: {},
    async run(model, { config, meta }, { name, bytes }) {
      const examples = examplesOf(readTable(bytes, name), config, meta);
      const counted = { name: "rows", value: examples.length };
      const unknown = unknownFigures(meta.inputs, examples);
      return evaluatedBy(classify.metrics(meta), outputsOf(model, examples), counted, unknown);
    },
  },
  predict: {
    run: (model, known, { name, bytes }) => predictions(model, known, readTable(bytes, name)),
    typed(model, known, row) {
      const { columns, vocabulary } = known.meta.inputs;
      const cells = typeof row === "string" ? [row] : Array.from(row, String);
      if ((typeof row === "string") === (vocabulary !== null) && cells.length === columns.length) {
        return predictions(model, known, { source: OP, columns, rows: [cells], lines: [1] });
      }
      const must = vocabulary === null ? `be a table of ${columns.length} numbers a row` : "be a text";
      const value = typeof row === "string" ? "a text" : `${cells.length} numbers`;
      throw new FormatError({ op: OP, argument: typeof row === "string" ? "text" : "row", must, value });
    },
  },
};

const PIECE = 64; // Rows computed at once.
function* outputsOf(model: Classifier, examples: readonly Example[]): Generator<Scores & LossOutput> {
  for (let at = 0; at < examples.length; at += PIECE) {
    const batch = padded(examples.slice(at, at + PIECE));
    const [scores, loss] = noGrad(() => {
      const logits = model.forward(batch);
      return [logits.softmax(-1).data(), functional.crossEntropy(logits, tensor(batch.labels)).item()] as const;
    });
    yield { scores, targets: batch.labels, loss, count: batch.labels.length };
  }
}

async function* predictions(
  model: Classifier,
  { config, meta: { classes, inputs } }: Known<Types>,
  table: Table,
): AsyncGenerator<Prediction> {
  const read = rowReader(table, inputs, config);
  for (let at = 0; at < table.rows.length; at += PIECE) {
    const examples = table.rows.slice(at, at + PIECE).map((_, i) => ({ steps: read(at + i), label: 0 }));
    for (const { scores } of outputsOf(model, examples)) {
      for (let row = 0; row < examples.length; row++) {
        const all = Array.from(scores).slice(row * classes.length, (row + 1) * classes.length);
        const probability = Math.max(...all);
        const label = classes[all.indexOf(probability)];
        const { length: tokens } = examples[row].steps;
        const unknown = countUnknown(inputs.vocabulary, examples[row].steps);
        const values = { label, probability, ...(unknown > 0 && { unknown: unknown / tokens }) };
        yield { text: `${label}  ${percent(probability)} %`, values, tokens, unknown };
      }
    }
  }
}
