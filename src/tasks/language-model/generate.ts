import { noGrad } from "../../autograd/index.js";
import { checkKnownOptions, checkNonNegativeInteger, checkString } from "../../base/check.js";
import { OptionError } from "../../base/errors.js";
import { Generator } from "../../base/random.js";
import { type Tensor, tensor } from "../../tensor/index.js";
import type { Vocabulary } from "../../text/index.js";
import { checkSamplingOptions, type SamplingOptions, sampleToken } from "./sampling.js";
import { startOf } from "./start.js";

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

const GENERATE_OPTIONS = ["prompt", "length", "seed", "temperature", "topK", "topP"];

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
  checkKnownOptions("sample", options, GENERATE_OPTIONS);
  checkString("sample", "prompt", options.prompt ?? "");
  const ids = draw(model, options);
  const text = model.vocabulary.stream();
  // A word vocabulary puts spaces between tokens: after a prompt the stream has to know what came last.
  if (options.prompt) for (const id of model.vocabulary.encode(options.prompt)) text.push(id);
  for (const id of ids) {
    const piece = text.push(id);
    if (piece !== "") yield piece;
  }
  const rest = text.end();
  if (rest !== "") yield rest;
}

/**
 * As `generate`, in bytes: those that a byte model draws, whether they are UTF-8 or not, and the UTF-8 of others' text.
 * @throws OptionError, FormatError as `generate` does
 */
export function* generateBytes<S>(
  model: Drawable<S>,
  options: GenerateOptions = {},
): globalThis.Generator<Uint8Array, void, undefined> {
  if (model.vocabulary.kind === "byte") {
    for (const id of draw(model, options)) yield Uint8Array.of(id);
    return;
  }
  const encoder = new TextEncoder();
  for (const piece of generate(model, options)) yield encoder.encode(piece);
}

function* draw<S>(model: Drawable<S>, options: GenerateOptions): globalThis.Generator<number, void, undefined> {
  const op = "sample";
  checkKnownOptions(op, options, GENERATE_OPTIONS);
  const { prompt = "", length = 500, seed = 0, ...sampling } = options;
  checkString(op, "prompt", prompt);
  checkNonNegativeInteger(op, "length", length);
  checkSamplingOptions(sampling, op);
  const generator = new Generator(seed);
  const { vocabulary } = model;
  const ids = prompt === "" ? startOf(vocabulary) : vocabulary.encode(prompt);
  if (ids.length === 0) {
    throw new OptionError({ op, argument: "prompt", must: "hold a token of the model", value: "only white space" });
  }
  let reading = readOn(model, ids, null);
  for (let i = 0; i < length; i++) {
    const id = sampleToken(reading.logits, sampling, generator);
    yield id;
    if (i + 1 < length) reading = readOn(model, Int32Array.of(id), reading);
  }
}

/**
 * Draws on from what was read, and reads each token that is drawn.
 * @param before  null: from where a text begins
 * @throws OptionError
 */
export function* drawFrom<S>(
  model: Drawable<S>,
  before: Reading<S> | null,
  { length = 500, seed: _, ...sampling }: Omit<GenerateOptions, "prompt">,
  generator: Generator,
): globalThis.Generator<{ id: number; reading: Reading<S> }, void, undefined> {
  checkNonNegativeInteger("sample", "length", length);
  checkSamplingOptions(sampling, "sample");
  let reading = before ?? readOn(model, startOf(model.vocabulary), null);
  for (let i = 0; i < length; i++) {
    const id = sampleToken(reading.logits, sampling, generator);
    reading = readOn(model, Int32Array.of(id), reading);
    yield { id, reading };
  }
}

/** The logits after the last token that was read, and the state to go on from. */
export interface Reading<S> {
  readonly logits: ArrayLike<number>;
  readonly state: S;
}

/** @param onPiece  told of the logits [L, 1, V] of the tokens from `from` on, and whether they are the last */
export function readOn<S>(
  model: Drawable<S>,
  ids: Int32Array,
  before: Reading<S> | null,
  onPiece?: (logits: Tensor, from: number, last: boolean) => void,
): Reading<S> {
  const { training } = model;
  model.train(false);
  try {
    let logits: ArrayLike<number> = [];
    let carried = before?.state;
    for (let at = 0; at < ids.length; at += PIECE) {
      const piece = ids.slice(at, at + PIECE);
      const [scores, next] = noGrad(() => {
        const read = model.forward(tensor(piece, { shape: [piece.length, 1] }), carried);
        onPiece?.(read[0], at, at + PIECE >= ids.length);
        return read;
      });
      logits = scores.select(0, piece.length - 1).data();
      carried = next;
    }
    return { logits, state: carried as S };
  } finally {
    model.train(training);
  }
}
