import { noGrad } from "../../autograd/index.js";
import { checkNumber } from "../../base/check.js";
import { FormatError, OptionError, show } from "../../base/errors.js";
import { count, countOrNull, type Fields, real, resolveFields, textOrNull } from "../../base/fields.js";
import { nearest } from "../../base/nearest.js";
import { percent } from "../../base/number-text.js";
import { Generator } from "../../base/random.js";
import { passOf, piecesOf, type Told } from "../../base/report.js";
import { SampleBatcher } from "../../data/index.js";
import { readTable } from "../../data/readers/index.js";
import { bits, type LossOutput, type Metric, meanLoss, perplexity, Sums } from "../../metrics/index.js";
import { SampleSource } from "../../train/sample-source.js";
import { heldOutText } from "../about-data/held-out.js";
import { classesText } from "../classes-text.js";
import type { CommandTask } from "../commands.js";
import { evaluatedBy } from "../evaluated.js";
import { fingerprint } from "../fingerprint.js";
import { fitToSize } from "../fit-to-size.js";
import { metaDifferenceBy } from "../meta-difference.js";
import { recurrentActivations, recurrentShapes } from "../recurrent-layers.js";
import { endsOf, vocabularyWithEnds } from "../vocabularies.js";
import { GENERATE_FIELDS, type GenerateConfig, type GenerateSettings, resolveGenerate } from "./config.js";
import { type GenerateData, type Labelled, labelledOf, type Meaning, readData } from "./data.js";
import { beginSize, ClassWriter, type LabelledBatch, padded } from "./model.js";

/** The loss of some rows; and of samples, how many there are and how many of them are known. */
interface Output extends LossOutput {
  samples: number;
  known: number;
}

interface Types {
  settings: GenerateSettings;
  config: GenerateConfig;
  meta: Meaning;
  data: GenerateData;
  model: ClassWriter;
  batch: LabelledBatch;
  carried: undefined;
  output: Output;
}

interface DrawSettings {
  label: string | null;
  count: number;
  temperature: number;
  seed: number | null;
}

const DRAW_FIELDS: Fields<DrawSettings> = {
  label: textOrNull("female", { help: "the class to write of (default: each in turn)", placeholder: "class" }),
  count: count(10, { help: "texts to write" }),
  temperature: {
    ...real(1, { min: 0 }, { help: "below 1 bolder, above 1 more varied, 0 always the likeliest" }),
    example: "0.8",
  },
  seed: countOrNull("7", { help: "the same seed draws the same text (default: another each time)" }),
};

/** One to many: a class, and texts that are written of it. */
export const generate: CommandTask<Types> = {
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
  about({ train, validation, classes, vocabulary, details }) {
    const numbers = [train, validation].map((part) => part.flatMap(({ ids, label }) => [...ids, -1 - label]));
    const sizes = `${classes.length} classes, ${vocabulary.size} in the vocabulary`;
    return {
      meta: { classes, vocabulary },
      fingerprint: fingerprint(numbers),
      heldOut: validation.length > 0,
      summary: `${heldOutText(train.length, validation.length, "rows")}, ${sizes}`,
      details,
      counts: { classes: classes.length, trainRows: train.length, validationRows: validation.length },
    };
  },
  describeMeta: ({ classes, vocabulary }) => ({ classes: [...classes], vocabulary: vocabulary.toJSON() as never }),
  readMeta({ classes, vocabulary }) {
    if (Array.isArray(classes) && classes.length > 0 && classes.every((name) => typeof name === "string")) {
      return { classes: classes as string[], vocabulary: vocabularyWithEnds(vocabulary) };
    }
    throw new FormatError({ op: "generate", argument: "json", must: "name a class or more", value: show(classes) });
  },
  metaDifference: metaDifferenceBy(
    (meta) => generate.describeMeta(meta),
    "know the classes and the vocabulary of the table",
  ),
  parameterShapes(config, meta) {
    const [classes, tokens] = [meta?.classes.length ?? 1, meta?.vocabulary.size ?? 1];
    return recurrentShapes("rnn", { ...config, input: config.embed + classes })
      .set("embed.weight", [tokens, config.embed])
      .set("begin.weight", [beginSize(config), classes])
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
    const lengths = train.map(({ ids }) => ids.length);
    const batcher = new SampleBatcher(train.length, { batchSize: batch, seed, lengths, shard });
    const ends = endsOf(vocabulary);
    return new SampleSource(batcher, (rows) =>
      padded(
        Array.from(rows, (row) => train[row]),
        ends,
      ),
    );
  },
  loss: (model, batch) => ({ loss: model.loss(batch), count: batch.count }),
  outputs: (model, { train, validation }, _, told) => outputsOf(model, validation, train, told),
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
  },
  generate: {
    fields: DRAW_FIELDS,
    example: ["--count", "10"],
    *stream(model, options) {
      for (const [i, text] of drawn(model, options).entries()) yield i === 0 ? text : `\n${text}`;
    },
    *streamBytes(model, options) {
      const encoder = new TextEncoder();
      for (const [i, text] of drawn(model, options).entries()) yield encoder.encode(i === 0 ? text : `\n${text}`);
    },
    isRaw: () => false,
    unseen: () => [],
  },
  preview(model, { seed }, step) {
    const labels = model.meaning.classes.slice(0, 4).map((_, label) => label);
    const texts = model
      .draw(labels, 0.8, new Generator(seed + step))
      .map((ids) => model.meaning.vocabulary.decode(ids));
    return labels.map((label) => `${model.meaning.classes[label]}: ${texts[label]}`).join("  ");
  },
};

