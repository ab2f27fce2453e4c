import { classCounts } from "../about-data/class-counts.js";
import { type DataDetails, type LeftOut, leftOut } from "../about-data/details.js";
import { heldHow } from "../about-data/held-out.js";
import { quantiles } from "../about-data/quantiles.js";
import type { Source } from "../task.js";
import { unknownText } from "../unknown-tokens.js";
import type { TagConfig } from "./config.js";
import type { Lexicon } from "./lexicon.js";
import type { Sentence } from "./sentence.js";

interface ReadSentences {
  lexicon: Lexicon;
  train: readonly { tokens: readonly string[] }[];
  validation: readonly unknown[];
}

/** What there is to know of sentences. @param all  of the file to train on */
export function sentenceDetails(
  all: readonly Sentence[],
  { lexicon, train, validation }: ReadSentences,
  { config, valid }: { config: TagConfig; valid: Source | undefined },
): DataDetails {
  const { maxLength, maxChars } = config;
  const words = all.flatMap(({ tokens }) => tokens);
  const lengths = all.map(({ tokens }) => tokens.length);
  const letters = Float64Array.from(words, ({ length }) => length);
  const longSentences = lengths.filter((length) => length > maxLength).length;
  const readsChars = config.chars !== "none";
  const longWords = readsChars ? words.filter((word) => word.length > maxChars && [...word].length > maxChars) : [];
  const cut = `sentences are longer than ${maxLength.toLocaleString("en")} words: they are cut into pieces`;
  const inside = `words are longer than ${maxChars} characters: the middle of each is not read`;
  return {
    rows: all.length,
    unit: "sentences",
    columns: [],
    classes: [
      classCounts(
        "tags",
        all.flatMap(({ tags }) => tags!),
      ),
    ],
    lengths: [...quantiles("sentences", "words", lengths), ...quantiles("words", "characters", letters)],
    values: [],
    leftOut: [
      ...leftOut(longSentences, cut, "maxLength"),
      ...leftOut(longWords.length, inside, "maxChars"),
      ...rareWords(lexicon, train),
    ],
    split: {
      train: train.length,
      validation: validation.length,
      unit: "sentences",
      how: heldHow(config, valid, "at random"),
    },
  };
}

function rareWords(lexicon: Lexicon, train: ReadSentences["train"]): LeftOut[] {
  let [all, unknown] = [0, 0];
  for (const { tokens } of train) {
    all += tokens.length;
    for (const word of tokens) if (lexicon.wordId(word) === 0) unknown++;
  }
  return leftOut(unknown, `${unknownText("word", unknown / all)}: too rare to know`, "minCount");
}
