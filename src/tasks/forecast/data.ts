import { FormatError, OptionError } from "../../base/errors.js";
import { rangeOf } from "../../base/range.js";
import { passOf } from "../../base/report.js";
import { readTable, type Table } from "../../data/readers/index.js";
import { seasonalNaiveError } from "../../metrics/index.js";
import type { DataDetails } from "../about-data/details.js";
import { foldInTime, type HeldOut, heldOutOf } from "../held-out.js";
import { type Sources, validationName } from "../task.js";
import { calendarNumbers, calendarWidth, usualCalendar } from "./calendar.js";
import { calendarOf, type ForecastConfig } from "./config.js";
import { type Covariate, covariateReader, covariateWidth, fitCovariate } from "./covariates.js";
import { seriesDetails } from "./details.js";
import { lagsOf, listed } from "./lags.js";
import { type OutputName, quantileNamed } from "./quantile-of.js";
import { lineText, type Series, type SeriesTable, seriesName, seriesOf, timeOfStep } from "./series.js";
import { stepsBetween, type TimeAxis, type TimeForm, timeAfter, usualSeason } from "./time-axis.js";

/** What was learned of one series. */
export interface SeriesScale {
  /** A value is (x - shift) / scale for the network. */
  shift: number;
  scale: number;
  /** The mean error of the seasonal naive forecast on the training part: what MASE divides by. */
  naive: number;
  /** The time of the last value that was trained on. */
  until: number;
}

/** What a model has to know of its series. */
export interface ForecastMeta {
  axis: TimeAxis;
  form: TimeForm;
  season: number;
  output: OutputName;
  calendar: readonly string[];
  covariates: readonly Covariate[];
  scales: ReadonlyMap<string, SeriesScale>;
}

/** A series as the network reads it. */
export interface ReadSeries extends Series {
  scale: SeriesScale;
  /** (x - shift) / scale. */
  scaled: Float32Array;
  /** [steps, W]: what each step reads of its time and its covariates; those after the last value among them. */
  features: Float32Array;
}

/** A forecast that begins at the step `origin` of a series. */
export interface Window {
  series: ReadSeries;
  origin: number;
}

export interface ForecastData extends ForecastMeta {
  train: readonly Window[];
  validation: readonly Window[];
  series: number;
  values: number;
  details: DataDetails;
}

const OP = "forecast";

/** How many numbers a step reads besides earlier values. */
export function featureWidth({ calendar, covariates }: Pick<ForecastMeta, "calendar" | "covariates">): number {
  return calendarWidth(calendar) + covariateWidth(covariates);
}

/** What the series are, and the settings that they leave open. @throws FormatError, OptionError */
export function readForecastData(
  { train, valid }: Sources,
  given: ForecastConfig,
  nameOf: (key: string) => string = (key) => key,
): { data: ForecastData; config: ForecastConfig; fitted: Record<string, number> } {
  const found = seriesOf(readTable(train.bytes, train.name, { told: passOf(train.report, "reading") }), given);
  const part = heldOutOf(given, valid !== undefined);
  const judged = found.series.map(({ values }) => judgedPart(values.length, given.horizon, part));
  const trained = judged.map(([from]) => from);
  const { config, fitted } = fittedSettings(found, trained, given, nameOf);
  const meta = fitMeta(found, trained, config);
  const read = readSeries(found, config, meta);
  const { horizon } = config;
  const first = firstOrigin(config);
  const training = read.flatMap((series, i) => windowsOf(series, first, trained[i] - horizon, 1));
  const held = read.flatMap((series, i) => windowsOf(series, trained[i], judged[i][1] - horizon, horizon));
  const other =
    valid && evaluatedWindows(seriesFor(valid.bytes, validationName(valid.name), config, meta), config, meta.axis);
  const values = read.reduce((sum, series) => sum + series.values.length, 0);
  const validation = other ?? held;
  const details = seriesDetails(found, { train: training.length, validation: validation.length }, config, valid);
  const data = { ...meta, train: training, validation, series: read.length, values, details };
  return { data, config, fitted };
}

/** The steps of a series that are validated on: the last ones, none, or those of a fold. */
function judgedPart(length: number, horizon: number, { share, fold }: HeldOut): [from: number, to: number] {
  if (fold !== null) return foldInTime(length, fold, horizon);
  return share === 0 ? [length, length] : [length - Math.max(horizon, Math.round(share * length)), length];
}

