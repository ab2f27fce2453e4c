import { FormatError, show } from "../../base/errors.js";
import { checkTable, type Table } from "./table.js";

/**
 * A file with a JSON object a line, all with the same keys. Cells are text: strings as they are, all else as JSON.
 * @param source  what the text is, for errors
 * @throws FormatError with the line of what is no object, or has other keys than the first
 */
export function readJsonLines(text: string, source: string): Table {
  const rows: string[][] = [];
  const lines: number[] = [];
  let columns: string[] | null = null;
  for (const [i, line] of text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .entries()) {
    if (line.trim() === "") continue;
    const object = parseLine(line, i + 1, source);
    columns ??= [...object.keys()];
    const missing = columns.find((name) => !object.has(name));
    const extra = [...object.keys()].find((name) => !columns!.includes(name));
    if (missing !== undefined || extra !== undefined) {
      const value = missing === undefined ? `the key ${show(extra)} too` : `none for ${show(missing)}`;
      throw lineError(source, i + 1, "have the keys of the first line", value);
    }
    rows.push(columns.map((name) => cellOf(object.get(name))));
    lines.push(i + 1);
  }
  return checkTable({ source, columns: columns ?? [], rows, lines });
}

function parseLine(line: string, at: number, source: string): Map<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw lineError(source, at, "be JSON", show(line), cause);
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw lineError(source, at, "be an object", show(value));
  }
  return new Map(Object.entries(value));
}

function cellOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value === null || value === undefined ? "" : JSON.stringify(value);
}

function lineError(file: string, line: number, must: string, value: string, cause?: unknown): FormatError {
  const argument = `${file}:${line}`;
  return new FormatError({ code: "bad-table", op: "table", argument, must, value, details: { file, line } }, { cause });
}
