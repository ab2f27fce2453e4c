import { FormatError, show } from "../../base/errors.js";
import { dateOf, numberAdvice, numberOf } from "../../data/readers/cells.js";
import { dateAdvice } from "../../data/readers/date-advice.js";
import { cellError, LARGEST_NUMBER, ownColumn, type Table, tooLargeNumber } from "../../data/readers/index.js";
import type { Fill, SeriesSettings } from "./config.js";
import { StepFiller } from "./step-filler.js";
import { type Before, FILL_IT, filling, stepsOf, ZONE } from "./steps.js";
import { axisOf, type EachTime, type TimeAxis, type TimeForm, timeAfter, timeOf } from "./time-axis.js";

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
  checkForm(table.source, axis, form);
  const groups = rowsById(table, settings.id);
  const each: EachTime = (told) => {
    for (const rows of groups.values()) for (const [i, row] of rows.entries()) told(times[row], i === 0);
  };
  const found = axis ?? axisIn(each, { source: table.source, form, hasId: settings.id !== null });
  const column = ownColumn(table, "target", settings.target);
  const series = [...groups].map(([id, rows]) => {
    const before = begun?.get(id) ?? { first: times[rows[0]], from: 0, count: 0 };
    const steps = stepsOf(table, { rows, times, form, axis: found, before }, settings);
    return filledSeries(table, { id, ...before, rows, steps, column }, settings.fill);
  });
  return { table, axis: found, form, series };
}

/** @throws FormatError for dates where training had numbers, and for numbers where it had dates */
export function checkForm(argument: string, axis: TimeAxis | null, form: TimeForm): void {
  if (axis === null || (form === "number") === (axis.unit === "number")) return;
  const [kind, value] = axis.unit === "number" ? ["numbers", "dates"] : ["dates", "numbers"];
  const must = `have ${kind} for times, as in training`;
  const fix = "Write times as the file that was learned from does.";
  throw new FormatError({ op: "forecast", argument, must, value, fix, details: { file: argument } });
}

/** How the times of a file follow one another. @throws FormatError where none comes after another */
export function axisIn(
  each: EachTime,
  { source, form, hasId }: { source: string; form: TimeForm; hasId: boolean },
): TimeAxis {
  const found = axisOf(each, form !== "number");
  if (found !== null) return found;
  let isOneEach = true;
  each((_, isFirst) => {
    isOneEach &&= isFirst;
  });
  // Times none of which comes after another are refused by the first of them, whatever the steps between them.
  if (!isOneEach) return { unit: "number", step: 1 };
  const value = hasId ? "one row of each series" : "one row";
  const [must, fix] = ["hold two times of a series or more", "Write a row for each time."];
  throw new FormatError({ op: "forecast", argument: source, must, value, fix });
}

function readTimes(table: Table, name: string): { times: Float64Array; form: TimeForm } {
  const column = ownColumn(table, "time", name);
  const times = new Float64Array(table.rows.length);
  const reader = new TimeReader();
  for (const row of table.rows.keys()) times[row] = reader.read(table, row, column);
  if (reader.lacksMarks) throw marksMissing(table, 0, column);
  return { times, form: reader.form! };
}

/** Reads times, which are all numbers or all dates. */
export class TimeReader {
  /** Of those that were read; null before the first. */
  form: TimeForm | null = null;
  /** Whether the first one with a clock has a zone. */
  #isZoned: boolean | null = null;
  /** Whether all are days without marks between their parts, and of which months they are. */
  #areDates = true;
  readonly #months = new Set<string>();

  /** Whether they are days of several months that would be read as numbers. */
  get lacksMarks(): boolean {
    return this.form === "number" && this.#areDates && this.#months.size > 1;
  }

