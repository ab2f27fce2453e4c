import { checkLayerCount, checkNumber, checkPositiveInteger } from "../../base/check.js";
import { FormatError, OptionError, show } from "../../base/errors.js";
import { count, countOrNull, type Fields, flag, oneOf, real, text, textOrNull } from "../../base/fields.js";
import { listed } from "../../base/listed.js";
import { nearest } from "../../base/nearest.js";
import { type ResolvedTraining, TRAINING_FIELDS, type TrainingConfig } from "../../train/fields.js";
import { CELL_FIELD, type CellName, RATE_FIELDS, type RecurrentRates } from "../recurrent/layers.js";
import { checkNotRead } from "../rows/column-names.js";
import { HELD_OUT_FIELDS, type HeldOutSettings } from "../training/held-out.js";
import { CALENDAR } from "./calendar.js";
import { OUTPUTS, type OutputName, quantileNamed } from "./quantile-of.js";

export const FILLS = ["none", "previous", "zero", "linear"] as const;
export type Fill = (typeof FILLS)[number];
export const CENTRES = ["series", "last"] as const;
export const DECODINGS = ["direct", "recursive"] as const;

/** Which columns of a table are what, and how its gaps are filled. */
export interface SeriesSettings {
  time: string;
  target: string;
  /** Of the series that a row is of; null: all rows are one. */
  id: string | null;
  /** Names with commas between them, or null for none: what is known of the times to come, and what is said of a whole series. */
  known: string | null;
  static: string | null;
  fill: Fill;
}

/** Everything that decides how a forecaster reads its series, is built and trained. JSON-safe. */
export interface ForecastSettings
  extends TrainingConfig,
    HeldOutSettings,
    SeriesSettings,
    Omit<RecurrentRates, "embeddingDropout"> {
  horizon: number;
  /** null: by the season and the length of the series. */
  context: number | null;
  /** null: by the time between two rows. */
  season: number | null;
  /** Steps with commas between them; null: by the season and the length of the series. */
  lags: string | null;
  /** Names with commas between them, or `none`; null: by the time between two rows. */
  calendar: string | null;
  output: OutputName;
  decoding: (typeof DECODINGS)[number];
  paths: number;
  calibrate: boolean;
  centre: (typeof CENTRES)[number];
  cell: CellName;
  hidden: number;
  layers: number;
  /** Whether series stay on the disk. */
  stream: boolean;
}

export type ForecastConfig = ResolvedTraining<ForecastSettings>;

const column = { placeholder: "column", fixed: true };
const columns = { placeholder: "a,b", fixed: true };
const onDisk = { fixed: true, younger: true, seldom: true };
const { embeddingDropout: _, ...rates } = RATE_FIELDS;

