import { FormatError } from "../../base/errors.js";
import { passOf, type Told } from "../../base/report.js";
import type { TokenSource } from "../../data/index.js";
import { RecordFile } from "../../io/record-file.js";
import { opening } from "../../io/scratch.js";
import type { ByteVocabulary, Vocabulary } from "../../text/index.js";
import { tokenCounter } from "../../text/token-counter.js";
import type { DataDetails } from "../about-data/details.js";
import { type RowStream, type StreamSources, validationName } from "../task.js";
import { countUnknown } from "../tokens/unknown.js";
import { Fingerprint } from "../training/fingerprint.js";
import { type LanguageModelOptions, type ResolvedConfig, resolveConfig } from "./config.js";
import {
  BETWEEN_TEXTS,
  type Corpus,
  type CorpusConfig,
  checkLength,
  checkParts,
  failEmpty,
  heldOutBlock,
  vocabularyOptions,
} from "./corpus.js";
import { LineLengths, textDetails } from "./details.js";
import { type Fitted, fitToText } from "./fit-to-text.js";
import { byteParts, textParts } from "./text-parts.js";
import { TokenFile } from "./token-file.js";

/** A text whose tokens lie on the disk. */
export interface StoredCorpus extends Omit<Corpus, "train" | "validation"> {
  train: TokenSource;
  validation: TokenSource | null;
  details: DataDetails;
  /** Gives its place on the disk back. */
  close(): void;
}

export interface StoreOptions {
  op: string;
  nameOf?: ((key: string) => string) | undefined;
  /** The vocabulary of a model that is trained on. Default: counted on the way. */
  known?: Vocabulary | undefined;
  /** Of a preset, for what the size of the text chooses. */
  usual?: LanguageModelOptions | undefined;
}

/**
 * As `readCorpusAndConfig`, for texts that need not fit into memory: what is read lies on the disk, first as it is, and then as tokens.
 * They are those of the text in memory, but for words too rare to be counted among millions of them.
 * @throws FormatError, OptionError; FileError where the disk is full
 */
export async function storeCorpusAndConfig(
  { train, others = [], valid, report }: StreamSources,
  given: LanguageModelOptions,
  { op, nameOf, known, usual = {} }: StoreOptions,
): Promise<{ corpus: StoredCorpus; config: ResolvedConfig; fitted: Fitted }> {
  const { batch = 1, seqLen = 1 } = given;
  const least = { ...resolveConfig(given, op, nameOf), batch, seqLen };
  const source = [train, ...others].map(({ name }) => name).join(", ");
  const held = valid && { ...valid, name: validationName(valid.name) };
  const texts = [[train, ...others], ...(held === undefined ? [] : [[held]])];
  const lines = new LineLengths(least.tokens === "byte");
  const { files, ...read } = await tokensOf(texts, least, { known, lines, told: passOf(report, "encoding") });
  const [own, other] = files;
  try {
    const { length } = own;
    const block = heldOutBlock(length, least, other !== undefined);
    const [from, to] = block ?? [length, length];
    const trained = own.part([
      [0, from],
      [to, length],
    ]);
    const parts = { train: trained, validation: other?.part([[0, other.length]]) ?? (block && own.part([block])) };
    checkParts(parts, least, source, held?.name);
    const fitted = fitToText(given, parts.train.length, usual);
    const config = resolveConfig({ ...usual, ...given, ...fitted }, op, nameOf);
    checkLength(parts.train, config, source);
    const details = textDetails(lines, { ...parts, ...read }, config, valid);
    return { corpus: { ...parts, ...read, details }, config, fitted };
  } catch (error) {
    read.close();
    throw error;
  }
}

interface Tokens {
  vocabulary: Vocabulary;
  /** Of each text. */
  files: readonly TokenFile[];
  unknown: number;
  fingerprint: string;
  close(): void;
}

