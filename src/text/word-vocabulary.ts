import {
  checkArray,
  checkBoolean,
  checkKnownOptions,
  checkOneOf,
  checkPositiveInteger,
  checkString,
} from "../base/check.js";
import { FormatError, show } from "../base/errors.js";
import { type EncodeOptions, SPECIAL_TOKENS, type SpecialIds, specialIdsOf, withEnds } from "./special-tokens.js";
import {
  type CountLimits,
  checkTokenId,
  checkTokenIds,
  END_OF_LINE,
  mostFrequent,
  type TokenStream,
  UNKNOWN,
  type Vocabulary,
  type VocabularyJSON,
  WORD_SPLITS,
  type WordSplit,
} from "./vocabulary.js";
import { forEachWordToken, isWordToken, type WordPiece, wordPiece } from "./word-tokens.js";

export interface WordRule {
  /** Default `"punctuation"`; `"whitespace"` suits corpora whose tokens already stand apart (Penn Treebank). */
  split?: WordSplit | undefined;
  /** Turn the text to lower case first. Default false. */
  lowercase?: boolean | undefined;
  /** Have `<pad>`, `<bos>`, `<eos>` (also the line break) and `<unk>`, with the ids 0 to 3. Default false. */
  special?: boolean | undefined;
}

export interface WordVocabularyOptions extends WordRule, CountLimits {
  /** Have a token `<unk>` for unseen words. Default true. */
  unknown?: boolean | undefined;
}

/** Special tokens that are text all the same. */
const WRITTEN: readonly string[] = [UNKNOWN, END_OF_LINE];

/**
 * One token a word, in the order `<unk>`, `<eos>`, then by falling frequency.
 *
 * A word is a run of letters, marks, digits and `_`, with apostrophes inside it; any other visible character is
 * punctuation, and a run of the same one is one token. Punctuation that touches a neighbour says so with a joiner
 * (`￭,` touches on its left, `(￭` on its right), so that `decode` puts the spaces back where they were. A line break
 * (LF, CRLF or CR) is the token `<eos>` and decodes to LF. Other white space only separates: after the round trip of a
 * known text, runs of it are one space, and lines have none at their ends. A `<unk>` or `<eos>` that stands between white
 * space is that token.
 */
export class WordVocabulary implements Vocabulary {
  readonly kind = "word";
  readonly size: number;
  readonly split: WordSplit;
  readonly lowercase: boolean;
  /** The id of `<unk>`, or -1. */
  readonly unknownId: number;
  /** The ids of the special tokens, where it has them. */
  readonly special: SpecialIds;
  readonly #special: readonly string[];
  readonly #tokens: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;
  /** Null for special tokens that are no text. */
  readonly #pieces: readonly (WordPiece | null)[];

