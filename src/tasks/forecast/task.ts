import { FormatError, OptionError, show } from "../../base/errors.js";
import { countOrNull, resolveFields, textOrNull } from "../../base/fields.js";
import { passOf } from "../../base/report.js";
import { SampleBatcher } from "../../data/index.js";
import { readTable } from "../../data/readers/index.js";
import { meanLoss } from "../../metrics/index.js";
import { resolveTraining } from "../../train/fields.js";
import { SampleSource } from "../../train/sample-source.js";
import { heldOutText } from "../about-data/held-out.js";
import type { CommandTask } from "../commands.js";
import { evaluatedBy } from "../evaluated.js";
import { fingerprint } from "../fingerprint.js";
import { fitToSize } from "../fit-to-size.js";
import { inspectsLater } from "../inspection/later.js";
import { ROW_FIELDS } from "../inspection/rows.js";
import { metaDifferenceBy } from "../meta-difference.js";
import { checkRates, recurrentActivations, recurrentShapes } from "../recurrent-layers.js";
import { batchOf } from "./batch.js";
import { calibrate } from "./calibrate.js";
import { calendarOf, checkCalibrate, checkCentre, checkWorkedOut, FORECAST_FIELDS } from "./config.js";
import { evaluatedWindows, firstOrigin, readForecastData, seriesFor } from "./data.js";
import { describeForecast, readForecast } from "./describe.js";
import { inferSeries } from "./infer.js";
import { lagsOf } from "./lags.js";
import { forecastMetrics } from "./metrics.js";
import { Forecaster, layerSettings } from "./model.js";
import { outputNamed } from "./outputs.js";
import { outputsOf } from "./outputs-of.js";
import { describedSeries, predictionsOf, typedTable } from "./predictions.js";
import { remembers } from "./remembering.js";
import { timeOf } from "./time-axis.js";
import type { ForecastTypes } from "./types.js";

const OP = "forecast";

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
    checkCalibrate(op, nameOf, config);
    checkCentre(op, nameOf, config);
    return config;
  },
  read(sources, given, { op, nameOf }, usual) {
    const read = readForecastData(sources, forecast.resolve({ ...usual, ...given }, op, nameOf), nameOf);
    const fitted = fitToSize(given, FORECAST_FIELDS, read.data.train.length, usual);
    return { data: read.data, config: { ...read.config, ...fitted }, fitted: { ...read.fitted, ...fitted } };
  },
  about(data) {
    const { train, validation, series, values, details } = data;
    const all = [...new Set([...train, ...validation].map((window) => window.series))];
    const origins = [train, validation].map((windows) => windows.map(({ origin }) => origin));
    const many = series === 1 ? "one series" : `${series.toLocaleString("en")} series`;
    return {
      meta: data,
      fingerprint: fingerprint([...origins, ...all.map((one) => one.values), ...all.map(({ features }) => features)]),
      heldOut: validation.length > 0,
      summary: `${values.toLocaleString("en")} values of ${many}, ${heldOutText(train.length, validation.length, "windows")}`,
      details,
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
  batches(data, config, shard) {
    const batcher = new SampleBatcher(data.train.length, { batchSize: config.batch, seed: config.seed, shard });
    return new SampleSource(batcher, (rows) =>
      batchOf(
        Array.from(rows, (row) => data.train[row]),
        config,
        data,
      ),
    );
  },
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
    async run(model, { config, meta }, { name, bytes, report }, options) {
      const { from, stride } = options as { from?: string | null; stride?: number | null };
      const time = from == null ? undefined : timeOf(from);
      if (time === null || (time !== undefined && (time.form === "number") !== (meta.form === "number"))) {
        const must = `be a time as the series have them (${meta.form === "number" ? "a number" : "2024-02-29"})`;
        throw new OptionError({ op: OP, argument: "from", must, value: show(from) });
      }
      const windows = evaluatedWindows(seriesFor(bytes, name, config, meta), config, meta.axis, {
        from: time?.time,
        ...(stride != null && { stride }),
      });
      if (windows.length === 0) {
        const must = `have ${firstOrigin(config)} values before ${from ?? "the end"} and ${config.horizon} after`;
        throw new FormatError({ op: OP, argument: name, must, value: "fewer", fix: "Begin the file earlier." });
      }
      return evaluatedBy(
        forecast.metrics(meta),
        outputsOf(model, windows, { config, meta, told: passOf(report, "evaluating") }),
        { name: "values", value: windows.length * config.horizon },
      );
    },
  },
  inspect: inspectsLater(ROW_FIELDS, async () => (await import("../on-demand.js")).forecast),
  blueprint: async ({ config, meta }) => (await import("../on-demand.js")).forecast.blueprint(config, meta),
  remembers: remembers as CommandTask<ForecastTypes>["remembers"] & object,
  predict: {
    describe: describedSeries,
    run: (model, known, { name, bytes, report }) =>
      predictionsOf(model, known, readTable(bytes, name), passOf(report, "predicting")),
    typed: (model, known, row) => predictionsOf(model, known, typedTable(row, known.config, known.meta)),
  },
};
