import type { TypedArray } from "../../base/dtype.js";

/**
 * Sums over all paths of CTC in float64, with adds and multiplies alone. A number is m·2^(512·e) with an exponent e of its own: products of
 * thousands of probabilities neither vanish nor overflow, whatever the logits, and no state's sum depends on how large another's is.
 * Zero is m = 0, e = -Infinity.
 */
const UNIT = 512 * Math.LN2;
const UP = 2 ** 512;
const DOWN = 2 ** -512;
/** m lies between these, but for factors of 3. */
const LOW = 2 ** -256;
const HIGH = 2 ** 256;

/** One sequence of a batch [T, N, C]. */
export interface CtcSequence {
  /** Log probabilities; of step t from `offset + t·stride` on. */
  readonly logProbs: TypedArray;
  readonly offset: number;
  readonly stride: number;
  /** Steps that count. */
  readonly steps: number;
  /** Classes, without blanks. */
  readonly target: TypedArray;
}

/** Forward and backward sums, one sequence after another, in memory that all of them share. */
export class CtcSums {
  readonly #classes: number;
  readonly #blank: number;
  /** [T, C], exp of the log probabilities; those that the target has as m and e. */
  readonly #m: Float64Array;
  readonly #e: Float64Array;
  /** [T + 1, S], sums of all paths' beginnings, up to and with step t - 1 in state s; before the first step one path, about to begin. */
  readonly #alphaM: Float64Array;
  readonly #alphaE: Float64Array;
  /** [S] of one step, sums of all paths' ends. */
  readonly #betaM: Float64Array;
  readonly #betaE: Float64Array;
  /** [S] the class of each state: blank, first, blank, second, .., blank. */
  readonly #labels: Int32Array;
  /** [S] 1 where a path may come from two states before: between two letters that differ. */
  readonly #skips: Uint8Array;
  readonly #shares: Float64Array;

  constructor(steps: number, classes: number, blank: number, longestTarget: number) {
    const states = 2 * longestTarget + 1;
    this.#classes = classes;
    this.#blank = blank;
    this.#m = new Float64Array(steps * classes);
    this.#e = new Float64Array(steps * classes);
    this.#alphaM = new Float64Array((steps + 1) * states);
    this.#alphaE = new Float64Array((steps + 1) * states);
    this.#betaM = new Float64Array(states);
    this.#betaE = new Float64Array(states);
    this.#labels = new Int32Array(states);
    this.#skips = new Uint8Array(states + 2);
    this.#shares = new Float64Array(classes);
  }

