import { type DelimitedOptions, readDelimited } from "./delimited.js";
import { readJsonLines } from "./json-lines.js";
import type { Table } from "./table.js";

export { type ColumnRoles, columnRoles, type GivenRoles } from "./column-roles.js";
export { type DelimitedOptions, readDelimited } from "./delimited.js";
export { readJsonLines } from "./json-lines.js";
export { classNames, labelNumbers, ownColumn } from "./own-column.js";
export { type BadRow, cellError, columnOf, numberAt, type Table } from "./table.js";
export { type TablePart, tableParts } from "./table-parts.js";

/** Whether a name promises rows and columns: `.csv`, `.tsv`, `.tab`, `.jsonl`, `.ndjson`. */
export function isTableName(name: string): boolean {
  return /\.(csv|tsv|tab|jsonl|ndjson)$/i.test(name);
}

/**
 * A file of rows, by what its name promises; CSV where it promises nothing.
 * @throws FormatError naming the line of what is wrong
 */
export function readTable(bytes: Uint8Array | string, name: string, options: DelimitedOptions = {}): Table {
  if (/\.(jsonl|ndjson)$/i.test(name)) return readJsonLines(bytes, name);
  const delimiter = options.delimiter ?? (/\.(tsv|tab)$/i.test(name) ? "\t" : undefined);
  return readDelimited(bytes, name, { ...options, delimiter });
}
