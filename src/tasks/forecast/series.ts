import { FormatError, show } from "../../base/errors.js";
import { numberAdvice, numberOf } from "../../data/readers/cells.js";
import { cellError, ownColumn, type Table } from "../../data/readers/index.js";
import type { Fill, SeriesSettings } from "./config.js";
import {
  axisOf,
  stepsBetween,
  stepText,
  type TimeAxis,
  type TimeForm,
  timeAfter,
  timeOf,
  timeText,
} from "./time-axis.js";

/** A series with one value at each step, gaps filled. */
export interface Series {
  id: string;
  /** The time of its first value: a number, or milliseconds since 1970. */
  first: number;
  /** Steps from then to `values[0]`, where what lies between came before and was let go. */
  from: number;
  values: Float64Array;
  /** Of each step the row of the table that it is of, those after the last value among them; a gap has that before it. */
  rows: readonly number[];
}

export interface SeriesTable {
  table: Table;
  axis: TimeAxis;
  form: TimeForm;
  series: readonly Series[];
}

/** What came of a series before the rows of a table, and was let go. */
export interface Before {
  first: number;
  from: number;
  /** Rows of it. */
  count: number;
}

/** Where a row stands; one that is kept of a piece before has no line. */
export function lineText({ lines }: Table, row: number): string {
  return lines[row] > 0 ? `line ${lines[row]}` : "a piece before";
}

/** The time of a step of a series. */
export function timeOfStep({ first, from }: Pick<Series, "first" | "from">, axis: TimeAxis, step: number): number {
  return timeAfter(axis, first, from + step);
}

/** What a cell of the target holds: null where it is missing. */
type Value = number | null;

