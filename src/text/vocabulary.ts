import { refusal } from "../base/check.js";
import { ShapeError, show } from "../base/errors.js";
import type { EncodeOptions } from "./special-tokens.js";

export const VOCABULARY_KINDS = ["char", "byte", "word"] as const;
/** What a token is. */
export type VocabularyKind = (typeof VOCABULARY_KINDS)[number];

/** The token that stands for everything unseen, where a vocabulary has one. */
export const UNKNOWN = "<unk>";
/** The word vocabulary's line break. */
export const END_OF_LINE = "<eos>";

/** Text that arrives token by token, as it is drawn from a model. */
export interface TokenStream {
  /** The text that is complete with this token: it may be empty, and belong to earlier tokens. */
  push(id: number): string;
  /** What was still held back; afterwards the stream is at its beginning again. */
  end(): string;
}

/** Text to token ids 0 ... size-1 and back. */
export interface Vocabulary {
  readonly kind: VocabularyKind | "bpe";
  readonly size: number;
  /** @throws FormatError naming the first part of the text that has no token */
  encode(text: string, options?: EncodeOptions): Int32Array;
  /** @throws ShapeError for an id outside 0 ... size-1 */
  decode(ids: ArrayLike<number>): string;
  stream(): TokenStream;
  /** A token as people read it. */
  tokenOf(id: number): string;
  idOf(token: string): number | undefined;
  /** For `vocabularyFromJSON`. */
  toJSON(): VocabularyJSON;
}

/** A vocabulary as plain data. */
export type VocabularyJSON =
  | { kind: "char"; tokens: string[]; unknown: boolean; special?: true | undefined }
  | { kind: "byte"; special?: true | undefined }
  | { kind: "word"; tokens: string[]; split: WordSplit; lowercase: boolean; special?: true | undefined }
  | { kind: "bpe"; tokens: string[]; merges: string[]; special: string[] };

/** `punctuation`: words and punctuation marks. `whitespace`: whatever stands between white space. */
export const WORD_SPLITS = ["punctuation", "whitespace"] as const;
/** Where words end. */
export type WordSplit = (typeof WORD_SPLITS)[number];

export function checkTokenId(op: string, id: number, size: number): number {
  if (Number.isInteger(id) && id >= 0 && id < size) return id;
  throw new ShapeError({
    op,
    argument: "id",
    must: `be an integer in [0, ${size - 1}] (vocabulary of ${size})`,
    value: show(id),
  });
}

/** @throws OptionError for what is no array; each id is looked at as it is decoded */
export function checkTokenIds(op: string, ids: ArrayLike<number>): void {
  if (Array.isArray(ids) || ArrayBuffer.isView(ids)) return;
  throw refusal(op, "ids", "be an array of token ids", ids, "Of a tensor x, pass x.data().");
}

/** Which tokens to keep. */
export interface CountLimits {
  /** Tokens seen less often are left out. Default 1. */
  minCount?: number | undefined;
  /** The most tokens to have, special ones included; the most frequent stay. Default: no limit. */
  maxSize?: number | undefined;
}

/** The keys seen at least `minCount` times, most frequent first, ties in the order of the map, at most `room`. */
export function mostFrequent<K>(counts: ReadonlyMap<K, number>, minCount: number, room: number): K[] {
  const kept = [...counts].filter(([, count]) => count >= minCount).sort(([, a], [, b]) => b - a);
  return kept.slice(0, room).map(([key]) => key);
}
