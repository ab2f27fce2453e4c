import { checkArray, checkBoolean, checkKnownOptions, checkPositiveInteger, checkString } from "../base/check.js";
import { FormatError, OptionError } from "../base/errors.js";
import { type EncodeOptions, SPECIAL_TOKENS, type SpecialIds, specialIdsOf, withEnds } from "./special-tokens.js";
import {
  type CountLimits,
  checkTokenId,
  checkTokenIds,
  mostFrequent,
  type TokenStream,
  UNKNOWN,
  type Vocabulary,
  type VocabularyJSON,
} from "./vocabulary.js";

export interface CharVocabularyOptions extends CountLimits {
  /** Have a token `<unk>` for characters that are not in the vocabulary. Default false. */
  unknown?: boolean | undefined;
  /** Have `<pad>`, `<bos>`, `<eos>` and `<unk>`, with the ids 0 to 3, before the characters. Default false. */
  special?: boolean | undefined;
}

const BMP = 0x10000;
const REPLACEMENT = "\ufffd";

/**
 * One token a Unicode code point, ordered by code point; `<unk>`, if there is one, comes last, but among the special tokens. Line ends, combining
 * marks and lone surrogates are characters like any other: the round trip of a known text is exact.
 */
export class CharVocabulary implements Vocabulary {
  readonly kind = "char";
  readonly size: number;
  /** The id of `<unk>`, or -1. */
  readonly unknownId: number;
  /** The ids of the special tokens, where it has them. */
  readonly special: SpecialIds;
  /** The id of the first character. */
  readonly #first: number;
  readonly #tokens: readonly string[];
  /** Ids of the code points below 2^16, by table, because a text is mostly these; -1 where there is none. */
  readonly #table = new Int32Array(BMP).fill(-1);
  readonly #beyond = new Map<number, number>();

  /** @param tokens one code point each, without repetition: see `CharVocabulary.fromText` */
  constructor(tokens: readonly string[], unknown = false, special = false) {
    checkArray("CharVocabulary", "tokens", tokens, "CharVocabulary.fromText(text) makes one from a text.");
    checkBoolean("CharVocabulary", "unknown", unknown);
    for (let i = 0; i < tokens.length; i++) checkString("CharVocabulary", `tokens[${i}]`, tokens[i]);
    const own = checkBoolean("CharVocabulary", "special", special) ? SPECIAL_TOKENS : [];
    this.#first = own.length;
    this.special = specialIdsOf(own, (token) => (own as readonly string[]).indexOf(token));
    this.#tokens = [...own, ...tokens, ...(unknown && !special ? [UNKNOWN] : [])];
    this.size = this.#tokens.length;
    this.unknownId = this.#tokens.indexOf(UNKNOWN);
    tokens.forEach((token, index) => {
      const id = index + this.#first;
      const point = token.codePointAt(0) ?? 0;
      if (token !== String.fromCodePoint(point) || this.#find(point) >= 0) {
        const must = "hold single characters, none of them twice";
        const value = `${JSON.stringify(token)} at ${index}`;
        throw new FormatError({ op: "CharVocabulary", argument: "tokens", must, value });
      }
      if (point < BMP) this.#table[point] = id;
      else this.#beyond.set(point, id);
    });
    if (tokens.length === 0) {
      throw new FormatError({ op: "CharVocabulary", argument: "tokens", must: "hold a character", value: "none" });
    }
  }

  /** The characters of `text`. Leaving some out (`minCount`, `maxSize`) needs `unknown`. */
  static fromText(text: string, options: CharVocabularyOptions = {}): CharVocabulary {
    const op = "CharVocabulary.fromText";
    checkKnownOptions(op, options, ["unknown", "special", "minCount", "maxSize"]);
    checkString(op, "text", text);
    const { special = false, unknown = special, minCount = 1, maxSize } = options;
    checkBoolean(op, "unknown", unknown);
    checkBoolean(op, "special", special);
    checkPositiveInteger(op, "minCount", minCount);
    if (maxSize !== undefined) checkPositiveInteger(op, "maxSize", maxSize);
    if (!unknown && (minCount > 1 || maxSize !== undefined)) {
      const value = minCount > 1 ? `minCount ${minCount}` : `maxSize ${maxSize}`;
      throw new OptionError({ op, argument: "unknown", must: "be true when characters are left out", value });
    }
    const counter = new CodePointCounter();
    counter.add(text);
    return charVocabularyOf(counter.counts(), { unknown, special, minCount, maxSize }, op);
  }

