import { exp } from "../../base/exp.js";

/**
 * Sums over all paths of a linear chain in float64: of the scores
 *   start[y_0] + Σ_t emission_t[y_t] + Σ_t transitions[y_{t-1}, y_t] + end[y_last]
 * the logarithm of Σ_y e^score, and the probabilities of each tag, and of each pair, at each step.
 */

/** What the sums are over: scores in nats; -Infinity for what may not be. */
export interface Chain {
  readonly tags: number;
  /** [K] */
  readonly start: Float64Array;
  /** [K] */
  readonly end: Float64Array;
  /** [K, K], from row to column. */
  readonly transitions: Float64Array;
}

/** What the sums leave for a gradient. */
export interface Marginals {
  /** [T, K], the probability of each tag at each step. */
  readonly tags: Float64Array;
  /** [K, K], of each transition, added up over the steps. */
  readonly pairs: Float64Array;
}

/**
 * A sum of at least so much, beside a largest of 1, has lost nothing that float64 could hold; with less, the sums are made of logarithms.
 * What is too small for float64 (1e-308) comes in at most divided by two such sums, and counts beside a third.
 */
const SAFE = 1e-60;

/** Sums for one chain and many sequences of emissions, in memory that all of them share. */
export class CrfSums {
  readonly chain: Chain;
  /** Sequences whose sums were made of products, and those that needed logarithms. */
  readonly ran = { scaled: 0, logs: 0 };
  /** e^(score - the largest) of transitions, both ways round, start and end. */
  readonly #weights: Float64Array;
  readonly #weightsBack: Float64Array;
  readonly #start: Float64Array;
  readonly #end: Float64Array;
  readonly #tops: { transitions: number; start: number; end: number };
  /** Which tags can be reached: of each number of steps from the start, and from the end; null where all can. */
  readonly #fromStart: Uint8Array | null;
  readonly #fromEnd: Uint8Array | null;
  readonly #alpha: Float64Array;
  readonly #emissions: Float64Array;
  readonly #beta: Float64Array;
  readonly #ends: Float64Array;

  constructor(chain: Chain, longest: number) {
    const { tags, transitions, start, end } = chain;
    this.chain = chain;
    const [weights, top] = exponentials(transitions);
    const [starts, startTop] = exponentials(start);
    const [ends, endTop] = exponentials(end);
    this.#weights = weights;
    this.#weightsBack = transposed(weights, tags);
    this.#start = starts;
    this.#end = ends;
    this.#tops = { transitions: top, start: startTop, end: endTop };
    const isFull = [transitions, start, end].every((scores) => !scores.includes(-Infinity));
    this.#fromStart = isFull ? null : reached(start, transitions, longest);
    this.#fromEnd = isFull ? null : reached(end, transposed(transitions, tags), longest);
    this.#alpha = new Float64Array(longest * tags);
    this.#emissions = new Float64Array(longest * tags);
    this.#beta = new Float64Array(tags);
    this.#ends = new Float64Array(tags);
  }

  /**
   * The logarithm of the sum over all paths.
   * @param x     [T, K] emissions
   * @param into  where given: marginals are written, pairs added
   */
  logPartition(x: Float64Array, steps: number, into: Marginals | null): number {
    const total = this.#scaled(x, steps, into);
    if (total !== null) {
      this.ran.scaled++;
      return total;
    }
    this.ran.logs++;
    return inLogs(this.chain, x, steps, into);
  }

