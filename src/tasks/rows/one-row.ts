import type { Table } from "../../data/readers/index.js";

/** A table of one row, which is another each time: for readers of tables, where rows come one by one. */
export class OneRow implements Table {
  readonly source: string;
  readonly columns: readonly string[];
  readonly rows: string[][];
  readonly lines = [0];

  constructor(source: string, columns: readonly string[]) {
    this.source = source;
    this.columns = columns;
    this.rows = [columns.map(() => "")];
  }

  /** @param places  of the columns whose cells these are; the others stay empty */
  set(line: number, places: readonly number[], cells: readonly string[]): void {
    this.lines[0] = line;
    for (const [i, place] of places.entries()) this.rows[0][place] = cells[i];
  }
}
