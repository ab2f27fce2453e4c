import { FormatError, show } from "../../base/errors.js";
import {
  ColumnKinds,
  isClassName,
  isTableName,
  ownColumn,
  readTable,
  type Table,
  tableParts,
} from "../../data/readers/index.js";
import { openSource } from "../../data/readers/source.js";
import { type BadRow, emptyFile, type OnBadRow, type TextRow, tableOf, withoutBad } from "../../data/readers/table.js";
import type { TablePart } from "../../data/readers/table-parts.js";
import { linesOf, type TextBlock, TextBlocks } from "../../data/readers/text-blocks.js";
import type { Inferred, RowStream } from "../task.js";

/** Where a file has its two sides. */
export interface PairSettings {
  /** Columns; null: by their names, or the two that there are. */
  source: string | null;
  target: string | null;
  /** What stands between the sides of a line, in a file without columns; null for a table. */
  separator: string | null;
}

/** Columns by their usual names, what is read and what is written. */
const USUAL: readonly (readonly [source: RegExp, target: RegExp])[] = [
  [/^(source|src)$/i, /^(target|tgt)$/i],
  [/^(input|from)$/i, /^(output|to)$/i],
  [/^(question|problem)$/i, /^(answer|solution)$/i],
];

/** A file of pairs as a table: of columns, or of lines with a separator. @throws FormatError with the line of what is wrong */
export function readPairs(bytes: Uint8Array, name: string, { separator, source, target }: PairSettings): Table {
  if (separator === null) return readTable(bytes, name);
  return readLines(bytes, name, separator, [source ?? "source", target ?? "target"]);
}

/** One source alone, as a table. */
export function typedPair(text: string, { source, separator }: PairSettings): Table {
  const cell = separator === null ? text : text.trim();
  return { source: "seq2seq", columns: [source ?? "source"], rows: [[cell]], lines: [1] };
}

/** A file of pairs in parts, as its bytes come. @param keepBad  rows that cannot be read are told with their part */
export async function* pairParts(
  { name, pieces }: RowStream,
  { separator, source, target }: PairSettings,
  keepBad = false,
): AsyncGenerator<Omit<TablePart, "ofLines">, void, undefined> {
  if (separator === null) return yield* tableParts(name, pieces(), { keepBad });
  let bad: BadRow[] = [];
  const reader = new LinePairs(name, separator, keepBad ? (row) => void bad.push(row) : undefined);
  const part = (rows: TextRow[]) => {
    if (rows.length === 0 && bad.length === 0) return [];
    const told = bad;
    bad = [];
    const columns = [source ?? "source", target ?? "target"].slice(0, reader.sides);
    return [{ table: tableOf(name, columns, rows), bad: told }];
  };
  for await (const piece of openSource("seq2seq", pieces(), { name }).pieces()) yield* part(reader.push(piece));
  yield* part(reader.end());
}

function readLines(bytes: Uint8Array, name: string, separator: string, columns: readonly string[]): Table {
  const reader = new LinePairs(name, separator);
  const rows = [...reader.push(bytes), ...reader.end()];
  return tableOf(name, columns.slice(0, reader.sides), rows);
}

/** Lines alone are sources. White space at the ends of a side says nothing: files of fixed width are filled up with it. */
class LinePairs {
  /** As the first line has them. */
  sides = 0;
  readonly #name: string;
  readonly #separator: string;
  readonly #blocks: TextBlocks;
  readonly #onBad: OnBadRow | undefined;

