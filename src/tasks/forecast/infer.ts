import { FormatError, show } from "../../base/errors.js";
import { listed } from "../../base/listed.js";
import { dateOf, numberOf } from "../../data/readers/cells.js";
import { looksLikeDate } from "../../data/readers/date-advice.js";
import { isTableName, ownColumn, readTable, type Table } from "../../data/readers/index.js";
import type { Inferred } from "../task.js";
import { timeOf } from "./time-axis.js";

/** Names of what is forecast, and of what is so where nothing else is: a price is known ahead of what is sold at it. */
const TARGETS = [
  /^(target|values?|y|counts?|sales|demand|load|units|quantity|qty|volume|orders|visits|revenue|consumption)$/i,
  /^(price|close)$/i,
];
const OTHER = /^(label|class|category|text|sentiment|stars|kind)$/i;
const TIME = /^(time|date|day|month|year|week|hour|ds|timestamp|datetime|t|ts|period|datum|epoch)$/i;
/** Names of what says that a step is a fault, which nobody forecasts. */
const FAULT = /^(is[ _-]?)?(anomal(y|ies|ous)|fault|faulty|outlier|failure|attack|alarm)$/i;

interface Given {
  time?: unknown;
  target?: unknown;
  id?: unknown;
  horizon?: unknown;
  /** Of each step what it is, by itself nothing to forecast. */
  label?: unknown;
  /** What is read beside what is forecast. */
  known?: unknown;
  static?: unknown;
}

const namesIn = (list: unknown): string[] => listed(typeof list === "string" ? list : null);

/**
 * What a table of series says of itself: a column of dates, one of numbers, and perhaps one that tells series apart.
 * @param given  what is decided already: who names a horizon or a target has series, also where times are numbers
 * @param asked  the task was named, which says as much
 */
export function inferSeries(
  name: string,
  bytes: () => Uint8Array,
  given: Given & { text?: unknown },
  asked = false,
): Inferred | null {
  const isOther = given.text !== undefined || (given.label !== undefined && !asked);
  if (!(asked || isTableName(name)) || isOther) return null;
  return seriesIn(readTable(bytes(), name), given, asked);
}

/** As `inferSeries`, of a table. */
export function seriesIn(table: Table, given: Given, asked: boolean): Inferred | null {
  const isSure = asked || [given.time, given.target, given.horizon].some((value) => value !== undefined);
  if (!isSure && table.columns.some((column) => OTHER.test(column))) return null;
  const time = timeColumn(table, given, isSure);
  if (time < 0 && asked && given.time === undefined) throw noTimes(table);
  if (time < 0) return null;
  // One cell that is no number, or none as it is written here, makes a column no text: it is to be told with its line.
  const isNumber = (column: number) => table.rows.some((row) => isNumberLike(row[column].trim()));
  const others = [...table.columns.keys()].filter((column) => column !== time && !isTaken(table, column, given));
  const texts = others.filter((column) => !isNumber(column) && table.columns[column] !== given.target);
  // Where nothing else can be meant, times that come twice are told with their lines.
  const told = idColumn(table, time, { texts, others }, given);
  const id = told === undefined && isSure ? null : told;
  const fixed = namesIn(given.static);
  const numbers = others.filter(
    (column) => column !== id && !fixed.includes(table.columns[column]) && isNumber(column),
  );
  const [usual] = TARGETS.flatMap((names) => numbers.filter((column) => names.test(table.columns[column])));
  const inferred = usual ?? numbers.at(-1) ?? (isSure ? others.at(-1) : undefined);
  const target = typeof given.target === "string" ? ownColumn(table, "target", given.target) : inferred;
  if (target === undefined || id === undefined) return null;
  const count = id === null ? 1 : new Set(table.rows.map((row) => row[id])).size;
  const names = {
    time: table.columns[time],
    target: table.columns[target],
    id: id === null ? null : table.columns[id],
  };
  const series = id === null ? "one series" : `id=${names.id} (${count} series)`;
  const doubt = [names.time, names.target].every((name) => timeOf(name) !== null);
  const header = doubt ? "; the first line is taken for the header, though it holds a time and a number" : "";
  const found = `time=${names.time}, target=${names.target}, ${series}${header}`;
  return { settings: names as Inferred["settings"], found };
}

function noTimes({ source, columns }: Table): FormatError {
  const must = "have a column of times: dates, or numbers that rise from row to row";
  const fix = "Add one: the numbers of the rows will do.";
  return new FormatError({
    op: "forecast",
    argument: source,
    must,
    value: show(columns),
    fix,
    details: { file: source },
  });
}

