import { checkKnownOptions, checkObject, checkString, refusal } from "../../base/check.js";
import { bytesIn } from "../../base/dtype.js";
import { type ErrorDetails, FormatError } from "../../base/errors.js";
import { passOf, type Report, type Told } from "../../base/report.js";
import { StreamBatcher } from "../../data/index.js";
import { checkVocabulary } from "../../text/compare.js";
import { type ByteVocabulary, decodeUtf8, type Vocabulary } from "../../text/index.js";
import { tokenCounter } from "../../text/token-counter.js";
import { countUnknown } from "../tokens/unknown.js";
import { fingerprint } from "../training/fingerprint.js";
import { blockOf, heldOutOf } from "../training/held-out.js";
import { type LanguageModelOptions, type ResolvedConfig, resolveConfig } from "./config.js";
import { type Fitted, fitToText } from "./fit-to-text.js";
import { partsOfText } from "./text-parts.js";

/** A text on its way into training. */
export interface Corpus {
  vocabulary: Vocabulary;
  train: Int32Array;
  /** Null when nothing is held out. */
  validation: Int32Array | null;
  /** Says whether a run goes on with the text that it began with. */
  fingerprint: string;
  /** Tokens of the text, and of what is held out, that were too rare for the vocabulary and are `<unk>` now. */
  unknown: number;
}

/** What a text is called in errors, and the file to validate on, if it is one. */
export interface CorpusOptions {
  source?: string | undefined;
  validation?: { text: string | Uint8Array; source: string } | undefined;
  /** The vocabulary of a model that is trained on. Default: that of the text. */
  known?: Vocabulary | undefined;
}

export type CorpusConfig = Pick<
  ResolvedConfig,
  "tokens" | "batch" | "seqLen" | "valid" | "fold" | "seed" | "minCount" | "maxVocab" | "lowercase"
>;

/**
 * A text as token ids, its vocabulary, and what is held out of it.
 * @param text  a string, or bytes: UTF-8, but for `tokens: "byte"`, which takes any
 * @throws FormatError when it is empty, only white space, not UTF-8, or too short for one batch
 */
export function readCorpus(text: string | Uint8Array, config: CorpusConfig, options: CorpusOptions = {}): Corpus {
  checkKnownOptions("readCorpus", options, ["source", "validation", "known"]);
  resolveConfig(config, "readCorpus");
  return corpusOf(text, config, options);
}

function corpusOf(
  text: string | Uint8Array,
  config: CorpusConfig,
  { source = "text", validation, known, report }: CorpusOptions & { report?: Report | undefined },
): Corpus {
  checkString("readCorpus", "source", source);
  if (validation !== undefined) {
    checkObject("readCorpus", "validation", validation, "{ text, source }");
    checkString("readCorpus", "validation.source", validation.source);
  }
  const main = asText(text, config.tokens, source);
  const other = validation && asText(validation.text, config.tokens, validation.source);
  if (known !== undefined) checkVocabulary("readCorpus", "known", known);
  const read = typeof main === "string" ? [main, ...(typeof other === "string" ? [other] : [])] : [];
  const vocabulary = known ?? vocabularyOf(read, config, passOf(report, "reading"));
  const ids = encodeParts(vocabulary, main, passOf(report, "encoding"));
  const parts = split(ids, config, other !== undefined);
  const held = other === undefined ? parts.validation : encodeText(vocabulary, other);
  const train = other === undefined ? parts.train : ids;
  checkParts({ train, validation: held }, config, source, validation?.source);
  const unknown = [ids, ...(other === undefined ? [] : [held!])].reduce(
    (n, part) => n + countUnknown(vocabulary, part),
    0,
  );
  const texts = fingerprint([ids, other === undefined ? null : held]);
  return { vocabulary, train, validation: held, fingerprint: texts, unknown };
}

/**
 * Both parts have to be long enough.
 * @param other  what the file to validate on is called, where there is one
 * @throws FormatError
 */
export function checkParts(
  { train, validation }: { train: { length: number }; validation: { length: number } | null },
  config: CorpusConfig,
  source: string,
  other?: string,
): void {
  const apart =
    validation === null || other !== undefined ? "" : `, after ${validation.length} held out to validate on`;
  checkLength(train, config, source, apart);
  if (validation !== null && validation.length < 2) {
    const must = "leave at least 2 tokens to validate on";
    fail(other ?? source, must, `${validation.length}`, "Hold out more, or 0.", { valid: 0 });
  }
}

/** @throws FormatError for a part to train on that is shorter than a batch */
export function checkLength(
  train: { length: number },
  { batch, seqLen }: Pick<CorpusConfig, "batch" | "seqLen">,
  source: string,
  apart = "",
): void {
  const needed = StreamBatcher.minimumLength({ batchSize: batch, seqLen });
  if (train.length >= needed) return;
  const must = `hold at least ${needed} tokens to train on (batch ${batch} x sequence length ${seqLen} + 1)`;
  const fix = "Use a longer text, or a smaller batch or sequence length.";
  // What is left out is chosen by the size of the text, which then is long enough.
  const settings = train.length < 2 ? {} : { batch: null, seqLen: null };
  fail(source, must, `${train.length}${apart}`, fix, settings);
}

/**
 * A text as `readCorpus` reads it, and the configuration with it: what `given` leaves open, and depends on the size of the
 * text, is chosen by it.
 * @param nameOf how the caller's user wrote a key, for errors
 * @returns also those settings that were chosen so, where they are not the usual ones
 * @throws OptionError, FormatError as `resolveConfig` and `readCorpus` do
 */