/** The first step that has all before it that a forecast reads. */
export function firstOrigin({ context, lags }: ForecastConfig): number {
  return (context ?? 1) + Math.max(...lagsOf(OP, "lags", lags));
}

function fittedSettings(
  { axis, series, table }: SeriesTable,
  trained: readonly number[],
  given: ForecastConfig,
  nameOf: (key: string) => string,
): { config: ForecastConfig; fitted: Record<string, number> } {
  const season = given.season ?? usualSeason(axis);
  const { horizon } = given;
  const shortest = trained.indexOf(rangeOf(trained)[0]);
  const room = trained[shortest] - horizon;
  const usual = [season, 2 * season, ...(axis.unit === "ms" && season === 7 ? [364] : [])];
  const lags =
    given.lags === null
      ? [...new Set([1, ...usual.filter((lag) => 3 * lag <= room)])]
      : lagsOf(OP, nameOf("lags"), given.lags);
  const longest = Math.max(...lags);
  const context =
    given.context ?? Math.max(1, Math.min(Math.max(2 * season, horizon, 14), Math.floor((room - longest) / 2)));
  const calendar = given.calendar === null ? usualCalendar(axis) : calendarOf(OP, nameOf("calendar"), given.calendar);
  if (calendar.length > 0 && axis.unit === "number") {
    const value = "numbers as times";
    throw new OptionError({
      op: OP,
      argument: nameOf("calendar"),
      must: "be none where times are no dates",
      value,
      details: { settings: { calendar: null } },
    });
  }
  if (room < longest + context) throw tooShort(table, series[shortest], { room, context, longest, horizon });
  const config = { ...given, season, context, lags: lags.join(","), calendar: calendar.join(",") || "none" };
  const open = { season: given.season, context: given.context };
  const chosen = { season, context };
  const fitted = Object.fromEntries(Object.entries(chosen).filter(([key]) => open[key as keyof typeof open] === null));
  return { config, fitted };
}

interface Lengths {
  room: number;
  context: number;
  longest: number;
  horizon: number;
}

function tooShort(table: Table, series: Series, { room, context, longest, horizon }: Lengths): FormatError {
  const line = table.lines[series.rows[0]];
  const argument = `${table.source}:${line}: ${seriesName(series)}`;
  const needed = `lags of ${longest}, a context of ${context} and a horizon of ${horizon}`;
  const must = `have ${longest + context + horizon} values or more to train on (${needed})`;
  const fits = room - longest;
  const fix =
    fits > 0 ? `A context of ${fits} fits.` : "Forecast fewer steps from shorter lags, or leave the series out.";
  const details = { file: table.source, line, ...(fits > 0 && { settings: { context: fits } }) };
  return new FormatError({
    code: "short-series",
    op: OP,
    argument,
    must,
    value: `${Math.max(0, room + horizon)}`,
    fix,
    details,
  });
}

function fitMeta(found: SeriesTable, trained: readonly number[], config: ForecastConfig): ForecastMeta {
  const { table, axis, form, series } = found;
  const season = config.season!;
  const scales = new Map(
    series.map((one, i) => {
      const until = timeAfter(axis, one.first, trained[i] - 1);
      return [one.id, scaleOf(table, one, trained[i], { season, output: config.output, until })] as const;
    }),
  );
  const rows = series.flatMap(({ rows: own }, i) => own.slice(0, trained[i]));
  const fit = (role: "known" | "static") => listed(config[role]).map((name) => fitCovariate(table, rows, name, role));
  const covariates = [...fit("known"), ...fit("static")];
  return {
    axis,
    form,
    season,
    output: config.output,
    calendar: calendarOf(OP, "calendar", config.calendar),
    covariates,
    scales,
  };
}

