import { FormatError, show } from "../../base/errors.js";
import { cellError, ownColumn, type Table } from "../../data/readers/index.js";
import type { SeriesSettings } from "./config.js";
import { stepsBetween, stepText, type TimeAxis, type TimeForm, timeAfter, timeText } from "./time-axis.js";

/** The rows of a series, and the times of all rows of its table. */
export interface Timed {
  rows: readonly number[];
  times: Float64Array;
  form: TimeForm;
  axis: TimeAxis;
}

/** What is wrong with the time of a row. */
interface Fault {
  must: string;
  fix: string;
  /** With which it would do. */
  settings?: { [key: string]: string };
}

/**
 * How many steps each row is after the first of its series.
 * @throws FormatError for a time that comes twice, too early or between two steps, and for a gap that nothing is to fill
 */
export function stepsOf(table: Table, timed: Timed, settings: SeriesSettings): number[] {
  const column = ownColumn(table, "time", settings.time);
  const { rows, times, axis } = timed;
  const steps = [0];
  for (let i = 1; i < rows.length; i++) {
    const step = stepsBetween(axis, times[rows[0]], times[rows[i]]);
    const fault =
      disorder(table, timed, i, column, settings) ??
      unevenness(table, timed, i, column, step) ??
      (settings.fill === "none" ? gap(table, timed, i, step - steps[i - 1] - 1) : null);
    if (fault !== null) {
      const error = cellError(table, rows[i], column, fault.must, fault.fix);
      throw fault.settings === undefined ? error : advised(error, fault.fix, fault.settings);
    }
    steps.push(step);
  }
  checkFilled(table, rows, steps);
  return steps;
}

/** A time as the file writes it, or with its day, where months are read as days. */
function shown({ form, axis }: Timed, time: number): string {
  return timeText(time, form === "month" && axis.unit === "ms" ? "day" : form);
}

/** The row before, for errors. */
function before(table: Table, timed: Timed, i: number): string {
  const { rows, times } = timed;
  return `${shown(timed, times[rows[i - 1]])} in line ${table.lines[rows[i - 1]]}`;
}

function disorder(
  table: Table,
  timed: Timed,
  i: number,
  column: number,
  { time, target, id }: SeriesSettings,
): Fault | null {
  const { rows, times, form } = timed;
  const back = times[rows[i - 1]] - times[rows[i]];
  if (back < 0) return null;
  const place = before(table, timed, i);
  const must = back === 0 ? `come once, and not again after ${place}` : `be later than ${place}`;
  // Times that come again or too early are those of several series, where a column tells these apart.
  const name = id === null ? columnOfSeries(table, times, [time, target]) : undefined;
  if (name !== undefined) return { must, fix: `Tell series apart by id: ${show(name)}.`, settings: { id: name } };
  const isLocal = form === "instant" && !ZONE.test(table.rows[rows[i]][column].trim());
  if (isLocal && back < DAY / 2) return { must, fix: HOUR_TWICE };
  return { must, fix: back === 0 ? "Leave one of the rows out." : "Sort the rows by time." };
}

const HOUR_TWICE =
  "Write the zone, if a clock has this hour twice (2024-10-27T02:00+02:00), or sort the rows and leave one out.";
const ZONE = /(?:Z|[+-]\d{2}:?\d{2})$/;
const DAY = 86_400_000;

function unevenness(table: Table, timed: Timed, i: number, column: number, step: number): Fault | null {
  if (Number.isInteger(step)) return null;
  const { rows, times, axis } = timed;
  const expected = shown(timed, timeAfter(axis, times[rows[i - 1]], 1));
  const must = `be whole steps of ${stepText(axis)} after ${before(table, timed, i)}, as ${expected} is`;
  const [cell, last] = [rows[i], rows[i - 1]].map((row) => table.rows[row][column].trim());
  // What a clock on the wall shows is the same.
  const isZone = ZONE.test(cell) && cell.slice(10).replace(ZONE, "") === last.slice(10).replace(ZONE, "");
  const fix = isZone
    ? "Leave the zone out: where clocks change, days are not of one length."
    : "Put the rows into equal steps, by sums or means over each.";
  return { must, fix };
}

function gap(table: Table, timed: Timed, i: number, missing: number): Fault | null {
  if (missing <= 0) return null;
  const { rows, times, axis } = timed;
  const [last, next] = [times[rows[i - 1]], times[rows[i]]];
  const late = rows.find((row, at) => at > i && times[row] > last && times[row] < next);
  if (late !== undefined) {
    const must = `stand after line ${table.lines[late]}, which is of ${shown(timed, times[late])}`;
    return { must, fix: "Sort the rows by time." };
  }
  const expected = shown(timed, timeAfter(axis, last, 1));
  const must = `be ${expected}, ${stepText(axis)} after ${before(table, timed, i)} (${missing} missing)`;
  return { must, fix: FILL_IT, settings: FILLED };
}

export const FILL_IT = 'Fill it: fill "previous", "linear" or "zero".';
const FILLED = { fill: "previous" };

/** @throws FormatError where more would be filled than there is */
function checkFilled(table: Table, rows: readonly number[], steps: readonly number[]): void {
  const all = steps.at(-1)! + 1;
  if (all <= 2 * rows.length + 1) return;
  const line = table.lines[rows[0]];
  const argument = `${table.source}:${line}: the series from here`;
  const [must, value] = ["miss at most half of its times", `${all - rows.length} of ${all}`];
  throw new FormatError({ op: "forecast", argument, must, value, details: { file: table.source, line } });
}

/** An error that a way to fill what is missing would mend. */
export function filling(error: FormatError): FormatError {
  return advised(error, error.fix, FILLED);
}

function advised(
  { op, argument, must, value, code, details }: FormatError,
  fix: string,
  settings: { [key: string]: string },
): FormatError {
  return new FormatError({ op, argument, must, value, fix, code, details: { ...details, settings } });
}

/** A column of few names, of each of which the times go on from row to row. */
function columnOfSeries({ columns, rows }: Table, times: Float64Array, taken: readonly string[]): string | undefined {
  return columns.find((name, column) => {
    const last = new Map<string, number>();
    const goesOn = rows.every((row, i) => {
      const before = last.get(row[column]) ?? -Infinity;
      last.set(row[column], times[i]);
      return before < times[i];
    });
    return goesOn && !taken.includes(name) && 2 * last.size <= rows.length;
  });
}
