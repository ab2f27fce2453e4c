/**
 * All of `data`, and readers of files: CSV, JSON lines, text.
 * @packageDocumentation
 */
export * from "./index.js";
export type { CellValue } from "./readers/cell-value.js";
export type { ColumnType } from "./readers/cells.js";
export { DataTable, type Row, type TensorColumnsOptions } from "./readers/data-table.js";
export { type CSVOptions, readCSV } from "./readers/read-csv.js";
export { type JSONLOptions, readJSONL } from "./readers/read-jsonl.js";
export { readText, type TextReader } from "./readers/read-text.js";
export type { RowReader } from "./readers/row-reader.js";
export type { SourceOptions, TextSource } from "./readers/source.js";
