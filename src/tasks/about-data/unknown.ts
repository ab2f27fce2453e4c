import type { Vocabulary } from "../../text/index.js";
import { countUnknown, unknownText } from "../tokens/unknown.js";
import { type LeftOut, leftOut } from "./details.js";

/** Tokens to train on that are too rare for the vocabulary. */
export function rareTokens(vocabulary: Vocabulary | null, parts: Iterable<ArrayLike<number>>): LeftOut[] {
  if (vocabulary === null) return [];
  let [all, unknown] = [0, 0];
  for (const ids of parts) {
    all += ids.length;
    unknown += countUnknown(vocabulary, ids);
  }
  return tooRare(vocabulary, unknown, all);
}

/** So many of all. */
export function tooRare({ kind }: Vocabulary, unknown: number, all: number): LeftOut[] {
  return leftOut(unknown, `${unknownText(kind, unknown / all)}: too rare for the vocabulary`, "minCount");
}
