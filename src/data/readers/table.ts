import { FormatError, show } from "../../base/errors.js";
import { nearest } from "../../base/nearest.js";

/** Rows of a file under the names of its columns; cells are text. */
export interface Table {
  /** What it was read from, for errors. */
  readonly source: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** Where each row begins in the file, counted from 1. */
  readonly lines: readonly number[];
}

const OP = "table";

/**
 * The place of a column. A name that is not there is refused with the nearest one.
 * @throws FormatError
 */
export function columnOf({ source, columns }: Table, name: string): number {
  const at = columns.indexOf(name);
  if (at >= 0) return at;
  const near = nearest(name, columns);
  const fix = near === undefined ? `Its columns are ${columns.join(", ")}.` : `Did you mean ${show(near)}?`;
  const details = { file: source, key: name, nearest: near };
  throw new FormatError({
    code: "no-column",
    op: OP,
    argument: source,
    must: "have the column",
    value: show(name),
    fix,
    details,
  });
}

/**
 * A cell as a number.
 * @throws FormatError with line and column for what is none: `1,5`, `12 kg`, NaN, infinity, nothing
 */
export function numberAt(table: Table, row: number, column: number): number {
  const cell = table.rows[row][column];
  const value = cell.trim() === "" ? Number.NaN : Number(cell);
  if (Number.isFinite(value)) return value;
  const fix = /^\s*-?\d+,\d+\s*$/.test(cell) ? `Write it with a point: ${cell.trim().replace(",", ".")}.` : "";
  throw cellError(table, row, column, "be a finite number", fix);
}

/** What is wrong with one cell, and where it is. */
export function cellError(table: Table, row: number, column: number, must: string, fix = ""): FormatError {
  const { source, columns, rows, lines } = table;
  const [file, line] = [source, lines[row]];
  const argument = `${source}:${line}: column ${show(columns[column])}`;
  return new FormatError({
    code: "bad-cell",
    op: OP,
    argument,
    must,
    value: show(rows[row][column]),
    fix,
    details: { file, line, column: column + 1 },
  });
}

/** @throws FormatError for a row with other cells than the header has, a header that names a column twice or not at all */
export function checkTable(table: Table): Table {
  const { source, columns, rows, lines } = table;
  const fail = (line: number, argument: string, must: string, value: string, fix: string): never => {
    throw new FormatError({ code: "bad-table", op: OP, argument, must, value, fix, details: { file: source, line } });
  };
  if (rows.length === 0)
    fail(1, source, "hold rows below its header", columns.length === 0 ? "an empty file" : "none", "");
  const twice = columns.findIndex((name, i) => columns.indexOf(name) < i);
  if (twice >= 0)
    fail(1, `${source}:1`, "name each column once", `${show(columns[twice])} twice`, "Rename one of them.");
  const unnamed = columns.findIndex((name) => name.trim() === "");
  if (unnamed >= 0) fail(1, `${source}:1`, "name every column", `nothing for column ${unnamed + 1}`, "Name it.");
  const ragged = rows.findIndex(({ length }) => length !== columns.length);
  if (ragged >= 0) {
    const line = lines[ragged];
    const fix = "A cell that holds the separator or a line break stands in double quotes.";
    fail(line, `${source}:${line}`, `have ${columns.length} cells, as the header has`, `${rows[ragged].length}`, fix);
  }
  return table;
}
