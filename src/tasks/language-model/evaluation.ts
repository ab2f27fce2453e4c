import { noGrad } from "../../autograd/index.js";
import { checkKnownOptions, checkOneOf, checkPositiveInteger } from "../../base/check.js";
import { FormatError, OptionError } from "../../base/errors.js";
import type { Told } from "../../base/report.js";
import { StreamBatcher, type TokenSource } from "../../data/index.js";
import type { LossOutput } from "../../metrics/index.js";
import { type Tensor, tensor } from "../../tensor/index.js";
import { formatCodePoint } from "../../text/char-vocabulary.js";
import { encodeKnown } from "../../text/encode-known.js";
import { type ByteVocabulary, decodeUtf8, type UnknownToken, type Vocabulary } from "../../text/index.js";
import { UNKNOWN } from "../../text/vocabulary.js";
import { WHOLE } from "../../train/collective/share.js";
import { bits, Mean, perplexity } from "../../train/metrics.js";
import { Pacer } from "../../train/pause.js";
import type { Figure } from "../commands.js";
import { unitOf, unknownText } from "../tokens/unknown.js";
import { textLength } from "./corpus.js";

/** What becomes of characters and words that the vocabulary lacks: an error, left out of the text, or read as `<unk>`. */
export const UNKNOWN_HANDLING = ["error", "skip", "map"] as const;
/** What to do about tokens that the vocabulary lacks. */
export type UnknownHandling = (typeof UNKNOWN_HANDLING)[number];

export interface EvaluateOptions {
  /** Changes nothing: a text is read as one stream, so that no part of it is predicted without what stands before it. */
  batch?: number | undefined;
  /** Tokens computed at once; the state is carried on, so the figures do not depend on it but for rounding. Default 512. */
  seqLen?: number | undefined;
  /** Default: `map` where the vocabulary has `<unk>`, else `error`. */
  unknown?: UnknownHandling | undefined;
  signal?: AbortSignal | undefined;
}

/** How well a model predicts a text. */
export interface Evaluation {
  /** Mean cross-entropy in nats a token. */
  loss: number;
  perplexity: number;
  bitsPerToken: number;
  /**
   * Per Unicode code point of the text, which compares models of different tokens. Null where the text has tokens that the
   * vocabulary lacks: to predict `<unk>`, or nothing, in their place is no prediction of the text.
   */
  bitsPerChar: number | null;
  /** Tokens predicted. */
  tokens: number;
  unknown: {
    handling: UnknownHandling;
    count: number;
    /** Of all tokens of the text, in [0, 1]. */
    share: number;
    /** The first of them, at most ten. */
    first: UnknownToken[];
  };
}

interface Evaluable<S> {
  readonly vocabulary: Vocabulary;
  training: boolean;
  train(mode: boolean): unknown;
  loss(ids: Tensor, targets: Tensor, state?: S): readonly [Tensor, S];
  /** What is carried on, without the loss. */
  statesAfter(ids: Tensor, state?: S): S;
}

const OP = "evaluate";
const PIECE = 512;
/** Tokens that are told by their places. */
export const MOST_SHOWN = 10;

/**
 * Reads `text` once, in one stream from a zero state; the first token is not predicted.
 * @throws FormatError when the text has fewer than two tokens, or with `unknown: "error"` one that the vocabulary lacks
 * @throws OptionError for `unknown: "map"` where the vocabulary has no `<unk>`
 */
export async function evaluate<S>(
  model: Evaluable<S>,
  text: string | Uint8Array,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkKnownOptions(OP, options, ["batch", "seqLen", "unknown", "signal"]);
  if (options.batch !== undefined) checkPositiveInteger(OP, "batch", options.batch);
  if (options.seqLen !== undefined) checkPositiveInteger(OP, "seqLen", options.seqLen);
  const { ids, handling, unknown, total } = encodeForEvaluation(model.vocabulary, text, options.unknown);
  const { training } = model;
  model.train(false);
  try {
    const { value, count } = await meanLoss(model, ids, new Pacer(), options);
    const characters = textLength(text);
    const first = unknown.slice(0, MOST_SHOWN);
    const found = { handling, count: unknown.length, total, first };
    return evaluationOf({ loss: value, predicted: count, tokens: ids.length, characters, unknown: found });
  } finally {
    model.train(training);
  }
}

interface Measured {
  loss: number;
  predicted: number;
  /** Tokens that were read, and code points of the text. */
  tokens: number;
  characters: number;
  unknown: { handling: UnknownHandling; count: number; total: number; first: UnknownToken[] };
}

/** What a mean loss says. */
export function evaluationOf({ loss, predicted, tokens, characters, unknown }: Measured): Evaluation {
  const { total, ...others } = unknown;
  return {
    loss,
    perplexity: perplexity(loss),
    bitsPerToken: bits(loss),
    bitsPerChar: unknown.count > 0 ? null : (bits(loss) * tokens) / characters,
    tokens: predicted,
    unknown: { ...others, share: unknown.count / Math.max(1, total) },
  };
}

