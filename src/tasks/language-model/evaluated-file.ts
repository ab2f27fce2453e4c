import { FormatError } from "../../base/errors.js";
import { passOf } from "../../base/report.js";
import { encodeKnown } from "../../text/encode-known.js";
import type { ByteVocabulary, UnknownToken, Vocabulary } from "../../text/index.js";
import { Mean, Pacer } from "../../train/index.js";
import type { RowStream } from "../task.js";
import { textLength } from "./corpus.js";
import {
  type EvaluateOptions,
  type Evaluation,
  evaluationOf,
  handlingOf,
  lossPieces,
  MOST_SHOWN,
  type UnknownHandling,
  unknownError,
  withoutUnknown,
} from "./evaluation.js";
import type { LanguageModel } from "./model.js";
import { byteParts, textParts } from "./text-parts.js";
import { TokenFile } from "./token-file.js";

/** A token that the vocabulary lacks, and where it stands: `file:line:column`. */
export type PlacedToken = UnknownToken & { place: string };

/**
 * As `evaluate`, of a file that need not fit into memory: its tokens lie on the disk.
 * @throws FormatError as `evaluate` does, with the place of what it is about; FileError where the disk is full
 */
export async function evaluateFile(
  model: LanguageModel,
  file: RowStream,
  { unknown: asked, seqLen }: Pick<EvaluateOptions, "unknown" | "seqLen"> = {},
): Promise<{ evaluation: Evaluation; first: readonly PlacedToken[] }> {
  const { vocabulary, training } = model;
  const text = new EvaluatedText(vocabulary, file.name, handlingOf(vocabulary, asked));
  model.train(false);
  try {
    if (vocabulary.kind === "byte") for await (const bytes of byteParts([file])) text.addBytes(bytes);
    else for await (const part of textParts([file], vocabulary.kind)) text.add(part);
    const tokens = text.tokens;
    if (tokens.length < 2) {
      const must = "have at least 2 tokens";
      throw new FormatError({ op: "evaluate", argument: "text", must, value: String(tokens.length) });
    }
    const [mean, pacer] = [new Mean(), new Pacer()];
    for (const { loss, count } of lossPieces(model, tokens, seqLen ?? undefined, passOf(file.report, "evaluating"))) {
      mean.add(loss, count);
      await pacer.tick();
    }
    return { evaluation: text.evaluation(mean), first: text.first };
  } finally {
    text.close();
    model.train(training);
  }
}

/** A text that comes in parts, as tokens on the disk. */
class EvaluatedText {
  readonly first: PlacedToken[] = [];
  readonly #vocabulary: Vocabulary;
  readonly #name: string;
  readonly #handling: UnknownHandling;
  readonly #file: TokenFile;
  /** Of what comes next: its line and column, counted from 1, and its index. */
  #line = 1;
  #column = 1;
  #index = 0;
  #characters = 0;
  #total = 0;
  #unknown = 0;

  constructor(vocabulary: Vocabulary, name: string, handling: UnknownHandling) {
    [this.#vocabulary, this.#name, this.#handling] = [vocabulary, name, handling];
    this.#file = new TokenFile(vocabulary.size);
  }

  /** What is to be read. */
  get tokens() {
    return this.#file.part([[0, this.#file.length]]);
  }

  addBytes(bytes: Uint8Array): void {
    const ids = (this.#vocabulary as ByteVocabulary).encodeBytes(bytes);
    this.#characters += textLength(bytes);
    this.#total += ids.length;
    this.#file.append(ids);
  }

  /** @throws FormatError with its place, for a token that the vocabulary lacks, where such are refused; OptionError */
  add(part: string): void {
    const { ids, unknown } = encodeKnown(this.#vocabulary, part);
    for (const { token, index } of unknown.slice(0, MOST_SHOWN - this.first.length)) {
      const place = this.#placeOf(part, index);
      const found = { token, index: this.#index + index };
      if (this.#handling === "error") throw unknownError(this.#vocabulary, found, place);
      this.first.push({ ...found, place: `${place.file}:${place.line}:${place.column}` });
    }
    this.#file.append(withoutUnknown(this.#vocabulary, ids, this.#handling));
    this.#unknown += unknown.length;
    this.#total += ids.length;
    this.#characters += textLength(part);
    const { line, column } = this.#placeOf(part, part.length);
    [this.#line, this.#column] = [line, column];
    this.#index += part.length;
  }

  #placeOf(part: string, index: number): { file: string; line: number; column: number } {
    const before = part.slice(0, index);
    const from = before.lastIndexOf("\n") + 1;
    const line = this.#line + (from === 0 ? 0 : before.split("\n").length - 1);
    return { file: this.#name, line, column: textLength(before.slice(from)) + (from === 0 ? this.#column : 1) };
  }

  evaluation({ value, count }: Mean): Evaluation {
    const [tokens, characters] = [this.#file.length, this.#characters];
    const first = this.first.map(({ token, index }) => ({ token, index }));
    const unknown = { handling: this.#handling, count: this.#unknown, total: this.#total, first };
    return evaluationOf({ loss: value, predicted: count, tokens, characters, unknown });
  }

  close(): void {
    this.#file.close();
  }
}
