import type { Table } from "../../data/readers/index.js";
import { type ColumnDetail, type LeftOut, leftOut } from "./details.js";
import { SeenColumns } from "./seen-columns.js";

/** As many are named. */
const MOST = 5;

/** Columns with what they hold. @param uses  what they are to the task, by their names; all others are not used */
export function columnDetails(table: Table, uses: Readonly<Record<string, string>>): ColumnDetail[] {
  const seen = new SeenColumns(table.columns);
  for (const row of table.rows) seen.see(row);
  return seen.details(uses);
}

/** What they are by their names, where some are: a null names none. */
export function usesOf(named: Readonly<Record<string, string | null | readonly string[]>>): Record<string, string> {
  const pairs = Object.entries(named).flatMap(([use, names]) => [names ?? []].flat().map((name) => [name, use]));
  return Object.fromEntries(pairs);
}

export function unusedColumns(columns: readonly ColumnDetail[]): LeftOut[] {
  const names = columns.flatMap(({ name, use }) => (use === null ? [name] : []));
  const named = `${names.slice(0, MOST).join(", ")}${names.length > MOST ? ", …" : ""}`;
  return leftOut(names.length, `${names.length === 1 ? "column is" : "columns are"} not used: ${named}`);
}