  encode(text: string, options?: EncodeOptions): Int32Array {
    checkString("CharVocabulary.encode", "text", text);
    const ids = new Int32Array(text.length);
    let count = 0;
    for (let i = 0; i < text.length; i++) {
      let id = this.#table[text.charCodeAt(i)]!;
      if (id < 0 || isHighSurrogate(text, i)) {
        const point = text.codePointAt(i)!;
        id = this.#find(point);
        if (id < 0) id = this.#unknownAt(i, point);
        if (point >= BMP) i++;
      }
      ids[count++] = id;
    }
    const found = count === ids.length ? ids : ids.slice(0, count);
    return options === undefined ? found : withEnds("CharVocabulary.encode", found, this.special, options);
  }

  decode(ids: ArrayLike<number>): string {
    checkTokenIds("CharVocabulary.decode", ids);
    let text = "";
    for (let i = 0; i < ids.length; i++) text += this.#textOf(ids[i]!);
    return text;
  }

  stream(): TokenStream {
    return { push: (id) => this.#textOf(id), end: () => "" };
  }

  tokenOf(id: number): string {
    return this.#tokens[checkTokenId("CharVocabulary.tokenOf", id, this.size)]!;
  }

  idOf(token: string): number | undefined {
    checkString("CharVocabulary.idOf", "token", token);
    if (token === UNKNOWN) return this.unknownId < 0 ? undefined : this.unknownId;
    const special = this.#tokens.indexOf(token);
    if (special >= 0 && special < this.#first) return special;
    const point = token.codePointAt(0);
    if (point === undefined || token !== String.fromCodePoint(point)) return undefined;
    const id = this.#find(point);
    return id < 0 ? undefined : id;
  }

  toJSON(): VocabularyJSON {
    const unknown = this.unknownId >= 0;
    if (this.#first > 0) return { kind: "char", tokens: this.#tokens.slice(this.#first), unknown, special: true };
    return { kind: "char", tokens: this.#tokens.slice(0, unknown ? -1 : undefined), unknown };
  }

  #find(point: number): number {
    return point < BMP ? this.#table[point]! : (this.#beyond.get(point) ?? -1);
  }

  #textOf(id: number): string {
    checkTokenId("CharVocabulary.decode", id, this.size);
    if (id === this.unknownId) return REPLACEMENT;
    return id < this.#first ? "" : this.#tokens[id]!;
  }

  #unknownAt(index: number, point: number): number {
    if (this.unknownId >= 0) return this.unknownId;
    throw new FormatError({
      code: "unknown-token",
      op: "CharVocabulary.encode",
      argument: "text",
      must: `contain only the ${this.size} characters of the vocabulary`,
      value: `${formatCodePoint(point)} at index ${index}`,
      fix: "Leave it out, or build the vocabulary with { unknown: true }.",
      details: { index, token: formatCodePoint(point) },
    });
  }
}

/** `U+D55C "한"`; control characters and lone surrogates escaped. */
export function formatCodePoint(point: number): string {
  const hex = point.toString(16).toUpperCase().padStart(4, "0");
  return `U+${hex} ${JSON.stringify(String.fromCodePoint(point))}`;
}

/** Whether a surrogate that may be the first of a pair stands at `i`: then the pair decides, not the unit. */
function isHighSurrogate(text: string, i: number): boolean {
  return (text.charCodeAt(i) & 0xfc00) === 0xd800;
}

/** How often each code point is seen in texts that come one after another. */
export class CodePointCounter {
  readonly #units = new Float64Array(BMP);
  readonly #beyond = new Map<number, number>();

  add(text: string): void {
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      const point = isHighSurrogate(text, i) ? text.codePointAt(i)! : unit;
      if (point < BMP) this.#units[point]!++;
      else {
        this.#beyond.set(point, (this.#beyond.get(point) ?? 0) + 1);
        i++;
      }
    }
  }

  counts(): Map<number, number> {
    const counts = new Map(this.#beyond);
    this.#units.forEach((count, unit) => {
      if (count > 0) counts.set(unit, count);
    });
    return counts;
  }
}

/** The vocabulary of code points that were counted. @throws FormatError where none is left */
export function charVocabularyOf(
  counts: ReadonlyMap<number, number>,
  { unknown = false, special = false, minCount = 1, maxSize }: CharVocabularyOptions,
  op: string,
): CharVocabulary {
  const room = Math.max(0, (maxSize ?? Infinity) - (special ? SPECIAL_TOKENS.length : unknown ? 1 : 0));
  const points = mostFrequent(counts, minCount, room).sort((a, b) => a - b);
  if (points.length === 0) {
    throw new FormatError({ op, argument: "text", must: "contain a character to keep", value: "none" });
  }
  const tokens = points.map((point) => String.fromCodePoint(point));
  return new CharVocabulary(tokens, unknown, special);
}
