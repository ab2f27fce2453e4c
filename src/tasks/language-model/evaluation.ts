import { noGrad } from "../../autograd/index.js";
import { checkKnownOptions, checkPositiveInteger } from "../../base/check.js";
import { FormatError } from "../../base/errors.js";
import { StreamBatcher } from "../../data/index.js";
import { type Tensor, tensor } from "../../tensor/index.js";
import type { Vocabulary } from "../../text/index.js";
import { bits, Mean, perplexity } from "../../train/metrics.js";
import { Pacer } from "../../train/pause.js";
import { encodeText, textLength } from "./corpus.js";

export interface EvaluateOptions {
  /** Places that are read side by side; fewer when the text is short. Default: as in training. */
  batch?: number | undefined;
  seqLen?: number | undefined;
  signal?: AbortSignal | undefined;
}

/** How well a model predicts a text. */
export interface Evaluation {
  /** Mean cross-entropy in nats a token. */
  loss: number;
  perplexity: number;
  bitsPerToken: number;
  /** Per Unicode code point of the text, which compares models of different tokens. */
  bitsPerChar: number;
  /** Tokens predicted. */
  tokens: number;
}

interface Evaluable<S> {
  readonly vocabulary: Vocabulary;
  readonly config: { batch: number; seqLen: number };
  training: boolean;
  train(mode: boolean): unknown;
  loss(ids: Tensor, targets: Tensor, state?: S): readonly [Tensor, S];
}

/** @throws FormatError when the text has fewer than two tokens, or a character that the vocabulary lacks */
export async function evaluate<S>(
  model: Evaluable<S>,
  text: string | Uint8Array,
  options: EvaluateOptions = {},
): Promise<Evaluation> {
  checkKnownOptions("evaluate", options, ["batch", "seqLen", "signal"]);
  if (options.batch !== undefined) checkPositiveInteger("evaluate", "batch", options.batch);
  if (options.seqLen !== undefined) checkPositiveInteger("evaluate", "seqLen", options.seqLen);
  const ids = encodeText(model.vocabulary, text);
  const { training } = model;
  model.train(false);
  try {
    const { value: loss, count } = await meanLoss(model, ids, new Pacer(), options);
    const chars = textLength(text) / ids.length;
    return {
      loss,
      perplexity: perplexity(loss),
      bitsPerToken: bits(loss),
      bitsPerChar: bits(loss) / chars,
      tokens: count,
    };
  } finally {
    model.train(training);
  }
}

/**
 * The mean loss of `ids` in contiguous streams, the state carried within each; the first token of a stream is not predicted.
 * Pauses for the event loop, and ends early when `signal` comes.
 */
export async function meanLoss<S>(
  model: Pick<Evaluable<S>, "config" | "loss">,
  ids: Int32Array,
  pacer: Pacer,
  options: EvaluateOptions = {},
): Promise<Mean> {
  if (ids.length < 2) {
    const must = "have at least 2 tokens";
    throw new FormatError({ op: "evaluate", argument: "text", must, value: String(ids.length) });
  }
  const { batch = model.config.batch, seqLen = model.config.seqLen, signal } = options;
  const streams = Math.max(1, Math.min(batch, Math.floor((ids.length - 1) / seqLen)));
  const batcher = new StreamBatcher(ids, { batchSize: streams, seqLen, dropLast: false });
  const mean = new Mean();
  let state: S | undefined;
  for (const { inputs, targets, seqLen: length } of batcher) {
    const shape = [length, streams];
    const [loss, next] = noGrad(() => model.loss(tensor(inputs, { shape }), tensor(targets, { shape }), state));
    mean.add(loss.item(), inputs.length);
    state = next;
    if (signal?.aborted) break;
    await pacer.tick();
  }
  return mean;
}
