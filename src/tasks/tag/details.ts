import { classDetail } from "../about-data/class-counts.js";
import { type DataDetails, leftOut } from "../about-data/details.js";
import { heldHow } from "../about-data/held-out.js";
import { LengthCounts } from "../about-data/length-counts.js";
import type { Source } from "../task.js";
import { unknownText } from "../tokens/unknown.js";
import type { TagConfig } from "./config.js";

/** How long the sentences of a file are, and their words, as they come. */
export class SentenceCounts {
  readonly sentences = new LengthCounts();
  readonly words = new LengthCounts();
  longWords = 0;
  readonly #maxChars: number;

  constructor({ chars, maxChars }: TagConfig) {
    this.#maxChars = chars === "none" ? Infinity : maxChars;
  }

  add(tokens: readonly string[]): void {
    const most = this.#maxChars;
    this.sentences.add(tokens.length);
    for (const word of tokens) {
      this.words.add(word.length);
      if (word.length > most && [...word].length > most) this.longWords++;
    }
  }
}

/** What was counted of sentences, in memory or on the disk. */
interface Counted {
  /** Of the file to train on. */
  counts: SentenceCounts;
  /** How often each tag stands in it. */
  tags: ReadonlyMap<string, number>;
  /** Words to train on that are too rare to know. */
  unknown: number;
}

/** What there is to know of sentences. */
export function sentenceDetails(
  { counts, tags, unknown }: Counted,
  parts: Readonly<Record<"train" | "validation", { readonly length: number }>> & { words: { train: number } },
  { config, valid }: { config: TagConfig; valid: Pick<Source, "name"> | undefined },
): DataDetails {
  const { maxLength, maxChars } = config;
  const { sentences, words, longWords } = counts;
  const cut = `sentences are longer than ${maxLength.toLocaleString("en")} words: they are cut into pieces`;
  const inside = `words are longer than ${maxChars} characters: the middle of each is not read`;
  const rare = `${unknownText("word", unknown / parts.words.train)}: too rare to know`;
  return {
    rows: sentences.count,
    unit: "sentences",
    columns: [],
    classes: [classDetail("tags", tags)],
    lengths: [...sentences.quantiles("sentences", "words"), ...words.quantiles("words", "characters")],
    values: [],
    leftOut: [
      ...leftOut(sentences.above(maxLength), cut, "maxLength"),
      ...leftOut(longWords, inside, "maxChars"),
      ...leftOut(unknown, rare, "minCount"),
    ],
    split: {
      train: parts.train.length,
      validation: parts.validation.length,
      unit: "sentences",
      how: heldHow(config, valid, "at random"),
    },
  };
}
