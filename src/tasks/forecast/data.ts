import { FormatError } from "../../base/errors.js";
import { listed } from "../../base/listed.js";
import { passOf } from "../../base/report.js";
import { readTable, type Table } from "../../data/readers/index.js";
import type { DataDetails } from "../about-data/details.js";
import { type Sources, validationName } from "../task.js";
import { heldOutOf } from "../training/held-out.js";
import { calendarNumbers, calendarWidth } from "./calendar.js";
import { calendarOf, type ForecastConfig } from "./config.js";
import { type Covariate, covariateReader, covariateWidth, fitCovariate } from "./covariates.js";
import { seriesDetails } from "./details.js";
import { fittedSettings, judgedPart } from "./fitted-settings.js";
import { lagsOf } from "./lags.js";
import type { OutputName } from "./quantile-of.js";
import { type SeriesPlace, type SeriesScale, type SeriesValues, scaleOf } from "./scale.js";
import { type Series, type SeriesTable, seriesOf, timeOfStep } from "./series.js";
import { lineText } from "./steps.js";
import { stepsBetween, type TimeAxis, type TimeForm, timeAfter } from "./time-axis.js";

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

/** What was read of a file in memory. */
export interface WholeForecastData extends ForecastData {
  train: readonly Window[];
  validation: readonly Window[];
  details: DataDetails;
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

/** Windows in memory, or such as are read when they are asked for. */
export interface WindowList extends Iterable<Window> {
  readonly length: number;
  at(i: number): Window | undefined;
  slice(from?: number, to?: number): readonly Window[];
}

export interface ForecastData extends ForecastMeta {
  train: WindowList;
  validation: WindowList;
  series: number;
  values: number;
  details?: DataDetails | undefined;
  /** Whether what is known ahead ends too early for a forecast of what follows. */
  lacksAhead: boolean;
  /** Says whether a run goes on with the values that it began with. Default: made of all windows. */
  fingerprint?: string | undefined;
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
): { data: WholeForecastData; config: ForecastConfig; fitted: Record<string, number> } {
  const found = seriesOf(readTable(train.bytes, train.name, { told: passOf(train.report, "reading") }), given);
  const part = heldOutOf(given, valid !== undefined);
  const judged = found.series.map(({ values }) => judgedPart(values.length, given.horizon, part));
  const trained = judged.map(([from]) => from);
  const { axis, table } = found;
  const placed = (i: number) => placeIn(table, found.series[i]);
  const { config, fitted } = fittedSettings(
    { axis, trained, lengths: found.series.map(({ values }) => values.length), placed },
    given,
    nameOf,
  );
  const meta = fitMeta(found, trained, config);
  const read = readSeries(found, config, meta);
  const { horizon } = config;
  const first = firstOrigin(config);
  const training = read.flatMap((series, i) => windowsOf(series, [first, trained[i] - horizon, 1]));
  const held = read.flatMap((series, i) => windowsOf(series, [trained[i], judged[i][1] - horizon, horizon]));
  const other =
    valid && evaluatedWindows(seriesFor(valid.bytes, validationName(valid.name), config, meta, {}), config, meta.axis);
  const values = read.reduce((sum, series) => sum + series.values.length, 0);
  const validation = other ?? held;
  const details = seriesDetails(found, { train: training.length, validation: validation.length }, config, valid);
  const lacksAhead = endsEarly(
    found.series.map((one) => ({ length: one.values.length, steps: one.rows.length })),
    config,
  );
  const data = { ...meta, train: training, validation, series: read.length, values, details, lacksAhead };
  return { data, config, fitted };
}

/** Whether series have too few rows after their last values for a forecast of those, which reads what is known ahead. */
export function endsEarly(
  series: readonly { length: number; steps: number }[],
  { known, horizon }: ForecastConfig,
): boolean {
  return known !== null && series.some(({ length, steps }) => steps < length + horizon);
}

/** The first step that has all before it that a forecast reads. */
export function firstOrigin({ context, lags }: ForecastConfig): number {
  return (context ?? 1) + Math.max(...lagsOf(OP, "lags", lags));
}

function fitMeta(found: SeriesTable, trained: readonly number[], config: ForecastConfig): ForecastMeta {
  const { table, axis, form, series } = found;
  const season = config.season!;
  const scales = new Map(
    series.map((one, i) => {
      const until = timeAfter(axis, one.first, trained[i] - 1);
      const settings = { season, output: config.output, until };
      return [one.id, scaleOf(placeIn(table, one), wholeOf(one), trained[i], settings)] as const;
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

/** Series of a file as a model reads them. @param judged  where they are to be judged. @throws FormatError */
export function seriesFor(
  bytes: Uint8Array | string,
  name: string,
  config: ForecastConfig,
  meta: ForecastMeta,
  judged?: EvaluationRange,
): ReadSeries[] {
  return readSeries(seriesOf(readTable(bytes, name), config, meta.axis), config, meta, judged);
}

/**
 * @param judged  where they are to be judged, if they are. @throws FormatError for a missing column, or a value that was not learned
 */
export function readSeries(
  { table, series, axis }: SeriesTable,
  config: ForecastConfig,
  meta: ForecastMeta,
  judged?: EvaluationRange,
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
    const count = knownBefore({ first: one.first, length: one.values.length }, config, axis, judged);
    const settings = { season: meta.season, output: config.output, until: timeOfStep(one, axis, count - 1) };
    const scale = meta.scales.get(one.id) ?? scaleOf(placeIn(table, one), wholeOf(one), count, settings);
    return {
      ...one,
      features,
      scale,
      scaled: Float32Array.from(one.values, (value) => (value - scale.shift) / scale.scale),
    };
  });
}

function placeIn({ source: file, lines }: Table, { id, rows }: Series): SeriesPlace {
  return { file, line: lines[rows[0]], id };
}

function wholeOf({ values }: Series): SeriesValues {
  return { length: values.length, read: (from, to) => values.subarray(from, to) };
}

function checkStatic(table: Table, series: readonly Series[], covariates: readonly Covariate[]): void {
  for (const { name, role } of covariates) {
    if (role !== "static") continue;
    const column = table.columns.indexOf(name);
    for (const { rows } of series) {
      const other = rows.find((row) => table.rows[row][column] !== table.rows[rows[0]][column]);
      if (other === undefined) continue;
      const place = { file: table.source, line: table.lines[other], name, column };
      throw changedStatic(place, table.rows[other][column], table.lines[rows[0]]);
    }
  }
}

/** What is wrong with a cell that is to hold for a whole series. @param first  the line on which the series begins */
export function changedStatic(
  { file, line, name, column }: { file: string; line: number; name: string; column: number },
  cell: string,
  first: number,
): FormatError {
  const argument = `${file}:${line}: column ${JSON.stringify(name)}`;
  const must = `be as in ${lineText(first)}, the first of its series`;
  const fix = "What changes in a series is known ahead: name it with known.";
  const details = { file, line, column: column + 1 };
  return new FormatError({ code: "bad-cell", op: OP, argument, must, value: JSON.stringify(cell), fix, details });
}

/** Which forecasts an evaluation makes. */
export interface EvaluationRange {
  /** The time of the first value that is forecast. Default: after the training part, where a file goes on beyond it. */
  from?: number | undefined;
  /** Steps from one forecast to the next. Default: the horizon, so that each value is forecast once. */
  stride?: number | undefined;
}

/**
 * Of a series that was not in training, how many values its scale is of: all, or those before what is judged, which is its second half
 * where nobody says: no forecast may read of what comes.
 */
export function knownBefore(
  { first, length }: { first: number; length: number },
  config: ForecastConfig,
  axis: TimeAxis,
  judged: EvaluationRange | undefined,
): number {
  if (judged === undefined) return length;
  const { from } = judged;
  const begin = from === undefined ? length >> 1 : Math.ceil(stepsBetween(axis, first, from));
  return Math.min(length, Math.max(firstOrigin(config), Math.min(begin, length - config.horizon)));
}

/** The forecasts that series allow. */
export function evaluatedWindows(
  series: readonly ReadSeries[],
  config: ForecastConfig,
  axis: TimeAxis,
  range: EvaluationRange = {},
): Window[] {
  return series.flatMap((one) => {
    const { first, values, scale } = one;
    return windowsOf(one, evaluatedRange({ first, length: values.length, scale }, config, axis, range));
  });
}

/** From the origin of a first window to that of a last one, so many steps apart. */
export type Origins = readonly [first: number, last: number, stride: number];

/** Which forecasts of a series an evaluation makes. */
export function evaluatedRange(
  { first, length, scale }: { first: number; length: number; scale: SeriesScale },
  config: ForecastConfig,
  axis: TimeAxis,
  { from, stride = config.horizon }: EvaluationRange,
): Origins {
  const last = length - config.horizon;
  const begin = (time: number) => Math.ceil(stepsBetween(axis, first, time));
  const after = begin(scale.until) + 1;
  const least = from !== undefined ? begin(from) : after <= last ? after : 0;
  return [Math.max(firstOrigin(config), least), last, stride];
}

/** How many windows there are. */
export function windowsIn([first, last, stride]: Origins): number {
  return Math.max(0, Math.floor((last - first) / stride) + 1);
}

function windowsOf(series: ReadSeries, origins: Origins): Window[] {
  const [first, , stride] = origins;
  return Array.from({ length: windowsIn(origins) }, (_, i) => ({ series, origin: first + i * stride }));
}
