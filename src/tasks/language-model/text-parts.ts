import { FormatError } from "../../base/errors.js";
import type { Told } from "../../base/report.js";
import { openSource } from "../../data/readers/source.js";
import { joined } from "../../data/readers/text-blocks.js";
import type { Vocabulary } from "../../text/index.js";
import { firstInvalidByte } from "../../text/utf8.js";
import type { RowStream } from "../task.js";

const PART = 2 ** 16;
const LONGEST = 2 ** 26;
const LF = 0x0a;

/**
 * Files in a row as one text, each on a line of its own, in parts: the tokens of the parts are those of the whole. Gzip is unpacked,
 * byte-order marks are passed over.
 * @param kind  what tokens are
 * @param least  characters of a part, about
 * @param longest  characters that no place to cut at is looked for in: more of them fill the memory
 * @throws FormatError naming file, line and column of what is not UTF-8; for a word without an end
 */
export async function* textParts(
  files: readonly RowStream[],
  kind: Vocabulary["kind"],
  { least = PART, longest = LONGEST }: { least?: number; longest?: number } = {},
): AsyncGenerator<string, void, undefined> {
  let waiting = "";
  let wanted = least;
  for (const { name, pieces } of files) {
    if (waiting !== "" && !waiting.endsWith("\n")) waiting += "\n";
    const characters = new Characters(name);
    for await (const piece of openSource("train", pieces(), { name }).pieces()) {
      waiting += characters.push(piece);
      if (waiting.length < wanted) continue;
      const cut = cutIn(waiting, kind);
      if (cut === 0 && waiting.length > longest) throw endless(name, longest);
      // What could not be cut is looked at again when there is twice as much: not at each piece.
      wanted = cut === 0 ? 2 * waiting.length : least;
      if (cut > 0) yield waiting.slice(0, cut);
      waiting = waiting.slice(cut);
    }
    waiting += characters.end();
  }
  if (waiting !== "") yield waiting;
}

/** A text in memory in such parts, told of by characters. @param least  of a part, about */
export function* partsOfText(
  text: string,
  kind: Vocabulary["kind"],
  told: Told | undefined,
  least = 16 * PART,
): Generator<string, void, undefined> {
  let wanted = least;
  for (let at = 0; at < text.length; ) {
    told?.(at, text.length);
    const isLast = at + wanted >= text.length;
    const part = text.slice(at, at + wanted);
    const cut = isLast ? part.length : wholePairs(part, cutIn(part, kind));
    wanted = cut === 0 ? 2 * wanted : least;
    if (cut > 0) yield part.slice(0, cut);
    at += cut;
  }
  told?.(text.length, text.length);
}

/** A cut that does not stand within a surrogate pair. */
function wholePairs(text: string, cut: number): number {
  return cut > 0 && (text.charCodeAt(cut - 1) & 0xfc00) === 0xd800 ? cut - 1 : cut;
}

/** The bytes of files in a row. */
export async function* byteParts(files: readonly RowStream[]): AsyncGenerator<Uint8Array, void, undefined> {
  for (const { pieces } of files) yield* pieces();
}

/** Behind the last place that lies between tokens, whatever follows; 0 where none is. */
function cutIn(text: string, kind: Vocabulary["kind"]): number {
  if (kind === "char") return text.length;
  if (kind === "word") {
    for (let i = text.length - 1; i >= 0; i--) {
      // CRLF is one line end.
      if (isSpace(text, i) && !(text[i] === "\r" && i === text.length - 1)) return i + 1;
    }
    return 0;
  }
  // Of space, the last goes with the word behind it.
  for (let i = text.length - 2; i > 0; i--) {
    if (isSpace(text, i) && !isSpace(text, i + 1)) return i;
  }
  return 0;
}

function isSpace(text: string, at: number): boolean {
  return /\s/.test(text[at]);
}

function endless(name: string, longest: number): FormatError {
  const must = `have white space within ${longest.toLocaleString("en")} characters`;
  const [value, fix] = ["none", 'Use tokens "char" or "byte".'];
  const details = { file: name, settings: { tokens: "char" } };
  return new FormatError({ op: "languageModel", argument: name, must, value, fix, details });
}

/** Bytes that come in pieces, as characters. */
class Characters {
  readonly #name: string;
  readonly #decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  /** Bytes of a character whose rest is to come. */
  #rest = new Uint8Array(0);
  #isFirst = true;
  /** Of what comes next, counted from 1. */
  #line = 1;
  #column = 1;

  constructor(name: string) {
    this.#name = name;
  }

  push(piece: Uint8Array): string {
    const bytes = this.#rest.length === 0 ? piece : joined([this.#rest, piece]);
    const end = bytes.length - cutOff(bytes);
    this.#rest = bytes.slice(end);
    return this.#decode(bytes.subarray(0, end));
  }

  /** @throws FormatError for a character that is cut off */
  end(): string {
    return this.#decode(this.#rest);
  }

  #decode(bytes: Uint8Array): string {
    if (bytes.length === 0) return "";
    const hasMark = this.#isFirst && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    this.#isFirst = false;
    const own = hasMark ? bytes.subarray(3) : bytes;
    try {
      const text = this.#decoder.decode(own);
      this.#pass(own);
      return text;
    } catch {
      throw this.#fault(own);
    }
  }

  #fault(bytes: Uint8Array): FormatError {
    const at = firstInvalidByte(bytes);
    this.#pass(bytes.subarray(0, at));
    const { file, line, column } = { file: this.#name, line: this.#line, column: this.#column };
    const value = `byte 0x${bytes[at].toString(16).padStart(2, "0")}, which begins no character`;
    const [argument, must] = [`${file}:${line}:${column}`, "be valid UTF-8"];
    const fix = "Convert it to UTF-8, or read it as bytes.";
    const details = { file, line, column };
    return new FormatError({ code: "not-utf8", op: "languageModel", argument, must, value, fix, details });
  }

  #pass(bytes: Uint8Array): void {
    let start = 0;
    for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, start)) {
      this.#line++;
      this.#column = 1;
      start = at + 1;
    }
    for (let i = start; i < bytes.length; i++) if ((bytes[i] & 0xc0) !== 0x80) this.#column++;
  }
}

/** Bytes at the end that begin a character, the rest of which is not there. */
function cutOff(bytes: Uint8Array): number {
  const { length } = bytes;
  for (let back = 1; back <= Math.min(3, length); back++) {
    const byte = bytes[length - back];
    if ((byte & 0xc0) === 0x80) continue;
    const needed = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return needed > back ? back : 0;
  }
  return 0;
}
