import { Passes, passOf } from "../../base/report.js";
import type { BadRow } from "../../data/readers/table.js";
import type { DataDetails } from "../about-data/details.js";
import { QUANTILE_PASSES } from "../about-data/stored-quantiles.js";
import { codeOf, MOST_VALUES, tooManyValues } from "../rows/number-columns.js";
import { OneRow } from "../rows/one-row.js";
import { spreadOf } from "../stored/spread.js";
import { type RowStream, type StreamSources, validationName } from "../task.js";
import { Fingerprint } from "../training/fingerprint.js";
import { heldOutOf } from "../training/held-out.js";
import { calendarOf, type ForecastConfig } from "./config.js";
import type { Covariate } from "./covariates.js";
import {
  type EvaluationRange,
  endsEarly,
  evaluatedRange,
  type ForecastData,
  type ForecastMeta,
  firstOrigin,
  knownBefore,
  type Origins,
} from "./data.js";
import { fittedSettings, judgedPart } from "./fitted-settings.js";
import { lagsOf } from "./lags.js";
import { type CellColumn, type Mark, type RawOptions, readRaw } from "./raw-series.js";
import { type SeriesPlace, type SeriesScale, scaleOf } from "./scale.js";
import { storedDetails } from "./stored-details.js";
import { type SeriesStore, type StoredSeries, storeSteps, valuesOf } from "./stored-series.js";
import { SeriesParts, StoredWindows } from "./stored-windows.js";
import { timeAfter } from "./time-axis.js";

/** Series on the disk as a model reads them. */
export interface OpenSeries {
  parts: SeriesParts;
  /** Windows of each series, in their order. */
  windows(originsOf: (series: StoredSeries, scale: SeriesScale) => Origins): StoredWindows;
  close(): void;
}

/**
 * A file of series that need not fit into memory, for a model that knows them; rows that cannot be read are given as they come.
 * @throws FormatError; FileError where the disk is full
 */
export async function* openSeries(
  file: RowStream,
  config: ForecastConfig,
  meta: ForecastMeta,
  { judged, ...options }: Pick<RawOptions, "mark" | "keepBad"> & { judged?: EvaluationRange | undefined } = {},
): AsyncGenerator<readonly BadRow[], OpenSeries, undefined> {
  const store = yield* storeOf(file, config, { ...options, known: meta.covariates }, meta);
  try {
    const { axis, season, output } = meta;
    const scales = store.series.map((one) => {
      // A series that was not in the training part has its own scale.
      const count = knownBefore(one, config, axis, judged);
      const settings = { season, output, until: timeAfter(axis, one.first, count - 1) };
      return meta.scales.get(one.id) ?? scaleOf(placeIn(store, one), valuesOf(store, one), count, settings);
    });
    return opened(store, new SeriesParts(store, { config, meta, scales, codeOf: (_, stored) => stored }), scales);
  } catch (error) {
    store.close();
    throw error;
  }
}

/** The forecasts that series allow, as `evaluatedWindows` has them. */
export function windowsToJudge(
  { windows }: OpenSeries,
  config: ForecastConfig,
  { axis }: ForecastMeta,
  range: EvaluationRange = {},
): StoredWindows {
  return windows(({ first, length }, scale) => evaluatedRange({ first, length, scale }, config, axis, range));
}

/**
 * As `readForecastData`, for files that need not fit into memory: the series lie on the disk, and of each window what it reads is read.
 * @throws FormatError, OptionError; FileError where the disk is full
 */
