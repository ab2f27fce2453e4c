import { FormatError, show } from "../../base/errors.js";
import type { Json } from "../../train/index.js";

/** Words and characters that a model knows, by falling frequency; what it does not know has the id 0. */
export class Lexicon {
  readonly words: readonly string[];
  readonly chars: readonly string[];
  readonly #wordIds: ReadonlyMap<string, number>;
  readonly #charIds: ReadonlyMap<string, number>;

  constructor(words: readonly string[], chars: readonly string[]) {
    this.words = words;
    this.chars = chars;
    this.#wordIds = idsOf(words);
    this.#charIds = idsOf(chars);
  }

  /** Of the words of sentences: those that occur `minCount` times or more. */
  static of(sentences: Iterable<readonly string[]>, minCount: number): Lexicon {
    const words = new Map<string, number>();
    for (const tokens of sentences) for (const word of tokens) words.set(word, (words.get(word) ?? 0) + 1);
    return Lexicon.ofCounts(words, minCount);
  }

  /** @param words  how often each occurs */
  static ofCounts(words: ReadonlyMap<string, number>, minCount: number): Lexicon {
    const chars = new Map<string, number>();
    for (const [word, count] of words) for (const char of word) chars.set(char, (chars.get(char) ?? 0) + count);
    return new Lexicon(frequent(words, minCount), frequent(chars, minCount));
  }

  /** A word that is not known as it is written may be in lower case. */
  wordId(word: string): number {
    return this.#wordIds.get(word) ?? this.#wordIds.get(word.toLowerCase()) ?? 0;
  }

  /** Of all characters of a word, or where it is longer than `most` those at its start and its end. */
  charIds(word: string, most: number): Int32Array {
    // A word of a million characters is not taken apart for the few that are read.
    const short = word.length > 4 * most ? word.slice(0, 2 * most) + word.slice(-2 * most) : word;
    const chars = [...short];
    const end = Math.floor(most / 2);
    const read = chars.length <= most ? chars : [...chars.slice(0, most - end), ...chars.slice(chars.length - end)];
    return Int32Array.from(read, (char) => this.#charIds.get(char) ?? 0);
  }

  toJSON(): { words: string[]; chars: string[] } {
    return { words: [...this.words], chars: [...this.chars] };
  }

  /** @throws FormatError for what `toJSON` does not give */
  static fromJSON(words: Json | undefined, chars: Json | undefined): Lexicon {
    return new Lexicon(namesFrom("words", words), namesFrom("chars", chars));
  }
}

/** Texts, none of them twice. @throws FormatError */
export function namesFrom(what: string, json: Json | undefined, least = 0): string[] {
  const isNames = Array.isArray(json) && json.every((name) => typeof name === "string" && name !== "");
  if (isNames && json.length >= least && new Set(json).size === json.length) return json as string[];
  const must = `name ${least > 0 ? `${least} or more ` : ""}${what}, none of them twice`;
  throw new FormatError({ op: "tag", argument: "json", must, value: show(json) });
}

function idsOf(names: readonly string[]): Map<string, number> {
  return new Map(names.map((name, i) => [name, i + 1]));
}

/** Equally frequent ones in the order of their code units: the same on every machine. */
function frequent(counts: ReadonlyMap<string, number>, minCount: number): string[] {
  const kept = [...counts].filter(([, count]) => count >= minCount);
  return kept.sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1)).map(([name]) => name);
}
