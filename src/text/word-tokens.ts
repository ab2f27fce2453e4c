import { END_OF_LINE, UNKNOWN, type WordSplit } from "./vocabulary.js";

/**
 * Marks the side on which a punctuation token touches its neighbour.
 * Source: the joiner annotation of the OpenNMT Tokenizer (Klein et al., "OpenNMT", ACL 2017).
 */
export const JOINER = "\uffed";

const OTHER = 1;
const WORD = 2;
const SPACE = 3;
const LINE = 4;

const WORD_PATTERN = /[\p{L}\p{M}\p{N}_\uffed]/u;
const PUNCTUATION_TOKEN = /^\uffed?([^\s\p{L}\p{M}\p{N}_\uffed])\1*\uffed?$/u;

/** The classes of the 16-bit units, filled in as they are met; surrogates are looked at in pairs instead. */
const classes = new Uint8Array(0x10000);

function classify(point: number): number {
  const char = String.fromCodePoint(point);
  if (char === "\n" || char === "\r") return LINE;
  if (WORD_PATTERN.test(char)) return WORD;
  return /\s/.test(char) ? SPACE : OTHER;
}

function classAt(text: string, at: number): number {
  const unit = text.charCodeAt(at);
  if (isSurrogate(unit)) return classify(text.codePointAt(at)!);
  if (classes[unit] === 0) classes[unit] = classify(unit);
  return classes[unit];
}

function isSurrogate(unit: number): boolean {
  return (unit & 0xf800) === 0xd800;
}

/** UTF-16 units of the code point at `at`. */
function unitsAt(text: string, at: number): number {
  return isSurrogate(text.charCodeAt(at)) && text.codePointAt(at)! >= 0x10000 ? 2 : 1;
}

/** Calls `emit` for every token of `text` and the index at which it starts. The rule stands at `WordVocabulary`. */
export function forEachWordToken(text: string, split: WordSplit, emit: (token: string, index: number) => void): void {
  let at = 0;
  while (at < text.length) {
    const kind = classAt(text, at);
    if (kind === SPACE) at++;
    else if (kind === LINE) {
      emit(END_OF_LINE, at);
      at += text.startsWith("\r\n", at) ? 2 : 1;
    } else if (split === "whitespace" || isSpecialAt(text, at)) {
      const end = chunkEnd(text, at);
      emit(text.slice(at, end), at);
      at = end;
    } else {
      const end = kind === WORD ? wordEnd(text, at) : runEnd(text, at);
      emit(kind === WORD ? text.slice(at, end) : joined(text, at, end), at);
      at = end;
    }
  }
}

function touches(text: string, at: number): boolean {
  return at >= 0 && at < text.length && classAt(text, at) < SPACE;
}

/** `<unk>` or `<eos>` between white space, as prepared corpora have them. */
function isSpecialAt(text: string, at: number): boolean {
  if (text.charCodeAt(at) !== 0x3c || touches(text, at - 1)) return false;
  for (const special of [UNKNOWN, END_OF_LINE]) {
    if (text.startsWith(special, at)) return !touches(text, at + special.length);
  }
  return false;
}

function chunkEnd(text: string, start: number): number {
  let end = start;
  while (touches(text, end)) end += unitsAt(text, end);
  return end;
}

/** A word goes on over an apostrophe that stands inside it. */
function wordEnd(text: string, start: number): number {
  let end = start;
  for (;;) {
    while (end < text.length && classAt(text, end) === WORD) end += unitsAt(text, end);
    const apostrophe = text[end] === "'" || text[end] === "\u2019";
    if (!apostrophe || end + 1 >= text.length || classAt(text, end + 1) !== WORD) return end;
    end++;
  }
}

/** Where the run of one mark ends, which is one token however long: `--`, `...`. */
function runEnd(text: string, start: number): number {
  const mark = text.codePointAt(start);
  const units = unitsAt(text, start);
  let end = start + units;
  while (text.codePointAt(end) === mark) end += units;
  return end;
}

/**
 * Between two tokens that touch, one is always punctuation and carries the joiner: the one on the right, unless it is
 * a word.
 */
function joined(text: string, start: number, end: number): string {
  const left = touches(text, start - 1) ? JOINER : "";
  const right = end < text.length && classAt(text, end) === WORD ? JOINER : "";
  return left + text.slice(start, end) + right;
}

/** How a token is written into a text. */
export interface WordPiece {
  surface: string;
  /** No space before it, after it. */
  left: boolean;
  right: boolean;
}

export function wordPiece(token: string, split: WordSplit): WordPiece {
  if (token === END_OF_LINE) return { surface: "\n", left: true, right: true };
  if (split === "whitespace" || !PUNCTUATION_TOKEN.test(token)) return { surface: token, left: false, right: false };
  const left = token.startsWith(JOINER);
  const right = token.endsWith(JOINER);
  return { surface: token.slice(left ? 1 : 0, right ? -1 : undefined), left, right };
}

/** Whether `token` is one that this rule can make. */
export function isWordToken(token: string, split: WordSplit): boolean {
  const { surface } = wordPiece(token, split);
  let tokens = 0;
  let same = token === END_OF_LINE;
  forEachWordToken(surface, split, (found) => {
    tokens++;
    same ||= found === surface;
  });
  return tokens === 1 && same;
}
