import { dateOf, numberOf } from "./cells.js";
import type { Table } from "./table.js";

/** Names of columns that tell rows or groups of rows apart. */
const ID = /(^|[\s_.-])(id|uuid|guid|key|sku|nr|no)$|(?<=[a-z])(Id|ID|Key|Nr|No)$/;
/** Of fewer rows nobody can tell. */
const FEWEST = 8;

/** What the columns of a table look like, by their numbers. */
export class ColumnKinds {
  readonly #table: Table;

  constructor(table: Table) {
    this.#table = table;
  }

  every(column: number, test: (cell: string) => boolean): boolean {
    return this.#table.rows.every((row) => test(row[column].trim()));
  }

  isNumber(column: number): boolean {
    return this.every(column, (cell) => numberOf(cell) !== null);
  }

  isDate(column: number): boolean {
    return this.every(column, (cell) => dateOf(cell) !== null);
  }

  /** How many values it has. */
  distinct(column: number): number {
    return new Set(this.#table.rows.map((row) => row[column])).size;
  }

  /** Whether its name says that it tells rows or groups apart, and its cells are names of such: one word each. */
  isId(column: number): boolean {
    const name = this.#table.columns[column];
    return (ID.test(name) || ID.test(name.toLowerCase())) && this.every(column, (cell) => !/\s/.test(cell));
  }

  /** Whether most of its cells are numbers, also with a comma before the fraction: what is none then is to be told with its line. */
  isMostlyNumbers(column: number): boolean {
    const { rows } = this.#table;
    const isMeant = (cell: string) => numberOf(cell.replace(",", ".")) !== null;
    return 2 * rows.filter((row) => isMeant(row[column].trim())).length > rows.length;
  }

  /** Words in a cell, on average. */
  words(column: number): number {
    const { rows } = this.#table;
    return rows.reduce((sum, row) => sum + row[column].trim().split(/\s+/).length, 0) / rows.length;
  }

  /** Whether it counts the rows, or tells when each was written: the same step from each row to the next, or names by which all differ. */
  numbersRows(column: number): boolean {
    const { rows } = this.#table;
    if (rows.length < FEWEST) return false;
    if (this.isId(column) && this.distinct(column) === rows.length) return true;
    const at = (row: number) => numberOf(rows[row][column].trim()) ?? dateOf(rows[row][column].trim()) ?? Number.NaN;
    const step = at(1) - at(0);
    return step > 0 && rows.every((_, row) => row === 0 || Math.abs(at(row) - at(row - 1) - step) < 1e-6 * step);
  }

  /** Whether its name says that it tells groups apart, the rows of each stand together, and all of a group have one `label`. */
  isGroup(column: number, label: number): boolean {
    const { rows } = this.#table;
    const groups = this.distinct(column);
    if (column === label || !this.isId(column) || groups < FEWEST || 2 * groups > rows.length) return false;
    const starts = rows.filter((row, i) => i === 0 || row[column] !== rows[i - 1][column]).length;
    const isTorn = rows.some(
      (row, i) => i > 0 && row[column] === rows[i - 1][column] && row[label] !== rows[i - 1][label],
    );
    return starts === groups && !isTorn;
  }
}
