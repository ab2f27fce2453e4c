import { FormatError, show } from "../../base/errors.js";
import { nearest } from "../../base/nearest.js";
import { numberAdvice, numberOf } from "./cells.js";

/** Rows of a file under the names of its columns; cells are text. */
export interface Table {
  /** What it was read from, for errors. */
  readonly source: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Where each row begins in the file, counted from 1. */
  readonly lines: readonly number[];
}

/** A row as text, and the line on which it begins, counted from 1. */
export interface TextRow {
  cells: string[];
  line: number;
}

/** A row that cannot be read: why, and the line on which it begins. */
export interface BadRow {
  line: number;
  error: FormatError;
}

export type OnBadRow = (row: BadRow) => void;

const OP = "table";

/** What may stand between cells, when nobody says. */
export const SEPARATORS = [",", "\t", ";", "|"];

/**
 * The place of a column. A name that is not there is refused with the nearest one.
 * @throws FormatError
 */
export function columnOf({ source, columns }: Pick<Table, "source" | "columns">, name: string): number {
  const at = columns.indexOf(name);
  if (at >= 0) return at;
  const near = typeof name === "string" ? nearest(name, columns) : undefined;
  const fix = near === undefined ? `Its columns are ${columnsText(columns)}.` : `Did you mean ${show(near)}?`;
  const details = { file: source, key: name, nearest: near };
  throw new FormatError({
    code: "no-column",
    op: OP,
    argument: source,
    must: "have the column",
    value: show(name),
    fix,
    details,
  });
}

/** The first ones, of many. */
function columnsText(columns: readonly string[]): string {
  const shown = columns.slice(0, SHOWN).map((name) => (name.length > 60 ? `${name.slice(0, 57)}...` : name));
  const more = columns.length - shown.length;
  return shown.join(", ") + (more > 0 ? ` and ${more.toLocaleString("en")} more` : "");
}

const SHOWN = 20;

/**
 * A cell as a number.
 * @throws FormatError with line and column for what is none: `1,5`, `12 kg`, NaN, infinity, nothing
 */
export function numberAt(table: Table, row: number, column: number): number {
  const cell = table.rows[row][column];
  const value = numberOf(cell.trim());
  if (value !== null && Math.abs(value) > LARGEST_NUMBER) throw tooLargeNumber(table, row, column);
  if (value !== null) return value;
  const advice = numberAdvice(cell);
  // Here no cell may be empty, as those of a table with missing values may.
  const none = cell.trim() === "" || /\bempty\b/.test(advice) ? "Write a finite number, or leave the row out." : advice;
  const fix = none === "" ? NO_NUMBER : none;
  throw cellError(table, row, column, "be a finite number", fix);
}

/** What to do with a cell of which nobody can tell how it is meant. */
export const NO_NUMBER = "Write a number in its place, or leave the row out.";

/** Of larger ones no mean and no deviation can be told: their squares are infinite. */
export const LARGEST_NUMBER = 1e100;

export function tooLargeNumber(table: Table, row: number, column: number): FormatError {
  const fix = "Write the numbers of this column in a larger unit.";
  return cellError(table, row, column, `be at most ${LARGEST_NUMBER} in size`, fix);
}

/** What is wrong with one cell, and where it is. */
export function cellError(table: Table, row: number, column: number, must: string, fix = ""): FormatError {
  const { source, columns, rows, lines } = table;
  return badCell({ source, line: lines[row], name: columns[column], column }, show(rows[row][column]), must, fix);
}

/** Where a cell is. */
export interface CellPlace {
  source: string;
  line: number;
  /** Of the column, and its number from 0. */
  name: string;
  column: number;
}

export function badCell(place: CellPlace, value: string, must: string, fix: string): FormatError {
  const { source: file, line, name, column } = place;
  const argument = `${file}:${line}: column ${show(name)}`;
  const details = { file, line, column: column + 1 };
  return new FormatError({ code: "bad-cell", op: OP, argument, must, value, fix, details });
}

