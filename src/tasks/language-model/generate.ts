import { noGrad } from "../../autograd/index.js";
import { checkKnownOptions, checkNonNegativeInteger, checkString } from "../../base/check.js";
import { OptionError } from "../../base/errors.js";
import { Generator } from "../../base/random.js";
import { type Tensor, tensor } from "../../tensor/index.js";
import type { Vocabulary } from "../../text/index.js";
import { checkSamplingOptions, type SamplingOptions, sampleToken } from "./sampling.js";

export interface GenerateOptions extends SamplingOptions {
  /** What the text goes on from. Default: a line break where the vocabulary has one. */
  prompt?: string | undefined;
  /** Tokens to draw. Default 500. */
  length?: number | undefined;
  /** Default 0. The model's own training is not disturbed: the stream is a generator of its own. */
  seed?: number | undefined;
}

/** What drawing needs of a model. */
interface Drawable<S> {
  readonly vocabulary: Vocabulary;
  training: boolean;
  train(mode: boolean): unknown;
  forward(ids: Tensor, state?: S): readonly [Tensor, S];
}

/** The prompt is read in pieces of this many tokens, so that a long one needs little memory. */
const PIECE = 256;

/**
 * Draws `length` tokens one by one and yields the text that is complete with each.
 * @throws OptionError for a bad option; FormatError when the prompt has a character that the vocabulary lacks
 */
export function* generate<S>(
  model: Drawable<S>,
  options: GenerateOptions = {},
): globalThis.Generator<string, void, undefined> {
  const op = "sample";
  checkKnownOptions(op, options, ["prompt", "length", "seed", "temperature", "topK", "topP"]);
  const { prompt = "", length = 500, seed = 0, ...sampling } = options;
  checkString(op, "prompt", prompt);
  checkNonNegativeInteger(op, "length", length);
  checkSamplingOptions(sampling, op);
  const generator = new Generator(seed);
  const { vocabulary } = model;
  const ids = prompt === "" ? defaultStart(vocabulary) : vocabulary.encode(prompt);
  if (ids.length === 0) {
    throw new OptionError({ op, argument: "prompt", must: "hold a token of the model", value: "only white space" });
  }
  const text = vocabulary.stream();
  // A word vocabulary puts spaces between tokens: after a prompt the stream has to know what came last.
  if (prompt !== "") for (const id of ids) text.push(id);
  let [logits, state] = read(model, ids, undefined);
  for (let i = 0; i < length; i++) {
    const id = sampleToken(logits, sampling, generator);
    const piece = text.push(id);
    if (piece !== "") yield piece;
    if (i + 1 < length) [logits, state] = read(model, Int32Array.of(id), state);
  }
  const rest = text.end();
  if (rest !== "") yield rest;
}

/** A line break begins something new; failing that, the first token. */
function defaultStart(vocabulary: Vocabulary): Int32Array {
  for (const token of ["\n", "<0x0A>", "<eos>", " "]) {
    const id = vocabulary.idOf(token);
    if (id !== undefined) return Int32Array.of(id);
  }
  return Int32Array.of(0);
}

/** The logits after the last of `ids`, and the state to go on from. */
function read<S>(model: Drawable<S>, ids: Int32Array, state: S | undefined): [ArrayLike<number>, S] {
  const { training } = model;
  model.train(false);
  try {
    let logits: ArrayLike<number> = [];
    let carried = state;
    for (let at = 0; at < ids.length; at += PIECE) {
      const piece = ids.slice(at, at + PIECE);
      const [scores, next] = noGrad(() => model.forward(tensor(piece, { shape: [piece.length, 1] }), carried));
      logits = scores.select(0, piece.length - 1).data();
      carried = next;
    }
    return [logits, carried as S];
  } finally {
    model.train(training);
  }
}
