import { FormatError, show } from "../../base/errors.js";
import { buildVocabulary, type Vocabulary, vocabularyFromJSON } from "../../text/index.js";
import { type TokenCounter, tokenCounter } from "../../text/token-counter.js";
import { UNKNOWN, type VocabularyKind } from "../../text/vocabulary.js";
import type { Json } from "../../train/index.js";

/** The ids of the tokens that no text has; `unknown` is -1 where every text has tokens. */
export interface Ends {
  pad: number;
  begin: number;
  end: number;
  unknown: number;
}

/** @throws FormatError for a vocabulary without the tokens that begin and end a sequence */
export function endsOf(vocabulary: Vocabulary): Ends {
  const [pad, begin, end] = ["<pad>", "<bos>", "<eos>"].map((token) => vocabulary.idOf(token));
  if (pad !== undefined && begin !== undefined && end !== undefined) {
    return { pad, begin, end, unknown: vocabulary.idOf(UNKNOWN) ?? -1 };
  }
  const must = "have the tokens <pad>, <bos> and <eos>";
  throw new FormatError({ op: "vocabulary", argument: "json", must, value: "a vocabulary without" });
}

/** The tokens of texts, with those that begin and end a sequence. */
export function vocabularyOf(kind: VocabularyKind, texts: readonly string[], minCount: number): Vocabulary {
  // A line break between words is no token of any of them; between characters it would be one.
  const all = texts.join(kind === "word" ? " " : "");
  return buildVocabulary(kind, all, optionsOf(kind, minCount));
}

/** As `vocabularyOf`, of texts that come one after another. */
export function counterOf(kind: VocabularyKind, minCount: number): TokenCounter {
  return tokenCounter(kind, optionsOf(kind, minCount));
}

function optionsOf(kind: VocabularyKind, minCount: number): object {
  return kind === "byte" ? { special: true } : { minCount, special: true };
}

/** @throws FormatError for what `toJSON` of a vocabulary with ends does not give */
export function vocabularyWithEnds(json: Json | undefined): Vocabulary {
  if (json === undefined)
    throw new FormatError({ op: "vocabulary", argument: "json", must: "be an object", value: show(json) });
  const vocabulary = vocabularyFromJSON(json);
  endsOf(vocabulary);
  return vocabulary;
}
