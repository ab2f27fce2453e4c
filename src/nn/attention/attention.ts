import { checkKnownOptions, checkNumber, checkOneOf, checkPositiveInteger } from "../../base/check.js";
import { OptionError } from "../../base/errors.js";
import { formatShape, misshapen, sameShape } from "../../base/shape.js";
import { add, mul, where } from "../../tensor/ops/arithmetic.js";
import { linear, matmul } from "../../tensor/ops/matmul.js";
import { empty, requireFloat, requireSameDType, requireTensor } from "../../tensor/ops/raw.js";
import { reshape, transpose, unsqueeze } from "../../tensor/ops/shape.js";
import { unary } from "../../tensor/ops/unary.js";
import type { Tensor } from "../../tensor/tensor.js";
import { BLANK, blank } from "../deep-copy.js";
import { uniform } from "../init.js";
import { Module } from "../module.js";
import { checkBoolean, checkFloatDType, type DTypeOption } from "../options.js";
import { Parameter } from "../parameter.js";
import { type LengthsOrMask, maskOf } from "../recurrent/lengths.js";
import { attentionWeights } from "./scaled-dot-product.js";

/** How a query and a key are compared. */
export type AttentionScore = "dot" | "general" | "additive";

export interface AttentionOptions extends DTypeOption {
  /** How a query and a key are compared. Default dot. */
  score?: AttentionScore | undefined;
  /** Width of the keys. Default querySize; for dot there is no other. */
  keySize?: number | undefined;
  /** Width of the space that additive compares in. Default querySize. */
  hiddenSize?: number | undefined;
  /** What the scores are multiplied by: 1/√H when true. Default 1, as in the sources. */
  scale?: boolean | number | undefined;
  /** Sequences are [N, L, H]. Default false. */
  batchFirst?: boolean | undefined;
}

export interface AttentionForwardOptions extends LengthsOrMask {
  /** What the weights add up. Default: the keys. */
  values?: Tensor | undefined;
}

/**
 * Attention: for each query a mean of the values, weighted by how well their keys fit it.
 *   a_ls = softmax_s(scale · score(q_l, k_s))      context_l = Σ_s a_ls v_s
 * The scores, of a query q [H] and a key k [K]:
 * - dot, q·k: nothing is learned, so both must live in one space (H = K), as the states of an encoder and a decoder that are trained together.
 *   Its size grows with H; `scale: true` keeps the softmax from becoming all or nothing.
 * - general, q·(W k): W [H, K] learns which parts of a key matter for which of a query, and lets the widths differ.
 * - additive, v·tanh(W q + U k): a layer of hidden units that compares both, the one that is bounded; slower, as it makes [L, S, hidden] numbers.
 * Parameters: weight [H, K] for general; weight_query [hidden, H], weight_key [hidden, K] and v [hidden] for additive, without biases; uniform
 * in ±1/√(columns).
 * @example
 * const attention = new nn.Attention(128, { score: "general" });
 * const [context, weights] = attention.forward(decoded, encoded, { lengths }); // decoded [L, N, 128], encoded [S, N, 128]
 * Source: Bahdanau et al. 2015 (additive); Luong et al. 2015 (dot, general); Vaswani et al. 2017 (scale).
 */
export class Attention extends Module {
  readonly score: AttentionScore;
  readonly scale: number;
  readonly querySize: number;
  readonly keySize: number;
  readonly batchFirst: boolean;
  weight: Parameter | null = null;
  weight_query: Parameter | null = null;
  weight_key: Parameter | null = null;
  v: Parameter | null = null;

  /** @throws OptionError for sizes that are none, or two for dot */
  constructor(querySize: number, options: AttentionOptions = {}) {
    super();
    const op = "Attention";
    checkKnownOptions(op, options, ["score", "keySize", "hiddenSize", "scale", "batchFirst", "dtype"]);
    this.querySize = checkPositiveInteger(op, "querySize", querySize);
    this.score = checkOneOf(op, "score", options.score ?? "dot", ["dot", "general", "additive"]);
    this.keySize = checkPositiveInteger(op, "keySize", options.keySize ?? querySize);
    if (this.score === "dot" && this.keySize !== querySize) {
      const fix = 'The score "general" compares two widths.';
      throw new OptionError({
        op,
        argument: "keySize",
        must: `be querySize ${querySize} for dot`,
        value: `${this.keySize}`,
        fix,
      });
    }
    const { scale = 1 } = options;
    this.scale = typeof scale === "boolean" ? (scale ? 1 / Math.sqrt(querySize) : 1) : checkNumber(op, "scale", scale);
    this.batchFirst = checkBoolean(op, "batchFirst", options.batchFirst ?? false);
    const dtype = checkFloatDType(op, options.dtype);
    const hidden = checkPositiveInteger(op, "hiddenSize", options.hiddenSize ?? querySize);
    const weights = (shape: number[]) => {
      const bound = 1 / Math.sqrt(shape[shape.length - 1]);
      return uniform(new Parameter(empty(dtype, shape)), -bound, bound);
    };
    if (this.score === "general") this.weight = weights([querySize, this.keySize]);
    if (this.score !== "additive") return;
    this.weight_query = weights([hidden, querySize]);
    this.weight_key = weights([hidden, this.keySize]);
    this.v = weights([hidden]);
  }

