import { FormatError, show } from "../../base/errors.js";
import { cellError, ownColumn, type Table } from "../../data/readers/index.js";
import type { Fill, SeriesSettings } from "./config.js";
import { stepsBetween, stepText, type TimeAxis, type TimeForm, timeAfter, timeText } from "./time-axis.js";

/** What came of a series before the rows of a table, and was let go. */
export interface Before {
  first: number;
  from: number;
  /** Rows of it. */
  count: number;
}

/** The rows of a series, and the times of all rows of its table. */
export interface Timed {
  rows: readonly number[];
  times: Float64Array;
  form: TimeForm;
  axis: TimeAxis;
  before: Before;
}

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
  refuse(must: string, fix: string): FormatError;
  /** The cells of the time and of the one before it. */
  cells(): readonly [own: string, last: string];
  /** The column that tells series apart, where one does: times that come again or too early are those of several. */
  apart(): string | undefined;
  /** A row after this one that is of a time between the two. */
  late?(): { time: number; line: number } | undefined;
}

/**
 * How many steps each row is after the first of its series.
 * @throws FormatError for a time that comes twice, too early or between two steps, and for a gap that nothing is to fill
 */
export function stepsOf(
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
    const faults = (): TimeFaults => ({
      refuse: (must, fix) => cellError(table, row, column, must, fix),
      cells: () => [table.rows[row][column], table.rows[last][column]],
      apart,
      late: () => {
        const found = rows.find((other, at) => at > i && times[other] > times[last] && times[other] < times[row]);
        return found === undefined ? undefined : { time: times[found], line: table.lines[found] };
      },
    });
    steps.push(stepAfter(rules, { first, before, time: times[row] }, faults) - from);
  }
  checkMostThere(table.source, table.lines[rows[0]], count + rows.length, from + steps.at(-1)!);
  return steps;
}

/**
 * How many steps a time is after the first of its series.
 * @param faults  asked where the time does not fit
 * @throws FormatError for one that comes twice, too early, between two steps, or after a gap that nothing fills
 */
export function stepAfter(rules: TimeRules, next: NextTime, faults: () => TimeFaults): number {
  const { first, before, time } = next;
  if (time <= before.time) throw disorder(rules, next, faults());
  const step = stepsBetween(rules.axis, first, time);
  if (!Number.isInteger(step)) throw unevenness(rules, next, faults());
  const missing = step - before.step - 1;
  if (missing > 0 && rules.fill === "none") throw gap(rules, next, faults(), missing);
  return step;
}

/** A time as the file writes it, or with its day, where months are read as days. */
function shown({ form, axis }: TimeRules, time: number): string {
  return timeText(time, form === "month" && axis.unit === "ms" ? "day" : form);
}

/** The row before, for errors. */
function placeBefore(rules: TimeRules, { before: { time, line } }: NextTime): string {
  return `${shown(rules, time)} in ${lineText(line)}`;
}

/** Where a row stands; one that is kept of a piece before has no line: 0. */
export function lineText(line: number): string {
  return line > 0 ? `line ${line}` : "a piece before";
}

function disorder(rules: TimeRules, next: NextTime, { refuse, cells, apart }: TimeFaults): FormatError {
  const back = next.before.time - next.time;
  const place = placeBefore(rules, next);
  const must = back === 0 ? `come once, and not again after ${place}` : `be later than ${place}`;
  // Times that come again or too early are those of several series, where a column tells these apart.
  const name = apart();
  if (name !== undefined) {
    const fix = `Tell series apart by id: ${show(name)}.`;
    return advised(refuse(must, fix), fix, { id: name });
  }
  const isLocal = rules.form === "instant" && !ZONE.test(cells()[0].trim());
  if (isLocal && back < DAY / 2) {
    const fix =
      "Write the zone, if a clock has this hour twice (2024-10-27T02:00+02:00), or sort the rows and leave one out.";
    return refuse(must, fix);
  }
  const fix = back === 0 ? "Leave one of the rows out." : "Sort the rows by time.";
  return refuse(must, fix);
}

/** What a time ends with that says its zone. */
export const ZONE = /(?:Z|[+-]\d{2}:?\d{2})$/;
const DAY = 86_400_000;

function unevenness(rules: TimeRules, next: NextTime, { refuse, cells }: TimeFaults): FormatError {
  const { axis } = rules;
  const expected = shown(rules, timeAfter(axis, next.before.time, 1));
  const must = `be whole steps of ${stepText(axis)} after ${placeBefore(rules, next)}, as ${expected} is`;
  const [cell, last] = cells().map((text) => text.trim());
  // What a clock on the wall shows is the same.
  const isZone = ZONE.test(cell) && cell.slice(10).replace(ZONE, "") === last.slice(10).replace(ZONE, "");
  const fix = isZone
    ? "Leave the zone out: where clocks change, days are not of one length."
    : "Put the rows into equal steps, by sums or means over each.";
  return refuse(must, fix);
}

function gap(rules: TimeRules, next: NextTime, { refuse, late }: TimeFaults, missing: number): FormatError {
  const { axis } = rules;
  const other = late?.();
  if (other !== undefined) {
    const must = `stand after line ${other.line}, which is of ${shown(rules, other.time)}`;
    const fix = "Sort the rows by time.";
    return refuse(must, fix);
  }
  const expected = shown(rules, timeAfter(axis, next.before.time, 1));
  const must = `be ${expected}, ${stepText(axis)} after ${placeBefore(rules, next)} (${missing} missing)`;
  return filling(refuse(must, FILL_IT));
}

export const FILL_IT = 'Fill it: fill "previous", "linear" or "zero".';

/** @param last  the step of the last row. @throws FormatError for a series that is made up for the most part */
export function checkMostThere(file: string, line: number, rows: number, last: number): void {
  if (last < 2 * rows + 1) return;
  const argument = `${file}:${line}: the series from here`;
  const [must, value] = ["miss at most half of its times", `${last + 1 - rows} of ${last + 1}`];
  throw new FormatError({ op: "forecast", argument, must, value, details: { file, line } });
}

/** An error that a way to fill what is missing would mend. */
export function filling(error: FormatError): FormatError {
  return advised(error, error.fix, { fill: "previous" });
}

function advised(
  { op, argument, must, value, code, details }: FormatError,
  fix: string,
  settings: { [key: string]: string },
): FormatError {
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
