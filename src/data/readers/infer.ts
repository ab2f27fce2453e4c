import { booleanOf, type ColumnType, dateOf, hasLeadingZero, numberOf } from "./cells.js";

/** How the cells of one column are read. */
export interface CellFormat {
  /** Cells that hold no value, besides empty ones. */
  missing: ReadonlySet<string>;
  /** What stands before the fraction of a number. */
  decimal: "." | ",";
}

const SPACE = 32;

export function isMissing(cell: string, { missing }: CellFormat): boolean {
  return cell === "" || (missing.size > 0 && missing.has(cell)) || (cell.charCodeAt(0) <= SPACE && cell.trim() === "");
}

/** A number as the file writes it. */
export function numberIn(cell: string, { decimal }: CellFormat): number | null {
  const text = cell.trim();
  if (decimal === ".") return numberOf(text);
  return text.includes(".") ? null : numberOf(text.replace(",", "."));
}

/** A number of a column of numbers: null also for one that begins with a zero, as names do (zip codes), which would lose it. */
export function columnNumberIn(cell: string, format: CellFormat): number | null {
  return hasLeadingZero(cell.trim()) ? null : numberIn(cell, format);
}

/**
 * What a column holds, as far as its cells tell: the narrowest type that all of them are. Whole numbers that begin with a zero are
 * text: they are names (zip codes), and would lose it.
 */
export class TypeGuess {
  readonly #format: CellFormat;
  #seen = false;
  #could = { integer: true, number: true, boolean: true, date: true };

  constructor(format: CellFormat) {
    this.#format = format;
  }

  see(cell: string): void {
    if (isMissing(cell, this.#format)) return;
    this.#seen = true;
    const could = this.#could;
    if (could.number) {
      const value = columnNumberIn(cell, this.#format);
      if (value === null) could.number = could.integer = false;
      else if (could.integer) could.integer = isWholeText(cell, value);
    }
    const text = cell.trim();
    if (could.boolean) could.boolean = booleanOf(text) !== null;
    if (could.date) could.date = dateOf(text) !== null;
  }

  get type(): ColumnType {
    if (!this.#seen) return "missing";
    const { integer, number, boolean, date } = this.#could;
    return integer ? "integer" : number ? "number" : boolean ? "boolean" : date ? "date" : "text";
  }
}

/** Not 1.0 or 1e3, which were written as real numbers. */
export function isWholeText(cell: string, value: number): boolean {
  return Number.isSafeInteger(value) && /^\s*[+-]?\d+\s*$/.test(cell);
}