const MISSING = /^(nan|n\/?a|#n\/a|null|none|nil|-|\?)?$/i;

/**
 * The series of a table, each in the order of its times.
 * @param axis   how times must follow one another; null: as most of them do
 * @param begun  of each series that goes on here what came before
 * @throws FormatError with line and column for a time that is none, comes twice, too early or between two steps, for a gap or an
 *   empty cell that nothing is to fill, and for what is no number
 */
export function seriesOf(
  table: Table,
  settings: SeriesSettings,
  axis: TimeAxis | null = null,
  begun?: ReadonlyMap<string, Before>,
): SeriesTable {
  const { times, form } = readTimes(table, settings.time);
  if (axis !== null && (form === "number") !== (axis.unit === "number")) {
    const [must, value] = axis.unit === "number" ? ["numbers", "dates"] : ["dates", "numbers"];
    throw new FormatError({
      op: "forecast",
      argument: table.source,
      must: `have ${must} for times, as in training`,
      value,
    });
  }
  const groups = rowsById(table, settings.id);
  const found =
    axis ??
    axisOf(
      [...groups.values()].map((rows) => rows.map((row) => times[row])),
      form !== "number",
    );
  if (found === null) {
    const value = `${table.rows.length} rows that none of the same series comes after`;
    throw new FormatError({
      op: "forecast",
      argument: table.source,
      must: "hold two times of a series or more",
      value,
    });
  }
  const column = ownColumn(table, "target", settings.target);
  const series = [...groups].map(([id, rows]) => {
    const before = begun?.get(id) ?? { first: times[rows[0]], from: 0, count: 0 };
    const steps = stepsOf(table, { rows, times, form, axis: found, before }, settings);
    return filledSeries(table, { id, ...before, rows, steps, column }, settings.fill);
  });
  return { table, axis: found, form, series };
}

function readTimes(table: Table, name: string): { times: Float64Array; form: TimeForm } {
  const column = ownColumn(table, "time", name);
  const times = new Float64Array(table.rows.length);
  let form: TimeForm | null = null;
  for (const [row, cells] of table.rows.entries()) {
    const found = timeOf(cells[column]);
    const fits = found !== null && (form === null || (found.form === "number") === (form === "number"));
    if (!fits) {
      const must =
        form === "number" ? "be a number, as the times before it" : "be a time (2024-02-29, 2024-02-29T13:30, 2024-02)";
      throw cellError(table, row, column, found === null && form === null ? `${must}, or a number` : must);
    }
    times[row] = found.time;
    form ??= found.form;
    if (found.form === "instant") form = "instant";
  }
  return { times, form: form! };
}

function rowsById(table: Table, id: string | null): Map<string, number[]> {
  if (id === null) return new Map([["", [...table.rows.keys()]]]);
  const column = ownColumn(table, "id", id);
  const groups = new Map<string, number[]>();
  for (const [row, cells] of table.rows.entries()) {
    const name = cells[column];
    if (name.trim() === "") throw cellError(table, row, column, "name a series");
    const own = groups.get(name);
    if (own === undefined) groups.set(name, [row]);
    else own.push(row);
  }
  return groups;
}

interface Timed {
  rows: readonly number[];
  times: Float64Array;
  form: TimeForm;
  axis: TimeAxis;
  before: Before;
}

/** How many steps each row is after the first of its series. */
function stepsOf(
  table: Table,
  { rows, times, form, axis, before: { first, from, count } }: Timed,
  { time, target, fill, id }: SeriesSettings,
): number[] {
  const column = ownColumn(table, "time", time);
  const steps = [0];
  const refuse = (row: number, must: string, fix: string) => cellError(table, row, column, must, fix);
  // Times that come again or too early are those of several series, where a column tells these apart.
  const disordered = (row: number, must: string, fix: string) => {
    const name = id === null ? columnOfSeries(table, times, [time, target]) : undefined;
    const error = refuse(row, must, fix);
    return name === undefined ? error : advised(error, `Tell series apart by id: ${show(name)}.`, { id: name });
  };
  for (let i = 1; i < rows.length; i++) {
    const [row, before] = [rows[i], rows[i - 1]];
    const place = `${timeText(times[before], form)} in ${lineText(table, before)}`;
    if (times[row] === times[before]) {
      throw disordered(row, `come once, and not again after ${place}`, "Leave one of the rows out.");
    }
    if (times[row] < times[before]) throw disordered(row, `be later than ${place}`, "Sort the rows by time.");
    const step = stepsBetween(axis, first, times[row]) - from;
    const expected = timeAfter(axis, times[before], 1);
    if (!Number.isInteger(step)) {
      const must = `be whole steps of ${stepText(axis)} after ${place}, as ${timeText(expected, form)} is`;
      throw refuse(row, must, "Put the rows into equal steps, by sums or means over each.");
    }
    const missing = step - steps[i - 1] - 1;
    if (missing > 0 && fill === "none") {
      const must = `be ${timeText(expected, form)}, ${stepText(axis)} after ${place} (${missing} missing)`;
      throw filling(refuse(row, must, FILL_IT));
    }
    steps.push(step);
  }
  const [all, there] = [from + steps.at(-1)! + 1, count + rows.length];
  if (all < 2 * there + 2) return steps;
  const value = `${all - there} of ${all}`;
  const [must, argument] = [
    "miss at most half of its times",
    `${table.source}:${table.lines[rows[0]]}: the series from here`,
  ];
  throw new FormatError({
    op: "forecast",
    argument,
    must,
    value,
    details: { file: table.source, line: table.lines[rows[0]] },
  });
}

const FILL_IT = 'Fill it: fill "previous", "linear" or "zero".';

function filling(error: FormatError): FormatError {
  return advised(error, error.fix, { fill: "previous" });
}

function advised(
  { op, argument, must, value, code, details }: FormatError,
  fix: string,
  settings: { [key: string]: string },
) {
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

interface Found {
  id: string;
  first: number;
  from: number;
  rows: readonly number[];
  steps: readonly number[];
  column: number;
}

function filledSeries(table: Table, { id, first, from, rows, steps, column }: Found, fill: Fill): Series {
  const isEmpty = (row: number) => table.rows[row][column].trim() === "";
  // Rows without a value at the end are times to come.
  const count = rows.findLastIndex((row) => !isEmpty(row)) + 1;
  const length = count === 0 ? 0 : steps[count - 1] + 1;
  const values: Value[] = new Array(length).fill(null);
  for (let i = 0; i < count; i++) values[steps[i]] = valueAt(table, rows[i], column, fill);
  const places: number[] = [];
  for (const [i, step] of steps.entries()) {
    while (places.length < step) places.push(rows[i - 1]);
    places.push(rows[i]);
  }
  return { id, first, from, values: filledValues(values, fill), rows: places };
}

/** @throws FormatError for what is no number; for nothing, where nothing is to fill it */
function valueAt(table: Table, row: number, column: number, fill: Fill): Value {
  const cell = table.rows[row][column].trim();
  const value = numberOf(cell);
  if (value !== null) return value;
  if (!MISSING.test(cell)) {
    const advice = numberAdvice(cell);
    const fix = /\bempty\b/.test(advice) ? "Write a finite number, or none and fill it." : advice;
    throw cellError(table, row, column, "be a finite number", fix);
  }
  if (fill === "none") throw filling(cellError(table, row, column, "be a finite number", FILL_IT));
  return null;
}

/** Missing values at the beginning are what comes first after them, however the others are filled. */
function filledValues(values: readonly Value[], fill: Fill): Float64Array {
  const out = Float64Array.from(values, (value) => value ?? 0);
  const there = values.flatMap((value, i) => (value === null ? [] : [i]));
  for (let k = 0, i = 0; i < out.length; i++) {
    if (there[k] === i) k++;
    if (values[i] !== null || fill === "zero") continue;
    const [before, after] = [there[k - 1], there[k]];
    if (before === undefined) out[i] = out[after];
    else if (fill === "previous" || after === undefined) out[i] = out[before];
    else out[i] = out[before] + ((out[after] - out[before]) * (i - before)) / (after - before);
  }
  return out;
}

/** What a series is called in an error. */
export function seriesName({ id }: Pick<Series, "id">): string {
  return id === "" ? "the series" : `series ${show(id)}`;
}
