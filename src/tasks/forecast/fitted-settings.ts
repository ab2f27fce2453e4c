import { FormatError, OptionError } from "../../base/errors.js";
import { foldInTime, type HeldOut } from "../training/held-out.js";
import { usualCalendar } from "./calendar.js";
import { calendarOf, type ForecastConfig } from "./config.js";
import { lagsOf } from "./lags.js";
import { noValues, type SeriesPlace } from "./scale.js";
import { seriesName } from "./series.js";
import { type TimeAxis, usualSeason } from "./time-axis.js";

const OP = "forecast";
/** Of longer seasons the lags tell: to read two days of minutes step by step takes longer than it is worth. */
const MOST_CONTEXT = 256;

/** The steps of a series that are validated on: the last ones, none, or those of a fold. */
export function judgedPart(length: number, horizon: number, { share, fold }: HeldOut): [from: number, to: number] {
  if (fold !== null) return foldInTime(length, fold, horizon);
  return share === 0 ? [length, length] : [length - Math.max(horizon, Math.round(share * length)), length];
}

/** Series, of which so many values are trained on. */
interface Trained {
  axis: TimeAxis;
  trained: readonly number[];
  /** All values of each. */
  lengths: readonly number[];
  placed(i: number): SeriesPlace;
}

/** Settings that nobody named, by the season and the shortest series. @throws FormatError where that is too short; OptionError */
export function fittedSettings(
  { axis, trained, lengths, placed }: Trained,
  given: ForecastConfig,
  nameOf: (key: string) => string,
): { config: ForecastConfig; fitted: Record<string, number> } {
  const longestSeries = trained.reduce((most, count) => Math.max(most, count), 0);
  const empty = lengths.indexOf(0);
  if (empty >= 0) throw noValues(placed(empty));
  const season = given.season ?? usualSeason(axis, longestSeries);
  const { horizon } = given;
  const shortest = trained.reduce((least, count, i) => (count < trained[least] ? i : least), 0);
  const room = trained[shortest] - horizon;
  const usual = [season, 2 * season, ...(axis.unit === "ms" && season === 7 ? [364] : [])];
  const lags =
    given.lags === null
      ? [...new Set([1, ...usual.filter((lag) => 3 * lag <= room)])]
      : lagsOf(OP, nameOf("lags"), given.lags);
  const longest = Math.max(...lags);
  const wanted = Math.max(Math.min(2 * season, MOST_CONTEXT), horizon, 14);
  const context = given.context ?? Math.max(1, Math.min(wanted, Math.floor((room - longest) / 2)));
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
  if (room < longest + context)
    throw tooShort(placed(shortest), { room, context, longest, horizon, length: lengths[shortest] });
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
  /** All values, those that are held out among them. */
  length: number;
}

const SHORTER = "Forecast fewer steps from shorter lags, or leave the series out.";

function tooShort({ file, line, id }: SeriesPlace, { room, context, longest, horizon, length }: Lengths): FormatError {
  const argument = `${file}:${line}: ${seriesName({ id })}`;
  const needed = `lags of ${longest}, a context of ${context} and a horizon of ${horizon}`;
  const must = `have ${longest + context + horizon} values or more to train on (${needed})`;
  const held = length - Math.max(0, room + horizon);
  const fits = room - longest;
  // With one step from one before it there is nothing left to shorten.
  const isShortest = held > 0 && longest + horizon === 2;
  const shorter = isShortest ? "Hold out less (valid), or nothing: 0." : SHORTER;
  const fix = fits > 0 ? `A context of ${fits} fits.` : shorter;
  const details = { file, line, ...(fits > 0 && { settings: { context: fits } }) };
  return new FormatError({
    code: "short-series",
    op: OP,
    argument,
    must,
    value: held > 0 ? `${length}, of which ${held} are held out` : `${length}`,
    fix,
    details,
  });
}