  constructor(name: string, separator: string, onBad?: OnBadRow) {
    const onBadLine = onBad && ((line: number, error: FormatError) => onBad({ line, error }));
    this.#blocks = new TextBlocks(name, { quotes: false, onBad: onBadLine });
    [this.#name, this.#separator, this.#onBad] = [name, separator, onBad];
  }

  /** @throws FormatError for a line that has not the sides of the first */
  push(piece: Uint8Array): TextRow[] {
    return this.#rowsOf(this.#blocks.push(piece));
  }

  /** @throws FormatError for a file without a line */
  end(): TextRow[] {
    const rows = this.#rowsOf(this.#blocks.end());
    if (this.sides === 0) throw emptyFile(this.#name, []);
    return rows;
  }

  #rowsOf(block: TextBlock | null): TextRow[] {
    if (block === null) return [];
    const lines = linesOf(block.text).map((text, i) => ({ text, line: block.lines[i] }));
    if (lines.length > 0 && this.sides === 0) this.sides = lines[0].text.includes(this.#separator) ? 2 : 1;
    const rows: TextRow[] = [];
    withoutBad(lines, ({ text, line }) => void rows.push({ cells: this.#cellsOf(text, line), line }), this.#onBad);
    return rows;
  }

  #cellsOf(text: string, line: number): string[] {
    const cells = text.split(this.#separator).map((cell) => cell.trim());
    if (cells.length === this.sides) return cells;
    const must =
      this.sides === 1 ? "be a source, as the first line is" : `hold the separator ${show(this.#separator)} once`;
    const value = cells.length === 1 ? `${show(text)} without it` : `it ${cells.length - 1} times`;
    const [file, argument] = [this.#name, `${this.#name}:${line}`];
    throw new FormatError({ code: "bad-table", op: "table", argument, must, value, details: { file, line } });
  }
}

/** The columns of a table: those that are named, else those with usual names, else the two that there are. @throws FormatError */
export function pairColumns(
  table: Table,
  { separator, source, target }: PairSettings,
): { source: string; target: string } {
  const { columns } = table;
  const usual = usualColumns(columns);
  const others = (name: string | null) => columns.filter((column) => column !== name);
  const other = (name: string | null) => (columns.length === 2 && name !== null ? others(name)[0] : undefined);
  const both = columns.length === 2 ? { source: columns[0], target: columns[1] } : usual;
  const found =
    source === null && target === null
      ? (usual ?? both)
      : { source: source ?? other(target) ?? usual?.source, target: target ?? other(source) ?? usual?.target };
  const names = { source: found?.source ?? "source", target: found?.target ?? "target" };
  if (separator !== null && columns.length === 1) {
    const [must, value] = [`hold the separator ${show(separator)} once`, `${show(table.rows[0][0])} without it`];
    const details = { file: table.source, line: table.lines[0] };
    const argument = `${table.source}:${table.lines[0]}`;
    const fix = "Name what stands between the two sides (separator).";
    throw new FormatError({ code: "bad-table", op: "table", argument, must, value, fix, details });
  }
  ownColumn(table, "source", names.source);
  ownColumn(table, "target", names.target);
  return names;
}

function usualColumns(columns: readonly string[]): { source: string; target: string } | null {
  for (const [reads, writes] of USUAL) {
    const [source, target] = [reads, writes].map((name) => columns.find((column) => name.test(column)));
    if (source !== undefined && target !== undefined) return { source, target };
  }
  return null;
}

/** A file is of pairs when both columns are named, or called as they usually are and the targets are no classes. */
export function inferPairs(
  name: string,
  bytes: () => Uint8Array,
  given: Partial<Record<keyof PairSettings | "label" | "text", unknown>>,
  asked = false,
): Inferred | null {
  const { source, target, separator } = given;
  const isNamed = typeof source === "string" && typeof target === "string";
  if (typeof separator === "string") return { settings: {}, found: `lines with ${show(separator)} between the sides` };
  if (!(asked || isTableName(name))) return null;
  if (isNamed) return { settings: {}, found: `source=${source}, target=${target}` };
  const table = readTable(bytes(), name);
  const usual = usualColumns(table.columns) ?? bothTexts(table, given);
  if (usual === null) return null;
  const column = table.columns.indexOf(usual.target);
  const different = new Set(table.rows.map((cells) => cells[column])).size;
  if (!asked && different <= Math.min(100, table.rows.length / 2)) return null;
  return { settings: usual as Inferred["settings"], found: `source=${usual.source}, target=${usual.target}` };
}

/** Two columns of texts, and nothing that says which of them tells of the other. */
function bothTexts(table: Table, { label, text }: { label?: unknown; text?: unknown }) {
  const { columns } = table;
  if (columns.length !== 2 || label !== undefined || text !== undefined || columns.some(isClassName)) return null;
  const kinds = new ColumnKinds(table);
  const isText = (column: number) => !kinds.isMostlyNumbers(column) && !kinds.isId(column);
  if (!isText(0) || !isText(1) || kinds.isDate(0)) return null;
  return { source: columns[0], target: columns[1] };
}