  /**
   * @param query  [L, N, H], or [N, L, H] with batchFirst; [N, H] for one step
   * @param keys   [S, N, K], or [N, S, K]
   * @param options  values [S, N, V]; lengths of the keys in [0, S], or a mask [S, N] ([N, S]), 1 for keys that count, gaps allowed
   * @returns      context [L, N, V] and weights [N, L, S]; [N, V] and [N, S] for one step. A query without any key gets zeros.
   * @throws ShapeError, DTypeError, OptionError for what does not fit
   */
  forward(query: Tensor, keys: Tensor, options: AttentionForwardOptions = {}): [context: Tensor, weights: Tensor] {
    const op = "Attention.forward";
    checkKnownOptions(op, options, ["values", "lengths", "mask"]);
    const values = options.values ?? keys;
    const isStep = this.#check(op, query, keys, values);
    const first = (x: Tensor) => (this.batchFirst ? x : transpose(x, 0, 1));
    const q = isStep ? unsqueeze(query, 1) : first(query);
    const [batch, count] = first(keys).shape;
    const mask = maskOf(op, options, [count, batch], this.batchFirst, 0);
    // What is masked may be anything, and 0 · NaN is NaN.
    const own = (x: Tensor) => (mask === null ? first(x) : where(unsqueeze(mask, 2), first(x), 0));
    const k = own(keys);
    const v = values === keys ? k : own(values);
    const scores = this.#scores(q, k);
    const scaled = this.scale === 1 ? scores : mul(scores, this.scale);
    const weights = attentionWeights(op, scaled, mask && reshape(mask, [batch, 1, count]));
    const context = matmul(weights, v);
    if (isStep) return [reshape(context, [batch, v.shape[2]]), reshape(weights, [batch, count])];
    return [first(context), weights];
  }

  /** @internal */
  override [BLANK](): this {
    return blank(() => Reflect.construct(Attention, [1, {}], this.constructor) as this);
  }

  /** q [N, L, H] and k [N, S, K] to [N, L, S]. */
  #scores(q: Tensor, k: Tensor): Tensor {
    if (this.score === "dot") return matmul(q, transpose(k, 1, 2));
    if (this.score === "general") return matmul(q, transpose(linear(k, this.weight!), 1, 2));
    const [both, v] = [[linear(q, this.weight_query!), linear(k, this.weight_key!)], this.v!];
    return matmul(unary("tanh", add(unsqueeze(both[0], 2), unsqueeze(both[1], 1))), v);
  }

  /** Whether the query is one step. */
  #check(op: string, query: Tensor, keys: Tensor, values: Tensor): boolean {
    for (const [argument, x] of Object.entries({ query, keys, values })) {
      requireTensor(op, argument, x);
      requireFloat(op, argument, x);
      requireSameDType(op, argument, x, this.weight?.dtype ?? this.v?.dtype ?? query.dtype);
    }
    const lead = this.batchFirst ? ["N", "S"] : ["S", "N"];
    const isStep = query.rank === 2;
    if ((!isStep && query.rank !== 3) || query.shape[query.rank - 1] !== this.querySize) {
      const must = `have shape [${lead.join(", ").replace("S", "L")}, ${this.querySize}], or [N, ${this.querySize}]`;
      throw misshapen(op, "query", must, query.shape);
    }
    const batchAt = this.batchFirst ? 0 : 1;
    const batch = query.shape[isStep ? 0 : batchAt];
    if (keys.rank !== 3 || keys.shape[2] !== this.keySize || keys.shape[batchAt] !== batch) {
      const must = `have shape [${lead.join(", ").replace("N", `${batch}`)}, ${this.keySize}]`;
      throw misshapen(op, "keys", must, keys.shape);
    }
    const rows = keys.shape.slice(0, 2);
    if (values.rank === 3 && sameShape(values.shape.slice(0, 2), rows)) return isStep;
    throw misshapen(op, "values", `have shape ${formatShape(rows).replace("]", ", V]")}, one a key`, values.shape);
  }
}
