import { FormatError, show } from "../../base/errors.js";
import { dateOf, numberAdvice, numberOf } from "../../data/readers/cells.js";
import { dateAdvice } from "../../data/readers/date-advice.js";
import { cellError, LARGEST_NUMBER, ownColumn, type Table, tooLargeNumber } from "../../data/readers/index.js";
import type { Fill, SeriesSettings } from "./config.js";
import { FILL_IT, filling, stepsOf } from "./steps.js";
import { axisOf, type TimeAxis, type TimeForm, timeOf } from "./time-axis.js";

/** A series with one value at each step, gaps filled. */
export interface Series {
  id: string;
  /** The time of its first value: a number, or milliseconds since 1970. */
  first: number;
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

/** What a cell of the target holds: null where it is missing. */
type Value = number | null;

const MISSING = /^(nan|n\/?a|#n\/a|null|none|nil|-|\?)?$/i;

/**
 * The series of a table, each in the order of its times.
 * @param axis  how times must follow one another; null: as most of them do
 * @throws FormatError with line and column for a time that is none, comes twice, too early or between two steps, for a gap or an
 *   empty cell that nothing is to fill, and for what is no number
 */
export function seriesOf(table: Table, settings: SeriesSettings, axis: TimeAxis | null = null): SeriesTable {
  const { times, form } = readTimes(table, settings.time);
  if (axis !== null && (form === "number") !== (axis.unit === "number")) {
    const [kind, value] = axis.unit === "number" ? ["numbers", "dates"] : ["dates", "numbers"];
    const must = `have ${kind} for times, as in training`;
    const fix = "Write times as the file that was learned from does.";
    const [op, argument, details] = ["forecast", table.source, { file: table.source }];
    throw new FormatError({ op, argument, must, value, fix, details });
  }
  const groups = rowsById(table, settings.id);
  const found =
    axis ??
    axisOf(
      [...groups.values()].map((rows) => rows.map((row) => times[row])),
      form !== "number",
    );
  if (found === null && [...groups.values()].every((rows) => rows.length < 2)) {
    const value = `one row${settings.id === null ? "" : " of each series"}`;
    const [argument, must] = [table.source, "hold two times of a series or more"];
    throw new FormatError({ op: "forecast", argument, must, value, fix: "Write a row for each time." });
  }
  // Times none of which comes after another are refused by the first of them, whatever the steps between them.
  const step: TimeAxis = found ?? { unit: "number", step: 1 };
  const column = ownColumn(table, "target", settings.target);
  const series = [...groups].map(([id, rows]) => {
    const steps = stepsOf(table, { rows, times, form, axis: step }, settings);
    return filledSeries(table, { id, first: times[rows[0]], rows, steps, column }, settings.fill);
  });
  return { table, axis: step, form, series };
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
      const both = found === null && form === null ? `${must}, or a number` : must;
      const isOther = found !== null && "Write all times in one way, as numbers or as dates.";
      const fix = cells[column].trim() === "" ? "Write it, or leave the row out." : dateAdvice(cells[column]);
      throw cellError(table, row, column, both, isOther || fix);
    }
    times[row] = found.time;
    form ??= found.form;
    if (found.form === "instant") form = "instant";
  }
  if (form === "number" && areDatesWithoutMarks(table.rows.map((cells) => cells[column].trim()))) {
    const must = "have marks between year, month and day: as a number, 20240131 is 70 before 20240201";
    throw cellError(table, 0, column, must, dateAdvice(table.rows[0][column]));
  }
  return { times, form: form! };
}

/** `20240131`, `20240201`: of one month alone they would be numbers as good as any. */
function areDatesWithoutMarks(cells: readonly string[]): boolean {
  const isDate = (cell: string) => /^(19|20)\d{6}$/.test(cell) && dateOf(cell.replace(/(..)(..)$/, "-$1-$2")) !== null;
  return cells.every(isDate) && new Set(cells.map((cell) => cell.slice(0, 6))).size > 1;
}

function rowsById(table: Table, id: string | null): Map<string, number[]> {
  if (id === null) return new Map([["", [...table.rows.keys()]]]);
  const column = ownColumn(table, "id", id);
  const groups = new Map<string, number[]>();
  for (const [row, cells] of table.rows.entries()) {
    const name = cells[column];
    if (name.trim() === "") throw cellError(table, row, column, "name a series", "Name it, or leave the row out.");
    const own = groups.get(name);
    if (own === undefined) groups.set(name, [row]);
    else own.push(row);
  }
  return groups;
}

interface Found {
  id: string;
  first: number;
  rows: readonly number[];
  steps: readonly number[];
  column: number;
}

function filledSeries(table: Table, { id, first, rows, steps, column }: Found, fill: Fill): Series {
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
  return { id, first, values: filledValues(values, fill), rows: places };
}

/** @throws FormatError for what is no number; for nothing, where nothing is to fill it */
function valueAt(table: Table, row: number, column: number, fill: Fill): Value {
  const cell = table.rows[row][column].trim();
  const value = numberOf(cell);
  if (value !== null && Math.abs(value) > LARGEST_NUMBER) throw tooLargeNumber(table, row, column);
  if (value !== null) return value;
  if (!MISSING.test(cell)) {
    const advice = numberAdvice(cell);
    const fix = advice === "" || /\bempty\b/.test(advice) ? "Write a finite number, or none and fill it." : advice;
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
