import { type CellFormat, TypeGuess } from "../../data/readers/infer.js";
import type { ColumnDetail } from "./details.js";

const ANY: CellFormat = { missing: new Set<string>(), decimal: "." };

interface SeenColumn {
  name: string;
  guess: TypeGuess;
  type: ColumnDetail["type"];
}

/** What the columns of a table hold, of which the rows come one after another. */
export class SeenColumns {
  readonly #columns: readonly SeenColumn[];
  /** Of the row before: a cell that comes again says nothing new. */
  #before: readonly string[] = [];
  rows = 0;

  constructor(names: readonly string[]) {
    this.#columns = names.map((name) => ({ name, guess: new TypeGuess(ANY), type: "missing" }));
  }

  see(cells: readonly string[]): void {
    for (let i = 0; i < this.#columns.length; i++) {
      const [cell, column] = [cells[i], this.#columns[i]];
      if (cell === this.#before[i] || isKnown(cell, column.type)) continue;
      column.guess.see(cell);
      column.type = column.guess.type;
    }
    this.#before = cells;
    this.rows++;
  }

  /** @param uses  what they are to the task, by their names; all others are not used */
  details(uses: Readonly<Record<string, string>>): ColumnDetail[] {
    return this.#columns.map(({ name, type }) => {
      return { name, type, use: Object.hasOwn(uses, name) ? uses[name] : null };
    });
  }
}

const [MINUS, POINT, ZERO, NINE] = [45, 46, 48, 57];
/** So many digits are a whole number without loss. */
const MOST_DIGITS = 15;

/** Whether a cell says nothing new of its column, as is seen without parsing it: most cells, of which there are millions. */
function isKnown(cell: string, type: ColumnDetail["type"]): boolean {
  if (type === "text") return true;
  if (type !== "integer" && type !== "number") return false;
  const from = cell.charCodeAt(0) === MINUS ? 1 : 0;
  if (cell.length === from || cell.length > MOST_DIGITS) return false;
  let points = type === "integer" ? 1 : 0;
  for (let i = from; i < cell.length; i++) {
    const code = cell.charCodeAt(i);
    if (code === POINT && i > from && points === 0) points++;
    else if (code < ZERO || code > NINE) return false;
  }
  // A name that begins with a zero is none of its numbers.
  return cell.charCodeAt(from) !== ZERO || cell.length === from + 1 || cell.charCodeAt(from + 1) === POINT;
}