export const FORECAST_FIELDS: Fields<ForecastSettings> = {
  time: text("time", { ...column, incomparable: true, help: "the column of the time" }),
  target: text("target", { ...column, incomparable: true, help: "the column of the number to forecast" }),
  id: textOrNull("id", {
    ...column,
    incomparable: true,
    help: "the column that tells series apart (default: none, all rows are one series)",
  }),
  known: textOrNull("holiday", { ...columns, help: "columns that are known ahead (default: none)" }),
  static: textOrNull("region", { ...columns, help: "columns that hold for a whole series (default: none)" }),
  horizon: count(1, { help: "steps to forecast", fixed: true, incomparable: true }),
  context: countOrNull("28", { help: "steps that are read before (default: by the season)", fixed: true }),
  season: countOrNull("7", {
    help: "steps after which a series repeats (default: by the time of a step)",
    fixed: true,
    incomparable: true,
  }),
  lags: textOrNull("1,7,14", {
    placeholder: "steps",
    fixed: true,
    help: "earlier values that each step reads (default: by the season)",
  }),
  calendar: textOrNull("day-of-week,month", {
    ...columns,
    help: `what a step reads of its time: ${CALENDAR.join(", ")}, or none (default: by the time of a step)`,
  }),
  fill: oneOf(FILLS, "none", {
    help: "what missing times and empty cells of the target are filled with",
    fixed: true,
    incomparable: true,
  }),
  output: oneOf(OUTPUTS, "gaussian", { help: "what is forecast of a value", fixed: true }),
  centre: oneOf(CENTRES, "series", {
    help: "what values are counted from: the mean of the series, or the last known value for series that drift",
    fixed: true,
  }),
  decoding: oneOf(DECODINGS, "direct", { help: "all steps at once, or each from those before it", fixed: true }),
  paths: {
    ...count(100, { help: "futures that recursive decoding draws", seldom: true }),
    check: (op, name, value) => checkNumber(op, name, checkPositiveInteger(op, name, value), { max: 1e5 }),
  },
  calibrate: flag({ help: "widen or narrow intervals until they hold 80 % of what is held out", fixed: true }),
  cell: CELL_FIELD,
  hidden: count(32, { help: "hidden size of each layer", fixed: true }),
  layers: { ...count(1, { help: "recurrent layers, one on top of the other", fixed: true }), check: checkLayerCount },
  dropout: real(
    0,
    { min: 0, max: 1, openMax: true },
    { help: "probability to drop, between layers and before the output" },
  ),
  ...rates,
  ...TRAINING_FIELDS,
  ...HELD_OUT_FIELDS,
  fold: {
    ...HELD_OUT_FIELDS.fold,
    help: "validate on this one of k stretches of time, from what came before it: 2/5 is the second of 5, each after the other",
  },
  batch: count(32, { help: "windows in a step", fixed: true, fitted: true }),
  epochs: count(20, { help: "passes over the windows", fitted: true }),
  valid: {
    ...TRAINING_FIELDS.valid,
    default: 0.1,
    help: "what to validate on: a part of the time at the end, in [0, 1), or a file",
  },
  stream: flag({ ...onDisk, help: "keep series on the disk (default: those of a file over 256 MiB)" }),
};

/** What reading the series has worked out. @throws FormatError for the settings of a model that leave it open */
export function checkWorkedOut({ context, season, lags, calendar }: ForecastConfig): void {
  if (context !== null && season !== null && lags !== null && calendar !== null) return;
  const must = "hold context, season, lags and calendar";
  throw new FormatError({ op: "forecast", argument: "config", must, value: "null" });
}

/** Intervals are made to fit what is held out. @throws OptionError where there are none, or nothing is */
export function checkCalibrate(op: string, nameOf: (key: string) => string, config: ForecastConfig): void {
  const { calibrate, valid, output } = config;
  if (!calibrate || (valid !== 0 && output !== "point")) return;
  const [argument, details] = [nameOf("calibrate"), { settings: { calibrate: null } }];
  const must = `be left out with ${output === "point" ? `${nameOf("output")} point` : `${nameOf("valid")} 0`}`;
  throw new OptionError({ op, argument, must, value: "true", fix: `Leave ${argument} out.`, details });
}

/**
 * What is forecast is read as far as it is known, and no further.
 * @throws OptionError for a column that is both the target and something that is read beside it, or the time and the id
 */
export function checkColumns(op: string, nameOf: (key: string) => string, config: SeriesSettings): void {
  const { time, target, id, known } = config;
  const beside = { id, known: listed(known), static: listed(config.static) };
  checkNotRead(op, nameOf, ["target", target], { time, ...beside });
  checkNotRead(op, nameOf, ["time", time], { id });
}

/** Counts begin at 0. @throws OptionError where they are to begin elsewhere */
export function checkCentre(op: string, nameOf: (key: string) => string, { centre, output }: ForecastConfig): void {
  if (centre === "series" || !quantileNamed(output).counts) return;
  const [argument, details] = [nameOf("centre"), { settings: { centre: null } }];
  const must = `be left out with ${nameOf("output")} ${output}`;
  throw new OptionError({ op, argument, must, value: show(centre), fix: `Leave ${argument} out.`, details });
}

/** @throws OptionError for a name that is none of the calendar's */
export function calendarOf(op: string, argument: string, calendar: string | null): string[] {
  const names = listed(calendar);
  if (names.length === 1 && names[0] === "none") return [];
  for (const name of names) {
    if (CALENDAR.includes(name)) continue;
    const near = nearest(name, CALENDAR);
    const fix = near === undefined ? "" : `Did you mean ${show(near)}?`;
    const must = `name some of ${CALENDAR.join(", ")}, or none`;
    throw new OptionError({ op, argument, must, value: show(name), fix, details: { nearest: near } });
  }
  return names;
}
