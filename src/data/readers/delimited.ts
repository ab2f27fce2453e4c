import { CsvError, parse } from "csv-parse/sync";
import { FormatError } from "../../base/errors.js";
import { checkTable, type Table } from "./table.js";

export interface DelimitedOptions {
  /** Between cells. Default: a comma, a semicolon or a tab, whichever the header has most of. */
  delimiter?: string | undefined;
}

interface ParsedRow {
  record: string[];
  info: { lines: number };
}

/**
 * A file of rows with a header: CSV or TSV, cells in double quotes where they need them (RFC 4180). Empty lines are passed over.
 * @param source  what the text is, for errors
 * @throws FormatError with the line of a quote that is not closed, a ragged row, a column that is named twice
 */
export function readDelimited(text: string, source: string, options: DelimitedOptions = {}): Table {
  const delimiter = options.delimiter ?? likeliestDelimiter(text);
  let parsed: ParsedRow[];
  try {
    const format = { bom: true, info: true, relax_column_count: true, skip_empty_lines: true, delimiter } as const;
    parsed = parse(text, format) as unknown as ParsedRow[];
  } catch (cause) {
    throw cause instanceof CsvError ? quoteError(cause, source) : cause;
  }
  const [header, ...body] = parsed;
  // The parser tells the line on which a row ends; a cell in quotes may have taken several.
  const lines = body.map(({ record, info }) => info.lines - record.reduce((sum, cell) => sum + breaksIn(cell), 0));
  return checkTable({ source, columns: header?.record ?? [], rows: body.map(({ record }) => record), lines });
}

function breaksIn(cell: string): number {
  return cell.includes("\n") ? cell.split("\n").length - 1 : 0;
}

function likeliestDelimiter(text: string): string {
  const end = text.indexOf("\n");
  const header = end < 0 ? text : text.slice(0, end);
  const count = (mark: string): number => header.split(mark).length - 1;
  return ["\t", ";"].reduce((best, mark) => (count(mark) > count(best) ? mark : best), ",");
}

function quoteError(cause: CsvError, source: string): FormatError {
  const line = (cause as unknown as { lines: number }).lines;
  const parts: Readonly<Record<string, readonly [must: string, value: string, fix: string]>> = {
    CSV_QUOTE_NOT_CLOSED: [
      "close every double quote",
      "one that opens here and never closes",
      "Close it, or double it.",
    ],
    CSV_INVALID_CLOSING_QUOTE: [
      "have a separator behind a closing quote",
      "something else",
      'Write a quote in a cell as "".',
    ],
    INVALID_OPENING_QUOTE: [
      "have quotes at both ends of a cell or not at all",
      "one in the middle",
      'Write a quote in a cell as "".',
    ],
  };
  const [must, value, fix] = parts[cause.code] ?? ["be rows of cells", cause.message, ""];
  const argument = `${source}:${line}`;
  return new FormatError(
    { code: "bad-table", op: "table", argument, must, value, fix, details: { file: source, line } },
    { cause },
  );
}