function encodeForEvaluation(vocabulary: Vocabulary, given: string | Uint8Array, asked: UnknownHandling | undefined) {
  const handling = handlingOf(vocabulary, asked);
  if (vocabulary.kind === "byte" && typeof given !== "string") {
    const ids = (vocabulary as ByteVocabulary).encodeBytes(given);
    return { ids, handling, unknown: [], total: ids.length };
  }
  const { ids, unknown } = encodeKnown(vocabulary, typeof given === "string" ? given : decodeUtf8(given));
  const total = ids.length;
  if (unknown.length > 0 && handling === "error") throw unknownError(vocabulary, unknown[0]);
  return { ids: withoutUnknown(vocabulary, ids, handling), handling, unknown, total };
}

/** What becomes of what the vocabulary lacks. @throws OptionError for a way that there is not */
export function handlingOf(vocabulary: Vocabulary, asked: UnknownHandling | undefined): UnknownHandling {
  const handling = asked ?? (vocabulary.idOf(UNKNOWN) === undefined ? "error" : "map");
  checkOneOf(OP, "unknown", handling, UNKNOWN_HANDLING);
  return handling;
}

/** @param ids  -1 for what the vocabulary lacks. @throws OptionError where it has nothing to read instead */
export function withoutUnknown(vocabulary: Vocabulary, ids: Int32Array, handling: UnknownHandling): Int32Array {
  if (!ids.includes(-1)) return ids;
  if (handling === "skip") return ids.filter((id) => id >= 0);
  const unknownId = vocabulary.idOf(UNKNOWN);
  if (unknownId === undefined) {
    const must = `be "error" or "skip" for a vocabulary without ${UNKNOWN}`;
    throw new OptionError({ op: OP, argument: "unknown", must, value: '"map"', details: { nearest: "skip" } });
  }
  return ids.map((id) => (id < 0 ? unknownId : id));
}

/** @param place  where in which file it stands, where that is known */
export function unknownError(
  { kind, size }: Vocabulary,
  { token, index }: UnknownToken,
  place?: { file: string; line: number; column: number },
): FormatError {
  const shown = kind === "char" ? formatCodePoint(token.codePointAt(0)!) : JSON.stringify(token);
  return new FormatError({
    code: "unknown-token",
    op: OP,
    argument: place === undefined ? "text" : `${place.file}:${place.line}:${place.column}`,
    must: `contain only the ${size} ${unitOf(kind)}s of the vocabulary`,
    value: `${shown} at index ${index}`,
    fix: 'Leave it out, or evaluate with { unknown: "skip" }.',
    details: { ...place, index, token: shown },
  });
}

/** An evaluation as figures to print, in the order in which they matter. */
export function evaluationFigures({ kind }: Pick<Vocabulary, "kind">, evaluation: Evaluation): Figure[] {
  const { loss, perplexity, bitsPerToken, bitsPerChar, tokens, unknown } = evaluation;
  const unit = unitOf(kind);
  const figures: Figure[] = [
    { name: "loss", value: loss, unit: `nats a ${unit}` },
    { name: "perplexity", value: perplexity, unit: "" },
    { name: "bits", value: bitsPerToken, unit: `a ${unit}` },
  ];
  if (bitsPerChar !== null && kind !== "char") figures.push({ name: "bits", value: bitsPerChar, unit: "a character" });
  figures.push({ name: "predicted", value: tokens, unit: `${unit}s` });
  if (unknown.count > 0) {
    const what = unknownText(kind, unknown.share, unknown.handling === "skip" ? "left out" : undefined);
    const caution = "so these figures are not of the whole text, and there are no bits a character of it";
    figures.push({ name: "unknown", value: unknown.count, unit: `${what}: ${caution}` });
  }
  return figures;
}

/**
 * The mean loss of `ids` as one stream, the state carried all the way.
 * Pauses for the event loop, and ends early when `signal` comes.
 */
export async function meanLoss<S>(
  model: Pick<Evaluable<S>, "loss" | "statesAfter">,
  ids: Int32Array,
  pacer: Pacer,
  { seqLen = PIECE, signal }: Pick<EvaluateOptions, "seqLen" | "signal"> = {},
): Promise<Mean> {
  const mean = new Mean();
  for (const { loss, count } of lossPieces(model, ids, seqLen)) {
    mean.add(loss, count);
    if (signal?.aborted) break;
    await pacer.tick();
  }
  return mean;
}

/** The losses of the pieces of one stream that `share` owns, the state carried all the way. @throws FormatError for fewer than two tokens */
export function* lossPieces<S>(
  model: Pick<Evaluable<S>, "loss" | "statesAfter">,
  ids: Int32Array | TokenSource,
  seqLen: number = PIECE,
  told?: Told,
  { takes } = WHOLE,
): globalThis.Generator<LossOutput, void, undefined> {
  if (ids.length < 2) {
    const must = "have at least 2 tokens";
    throw new FormatError({ op: OP, argument: "text", must, value: String(ids.length) });
  }
  let state: S | undefined;
  let [done, piece] = [0, 0];
  for (const { inputs, targets, shape } of new StreamBatcher(ids, { batchSize: 1, seqLen, keepAll: true })) {
    if (!takes(piece++)) {
      // Another lane tells its loss; what follows needs the state all the same.
      state = noGrad(() => model.statesAfter(tensor(inputs, { shape }), state));
      done += inputs.length;
      continue;
    }
    const [loss, next] = noGrad(() => model.loss(tensor(inputs, { shape }), tensor(targets, { shape }), state));
    state = next;
    told?.(done, ids.length - 1);
    done += inputs.length;
    yield { loss: loss.item(), count: inputs.length };
  }
}
