import { FormatError, show } from "../../base/errors.js";
import { numberText } from "../../base/number-text.js";
import type { Listed, Told } from "../../base/report.js";
import { readTable, type Table } from "../../data/readers/index.js";
import type { Json } from "../../train/index.js";
import type { Described, JsonSchema, Prediction } from "../commands.js";
import { NUMBER, objectOf, TABLE, TEXT } from "../described.js";
import type { ForecastConfig } from "./config.js";
import { type ForecastMeta, firstOrigin, type ReadSeries, readSeries, type Window } from "./data.js";
import { forecasts } from "./decode.js";
import type { Forecaster } from "./model.js";
import { piecesOf } from "./outputs-of.js";
import { LEVELS } from "./quantile-of.js";
import type { SeriesPlace } from "./scale.js";
import { type SeriesTable, seriesName, seriesOf, timeOfStep } from "./series.js";
import { timeText } from "./time-axis.js";

const OP = "forecast";

/**
 * The next values of each series of a table, in the order of the series.
 * @throws FormatError for a series that is shorter than what is read, or lacks what must be known ahead
 */
export async function* predictionsOf(
  model: Forecaster,
  known: { config: ForecastConfig; meta: ForecastMeta },
  table: Table,
  told?: Told,
): AsyncGenerator<Prediction> {
  for (const some of predictedAhead(model, known, windowsAhead(table, known.config, known.meta), told)) yield* some;
}

/** What follows each series, some at a time. */
export function* predictedAhead(
  model: Forecaster,
  { config, meta }: { config: ForecastConfig; meta: ForecastMeta },
  windows: Listed<Window>,
  told?: Told,
): Generator<Prediction[]> {
  const steps = Array.from({ length: config.horizon }, (_, h) => h);
  for (const piece of piecesOf(windows, config, told)) {
    const found = forecasts(model, piece, config, meta);
    yield piece.flatMap(({ series }, n) => steps.map((h) => predictionOf(series, h, found[n], config, meta)));
  }
}

/** The forecast that follows each series of a table. @throws FormatError */
export function windowsAhead(table: Table, config: ForecastConfig, meta: ForecastMeta): Window[] {
  return windowsAfter(seriesOf(table, config, meta.axis), config, meta);
}

/** The forecast that follows each of these series. @throws FormatError */
export function windowsAfter(found: SeriesTable, config: ForecastConfig, meta: ForecastMeta): Window[] {
  const { table } = found;
  const series = found.series.map((one) => {
    const { id, values, rows } = one;
    const [line, lastLine] = [table.lines[rows[0]], table.lines[rows.at(-1)!]];
    checkAhead({ file: table.source, line, lastLine, id, length: values.length, steps: rows.length }, config);
    // It has rows for the steps to forecast.
    const end = values.length + config.horizon;
    return { ...one, rows: Array.from({ length: end }, (_, step) => rows[step] ?? rows.at(-1)!) };
  });
  return readSeries({ ...found, series }, config, meta).map((one) => ({ series: one, origin: one.values.length }));
}

/** A series that is to be forecast from its end: on which lines it begins and ends, its values, and steps with those to come. */
interface Ahead extends SeriesPlace {
  lastLine: number;
  length: number;
  steps: number;
}

/** @throws FormatError for a series that is shorter than what is read, or lacks what must be known ahead */
export function checkAhead({ file, line, lastLine, id, length, steps }: Ahead, config: ForecastConfig): void {
  const refuse = (at: number, must: string, value: string, fix: string) => {
    const argument = `${file}:${at}: ${seriesName({ id })}`;
    return new FormatError({ code: "short-series", op: OP, argument, must, value, fix, details: { file, line: at } });
  };
  const needed = firstOrigin(config);
  if (length < needed) {
    const must = `have ${needed} values or more before the forecast, which the model reads`;
    throw refuse(line, must, String(length), "Begin the file earlier.");
  }
  if (config.known === null || steps >= length + config.horizon) return;
  const must = `go on for ${config.horizon} rows after its last value, with ${config.known} and an empty ${config.target}`;
  throw refuse(lastLine, must, String(steps - length), "Add rows for the times to come.");
}

/** What is told of the step `h` of a series, counted from the first one that is forecast. */
export function predictionOf(
  series: ReadSeries,
  h: number,
  quantiles: Float64Array,
  { output }: ForecastConfig,
  { axis, form }: ForecastMeta,
): Prediction {
  const { id, values } = series;
  const time = timeText(timeOfStep(series, axis, values.length + h), form);
  const of = (level: number) => quantiles[h * LEVELS.length + Math.round(level * 10) - 1];
  const value = of(0.5);
  const name = id === "" ? "" : `${id}  `;
  const own = { ...(id !== "" && { id }), time: form === "number" ? Number(time) : time, value };
  if (output === "point") return { text: `${name}${time}  ${numberText(value)}`, values: own };
  const all = Object.fromEntries(LEVELS.map((level) => [`q${Math.round(100 * level)}`, of(level)]));
  const text = `${name}${time}  ${numberText(value)}  [${numberText(of(0.1))}, ${numberText(of(0.9))}]`;
  return { text, values: { ...own, low: of(0.1), high: of(0.9), ...all } as Record<string, Json> };
}

/** What is said of each time to come. */
function forecastSchema({ output, id }: ForecastConfig, { form }: ForecastMeta): JsonSchema {
  const levels = LEVELS.map((level) => `q${Math.round(100 * level)}`);
  const spread = output === "point" ? [] : ["low", "high", ...levels];
  return objectOf({
    ...(id !== null && { id: TEXT }),
    time: form === "number" ? NUMBER : TEXT,
    ...Object.fromEntries(["value", ...spread].map((name) => [name, NUMBER])),
  });
}

/** What a forecaster reads and says, for programs. */
export function describedSeries({ config, meta }: { config: ForecastConfig; meta: ForecastMeta }): Described {
  return { input: TABLE, isTable: true, many: true, output: forecastSchema(config, meta) };
}

/** A text is a table as CSV, TSV or lines of JSON; numbers are a series whose times are 0, 1, 2, ... @throws FormatError */
export function typedTable(
  row: string | readonly number[],
  config: ForecastConfig,
  { form }: ForecastMeta,
  begin = 0,
): Table {
  if (typeof row === "string") return readTable(row, row.trimStart().startsWith("{") ? `${OP}.jsonl` : OP);
  return numbersTable(row, config, form, begin);
}

/**
 * Numbers as a table of a series whose times are 0, 1, 2, ...
 * @param begin  of the first of them
 * @throws FormatError where a model needs more of each value
 */
export function numbersTable(
  row: readonly number[],
  config: ForecastConfig,
  form: ForecastMeta["form"],
  begin = 0,
): Table {
  const { time, target, id, known, static: fixed } = config;
  const needs = [...(form === "number" ? [] : ["dates"]), ...[id, known, fixed].filter((name) => name !== null)];
  if (needs.length > 0) {
    const must = `be a table as text, with ${needs.join(", ")}`;
    throw new FormatError({
      op: OP,
      argument: "row",
      must,
      value: show(row),
      fix: 'Pass "time,target\\n..." with its rows.',
    });
  }
  return {
    source: OP,
    columns: [time, target],
    rows: row.map((value, i) => [String(begin + i), String(value)]),
    lines: row.map((_, i) => i + 1),
  };
}
