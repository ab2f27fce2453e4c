import { FormatError, show } from "../../base/errors.js";
import { resolveFields } from "../../base/fields.js";
import { classNames } from "../../data/readers/index.js";
import { accuracy, f1, meanLoss } from "../../metrics/index.js";
import { WHOLE } from "../../train/collective/share.js";
import { resolveTraining } from "../../train/fields.js";
import { heldOutText } from "../about-data/held-out.js";
import type { CommandTask } from "../commands.js";
import { inspectsLater } from "../inspection/later.js";
import { ROW_FIELDS } from "../inspection/rows.js";
import { resolveManyToOne } from "../many-to-one/config.js";
import { examplesFingerprint, unitOfRows } from "../many-to-one/data.js";
import { outputsOn } from "../many-to-one/evaluation.js";
import { inferRows } from "../many-to-one/inference.js";
import { rowActivations, rowBatches, rowModelShapes } from "../many-to-one/model.js";
import { rowPredictions, streamOf } from "../many-to-one/stream.js";
import { featuresOf, rowInputsFromJson, rowInputsToJson } from "../rows/inputs.js";
import { fitToSize } from "../training/fit-to-size.js";
import { metaDifferenceBy } from "../training/meta-difference.js";
import { adoptClassifier } from "./adopts.js";
import { answersOf, describeAnswers } from "./answers.js";
import { CLASSIFY_FIELDS } from "./config.js";
import { readRows } from "./data.js";
import { Classifier } from "./model.js";
import { bestThresholds, labelMacroF1, labelMicroF1, labelsExact } from "./multi-label.js";
import type { ClassifyTypes } from "./types.js";

const OP = "classify";

