import { type CellFormat, TypeGuess } from "../../data/readers/infer.js";
import type { ColumnDetail } from "./details.js";

const ANY: CellFormat = { missing: new Set<string>(), decimal: "." };

/** What the columns of a table hold, of which the rows come one after another. */
export class SeenColumns {
  readonly #columns: readonly { name: string; guess: TypeGuess }[];
  /** Of the row before: a cell that comes again says nothing new. */
  #before: readonly string[] = [];
  rows = 0;

  constructor(names: readonly string[]) {
    this.#columns = names.map((name) => ({ name, guess: new TypeGuess(ANY) }));
  }

  see(cells: readonly string[]): void {
    for (const [i, { guess }] of this.#columns.entries()) if (cells[i] !== this.#before[i]) guess.see(cells[i]);
    this.#before = cells;
    this.rows++;
  }

  /** @param uses  what they are to the task, by their names; all others are not used */
  details(uses: Readonly<Record<string, string>>): ColumnDetail[] {
    return this.#columns.map(({ name, guess }) => {
      return { name, type: guess.type, use: Object.hasOwn(uses, name) ? uses[name] : null };
    });
  }
}