/** From the first `count` values alone. @throws FormatError for values that never change, or are no counts */
function scaleOf(
  table: Table,
  series: Series,
  count: number,
  { season, output, until }: { season: number; output: OutputName; until: number },
): SeriesScale {
  const values = series.values.subarray(0, count);
  const line = table.lines[series.rows[0]];
  const refuse = (must: string, value: string, fix: string) => {
    const argument = `${table.source}:${line}: ${seriesName(series)}`;
    return new FormatError({ op: OP, argument, must, value, fix, details: { file: table.source, line } });
  };
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count);
  if (values.every((value) => value === values[0])) {
    throw refuse("change in its training part", `${values[0]} at every step`, "Leave it out: its next value is known.");
  }
  const { counts } = quantileNamed(output);
  const wrong = counts ? series.values.find((value) => !Number.isInteger(value) || value < 0) : undefined;
  if (wrong !== undefined) {
    throw refuse(
      "hold counts (0, 1, 2, ...) for a negative binomial output",
      String(wrong),
      'Use output: "student-t".',
    );
  }
  // A series that repeats itself exactly has no seasonal error to compare with; the change from step to step stands in for it.
  const repeats = count <= season || values.every((value, t) => t < season || value === values[t - season]);
  const naive = seasonalNaiveError(values, repeats ? 1 : season);
  return counts ? { shift: 0, scale: mean, naive, until } : { shift: mean, scale: spread, naive, until };
}

/** Series of a file as a model reads them. @throws FormatError */
export function seriesFor(
  bytes: Uint8Array | string,
  name: string,
  config: ForecastConfig,
  meta: ForecastMeta,
): ReadSeries[] {
  return readSeries(seriesOf(readTable(bytes, name), config, meta.axis), config, meta);
}

/** @throws FormatError for a missing column, or a value that was not learned */
export function readSeries(
  { table, series, axis }: SeriesTable,
  config: ForecastConfig,
  meta: ForecastMeta,
): ReadSeries[] {
  const read = covariateReader(table, meta.covariates);
  const width = featureWidth(meta);
  checkStatic(table, series, meta.covariates);
  return series.map((one) => {
    const features = new Float32Array(one.rows.length * width);
    for (const [step, row] of one.rows.entries()) {
      const time = timeOfStep(one, axis, step);
      features.set([...calendarNumbers(meta.calendar, time), ...read(row)], step * width);
    }
    // A series that was not in the training part has its own scale.
    const known = meta.scales.get(one.id);
    const until = timeOfStep(one, axis, one.values.length - 1);
    const scale =
      known ?? scaleOf(table, one, one.values.length, { season: meta.season, output: config.output, until });
    return {
      ...one,
      features,
      scale,
      scaled: Float32Array.from(one.values, (value) => (value - scale.shift) / scale.scale),
    };
  });
}

function checkStatic(table: Table, series: readonly Series[], covariates: readonly Covariate[]): void {
  for (const { name, role } of covariates) {
    if (role !== "static") continue;
    const column = table.columns.indexOf(name);
    for (const { rows } of series) {
      const other = rows.find((row) => table.rows[row][column] !== table.rows[rows[0]][column]);
      if (other === undefined) continue;
      const { source: file, lines } = table;
      const argument = `${file}:${lines[other]}: column ${JSON.stringify(name)}`;
      const must = `be as in ${lineText(table, rows[0])}, the first of its series`;
      const value = JSON.stringify(table.rows[other][column]);
      const details = { file, line: lines[other], column: column + 1 };
      throw new FormatError({
        code: "bad-cell",
        op: OP,
        argument,
        must,
        value,
        fix: "What changes in a series is known ahead: name it with known.",
        details,
      });
    }
  }
}

/** Which forecasts an evaluation makes. */
export interface EvaluationRange {
  /** The time of the first value that is forecast. Default: after the training part, where a file goes on beyond it. */
  from?: number | undefined;
  /** Steps from one forecast to the next. Default: the horizon, so that each value is forecast once. */
  stride?: number | undefined;
}

/** The forecasts that series allow. */
export function evaluatedWindows(
  series: readonly ReadSeries[],
  config: ForecastConfig,
  axis: TimeAxis,
  { from, stride = config.horizon }: EvaluationRange = {},
): Window[] {
  const least = firstOrigin(config);
  return series.flatMap((one) => {
    const last = one.values.length - config.horizon;
    const begin = (time: number) => Math.ceil(stepsBetween(axis, one.first, time));
    const after = begin(one.scale.until) + 1;
    const first = Math.max(least, from !== undefined ? begin(from) : after <= last ? after : 0);
    return windowsOf(one, first, last, stride);
  });
}

function windowsOf(series: ReadSeries, first: number, last: number, stride: number): Window[] {
  const count = Math.max(0, Math.floor((last - first) / stride) + 1);
  return Array.from({ length: count }, (_, i) => ({ series, origin: first + i * stride }));
}