  /** @param tokens without repetition, `<eos>` among them: see `WordVocabulary.fromText` */
  constructor(tokens: readonly string[], rule: WordRule = {}) {
    checkKnownOptions("WordVocabulary", rule, ["split", "lowercase", "special"]);
    this.#special = checkBoolean("WordVocabulary", "special", rule.special ?? false) ? SPECIAL_TOKENS : [];
    const own = this.#special;
    this.split = checkOneOf("WordVocabulary", "split", rule.split ?? "punctuation", WORD_SPLITS);
    this.lowercase = checkBoolean("WordVocabulary", "lowercase", rule.lowercase ?? false);
    checkArray("WordVocabulary", "tokens", tokens, "WordVocabulary.fromText(text) makes one from a text.");
    for (let i = 0; i < tokens.length; i++) checkString("WordVocabulary", `tokens[${i}]`, tokens[i]);
    this.#tokens = [...tokens];
    this.#ids = new Map(tokens.map((token, id) => [token, id]));
    this.special = specialIdsOf(own, (token) => this.#ids.get(token));
    const isToken = (token: string, id: number): boolean =>
      id < own.length ? token === own[id] : isWordToken(token, this.split);
    const wrong =
      tokens.find((token, id) => this.#ids.get(token) !== id || !isToken(token, id)) ??
      (this.#ids.has(END_OF_LINE) ? undefined : "no <eos>");
    if (wrong !== undefined) {
      const must = "hold <eos> and single words or punctuation marks, none of them twice";
      throw new FormatError({ op: "WordVocabulary", argument: "tokens", must, value: show(wrong) });
    }
    this.#pieces = tokens.map((token, id) =>
      id < own.length && !WRITTEN.includes(token) ? null : wordPiece(token, this.split),
    );
    this.size = tokens.length;
    this.unknownId = this.#ids.get(UNKNOWN) ?? -1;
  }

  static fromText(text: string, options: WordVocabularyOptions = {}): WordVocabulary {
    const op = "WordVocabulary.fromText";
    checkKnownOptions(op, options, ["split", "lowercase", "special", "unknown", "minCount", "maxSize"]);
    checkString(op, "text", text);
    const { split = "punctuation", lowercase = false, special: ends = false } = options;
    const { unknown = true, minCount = 1, maxSize } = options;
    checkBoolean(op, "special", ends);
    checkOneOf(op, "split", split, WORD_SPLITS);
    checkPositiveInteger(op, "minCount", minCount);
    if (maxSize !== undefined) checkPositiveInteger(op, "maxSize", maxSize);
    const counts = new Map<string, number>();
    forEachWordToken(lowercase ? text.toLowerCase() : text, split, (token) => {
      counts.set(token, (counts.get(token) ?? 0) + 1);
    });
    return wordVocabularyOf(counts, { split, lowercase, special: ends, unknown, minCount, maxSize }, op);
  }

  encode(text: string, options?: EncodeOptions): Int32Array {
    checkString("WordVocabulary.encode", "text", text);
    const ids: number[] = [];
    forEachWordToken(this.lowercase ? text.toLowerCase() : text, this.split, (token, index) => {
      ids.push(this.#ids.get(token) ?? this.#unknownAt(index, token));
    });
    const found = new Int32Array(ids);
    return options === undefined ? found : withEnds("WordVocabulary.encode", found, this.special, options);
  }

  decode(ids: ArrayLike<number>): string {
    checkTokenIds("WordVocabulary.decode", ids);
    const stream = this.stream();
    let text = "";
    for (let i = 0; i < ids.length; i++) text += stream.push(ids[i]);
    return text;
  }

  stream(): TokenStream {
    let space = false;
    return {
      push: (id) => {
        const piece = this.#pieces[checkTokenId("WordVocabulary.decode", id, this.size)];
        if (piece === null) return "";
        const { surface, left, right } = piece;
        const text = space && !left ? ` ${surface}` : surface;
        space = !right;
        return text;
      },
      end: () => {
        space = false;
        return "";
      },
    };
  }

  /** Punctuation with its joiners: `￭,`. */
  tokenOf(id: number): string {
    return this.#tokens[checkTokenId("WordVocabulary.tokenOf", id, this.size)];
  }

  idOf(token: string): number | undefined {
    checkString("WordVocabulary.idOf", "token", token);
    return this.#ids.get(token);
  }

  toJSON(): VocabularyJSON {
    const { split, lowercase } = this;
    const special = this.#special.length > 0 ? ({ special: true } as const) : {};
    return { kind: "word", tokens: [...this.#tokens], split, lowercase, ...special };
  }

  #unknownAt(index: number, token: string): number {
    if (this.unknownId >= 0) return this.unknownId;
    throw new FormatError({
      code: "unknown-token",
      op: "WordVocabulary.encode",
      argument: "text",
      must: `contain only the ${this.size} words of the vocabulary`,
      value: `${show(token)} at index ${index}`,
      fix: "Leave it out, or build the vocabulary with { unknown: true }.",
      details: { index, token: show(token) },
    });
  }
}

/** The vocabulary of tokens that were counted, ties in the order of the map. @throws FormatError where none is left */
export function wordVocabularyOf(
  counts: Map<string, number>,
  { split, lowercase, special: ends = false, unknown = true, minCount = 1, maxSize }: WordVocabularyOptions,
  op: string,
): WordVocabulary {
  const usual = unknown || counts.has(UNKNOWN) ? [UNKNOWN, END_OF_LINE] : [END_OF_LINE];
  const special: readonly string[] = ends ? SPECIAL_TOKENS : usual;
  for (const token of special) counts.delete(token);
  const words = mostFrequent(counts, minCount, Math.max(0, (maxSize ?? Infinity) - special.length));
  if (words.length === 0) {
    throw new FormatError({ op, argument: "text", must: "contain a word to keep", value: "none" });
  }
  return new WordVocabulary([...special, ...words], { split, lowercase, special: ends });
}