export function readCorpusAndConfig(
  text: string | Uint8Array,
  given: LanguageModelOptions,
  options: CorpusOptions & {
    op?: string;
    nameOf?: (key: string) => string;
    /** Of a preset, for what the size of the text chooses. */
    usual?: LanguageModelOptions | undefined;
    report?: Report | undefined;
  } = {},
): { corpus: Corpus; config: ResolvedConfig; fitted: Fitted } {
  const { op = "languageModel", nameOf, usual = {}, ...texts } = options;
  const { batch = 1, seqLen = 1 } = given;
  const corpus = corpusOf(text, { ...resolveConfig(given, op, nameOf), batch, seqLen }, texts);
  const fitted = fitToText(given, corpus.train.length, usual);
  const config = resolveConfig({ ...usual, ...given, ...fitted }, op, nameOf);
  checkLength(corpus.train, config, options.source ?? "text");
  return { corpus, config, fitted };
}

/** Whether any bytes will do: else a text in UTF-8 is read. */
export function readsBytes({ tokens }: Pick<ResolvedConfig, "tokens">): boolean {
  return tokens === "byte";
}

function split(ids: Int32Array, config: CorpusConfig, hasFile: boolean) {
  const held = heldOutBlock(ids.length, config, hasFile);
  if (held === null) return { train: ids, validation: null };
  const [from, to] = held;
  const validation = ids.subarray(from, to);
  if (to === ids.length) return { train: ids.subarray(0, from), validation };
  const train = new Int32Array(ids.length - to + from);
  train.set(ids.subarray(0, from));
  train.set(ids.subarray(to), from);
  return { train, validation };
}

/** Where what is held out of so many tokens begins and ends: a fold, or the end; null where nothing is. */
export function heldOutBlock(
  length: number,
  config: CorpusConfig,
  hasFile: boolean,
): [from: number, to: number] | null {
  const { share, fold } = heldOutOf({ ...config, splitSeed: null }, hasFile);
  if (fold !== null) return blockOf(length, fold);
  return share === 0 ? null : [Math.floor(length * (1 - share)), length];
}

/** What joins a text and the one to validate on, of which a vocabulary is made together. */
export const BETWEEN_TEXTS = "\n";

function vocabularyOf(texts: readonly string[], config: CorpusConfig, told: Told | undefined): Vocabulary {
  const counter = tokenCounter(config.tokens, vocabularyOptions(config), Infinity);
  for (const [i, text] of texts.entries()) {
    if (i > 0) counter.add(BETWEEN_TEXTS);
    for (const part of partsOfText(text, config.tokens, i === 0 ? told : undefined)) counter.add(part);
  }
  return counter.vocabulary();
}

function encodeParts(vocabulary: Vocabulary, text: string | Uint8Array, told: Told | undefined): Int32Array {
  if (typeof text !== "string") return encodeText(vocabulary, text);
  const parts: Int32Array[] = [];
  try {
    for (const part of partsOfText(text, vocabulary.kind, told)) parts.push(vocabulary.encode(part));
  } catch (error) {
    // Its place is that in the whole, which is then told.
    if (error instanceof FormatError && error.code === "unknown-token") vocabulary.encode(text);
    throw error;
  }
  if (parts.length === 1) return parts[0];
  const ids = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    ids.set(part, at);
    at += part.length;
  }
  return ids;
}

/** What of a text becomes a token. */
export function vocabularyOptions({ tokens, minCount, maxVocab, lowercase }: CorpusConfig): object {
  if (tokens === "byte") return {};
  const limits = { minCount, maxSize: maxVocab ?? undefined };
  return tokens === "word" ? { ...limits, lowercase } : { ...limits, unknown: minCount > 1 || maxVocab !== null };
}

function asText(text: string | Uint8Array, tokens: string, source: string): string | Uint8Array {
  if (typeof text !== "string") bytesIn("readCorpus", source, text);
  if (tokens === "byte") {
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : bytesIn("readCorpus", source, text);
    if (bytes.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d)))
      failEmpty(source, bytes.length, "bytes");
    return bytes;
  }
  const decoded = typeof text === "string" ? text : decodeUtf8(text, source);
  if (decoded.trim() === "") failEmpty(source, decoded.length, "characters");
  return decoded;
}

export function failEmpty(source: string, length: number, unit: string): never {
  const value = length === 0 ? "an empty one" : `only white space (${length} ${unit})`;
  fail(source, "hold text to learn from", value, "Name another file.");
}

function fail(
  argument: string,
  must: string,
  value: string,
  fix: string,
  settings: ErrorDetails["settings"] = {},
): never {
  throw new FormatError({ op: "languageModel", argument, must, value, fix, details: { settings } });
}

/** @throws FormatError for a character without a token, or bytes that are not UTF-8 */
export function encodeText(vocabulary: Vocabulary, text: string | Uint8Array, source = "text"): Int32Array {
  if (typeof text === "string") return vocabulary.encode(text);
  if (!(text instanceof Uint8Array)) throw refusal("languageModel", source, "be a string or a Uint8Array", text);
  if (vocabulary.kind === "byte") return (vocabulary as ByteVocabulary).encodeBytes(text);
  return vocabulary.encode(decodeUtf8(text, source));
}

/** Unicode code points; in bytes that are not UTF-8, a stray one counts as one. */
export function textLength(text: string | Uint8Array): number {
  let length = 0;
  if (typeof text === "string") {
    for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) !== 0xdc00) length++;
  } else {
    for (const byte of text) if ((byte & 0xc0) !== 0x80) length++;
  }
  return length;
}
