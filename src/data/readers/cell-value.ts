import { show } from "../../base/errors.js";
import { booleanOf, type ColumnType, dateOf, numberAdvice } from "./cells.js";
import { type CellFormat, isMissing, isWholeText, numberIn } from "./infer.js";
import { badCell, type CellPlace } from "./table.js";

/** What a cell holds once it is read: null where it is missing. */
export type CellValue = number | boolean | Date | string | null;

const MUST: Readonly<Record<Exclude<ColumnType, "text" | "missing">, string>> = {
  number: "be a finite number",
  integer: "be an integer",
  boolean: "be true or false",
  date: "be a date (2024-02-29, or 2024-02-29T13:30:00Z)",
};

/**
 * A cell as its column's type has it.
 * @throws FormatError with line and column for what is none
 */
export function readCell(cell: string, type: ColumnType, format: CellFormat, place: CellPlace): CellValue {
  if (isMissing(cell, format)) return null;
  // Nothing was known of a column that had no value so far.
  if (type === "text" || type === "missing") return cell;
  const value = parsed(cell, type, format);
  if (value !== null) return value;
  throw badCell(place, show(cell), MUST[type], adviceFor(cell, type, format, place.name));
}

function parsed(cell: string, type: ColumnType, format: CellFormat): CellValue {
  if (type === "boolean") return booleanOf(cell.trim());
  if (type === "date") {
    const time = dateOf(cell.trim());
    return time === null ? null : new Date(time);
  }
  const value = numberIn(cell, format);
  if (type === "number" || value === null) return value;
  return isWholeText(cell, value) ? value : null;
}

/** How to write the cell, or how to read the file. */
export function adviceFor(cell: string, type: ColumnType, { decimal }: CellFormat, name: string): string {
  const isNumber = type === "number" || type === "integer";
  if (isNumber && decimal === "," && cell.includes("."))
    return 'Write it with a comma, or read the file with { decimal: "." }.';
  const advice = isNumber ? numberAdvice(cell) : "";
  if (/^Write it with a point/.test(advice)) return advice.replace(/\.$/, ', or read the file with { decimal: "," }.');
  if (/missing value/.test(advice))
    return advice.replace(/\.$/, `, or read the file with { missing: [${show(cell)}] }.`);
  const asText = `{ types: { ${/^[A-Za-z_$][\w$]*$/.test(name) ? name : show(name)}: "text" } }`;
  return advice === ""
    ? `Mend it, or read the column as text: ${asText}.`
    : advice.replace(/\.$/, `, or read the column as text: ${asText}.`);
}