function metrics(): readonly Metric<Output>[] {
  const known = new Sums<Output>({
    name: "copied",
    unit: "%",
    better: "lower",
    format: percent,
    size: 2,
    add(sums, output) {
      sums[0] += output.known;
      sums[1] += output.samples;
    },
    value: ([sum, all]) => sum / all,
  });
  return [perplexity(), bits(), meanLoss(), known];
}

const PIECE = 64; // Rows computed at once.
/** Texts drawn to see how many are copies. */
const SAMPLES = 256;

/** The loss of rows, and samples of all classes beside the rows that may have been copied. */
function* outputsOf(
  model: ClassWriter,
  rows: readonly Labelled[],
  from: readonly Labelled[],
  told?: Told,
): Iterable<Output> {
  for (const piece of piecesOf(rows, PIECE, told)) {
    const batch = padded(piece, model.ends);
    yield { loss: noGrad(() => model.loss(batch).item()), count: batch.count, samples: 0, known: 0 };
  }
  const known = new Set(from.map(({ ids }) => ids.join()));
  // As many of each class as the rows have, in turn; a generator of their own leaves training's alone.
  const step = from.length / SAMPLES;
  const labels = Array.from({ length: SAMPLES }, (_, i) => from[Math.floor(i * step)].label);
  const texts = model.draw(labels, 1, new Generator(model.config.seed));
  yield { loss: 0, count: 0, samples: SAMPLES, known: texts.filter((ids) => known.has(ids.join())).length };
}

/** Texts that a writer draws. @throws OptionError for a class that it does not know, naming the nearest */
function drawn(model: ClassWriter, { prompt: _, ...options }: Readonly<Record<string, unknown>>): string[] {
  const op = "generate";
  const { classes, vocabulary } = model.meaning;
  const { label, count: total, temperature, seed } = resolveFields(op, DRAW_FIELDS, options);
  checkNumber(op, "count", total, { max: 1e6 });
  const at = label === null ? -1 : classes.indexOf(label);
  if (label !== null && at < 0) {
    const near = nearest(label, classes);
    const must = `be a class that was learned (${classesText(classes)})`;
    const fix = near === undefined ? "" : `Did you mean ${show(near)}?`;
    throw new OptionError({ op, argument: "label", must, value: show(label), fix, details: { nearest: near } });
  }
  const generator = new Generator(seed ?? Math.floor(Math.random() * 2 ** 32));
  const texts: string[] = [];
  for (let done = 0; done < total; done += PIECE) {
    const labels = Array.from({ length: Math.min(PIECE, total - done) }, (_, i) =>
      at < 0 ? (done + i) % classes.length : at,
    );
    for (const ids of model.draw(labels, temperature, generator)) texts.push(vocabulary.decode(ids));
  }
  return texts;
}
