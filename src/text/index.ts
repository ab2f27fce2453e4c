export { buildVocabulary, vocabularyFromJSON } from "./build.js";
export { ByteVocabulary } from "./byte-vocabulary.js";
export { CharVocabulary, type CharVocabularyOptions } from "./char-vocabulary.js";
export { sameVocabulary, vocabularyDifference } from "./compare.js";
export type { UnknownToken } from "./encode-known.js";
export { decodeUtf8 } from "./utf8.js";
export type { TokenStream, Vocabulary, VocabularyJSON, VocabularyKind, WordSplit } from "./vocabulary.js";
export { WordVocabulary, type WordVocabularyOptions } from "./word-vocabulary.js";
