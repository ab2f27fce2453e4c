import type { Table } from "../../data/readers/index.js";
import { TypeGuess } from "../../data/readers/infer.js";
import { type ColumnDetail, type LeftOut, leftOut } from "./details.js";

const ANY = { missing: new Set<string>(), decimal: "." } as const;
/** As many are named. */
const MOST = 5;

/** Columns with what they hold. @param uses  what they are to the task, by their names; all others are not used */
export function columnDetails(table: Table, uses: Readonly<Record<string, string>>): ColumnDetail[] {
  return table.columns.map((name, column) => {
    const guess = new TypeGuess(ANY);
    for (const row of table.rows) guess.see(row[column]);
    return { name, type: guess.type, use: Object.hasOwn(uses, name) ? uses[name] : null };
  });
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
