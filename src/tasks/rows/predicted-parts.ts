import { FormatError } from "../../base/errors.js";
import type { Table } from "../../data/readers/index.js";
import type { BadRow } from "../../data/readers/table.js";
import type { PredictedPart, Prediction } from "../commands.js";

/** A row to be answered, or why it cannot be, and where it stands. */
export interface ReadRow<R> {
  row: R | null;
  error?: FormatError | undefined;
  line: number;
  cells: readonly string[];
}

/** Rows that came together, in their order. */
export interface ReadPart<R> {
  columns: readonly string[];
  rows: readonly ReadRow<R>[];
}

/** How many rows wait for others at most: bad ones alone would fill the memory. */
const MOST_WAITING = 4096;

/** Why nothing can be said of a row, in its place. */
export function badPrediction({ line, error }: BadRow, cells: readonly string[] = []): Prediction {
  const { message } = error;
  return { text: `error: ${message}`, values: { error: message }, line, cells, error };
}

/**
 * What a model says of rows that come in parts, in their order and in bounded memory. As many are answered together wherever parts
 * end, so that what is said, and drawn, does not depend on how a file comes.
 * @param answers  one for each row, in their order
 */
export async function* predictedParts<R>(
  parts: AsyncIterable<ReadPart<R>>,
  together: number,
  answers: (rows: readonly R[]) => AsyncIterable<Prediction> | Iterable<Prediction>,
): AsyncGenerator<PredictedPart, void, undefined> {
  let [columns, waiting]: [readonly string[], ReadRow<R>[]] = [[], []];
  /** How many of those that wait can be answered. */
  let good = 0;
  const told = async (some: readonly ReadRow<R>[]): Promise<PredictedPart> => {
    const asked = some.flatMap(({ row }) => (row === null ? [] : [row]));
    const said: Prediction[] = [];
    for await (const prediction of answers(asked)) said.push(prediction);
    let next = 0;
    const rows = some.map(({ row, error, line, cells }) =>
      row === null ? badPrediction({ line, error: error! }, cells) : { ...said[next++], line, cells },
    );
    return { columns, rows, ofLines: false };
  };
  for await (const part of parts) {
    columns = part.columns;
    for (const row of part.rows) {
      waiting.push(row);
      if (row.row !== null) good++;
      if (good < together && waiting.length < MOST_WAITING) continue;
      const some = waiting;
      [waiting, good] = [[], 0];
      yield await told(some);
    }
  }
  if (waiting.length > 0) yield await told(waiting);
}

/**
 * The rows of tables, each as `reader` reads it; null for one that is passed over.
 * @param keepBad  a row that does not fit is kept with its error; else it is refused
 */
export async function* tableRows<R>(
  parts: AsyncIterable<{ table: Table; bad: readonly BadRow[] }>,
  reader: (table: Table) => (row: number) => R | null,
  keepBad: boolean,
): AsyncGenerator<ReadPart<R>, void, undefined> {
  for await (const { table, bad } of parts) {
    const read = reader(table);
    const rows: ReadRow<R>[] = [];
    for (const [place, line] of table.lines.entries()) {
      const cells = table.rows[place];
      try {
        const row = read(place);
        if (row !== null) rows.push({ row, line, cells });
      } catch (error) {
        if (!keepBad || !(error instanceof FormatError)) throw error;
        rows.push({ row: null, error, line, cells });
      }
    }
    yield { columns: table.columns, rows: inLineOrder(rows, bad) };
  }
}

/** With those that could not be read, in their places. */
export function inLineOrder<R>(rows: ReadRow<R>[], bad: readonly BadRow[]): ReadRow<R>[] {
  if (bad.length === 0) return rows;
  const others = bad.map(({ line, error }): ReadRow<R> => ({ row: null, error, line, cells: [] }));
  return [...rows, ...others].sort((a, b) => a.line - b.line);
}
