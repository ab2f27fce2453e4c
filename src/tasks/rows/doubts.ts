import { show } from "../../base/errors.js";
import { numberOf } from "../../data/readers/cells.js";
import type { GivenRoles, Table } from "../../data/readers/index.js";
import { countsOf } from "../about-data/alike.js";

/** What is read of a table. */
interface Seen {
  text: string | null;
  group: string | null;
  /** Of numbers; null: all others. */
  columns: readonly string[] | null;
  areClasses: boolean;
}

/** What is odd about columns and is probably not meant, to follow what was found: nothing, or `; ...`. */
export function rowDoubts(table: Table, label: string, seen: Seen, { window, multi }: GivenRoles): string {
  const { text, group, columns, areClasses } = seen;
  const told = [headerDoubt(table, label)];
  if (text !== null) told.push(jsonDoubt(table, text));
  else told.push(sameDoubt(table, columns ?? table.columns.filter((name) => name !== label && name !== group)));
  if (text === null && group === null && window === undefined) told.push(timeDoubt(table, label));
  if (areClasses && multi === undefined) told.push(severalDoubt(table, label));
  return told.join("");
}

/** A name that is one of the values below it may be a value itself, of a file that begins without a header. */
function headerDoubt({ columns, rows }: Table, label: string): string {
  const column = columns.indexOf(label);
  const isValue = numberOf(label.trim()) !== null || rows.some((row) => row[column] === label);
  return isValue
    ? `; the first line is taken for the header, and ${show(label)} for the name of a column: without one, write a line of names above`
    : "";
}

/** Rows in time that are told one by one are in both parts, each beside its neighbours. */
function timeDoubt({ columns, rows }: Table, label: string): string {
  const column = columns.indexOf(label);
  const counts = countsOf(rows.map((row) => row[column]));
  const chance = [...counts.values()].reduce((sum, n) => sum + (n / rows.length) ** 2, 0);
  const runs = rows.filter((row, i) => i > 0 && row[column] !== rows[i - 1][column]).length + 1;
  // Far more often than by chance, and each value several times.
  if (runs <= 2 * counts.size || runs >= (rows.length * (1 - chance)) / 2) return "";
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