/** Whether a column is something else: a label, or what is read beside what is forecast. */
function isTaken(table: Table, column: number, { label, known, target }: Given): boolean {
  const name = table.columns[column];
  return name === label || namesIn(known).includes(name) || (name !== target && isOfFaults(table, column));
}

/** Whether a column says of each step whether it is a fault: by its name, and by holding two values or fewer. */
function isOfFaults({ columns, rows }: Table, column: number): boolean {
  return FAULT.test(columns[column]) && new Set(rows.map((cells) => cells[column])).size <= 2;
}

/** The column that says which steps are faults, where one does. */
export function faultColumn(table: Table): string | undefined {
  return table.columns.find((_, column) => isOfFaults(table, column));
}

/** Numbers, also with marks between thousands or a comma before the fraction. */
const isNumberLike = (cell: string): boolean => numberOf(cell) !== null || /^[+-]?\d+([.,' ]\d+)+$/.test(cell);

/** Also dates that are written otherwise, and in a file of which nothing else can be meant a cell that is none: each is told with its line. */
function timeColumn(table: Table, given: Given, isSure: boolean): number {
  const { time } = given;
  if (typeof time === "string") return ownColumn(table, "time", time);
  const isDate = (cell: string) => dateOf(cell.trim()) !== null || /^\d{4}-\d{2}$/.test(cell.trim());
  const free = [...table.columns.keys()].filter(
    (column) => !isTaken(table, column, given) && table.columns[column] !== given.target,
  );
  const firstOf = (is: (column: number) => boolean) => free.find(is) ?? -1;
  const hasTimes = (is: (cell: string) => boolean) => firstOf((column) => table.rows.every((row) => is(row[column])));
  const dates = [hasTimes(isDate), hasTimes((cell) => isDate(cell) || looksLikeDate(cell))].find((at) => at >= 0);
  if (dates !== undefined || !isSure) return dates ?? -1;
  const isNamed = (column: number) => TIME.test(table.columns[column]);
  const numbers = firstOf((column) => isNamed(column) && timeOf(table.rows[0][column]) !== null);
  if (numbers >= 0) return numbers;
  const rising = free.length > 1 ? firstOf((column) => rises(table, column)) : -1;
  if (rising >= 0) return rising;
  const most = (column: number) => 2 * table.rows.filter((row) => isDate(row[column])).length > table.rows.length;
  const mostly = firstOf(most);
  return mostly >= 0 ? mostly : firstOf(isNamed);
}

/** Whether a column holds a number in each row, and none after a larger one. */
function rises({ rows }: Table, column: number): boolean {
  const numbers = rows.map((row) => numberOf(row[column].trim()) ?? Number.NaN);
  return numbers.at(-1)! > numbers[0] && numbers.every((value, row) => row === 0 || value >= numbers[row - 1]);
}

/**
 * Null where all rows are one series; undefined where it cannot be told. Numbers tell series apart where each of them comes with most
 * of the times: those that are measured do not.
 */
function idColumn(
  table: Table,
  time: number,
  { texts, others }: { texts: readonly number[]; others: readonly number[] },
  { id, target }: Given,
): number | null | undefined {
  if (id === null) return null;
  if (typeof id === "string") return ownColumn(table, "id", id);
  const { rows, columns } = table;
  const different = (of: (row: readonly string[]) => string) => new Set(rows.map(of)).size;
  const times = different((row) => row[time]);
  if (times === rows.length) return null;
  const pairs = new Map(
    [...texts, ...others].map((column) => [column, different((row) => `${row[column]}\n${row[time]}`)]),
  );
  // Of each there are several times, or nothing is a series.
  const tells = (least: number) => (column: number) =>
    pairs.get(column)! >= least * rows.length && 2 * different((row) => row[column]) <= rows.length;
  const named = texts.find(tells(1));
  if (named !== undefined) return named;
  const isWhole = (column: number) => rows.every((row) => /^\d+$/.test(row[column].trim()));
  const isFull = (column: number) => times * different((row) => row[column]) <= 2 * rows.length;
  const numbered = others.filter((column) => !texts.includes(column) && columns[column] !== target);
  const found = numbered.find((column) => isWhole(column) && isFull(column) && tells(1)(column));
  if (found !== undefined) return found;
  // A time that comes twice in one of them is told with its line.
  const nearly = 2 * times <= rows.length ? texts.find(tells(0.98)) : undefined;
  if (nearly !== undefined) return nearly;
  // A clock that has an hour twice makes no other series of it: that is told with its line.
  return texts.length === 0 && 10 * times > 9 * rows.length ? null : undefined;
}
