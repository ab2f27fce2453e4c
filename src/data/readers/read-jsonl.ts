import { checkKnownOptions, checkList, checkString } from "../../base/check.js";
import { FormatError, show } from "../../base/errors.js";
import type { CellValue } from "./cell-value.js";
import { type ColumnType, dateOf } from "./cells.js";
import { packed } from "./columns.js";
import { DataTable } from "./data-table.js";
import { checkKeys, type JsonRow, JsonRows } from "./json-lines.js";
import { advised, RowReader } from "./row-reader.js";
import { type OpenSource, openSource, type SourceOptions, type TextSource } from "./source.js";
import { emptyFile } from "./table.js";

export interface JSONLOptions extends SourceOptions {
  /** The keys that become columns of a table; a line may lack some, and have others. Default: those of the first line, which all have. */
  columns?: readonly string[] | undefined;
}

const OP = "readJSONL";

/**
 * A JSON object on each line, also in gzip. Walked, they come one by one as `JSON.parse` gives them, in bounded memory; awaited, they
 * are a `DataTable`, whose strings that are all dates of ISO 8601 become dates, and whose arrays and objects become their JSON.
 * @param source  as for `readCSV`
 * @throws FormatError with the line of what is no JSON, no object, or has other keys than the first
 * @example
 * for await (const { text, label } of readJSONL<{ text: string; label: string }>("reviews.jsonl.gz")) learn(text, label);
 */
export function readJSONL<R = Record<string, unknown>>(source: TextSource, options: JSONLOptions = {}): RowReader<R> {
  checkKnownOptions(OP, options, ["columns", "name", "encoding"]);
  if (options.columns !== undefined) {
    for (const name of checkList(OP, "columns", options.columns)) checkString(OP, "each of columns", name);
  }
  const input = openSource(OP, source, options);
  return new RowReader<R>(
    () => walk(input) as AsyncIterator<R>,
    () => readWhole(input, options.columns),
  );
}

async function* jsonRows({ name, pieces }: OpenSource): AsyncGenerator<JsonRow> {
  const parser = new JsonRows(name);
  for await (const piece of pieces()) yield* parser.push(piece);
  yield* parser.end();
}

async function* walk(input: OpenSource): AsyncGenerator<Record<string, unknown>> {
  for await (const { values } of advised(jsonRows(input))) yield Object.fromEntries(values);
}

async function readWhole(input: OpenSource, chosen: readonly string[] | undefined): Promise<DataTable> {
  const rows: JsonRow[] = [];
  for await (const row of advised(jsonRows(input))) rows.push(row);
  if (rows.length === 0) throw emptyFile(input.name, []);
  const names = chosen ?? [...rows[0].values.keys()];
  if (chosen === undefined) for (const row of rows) checkSameKeys(input.name, names, row);
  const columns = names.map((name) => {
    const values = rows.map((row) => row.values.get(name) ?? null);
    const type = typeOf(values);
    return packed(
      name,
      type,
      values.map((value) => cellOf(value, type)),
    );
  });
  return new DataTable(
    input.name,
    columns,
    Float64Array.from(rows, ({ line }) => line),
  );
}

function checkSameKeys(source: string, names: readonly string[], row: JsonRow): void {
  try {
    checkKeys(source, names, row);
  } catch (cause) {
    if (!(cause instanceof FormatError)) throw cause;
    const { op, argument, must, value, code, details } = cause;
    const fix = `Name the keys to read: { columns: [${names.slice(0, 4).map(show).join(", ")}${names.length > 4 ? ", ..." : ""}] }.`;
    throw new FormatError({ op, argument, must, value, fix, code, details }, { cause });
  }
}

function typeOf(values: readonly unknown[]): ColumnType {
  const present = values.filter((value) => value !== null);
  const all = (test: (value: unknown) => boolean): boolean => present.every(test);
  if (present.length === 0) return "missing";
  if (all(Number.isSafeInteger)) return "integer";
  if (all((value) => typeof value === "number")) return "number";
  if (all((value) => typeof value === "boolean")) return "boolean";
  return all((value) => typeof value === "string" && dateOf(value) !== null) ? "date" : "text";
}

function cellOf(value: unknown, type: ColumnType): CellValue {
  if (value === null) return null;
  if (type === "date") return new Date(dateOf(value as string)!);
  if (type !== "text") return value as number | boolean;
  return typeof value === "string" ? value : JSON.stringify(value);
}
