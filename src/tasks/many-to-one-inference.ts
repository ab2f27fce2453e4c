import { show } from "../base/errors.js";
import { listed } from "../base/listed.js";
import { numberOf } from "../data/readers/cells.js";
import { columnRoles, type GivenRoles, isTableName, readTable, type Table } from "../data/readers/index.js";
import type { Inferred } from "./task.js";

/** What a table says of itself to a task that tells one thing of each row: null when it is not of this kind. */
export function inferRows(
  name: string,
  bytes: () => Uint8Array,
  given: GivenRoles,
  { wanted, asked }: { wanted: "class" | "number"; asked: boolean },
): (Inferred & { table: Table; label: string }) | null {
  if (!(asked || isTableName(name))) return null;
  const table = readTable(bytes(), name);
  // Unasked, only a column that its name or a person calls the label may be taken for numbers to tell.
  const roles = columnRoles(table, given, asked ? wanted : "class");
  if (roles === null || (!asked && roles.isReal !== (wanted === "number"))) return null;
  const { label, classes, text } = roles;
  const { group, columns, multi } = given;
  const numbers = typeof columns === "string" ? listed(columns).length : table.columns.length - (group ? 2 : 1);
  const read = text === null ? `${counted(numbers, "number", "numbers")} a row` : `text=${text}`;
  const told = wanted === "class" && multi !== true ? ` (${counted(classes, "class", "classes")})` : "";
  const grouped = typeof group === "string" ? `, group=${group}` : "";
  const settings = { label, text } as Inferred["settings"];
  const found = `${read}${grouped}, label=${label}${told}${headerDoubt(table, label)}`;
  return { settings, found, table, label };
}

const counted = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;

/** A name that is one of the values below it may be a value itself, of a file that begins without a header. */
function headerDoubt({ columns, rows }: Table, label: string): string {
  const column = columns.indexOf(label);
  const isValue = numberOf(label.trim()) !== null || rows.some((row) => row[column] === label);
  return isValue ? `; the first line is taken for the header, and ${show(label)} for the name of a column` : "";
}