  /** @throws FormatError for a cell that is no time, or one of the other kind */
  read(table: Table, row: number, column: number): number {
    const { form } = this;
    const cell = table.rows[row][column];
    const found = timeOf(cell);
    if (found === null || (form !== null && (found.form === "number") !== (form === "number"))) {
      const must =
        form === "number" ? "be a number, as the times before it" : "be a time (2024-02-29, 2024-02-29T13:30, 2024-02)";
      const both = found === null && form === null ? `${must}, or a number` : must;
      const isOther = found !== null && "Write all times in one way, as numbers or as dates.";
      const fix = cell.trim() === "" ? "Write it, or leave the row out." : dateAdvice(cell);
      throw cellError(table, row, column, both, isOther || fix);
    }
    this.form = found.form === "instant" ? "instant" : (form ?? found.form);
    if (found.form === "instant") this.#checkZone(table, row, column);
    this.#see(cell.trim());
    return found.time;
  }

  /** @throws FormatError for a clock with a zone among others without: nobody can tell how far apart they are */
  #checkZone(table: Table, row: number, column: number): void {
    const isZoned = ZONE.test(table.rows[row][column].trim());
    this.#isZoned ??= isZoned;
    if (isZoned === this.#isZoned) return;
    const must = isZoned ? "have no zone, as the times before it" : "have a zone, as the times before it";
    throw cellError(table, row, column, must, "Write all times with their zones, or all without.");
  }

  #see(cell: string): void {
    this.#areDates &&= isDateWithoutMarks(cell);
    if (this.#areDates && this.#months.size < 2) this.#months.add(cell.slice(0, 6));
  }
}

/** `20240131`, `20240201`: of one month alone they would be numbers as good as any. */
function isDateWithoutMarks(cell: string): boolean {
  return /^(19|20)\d{6}$/.test(cell) && dateOf(cell.replace(/(..)(..)$/, "-$1-$2")) !== null;
}

/** What is wrong with the first time of those that lack marks. */
export function marksMissing(table: Table, row: number, column: number): FormatError {
  const must = "have marks between year, month and day: as a number, 20240131 is 70 before 20240201";
  return cellError(table, row, column, must, dateAdvice(table.rows[row][column]));
}

function rowsById(table: Table, id: string | null): Map<string, number[]> {
  if (id === null) return new Map([["", [...table.rows.keys()]]]);
  const column = ownColumn(table, "id", id);
  const groups = new Map<string, number[]>();
  for (const row of table.rows.keys()) {
    const name = seriesAt(table, row, column);
    const own = groups.get(name);
    if (own === undefined) groups.set(name, [row]);
    else own.push(row);
  }
  return groups;
}

/** Of which series a row is. @throws FormatError for an empty cell */
export function seriesAt(table: Table, row: number, column: number): string {
  const name = table.rows[row][column];
  if (name.trim() === "") throw cellError(table, row, column, "name a series", "Name it, or leave the row out.");
  return name;
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
  const values = new Float64Array(length);
  let at = 0;
  const filler = new StepFiller((value) => {
    values[at++] = value;
  }, fill);
  for (let i = 0; i < count; i++) filler.take(steps[i], valueAt(table, rows[i], column, fill));
  filler.end(length);
  const places: number[] = [];
  for (const [i, step] of steps.entries()) {
    while (places.length < step) places.push(rows[i - 1]);
    places.push(rows[i]);
  }
  return { id, first, from, values, rows: places };
}

/** @throws FormatError for what is no number; for nothing, where nothing is to fill it */
export function valueAt(table: Table, row: number, column: number, fill: Fill): Value {
  const cell = table.rows[row][column].trim();
  const value = numberOf(cell);
  if (value !== null && Math.abs(value) > LARGEST_NUMBER) throw tooLargeNumber(table, row, column);
  if (value !== null) return value;
  if (!isMissing(cell)) {
    const advice = numberAdvice(cell);
    const fix = advice === "" || /\bempty\b/.test(advice) ? "Write a finite number, or none and fill it." : advice;
    throw cellError(table, row, column, "be a finite number", fix);
  }
  if (fill === "none") throw filling(cellError(table, row, column, "be a finite number", FILL_IT));
  return null;
}

/** Whether a cell says that there is no value. */
export function isMissing(cell: string): boolean {
  return MISSING.test(cell.trim());
}

/** What a series is called in an error. */
export function seriesName({ id }: Pick<Series, "id">): string {
  return id === "" ? "the series" : `series ${show(id)}`;
}
