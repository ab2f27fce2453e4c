import { checkInput, checkShape, type Layer, requireCache } from "./layer.js";
import { add, matmul, softmax, softmaxBackward, T } from "./math.js";
import type { NdArray } from "./nd-array.js";

/** Nothing here is learned. */
abstract class NoParams implements Layer {
  readonly params: readonly NdArray[] = [];
  readonly grads: readonly NdArray[] = [];
}

/** How much each decoder step looks at each encoder step: a = softmax(hsDec · hsEncᵀ), [N, T', T]. */
export class TimeAttentionWeight extends NoParams {
  cache: { hsEnc: NdArray; hsDec: NdArray; a: NdArray } | null = null;

  /** hsEnc [N, T, H], hsDec [N, T', H] */
  forward(hsEnc: NdArray, hsDec: NdArray): NdArray {
    checkShape("TimeAttentionWeight.forward", "hsEnc", hsEnc, ["N", "T", "H"]);
    const [n, , h] = hsEnc.shape as [number, number, number];
    checkInput("TimeAttentionWeight.forward", "hsDec", hsDec, [n, "T'", h], hsEnc.dtype);
    const a = softmax(matmul(hsDec, T(hsEnc)));
    this.cache = { hsEnc, hsDec, a };
    return a;
  }

  /** da [N, T', T] */
  backward(da: NdArray): [dhsEnc: NdArray, dhsDec: NdArray] {
    const { hsEnc, hsDec, a } = requireCache("TimeAttentionWeight.backward", this.cache);
    checkInput("TimeAttentionWeight.backward", "da", da, a.shape, a.dtype);
    const ds = softmaxBackward(a, da);
    return [matmul(T(ds), hsDec), matmul(ds, hsEnc)];
  }
}

/** The sums with those weights: cs = a · hsEnc, [N, T', H]. */
export class TimeWeightSum extends NoParams {
  cache: { hsEnc: NdArray; a: NdArray } | null = null;

  /** hsEnc [N, T, H], a [N, T', T] */
  forward(hsEnc: NdArray, a: NdArray): NdArray {
    checkShape("TimeWeightSum.forward", "hsEnc", hsEnc, ["N", "T", "H"]);
    const [n, t] = hsEnc.shape as [number, number];
    checkInput("TimeWeightSum.forward", "a", a, [n, "T'", t], hsEnc.dtype);
    this.cache = { hsEnc, a };
    return matmul(a, hsEnc);
  }

  /** dcs [N, T', H] */
  backward(dcs: NdArray): [dhsEnc: NdArray, da: NdArray] {
    const { hsEnc, a } = requireCache("TimeWeightSum.backward", this.cache);
    checkInput("TimeWeightSum.backward", "dcs", dcs, [a.shape[0], a.shape[1], hsEnc.shape[2]], a.dtype);
    return [matmul(T(a), dcs), matmul(dcs, T(hsEnc))];
  }
}

/**
 * Attention: for each step of a decoder, a weighted sum of all states of an encoder, the weights found by comparing them.
 *   s = hsDec · hsEncᵀ   a = softmax(s)   cs = a · hsEnc
 * hsEnc [N, T, H], hsDec and cs [N, T', H]. One decoder step alone, T' = 1: `Attention`.
 * Source: Luong et al. 2015 (dot score); the idea is Bahdanau et al. 2015.
 */
export class TimeAttention extends NoParams {
  readonly weight = new TimeAttentionWeight();
  readonly sum = new TimeWeightSum();
  /** The weights of the last forward pass, [N, T', T]: row t' shows where decoder step t' looked. */
  attentionWeight: NdArray | null = null;

  forward(hsEnc: NdArray, hsDec: NdArray): NdArray {
    this.attentionWeight = this.weight.forward(hsEnc, hsDec);
    return this.sum.forward(hsEnc, this.attentionWeight);
  }

  backward(dcs: NdArray): [dhsEnc: NdArray, dhsDec: NdArray] {
    const [dhsFromSum, da] = this.sum.backward(dcs);
    const [dhsFromWeight, dhsDec] = this.weight.backward(da);
    return [add(dhsFromSum, dhsFromWeight), dhsDec];
  }
}

/** One step of `TimeAttentionWeight`: hs [N, T, H] and h [N, H] to a [N, T]. */
export class AttentionWeight extends NoParams {
  readonly #inner = new TimeAttentionWeight();

  forward(hs: NdArray, h: NdArray): NdArray {
    return withoutStep(this.#inner.forward(hs, asStep("AttentionWeight.forward", "h", h)));
  }

  /** da [N, T] */
  backward(da: NdArray): [dhs: NdArray, dh: NdArray] {
    const [dhs, dh] = this.#inner.backward(asStep("AttentionWeight.backward", "da", da));
    return [dhs, withoutStep(dh)];
  }
}

/** One step of `TimeWeightSum`: hs [N, T, H] and a [N, T] to c [N, H]. */
export class WeightSum extends NoParams {
  readonly #inner = new TimeWeightSum();

  forward(hs: NdArray, a: NdArray): NdArray {
    return withoutStep(this.#inner.forward(hs, asStep("WeightSum.forward", "a", a)));
  }

  /** dc [N, H] */
  backward(dc: NdArray): [dhs: NdArray, da: NdArray] {
    const [dhs, da] = this.#inner.backward(asStep("WeightSum.backward", "dc", dc));
    return [dhs, withoutStep(da)];
  }
}

/** One step: s_t = hs_t · h   a = softmax(s)   c = Σ_t a_t hs_t; hs [N, T, H] and h [N, H] to c [N, H]. */
export class Attention extends NoParams {
  readonly #inner = new TimeAttention();

  /** The weights of the last forward pass, [N, T]. */
  get attentionWeight(): NdArray | null {
    const a = this.#inner.attentionWeight;
    return a && withoutStep(a);
  }

  forward(hs: NdArray, h: NdArray): NdArray {
    return withoutStep(this.#inner.forward(hs, asStep("Attention.forward", "h", h)));
  }

  /** dc [N, H] */
  backward(dc: NdArray): [dhs: NdArray, dh: NdArray] {
    const [dhs, dh] = this.#inner.backward(asStep("Attention.backward", "dc", dc));
    return [dhs, withoutStep(dh)];
  }
}

/** [N, D] as a sequence of one step. */
function asStep(op: string, argument: string, x: NdArray): NdArray {
  const [n, d] = checkShape(op, argument, x, ["N", "D"]).shape as [number, number];
  return x.reshape(n, 1, d);
}

function withoutStep(x: NdArray): NdArray {
  return x.reshape(x.shape[0], x.shape[2]);
}
