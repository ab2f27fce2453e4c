import {
  checkKnownOptions,
  checkList,
  checkObject,
  checkOneOf,
  checkOptionsObject,
  checkString,
} from "../../base/check.js";
import { type CellValue, readCell } from "./cell-value.js";
import type { ColumnType } from "./cells.js";
import { checkTypes, packed } from "./columns.js";
import { DataTable, type Row } from "./data-table.js";
import { type DelimitedOptions, DelimitedRows } from "./delimited.js";
import { type CellFormat, TypeGuess } from "./infer.js";
import { advised, RowReader } from "./row-reader.js";
import { type OpenSource, openSource, type SourceOptions, type TextSource } from "./source.js";
import { columnOf, type TextRow } from "./table.js";

export interface CSVOptions extends DelimitedOptions, SourceOptions {
  /** The columns to keep, in this order. Default: all. */
  columns?: readonly string[] | undefined;
  /** What columns hold, instead of what their cells look like: `{ zip: "text" }`. */
  types?: Readonly<Record<string, Exclude<ColumnType, "missing">>> | undefined;
  /** Cells that hold no value, besides empty ones: `["NA", "NaN"]`. Default none. */
  missing?: readonly string[] | undefined;
  /** What stands before the fraction of a number. Default a point. */
  decimal?: "." | "," | undefined;
}

const OP = "readCSV";
/** Rows whose cells decide the types of those that are walked. */
const LOOKED_AT = 1000;

/**
 * Rows of CSV or TSV, also in gzip. Walked, they come one by one in bounded memory; awaited, they are a `DataTable` of columns.
 *
 * Columns are `number`, `integer`, `boolean` (true, false), `date` (ISO 8601; UTC where no zone is given) or `text`, as their cells
 * look: of a table all of them, of rows that are walked the first 1000, and a later cell that is none is an error. Empty cells are
 * missing: null in a row, NaN among the numbers of a column. Whole numbers with leading zeros are text.
 * @param source  the path of a file (Node), a File, Blob, Response, stream, bytes, or what yields bytes or text: `["a,b\n1,2\n"]`
 * @throws FormatError with line and column for ragged rows, quotes that are not closed, columns that are missing, named twice or not at
 *   all, cells that are not of their type, bytes that are no text; FileError for a file that cannot be read
 * @example
 * const table = await readCSV("weather.csv", { types: { zip: "text" } });
 * for await (const { date, wind } of readCSV<{ date: Date; wind: number }>(file)) console.log(date, wind);
 */
export function readCSV<R = Row>(source: TextSource, options: CSVOptions = {}): RowReader<R> {
  const settings = resolve(options);
  const input = openSource(OP, source, options);
  const typedRows = (): AsyncIterator<R> => advised(walk(input, options, settings)) as AsyncIterator<R>;
  return new RowReader<R>(typedRows, () => readWhole(input, options, settings));
}

interface Settings {
  format: CellFormat;
  types: Readonly<Record<string, ColumnType>>;
  columns: readonly string[] | undefined;
}

function resolve(options: CSVOptions): Settings {
  const own = ["columns", "types", "missing", "decimal", "name", "encoding", "delimiter", "quotes", "header"];
  checkOptionsObject(OP, options);
  checkKnownOptions(OP, options, own);
  const { columns, types = {}, missing = [], decimal = ".", header = true } = options;
  checkObject(OP, "types", types, "an object of types by column");
  checkTypes(OP, types);
  if (typeof header !== "boolean")
    for (const name of checkList(OP, "header", header)) checkString(OP, "each of header", name);
  if (columns !== undefined)
    for (const name of checkList(OP, "columns", columns)) checkString(OP, "each of columns", name);
  for (const word of checkList(OP, "missing", missing)) checkString(OP, "each of missing", word);
  checkOneOf(OP, "decimal", decimal, [".", ","]);
  return { format: { missing: new Set(missing), decimal }, types, columns };
}

/** Rows of text, some at a time, and the places of the columns that are kept. */
async function* textRows(
  { name, pieces }: OpenSource,
  options: CSVOptions,
): AsyncGenerator<{ rows: TextRow[]; columns: readonly string[] }> {
  const { delimiter, quotes, header } = options;
  const parser = new DelimitedRows(name, { delimiter, quotes, header });
  for await (const piece of pieces()) {
    const rows = parser.push(piece);
    if (rows.length > 0) yield { rows, columns: parser.columns };
  }
  const rows = parser.end();
  if (rows.length > 0) yield { rows, columns: parser.columns };
}

/** A column that is kept, and how it is read. */
interface Reading {
  name: string;
  place: number;
  type: ColumnType;
}

function readings(source: string, columns: readonly string[], rows: readonly TextRow[], settings: Settings): Reading[] {
  const { format, types } = settings;
  for (const name of Object.keys(types)) columnOf({ source, columns }, name);
  const places = settings.columns?.map((name) => columnOf({ source, columns }, name)) ?? [...columns.keys()];
  return places.map((place) => {
    const name = columns[place];
    if (Object.hasOwn(types, name)) return { name, place, type: types[name] };
    const guess = new TypeGuess(format);
    for (const { cells } of rows) guess.see(cells[place]);
    return { name, place, type: guess.type };
  });
}

function valueIn(
  source: string,
  { cells, line }: TextRow,
  { name, place, type }: Reading,
  format: CellFormat,
): CellValue {
  return readCell(cells[place], type, format, { source, line, name, column: place });
}

async function* walk(input: OpenSource, options: CSVOptions, settings: Settings): AsyncGenerator<Row> {
  let waiting: TextRow[] = [];
  let reading: Reading[] | null = null;
  let names: readonly string[] = [];
  const typed = (row: TextRow): Row =>
    Object.fromEntries(reading!.map((column) => [column.name, valueIn(input.name, row, column, settings.format)]));
  const begin = () => {
    // However many have come at once, so that types do not follow from how the bytes are cut.
    const first = waiting.slice(0, LOOKED_AT);
    // A whole number among the first ones does not say that no fraction follows.
    reading = readings(input.name, names, first, settings).map((column) =>
      column.type === "integer" && !Object.hasOwn(settings.types, column.name) ? { ...column, type: "number" } : column,
    );
  };
  for await (const { rows, columns } of textRows(input, options)) {
    names = columns;
    for (const row of rows) waiting.push(row);
    if (reading === null && waiting.length < LOOKED_AT) continue;
    if (reading === null) begin();
    for (const row of waiting) yield typed(row);
    waiting = [];
  }
  if (reading === null) begin();
  for (const row of waiting) yield typed(row);
}

async function readWhole(input: OpenSource, options: CSVOptions, settings: Settings): Promise<DataTable> {
  const rows: TextRow[] = [];
  let names: readonly string[] = [];
  for await (const part of advised(textRows(input, options))) {
    names = part.columns;
    for (const row of part.rows) rows.push(row);
  }
  const { format } = settings;
  const columns = readings(input.name, names, rows, settings).map((reading) => {
    const values = rows.map((row) => valueIn(input.name, row, reading, format));
    return { ...packed(reading.name, reading.type, values), decimal: format.decimal };
  });
  return new DataTable(
    input.name,
    columns,
    Float64Array.from(rows, ({ line }) => line),
  );
}
