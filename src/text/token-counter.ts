import { piecesOf } from "./bpe-training.js";
import { type BPEOptions, bpeVocabularyOf } from "./bpe-vocabulary.js";
import { ByteVocabulary, type ByteVocabularyOptions } from "./byte-vocabulary.js";
import { type CharVocabularyOptions, CodePointCounter, charVocabularyOf } from "./char-vocabulary.js";
import type { Vocabulary, VocabularyKind } from "./vocabulary.js";
import { forEachWordToken } from "./word-tokens.js";
import { type WordVocabularyOptions, wordVocabularyOf } from "./word-vocabulary.js";

/** Counts the tokens of texts that come one after another, for a vocabulary of all of them. */
export interface TokenCounter {
  add(text: string): void;
  /** @throws FormatError where there is none to keep */
  vocabulary(): Vocabulary;
}

/** Words and pieces that are counted at once: of natural text all but its rarest. */
const MOST_COUNTED = 2 ** 21;

/**
 * Makes the vocabulary that `buildVocabulary` would of all texts at once, in bounded memory: of millions of different words the rarest may
 * be missing, and words that are seen equally often may come in another order.
 */
export function tokenCounter(kind: VocabularyKind | "bpe", options: object, most = MOST_COUNTED): TokenCounter {
  const op = "tokenCounter";
  if (kind === "byte") return { add() {}, vocabulary: () => new ByteVocabulary(options as ByteVocabularyOptions) };
  if (kind === "char") {
    const counter = new CodePointCounter();
    return {
      add: (text) => counter.add(text),
      vocabulary: () => charVocabularyOf(counter.counts(), options as CharVocabularyOptions, op),
    };
  }
  const counts = new BoundedCounts(most);
  if (kind === "bpe") {
    return {
      add(text) {
        for (const piece of piecesOf(text)) counts.add(piece);
      },
      vocabulary: () => bpeVocabularyOf(counts.all, options as BPEOptions, op),
    };
  }
  const { split = "punctuation", lowercase = false } = options as WordVocabularyOptions;
  return {
    add: (text) => forEachWordToken(lowercase ? text.toLowerCase() : text, split, (token) => counts.add(token)),
    vocabulary: () => wordVocabularyOf(counts.all, options as WordVocabularyOptions, op),
  };
}

/** Of more keys than there is room for, those that were seen least often are forgotten. */
export class BoundedCounts {
  readonly all = new Map<string, number>();
  readonly #most: number;

  constructor(most = MOST_COUNTED) {
    this.#most = most;
  }

  add(key: string): void {
    const count = this.all.get(key);
    if (count !== undefined) this.all.set(key, count + 1);
    // A copy: a part of a text would keep the whole of it in memory.
    else this.all.set(copyOf(key), 1);
    if (this.all.size <= this.#most) return;
    // Half of them at once, so that it is seldom.
    for (let least = 1; this.all.size > this.#most / 2; least++) {
      for (const [rare, seen] of this.all) if (seen <= least) this.all.delete(rare);
    }
  }
}

/** A string that shares nothing with the one that it was cut out of. */
export function copyOf(text: string): string {
  return ` ${text}`.slice(1);
}
