import { FormatError, show } from "../../base/errors.js";
import type { Told } from "../../base/report.js";
import { jsonFault } from "./json-fault.js";
import { repeatedKey } from "./repeated-key.js";
import { checkHeader, emptyFile, type OnBadRow, type Table, type TextRow, tableOf, withoutBad } from "./table.js";
import { linesOf, type TextBlock, TextBlocks } from "./text-blocks.js";
import { rowsOf } from "./whole-file.js";

/** A line's object, by its keys, and the line, counted from 1. */
export interface JsonRow {
  values: Map<string, unknown>;
  line: number;
}

/** Objects of a text that comes in pieces, one on each line. Empty lines are passed over. */
export class JsonRows {
  readonly #source: string;
  readonly #blocks: TextBlocks;
  readonly #onBad: OnBadRow | undefined;

  /** @param onBad  told of lines that are left out, because they hold no object; without it they are refused */
  constructor(source: string, onBad?: OnBadRow, longest?: number) {
    this.#onBad = onBad;
    this.#source = source;
    const onBadLine = onBad && ((line: number, error: FormatError) => onBad({ line, error }));
    this.#blocks = new TextBlocks(source, { quotes: false, longest, onBad: onBadLine });
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
    const lines = linesOf(block.text).map((text, i) => ({ text, line: block.lines[i] }));
    const rows: JsonRow[] = [];
    const full = lines.filter(({ text }) => text.trim() !== "");
    withoutBad(full, ({ text, line }) => rows.push({ values: parseLine(text, line, this.#source), line }), this.#onBad);
    return rows;
  }
}

/** Rows of JSON lines under the keys of the first, as a table that comes in pieces. */
export class JsonTableRows {
  /** Known after the first row. */
  columns: readonly string[] = [];
  readonly #source: string;
  readonly #rows: JsonRows;
  readonly #onBad: OnBadRow | undefined;
  #begun = false;

  constructor(source: string, onBad?: OnBadRow, longest?: number) {
    this.#source = source;
    this.#onBad = onBad;
    this.#rows = new JsonRows(source, onBad, longest);
  }

  /** @throws FormatError with the line of what is no object, or has other keys than the first */
  push(piece: Uint8Array): TextRow[] {
    return this.#textRows(this.#rows.push(piece));
  }

  /** @throws FormatError for a file without a row */
  end(): TextRow[] {
    const rows = this.#textRows(this.#rows.end());
    if (!this.#begun) throw emptyFile(this.#source, []);
    return rows;
  }

  #textRows(rows: JsonRow[]): TextRow[] {
    if (!this.#begun && rows.length > 0) {
      this.#begun = true;
      this.columns = [...rows[0].values.keys()];
      checkHeader(this.#source, this.columns, rows[0].line);
    }
    const { columns } = this;
    const fitting = withoutBad(rows, (row) => checkKeys(this.#source, columns, row), this.#onBad);
    return fitting.map(({ values, line }) => ({ cells: columns.map((name) => cellOf(values.get(name))), line }));
  }
}

/**
 * A file with a JSON object a line, all with the same keys. Cells are text: strings as they are, all else as JSON.
 * @param source  what the text is, for errors
 * @throws FormatError with the line of what is no object, or has other keys than the first
 */
export function readJsonLines(bytes: Uint8Array | string, source: string, told?: Told): Table {
  const parser = new JsonTableRows(source);
  const rows = rowsOf(parser, bytes, told);
  return tableOf(source, parser.columns, rows);
}

/** @throws FormatError for a row with other keys than `columns` */
export function checkKeys(source: string, columns: readonly string[], { values, line }: JsonRow): void {
  const missing = columns.find((name) => !values.has(name));
  if (missing === undefined && values.size === columns.length) return;
  const extra = [...values.keys()].find((name) => !columns.includes(name));
  const value = missing === undefined ? `the key ${show(extra)} too` : `none for ${show(missing)}`;
  const fix =
    missing === undefined
      ? `Take it out, or write ${show(extra)} on every line.`
      : `Write it, as null where it has no value.`;
  throw lineError(source, line, { must: "have the keys of the first line", value, fix });
}

function parseLine(text: string, at: number, source: string): Map<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw lineError(source, at, { must: "be JSON", value: show(text), ...jsonFault(text, cause), cause });
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) {
    throw lineError(source, at, { must: "be an object", value: briefly(text), fix: jsonFault(text, null).fix });
  }
  // What is deeper cannot be written as the text of a cell.
  if (text.length > 2 * DEEPEST && isDeep(value)) {
    const must = `have lists and objects in one another ${DEEPEST.toLocaleString("en")} times at most`;
    throw lineError(source, at, { must, value: "more", fix: "Leave the line out." });
  }
  const twice = repeatedKey(text, value);
  if (twice !== null) {
    const parts = {
      value: `${show(twice.key)} twice`,
      fix: "Take out one of them, or rename it.",
      column: twice.at + 1,
    };
    throw lineError(source, at, { must: "name each key once", ...parts });
  }
  return new Map(Object.entries(value));
}

const DEEPEST = 1000;

function isDeep(value: object): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= DEEPEST && level.length > 0; depth++) {
    level = level.flatMap((item) => (item !== null && typeof item === "object" ? Object.values(item) : []));
  }
  return level.length > 0;
}

/** As it stands there, where it is short. */
function briefly(text: string): string {
  return text.trim().length <= 60 ? text.trim() : show(text);
}

/** A value as the text of a cell: strings as they are, all else as JSON, nothing for null. */
export function cellOf(value: unknown): string {
  if (typeof value === "string") return value;
  return value === null || value === undefined ? "" : JSON.stringify(value);
}

interface LineFault {
  must: string;
  value: string;
  fix?: string;
  column?: number | undefined;
  cause?: unknown;
}

function lineError(file: string, line: number, { must, value, fix, column, cause }: LineFault): FormatError {
  const argument = [file, line, ...(column === undefined ? [] : [column])].join(":");
  const details = { file, line, ...(column === undefined ? {} : { column }) };
  return new FormatError({ code: "bad-table", op: "table", argument, must, value, fix, details }, { cause });
}
