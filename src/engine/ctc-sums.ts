import { type DType, dtypeOf, type TypedArray, typedArray } from "../base/dtype.js";
import { exp } from "../base/exp.js";

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

/** One sequence: as many rows of `CtcSums.logProbs` as it has steps, and what they shall spell. */
export interface CtcSequence {
  readonly steps: number;
  readonly classes: number;
  readonly blank: number;
  /** Classes, without blanks. */
  readonly target: TypedArray;
}

/**
 * Forward and backward sums, one sequence after another, in memory that all of them share. State 2i is the blank before letter i, or behind the
 * last; state 2i + 1 is letter i.
 */
export class CtcSums {
  /** [T, C] of the sequence, for its caller to write. */
  readonly logProbs: TypedArray;
  /** [T, C], exp of that, for its caller to write; the share of paths through each class is taken off. */
  readonly grad: TypedArray;
  /** [T], of the blank at each step. */
  readonly #blankM: Float64Array;
  readonly #blankE: Float64Array;
  /** [T, S], of each letter at each step. */
  readonly #letterM: Float64Array;
  readonly #letterE: Float64Array;
  /** [T + 1, 2S + 1], sums of all paths' beginnings, up to and with step t - 1; before the first step one path, about to begin. */
  readonly #alphaM: Float64Array;
  readonly #alphaE: Float64Array;
  /** [2S + 1] of one step, sums of all paths' ends. */
  readonly #betaM: Float64Array;
  readonly #betaE: Float64Array;
  /** [S + 1] 1 where a path may come to a letter from the one before: they differ. */
  readonly #skips: Uint8Array;
  /** [C] of paths, at one step. */
  readonly #shares: Float64Array;
  /** [C], of one step. */
  readonly #m: Float64Array;
  readonly #e: Float64Array;

  constructor(dtype: DType, steps: number, classes: number, longestTarget: number) {
    const states = 2 * longestTarget + 1;
    this.logProbs = typedArray(dtype, steps * classes);
    this.grad = typedArray(dtype, steps * classes);
    this.#blankM = new Float64Array(steps);
    this.#blankE = new Float64Array(steps);
    this.#letterM = new Float64Array(steps * longestTarget);
    this.#letterE = new Float64Array(steps * longestTarget);
    this.#alphaM = new Float64Array((steps + 1) * states);
    this.#alphaE = new Float64Array((steps + 1) * states);
    this.#betaM = new Float64Array(states);
    this.#betaE = new Float64Array(states);
    this.#skips = new Uint8Array(longestTarget + 1);
    this.#shares = new Float64Array(classes);
    this.#m = new Float64Array(classes);
    this.#e = new Float64Array(classes);
  }

  /** Whether such sequences fit. */
  holds(dtype: DType, steps: number, classes: number, longestTarget: number): boolean {
    return (
      dtypeOf(this.grad) === dtype &&
      this.grad.length >= steps * classes &&
      this.#m.length >= classes &&
      this.#blankM.length >= steps &&
      this.#letterM.length >= steps * longestTarget &&
      this.#alphaM.length >= (steps + 1) * (2 * longestTarget + 1) &&
      this.#skips.length > longestTarget
    );
  }

  /**
   * -log of the sum of all paths that spell the target: Infinity where there is none, NaN where a probability that it needs is.
   * @param wantsGrad  whether `grad` is to be changed: by the share of paths through each class, or to NaN where no path is
   */
  loss(sequence: CtcSequence, wantsGrad: boolean): number {
    const { steps, target, classes } = sequence;
    const states = 2 * target.length + 1;
    if (steps === 0) return states === 1 ? 0 : Infinity;
    this.#skips.fill(0);
    for (let i = 1; i < target.length; i++) if (target[i] !== target[i - 1]) this.#skips[i] = 1;
    const used = Int32Array.from(new Set([sequence.blank, ...target]));
    if (!this.#exponentials(sequence, used)) {
      if (wantsGrad) this.grad.fill(NaN, 0, steps * classes);
      return NaN;
    }
    this.#alphaM.fill(0, 0, states);
    this.#alphaE.fill(-Infinity, 0, states);
    this.#alphaM[0] = 1;
    this.#alphaE[0] = 0;
    for (let t = 0; t < steps; t++) this.#forward(t, target.length);
    const [m, e] = this.#total(steps, states);
    if (wantsGrad) {
      if (m === 0) this.grad.fill(NaN, 0, steps * classes);
      else this.#gradient(sequence, used, m, e);
    }
    return -(Math.log(m) + e * UNIT);
  }

