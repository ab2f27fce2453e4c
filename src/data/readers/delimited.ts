import { checkKnownOptions, refusal } from "../../base/check.js";
import type { FormatError } from "../../base/errors.js";
import type { Told } from "../../base/report.js";
import { quoteFault } from "./quote-fault.js";
import { breaksIn, lineEnd, quotedCells, recordEnd } from "./quoted-cells.js";
import {
  checkHeader,
  checkRow,
  emptyFile,
  type OnBadRow,
  SEPARATORS,
  type Table,
  type TextRow,
  tableOf,
  withoutBad,
} from "./table.js";
import { joined, linesOf, type TextBlock, TextBlocks } from "./text-blocks.js";
import { rowsOf } from "./whole-file.js";

export interface DelimitedOptions {
  /** Between cells. Default: a comma, a semicolon, a tab or a `|`, whichever the header has most of. */
  delimiter?: string | undefined;
  /** Whether cells may stand in double quotes (RFC 4180); false: a quote is a character like any. Default true. */
  quotes?: boolean | undefined;
  /** The first row names the columns; false: they are column1, column2, ...; or their names, where the file has none. Default true. */
  header?: boolean | readonly string[] | undefined;
  /** Told of the bytes that were read. */
  told?: Told | undefined;
}

/**
 * Rows of a text that comes in pieces: CSV or TSV, cells in double quotes where they need them (RFC 4180). Empty lines are passed over.
 */
export class DelimitedRows {
  /** Known after the first row. */
  columns: readonly string[] = [];
  readonly #source: string;
  readonly #options: DelimitedOptions;
  readonly #blocks: TextBlocks;
  #delimiter: string | undefined;
  readonly #onBad: OnBadRow | undefined;
  #begun = false;
  #rows = 0;
  #again: Uint8Array | null = null;

  /**
   * @param onBad    told of rows that are left out, because they have other cells than the header, or quotes that do not fit; without it
   *   they are refused
   * @param longest  bytes of a row that are read at most. Default 64 MiB
   */
  constructor(source: string, options: DelimitedOptions = {}, onBad?: OnBadRow, longest?: number) {
    checkDelimiter(options.delimiter);
    this.#onBad = onBad;
    this.#source = source;
    this.#options = options;
    this.#delimiter = options.delimiter;
    const onBadLine = onBad && ((line: number, error: FormatError) => onBad({ line, error }));
    this.#blocks = new TextBlocks(source, { quotes: options.quotes ?? true, longest, onBad: onBadLine });
  }

  /** @throws FormatError with the line of a quote that is not closed, a ragged row, a column that is named twice */
  push(piece: Uint8Array): TextRow[] {
    return this.#rowsOf(this.#blocks.push(piece));
  }

  /** @throws FormatError for a file without a row */
  end(): TextRow[] {
    const rows = this.#rowsOf(this.#blocks.end());
    if (this.#rows === 0) throw emptyFile(this.#source, this.columns);
    return rows;
  }

  /** What was read behind a quote that is not closed, to be pushed again before all else, and before the end is called again. */
  takeAgain(): Uint8Array | null {
    const again = this.#again;
    this.#again = null;
    return again;
  }

  #rowsOf(block: TextBlock | null): TextRow[] {
    if (block === null) return [];
    const rows = this.#parse(block);
    if (!this.#begun && rows.length > 0) this.#begin(rows);
    this.#rows += rows.length;
    return withoutBad(rows, (row) => checkRow(this.#source, this.columns, this.#delimiter!, row), this.#onBad);
  }

  #begin(rows: TextRow[]): void {
    this.#begun = true;
    const { header = true } = this.#options;
    const [{ cells, line }] = rows;
    if (header === true) rows.shift();
    this.columns = header === true ? cells : header === false ? cells.map((_, i) => `column${i + 1}`) : [...header];
    checkHeader(this.#source, this.columns, line);
  }

  #parse(block: TextBlock): TextRow[] {
    const { text, lines, hasQuotes } = block;
    if (lines.length === 0) return [];
    this.#delimiter ??= likeliestDelimiter(text);
    const delimiter = this.#delimiter;
    // Most files have none, and then there is nothing to parse: ten times as fast.
    if (!hasQuotes) return linesOf(text).map((one, i) => ({ cells: one.split(delimiter), line: lines[i] }));
    try {
      return quotedCells(text, delimiter).map((cells, i) => ({ cells, line: lines[i] }));
    } catch (cause) {
      if (this.#onBad !== undefined) return this.#mended(block, delimiter, this.#onBad);
      throw quoteFault(this.#source, text, delimiter, lines[0], cause);
    }
  }

  /** Record by record: behind one whose quotes do not fit it goes on at the next line. */
  #mended({ text, line: first, isCut }: TextBlock, delimiter: string, onBad: OnBadRow): TextRow[] {
    const rows: TextRow[] = [];
    let [at, line] = [0, first];
    while (at < text.length) {
      const [end, next] = [recordEnd(text, at), lineEnd(text, at)];
      const record = text.slice(at, end < 0 ? undefined : end);
      if (end < 0 && !isCut) {
        // What follows may close it.
        this.#blocks.putBack(record, line);
        return rows;
      }
      try {
        for (const cells of quotedCells(record, delimiter)) rows.push({ cells, line });
        at += record.length;
        line += breaksIn(record);
      } catch (cause) {
        const error = quoteFault(this.#source, record, delimiter, line, cause);
        // Nothing can be read of a file whose header cannot.
        if (!this.#begun && rows.length === 0) throw error;
        onBad({ line, error });
        this.#rows++;
        [at, line] = [next, line + 1];
        if (end >= 0) continue;
        this.#again = joined([new TextEncoder().encode(text.slice(at)), this.#blocks.restart(line)]);
        return rows;
      }
    }
    return rows;
  }
}

function checkDelimiter(delimiter: unknown): void {
  if (delimiter === undefined || (typeof delimiter === "string" && delimiter !== "" && !/["\r\n]/.test(delimiter)))
    return;
  throw refusal("table", "delimiter", "be a text that stands between cells", delimiter);
}

/** Of those in the first record, cells in quotes left out. */
function likeliestDelimiter(text: string): string {
  const [header] = text
    .trimStart()
    .replace(/"[^"]*"/g, "")
    .split(/[\r\n]/, 1);
  const count = (mark: string): number => header.split(mark).length - 1;
  return SEPARATORS.reduce((best, mark) => (count(mark) > count(best) ? mark : best));
}

/**
 * A file of rows with a header, as a table of text.
 * @param source  what the text is, for errors
 * @throws FormatError with the line of a quote that is not closed, a ragged row, a column that is named twice
 */
export function readDelimited(bytes: Uint8Array | string, source: string, options: DelimitedOptions = {}): Table {
  checkKnownOptions("readDelimited", options, ["delimiter", "quotes", "header", "told"]);
  const parser = new DelimitedRows(source, options);
  const rows = rowsOf(parser, bytes, options.told);
  return tableOf(source, parser.columns, rows);
}
