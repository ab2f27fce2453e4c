import { checkNumber } from "../base/check.js";
import { type Generator, generatorOf, type ReservedBlocks } from "../base/random.js";
import { swapBatchAndTime } from "./arrange.js";
import { floatDType, type Layer } from "./layer.js";
import { type NdArray, requireArray } from "./nd-array.js";
import { onEngine } from "./workspace.js";

function floatsOnly(op: string, argument: string, x: NdArray): void {
  requireArray(op, argument, x);
  floatDType(op, argument, x);
}

/**
 * In training, drops each element with probability p and scales the rest by 1/(1-p), so that the mean stays:
 *   y = x ⊙ m / (1-p)   dx = dy ⊙ m / (1-p), with the same mask m
 * xs [N, T, D] or of any other shape. Source: Srivastava et al. 2014; between layers only: Zaremba et al. 2014.
 */
export class TimeDropout implements Layer {
  readonly params: readonly NdArray[] = [];
  readonly grads: readonly NdArray[] = [];
  readonly p: number;
  /** Switch off to evaluate and to generate: then y = x. */
  train = true;
  readonly #generator: Generator;
  /** The place in the stream of random numbers that the last mask was drawn from; null when nothing was dropped. */
  #mask: ReservedBlocks | null = null;

  /** @param p in [0, 1) */
  constructor(p = 0.5, generator?: Generator) {
    this.p = checkNumber("TimeDropout", "p", p, { min: 0, max: 1, openMax: true });
    this.#generator = generatorOf("TimeDropout", generator);
  }

  forward(xs: NdArray): NdArray {
    floatsOnly("TimeDropout.forward", "xs", xs);
    this.#mask = this.train && this.p > 0 ? this.#generator.reserve(xs.size) : null;
    return this.#masked(xs);
  }

  backward(dys: NdArray): NdArray {
    floatsOnly("TimeDropout.backward", "dys", dys);
    return this.#masked(dys);
  }

  #masked(xs: NdArray): NdArray {
    const mask = this.#mask;
    if (mask === null) return xs;
    const timeFirst = xs.shape.length > 2;
    const x = timeFirst ? swapBatchAndTime(xs) : xs;
    const y = onEngine((w) => {
      const out = w.empty(x.shape, x.dtype);
      w.engine.dropout(out, w.upload(x), this.p, mask);
      return w.download(out);
    });
    return timeFirst ? swapBatchAndTime(y) : y;
  }
}
