import { FormatError, show } from "../../base/errors.js";
import { type Fields, resolveFields } from "../../base/fields.js";
import { numberText } from "../../base/number-text.js";
import { passOf } from "../../base/report.js";
import { cutText } from "../../base/width.js";
import { labelNumbers } from "../../data/readers/index.js";
import { mae, meanLoss, r2, rmse, type Values } from "../../metrics/index.js";
import { functional } from "../../nn/index.js";
import { tensor } from "../../tensor/index.js";
import { resolveTraining } from "../../train/fields.js";
import { heldOutText } from "../about-data/held-out.js";
import { LengthCounts } from "../about-data/length-counts.js";
import { quantiles } from "../about-data/quantiles.js";
import type { CommandTask, Evaluated, RowStream, StreamOptions } from "../commands.js";
import { NUMBER } from "../described.js";
import { inspectsLater } from "../inspection/later.js";
import { ROW_FIELDS } from "../inspection/rows.js";
import { evaluatedBy } from "../judged/evaluated.js";
import { MANY_TO_ONE_FIELDS, type ManyToOneSettings, resolveManyToOne } from "../many-to-one/config.js";
import { examplesFingerprint, examplesOf, readPart, splitPart, unitOfRows } from "../many-to-one/data.js";
import { drawnText, rowDetails } from "../many-to-one/details.js";
import { measureRows, type OutputOf, outputsOn } from "../many-to-one/evaluation.js";
import { inferRows } from "../many-to-one/inference.js";
import { RowModel, rowActivations, rowBatches, rowModelShapes } from "../many-to-one/model.js";
import { describedRows, rowOutput, rowPredictions, streamOf } from "../many-to-one/stream.js";
import { featuresOf, fitRowInputs, rowInputsFromJson, rowInputsToJson } from "../rows/inputs.js";
import { spread } from "../stored/spread.js";
import { validationName } from "../task.js";
import { fitToSize } from "../training/fit-to-size.js";
import { heldOutOf } from "../training/held-out.js";
import { metaDifferenceBy } from "../training/meta-difference.js";
import { answersOf } from "./answers.js";
import { oneNumber } from "./one-number.js";
import type { Meaning, RegressTypes as Types } from "./types.js";

const OP = "regress";
/** A longer name is cut where it is there to be recognised. */
const MOST_OF_NAME = 24;
const FIELDS: Fields<ManyToOneSettings> = {
  ...MANY_TO_ONE_FIELDS,
  label: { ...MANY_TO_ONE_FIELDS.label, help: "the column of the number to tell" },
};