export async function storeForecastData(
  { train, valid, report }: StreamSources,
  given: ForecastConfig,
  nameOf: (key: string) => string = (key) => key,
  mark?: Mark,
): Promise<StoredForecastData> {
  const store = await ended(storeOf({ ...train, report }, given, { mark }, null));
  let other: OpenSeries | null = null;
  const close = () => {
    store.close();
    other?.close();
  };
  try {
    const part = heldOutOf(given, valid !== undefined);
    const judged = store.series.map(({ length }) => judgedPart(length, given.horizon, part));
    const trained = judged.map(([from]) => from);
    const placed = (i: number) => placeIn(store, store.series[i]);
    const { config, fitted } = fittedSettings(
      { axis: store.axis, trained, lengths: store.series.map(({ length }) => length), placed },
      given,
      nameOf,
    );
    // Scales take four passes over values at most, a covariate two, what says that the data are the same one, and quantiles theirs.
    const rounds = 6 + 2 * store.covariates.length + QUANTILE_PASSES;
    const passes = new Passes(passOf(report, "encoding"), store.values.length * rounds);
    const { meta, scales, codeOf: codes } = fitMeta(store, trained, config, passes);
    const { windows } = opened(store, new SeriesParts(store, { config, meta, scales, codeOf: codes }), scales);
    const { horizon } = config;
    const first = firstOrigin(config);
    const each = (of: (i: number) => Origins) => {
      let i = 0;
      return windows(() => of(i++));
    };
    const training = each((i) => [first, trained[i] - horizon, 1]);
    const held = each((i) => [trained[i], judged[i][1] - horizon, horizon]);
    if (valid !== undefined) {
      const named = { ...valid, name: validationName(valid.name) };
      other = await ended(openSeries({ ...named, report }, config, meta, { mark, judged: {} }));
    }
    const validation = other === null ? held : windowsToJudge(other, config, meta);
    const parts = [store, ...(other === null ? [] : [other.parts.store])];
    const values = store.series.reduce((sum, { length }) => sum + length, 0);
    const counts = { series: store.series.length, values, fingerprint: fingerprintOf(parts, config, passes) };
    const lengths = { train: training.length, validation: validation.length };
    const details = storedDetails(store, lengths, config, { valid, told: (count) => passes.add(count) });
    passes.end();
    return {
      data: { ...meta, ...counts, train: training, validation, details, lacksAhead: endsEarly(store.series, config) },
      config,
      fitted,
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

export interface StoredForecastData {
  data: ForecastData & { train: StoredWindows; validation: StoredWindows; details: DataDetails };
  config: ForecastConfig;
  fitted: Record<string, number>;
  close(): void;
}

/** What a generator returns at its end. @param told  of what it yields before */
export async function ended<Y, R>(parts: AsyncGenerator<Y, R, undefined>, told?: (part: Y) => void): Promise<R> {
  for (let part = await parts.next(); ; part = await parts.next()) {
    if (part.done === true) return part.value;
    told?.(part.value);
  }
}

async function* storeOf(
  file: RowStream,
  settings: ForecastConfig,
  options: RawOptions,
  meta: ForecastMeta | null,
): AsyncGenerator<readonly BadRow[], SeriesStore, undefined> {
  const told = passOf(file.report, "encoding");
  const raw = yield* readRaw(file, settings, { ...options, told });
  try {
    return storeSteps(raw, settings, meta?.axis ?? null, told);
  } finally {
    raw.close();
  }
}

function opened(store: SeriesStore, parts: SeriesParts, scales: readonly SeriesScale[]): OpenSeries {
  const windows: OpenSeries["windows"] = (originsOf) => {
    const found = new StoredWindows(parts);
    for (const [i, one] of store.series.entries()) found.add(i, originsOf(one, scales[i]));
    return found;
  };
  return { parts, windows, close: () => store.close() };
}

function placeIn({ source: file }: SeriesStore, { id, line }: StoredSeries): SeriesPlace {
  return { file, line, id };
}

/** From the training part alone. */
function fitMeta(
  store: SeriesStore,
  trained: readonly number[],
  config: ForecastConfig,
  passes: Passes,
): { meta: ForecastMeta; scales: SeriesScale[]; codeOf: (covariate: number, stored: number) => number } {
  const { axis, form, series } = store;
  const season = config.season!;
  const scales = series.map((one, i) => {
    const settings = { season, output: config.output, until: timeAfter(axis, one.first, trained[i] - 1) };
    const values = valuesOf(store, one, (count) => passes.add(count));
    return scaleOf(placeIn(store, one), values, trained[i], settings);
  });
  const covariates = store.covariates.map((column, i) => fitCovariate(store, trained, column, { i, passes }));
  checkLearned(store, covariates);
  const places = covariates.map(({ values }, i) =>
    store.covariates[i].texts.map((text) => values?.indexOf(text) ?? -1),
  );
  const codeOf = (i: number, stored: number) => {
    const { values, mean, scale } = covariates[i];
    return values === null ? (stored - mean) / scale : places[i][stored];
  };
  const calendar = calendarOf("forecast", "calendar", config.calendar);
  const known = new Map(series.map(({ id }, i) => [id, scales[i]] as const));
  return { meta: { axis, form, season, output: config.output, calendar, covariates, scales: known }, scales, codeOf };
}

function fitCovariate(
  store: SeriesStore,
  trained: readonly number[],
  { name, role, texts, isNumber }: CellColumn,
  { i, passes }: { i: number; passes: Passes },
): Covariate {
  const cells = store.cells!;
  const each = (told: (stored: number) => void) => {
    for (const [s, { at }] of store.series.entries()) {
      for (const block of cells.blocks(at, at + trained[s])) {
        for (let place = i; place < block.length; place += cells.width) told(block[place]);
        passes.add(block.length / cells.width);
      }
    }
  };
  if (!isNumber) {
    const places = new Set<number>();
    each((place) => places.add(place));
    if (places.size > MOST_VALUES) throw tooManyValues("forecast", store.source, name, String(places.size));
    return { name, role, values: Array.from(places, (place) => texts[place]).sort(), mean: 0, scale: 1 };
  }
  return { name, role, values: null, ...spreadOf(each) };
}

/** @throws FormatError for the first cell of a value that is in no training part */
function checkLearned(
  { source, columns, covariates: cells, seen }: SeriesStore,
  covariates: readonly Covariate[],
): void {
  const strange = covariates.flatMap((covariate, i) => {
    const { name, values } = covariate;
    if (values === null) return [];
    const found = [...seen[i]].map(([place, { step, line }]) => ({ step, line, text: cells[i].texts[place] }));
    const first = found.find(({ text }) => !values.includes(text));
    return first === undefined ? [] : [{ ...first, covariate, column: columns.indexOf(name) }];
  });
  const [first] = strange.sort((a, b) => a.step - b.step);
  if (first === undefined) return;
  const one = new OneRow(source, columns);
  one.set(first.line, [first.column], [first.text]);
  codeOf(one, 0, first.column, first.covariate);
}

/** Of all values, what stands beside them, and what they are read with. */
function fingerprintOf(stores: readonly SeriesStore[], { context, lags }: ForecastConfig, passes: Passes): string {
  const seen = new Fingerprint();
  for (const { values, cells, series } of stores) {
    for (const { first, length, steps } of series) seen.add([first, length, steps]);
    for (const file of [values, cells]) {
      for (const block of file?.blocks() ?? []) {
        seen.add(block);
        passes.add(block.length / file!.width);
      }
      seen.endPart();
    }
  }
  seen.add([context!, ...lagsOf("forecast", "lags", lags)]);
  return seen.text;
}