function fail(file: string, line: number, argument: string, must: string, value: string, fix: string, column?: number) {
  const details = { file, line, ...(column === undefined ? {} : { column }) };
  return new FormatError({ code: "bad-table", op: OP, argument, must, value, fix, details });
}

/** The error for a file without rows. */
export function emptyFile(source: string, columns: readonly string[]): FormatError {
  return fail(source, 1, source, "hold rows below its header", columns.length === 0 ? "an empty file" : "none", "");
}

/** @throws FormatError for a header that names a column twice or not at all */
export function checkHeader(source: string, columns: readonly string[], line: number): void {
  const argument = `${source}:${line}`;
  const unnamed = columns.findIndex((name) => name.trim() === "");
  if (unnamed >= 0) {
    const value = `nothing for column ${unnamed + 1}`;
    throw fail(source, line, argument, "name every column", value, "Name it.", unnamed + 1);
  }
  const before = new Set<string>();
  const twice = columns.findIndex((name) => before.size === before.add(name).size);
  if (twice < 0) return;
  const value = `${show(columns[twice])} twice`;
  throw fail(source, line, argument, "name each column once", value, "Rename one of them.", twice + 1);
}

/**
 * @param delimiter  what stands between its cells
 * @throws FormatError for a row with other cells than the header has, whose column is the first that is missing or too many; for the
 *   header once more, as in files that were put together
 */
export function checkRow(
  source: string,
  columns: readonly string[],
  delimiter: string,
  { cells, line }: TextRow,
): void {
  const { length: width } = columns;
  const argument = `${source}:${line}`;
  if (cells.length === width) {
    if (width === 1 || cells[0] !== columns[0] || cells.some((cell, i) => cell !== columns[i])) return;
    throw fail(source, line, argument, "be a row", "the header once more", "Leave the line out.");
  }
  const must = `have ${width} ${width === 1 ? "cell" : "cells"}, as the header has`;
  const fix = raggedFix(columns, cells, delimiter);
  throw fail(source, line, argument, must, `${cells.length}`, fix, Math.min(cells.length, width) + 1);
}

function raggedFix(columns: readonly string[], cells: readonly string[], delimiter: string): string {
  const { length: width } = columns;
  const quoted = "or put a cell that holds the separator (as 1,5 does) or a line break in double quotes";
  if (cells.length > width) {
    const over = cells.slice(width);
    if (over.every((cell) => cell.trim() === "")) return "Take out the separators at its end.";
    // A title, or remarks: what has one cell heads no table of several columns.
    if (width === 1) return `Take out the lines above the header, ${quoted}.`;
    return `Take out ${show(over[0])}, ${quoted}.`;
  }
  const other = cells.length === 1 && SEPARATORS.find((mark) => cells[0].split(mark).length === width);
  if (other) return `Write ${show(delimiter)} between its cells, as in the header, and not ${show(other)}.`;
  return `Write its ${show(columns[cells.length])} too, ${quoted}.`;
}

/** The rows that `check` lets pass; the others are told. @throws FormatError for the first of them where nobody is to be told */
export function withoutBad<R extends { line: number }>(
  rows: R[],
  check: (row: R) => void,
  onBad: OnBadRow | undefined,
): R[] {
  if (onBad === undefined) {
    for (const row of rows) check(row);
    return rows;
  }
  return rows.filter((row) => {
    try {
      check(row);
      return true;
    } catch (error) {
      if (!(error instanceof FormatError)) throw error;
      onBad({ line: row.line, error });
      return false;
    }
  });
}

/** Rows that have been checked, as a table. */
export function tableOf(source: string, columns: readonly string[], rows: readonly TextRow[]): Table {
  return { source, columns, rows: rows.map(({ cells }) => cells), lines: rows.map(({ line }) => line) };
}
