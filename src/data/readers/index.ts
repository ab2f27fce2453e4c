import { type DelimitedOptions, readDelimited } from "./delimited.js";
import { readJsonLines } from "./json-lines.js";
import { parsedOnce } from "./last-table.js";
import type { Table } from "./table.js";
import { tableFormat } from "./table-format.js";

export { ColumnKinds } from "./column-kinds.js";
export { type ColumnRoles, columnRoles, type GivenRoles, isClassName } from "./column-roles.js";
export { type DelimitedOptions, readDelimited } from "./delimited.js";
export { readJsonLines } from "./json-lines.js";
export { classAt, classNames, labelNumbers, ownColumn } from "./own-column.js";
export {
  type BadRow,
  cellError,
  columnOf,
  LARGEST_NUMBER,
  NO_NUMBER,
  numberAt,
  type Table,
  tooLargeNumber,
} from "./table.js";
export { isJsonLinesName, isTableName, plainName } from "./table-format.js";
export { type TablePart, tableParts } from "./table-parts.js";

/**
 * A file of rows, unpacked, by what its name promises; where that is nothing JSON lines or CSV, as it begins.
 * @throws FormatError naming the line of what is wrong
 */
export function readTable(bytes: Uint8Array | string, name: string, options: DelimitedOptions = {}): Table {
  const { told: _, ...others } = options;
  if (typeof bytes !== "string" && Object.keys(others).length === 0) {
    return parsedOnce(bytes, name, () => parsed(bytes, name, options));
  }
  return parsed(bytes, name, options);
}

function parsed(bytes: Uint8Array | string, name: string, options: DelimitedOptions): Table {
  const { isJson, delimiter } = tableFormat(name, startOf(bytes));
  if (isJson) return readJsonLines(bytes, name, options.told);
  return readDelimited(bytes, name, { ...options, delimiter: options.delimiter ?? delimiter });
}

/** Enough to see how it begins. */
function startOf(bytes: Uint8Array | string): string {
  return typeof bytes === "string" ? bytes.slice(0, 1000) : new TextDecoder().decode(bytes.subarray(0, 1000));
}
