import { FormatError } from "../../base/errors.js";
import { spreadOf } from "../stored/spread.js";
import { type OutputName, quantileNamed } from "./quantile-of.js";
import { seriesName } from "./series.js";

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

/** What an error calls a series: its file, and the line on which it begins. */
export interface SeriesPlace {
  file: string;
  line: number;
  id: string;
}

/** Values of a series that need not lie in memory. */
export interface SeriesValues {
  readonly length: number;
  read(from: number, to: number): Float64Array;
}

/** Of smaller numbers no deviation can be told: their squares are 0. */
const SMALLEST = 1e-100;

/** What is wrong with a series of which every value is missing. */
export function noValues({ file, line, id }: SeriesPlace): FormatError {
  const argument = `${file}:${line}: ${seriesName({ id })}`;
  const fix = "Leave it out, or forecast another column.";
  return new FormatError({
    op: "forecast",
    argument,
    must: "hold a value",
    value: "none",
    fix,
    details: { file, line },
  });
}

/** Values that are read at once. */
const PART = 2 ** 16;

/** @param back  how far before each value another is that is told with it */
function eachValue(
  values: SeriesValues,
  count: number,
  back: number,
  told: (value: number, before: number) => void,
): void {
  for (let at = back; at < count; at += PART) {
    const own = values.read(at - back, Math.min(count, at + PART));
    for (let i = back; i < own.length; i++) told(own[i], own[i - back]);
  }
}

/** From the first `count` values alone. @throws FormatError for values that never change, or are no counts */
export function scaleOf(
  { file, line, id }: SeriesPlace,
  values: SeriesValues,
  count: number,
  { season, output, until }: { season: number; output: OutputName; until: number },
): SeriesScale {
  const refuse = (must: string, value: string, fix: string, settings?: { output: OutputName }) => {
    const argument = `${file}:${line}: ${seriesName({ id })}`;
    const details = { file, line, ...(settings && { settings }) };
    return new FormatError({ op: "forecast", argument, must, value, fix, details });
  };
  const first = count > 0 ? values.read(0, 1)[0] : undefined;
  if (Number.isNaN(first)) throw noValues({ file, line, id });
  let changes = false;
  let most = 0;
  const { mean, scale } = spreadOf((told) =>
    eachValue(values, count, 0, (value) => {
      changes ||= value !== first;
      most = Math.max(most, Math.abs(value));
      told(value);
    }),
  );
  if (most < SMALLEST && changes) {
    throw refuse(`hold a number of ${SMALLEST} or more in size`, String(most), "Write its numbers in a smaller unit.");
  }
  if (!changes) {
    throw refuse("change in its training part", `${first} at every step`, "Leave it out: its next value is known.");
  }
  const { counts } = quantileNamed(output);
  let wrong: string | undefined;
  let place = 0;
  eachValue(values, counts ? values.length : 0, 0, (value) => {
    place++;
    if (wrong === undefined && (!Number.isInteger(value) || value < 0)) wrong = `${value} as value ${place}`;
  });
  if (wrong !== undefined) {
    throw refuse("hold counts (0, 1, 2, ...) for a negative binomial output", wrong, 'Use output: "student-t".', {
      output: "student-t",
    });
  }
  // A series that repeats itself exactly has no seasonal error to compare with; the change from step to step stands in for it.
  const naive = naiveError(values, count, season) || naiveError(values, count, 1);
  return { shift: counts ? 0 : mean, scale: counts ? mean : scale, naive, until };
}

/** The mean error of a forecast that says what was a season before; 0 where there is none. */
function naiveError(values: SeriesValues, count: number, season: number): number {
  let errors = 0;
  eachValue(values, count, season, (value, before) => {
    errors += Math.abs(value - before);
  });
  return count > season ? errors / (count - season) : 0;
}
