import { nearest } from "../../base/nearest.js";
import { DelimitedRows } from "./delimited.js";
import { JsonTableRows } from "./json-lines.js";
import { openSource } from "./source.js";
import { type BadRow, type OnBadRow, type Table, type TextRow, tableOf } from "./table.js";
import { isTableName, tableFormat } from "./table-format.js";
import { joined, linesOf, TextBlocks } from "./text-blocks.js";

export interface TablePartsOptions {
  /** Rows that cannot be read are told with the part in which they stand; else the first one is refused. Default false. */
  keepBad?: boolean | undefined;
  /** A text whose name promises no table and whose first line does not name this column holds it alone, a cell a line. */
  column?: string | undefined;
  /** Bytes of a row that are read at most: a quote that is never closed must not fill the memory. Default 64 MiB. */
  longest?: number | undefined;
}

/** Rows that came together, and those among them that could not be read. */
export interface TablePart {
  table: Table;
  bad: readonly BadRow[];
  /** Whether each line is a cell. */
  ofLines: boolean;
}

interface Parser {
  readonly columns: readonly string[];
  push(piece: Uint8Array): TextRow[];
  end(): TextRow[];
  takeAgain?(): Uint8Array | null;
}

/** What is pushed again is no more at once than what comes from a file. */
const PIECE = 2 ** 16;

/**
 * A file of rows in parts, as its bytes come: CSV, TSV or JSON lines by what its name promises or it begins with, gzip unpacked.
 * Memory holds a part at a time.
 * @throws FormatError naming the line of what is wrong
 */
export async function* tableParts(
  name: string,
  pieces: AsyncIterable<Uint8Array>,
  { keepBad = false, column, longest }: TablePartsOptions = {},
): AsyncGenerator<TablePart> {
  let bad: BadRow[] = [];
  const onBad = keepBad ? (row: BadRow) => bad.push(row) : undefined;
  let parser: Parser | null = null;
  const part = (rows: TextRow[]): TablePart => {
    const told = bad;
    bad = [];
    return { table: tableOf(name, parser!.columns, rows), bad: told, ofLines: parser instanceof LineRows };
  };
  const parts = function* (rows: TextRow[]): Generator<TablePart> {
    if (rows.length > 0 || bad.length > 0) yield part(rows);
    const again = parser!.takeAgain?.() ?? null;
    for (let at = 0; again !== null && at < again.length; at += PIECE) {
      yield* parts(parser!.push(again.subarray(at, at + PIECE)));
    }
    // What was pushed again, and nothing else follows it.
    if (again !== null && isEnd) yield* parts(parser!.end());
  };
  let isEnd = false;
  for await (const piece of beginningWithLine(openSource("predict", pieces, { name }).pieces())) {
    parser ??= parserFor(name, piece, { column, onBad, longest });
    yield* parts(parser.push(piece));
  }
  parser ??= new DelimitedRows(name, {}, onBad);
  isEnd = true;
  yield* parts(parser.end());
}

/** What a text is follows from its first line: the first piece holds all of it. */
async function* beginningWithLine(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let start: Uint8Array[] | null = [];
  for await (const piece of pieces) {
    if (start === null) yield piece;
    else {
      start.push(piece);
      if (!piece.includes(10) && !piece.includes(13)) continue;
      yield joined(start);
      start = null;
    }
  }
  if (start !== null && start.length > 0) yield joined(start);
}

function parserFor(
  name: string,
  first: Uint8Array,
  { column, onBad, longest }: Pick<TablePartsOptions, "column" | "longest"> & { onBad: OnBadRow | undefined },
): Parser {
  const line = firstLine(first);
  const { isJson, delimiter } = tableFormat(name, line);
  if (isJson) return new JsonTableRows(name, onBad, longest);
  if (!isTableName(name) && column !== undefined && !namesColumn(line, column)) return new LineRows(name, column);
  return new DelimitedRows(name, { delimiter }, onBad, longest);
}

function firstLine(bytes: Uint8Array): string {
  return new TextDecoder()
    .decode(bytes.subarray(0, 65536))
    .trimStart()
    .split(/[\r\n]/, 1)[0];
}

/** Among several, also nearly so: a header that is misspelt is to be refused, and not to be read as a text. */
function namesColumn(line: string, column: string): boolean {
  const cells = line.split(/[,;\t|]/).map((cell) => cell.trim().replace(/^"|"$/g, ""));
  return cells.includes(column) || (cells.length > 1 && nearest(column, cells) !== undefined);
}

/** Each line that is not empty as the one cell of a row. */
class LineRows implements Parser {
  readonly columns: readonly string[];
  readonly #blocks: TextBlocks;

  constructor(source: string, column: string) {
    this.columns = [column];
    this.#blocks = new TextBlocks(source, { quotes: false });
  }

  push(piece: Uint8Array): TextRow[] {
    return this.#rowsOf(this.#blocks.push(piece));
  }

  end(): TextRow[] {
    return this.#rowsOf(this.#blocks.end());
  }

  #rowsOf(block: ReturnType<TextBlocks["push"]>): TextRow[] {
    if (block === null) return [];
    return linesOf(block.text).map((cell, i) => ({ cells: [cell], line: block.lines[i] }));
  }
}