/** Many to one, real: rows of text or numbers, and a number for each. */
export const regress: CommandTask<Types> = {
  name: "regress",
  title: "a regressor",
  input: "table",
  unit: "rows",
  fields: FIELDS,
  sizes: ["hidden", "batch"],
  infer: (name, bytes, given, asked = false) => inferRows(name, bytes, given, { wanted: "number", asked }),
  resolve: (given, op, nameOf) =>
    resolveManyToOne(op, resolveTraining(resolveFields(op, FIELDS, given, nameOf)), nameOf),
  read({ train, valid }, given, { op, nameOf }, usual) {
    const config = regress.resolve({ ...usual, ...given }, op, nameOf);
    const whole = readPart(train, config);
    const held = valid && readPart({ ...valid, name: validationName(valid.name) }, config);
    // In the order of the file: of several faults the first is told.
    const all = labelNumbers(whole.table, config.label, whole.labelRows);
    const parts = splitPart(
      whole,
      whole.spans.map(() => ""),
      heldOutOf(config, held !== undefined),
      config,
    );
    const numbers = labelNumbers(whole.table, config.label, parts.train.labelRows);
    const { mean, scale } = spread(numbers);
    if (numbers.every((number) => number === numbers[0])) throw oneNumber(whole.table.source, config.label, numbers[0]);
    const inputs = fitRowInputs(whole.table, parts.train.spans, config);
    const lengths = new LengthCounts();
    const examples = (part: typeof whole) => {
      const onLength = part === held ? undefined : (steps: number) => lengths.add(steps);
      const told = passOf(train.report, "encoding");
      return examplesOf(part, inputs, config, (row) => labelNumbers(part.table, config.label, [row]), {
        onLength,
        told,
      });
    };
    const made = { train: examples(parts.train), validation: examples(held ?? parts.validation) };
    const values = quantiles(config.label, "", all);
    const read = { whole, inputs, ...made, lengths, valid, drawn: drawnText(config), classes: [], values };
    const fitted = fitToSize(given, FIELDS, made.train.length, usual);
    const data = { inputs, mean, scale, ...made, details: rowDetails(read, config) };
    return { data, config: { ...config, ...fitted }, fitted };
  },
  async readStream(sources, given, { op, nameOf }) {
    const config = regress.resolve(given, op, nameOf);
    const { store } = (await import("../on-demand.js")).regress;
    const data = await store(sources, config);
    return { data, config, fitted: {}, close: () => data.close() };
  },
  about(data, config) {
    const { train, validation, mean, scale, details } = data;
    const spreadText = `${cutText(config.label, MOST_OF_NAME)} ${numberText(mean)} ± ${numberText(scale)}`;
    return {
      meta: data,
      fingerprint: data.fingerprint ?? examplesFingerprint([train, validation]),
      heldOut: validation.length > 0,
      summary: `${heldOutText(train.length, validation.length, unitOfRows(config))}, ${spreadText}`,
      details,
      counts: { trainRows: train.length, validationRows: validation.length },
    };
  },
  describeMeta: ({ inputs, mean, scale }) => ({ target: { mean, scale }, inputs: rowInputsToJson(inputs) }),
  readMeta: ({ target, inputs }) => {
    const { mean, scale } = (target ?? {}) as { mean?: unknown; scale?: unknown };
    if (typeof mean === "number" && Number.isFinite(mean) && typeof scale === "number" && scale > 0) {
      return { mean, scale, inputs: rowInputsFromJson(inputs) };
    }
    throw new FormatError({ op: OP, argument: "json", must: "hold the target's mean and scale", value: show(target) });
  },
  metaDifference: metaDifferenceBy(
    (meta) => regress.describeMeta(meta),
    "know the scales and the vocabulary of the table",
  ),
  parameterShapes: (config, meta) => rowModelShapes(config, meta?.inputs ?? null, 1),
  activations: rowActivations,
  build: (config, { inputs }) => new RowModel(config, inputs, 1),
  batches: ({ train, inputs, mean, scale }, config, shard) => {
    const told = ([y]: readonly number[]) => [(y - mean) / scale];
    return rowBatches(train, featuresOf(inputs, config), config, { shard, more: {}, told });
  },
  loss(model, batch) {
    const count = batch.targets.length;
    const targets = tensor(
      Float32Array.from(batch.targets, ([y]) => y),
      { shape: [count, 1] },
    );
    return { loss: functional.mseLoss(model.forward(batch), targets), count };
  },
  outputs: (model, data, _, told, share) => outputsOn(model, data.validation, outputOf(data), told, share),
  metrics: () => [rmse(), mae(), r2(), meanLoss("")],
  lossMetrics: () => [meanLoss("")],
  evaluate: {
    about: "Tell how far a regressor is off on a table: RMSE, MAE, R², beside the mean of the training part.",
    fields: {},
    run: (model, known, source) => evaluated(model, known.meta, streamOf(source), {}),
    stream: (model, known, source, options) => evaluated(model, known.meta, source, options),
  },
  beware: async (data, config) => (await import("../on-demand.js")).regress.beware(data, config),
  blueprint: async ({ config, meta }) => (await import("../on-demand.js")).regress.blueprint(config, meta),
  predict: {
    ...rowPredictions(OP, answersOf),
    describe: ({ meta: { inputs }, config }) => ({
      ...describedRows(inputs, config),
      output: rowOutput(inputs, { value: NUMBER }),
    }),
  },
  inspect: inspectsLater(ROW_FIELDS, async () => (await import("../on-demand.js")).regress),
};

/** What the network said, as numbers of the table. */
function outputOf({ mean, scale }: Meaning): OutputOf<Types["output"]> {
  return (outputs, { targets: given }) => {
    const targets = given.map(([y]) => y);
    const predicted = Array.from(outputs, (output) => output * scale + mean);
    const loss = predicted.reduce((sum, p, i) => sum + ((p - targets[i]) / scale) ** 2, 0) / targets.length;
    return { predicted, targets, loss, count: targets.length };
  };
}

async function evaluated(
  model: RowModel,
  meta: Meaning,
  source: RowStream,
  options: StreamOptions,
): Promise<Evaluated> {
  const metrics = regress.metrics(meta);
  const naive = rmse();
  const { label } = model.config;
  const [counted, ...others] = await measureRows(model, meta.inputs, source, options, {
    targetsOf: (table) => (row) => labelNumbers(table, label, [row]),
    outputOf: outputOf(meta),
    metrics: [...metrics, { add: (output) => naive.add(naiveOf(meta, output as Values)) }],
  });
  const beside = { name: "RMSE of the mean", value: naive.value, unit: "" };
  return evaluatedBy<never>(metrics, [], counted, [beside, ...others]);
}

/** The mean of the training part for every row. */
function naiveOf({ mean }: Meaning, { targets }: Values): Values {
  return { predicted: Array.from(targets, () => mean), targets };
}
