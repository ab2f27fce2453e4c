import { FormatError } from "../../base/errors.js";
import { firstInvalidByte } from "../../text/utf8.js";

/** Whole records of a text, one after another. */
export interface TextBlock {
  /** Without a NUL, unless it may have some. */
  text: string;
  /** Where each record that is not empty begins: lines of the file, counted from 1. */
  lines: number[];
  /** Where it has none, each line that is not empty is a record. */
  hasQuotes: boolean;
  /** The line on which it begins. */
  line: number;
  /** Whether its last record need not be whole: nothing follows, or too much was read for it. */
  isCut: boolean;
}

export interface TextBlocksOptions {
  quotes: boolean;
  /** Whether a NUL is a character like any: a power cut leaves some in a log. Default: it is refused. */
  nul?: boolean | undefined;
  /** Bytes of a record that are read at most. */
  longest?: number | undefined;
  /** Told of a line that is longer, or no text, and passed over; without it such a one is refused. */
  onBad?: ((line: number, error: FormatError) => void) | undefined;
}

const [LF, CR, QUOTE] = [0x0a, 0x0d, 0x22];
const BREAKS = /\r\n|\n|\r/;
/** Longer than any record that is meant: an unclosed quote must not read a whole disk into memory. */
const LONGEST_RECORD = 2 ** 26;
const OP = "table";

/**
 * Cuts bytes that come in pieces into whole records: at line ends (LF, CRLF or CR), with `quotes` only outside of them. A byte-order
 * mark is passed over; what is no UTF-8 text is named.
 */
export class TextBlocks {
  readonly #source: string;
  readonly #quotes: boolean;
  readonly #nul: boolean;
  #pieces: Uint8Array[] = [];
  #pending = 0;
  #inQuotes = false;
  #begun = false;
  /** Of the first byte that is pending. */
  #line = 1;
  /** Whether the rest of a line is passed over. */
  #skips = false;
  readonly #longest: number;
  readonly #onBad: TextBlocksOptions["onBad"];

  constructor(source: string, { quotes, nul = false, longest = LONGEST_RECORD, onBad }: TextBlocksOptions) {
    this.#source = source;
    this.#quotes = quotes;
    this.#nul = nul;
    this.#longest = longest;
    this.#onBad = onBad;
  }

