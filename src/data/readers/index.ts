import { type DelimitedOptions, readDelimited } from "./delimited.js";
import { readJsonLines } from "./json-lines.js";
import type { Table } from "./table.js";

export { type ColumnRoles, columnRoles, type GivenRoles } from "./column-roles.js";
export { type DelimitedOptions, readDelimited } from "./delimited.js";
export { readJsonLines } from "./json-lines.js";
export { classNames, labelNumbers, ownColumn } from "./own-column.js";
export { type BadRow, cellError, columnOf, numberAt, type Table } from "./table.js";
export { type TablePart, tableParts } from "./table-parts.js";

/** Whether a name promises rows and columns: `.csv`, `.tsv`, `.tab`, `.jsonl`, `.ndjson`, and these in gzip: `.csv.gz`. */
export function isTableName(name: string): boolean {
  return /\.(csv|tsv|tab|jsonl|ndjson)(\.gz)?$/i.test(name);
}

/**
 * A file of rows, unpacked, by what its name promises; where that is nothing JSON lines or CSV, as it begins.
 * @throws FormatError naming the line of what is wrong
 */
export function readTable(bytes: Uint8Array | string, name: string, options: DelimitedOptions = {}): Table {
  if (/\.(jsonl|ndjson)(\.gz)?$/i.test(name) || (!isTableName(name) && beginsWithBrace(bytes))) {
    return readJsonLines(bytes, name);
  }
  const delimiter = options.delimiter ?? (/\.(tsv|tab)(\.gz)?$/i.test(name) ? "\t" : undefined);
  return readDelimited(bytes, name, { ...options, delimiter });
}

function beginsWithBrace(bytes: Uint8Array | string): boolean {
  const start = typeof bytes === "string" ? bytes.slice(0, 1000) : new TextDecoder().decode(bytes.subarray(0, 1000));
  return start.trimStart().startsWith("{");
}
