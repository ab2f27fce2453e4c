import { show } from "../base/errors.js";
import { listed } from "../base/listed.js";
import { numberOf } from "../data/readers/cells.js";
import {
  ColumnKinds,
  columnRoles,
  type GivenRoles,
  isTableName,
  readTable,
  type Table,
} from "../data/readers/index.js";
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
  const group = typeof given.group === "string" ? given.group : roles.group;
  const multi = given.multi ?? (wanted === "class" && holdsLists(table, label));
  const columns = typeof given.columns === "string" ? listed(given.columns) : roles.numbers;
  const numbers = columns?.length ?? table.columns.length - (group === null ? 1 : 2);
  const read = text === null ? `${counted(numbers, "number", "numbers")} a row` : `text=${text}`;
  const told = wanted === "class" && multi !== true ? ` (${counted(classes, "class", "classes")})` : "";
  const grouped = group === null ? "" : `, group=${group}`;
  const several = given.multi === undefined && multi ? ", several labels a row" : "";
  const settings = {
    label,
    text,
    ...(roles.group !== null && { group }),
    ...(roles.numbers !== null && { columns: roles.numbers.join(",") }),
    ...(several !== "" && { multi }),
  } as Inferred["settings"];
  const doubt = headerDoubt(table, label) + (text === null && group === null ? timeDoubt(table, label, given) : "");
  return { settings, found: `${read}${grouped}, label=${label}${told}${several}${doubt}`, table, label };
}

/** Lists in each row: several labels. */
function holdsLists({ columns, rows }: Table, label: string): boolean {
  const column = columns.indexOf(label);
  return rows.every((row) => /^\[.*\]$/s.test(row[column].trim()));
}

/** Rows in time that are told one by one are in both parts, each beside its neighbours. */
function timeDoubt(table: Table, label: string, { window }: GivenRoles): string {
  const column = table.columns.indexOf(label);
  if (window !== undefined || !new ColumnKinds(table).standsInRuns(column)) return "";
  return `; neighbours have the same ${label}: if rows follow in time, set window to read them together`;
}

const counted = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;

/** A name that is one of the values below it may be a value itself, of a file that begins without a header. */
function headerDoubt({ columns, rows }: Table, label: string): string {
  const column = columns.indexOf(label);
  const isValue = numberOf(label.trim()) !== null || rows.some((row) => row[column] === label);
  return isValue
    ? `; the first line is taken for the header, and ${show(label)} for the name of a column: without one, write a line of names above`
    : "";
}