  /**
   * The records that end in this piece, with what was pending; null where none does.
   * @throws FormatError for what is no text, or a record that does not end
   */
  push(piece: Uint8Array): TextBlock | null {
    this.#add(this.#skips ? this.#behindSkipped(piece) : piece);
    if (!this.#begun && this.#pending < 4) return null;
    this.#begin();
    const last = this.#pieces.at(-1);
    if (last === undefined) return null;
    const cut = this.#lastEnd(last);
    if (cut > 0) {
      this.#pieces[this.#pieces.length - 1] = last.subarray(0, cut);
      const block = this.#take();
      this.#add(last.subarray(cut));
      return block;
    }
    return this.#pending <= this.#longest ? null : this.#cutLong();
  }

  /** Text that was read with too much before it: it begins on this line, and its last record may go on with what comes. */
  putBack(text: string, line: number): void {
    const bytes = new TextEncoder().encode(text);
    this.#pieces.unshift(bytes);
    this.#pending += bytes.length;
    this.#line = line;
    this.#inQuotes = false;
    for (const piece of this.#pieces) this.#lastEnd(piece);
  }

  /** What is pending, which is then forgotten: the next byte to be pushed is on this line. */
  restart(line: number): Uint8Array {
    const pending = joined(this.#pieces);
    [this.#pieces, this.#pending, this.#line, this.#inQuotes] = [[], 0, line, false];
    return pending;
  }

  /** What is too long for a record, up to its last line end; a line without an end is passed over. */
  #cutLong(): TextBlock | null {
    const must = `end within ${this.#longest / 2 ** 20} MiB`;
    const [argument, fix] = [`${this.#source}:${this.#line}`, "Look for a quote that is not closed."];
    const parts = { argument, must, value: "a longer record", fix, line: this.#line };
    if (this.#onBad === undefined) throw textError(this.#source, parts);
    const all = joined(this.#pieces);
    const end = Math.max(all.lastIndexOf(LF), all.subarray(0, -1).lastIndexOf(CR)) + 1;
    this.#inQuotes = false;
    [this.#pieces, this.#pending] = [[], 0];
    if (end === 0) {
      this.#onBad(this.#line, textError(this.#source, parts));
      this.#skips = true;
      return null;
    }
    this.#add(all.subarray(0, end));
    const block = this.#take(true);
    this.#add(all.subarray(end));
    return block;
  }

  #behindSkipped(piece: Uint8Array): Uint8Array {
    const end = piece.findIndex((byte) => byte === LF || byte === CR);
    if (end < 0) return piece.subarray(0, 0);
    this.#skips = false;
    // The end of the line that was passed over is that of an empty one.
    return piece.subarray(end);
  }

  /** What is left at the end of the file. */
  end(): TextBlock | null {
    this.#begin();
    return this.#pending === 0 ? null : this.#take(true);
  }

  #add(piece: Uint8Array): void {
    if (piece.length === 0) return;
    this.#pieces.push(piece);
    this.#pending += piece.length;
  }

  /** Once the first bytes are there. */
  #begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    const start = joined(this.#pieces);
    checkFirstBytes(this.#source, start);
    const hasMark = start[0] === 0xef && start[1] === 0xbb && start[2] === 0xbf;
    [this.#pieces, this.#pending] = [[], 0];
    this.#add(hasMark ? start.subarray(3) : start);
  }

  /** Behind the last record end of the newest piece; 0 where there is none. A CR at its very end may have an LF to come. */
  #lastEnd(piece: Uint8Array): number {
    if (!this.#quotes || (!this.#inQuotes && !piece.includes(QUOTE))) {
      const end = piece.lastIndexOf(LF) + 1;
      return end > 0 ? end : piece.subarray(0, -1).lastIndexOf(CR) + 1;
    }
    let [end, inQuotes] = [0, this.#inQuotes];
    for (let i = 0; i < piece.length; i++) {
      const byte = piece[i];
      if (byte === QUOTE) inQuotes = !inQuotes;
      else if (inQuotes) continue;
      else if (byte === LF || (byte === CR && i + 1 < piece.length && piece[i + 1] !== LF)) end = i + 1;
    }
    this.#inQuotes = inQuotes;
    return end;
  }

  #take(isCut = false): TextBlock {
    const { bytes, text } = this.#decoded(joined(this.#pieces));
    [this.#pieces, this.#pending] = [[], 0];
    const line = this.#line;
    const hasQuotes = this.#quotes && bytes.includes(QUOTE);
    const lines = hasQuotes ? this.#quotedLines(bytes) : this.#plainLines(text);
    return { text, lines, hasQuotes, line, isCut };
  }

  /** Lines that are no text are told and emptied, where somebody is to be told. */
  #decoded(bytes: Uint8Array): { bytes: Uint8Array; text: string } {
    try {
      return { bytes, text: decoded(this.#source, bytes, this.#line, this.#nul) };
    } catch (error) {
      if (this.#onBad === undefined) throw error;
      const kept = this.#withoutFaults(bytes, this.#onBad);
      return { bytes: kept, text: decoded(this.#source, kept, this.#line, this.#nul) };
    }
  }

  /** Line by line, each looked at once: in a file of another encoding nearly every line is at fault. */
  #withoutFaults(bytes: Uint8Array, onBad: NonNullable<TextBlocksOptions["onBad"]>): Uint8Array {
    const kept: Uint8Array[] = [];
    let [from, number] = [0, this.#line];
    for (let at = faultIn(bytes, 0, this.#nul); at >= 0; at = faultIn(bytes, from, this.#nul)) {
      let [start, end] = [at, at];
      while (start > from && !isBreak(bytes[start - 1])) start--;
      while (end < bytes.length && !isBreak(bytes[end])) end++;
      const before = bytes.subarray(from, start);
      kept.push(before);
      number += breaksOf(before);
      try {
        decoded(this.#source, bytes.subarray(start, end), number, this.#nul);
      } catch (error) {
        onBad(number, error as FormatError);
      }
      from = end;
    }
    kept.push(bytes.subarray(from));
    return joined(kept);
  }

  /** Where records begin that are lines; moves on to the line behind the block. */
  #plainLines(text: string): number[] {
    const lines: number[] = [];
    const found = text.split(BREAKS);
    for (const [i, line] of found.entries()) if (line !== "") lines.push(this.#line + i);
    this.#line += found.length - 1;
    return lines;
  }

  #quotedLines(bytes: Uint8Array): number[] {
    const lines: number[] = [];
    let [inQuotes, isStart] = [false, true];
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      const isBreak = byte === LF || (byte === CR && bytes[at + 1] !== LF);
      if (isStart && byte !== LF && byte !== CR) lines.push(this.#line);
      if (byte === QUOTE) inQuotes = !inQuotes;
      isStart = !inQuotes && (isBreak || (isStart && byte === CR));
      if (isBreak) this.#line++;
    }
    return lines;
  }
}

const isBreak = (byte: number): boolean => byte === LF || byte === CR;

/** How many lines end in it. */
function breaksOf(bytes: Uint8Array): number {
  return bytes.reduce((sum, byte, at) => sum + Number(byte === LF || (byte === CR && bytes[at + 1] !== LF)), 0);
}

/** The first byte from `from` on that is in no character, or a NUL where it may not be; -1 where there is none. */
function faultIn(bytes: Uint8Array, from: number, mayBeNul: boolean): number {
  const rest = bytes.subarray(from);
  const invalid = firstInvalidByte(rest);
  const nul = mayBeNul ? -1 : (invalid < 0 ? rest : rest.subarray(0, invalid)).indexOf(0);
  const at = nul < 0 ? invalid : nul;
  return at < 0 ? -1 : from + at;
}

/** Pieces of bytes as one. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  if (pieces.length === 1) return pieces[0];
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

interface TextFault {
  argument: string;
  must: string;
  value: string;
  fix: string;
  line?: number | undefined;
  column?: number | undefined;
  code?: string | undefined;
}

/** What is wrong with a text as a whole, or at one place of it. */
export function textError(file: string, { line, column, code = "bad-table", ...parts }: TextFault): FormatError {
  const places = Object.entries({ line, column }).filter(([, place]) => place !== undefined);
  const details = { file, ...Object.fromEntries(places) };
  return new FormatError({ ...parts, op: OP, code, details });
}

const OTHER_FILES: readonly (readonly [first: string, what: string, fix: string])[] = [
  ["\x1f\x8b", "a gzip file", "Unpack it with gunzip."],
  ["PK\x03\x04", "a ZIP archive", "Unpack it; if it is a spreadsheet, save it as CSV."],
  ["PAR1", "a Parquet file", "Write it as CSV or JSON lines."],
  ["BZh", "a bzip2 file", "Unpack it with bunzip2."],
  ["\xfd7zX", "an xz file", "Unpack it with unxz."],
  ["\xd0\xcf\x11\xe0", "an old spreadsheet", "Save it as CSV."],
];

/** @throws FormatError for files that are known to be no UTF-8 text, by their first bytes */
function checkFirstBytes(source: string, start: Uint8Array): void {
  const first = String.fromCharCode(...start.subarray(0, 4));
  const other = OTHER_FILES.find(([mark]) => first.startsWith(mark));
  const fail = (must: string, value: string, fix: string) => textError(source, { argument: source, must, value, fix });
  if (other !== undefined) throw fail("be text", other[1], other[2]);
  const order = first.startsWith("\xff\xfe") ? "le" : first.startsWith("\xfe\xff") ? "be" : silentOrder(start);
  if (order === null) return;
  const value = `UTF-16 (utf-16${order})`;
  throw textError(source, { argument: source, must: "be UTF-8", value, fix: "Convert it to UTF-8.", code: "not-utf8" });
}

/** UTF-16 without its mark has a NUL beside each letter of ASCII. */
function silentOrder(start: Uint8Array): "le" | "be" | null {
  const isNul = (i: number) => start[i] === 0 && start[i ^ 1] !== 0 && i < start.length;
  if (isNul(1) && isNul(3)) return "le";
  return isNul(0) && isNul(2) ? "be" : null;
}

/** @throws FormatError for a byte that is in no character, or a NUL where it may not be, with its line and column */
function decoded(source: string, bytes: Uint8Array, line: number, mayBeNul: boolean): string {
  const nul = mayBeNul ? -1 : bytes.indexOf(0);
  if (nul >= 0) {
    const fix = "Look whether the file is binary, or in UTF-16: a text has none.";
    throw byteError(source, bytes, nul, line, { must: "be text", value: "a NUL (byte 0)", fix });
  }
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    const at = firstInvalidByte(bytes);
    const value = `byte 0x${bytes[at].toString(16).padStart(2, "0")}, which begins no character`;
    const fault = { must: "be valid UTF-8", value, fix: "Convert it to UTF-8.", code: "not-utf8" };
    throw byteError(source, bytes, at, line, fault);
  }
}

function byteError(
  source: string,
  bytes: Uint8Array,
  at: number,
  first: number,
  fault: { must: string; value: string; fix: string; code?: string | undefined },
): FormatError {
  const before = new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.subarray(0, at));
  const { line, column } = placeIn(before, before.length, first);
  return textError(source, { ...fault, argument: `${source}:${line}:${column}`, line, column });
}

/** Line and column (characters, counted from 1) of a place in a text that begins on line `first`. */
export function placeIn(text: string, at: number, first: number): { line: number; column: number } {
  const lines = text.slice(0, at).split(BREAKS);
  return { line: first + lines.length - 1, column: [...(lines.at(-1) ?? "")].length + 1 };
}

/** The lines of a block that are not empty: one for each of its `lines`, where quotes mean nothing. */
export function linesOf(text: string): string[] {
  return text.split(BREAKS).filter((line) => line !== "");
}
