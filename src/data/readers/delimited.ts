import { checkKnownOptions, refusal } from "../../base/check.js";
import type { Told } from "../../base/report.js";
import { parse } from "./csv-parse.js";
import { quoteFault } from "./quote-fault.js";
import {
  checkHeader,
  checkRow,
  emptyFile,
  type OnBadRow,
  type Table,
  type TextRow,
  tableOf,
  withoutBad,
} from "./table.js";
import { linesOf, type TextBlock, TextBlocks } from "./text-blocks.js";
import { rowsOf } from "./whole-file.js";

export interface DelimitedOptions {
  /** Between cells. Default: a comma, a semicolon or a tab, whichever the header has most of. */
  delimiter?: string | undefined;
  /** Whether cells may stand in double quotes (RFC 4180); false: a quote is a character like any. Default true. */
  quotes?: boolean | undefined;
  /** The first row names the columns; false: they are column1, column2, ...; or their names, where the file has none. Default true. */
  header?: boolean | readonly string[] | undefined;
  /** Told of the bytes that were read. */
  told?: Told | undefined;
}

const SEPARATORS = [",", "\t", ";"];

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

  /** @param onBad  told of rows that are left out, because they have other cells than the header; without it they are refused */
  constructor(source: string, options: DelimitedOptions = {}, onBad?: OnBadRow) {
    checkDelimiter(options.delimiter);
    this.#onBad = onBad;
    this.#source = source;
    this.#options = options;
    this.#delimiter = options.delimiter;
    this.#blocks = new TextBlocks(source, { quotes: options.quotes ?? true });
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

  #rowsOf(block: TextBlock | null): TextRow[] {
    if (block === null) return [];
    const records = this.#parse(block);
    const rows = records.map((cells, i) => ({ cells, line: block.lines[i] }));
    if (!this.#begun && rows.length > 0) this.#begin(rows);
    this.#rows += rows.length;
    return withoutBad(rows, (row) => checkRow(this.#source, this.columns.length, row), this.#onBad);
  }

  #begin(rows: TextRow[]): void {
    this.#begun = true;
    const { header = true } = this.#options;
    const [{ cells, line }] = rows;
    if (header === true) rows.shift();
    this.columns = header === true ? cells : header === false ? cells.map((_, i) => `column${i + 1}`) : [...header];
    checkHeader(this.#source, this.columns, line);
  }

  #parse({ bytes, text, lines, hasQuotes }: TextBlock): string[][] {
    if (lines.length === 0) return [];
    this.#delimiter ??= likeliestDelimiter(text);
    const delimiter = this.#delimiter;
    // Most files have none, and then there is nothing to parse: ten times as fast.
    if (!hasQuotes) return linesOf(text).map((line) => line.split(delimiter));
    try {
      return parse(bytes, {
        delimiter,
        record_delimiter: ["\r\n", "\n", "\r"],
        relax_column_count: true,
        skip_empty_lines: true,
      });
    } catch (cause) {
      throw quoteFault(this.#source, text, delimiter, lines[0], cause);
    }
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
