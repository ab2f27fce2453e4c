import { countOrNull, resolveFields, textOrNull } from "../../base/fields.js";
import { passOf } from "../../base/report.js";
import { readTable } from "../../data/readers/index.js";
import { meanLoss } from "../../metrics/index.js";
import { resolveTraining } from "../../train/fields.js";
import { heldOutText } from "../about-data/held-out.js";
import type { CommandTask } from "../commands.js";
import { inspectsLater } from "../inspection/later.js";
import { ROW_FIELDS } from "../inspection/rows.js";
import { checkRates, recurrentActivations, recurrentShapes } from "../recurrent/layers.js";
import { fingerprint } from "../training/fingerprint.js";
import { fitToSize } from "../training/fit-to-size.js";
import { metaDifferenceBy } from "../training/meta-difference.js";
import { batchOf } from "./batch.js";
import { calibrate } from "./calibrate.js";
import { calendarOf, checkCalibrate, checkCentre, checkColumns, checkWorkedOut, FORECAST_FIELDS } from "./config.js";
import { readForecastData, type Window } from "./data.js";
import { describeForecast, readForecast } from "./describe.js";
import { inferSeries } from "./infer.js";
import { lagsOf } from "./lags.js";
import { forecastMetrics } from "./metrics.js";
import { Forecaster, layerSettings } from "./model.js";
import { outputNamed } from "./outputs.js";
import { outputsOf } from "./outputs-of.js";
import { describedSeries, predictionsOf, typedTable } from "./predictions.js";
import { remembers } from "./remembering.js";
import type { ForecastTypes } from "./types.js";
import { windowBatches } from "./window-batches.js";

/** Before any data were read. */
const NOTHING = { calendar: [], covariates: [] };

/** Real-valued: the next values of one or many series, from what was and what is known ahead. */
export const forecast: CommandTask<ForecastTypes> = {
  name: "forecast",
  title: "a forecaster",
  input: "table",
  unit: "windows",
  fields: FORECAST_FIELDS,
  sizes: ["hidden", "batch"],
  infer: inferSeries,
  resolve(given, op, nameOf = (key) => key) {
    const config = resolveTraining(resolveFields(op, FORECAST_FIELDS, given, nameOf));
    checkRates(op, { ...config, embeddingDropout: 0, input: 1 }, nameOf);
    lagsOf(op, nameOf("lags"), config.lags);
    calendarOf(op, nameOf("calendar"), config.calendar);
    checkColumns(op, nameOf, config);
    checkCalibrate(op, nameOf, config);
    checkCentre(op, nameOf, config);
    return config;
  },
  read(sources, given, { op, nameOf }, usual) {
    const read = readForecastData(sources, forecast.resolve({ ...usual, ...given }, op, nameOf), nameOf);
    const fitted = fitToSize(given, FORECAST_FIELDS, read.data.train.length, usual);
    return { data: read.data, config: { ...read.config, ...fitted }, fitted: { ...read.fitted, ...fitted } };
  },
  async readStream(sources, given, { op, nameOf }, usual) {
    const { store } = (await import("../on-demand.js")).forecast;
    const { data, config, fitted, close } = await store(
      sources,
      forecast.resolve({ ...usual, ...given }, op, nameOf),
      nameOf,
    );
    const sizes = fitToSize(given, FORECAST_FIELDS, data.train.length, usual);
    return { data, config: { ...config, ...sizes }, fitted: { ...fitted, ...sizes }, close };
  },
  about(data) {
    const { train, validation, series, values, details, lacksAhead } = data;
    const many = series === 1 ? "one series" : `${series.toLocaleString("en")} series`;
    return {
      meta: data,
      fingerprint: data.fingerprint ?? fingerprintOf([...train], [...validation]),
      heldOut: validation.length > 0,
      summary: `${values.toLocaleString("en")} values of ${many}, ${heldOutText(train.length, validation.length, "windows")}`,
      details,
      lacksAhead,
      counts: { series, values, trainWindows: train.length, validationWindows: validation.length },
    };
  },
  describeMeta: describeForecast,
  readMeta: readForecast,
  metaDifference: metaDifferenceBy(describeForecast, "know the series of the table"),
  parameterShapes(config, meta) {
    if (meta !== null) checkWorkedOut(config);
    const settings = layerSettings(config, meta ?? NOTHING);
    const { size } = outputNamed(config.output);
    const shapes = recurrentShapes("rnn", settings);
    shapes.set("head.weight", [size, config.hidden + settings.input]).set("head.bias", [size]);
    if (config.calibrate) shapes.set("widening", [1]);
    return shapes;
  },
  activations(config) {
    const settings = layerSettings(config, NOTHING);
    const steps = (config.context ?? 1) + config.horizon;
    return (
      config.batch *
      steps *
      (recurrentActivations(settings) + 3 * settings.input + 12 * outputNamed(config.output).size)
    );
  },
  build: (config, meta) => new Forecaster(config, meta),
  batches: (data, config, shard) =>
    windowBatches(data.train, config, shard, (windows) => batchOf(windows, config, data)),
  loss: (model, batch) => ({ loss: model.loss(batch), count: batch.values.shape[1] }),
  outputs(model, data, config, told, share) {
    if (config.calibrate) calibrate(model, data.validation, { config, meta: data, share });
    return outputsOf(model, data.validation, { config, meta: data, told, share });
  },
  metrics: ({ output }) => forecastMetrics(output),
  lossMetrics: () => [meanLoss("")],
  evaluate: {
    about:
      "Tell how far forecasts are from what came, beside naive ones: MASE, MAE, RMSE, sMAPE, weighted quantile loss, coverage of 80 %.",
    fields: {
      from: textOrNull("2024-01-01", {
        placeholder: "time",
        help: "of a forecaster: the first time to forecast (default: after its training part)",
      }),
      stride: countOrNull("1", { help: "of a forecaster: steps from one forecast to the next (default: its horizon)" }),
    },
    run: async (model, known, source, options) =>
      (await import("../on-demand.js")).forecast.evaluated(model, known, source, options),
    stream: async (model, known, file, options) =>
      (await import("../on-demand.js")).forecast.evaluatedStream(model, known, file, options),
  },
  inspect: inspectsLater(ROW_FIELDS, async () => (await import("../on-demand.js")).forecast),
  blueprint: async ({ config, meta }) => (await import("../on-demand.js")).forecast.blueprint(config, meta),
  remembers: remembers as CommandTask<ForecastTypes>["remembers"] & object,
  predict: {
    describe: describedSeries,
    run: (model, known, { name, bytes, report }) =>
      predictionsOf(model, known, readTable(bytes, name), passOf(report, "predicting")),
    async *stream(model, known, file, keepBad) {
      yield* (await import("../on-demand.js")).forecast.predicted(model, known, file, keepBad);
    },
    typed: (model, known, row) => predictionsOf(model, known, typedTable(row, known.config, known.meta)),
  },
};

/** Of windows in memory: where they are, their values, and what stands beside these. */
function fingerprintOf(...parts: readonly Window[][]): string {
  const all = [...new Set(parts.flat().map(({ series }) => series))];
  const origins = parts.map((windows) => windows.map(({ origin }) => origin));
  return fingerprint([...origins, ...all.map(({ values }) => values), ...all.map(({ features }) => features)]);
}
