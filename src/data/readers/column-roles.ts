import { listed } from "../../base/listed.js";
import { dateOf, numberOf } from "./cells.js";
import { ownColumn } from "./own-column.js";
import type { Table } from "./table.js";

const USUAL = /^(label|class|category|target|y|sentiment|stars|kind)$/i;

/** Which columns of a table are what: what is to be told of each row, and a text; null for what it does not have. */
export interface ColumnRoles {
  label: string;
  /** How many values the label has. */
  classes: number;
  /** Whether they are numbers of which there are too many to be classes. */
  isReal: boolean;
  text: string | null;
}

/** What is decided already, by the settings' names. */
export interface GivenRoles {
  label?: unknown;
  text?: unknown;
  group?: unknown;
  columns?: unknown;
  multi?: unknown;
}

/**
 * What a table seems to be about: a column with a usual name for a class, else one of few values; and the longest text. Where
 * rows are grouped or columns are named, numbers are read.
 * @param wanted  `number`: the label is to be a number
 * @returns null where no column may be the label
 */
export function columnRoles(table: Table, given: GivenRoles, wanted: "class" | "number" = "class"): ColumnRoles | null {
  const { columns, rows } = table;
  const every = (test: (cell: string) => boolean) => (column: number) => rows.every((row) => test(row[column].trim()));
  const isNumber = every((cell) => numberOf(cell) !== null);
  // A stray cell makes a column of numbers no text: it is to be told with its line.
  const isMostlyNumbers = (column: number) =>
    2 * rows.filter((row) => numberOf(row[column].trim()) !== null).length > rows.length;
  const isDate = every((cell) => dateOf(cell) !== null);
  const distinct = columns.map((_, column) => new Set(rows.map((row) => row[column])).size);
  const most = Math.min(100, rows.length / 2);
  const own = typeof given.label === "string" ? ownColumn(table, "label", given.label) : -1;
  const [group] = [given.group].map((name) => columns.indexOf(String(name)));
  // What is read is not what is told.
  const read = typeof given.columns === "string" ? listed(given.columns) : [];
  if (typeof given.text === "string") read.push(given.text);
  const may = (column: number) =>
    column !== group && !read.includes(columns[column]) && (wanted === "class" || isNumber(column));
  const usual = columns.findIndex((name, column) => USUAL.test(name) && may(column));
  const other = columns.findLastIndex(
    (_, column) => may(column) && (wanted === "number" || (distinct[column] >= 2 && distinct[column] <= most)),
  );
  const label = own >= 0 ? own : usual >= 0 ? usual : other;
  if (label < 0) return null;
  const hasFraction = () => rows.some((row) => !Number.isInteger(Number(row[label])));
  const isReal = distinct[label] > most && isNumber(label) && (distinct[label] > 20 || hasFraction());
  const length = (column: number) => rows.reduce((sum, row) => sum + row[column].length, 0);
  const isText = (column: number) => column !== label && !isMostlyNumbers(column) && !isDate(column);
  const ofNumbers = group >= 0 || typeof given.columns === "string";
  const texts = ofNumbers ? [] : [...columns.keys()].filter(isText).sort((a, b) => length(b) - length(a));
  const text = typeof given.text === "string" ? given.text : texts.length === 0 ? null : columns[texts[0]];
  return { label: columns[label], classes: distinct[label], isReal, text };
}