  /** Of the target's classes; false where one is not a number. The others' matter to the gradient alone. */
  #exponentials({ steps, target, classes, blank }: CtcSequence, used: Int32Array): boolean {
    const logProbs = this.logProbs;
    const m = this.#m;
    const e = this.#e;
    const letters = target.length;
    for (let t = 0; t < steps; t++) {
      const from = t * classes;
      for (let u = 0; u < used.length; u++) {
        const c = used[u];
        const x = logProbs[from + c];
        if (!(x < Infinity)) return false;
        const k = (x > -177 && x < 177) || x === -Infinity ? 0 : Math.round(x / UNIT);
        e[c] = k;
        m[c] = k === 0 ? exp(x) : Math.exp(x - k * UNIT);
      }
      this.#blankM[t] = m[blank];
      this.#blankE[t] = e[blank];
      for (let i = 0; i < letters; i++) {
        this.#letterM[t * letters + i] = m[target[i]];
        this.#letterE[t * letters + i] = e[target[i]];
      }
    }
    return true;
  }

  /** α_t(s) = p_t(s) · (α_{t-1}(s) + α_{t-1}(s-1) + α_{t-1}(s-2) where it may skip) */
  #forward(t: number, letters: number): void {
    const alphaM = this.#alphaM;
    const alphaE = this.#alphaE;
    const letterM = this.#letterM;
    const letterE = this.#letterE;
    const skips = this.#skips;
    const blankM = this.#blankM[t];
    const blankE = this.#blankE[t];
    const p = t * letters;
    const states = 2 * letters + 1;
    let from = t * states;
    // The letter before, one step ago.
    let m1 = 0;
    let e1 = -Infinity;
    for (let i = 0; i <= letters; i++, from += 2) {
      const m0 = alphaM[from];
      const e0 = alphaE[from];
      let m = m0;
      let e = e0;
      if (e1 === e) m += m1;
      else if (e1 > e) {
        m = e1 - e === 1 ? m1 + m * DOWN : m1;
        e = e1;
      } else if (e - e1 === 1) m += m1 * DOWN;
      m *= blankM;
      e += blankE;
      if (m < LOW) {
        e = m === 0 ? -Infinity : e - 1;
        m *= UP;
      } else if (m > HIGH) {
        e += 1;
        m *= DOWN;
      }
      alphaM[from + states] = m;
      alphaE[from + states] = e;
      if (i === letters) return;
      const mL = alphaM[from + 1];
      const eL = alphaE[from + 1];
      m = mL;
      e = eL;
      if (e0 === e) m += m0;
      else if (e0 > e) {
        m = e0 - e === 1 ? m0 + m * DOWN : m0;
        e = e0;
      } else if (e - e0 === 1) m += m0 * DOWN;
      if (skips[i] === 1) {
        if (e1 === e) m += m1;
        else if (e1 > e) {
          m = e1 - e === 1 ? m1 + m * DOWN : m1;
          e = e1;
        } else if (e - e1 === 1) m += m1 * DOWN;
      }
      m1 = mL;
      e1 = eL;
      m *= letterM[p + i];
      e += letterE[p + i];
      if (m < LOW) {
        e = m === 0 ? -Infinity : e - 1;
        m *= UP;
      } else if (m > HIGH) {
        e += 1;
        m *= DOWN;
      }
      alphaM[from + 1 + states] = m;
      alphaE[from + 1 + states] = e;
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

  #gradient({ steps, target, classes, blank }: CtcSequence, used: Int32Array, totalM: number, totalE: number): void {
    const logProbs = this.logProbs;
    const grad = this.grad;
    const shares = this.#shares;
    const last = 2 * target.length;
    this.#betaM.fill(0);
    this.#betaE.fill(-Infinity);
    // Beyond the last step, as before the first: a state that only the last blank and the last letter lead to.
    this.#betaM[last] = 1;
    this.#betaE[last] = 0;
    for (let t = steps - 1; t >= 0; t--) {
      for (let u = 0; u < used.length; u++) shares[used[u]] = 0;
      shares[blank] = this.#backward(t, target, totalM, totalE);
      const from = t * classes;
      for (let u = 0; u < used.length; u++) {
        const c = used[u];
        grad[from + c] = exp(logProbs[from + c]) - shares[c];
      }
    }
  }

  /**
   * β_t(s) = p_t(s) · ρ_t(s) with ρ_t(s) = β_{t+1}(s) + β_{t+1}(s+1) + β_{t+1}(s+2) where it may skip; the share of paths that are in state s
   * at step t is α_t(s) · ρ_t(s) / total.
   * @returns the blanks' share; each letter's is added to its class
   */
  #backward(t: number, target: TypedArray, totalM: number, totalE: number): number {
    const letters = target.length;
    const alphaM = this.#alphaM;
    const alphaE = this.#alphaE;
    const betaM = this.#betaM;
    const betaE = this.#betaE;
    const shares = this.#shares;
    const blankM = this.#blankM[t];
    const blankE = this.#blankE[t];
    const row = (t + 1) * (2 * letters + 1);
    const inverse = 1 / totalM;
    let blanks = 0;
    // The letter and the blank behind, one step later.
    let m2 = 0;
    let e2 = -Infinity;
    let m1 = 0;
    let e1 = -Infinity;
    for (let i = letters; i >= 0; i--) {
      let m = 0;
      let e = -Infinity;
      let mL = 0;
      let eL = -Infinity;
      if (i < letters) {
        const s = 2 * i + 1;
        mL = betaM[s];
        eL = betaE[s];
        m = mL;
        e = eL;
        if (e1 === e) m += m1;
        else if (e1 > e) {
          m = e1 - e === 1 ? m1 + m * DOWN : m1;
          e = e1;
        } else if (e - e1 === 1) m += m1 * DOWN;
        if (this.#skips[i + 1] === 1) {
          if (e2 === e) m += m2;
          else if (e2 > e) {
            m = e2 - e === 1 ? m2 + m * DOWN : m2;
            e = e2;
          } else if (e - e2 === 1) m += m2 * DOWN;
        }
        const k = alphaE[row + s] + e - totalE;
        if (k > -2) shares[target[i]] += alphaM[row + s] * inverse * m * shift(k);
        m *= this.#letterM[t * letters + i];
        e += this.#letterE[t * letters + i];
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
      const s = 2 * i;
      m1 = betaM[s];
      e1 = betaE[s];
      m2 = mL;
      e2 = eL;
      m = m1;
      e = e1;
      if (eL === e) m += mL;
      else if (eL > e) {
        m = eL - e === 1 ? mL + m * DOWN : mL;
        e = eL;
      } else if (e - eL === 1) m += mL * DOWN;
      const k = alphaE[row + s] + e - totalE;
      if (k > -2) blanks += alphaM[row + s] * inverse * m * shift(k);
      m *= blankM;
      e += blankE;
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
    return blanks;
  }
}

/** 2^(512·k) for k that matter; 0 for what is lost beside a number with k = 0. */
function shift(k: number): number {
  return k === 0 ? 1 : k === -1 ? DOWN : k === 1 ? UP : 0;
}
