import { isObject } from "../../base/check.js";
import { FormatError, show } from "../../base/errors.js";
import { DataTable } from "../../data/readers/data-table.js";
import type { Source } from "../task.js";

/** Rows that are in memory: a table as `readCSV` gives it, or objects that all have the same keys. */
export type TableLike = DataTable | readonly Readonly<Record<string, unknown>>[];

/** What errors call them: lines are rows, counted from 1. */
const NAME = "rows.jsonl";

export function isTable(given: unknown): given is TableLike {
  return given instanceof DataTable || Array.isArray(given);
}

/** Rows as a file of JSON lines. @throws FormatError for what is no row, or has no text of its own: a function, a Map */
export function tableSource(op: string, table: TableLike): Source {
  const lines: string[] = [];
  for (const row of table) {
    const place = `row ${lines.length + 1}`;
    if (!isObject(row) || Array.isArray(row) || row instanceof Date) {
      throw new FormatError({
        op,
        argument: place,
        must: "be an object, with a value for each column",
        value: show(row),
      });
    }
    const cells = Object.entries(row).map(([name, value]) => [name, cellOf(op, `${place}, ${show(name)}`, value)]);
    lines.push(JSON.stringify(Object.fromEntries(cells)));
  }
  return { name: NAME, bytes: new TextEncoder().encode(lines.map((line) => `${line}\n`).join("")) };
}

/** Text stays as it is, lists of texts are those of a tagger. */
function cellOf(op: string, argument: string, value: unknown): unknown {
  if (value === undefined || value === null) return null;
  if (typeof value === "string" || typeof value === "boolean") return value;
  // JSON has no word for what is not finite: whoever reads it says what is wrong with it.
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString().replace("T00:00:00.000Z", "");
  if (Array.isArray(value)) return value.map((item) => cellOf(op, argument, item));
  const must = "be a text, a number, a boolean, a date, a list of them, or null";
  throw new FormatError({ op, argument, must, value: show(value) });
}
