import type { Vocabulary } from "./vocabulary.js";
import { forEachWordToken } from "./word-tokens.js";
import { WordVocabulary } from "./word-vocabulary.js";

/** A character or word that a vocabulary does not have, and the index in the text (UTF-16 units) at which it stands. */
export interface UnknownToken {
  token: string;
  index: number;
}

/** The ids of a text, -1 for what the vocabulary does not have, and where that stands. A written `<unk>` is a token like others. */
export function encodeKnown(vocabulary: Vocabulary, text: string): { ids: Int32Array; unknown: UnknownToken[] } {
  const ids: number[] = [];
  const unknown: UnknownToken[] = [];
  const emit = (token: string, index: number): void => {
    const id = vocabulary.idOf(token);
    ids.push(id ?? -1);
    if (id === undefined) unknown.push({ token, index });
  };
  if (vocabulary.kind === "byte" || vocabulary.kind === "bpe") return { ids: vocabulary.encode(text), unknown };
  if (vocabulary instanceof WordVocabulary) {
    forEachWordToken(vocabulary.lowercase ? text.toLowerCase() : text, vocabulary.split, emit);
  } else {
    let index = 0;
    for (const point of text) {
      emit(point, index);
      index += point.length;
    }
  }
  return { ids: Int32Array.from(ids), unknown };
}