  /**
   * -log of the sum of all paths that spell the target: Infinity where there is none, NaN where a probability that it needs is.
   * @param grad    where given, of the batch's layout: gets weight · (exp(logProbs) - the share of paths through each class) at each step
   * @param weight  what the gradient is multiplied by
   */
  loss(sequence: CtcSequence, grad: TypedArray | null, weight: number): number {
    const { steps, target } = sequence;
    const states = 2 * target.length + 1;
    this.#spell(target);
    if (steps === 0) return states === 1 ? 0 : Infinity;
    if (!this.#exponentials(sequence, grad !== null)) {
      if (grad !== null) fillSteps(sequence, grad, this.#classes, NaN);
      return NaN;
    }
    this.#alphaM.fill(0, 0, states);
    this.#alphaE.fill(-Infinity, 0, states);
    this.#alphaM[0] = 1;
    this.#alphaE[0] = 0;
    for (let t = 0; t < steps; t++) this.#forward(t, states);
    const [m, e] = this.#total(steps, states);
    if (grad !== null) {
      if (m === 0) fillSteps(sequence, grad, this.#classes, NaN);
      else this.#gradient(sequence, grad, weight, { m, e, states });
    }
    return -(Math.log(m) + e * UNIT);
  }

  #spell(target: TypedArray): void {
    const [labels, skips] = [this.#labels, this.#skips];
    labels.fill(this.#blank);
    skips.fill(0);
    for (let i = 0; i < target.length; i++) {
      labels[2 * i + 1] = target[i];
      if (i > 0 && target[i] !== target[i - 1]) skips[2 * i + 1] = 1;
    }
  }

  /** False where a probability of a class that the target has is not a number. The others' matter to the gradient alone. */
  #exponentials({ logProbs, offset, stride, steps, target }: CtcSequence, all: boolean): boolean {
    const [m, e, classes] = [this.#m, this.#e, this.#classes];
    const used = new Set([this.#blank, ...target]);
    for (let t = 0; t < steps; t++) {
      const [from, to] = [offset + t * stride, t * classes];
      if (all) for (let c = 0; c < classes; c++) m[to + c] = Math.exp(logProbs[from + c]);
      for (const c of used) {
        const x = logProbs[from + c];
        if (!(x < Infinity)) return false;
        const k = x > -177 && x < 177 ? 0 : x === -Infinity ? 0 : Math.round(x / UNIT);
        e[to + c] = k;
        if (!all || k !== 0) m[to + c] = Math.exp(x - k * UNIT);
      }
    }
    return true;
  }

  /** α_t(s) = p_t(s) · (α_{t-1}(s) + α_{t-1}(s-1) + α_{t-1}(s-2) where it may skip) */
  #forward(t: number, states: number): void {
    const alphaM = this.#alphaM;
    const alphaE = this.#alphaE;
    const labels = this.#labels;
    const skips = this.#skips;
    const pM = this.#m;
    const pE = this.#e;
    const before = t * states;
    const row = before + states;
    const p = t * this.#classes;
    let m1 = 0;
    let e1 = -Infinity;
    let m2 = 0;
    let e2 = -Infinity;
    for (let s = 0; s < states; s++) {
      const m0 = alphaM[before + s];
      const e0 = alphaE[before + s];
      let m = m0;
      let e = e0;
      if (e1 === e) m += m1;
      else if (e1 > e) {
        m = e1 - e === 1 ? m1 + m * DOWN : m1;
        e = e1;
      } else if (e - e1 === 1) m += m1 * DOWN;
      if (skips[s] === 1) {
        if (e2 === e) m += m2;
        else if (e2 > e) {
          m = e2 - e === 1 ? m2 + m * DOWN : m2;
          e = e2;
        } else if (e - e2 === 1) m += m2 * DOWN;
      }
      m2 = m1;
      e2 = e1;
      m1 = m0;
      e1 = e0;
      const at = p + labels[s];
      m *= pM[at];
      e += pE[at];
      if (m < LOW) {
        e = m === 0 ? -Infinity : e - 1;
        m *= UP;
      } else if (m > HIGH) {
        e += 1;
        m *= DOWN;
      }
      alphaM[row + s] = m;
      alphaE[row + s] = e;
    }
  }

  /** Paths end with a blank or the last letter. */
  #total(steps: number, states: number): [m: number, e: number] {
    const last = (steps + 1) * states - 1;
    const m = this.#alphaM[last];
    const e = this.#alphaE[last];
    if (states === 1) return [m, e];
    const m1 = this.#alphaM[last - 1];
    const e1 = this.#alphaE[last - 1];
    const top = Math.max(e, e1);
    return top === -Infinity ? [0, top] : [m * shift(e - top) + m1 * shift(e1 - top), top];
  }

  #gradient({ logProbs, offset, stride, steps }: CtcSequence, grad: TypedArray, weight: number, total: Total): void {
    const shares = this.#shares;
    const classes = this.#classes;
    this.#betaM.fill(0);
    this.#betaE.fill(-Infinity);
    // Beyond the last step, as before the first: a state from which a blank and a letter can be reached alone.
    this.#betaM[total.states - 1] = 1;
    this.#betaE[total.states - 1] = 0;
    for (let t = steps - 1; t >= 0; t--) {
      shares.fill(0);
      this.#backward(t, total);
      const from = offset + t * stride;
      const p = t * classes;
      for (let c = 0; c < classes; c++) {
        const probability = this.#e[p + c] === 0 ? this.#m[p + c] : Math.exp(logProbs[from + c]);
        grad[from + c] = weight * (probability - shares[c]);
      }
    }
  }

  /**
   * β_t(s) = p_t(s) · ρ_t(s) with ρ_t(s) = β_{t+1}(s) + β_{t+1}(s+1) + β_{t+1}(s+2) where it may skip; the share of paths that are in state s
   * at step t is α_t(s) · ρ_t(s) / total.
   */
  #backward(t: number, total: Total): void {
    const alphaM = this.#alphaM;
    const alphaE = this.#alphaE;
    const betaM = this.#betaM;
    const betaE = this.#betaE;
    const labels = this.#labels;
    const skips = this.#skips;
    const pM = this.#m;
    const pE = this.#e;
    const shares = this.#shares;
    const row = (t + 1) * total.states;
    const p = t * this.#classes;
    const inverse = 1 / total.m;
    let m1 = 0;
    let e1 = -Infinity;
    let m2 = 0;
    let e2 = -Infinity;
    for (let s = total.states - 1; s >= 0; s--) {
      const m0 = betaM[s];
      const e0 = betaE[s];
      let m = m0;
      let e = e0;
      if (e1 === e) m += m1;
      else if (e1 > e) {
        m = e1 - e === 1 ? m1 + m * DOWN : m1;
        e = e1;
      } else if (e - e1 === 1) m += m1 * DOWN;
      if (skips[s + 2] === 1) {
        if (e2 === e) m += m2;
        else if (e2 > e) {
          m = e2 - e === 1 ? m2 + m * DOWN : m2;
          e = e2;
        } else if (e - e2 === 1) m += m2 * DOWN;
      }
      m2 = m1;
      e2 = e1;
      m1 = m0;
      e1 = e0;
      const label = labels[s];
      const k = alphaE[row + s] + e - total.e;
      if (k > -2) shares[label] += alphaM[row + s] * inverse * m * shift(k);
      m *= pM[p + label];
      e += pE[p + label];
      if (m < LOW) {
        e = m === 0 ? -Infinity : e - 1;
        m *= UP;
      } else if (m > HIGH) {
        e += 1;
        m *= DOWN;
      }
      betaM[s] = m;
      betaE[s] = e;
    }
  }
}

/** Of all paths: m·2^(512·e), which go through so many states. */
interface Total {
  readonly m: number;
  readonly e: number;
  readonly states: number;
}

/** 2^(512·k) for k that matter; 0 for what is lost beside a number with k = 0. */
function shift(k: number): number {
  return k === 0 ? 1 : k === -1 ? DOWN : k === 1 ? UP : 0;
}

function fillSteps({ offset, stride, steps }: CtcSequence, grad: TypedArray, classes: number, value: number): void {
  for (let t = 0; t < steps; t++) grad.fill(value, offset + t * stride, offset + t * stride + classes);
}
