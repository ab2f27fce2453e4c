import { FormatError, show } from "../../base/errors.js";
import { numberAdvice, numberOf } from "../../data/readers/cells.js";
import { cellError, ownColumn, type Table } from "../../data/readers/index.js";
import type { Fill, SeriesSettings } from "./config.js";
import {
  axisOf,
  type EachTime,
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

/** Where a row stands; one that is kept of a piece before has no line: 0. */
export function lineText(line: number): string {
  return line > 0 ? `line ${line}` : "a piece before";
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
  const found = axis ?? axisIn(each, { source: table.source, form, rows: table.rows.length });
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
  const [must, value] = axis.unit === "number" ? ["numbers", "dates"] : ["dates", "numbers"];
  throw new FormatError({ op: "forecast", argument, must: `have ${must} for times, as in training`, value });
}

/** How the times of a file follow one another. @throws FormatError where none comes after another */
export function axisIn(
  each: EachTime,
  { source, form, rows }: { source: string; form: TimeForm; rows: number },
): TimeAxis {
  const found = axisOf(each, form !== "number");
  if (found !== null) return found;
  const value = `${rows} rows that none of the same series comes after`;
  throw new FormatError({ op: "forecast", argument: source, must: "hold two times of a series or more", value });
}

function readTimes(table: Table, name: string): { times: Float64Array; form: TimeForm } {
  const column = ownColumn(table, "time", name);
  const times = new Float64Array(table.rows.length);
  const reader = new TimeReader();
  for (const row of table.rows.keys()) times[row] = reader.read(table, row, column);
  return { times, form: reader.form! };
}

/** Reads times, which are all numbers or all dates. */
export class TimeReader {
  /** Of those that were read; null before the first. */
  form: TimeForm | null = null;

  /** @throws FormatError for a cell that is no time, or one of the other kind */
  read(table: Table, row: number, column: number): number {
    const { form } = this;
    const found = timeOf(table.rows[row][column]);
    if (found === null || (form !== null && (found.form === "number") !== (form === "number"))) {
      const must =
        form === "number" ? "be a number, as the times before it" : "be a time (2024-02-29, 2024-02-29T13:30, 2024-02)";
      throw cellError(table, row, column, found === null && form === null ? `${must}, or a number` : must);
    }
    this.form = found.form === "instant" ? "instant" : (form ?? found.form);
    return found.time;
  }
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
  if (name.trim() === "") throw cellError(table, row, column, "name a series");
  return name;
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
  const rules = { form, axis, fill };
  const apart = () => {
    if (id !== null) return undefined;
    const columns = new ColumnsApart(table.columns, [time, target]);
    for (const [row, cells] of table.rows.entries()) columns.see(cells, times[row]);
    return columns.name;
  };
  for (let i = 1; i < rows.length; i++) {
    const [row, last] = [rows[i], rows[i - 1]];
    const before = { time: times[last], line: table.lines[last], step: from + steps[i - 1] };
    const refuse: Refuse = (must, fix) => cellError(table, row, column, must, fix);
    steps.push(stepAfter(rules, { first, before, time: times[row] }, { refuse, apart }) - from);
  }
  checkMostThere(table.source, table.lines[rows[0]], count + rows.length, from + steps.at(-1)!);
  return steps;
}

/** What is wrong with a cell. */
type Refuse = (must: string, fix: string) => FormatError;

/** How times follow one another, and what becomes of missing ones. */
export interface TimeRules {
  axis: TimeAxis;
  form: TimeForm;
  fill: Fill;
}

/** A time of a series, and the row before it. */
export interface NextTime {
  /** Of the series. */
  first: number;
  before: { time: number; line: number; step: number };
  time: number;
}

/** What is to be said of a time that does not fit. */
export interface TimeFaults {
  refuse: Refuse;
  /** The column that tells series apart, where one does: times that come again or too early are those of several. */
  apart(): string | undefined;
}

/**
 * How many steps a time is after the first of its series.
 * @throws FormatError for one that comes twice, too early, between two steps, or after a gap that nothing fills
 */
export function stepAfter(
  { axis, form, fill }: TimeRules,
  { first, before, time }: NextTime,
  { refuse, apart }: TimeFaults,
): number {
  const place = () => `${timeText(before.time, form)} in ${lineText(before.line)}`;
  const disordered = (must: string, fix: string) => {
    const [name, error] = [apart(), refuse(must, fix)];
    return name === undefined ? error : advised(error, `Tell series apart by id: ${show(name)}.`, { id: name });
  };
  if (time === before.time) {
    throw disordered(`come once, and not again after ${place()}`, "Leave one of the rows out.");
  }
  if (time < before.time) throw disordered(`be later than ${place()}`, "Sort the rows by time.");
  const step = stepsBetween(axis, first, time);
  const expected = () => timeText(timeAfter(axis, before.time, 1), form);
  if (!Number.isInteger(step)) {
    const must = `be whole steps of ${stepText(axis)} after ${place()}, as ${expected()} is`;
    throw refuse(must, "Put the rows into equal steps, by sums or means over each.");
  }
  const missing = step - before.step - 1;
  if (missing > 0 && fill === "none") {
    const must = `be ${expected()}, ${stepText(axis)} after ${place()} (${missing} missing)`;
    throw filling(refuse(must, FILL_IT));
  }
  return step;
}

/** @param last  the step of the last row. @throws FormatError for a series that is made up for the most part */
export function checkMostThere(file: string, line: number, rows: number, last: number): void {
  if (last < 2 * rows + 1) return;
  const argument = `${file}:${line}: the series from here`;
  const [must, value] = ["miss at most half of its times", `${last + 1 - rows} of ${last + 1}`];
  throw new FormatError({ op: "forecast", argument, must, value, details: { file, line } });
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

/** A column of more names tells too many series apart to be meant. */
const MOST_NAMES = 2 ** 17;

/** Looks for a column of few names, of each of which the times go on from row to row. */
export class ColumnsApart {
  readonly #columns: { name: string; place: number; last: Map<string, number> }[];
  readonly #kept: (name: string) => string;
  #rows = 0;

  /**
   * @param taken  columns that are something else
   * @param kept   what is kept of a cell, where it is a part of a text that is not to stay
   */
  constructor(columns: readonly string[], taken: readonly string[], kept: (name: string) => string = (name) => name) {
    this.#kept = kept;
    const others = columns.flatMap((name, place) => (taken.includes(name) ? [] : [{ name, place, last: new Map() }]));
    this.#columns = others;
  }

  see(cells: readonly string[], time: number): void {
    this.#rows++;
    for (let i = this.#columns.length - 1; i >= 0; i--) {
      const { place, last } = this.#columns[i];
      const before = last.get(cells[place]);
      if (before !== undefined && before >= time) this.#columns.splice(i, 1);
      else if (before !== undefined) last.set(cells[place], time);
      else if (last.size < MOST_NAMES) last.set(this.#kept(cells[place]), time);
      else this.#columns.splice(i, 1);
    }
  }

  /** The first one. */
  get name(): string | undefined {
    return this.#columns.find(({ last }) => 2 * last.size <= this.#rows)?.name;
  }
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
export function valueAt(table: Table, row: number, column: number, fill: Fill): Value {
  const cell = table.rows[row][column].trim();
  const value = numberOf(cell);
  if (value !== null) return value;
  if (!isMissing(cell)) {
    const advice = numberAdvice(cell);
    const fix = /\bempty\b/.test(advice) ? "Write a finite number, or none and fill it." : advice;
    throw cellError(table, row, column, "be a finite number", fix);
  }
  if (fill === "none") throw filling(cellError(table, row, column, "be a finite number", FILL_IT));
  return null;
}

/** Whether a cell says that there is no value. */
export function isMissing(cell: string): boolean {
  return MISSING.test(cell.trim());
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
