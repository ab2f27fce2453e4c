import { type TypedArray, typedArray } from "../../base/dtype.js";
import { mul } from "../../tensor/ops/arithmetic.js";
import { fromHost } from "../../tensor/ops/raw.js";
import { sum } from "../../tensor/ops/reduce.js";
import { reshape } from "../../tensor/ops/shape.js";
import { record } from "../../tensor/tape.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Marginals } from "./crf-sums.js";

/** [L, N, K] emissions as numbers. */
export interface Emissions {
  readonly batch: number;
  readonly steps: number;
  readonly lengths: readonly number[];
  /** The first element of a step. */
  at(n: number, t: number): number;
  /** [T, K] of one sequence. */
  of(n: number): Float64Array;
}

/** Gradients of the log likelihood: what the tags have minus what all paths have on average. Of each sequence apart where `parts` is N. */
export class ChainGradients {
  readonly emissions: TypedArray;
  readonly start: Float64Array;
  readonly end: Float64Array;
  readonly transitions: Float64Array;
  readonly parts: number;
  readonly #tags: number;
  readonly #pairs: Float64Array;
  #marginals: Marginals | null = null;

  constructor(emissions: Tensor, tags: number, parts: number) {
    this.emissions = typedArray(emissions.dtype, emissions.size);
    this.start = new Float64Array(parts * tags);
    this.end = new Float64Array(parts * tags);
    this.transitions = new Float64Array(parts * tags * tags);
    this.parts = parts;
    this.#tags = tags;
    this.#pairs = new Float64Array(tags * tags);
  }

  /** What the next sequence's sums shall fill. */
  marginals(steps: number): Marginals {
    this.#marginals = { tags: new Float64Array(steps * this.#tags), pairs: this.#pairs.fill(0) };
    return this.#marginals;
  }

  add(n: number, given: Emissions, path: readonly number[], weight: number): void {
    const { tags, pairs } = this.#marginals!;
    const k = this.#tags;
    const part = this.parts === 1 ? 0 : n;
    const last = path.length - 1;
    path.forEach((tag, t) => {
      const to = given.at(n, t);
      for (let j = 0; j < k; j++) this.emissions[to + j] = weight * (Number(j === tag) - tags[t * k + j]);
      if (t > 0) pairs[path[t - 1] * k + tag] -= 1;
    });
    for (let j = 0; j < k; j++) {
      this.start[part * k + j] += weight * (Number(j === path[0]) - tags[j]);
      this.end[part * k + j] += weight * (Number(j === path[last]) - tags[last * k + j]);
    }
    for (let i = 0; i < pairs.length; i++) this.transitions[part * pairs.length + i] -= weight * pairs[i];
  }
}

/** Gradients were made with the likelihood; what arrives multiplies them. */
export function recordChain(inputs: Tensor[], out: Tensor, grads: ChainGradients | null, batchFirst: boolean): Tensor {
  if (grads === null) return record("CRF", inputs, out, () => inputs.map(() => null));
  const { parts } = grads;
  const whole = fromHost(grads.emissions, inputs[0].shape);
  const ofParameters = [grads.start, grads.end, grads.transitions].map((grad) => {
    const rounded = typedArray(out.dtype, grad.length);
    rounded.set(grad);
    return fromHost(rounded, [parts, grad.length / parts]);
  });
  const backward = (dOut: Tensor, needs: readonly boolean[]): (Tensor | null)[] => {
    const batch = out.rank === 0 ? [1, 1, 1] : batchFirst ? [out.size, 1, 1] : [1, out.size, 1];
    const scaled = ofParameters.map((grad, i) => {
      if (!needs[i + 1]) return null;
      return reshape(sum(mul(grad, reshape(dOut, [parts, 1])), 0), inputs[i + 1].shape);
    });
    return [needs[0] ? mul(whole, reshape(dOut, batch)) : null, ...scaled];
  };
  return record("CRF", inputs, out, backward, { owned: [whole, ...ofParameters] });
}
