import { show } from "../../base/errors.js";
import { numberText } from "../../base/number-text.js";
import type { TableColumn } from "./columns.js";

const SHOWN = 4;

/** Each column with its type, what it ranges over, and how many of its values are missing. */
export function describeTable(source: string, rows: number, columns: readonly TableColumn[]): string {
  const lines = columns.map((column) => [column.name, column.type, ...rangeOf(column)]);
  const widths = [0, 1].map((i) => Math.max(...lines.map((line) => line[i].length)));
  const text = lines.map(([name, type, range, missing]) =>
    [name.padEnd(widths[0]), type.padEnd(widths[1]), range, missing]
      .filter((part) => part !== "")
      .join("  ")
      .trimEnd(),
  );
  const count = (number: number, word: string): string => `${number} ${word}${number === 1 ? "" : "s"}`;
  return [`${source}: ${count(rows, "row")}, ${count(columns.length, "column")}`, ...text].join("\n");
}

function rangeOf({ type, values }: TableColumn): [range: string, missing: string] {
  const present = Array.prototype.filter.call(values, (value) => value !== null && !Number.isNaN(value));
  const gaps = values.length - present.length;
  return [present.length === 0 ? "" : presentRange(type, present), gaps === 0 ? "" : `${gaps} missing`];
}

function presentRange(type: TableColumn["type"], present: readonly (number | string)[]): string {
  if (typeof present[0] === "string") {
    const different = [...new Set(present as string[])];
    const more = different.length > SHOWN ? ", ..." : "";
    return `${different.length} different: ${different.slice(0, SHOWN).map(show).join(", ")}${more}`;
  }
  const numbers = present as readonly number[];
  const [low, high] = numbers.reduce(([min, max], x) => [Math.min(min, x), Math.max(max, x)], [Infinity, -Infinity]);
  if (type === "date") return `${dateText(low)} to ${dateText(high)}`;
  const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
  if (type === "boolean") return `${numberText(100 * mean)} % true`;
  return `${low} to ${high}, mean ${numberText(mean)}`;
}

function dateText(time: number): string {
  return new Date(time).toISOString().replace("T00:00:00.000Z", "");
}
