import { defaultGenerator } from "../../base/random.js";
import { functional } from "../../nn/index.js";
import { type Tensor, tensor } from "../../tensor/index.js";
import { IGNORED, paddedIds } from "../tokens/padded-ids.js";
import type { Ends } from "../tokens/vocabularies.js";
import { copyLogProbs, copyLosses, type Pointing } from "./copying.js";
import type { Pair } from "./data.js";
import { type Decoded, type Encoded, type EncoderDecoder, joinedSteps } from "./model.js";

/** Pairs of many lengths, padded. */
export interface PairBatch {
  /** Ids [S, N], and how long each is. */
  source: Tensor;
  lengths: readonly number[];
  /** What the decoder is given, [T, N]: a beginning, then the target. */
  written: Tensor;
  /** What it has to write, [T, N]: the target, then an end. */
  targets: Tensor;
  /** Tokens of all targets, their ends too. */
  count: number;
  /** Share of tokens that the decoder is given in training; the others are its own. */
  forced: number;
}

/** Ids [S, N] as the encoder reads them. */
export function paddedSources(sources: readonly Int32Array[], reverse: boolean): Tensor {
  return paddedIds(reverse ? sources.map((ids) => ids.slice().reverse()) : sources, 0);
}

export function padded(pairs: readonly Pair[], { begin, end }: Ends, reverse: boolean, forced = 1): PairBatch {
  const targets = pairs.map(({ target }) => target);
  return {
    source: paddedSources(
      pairs.map(({ source }) => source),
      reverse,
    ),
    lengths: pairs.map(({ source }) => source.length),
    written: paddedIds(
      targets.map((target) => [begin, ...target]),
      end,
    ),
    targets: paddedIds(
      targets.map((target) => [...target, end]),
      IGNORED,
    ),
    count: targets.reduce((sum, { length }) => sum + length + 1, 0),
    forced,
  };
}

/** The mean loss of a token, in nats. */
export function lossOf(model: EncoderDecoder, batch: PairBatch, encoded: Encoded): Tensor {
  const { written, targets, forced, count } = batch;
  const decoded =
    forced < 1 && model.training
      ? sampled(model, batch, encoded)
      : model.decode(encoded, written, model.begin(encoded));
  if (encoded.origins !== null)
    return copyLosses(decoded as Pointing, encoded.origins, targets)
      .sum()
      .div(count);
  return functional.crossEntropy(decoded.logits, targets, { ignoreIndex: IGNORED });
}

/**
 * Steps of a decoder that is given each token of the target with the probability `forced`, else its own likeliest one, as it will be
 * when nobody knows the target. No gradient goes through the choice.
 * Source: Bengio et al. 2015.
 */
function sampled(model: EncoderDecoder, { written, forced }: PairBatch, encoded: Encoded): Decoded {
  const [steps, batch] = written.shape as [number, number];
  const known = written.data() as Int32Array;
  const all: Decoded[] = [];
  let from = model.begin(encoded);
  let own: ArrayLike<number> | null = null;
  for (let t = 0; t < steps; t++) {
    const ids = known.slice(t * batch, (t + 1) * batch);
    if (own !== null) for (let n = 0; n < batch; n++) if (defaultGenerator.uniform() >= forced) ids[n] = own[n];
    const step = model.decode(encoded, tensor(ids, { shape: [1, batch] }), from);
    own = likeliest(step, encoded);
    from = step.next;
    all.push(step);
  }
  return joinedSteps(all);
}

function likeliest(step: Decoded, { origins }: Encoded): ArrayLike<number> {
  if (origins === null) return step.logits.detach().argmax(-1).data();
  const [scores, width] = copyLogProbs(step as Pointing, origins);
  return Int32Array.from({ length: scores.length / width }, (_, n) => {
    const own = scores.subarray(n * width, (n + 1) * width);
    return own.indexOf(own.reduce((a, b) => Math.max(a, b)));
  });
}
