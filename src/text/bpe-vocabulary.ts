import { checkArray, checkBoolean, checkKnownOptions, checkPositiveInteger, checkString } from "../base/check.js";
import { FormatError, OptionError, show } from "../base/errors.js";
import { joinPairs, learnMerges, pairKey, piecesOf } from "./bpe-training.js";
import { bytesOfLetters, fromBytes, LETTERS, toBytes } from "./byte-letters.js";
import { type EncodeOptions, SPECIAL_TOKENS, type SpecialIds, specialIdsOf, withEnds } from "./special-tokens.js";
import { type CountLimits, checkTokenId, checkTokenIds, type TokenStream, type Vocabulary } from "./vocabulary.js";

export interface BPEOptions extends CountLimits {
  /** The most tokens to have, the 256 bytes and special ones included. Default 1000. */
  maxSize?: number | undefined;
  /** Pairs seen less often are not joined. Default 2. */
  minCount?: number | undefined;
  /** Have `<pad>`, `<bos>`, `<eos>` and `<unk>`, with the ids 0 to 3. Default false. */
  special?: boolean | undefined;
}

/** What `toJSON` writes. */
export interface BPEVocabularyJSON {
  kind: "bpe";
  /** By id, bytes as GPT-2's letters. */
  tokens: string[];
  /** `left right`, in the order in which they were learned. */
  merges: string[];
  /** Those of `tokens` that no text makes. */
  special: string[];
}

/** Pieces whose ids are remembered, which most of a text's are. */
const MOST_REMEMBERED = 50_000;
const LONGEST_REMEMBERED = 64;

/**
 * Byte-level byte-pair encoding: the 256 bytes of UTF-8 and what frequent neighbours among them were joined to, within words, numbers and
 * marks with the space before them. Every string has tokens and comes back exactly.
 * Source: Sennrich, Haddow & Birch 2016; on bytes, Radford et al. 2019 (GPT-2).
 * @example
 * const vocabulary = text.BPEVocabulary.fromText(corpus, { maxSize: 4096, special: true });
 * vocabulary.encode("Call me Ishmael.", { addEos: true });
 * JSON.stringify(text.toTokenizerJSON(vocabulary)); // a tokenizer.json for Hugging Face's tokenizers
 */
export class BPEVocabulary implements Vocabulary {
  readonly kind = "bpe";
  readonly size: number;
  /** The ids of the special tokens that it has. */
  readonly special: SpecialIds;
  readonly #tokens: readonly string[];
  readonly #ids: ReadonlyMap<string, number>;
  /** By id; nothing for special ones. */
  readonly #bytes: readonly Uint8Array[];
  readonly #merges: readonly string[];
  readonly #specials: ReadonlySet<string>;
  readonly #byteIds: readonly number[];
  /** By pair of ids: when it was learned, and what it becomes. */
  readonly #ranks = new Map<number, readonly [rank: number, joined: number]>();
  readonly #remembered = new Map<string, readonly number[]>();

