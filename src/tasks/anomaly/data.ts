import { FormatError } from "../../base/errors.js";
import { isTableName, ownColumn, readTable } from "../../data/readers/index.js";
import type { Vocabulary } from "../../text/index.js";
import { columnDetails } from "../about-data/columns.js";
import type { DataDetails } from "../about-data/details.js";
import type { ForecastConfig } from "../forecast/config.js";
import {
  type ForecastData,
  type ForecastMeta,
  firstOrigin,
  type ReadSeries,
  readForecastData,
  seriesFor,
  type Window,
  type WindowList,
} from "../forecast/data.js";
import type { Samples } from "../stored/samples.js";
import type { Source, Sources } from "../task.js";
import { heldOutOf, holdOutRows } from "../training/held-out.js";
import type { AnomalyConfig } from "./config.js";
import { LineTokens, linesDetails, usesOfLines, usualDetails } from "./details.js";
import { forecastConfig } from "./forecast-config.js";
import { allTokensOf, fitVocabulary, isFaultLabel, readsLines, type TextLine, textLines } from "./lines.js";
import type { AnomalyMeta } from "./model.js";

export interface AnomalyData extends AnomalyMeta {
  /** Of a series; null for lines. */
  read: ForecastData | null;
  /** Windows of a series, lines of a text. */
  train: WindowList | Samples<TextLine>;
  validation: WindowList | Samples<TextLine>;
  details?: DataDetails | undefined;
  /** Says whether a run goes on with the lines that it began with. Default: made of all lines. */
  fingerprint?: string | undefined;
}

/** What is usual, without what a label says is not. @throws FormatError, OptionError */
export function readAnomalyData(
  { train, valid }: Sources,
  config: AnomalyConfig,
  nameOf?: (key: string) => string,
): { data: AnomalyData; config: AnomalyConfig; fitted: Record<string, number> } {
  if (readsLines(train.name, config)) return { data: readLines({ train, valid }, config), config, fitted: {} };
  const { data, config: fitted, fitted: chosen } = readForecastData({ train, valid }, forecastConfig(config), nameOf);
  const { season, context, lags, calendar } = fitted;
  const isFault = faultRows(train, config);
  const held = valid === undefined ? isFault : faultRows(valid, config);
  const usual = data.train.filter(({ series, origin }) => !isFault(series.rows[origin]));
  const validation = data.validation.filter(({ series, origin }) => !held(series.rows[origin]));
  if (usual.length === 0) throw nothingUsual(train.name);
  const details = usualDetails(data.details, data, { train: usual, validation }, config);
  const all = { series: data as ForecastMeta, vocabulary: null, read: data, train: usual, validation, details };
  return { data: all, config: { ...config, season, context, lags, calendar }, fitted: chosen };
}

function readLines({ train, valid }: Sources, config: AnomalyConfig): AnomalyData {
  const found = textLines(train, config);
  const usual = found.filter(({ isFault }) => !isFault);
  if (usual.length === 0) throw nothingUsual(train.name);
  const rows = holdOutRows(
    usual.map(() => ""),
    heldOutOf(config, valid !== undefined),
  );
  const lines = rows.train.map((row) => usual[row]);
  const other = valid && textLines(valid, config).filter(({ isFault }) => !isFault);
  const vocabulary = fitVocabulary(lines, config);
  const validation = other ?? rows.validation.map((row) => usual[row]);
  const data = { series: null, vocabulary, read: null, train: lines, validation };
  return { ...data, details: detailsOf({ train, valid }, found, data, config) };
}

function detailsOf(
  { train: { name, bytes }, valid }: Sources,
  found: readonly TextLine[],
  parts: { vocabulary: Vocabulary; train: readonly TextLine[]; validation: readonly TextLine[] },
  config: AnomalyConfig,
): DataDetails {
  const { vocabulary, train, validation } = parts;
  const tokens = new LineTokens(vocabulary);
  for (const line of train) tokens.add(allTokensOf(vocabulary, line, config), true);
  if (valid === undefined) for (const line of validation) tokens.add(allTokensOf(vocabulary, line, config), false);
  const table = isTableName(name) ? readTable(bytes, name) : null;
  const columns = table === null ? [] : columnDetails(table, usesOfLines(config));
  const rows = table?.rows.length ?? found.length;
  const faults = found.filter(({ isFault }) => isFault).length;
  return linesDetails({ rows, faults, empty: rows - found.length, columns, tokens }, parts, config, valid);
}

export function nothingUsual(name: string): FormatError {
  return new FormatError({
    op: "anomaly",
    argument: name,
    must: "hold something that is no fault",
    value: "faults alone",
  });
}

/** Which rows a label says are faults; none where there is no label. */
export function faultRows({ name, bytes }: Source, { label }: AnomalyConfig): (row: number) => boolean {
  if (label === null) return () => false;
  const table = readTable(bytes, name);
  const column = ownColumn(table, "label", label);
  return (row) => isFaultLabel(table.rows[row][column]);
}

/** Every value of a file that has enough before it. */
export function scoredWindows({ name, bytes }: Source, config: AnomalyConfig, meta: ForecastMeta): Window[] {
  const settings = forecastConfig(config);
  return windowsToScore(seriesFor(bytes, name, settings, meta), settings, name);
}

/** Every value of series that has enough before it. @param name  of what they were read from */
export function windowsToScore(series: readonly ReadSeries[], settings: ForecastConfig, name: string): Window[] {
  const first = firstOrigin(settings);
  const windows = series.flatMap((one) => {
    return Array.from({ length: Math.max(0, one.values.length - first) }, (_, i) => ({
      series: one,
      origin: first + i,
    }));
  });
  if (windows.length > 0) return windows;
  throw nothingToScore(settings, name);
}

export function nothingToScore(settings: ForecastConfig, name: string): FormatError {
  const must = `have more than ${firstOrigin(settings)} values, which the model reads before the first that it judges`;
  return new FormatError({ op: "anomaly", argument: name, must, value: "fewer", fix: "Begin the file earlier." });
}
