import { parse } from "./csv-parse.js";
import { linesOf } from "./text-blocks.js";

const BREAK = /\r\n|\n|\r/g;

/** The cells of whole records. Those without a quote need no parser, which is a tenth as fast. @throws what the parser does */
export function quotedCells(text: string, delimiter: string): string[][] {
  const rows: string[][] = [];
  const quoted: string[] = [];
  const places: number[] = [];
  for (let at = 0; at < text.length; ) {
    const quote = text.indexOf('"', at);
    const start = quote < 0 ? text.length : lineStart(text, quote, at);
    if (start > at) for (const line of linesOf(text.slice(at, start))) rows.push(line.split(delimiter));
    if (quote < 0) break;
    const end = recordEnd(text, start);
    places.push(rows.length);
    rows.push([]);
    quoted.push(text.slice(start, end < 0 ? undefined : end));
    at = end < 0 ? text.length : end;
  }
  if (quoted.length === 0) return rows;
  const record_delimiter = ["\r\n", "\n", "\r"];
  const found: string[][] = parse(quoted.join(""), { delimiter, record_delimiter, relax_column_count: true });
  if (found.length !== places.length) throw new Error(`${found.length} records for ${places.length}`);
  for (const [i, place] of places.entries()) rows[place] = found[i];
  return rows;
}

function lineStart(text: string, from: number, least: number): number {
  let at = from;
  while (at > least && text[at - 1] !== "\n" && text[at - 1] !== "\r") at--;
  return at;
}

/** Behind the line end of the record that begins at `from`; the end of the text where it is the last one; -1 where a quote is open. */
export function recordEnd(text: string, from: number): number {
  let at = from;
  for (;;) {
    const end = lineEnd(text, at);
    const open = text.indexOf('"', at);
    if (open < 0 || open >= end) return end;
    const close = text.indexOf('"', open + 1);
    if (close < 0) return -1;
    at = close + 1;
  }
}

/** Behind the line end that follows. */
export function lineEnd(text: string, from: number): number {
  BREAK.lastIndex = from;
  return BREAK.exec(text) === null ? text.length : BREAK.lastIndex;
}

/** How many lines end in a text. */
export function breaksIn(text: string): number {
  return text.match(BREAK)?.length ?? 0;
}
