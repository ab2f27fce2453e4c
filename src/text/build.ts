import { checkKnownOptions, checkOneOf } from "../base/check.js";
import { FormatError, show } from "../base/errors.js";
import { ByteVocabulary } from "./byte-vocabulary.js";
import { CharVocabulary, type CharVocabularyOptions } from "./char-vocabulary.js";
import { VOCABULARY_KINDS, type Vocabulary, type VocabularyKind, WORD_SPLITS, type WordSplit } from "./vocabulary.js";
import { WordVocabulary, type WordVocabularyOptions } from "./word-vocabulary.js";

/** The vocabulary of `text`; `byte` is the same for every text. */
export function buildVocabulary(kind: "char", text: string, options?: CharVocabularyOptions): CharVocabulary;
export function buildVocabulary(kind: "word", text: string, options?: WordVocabularyOptions): WordVocabulary;
export function buildVocabulary(kind: "byte", text?: string, options?: Record<string, never>): ByteVocabulary;
export function buildVocabulary(kind: VocabularyKind, text: string, options?: object): Vocabulary;
export function buildVocabulary(kind: VocabularyKind, text = "", options: object = {}): Vocabulary {
  checkOneOf("buildVocabulary", "kind", kind, VOCABULARY_KINDS);
  if (kind === "char") return CharVocabulary.fromText(text, options);
  if (kind === "word") return WordVocabulary.fromText(text, options);
  checkKnownOptions("buildVocabulary", options, []);
  return new ByteVocabulary();
}

const FIELDS: Readonly<Record<VocabularyKind, readonly string[]>> = {
  char: ["kind", "tokens", "unknown"],
  byte: ["kind"],
  word: ["kind", "tokens", "split", "lowercase"],
};

type Fields = Partial<Record<"kind" | "tokens" | "unknown" | "split" | "lowercase", unknown>>;

/**
 * A vocabulary from what `toJSON` gave, parsed.
 * @throws FormatError naming the field that is not as `toJSON` writes it
 */
export function vocabularyFromJSON(json: unknown): Vocabulary {
  if (json === null || typeof json !== "object" || Array.isArray(json)) fail("json", "be an object", json);
  const fields = json as Fields;
  const kind = fields.kind as VocabularyKind;
  if (!VOCABULARY_KINDS.includes(kind)) fail("kind", `be one of ${VOCABULARY_KINDS.map(show).join(", ")}`, fields.kind);
  for (const key of Object.keys(fields)) {
    if (!FIELDS[kind].includes(key)) fail("json", `have only the fields ${FIELDS[kind].join(", ")}`, key);
  }
  if (kind === "byte") return new ByteVocabulary();
  const tokens = fields.tokens;
  if (!Array.isArray(tokens)) fail("tokens", "be an array of strings", tokens);
  const wrong = tokens.findIndex((token) => typeof token !== "string");
  if (wrong >= 0) fail("tokens", "be an array of strings", tokens[wrong]);
  if (kind === "char") return new CharVocabulary(tokens, flag(fields, "unknown"));
  const split = fields.split as WordSplit;
  if (!WORD_SPLITS.includes(split)) fail("split", `be one of ${WORD_SPLITS.map(show).join(", ")}`, split);
  return new WordVocabulary(tokens, { split, lowercase: flag(fields, "lowercase") });
}

function flag(fields: Fields, name: "unknown" | "lowercase"): boolean {
  const value = fields[name];
  if (typeof value !== "boolean") fail(name, "be true or false", value);
  return value;
}

function fail(argument: string, must: string, value: unknown): never {
  throw new FormatError({ op: "vocabularyFromJSON", argument, must, value: show(value) });
}
