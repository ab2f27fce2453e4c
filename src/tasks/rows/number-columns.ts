import { isObject } from "../../base/check.js";
import { FormatError, show } from "../../base/errors.js";
import { cellError, numberAt, type Table } from "../../data/readers/index.js";
import { classesText } from "../classes-text.js";
import { spread } from "../stored/spread.js";

/** How a column becomes numbers: shifted and scaled, or a number for each of its values, of which one is 1. */
export interface NumberColumn {
  name: string;
  /** Null for numbers. */
  values: readonly string[] | null;
  mean: number;
  scale: number;
}

export const MOST_VALUES = 200;

/** From these rows alone. @throws FormatError for a cell that is no number */
export function fitNumbers(table: Table, rows: readonly number[], column: number): NumberColumn {
  const numbers = rows.map((row) => numberAt(table, row, column));
  return { name: table.columns[column], values: null, ...spread(numbers) };
}

/** The values of these rows. @throws FormatError where there are too many */
export function fitValues(op: string, table: Table, rows: readonly number[], column: number): NumberColumn {
  const name = table.columns[column];
  const values = [...new Set(rows.map((row) => table.rows[row][column]))].sort();
  if (values.length <= MOST_VALUES) return { name, values, mean: 0, scale: 1 };
  throw tooManyValues(op, table.source, name, String(values.length));
}

export function tooManyValues(op: string, source: string, name: string, value: string): FormatError {
  const argument = `column ${show(name)} of ${source}`;
  return new FormatError({ op, argument, must: `have at most ${MOST_VALUES} values`, value });
}

/** How many numbers they are. */
export function columnsWidth(columns: readonly Pick<NumberColumn, "values">[]): number {
  return columns.reduce((sum, { values }) => sum + (values?.length ?? 1), 0);
}

/**
 * A cell: the place of its value among those that were learned, or its number, shifted and scaled.
 * @throws FormatError for a cell that is no number, or a value that was not learned
 */
export function codeOf(table: Table, row: number, column: number, { values, mean, scale }: NumberColumn): number {
  if (values === null) return (numberAt(table, row, column) - mean) / scale;
  const at = values.indexOf(table.rows[row][column]);
  if (at >= 0) return at;
  const fix = "Write one of these, or learn from rows that have it.";
  throw cellError(table, row, column, `be a value that was learned (${classesText(values)})`, fix);
}

/** The numbers of one row. @param codes  what `codeOf` gives, one a column */
export function numbersOf(columns: readonly NumberColumn[], codes: readonly number[]): number[] {
  return columns.flatMap(({ values }, i) => values?.map((_, at) => (at === codes[i] ? 1 : 0)) ?? [codes[i]]);
}

/** Whether data of a checkpoint are a column. */
export function isNumberColumn(item: unknown): item is NumberColumn {
  const given = (isObject(item) ? item : {}) as Partial<Record<keyof NumberColumn, unknown>>;
  const { name, values, mean, scale } = given;
  const isText = (value: unknown) => typeof value === "string";
  const fits = values === null || (Array.isArray(values) && values.length > 0 && values.every(isText));
  const isScale = typeof scale === "number" && scale > 0 && Number.isFinite(scale);
  return isText(name) && fits && Number.isFinite(mean) && isScale;
}
