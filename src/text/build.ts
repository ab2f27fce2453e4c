import { checkOneOf } from "../base/check.js";
import { FormatError, show } from "../base/errors.js";
import { type BPEOptions, BPEVocabulary } from "./bpe-vocabulary.js";
import { ByteVocabulary, type ByteVocabularyOptions } from "./byte-vocabulary.js";
import { CharVocabulary, type CharVocabularyOptions } from "./char-vocabulary.js";
import { VOCABULARY_KINDS, type Vocabulary, type VocabularyKind, WORD_SPLITS, type WordSplit } from "./vocabulary.js";
import { WordVocabulary, type WordVocabularyOptions } from "./word-vocabulary.js";

/** The vocabulary of `text`; `byte` is the same for every text. */
export function buildVocabulary(kind: "char", text: string, options?: CharVocabularyOptions): CharVocabulary;
export function buildVocabulary(kind: "word", text: string, options?: WordVocabularyOptions): WordVocabulary;
export function buildVocabulary(kind: "byte", text?: string, options?: ByteVocabularyOptions): ByteVocabulary;
export function buildVocabulary(kind: "bpe", text: string, options?: BPEOptions): BPEVocabulary;
export function buildVocabulary(kind: VocabularyKind | "bpe", text: string, options?: object): Vocabulary;
export function buildVocabulary(kind: VocabularyKind | "bpe", text = "", options: object = {}): Vocabulary {
  checkOneOf("buildVocabulary", "kind", kind, KINDS);
  if (kind === "bpe") return BPEVocabulary.fromText(text, options);
  if (kind === "char") return CharVocabulary.fromText(text, options);
  if (kind === "word") return WordVocabulary.fromText(text, options);
  return new ByteVocabulary(options);
}

const KINDS = [...VOCABULARY_KINDS, "bpe"] as const;

const FIELDS: Readonly<Record<VocabularyKind | "bpe", readonly string[]>> = {
  char: ["kind", "tokens", "unknown", "special"],
  byte: ["kind", "special"],
  word: ["kind", "tokens", "split", "lowercase", "special"],
  bpe: ["kind", "tokens", "merges", "special"],
};

type Fields = Partial<Record<"kind" | "tokens" | "unknown" | "split" | "lowercase" | "special" | "merges", unknown>>;

/**
 * A vocabulary from what `toJSON` gave, parsed.
 * @throws FormatError naming the field that is not as `toJSON` writes it
 */
export function vocabularyFromJSON(json: unknown): Vocabulary {
  if (json === null || typeof json !== "object" || Array.isArray(json)) fail("json", "be an object", json);
  const fields = json as Fields;
  const kind = fields.kind as VocabularyKind | "bpe";
  if (!KINDS.includes(kind)) fail("kind", `be one of ${KINDS.map(show).join(", ")}`, fields.kind);
  for (const key of Object.keys(fields)) {
    if (!FIELDS[kind].includes(key)) fail("json", `have only the fields ${FIELDS[kind].join(", ")}`, key);
  }
  if (kind === "bpe")
    return new BPEVocabulary(strings(fields, "tokens"), strings(fields, "merges"), strings(fields, "special"));
  const special = fields.special === undefined ? false : flag(fields, "special");
  if (kind === "byte") return new ByteVocabulary({ special });
  const tokens = strings(fields, "tokens");
  if (kind === "char") return new CharVocabulary(tokens, flag(fields, "unknown"), special);
  const split = fields.split as WordSplit;
  if (!WORD_SPLITS.includes(split)) fail("split", `be one of ${WORD_SPLITS.map(show).join(", ")}`, split);
  return new WordVocabulary(tokens, { split, lowercase: flag(fields, "lowercase"), special });
}

function strings(fields: Fields, name: "tokens" | "merges" | "special"): string[] {
  const list = fields[name];
  if (!Array.isArray(list)) fail(name, "be an array of strings", list);
  const wrong = list.findIndex((token) => typeof token !== "string");
  if (wrong >= 0) fail(name, "be an array of strings", list[wrong]);
  return list;
}

function flag(fields: Fields, name: "unknown" | "lowercase" | "special"): boolean {
  const value = fields[name];
  if (typeof value !== "boolean") fail(name, "be true or false", value);
  return value;
}

function fail(argument: string, must: string, value: unknown): never {
  throw new FormatError({ op: "vocabularyFromJSON", argument, must, value: show(value) });
}
