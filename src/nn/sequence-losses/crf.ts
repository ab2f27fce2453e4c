import { checkKnownOptions, checkOneOf, checkPositiveInteger } from "../../base/check.js";
import { typedArray } from "../../base/dtype.js";
import { formatShape, misshapen, sameShape } from "../../base/shape.js";
import { empty, fromHost, requireInt, requireSameDType, requireTensor } from "../../tensor/ops/raw.js";
import { wantsGrad } from "../../tensor/tape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { BLANK, blank } from "../deep-copy.js";
import { uniform } from "../init.js";
import { Module } from "../module.js";
import { checkBoolean, checkFloatDType, type DTypeOption } from "../options.js";
import { Parameter } from "../parameter.js";
import { type Lengths, lengthsFrom } from "../recurrent/lengths.js";
import { checkAllowed, checkConstraints, checkTag } from "./crf-checks.js";
import { ChainGradients, type Emissions, recordChain } from "./crf-gradients.js";
import { type Chain, CrfSums } from "./crf-sums.js";
import type { TagConstraints } from "./tag-constraints.js";
import { bestPaths, type TagPath } from "./viterbi.js";

export interface CRFOptions extends DTypeOption {
  /** Emissions and tags are [N, L, ..]. Default false. */
  batchFirst?: boolean | undefined;
  /** What may follow what; all else has no probability. `bioConstraints` makes those of spans. Default: everything may. */
  constraints?: TagConstraints | null | undefined;
}

/** How long each sequence of a batch is, as lengths or as a mask. */
export interface CRFLengths {
  /** Of the N sequences, each in [1, L]. Default: all of L. */
  lengths?: Lengths | undefined;
  /** In place of lengths: [L, N] ([N, L] with batchFirst), 1 for steps that count, which come first. */
  mask?: Tensor | undefined;
}

export interface CRFForwardOptions extends CRFLengths {
  /** `mean` is over sequences, `tokenMean` over their steps. Default sum, as in pytorch-crf. */
  reduction?: "none" | "sum" | "mean" | "tokenMean" | undefined;
}

/**
 * Linear-chain conditional random field over K tags, the last layer of a tagger: emissions score each tag at each step, parameters how tags
 * follow each other, and the probability is the whole sequence's.
 *   s(y) = start[y_1] + Σ_t emissions_t[y_t] + Σ_t transitions[y_{t-1}, y_t] + end[y_L]      log p(y) = s(y) - log Σ_y' e^s(y')
 * Parameters: start_transitions [K], end_transitions [K], transitions [K, K] from row to column, uniform in ±0.1 at the start, named as in
 * pytorch-crf.
 * @example
 * const crf = new nn.CRF(labels.length, { constraints: nn.bioConstraints(labels) });
 * const loss = crf.forward(emissions, tags, { lengths, reduction: "tokenMean" }).neg(); // emissions [L, N, K], tags int32 [L, N]
 * crf.decode(emissions, { lengths }); // N lists of tags
 * Source: Lafferty, McCallum & Pereira 2001; the interface is pytorch-crf's.
 */
export class CRF extends Module {
  readonly numTags: number;
  readonly batchFirst: boolean;
  readonly constraints: TagConstraints | null;
  start_transitions: Parameter;
  end_transitions: Parameter;
  transitions: Parameter;

  /** @throws OptionError for a number of tags that is none, or constraints of another */
  constructor(numTags: number, options: CRFOptions = {}) {
    super();
    checkKnownOptions("CRF", options, ["batchFirst", "constraints", "dtype"]);
    this.numTags = checkPositiveInteger("CRF", "numTags", numTags);
    this.batchFirst = checkBoolean("CRF", "batchFirst", options.batchFirst ?? false);
    this.constraints = options.constraints ?? null;
    if (this.constraints !== null) checkConstraints(this.constraints, numTags);
    const dtype = checkFloatDType("CRF", options.dtype);
    const weights = (shape: number[]) => uniform(new Parameter(empty(dtype, shape)), -0.1, 0.1);
    this.start_transitions = weights([numTags]);
    this.end_transitions = weights([numTags]);
    this.transitions = weights([numTags, numTags]);
  }

  /**
   * The log likelihood of tags, in nats: its negative is the loss.
   * @param emissions  [L, N, K], or [N, L, K] with batchFirst; what lies beyond a sequence's length is not read
   * @param tags       int32 [L, N], or [N, L]
   * @returns          a scalar; [N] with reduction none
   * @throws ShapeError, DTypeError, OptionError for what does not fit; ShapeError for a tag that is none, or that constraints forbid
   */
  forward(emissions: Tensor, tags: Tensor, options: CRFForwardOptions = {}): Tensor {
    const op = "CRF.forward";
    checkKnownOptions(op, options, ["lengths", "mask", "reduction"]);
    const reduction = checkOneOf(op, "reduction", options.reduction ?? "sum", ["none", "sum", "mean", "tokenMean"]);
    const given = this.#emissions(op, emissions, options);
    const { batch, lengths } = given;
    const steps = lengths.reduce((a, b) => a + b, 0);
    const weight = reduction === "mean" ? 1 / batch : reduction === "tokenMean" ? 1 / steps : 1;
    const chain = this.#chain();
    const paths = this.#pathsOf(op, tags, emissions, given, chain);
    const inputs = [emissions, this.start_transitions, this.end_transitions, this.transitions];
    const grads = wantsGrad(inputs)
      ? new ChainGradients(emissions, this.numTags, reduction === "none" ? batch : 1)
      : null;
    const sums = new CrfSums(chain, Math.max(0, ...lengths));
    const out = typedArray(emissions.dtype, reduction === "none" ? batch : 1);
    let total = 0;
    for (let n = 0; n < batch; n++) {
      const x = given.of(n);
      const marginals = grads?.marginals(lengths[n]) ?? null;
      const value = scoreOf(chain, x, paths[n]) - sums.logPartition(x, lengths[n], marginals);
      grads?.add(n, given, paths[n], weight);
      total += weight * value;
      out[reduction === "none" ? n : 0] = reduction === "none" ? value : total;
    }
    return recordChain(inputs, fromHost(out, reduction === "none" ? [batch] : []), grads, this.batchFirst);
  }