/** @param texts  the one to train on, and perhaps one to validate on */
async function tokensOf(
  texts: readonly (readonly RowStream[])[],
  config: CorpusConfig,
  { known, lines, told }: { known: Vocabulary | undefined; lines: LineLengths; told: Told | undefined },
): Promise<Tokens> {
  const raw = opening((keep) => texts.map(() => keep(new RecordFile())));
  try {
    const counter = known === undefined ? tokenCounter(config.tokens, vocabularyOptions(config)) : null;
    const kind = known?.kind ?? config.tokens;
    for (const [i, files] of texts.entries()) {
      if (i > 0) counter?.add(BETWEEN_TEXTS);
      const seen = i === 0 ? lines : null;
      await putAside(files, kind, raw[i], { text: (part) => counter?.add(part), bytes: (part) => seen?.add(part) });
    }
    const names = texts.map((files) => files.map(({ name }) => name).join(", "));
    return encoded(raw, names, known ?? counter!.vocabulary(), told);
  } finally {
    for (const file of raw) file.close();
  }
}

/** @throws FormatError for what is no text, or white space alone */
async function putAside(
  files: readonly RowStream[],
  kind: Vocabulary["kind"],
  into: RecordFile,
  told: { text: (part: string) => void; bytes: (part: Uint8Array) => void },
): Promise<void> {
  const encoder = new TextEncoder();
  let [isBlank, length] = [true, 0];
  if (kind === "byte") {
    for await (const part of byteParts(files)) {
      isBlank &&= part.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
      length += part.length;
      told.bytes(part);
      into.append([], part);
    }
  } else {
    for await (const part of textParts(files, kind)) {
      isBlank &&= !/\S/.test(part);
      length += part.length;
      told.text(part);
      const bytes = encoder.encode(part);
      told.bytes(bytes);
      into.append([], bytes);
    }
  }
  into.flush();
  if (isBlank) failEmpty(files.map(({ name }) => name).join(", "), length, kind === "byte" ? "bytes" : "characters");
}

function encoded(
  raw: readonly RecordFile[],
  names: readonly string[],
  vocabulary: Vocabulary,
  told: Told | undefined,
): Tokens {
  const files = opening((keep) => raw.map(() => keep(new TokenFile(vocabulary.size))));
  const close = () => {
    for (const file of files) file.close();
  };
  try {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    const seen = new Fingerprint();
    const records = raw.reduce((sum, { length }) => sum + length, 0);
    let [unknown, done] = [0, 0];
    for (const [i, file] of files.entries()) {
      let line = 1;
      for (const { bytes } of raw[i]) {
        told?.(done++, records);
        const ids =
          vocabulary.kind === "byte"
            ? (vocabulary as ByteVocabulary).encodeBytes(bytes)
            : encodedPart(vocabulary, decoder.decode(bytes), names[i], line);
        for (let at = bytes.indexOf(LF); at >= 0; at = bytes.indexOf(LF, at + 1)) line++;
        unknown += countUnknown(vocabulary, ids);
        seen.add(ids);
        file.append(ids);
      }
      seen.endPart();
    }
    if (files.length === 1) seen.endPart();
    told?.(records, records);
    return { vocabulary, files, unknown, fingerprint: seen.text, close };
  } catch (error) {
    close();
    throw error;
  }
}

const LF = 0x0a;

/** @param line  on which the part begins. @throws FormatError with its line, for a character that the vocabulary lacks */
function encodedPart(vocabulary: Vocabulary, text: string, file: string, line: number): Int32Array {
  try {
    return vocabulary.encode(text);
  } catch (cause) {
    if (!(cause instanceof FormatError) || cause.code !== "unknown-token") throw cause;
    const { op, must, details } = cause;
    const before = text.slice(0, details.index ?? 0).split("\n");
    const [at, column] = [line + before.length - 1, [...before.at(-1)!].length + 1];
    const [argument, value] = [`${file}:${at}:${column}`, String(details.token)];
    throw new FormatError({ op, argument, must, value, details: { file, line: at, column } }, { cause });
  }
}