  /** Sums of products, each step's largest being 1; null where that might lose something. */
  #scaled(x: Float64Array, steps: number, into: Marginals | null): number | null {
    const { tags } = this.chain;
    const alpha = this.#alpha;
    const y = this.#emissions;
    const { transitions, start, end } = this.#tops;
    let total = start + end + (steps - 1) * transitions;
    for (let t = 0; t < steps; t++) {
      const row = t * tags;
      const top = largest(x, row, tags);
      for (let j = 0; j < tags; j++) y[row + j] = exp(x[row + j] - top);
      if (t === 0) alpha.set(this.#start);
      else if (!times(alpha, row - tags, this.#weightsBack, alpha, row, tags, this.#fromStart)) return null;
      let most = 0;
      for (let j = 0; j < tags; j++) {
        alpha[row + j] *= y[row + j];
        if (alpha[row + j] > most) most = alpha[row + j];
      }
      if (!(most >= SAFE)) return null;
      const scale = 1 / most;
      for (let j = 0; j < tags; j++) alpha[row + j] *= scale;
      total += top + Math.log(most);
    }
    let sum = 0;
    for (let j = 0; j < tags; j++) sum += alpha[(steps - 1) * tags + j] * this.#end[j];
    if (!(sum >= SAFE)) return null;
    if (into !== null && !this.#back(steps, into)) return null;
    return total + Math.log(sum);
  }

  /** From the end: β, and with it the marginals. False where something might be lost; then no pair was added. */
  #back(steps: number, { tags: marginals, pairs }: Marginals): boolean {
    const { tags } = this.chain;
    const alpha = this.#alpha;
    const y = this.#emissions;
    const beta = this.#beta;
    const ends = this.#ends;
    const added = new Float64Array(pairs.length);
    beta.set(this.#end);
    for (let t = steps - 1; t >= 0; t--) {
      const row = t * tags;
      let sum = 0;
      let most = 0;
      for (let j = 0; j < tags; j++) {
        marginals[row + j] = alpha[row + j] * beta[j];
        sum += marginals[row + j];
        if (beta[j] > most) most = beta[j];
      }
      if (!(sum >= SAFE && most >= SAFE)) return false;
      for (let j = 0; j < tags; j++) marginals[row + j] /= sum;
      if (t === 0) break;
      for (let j = 0; j < tags; j++) ends[j] = (y[row + j] * beta[j]) / most;
      const reachable = this.#fromEnd === null ? null : this.#fromEnd.subarray((steps - t) * tags);
      if (!times(ends, 0, this.#weights, beta, 0, tags, reachable, 0)) return false;
      let pairSum = 0;
      for (let i = 0; i < tags; i++) pairSum += alpha[row - tags + i] * beta[i];
      if (!(pairSum >= SAFE)) return false;
      for (let i = 0; i < tags; i++) {
        const share = alpha[row - tags + i] / pairSum;
        for (let j = 0; j < tags; j++) added[i * tags + j] += share * ends[j];
      }
    }
    for (let k = 0; k < pairs.length; k++) pairs[k] += added[k] * this.#weights[k];
    return true;
  }
}

/**
 * out[j] = Σ_i weights[j, i] · x[i]. False where a sum that is of something comes to less than SAFE: `reachable` has, at row / K, which are.
 */
function times(
  x: Float64Array,
  from: number,
  weights: Float64Array,
  out: Float64Array,
  to: number,
  tags: number,
  reachable: Uint8Array | null,
  at = to,
): boolean {
  let isSafe = true;
  for (let j = 0; j < tags; j++) {
    const row = j * tags;
    let sum = 0;
    for (let i = 0; i < tags; i++) sum += weights[row + i] * x[from + i];
    out[to + j] = sum;
    if (!(sum >= SAFE) && (reachable === null || reachable[at + j] === 1)) isSafe = false;
  }
  return isSafe;
}

function exponentials(scores: Float64Array): [Float64Array, number] {
  const top = largest(scores, 0, scores.length);
  return [scores.map((score) => Math.exp(score - top)), top];
}

/** NaN where one is. */
function largest(x: Float64Array, from: number, count: number): number {
  let top = x[from];
  for (let j = 1; j < count; j++) if (x[from + j] > top || Number.isNaN(x[from + j])) top = x[from + j];
  return top;
}

function transposed(x: Float64Array, n: number): Float64Array {
  return x.map((_, k) => x[(k % n) * n + Math.floor(k / n)]);
}

/** [steps, K], 1 for tags that some allowed path is at after so many transitions. */
function reached(first: Float64Array, transitions: Float64Array, steps: number): Uint8Array {
  const tags = first.length;
  const found = new Uint8Array(steps * tags);
  for (let j = 0; j < tags; j++) found[j] = first[j] === -Infinity ? 0 : 1;
  for (let row = tags; row < found.length; row += tags) {
    for (let i = 0; i < tags; i++) {
      if (found[row - tags + i] === 0) continue;
      for (let j = 0; j < tags; j++) if (transitions[i * tags + j] !== -Infinity) found[row + j] = 1;
    }
  }
  return found;
}

/** What `scaled` computes, by logarithms: slower, and for any scores. */
function inLogs(
  { tags, start, end, transitions }: Chain,
  x: Float64Array,
  steps: number,
  into: Marginals | null,
): number {
  const alpha = new Float64Array(steps * tags);
  const terms = new Float64Array(tags);
  for (let t = 0; t < steps; t++) {
    for (let j = 0; j < tags; j++) {
      if (t > 0) for (let i = 0; i < tags; i++) terms[i] = alpha[(t - 1) * tags + i] + transitions[i * tags + j];
      alpha[t * tags + j] = x[t * tags + j] + (t === 0 ? start[j] : logSum(terms));
    }
  }
  const total = logSum(end.map((score, j) => score + alpha[(steps - 1) * tags + j]));
  if (into === null) return total;
  let beta = end.slice();
  for (let t = steps - 1; t >= 0; t--) {
    const row = t * tags;
    for (let j = 0; j < tags; j++) into.tags[row + j] = Math.exp(alpha[row + j] + beta[j] - total);
    if (t === 0) break;
    const before = new Float64Array(tags);
    for (let i = 0; i < tags; i++) {
      for (let j = 0; j < tags; j++) {
        terms[j] = transitions[i * tags + j] + x[row + j] + beta[j];
        into.pairs[i * tags + j] += Math.exp(alpha[row - tags + i] + terms[j] - total);
      }
      before[i] = logSum(terms);
    }
    beta = before;
  }
  return total;
}

function logSum(terms: Float64Array): number {
  const top = largest(terms, 0, terms.length);
  if (top === -Infinity) return top;
  let sum = 0;
  for (let i = 0; i < terms.length; i++) sum += Math.exp(terms[i] - top);
  return top + Math.log(sum);
}
