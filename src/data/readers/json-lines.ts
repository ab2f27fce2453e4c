import { FormatError, show } from "../../base/errors.js";
import { checkHeader, emptyFile, type Table, type TextRow, tableOf } from "./table.js";
import { linesOf, type TextBlock, TextBlocks } from "./text-blocks.js";

/** A line's object, by its keys, and the line, counted from 1. */
export interface JsonRow {
  values: Map<string, unknown>;
  line: number;
}

/** Objects of a text that comes in pieces, one on each line. Empty lines are passed over. */
export class JsonRows {
  readonly #source: string;
  readonly #blocks: TextBlocks;

  constructor(source: string) {
    this.#source = source;
    this.#blocks = new TextBlocks(source, { quotes: false });
  }

  /** @throws FormatError with the line of what is no object */
  push(piece: Uint8Array): JsonRow[] {
    return this.#rowsOf(this.#blocks.push(piece));
  }

  end(): JsonRow[] {
    return this.#rowsOf(this.#blocks.end());
  }

  #rowsOf(block: TextBlock | null): JsonRow[] {
    if (block === null) return [];
    return linesOf(block.text).flatMap((text, i) => {
      const line = block.lines[i];
      return text.trim() === "" ? [] : [{ values: parseLine(text, line, this.#source), line }];
    });
  }
}

/**
 * A file with a JSON object a line, all with the same keys. Cells are text: strings as they are, all else as JSON.
 * @param source  what the text is, for errors
 * @throws FormatError with the line of what is no object, or has other keys than the first
 */
export function readJsonLines(bytes: Uint8Array | string, source: string): Table {
  const parser = new JsonRows(source);
  const objects = parser.push(typeof bytes === "string" ? new TextEncoder().encode(bytes) : bytes);
  for (const row of parser.end()) objects.push(row);
  if (objects.length === 0) throw emptyFile(source, []);
  const [{ values, line }] = objects;
  const columns = [...values.keys()];
  checkHeader(source, columns, line);
  const rows = objects.map((row): TextRow => {
    checkKeys(source, columns, row);
    return { cells: columns.map((name) => cellOf(row.values.get(name))), line: row.line };
  });
  return tableOf(source, columns, rows);
}

/** @throws FormatError for a row with other keys than `columns` */
export function checkKeys(source: string, columns: readonly string[], { values, line }: JsonRow): void {
  const missing = columns.find((name) => !values.has(name));
  if (missing === undefined && values.size === columns.length) return;
  const extra = [...values.keys()].find((name) => !columns.includes(name));
  const value = missing === undefined ? `the key ${show(extra)} too` : `none for ${show(missing)}`;
  throw lineError(source, line, "have the keys of the first line", value);
}

function parseLine(text: string, at: number, source: string): Map<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw lineError(source, at, "be JSON", show(text), cause);
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