  /**
   * @param tokens   by id, bytes as GPT-2's letters: see `BPEVocabulary.fromText`
   * @param merges   `left right`, in the order in which they were learned
   * @param special  those of `tokens` that no text makes
   * @throws FormatError for a byte without a token, and for a merge of or to what is no token
   */
  constructor(tokens: readonly string[], merges: readonly string[], special: readonly string[] = []) {
    for (const [name, list] of Object.entries({ tokens, merges, special })) {
      checkArray("BPEVocabulary", name, list, "BPEVocabulary.fromText(text) makes one from a text.");
      for (let i = 0; i < list.length; i++) checkString("BPEVocabulary", `${name}[${i}]`, list[i]);
    }
    this.#tokens = [...tokens];
    this.#merges = [...merges];
    this.#specials = new Set(special);
    this.size = tokens.length;
    this.#ids = new Map(tokens.map((token, id) => [token, id]));
    if (this.#ids.size < tokens.length) fail("tokens", "hold none twice", "one that it does");
    const missing = special.find((token) => !this.#ids.has(token));
    if (missing !== undefined) fail("special", "be among the tokens", show(missing));
    this.special = specialIdsOf(special, (token) => this.#ids.get(token));
    this.#bytes = tokens.map((token) => {
      if (this.#specials.has(token)) return new Uint8Array(0);
      return bytesOfLetters(token) ?? fail("tokens", "be bytes in GPT-2's letters", show(token));
    });
    this.#byteIds = LETTERS.map((letter) => this.#ids.get(letter) ?? fail("tokens", "hold all 256 bytes", "fewer"));
    merges.forEach((merge, rank) => {
      const [left, right, more] = merge.split(" ").map((token) => this.#ids.get(token));
      const joined = this.#ids.get(merge.replace(" ", ""));
      if (left === undefined || right === undefined || joined === undefined || merge.split(" ").length !== 2 || more) {
        fail(`merges[${rank}]`, "be two tokens that make one, `left right`", show(merge));
      }
      const key = pairKey(left, right);
      if (!this.#ranks.has(key)) this.#ranks.set(key, [rank, joined]);
    });
  }

  /** Learns the tokens of a text. @throws OptionError for a size that leaves no room for the 256 bytes */
  static fromText(text: string, options: BPEOptions = {}): BPEVocabulary {
    const op = "BPEVocabulary.fromText";
    checkKnownOptions(op, options, ["maxSize", "minCount", "special"]);
    checkString(op, "text", text);
    const counts = new Map<string, number>();
    for (const piece of piecesOf(text)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
    return bpeVocabularyOf(counts, options, op);
  }

  encode(text: string, options: EncodeOptions = {}): Int32Array {
    checkString("BPEVocabulary.encode", "text", text);
    const ids: number[] = [];
    for (const piece of piecesOf(text)) for (const id of this.#idsOf(piece)) ids.push(id);
    return withEnds("BPEVocabulary.encode", Int32Array.from(ids), this.special, options);
  }

  decode(ids: ArrayLike<number>): string {
    return fromBytes(this.decodeBytes(ids));
  }

  /** Special tokens have none. */
  decodeBytes(ids: ArrayLike<number>): Uint8Array {
    checkTokenIds("BPEVocabulary.decode", ids);
    const parts = Array.from(ids, (id) => this.#bytes[checkTokenId("BPEVocabulary.decode", id, this.size)]);
    const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  /** Holds the bytes of an incomplete character back. */
  stream(): TokenStream {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    return {
      push: (id) => decoder.decode(this.decodeBytes([id]), { stream: true }),
      end: () => decoder.decode(),
    };
  }

  /** Bytes as GPT-2's letters: `Ġthe`. */
  tokenOf(id: number): string {
    return this.#tokens[checkTokenId("BPEVocabulary.tokenOf", id, this.size)];
  }

  idOf(token: string): number | undefined {
    checkString("BPEVocabulary.idOf", "token", token);
    return this.#ids.get(token);
  }

  /** The pairs that were joined, `left right`, in order. */
  get merges(): string[] {
    return [...this.#merges];
  }

  toJSON(): BPEVocabularyJSON {
    return { kind: "bpe", tokens: [...this.#tokens], merges: this.merges, special: [...this.#specials] };
  }

  #idsOf(piece: string): readonly number[] {
    const known = this.#remembered.get(piece);
    if (known !== undefined) return known;
    let ids: number[] = Array.from(toBytes(piece), (byte) => this.#byteIds[byte]);
    for (;;) {
      let best: readonly [rank: number, joined: number] | undefined;
      let at = 0;
      for (let i = 1; i < ids.length; i++) {
        const found = this.#ranks.get(pairKey(ids[i - 1], ids[i]));
        if (found !== undefined && (best === undefined || found[0] < best[0])) [best, at] = [found, i];
      }
      if (best === undefined) break;
      ids = joinPairs(ids, ids[at - 1], ids[at], best[1]);
    }
    if (piece.length <= LONGEST_REMEMBERED && this.#remembered.size < MOST_REMEMBERED) this.#remembered.set(piece, ids);
    return ids;
  }
}

/** Learns the tokens of pieces that were counted. @throws OptionError for a size that leaves no room for the 256 bytes */
export function bpeVocabularyOf(counts: ReadonlyMap<string, number>, options: BPEOptions, op: string): BPEVocabulary {
  const special = checkBoolean(op, "special", options.special ?? false) ? SPECIAL_TOKENS : [];
  const maxSize = checkPositiveInteger(op, "maxSize", options.maxSize ?? 1000);
  const minCount = checkPositiveInteger(op, "minCount", options.minCount ?? 2);
  const tokens = [...special, ...[...LETTERS].sort()];
  if (maxSize < tokens.length) {
    const must = `be at least ${tokens.length}, the bytes${special.length > 0 ? " and special tokens" : ""}`;
    throw new OptionError({ op, argument: "maxSize", must, value: String(maxSize) });
  }
  const idOf = LETTERS.map((letter) => tokens.indexOf(letter));
  const pairs = learnMerges(counts, idOf, tokens.length, maxSize - tokens.length, minCount);
  const merges = pairs.map(([a, b]) => {
    tokens.push(tokens[a] + tokens[b]);
    return `${tokens[a]} ${tokens[b]}`;
  });
  // Two ways to one token, (a b)c and a(b c), are one token: the later merge leads to the first.
  return new BPEVocabulary([...new Set(tokens)], merges, special);
}

function fail(argument: string, must: string, value: string): never {
  throw new FormatError({ op: "BPEVocabulary", argument, must, value });
}
