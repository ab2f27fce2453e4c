import { FormatError } from "../../base/errors.js";
import { cellError, columnOf, numberAt, type Table } from "./table.js";

/**
 * A column that a setting names: where it is missing, the nearest name is what to set.
 * @param key  the setting; null where the name is no setting
 * @throws FormatError, with the setting in `details.settings`
 */
export function ownColumn(table: Table, key: string | null, name: string): number {
  try {
    return columnOf(table, name);
  } catch (cause) {
    if (!(cause instanceof FormatError) || key === null || cause.details.nearest === undefined) throw cause;
    const { op, argument, must, value, fix, code, details } = cause;
    const settings = { [key]: cause.details.nearest };
    throw new FormatError({ op, argument, must, value, fix, code, details: { ...details, settings } }, { cause });
  }
}

/** The class of each of these rows: the cells of a column. @throws FormatError for a missing column or an empty cell */
export function classNames(table: Table, label: string, rows: Iterable<number> = table.rows.keys()): string[] {
  const column = ownColumn(table, "label", label);
  return Array.from(rows, (row) => classAt(table, row, column));
}

/** @throws FormatError for an empty cell */
export function classAt(table: Table, row: number, column: number): string {
  const cell = table.rows[row][column];
  if (cell.trim() === "") throw cellError(table, row, column, "name a class", "Name it, or leave the row out.");
  return cell;
}

/** The number of each of these rows. @throws FormatError for a missing column or a cell that is no number */
export function labelNumbers(table: Table, label: string, rows: Iterable<number> = table.rows.keys()): number[] {
  const column = ownColumn(table, "label", label);
  return Array.from(rows, (row) => numberAt(table, row, column));
}
