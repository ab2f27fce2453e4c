import { listed } from "../../base/listed.js";
import { columnRoles, type GivenRoles, isTableName, readTable, type Table } from "../../data/readers/index.js";
import type { Inferred } from "../task.js";

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
  const seen = { text, group, columns, areClasses: wanted === "class" && !several };
  const doubts = async () => (await import("../on-demand.js")).rows.doubts(table, label, seen, given);
  return { doubts, settings, found: `${read}${grouped}, label=${label}${told}${several}`, table, label };
}

/** Lists in each row: several labels. */
function holdsLists({ columns, rows }: Table, label: string): boolean {
  const column = columns.indexOf(label);
  return rows.every((row) => /^\[.*\]$/s.test(row[column].trim()));
}

const counted = (count: number, one: string, many: string) => `${count} ${count === 1 ? one : many}`;
