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
  const doubt = [
    headerDoubt(table, label),
    text === null && group === null ? timeDoubt(table, label, given) : "",
    text === null ? sameDoubt(table, columns ?? table.columns.filter((name) => name !== label && name !== group)) : "",
    text === null ? "" : jsonDoubt(table, text),
    wanted === "class" && given.multi === undefined && !multi ? severalDoubt(table, label) : "",
  ].join("");
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

/** A column that never changes says nothing, and was probably meant to. */
function sameDoubt({ columns, rows }: Table, read: readonly string[]): string {
  const same = read.filter((name) => {
    const column = columns.indexOf(name);
    return rows.length > 1 && column >= 0 && rows.every((row) => row[column] === rows[0][column]);
  });
  if (same.length === 0) return "";
  const [names, more] = [same.slice(0, 3).map(show).join(", "), same.length > 3 ? ` and ${same.length - 3} more` : ""];
  return `; of ${names}${more} all rows hold the same`;
}

/** Objects within objects, and lists, are no text that anybody wrote. */
function jsonDoubt({ columns, rows }: Table, text: string): string {
  const column = columns.indexOf(text);
  const areJson = column >= 0 && rows.every((row) => /^(\{.*\}|\[.*\])$/s.test(row[column].trim()));
  return areJson
    ? `; ${show(text)} holds objects or lists, read as their JSON: what is meant needs a key of its own`
    : "";
}

const [LABEL_MARKS, FEWER] = [[";", "|", ","], 0.7];

/** Classes that are put together of fewer others are several labels. */
function severalDoubt({ columns, rows }: Table, label: string): string {
  const column = columns.indexOf(label);
  const cells = [...new Set(rows.map((row) => row[column]))];
  for (const mark of LABEL_MARKS) {
    const joined = cells.filter((cell) => cell.includes(mark));
    const parts = new Set(cells.flatMap((cell) => cell.split(mark).map((part) => part.trim())));
    if (joined.length < 2 || parts.has("") || parts.size > FEWER * cells.length) continue;
    const how = mark === ";" ? "set multi" : `set multi, and separator to ${show(mark)}`;
    return `; ${show(joined[0])} is one class: to read several labels, ${how}`;
  }
  return "";
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
