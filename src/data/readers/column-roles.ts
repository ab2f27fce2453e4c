import { numberOf } from "./cells.js";
import { ownColumn } from "./own-column.js";
import type { Table } from "./table.js";

const USUAL = /^(label|class|category|target|y|sentiment|stars|kind)$/i;

/** Which columns of a table are what: the class of each row, and a text; null for what it does not have. */
export interface ColumnRoles {
  label: string;
  /** How many classes there are. */
  classes: number;
  text: string | null;
}

/**
 * What a table seems to be about: a column with a usual name for a class, else one of few values; and the longest text.
 * @param given  what is decided already
 * @returns null where no column may be a class
 */
export function columnRoles(table: Table, given: { label?: unknown; text?: unknown }): ColumnRoles | null {
  const { columns, rows } = table;
  const distinct = columns.map((_, column) => new Set(rows.map((row) => row[column])).size);
  const few = distinct.findLastIndex((number) => number >= 2 && number <= Math.min(100, rows.length / 2));
  const usual = columns.findIndex((column) => USUAL.test(column));
  const label = typeof given.label === "string" ? ownColumn(table, "label", given.label) : usual >= 0 ? usual : few;
  if (label < 0) return null;
  const isNumber = (column: number) => rows.every((row) => numberOf(row[column].trim()) !== null);
  const length = (column: number) => rows.reduce((sum, row) => sum + row[column].length, 0);
  const texts = columns.flatMap((_, column) => (column === label || isNumber(column) ? [] : [column]));
  const longest = texts.sort((a, b) => length(b) - length(a))[0];
  const text = typeof given.text === "string" ? given.text : longest === undefined ? null : columns[longest];
  return { label: columns[label], classes: distinct[label], text };
}
