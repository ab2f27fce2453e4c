import { cellError, ownColumn, type Table } from "../../data/readers/index.js";

/** How the rows of a table become sequences. */
export interface SequenceSettings {
  /** The column of an id: its rows are one sequence. */
  group: string | null;
  /** Rows in a sequence; 0: those of a group, or one. */
  window: number;
  /** Rows from the start of one window to that of the next; 0: a window's. */
  stride: number;
}

/** Rows `from` (with) to `to` (without) of a table. */
export interface Span {
  from: number;
  to: number;
}

/** Whether each row is a step; else each is a sequence by itself. */
export function rowsAreSteps({ group, window }: SequenceSettings): boolean {
  return group !== null || window > 0;
}

/** Cuts a table that comes in parts into sequences: each row, the rows of a group, or windows of them. */
export class Sequencer {
  readonly #settings: SequenceSettings;
  readonly #seen = new Set<string>();
  /** The group whose rows are being read, and whether a window of it was given. */
  #id: string | null = null;
  #given = false;
  /** Rows of it that lie between two windows, and come with the next part. */
  #skip = 0;

  constructor(settings: SequenceSettings) {
    this.#settings = settings;
  }

  /**
   * @param final  whether no rows follow
   * @returns the sequences that are whole, and the row from which on the next part has to begin
   * @throws FormatError for a group whose rows do not stand together
   */
  take(table: Table, final: boolean): { spans: Span[]; rest: number } {
    const { length } = table.rows;
    if (!rowsAreSteps(this.#settings)) {
      return { spans: table.rows.map((_, from) => ({ from, to: from + 1 })), rest: length };
    }
    const column = this.#settings.group === null ? -1 : ownColumn(table, "group", this.#settings.group);
    const spans: Span[] = [];
    let from = 0;
    while (from < length) {
      if (column >= 0) this.#open(table, from, column);
      let to = from + 1;
      while (to < length && (column < 0 || table.rows[to][column] === table.rows[from][column])) to++;
      const whole = to < length || final;
      from = this.#cut({ from, to }, whole, spans);
      if (!whole) break;
      [from, this.#given, this.#skip] = [to, false, 0];
    }
    return { spans, rest: from };
  }

  #open(table: Table, row: number, column: number): void {
    const id = table.rows[row][column];
    if (id.trim() === "") throw cellError(table, row, column, "name a group", "Name it, or leave the row out.");
    if (id === this.#id) return;
    if (this.#seen.has(id)) {
      throw cellError(table, row, column, "stand with the other rows of its group", "Sort the rows by that column.");
    }
    this.#seen.add(id);
    [this.#id, this.#given, this.#skip] = [id, false, 0];
  }

  /** Adds the sequences of a run of rows; returns the first row of what is not given yet. */
  #cut({ from, to }: Span, whole: boolean, spans: Span[]): number {
    const { window, stride } = this.#settings;
    if (window === 0) {
      if (whole) spans.push({ from, to });
      return from;
    }
    let at = from + this.#skip;
    for (; at + window <= to; at += stride || window) {
      spans.push({ from: at, to: at + window });
      this.#given = true;
    }
    // Rows that are too few for one window are a shorter one.
    if (whole && !this.#given) spans.push({ from, to });
    this.#skip = Math.max(0, at - to);
    return Math.min(at, to);
  }
}
