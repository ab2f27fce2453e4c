import { FormatError } from "../../base/errors.js";
import type { DataTable, Row } from "./data-table.js";

/**
 * A file that is read when it is walked, row by row in bounded memory, or awaited, as a whole table.
 * @example
 * for await (const row of readCSV("big.csv")) use(row.price);
 * const table = await readCSV("small.csv");
 */
export class RowReader<R = Row> implements AsyncIterable<R>, PromiseLike<DataTable> {
  readonly #rows: () => AsyncIterator<R>;
  readonly #table: () => Promise<DataTable>;
  #read: Promise<DataTable> | null = null;

  /** @internal */
  constructor(rows: () => AsyncIterator<R>, table: () => Promise<DataTable>) {
    this.#rows = rows;
    this.#table = table;
  }

  /** From the first row on, also where it was walked before; what cannot be read twice says so. */
  [Symbol.asyncIterator](): AsyncIterator<R> {
    return this.#rows();
  }

  /** The whole as a table: what `await` gives. */
  table(): Promise<DataTable> {
    this.#read ??= this.#table();
    return this.#read;
  }

  /** Makes `await readCSV(...)` the table. */
  // biome-ignore lint/suspicious/noThenProperty: nothing is read until somebody asks, as with a query
  then<A = DataTable, B = never>(
    onTable?: ((table: DataTable) => A | PromiseLike<A>) | null,
    onError?: ((error: unknown) => B | PromiseLike<B>) | null,
  ): Promise<A | B> {
    return this.table().then(onTable, onError);
  }
}

/** Adds to errors of a text's bytes what a reader with an `encoding` can do about them. */
export async function* advised<T>(rows: AsyncIterable<T>): AsyncGenerator<T> {
  try {
    yield* rows;
  } catch (error) {
    if (!(error instanceof FormatError) || error.code !== "not-utf8") throw error;
    const encoding = /utf-16[lb]e/.exec(error.value)?.[0] ?? "windows-1252";
    const { op, argument, must, value, code, details } = error;
    const fix = `${error.fix.replace(/\.$/, "")}, or read it with its { encoding: "${encoding}" }.`;
    throw new FormatError({ op, argument, must, value, fix, code, details }, { cause: error });
  }
}
