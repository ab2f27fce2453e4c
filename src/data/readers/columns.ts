import { checkOneOf } from "../../base/check.js";
import type { CellValue } from "./cell-value.js";
import type { ColumnType } from "./cells.js";
import type { CellFormat } from "./infer.js";

/** One column of a table: numbers, 1 and 0, milliseconds since 1970 (NaN where missing), or texts (null where missing). */
export interface TableColumn {
  name: string;
  type: ColumnType;
  values: Float64Array | (string | null)[];
  /** Of a file's cells: what stands before the fraction of a number. Default a point. */
  decimal?: CellFormat["decimal"] | undefined;
}

/** A cell as it is read. */
export function valueAt({ type, values }: TableColumn, row: number): CellValue {
  const value = values[row];
  if (typeof value !== "number") return value;
  if (Number.isNaN(value)) return null;
  return type === "date" ? new Date(value) : type === "boolean" ? value === 1 : value;
}

/** A cell as the name of a class. */
export function classAt(column: TableColumn, row: number): string | null {
  const value = valueAt(column, row);
  return value === null ? null : value instanceof Date ? value.toISOString() : String(value);
}

/** Values of one type as a column keeps them. */
export function packed(name: string, type: ColumnType, values: readonly CellValue[]): TableColumn {
  if (type === "text" || type === "missing") return { name, type, values: values as (string | null)[] };
  return { name, type, values: Float64Array.from(values, (value) => (value === null ? Number.NaN : Number(value))) };
}

/** @throws OptionError for types by column that are none */
export function checkTypes(op: string, types: Readonly<Record<string, ColumnType>>): void {
  for (const [name, type] of Object.entries(types)) {
    checkOneOf(op, `types.${name}`, type, ["number", "integer", "boolean", "date", "text"]);
  }
}