/** Many to one: rows of text or numbers, and which class each is of, or which labels it has. */
export const classify: CommandTask<ClassifyTypes> = {
  name: "classify",
  title: "a classifier",
  input: "table",
  unit: "rows",
  fields: CLASSIFY_FIELDS,
  sizes: ["hidden", "batch"],
  readsKnown: true,
  infer(name, bytes, given, asked = false) {
    const found = inferRows(name, bytes, given, { wanted: "class", asked });
    if (found === null) return null;
    const { table, label, settings } = found;
    const { group, window, multi } = { ...settings, ...given };
    const may = !group && !window && !multi && canStratify(classNames(table, label), given["valid"]);
    return { ...found, settings: { ...settings, ...(may && { split: "stratified" }) } };
  },
  resolve: (given, op, nameOf) =>
    resolveManyToOne(op, resolveTraining(resolveFields(op, CLASSIFY_FIELDS, given, nameOf)), nameOf),
  read(sources, given, { op, nameOf, known }, usual) {
    const config = classify.resolve({ ...usual, ...given }, op, nameOf);
    const data = readRows(sources, config, known);
    const fitted = fitToSize(given, CLASSIFY_FIELDS, data.train.length, usual);
    return { data, config: { ...config, ...fitted }, fitted };
  },
  async readStream(sources, given, { op, nameOf, known }) {
    const config = classify.resolve(given, op, nameOf);
    const { store } = (await import("../on-demand.js")).classify;
    const data = await store(sources, config, { known });
    return { data, config, fitted: {}, close: () => data.close() };
  },
  about(data, config) {
    const { train, validation, classes, details } = data;
    const names = config.multi ? "labels" : "classes";
    return {
      meta: data,
      fingerprint: data.fingerprint ?? examplesFingerprint([train, validation]),
      heldOut: validation.length > 0,
      summary: `${heldOutText(train.length, validation.length, unitOfRows(config))}, ${classes.length} ${names}`,
      details,
      counts: { [names]: classes.length, trainRows: train.length, validationRows: validation.length },
    };
  },
  describeMeta: ({ classes, inputs, multi }) => ({
    classes: [...classes],
    inputs: rowInputsToJson(inputs),
    ...(multi && { multi }),
  }),
  readMeta: ({ classes, inputs, multi = false }) => {
    const least = multi === true ? 1 : 2;
    if (Array.isArray(classes) && classes.length >= least && classes.every((name) => typeof name === "string")) {
      return { classes: classes as string[], inputs: rowInputsFromJson(inputs), multi: multi === true };
    }
    throw new FormatError({ op: OP, argument: "json", must: "name two classes or more", value: show(classes) });
  },
  metaDifference: metaDifferenceBy(
    (meta) => classify.describeMeta(meta),
    "know the classes and the vocabulary of the table",
  ),
  parameterShapes(config, meta) {
    const classes = meta?.classes.length ?? 2;
    if (meta !== null && meta.multi !== config.multi) {
      const must = `be ${config.multi}, as the config says`;
      throw new FormatError({ op: OP, argument: "multi", must, value: String(meta.multi) });
    }
    const shapes = rowModelShapes(config, meta?.inputs ?? null, classes);
    return config.multi ? shapes.set("thresholds", [classes]) : shapes;
  },
  activations: rowActivations,
  build: (config, meta) => new Classifier(config, meta),
  batches: ({ train, inputs, weights }, config, shard) =>
    rowBatches(train, featuresOf(inputs, config), config, { shard, more: { weights } }),
  loss(model, batch) {
    const { targets, weights } = batch;
    return { loss: model.lossOf(model.forward(batch), targets, weights), count: targets.length };
  },
  *outputs(model, { validation, classes }, _, told, share = WHOLE) {
    const outputs = outputsOn(model, validation, (logits, batch) => model.outputOf(logits, batch), told, share);
    const { thresholds } = model;
    if (thresholds === undefined) return yield* outputs;
    // All of them, of all processes, decide from which probability on a label is there.
    const all = [...outputs];
    const [scores, targets] = (["scores", "targets"] as const).map((key) => {
      return share.gather(Float64Array.from(all.flatMap((one) => Array.from(one[key])))).flatMap((own) => [...own]);
    });
    const best = bestThresholds(scores, targets, classes.length);
    thresholds.set(best);
    for (const output of all) yield { ...output, thresholds: best };
  },
  metrics({ classes: { length: classes }, multi }) {
    if (multi) return [labelMacroF1(classes), labelMicroF1(classes), labelsExact(classes), meanLoss()];
    return [f1({ classes }), accuracy({ classes }), meanLoss()];
  },
  lossMetrics: () => [meanLoss()],
  evaluate: {
    about:
      "Tell how often a classifier is right on a table: macro-F1, accuracy, log loss in nats, what is taken for what.",
    fields: {},
    run: async (model, { meta }, source) =>
      (await import("../on-demand.js")).classify.evaluated(model, meta, streamOf(source), {}),
    stream: async (model, { meta }, source, options) =>
      (await import("../on-demand.js")).classify.evaluated(model, meta, source, options),
  },
  beware: async (data, config) => (await import("../on-demand.js")).classify.beware(data, config),
  blueprint: async (known) => (await import("../on-demand.js")).classify.blueprint(known),
  predict: { ...rowPredictions(OP, answersOf), describe: describeAnswers },
  inspect: inspectsLater(ROW_FIELDS, async () => (await import("../on-demand.js")).classify),
  adopts: {
    tells: "labels",
    of: "whole",
    make: (model) => adoptClassifier(model, (given) => classify.resolve(given, "import")),
  },
};

/**
 * What is drawn at random may miss a rare class; what has one row alone cannot be in two parts. Each class holds out a row at least:
 * many small ones would hold out far more than was asked for, as half of all where each has two.
 */
function canStratify(names: readonly string[], valid: unknown): boolean {
  const rows = new Map<string, number>();
  for (const name of names) rows.set(name, (rows.get(name) ?? 0) + 1);
  const most = Math.max(0.2, typeof valid === "number" ? valid : 0) * names.length;
  return rows.size <= most && [...rows.values()].every((count) => count > 1);
}