  /** The most likely tags of each sequence (Viterbi 1967); an empty list where constraints allow none. Arguments as for `forward`. */
  decode(emissions: Tensor, options: CRFLengths = {}): number[][] {
    return this.#decoded("CRF.decode", emissions, 1, options).map(([best]) => best?.tags ?? []);
  }

  /**
   * The n most likely tag sequences of each, best first, with their scores s(y); fewer where there are fewer.
   * @throws OptionError as `forward`, and for an n that is no positive integer
   */
  decodeNBest(emissions: Tensor, n: number, options: CRFLengths = {}): TagPath[][] {
    checkPositiveInteger("CRF.decodeNBest", "n", n);
    return this.#decoded("CRF.decodeNBest", emissions, n, options);
  }

  /**
   * The probability of each tag at each step, over all sequences of tags. Constants: no gradient.
   * @returns of the emissions' shape; 0 beyond a sequence's length
   */
  marginals(emissions: Tensor, options: CRFLengths = {}): Tensor {
    const op = "CRF.marginals";
    checkKnownOptions(op, options, ["lengths", "mask"]);
    const given = this.#emissions(op, emissions, options);
    const sums = new CrfSums(this.#chain(), Math.max(0, ...given.lengths));
    const out = typedArray(emissions.dtype, emissions.size);
    const k = this.numTags;
    given.lengths.forEach((steps, n) => {
      const marginals = { tags: new Float64Array(steps * k), pairs: new Float64Array(k * k) };
      sums.logPartition(given.of(n), steps, marginals);
      for (let t = 0; t < steps; t++) out.set(marginals.tags.subarray(t * k, (t + 1) * k), given.at(n, t));
    });
    return fromHost(out, emissions.shape);
  }

  /** @internal */
  override [BLANK](): this {
    return blank(() => Reflect.construct(CRF, [1, {}], this.constructor) as this);
  }

  #decoded(op: string, emissions: Tensor, n: number, options: CRFLengths): TagPath[][] {
    checkKnownOptions(op, options, ["lengths", "mask"]);
    const given = this.#emissions(op, emissions, options);
    const chain = this.#chain();
    return given.lengths.map((steps, i) => bestPaths(chain, given.of(i), steps, n));
  }

  #emissions(op: string, emissions: Tensor, options: CRFLengths): Emissions {
    requireTensor(op, "emissions", emissions);
    requireSameDType(op, "emissions", emissions, this.transitions.dtype);
    const k = this.numTags;
    if (emissions.rank !== 3 || emissions.shape[2] !== k) {
      const must = `have shape [${this.batchFirst ? "N, L" : "L, N"}, ${k}]`;
      throw misshapen(op, "emissions", must, emissions.shape);
    }
    const [outer, inner] = emissions.shape;
    const [steps, batch] = this.batchFirst ? [inner, outer] : [outer, inner];
    const lengths = lengthsFrom(op, options, [steps, batch], this.batchFirst);
    const data = emissions.data();
    const at = (n: number, t: number) => (this.batchFirst ? n * steps + t : t * batch + n) * k;
    const of = (n: number) => {
      const x = new Float64Array(lengths[n] * k);
      for (let t = 0; t < lengths[n]; t++) x.set(data.subarray(at(n, t), at(n, t) + k), t * k);
      return x;
    };
    return { batch, steps, lengths, at, of };
  }

  /** The parameters in float64, -Infinity where constraints forbid. */
  #chain(): Chain {
    const allowed = this.constraints;
    const scores = (x: Tensor, may: readonly (number | boolean)[] | undefined) =>
      Float64Array.from(x.data(), (score, i) => (may === undefined || may[i] ? score : -Infinity));
    return {
      tags: this.numTags,
      start: scores(this.start_transitions, allowed?.start),
      end: scores(this.end_transitions, allowed?.end),
      transitions: scores(this.transitions, allowed?.transitions.flat()),
    };
  }

  #pathsOf(op: string, tags: Tensor, emissions: Tensor, given: Emissions, chain: Chain): number[][] {
    requireTensor(op, "tags", tags);
    requireInt(op, "tags", tags);
    const shape = emissions.shape.slice(0, 2);
    if (!sameShape(tags.shape, shape)) {
      throw misshapen(op, "tags", `have shape ${formatShape(shape)}, one for each step`, tags.shape);
    }
    const data = tags.data();
    return given.lengths.map((length, n) => {
      const path = Array.from({ length }, (_, t) => data[given.at(n, t) / this.numTags]);
      for (const [t, tag] of path.entries()) checkTag(op, tag, this.numTags, n, t);
      for (let t = 0; t <= length; t++) checkAllowed(op, chain, path, n, t);
      return path;
    });
  }
}

function scoreOf({ tags, start, end, transitions }: Chain, x: Float64Array, path: readonly number[]): number {
  let score = start[path[0]] + end[path[path.length - 1]];
  path.forEach((tag, t) => {
    score += x[t * tags + tag];
    if (t > 0) score += transitions[path[t - 1] * tags + tag];
  });
  return score;
}
