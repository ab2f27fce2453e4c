import { checkKnownOptions, checkNumber, checkPositiveInteger, refusal } from "../../base/check.js";
import { formatShape, misshapen, sameShape } from "../../base/shape.js";
import { add, compare, mul, where } from "../../tensor/ops/arithmetic.js";
import { linear, matmul } from "../../tensor/ops/matmul.js";
import { empty, filled, requireSameDType, requireTensor } from "../../tensor/ops/raw.js";
import { mean } from "../../tensor/ops/reduce.js";
import { permute, reshape, transpose, unsqueeze } from "../../tensor/ops/shape.js";
import { narrow } from "../../tensor/ops/slice.js";
import { dropout } from "../../tensor/ops/unary.js";
import type { Tensor } from "../../tensor/tensor.js";
import { BLANK, blank } from "../deep-copy.js";
import { xavierUniform, zeros } from "../init.js";
import { Linear } from "../linear.js";
import { Module } from "../module.js";
import { checkBoolean, checkFloatDType, type DTypeOption } from "../options.js";
import { Parameter } from "../parameter.js";
import { attentionWeights } from "./scaled-dot-product.js";

export interface MultiheadAttentionOptions extends DTypeOption {
  /** Of the weights, in training. Default 0. */
  dropout?: number | undefined;
  /** Default true. */
  bias?: boolean | undefined;
  /** Width of the keys. Default embedDim. */
  kdim?: number | undefined;
  /** Width of the values. Default embedDim. */
  vdim?: number | undefined;
  /** Sequences are [N, L, E]. Default false. */
  batchFirst?: boolean | undefined;
}

export interface MultiheadAttentionForwardOptions {
  /** [N, S] ([S] without a batch), int32: 1 for keys that do not count; or floats, added to the scores. */
  keyPaddingMask?: Tensor | null | undefined;
  /** [L, S] or [N·heads, L, S], int32: 1 where a query may not look; or floats, added to the scores. */
  attnMask?: Tensor | null | undefined;
  /** Default true. */
  needWeights?: boolean | undefined;
  /** The weights' mean over the heads, or each head's. Default true. */
  averageAttnWeights?: boolean | undefined;
}

const OP = "MultiheadAttention.forward";

/**
 * Attention with several heads, each in a part of its own of the projected vectors:
 *   head_h = softmax(q_h·k_hᵀ/√(E/heads)) · v_h with q = W_q·query + b_q, k = W_k·key + b_k, v = W_v·value + b_v
 *   output = W_o·[head_1, .., head_heads] + b_o
 * Parameters, as in PyTorch: in_proj_weight [3E, E], the rows of W_q, W_k and W_v (with another kdim or vdim q_proj_weight [E, E], k_proj_weight
 * [E, kdim] and v_proj_weight [E, vdim] in its place), in_proj_bias [3E], out_proj.weight [E, E] and out_proj.bias [E]. A query that may look
 * nowhere gets zeros from each head, where PyTorch has NaN.
 * @example
 * const attention = new nn.MultiheadAttention(64, 4);
 * const [y, weights] = attention.forward(x, memory, memory, { keyPaddingMask }); // x [L, N, 64], memory [S, N, 64], weights [N, L, S]
 * Source: Vaswani et al. 2017; PyTorch nn.MultiheadAttention.
 */
export class MultiheadAttention extends Module {
  readonly embedDim: number;
  readonly numHeads: number;
  readonly kdim: number;
  readonly vdim: number;
  readonly batchFirst: boolean;
  dropout: number;
  in_proj_weight: Parameter | null = null;
  q_proj_weight: Parameter | null = null;
  k_proj_weight: Parameter | null = null;
  v_proj_weight: Parameter | null = null;
  in_proj_bias: Parameter | null;
  out_proj: Linear;

  /** @throws OptionError for sizes that are none, or heads that do not divide embedDim */
  constructor(embedDim: number, numHeads: number, options: MultiheadAttentionOptions = {}) {
    super();
    const op = "MultiheadAttention";
    checkKnownOptions(op, options, ["dropout", "bias", "kdim", "vdim", "batchFirst", "dtype"]);
    this.embedDim = checkPositiveInteger(op, "embedDim", embedDim);
    this.numHeads = checkPositiveInteger(op, "numHeads", numHeads);
    if (embedDim % numHeads !== 0) throw refusal(op, "numHeads", `divide embedDim ${embedDim}`, numHeads);
    this.kdim = checkPositiveInteger(op, "kdim", options.kdim ?? embedDim);
    this.vdim = checkPositiveInteger(op, "vdim", options.vdim ?? embedDim);
    this.batchFirst = checkBoolean(op, "batchFirst", options.batchFirst ?? false);
    this.dropout = checkNumber(op, "dropout", options.dropout ?? 0, { min: 0, max: 1 });
    const dtype = checkFloatDType(op, options.dtype);
    const bias = checkBoolean(op, "bias", options.bias ?? true);
    const weights = (rows: number, columns: number) => xavierUniform(new Parameter(empty(dtype, [rows, columns])));
    if (this.kdim === embedDim && this.vdim === embedDim) this.in_proj_weight = weights(3 * embedDim, embedDim);
    else {
      this.q_proj_weight = weights(embedDim, embedDim);
      this.k_proj_weight = weights(embedDim, this.kdim);
      this.v_proj_weight = weights(embedDim, this.vdim);
    }
    this.in_proj_bias = bias ? zeros(new Parameter(empty(dtype, [3 * embedDim]))) : null;
    this.out_proj = new Linear(embedDim, embedDim, { bias, dtype });
    if (this.out_proj.bias !== null) zeros(this.out_proj.bias);
  }

  /**
   * @param query  [L, N, E], [N, L, E] with batchFirst, or [L, E] for one sequence
   * @param key    [S, N, kdim] and so on
   * @param value  [S, N, vdim] and so on
   * @returns      [L, N, E] and the weights: [N, L, S], [N, heads, L, S] when not averaged, null when not wanted
   * @throws ShapeError, DTypeError, OptionError for what does not fit
   */
  forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    options: MultiheadAttentionForwardOptions = {},
  ): [output: Tensor, weights: Tensor | null] {
    checkKnownOptions(OP, options, ["keyPaddingMask", "attnMask", "needWeights", "averageAttnWeights"]);
    const { needWeights = true, averageAttnWeights = true } = options;
    checkBoolean(OP, "needWeights", needWeights);
    checkBoolean(OP, "averageAttnWeights", averageAttnWeights);
    const isBatch = this.#check(query, key, value);
    const [q, k, v] = [query, key, value].map((x) =>
      isBatch ? (this.batchFirst ? transpose(x, 0, 1) : x) : unsqueeze(x, 1),
    );
    const [steps, batch] = q.shape;
    const keys = k.shape[0];
    const [heads, width] = [this.numHeads, this.embedDim / this.numHeads];
    /** [L, N, E] to [N, heads, L, E / heads] */
    const split = (x: Tensor) => permute(reshape(x, [x.shape[0], batch, heads, width]), [1, 2, 0, 3]);
    const [qs, ks, vs] = [q, k, v].map((x, i) => split(this.#project(x, i)));
    const scores = matmul(mul(qs, 1 / Math.sqrt(width)), transpose(ks, -1, -2));
    const weights = attentionWeights(OP, scores, this.#mask(scores, options, [batch, steps, keys], isBatch));
    const mixed = matmul(dropout(weights, this.dropout, { training: this.training }), vs);
    const joined = this.out_proj.forward(reshape(permute(mixed, [2, 0, 1, 3]), [steps, batch, this.embedDim]));
    const output = isBatch
      ? this.batchFirst
        ? transpose(joined, 0, 1)
        : joined
      : reshape(joined, [steps, this.embedDim]);
    if (!needWeights) return [output, null];
    const shown = averageAttnWeights ? mean(weights, 1) : weights;
    return [output, isBatch ? shown : reshape(shown, shown.shape.slice(1))];
  }

  /** @internal */
  override [BLANK](): this {
    return blank(() => Reflect.construct(MultiheadAttention, [1, 1, {}], this.constructor) as this);
  }

  /** Of q, k or v: 0, 1, 2. */
  #project(x: Tensor, i: number): Tensor {
    const e = this.embedDim;
    const own = [this.q_proj_weight, this.k_proj_weight, this.v_proj_weight][i];
    const weight = own ?? narrow(this.in_proj_weight!, 0, i * e, e);
    return linear(x, weight, this.in_proj_bias && narrow(this.in_proj_bias, 0, i * e, e));
  }

  /** Whether there is a batch. */
  #check(query: Tensor, key: Tensor, value: Tensor): boolean {
    const widths = { query: this.embedDim, key: this.kdim, value: this.vdim };
    const given = Object.entries({ query, key, value });
    for (const [argument, x] of given) {
      requireTensor(OP, argument, x);
      requireSameDType(OP, argument, x, this.out_proj.weight.dtype);
      const width = widths[argument as keyof typeof widths];
      if ((x.rank !== 2 && x.rank !== 3) || x.rank !== query.rank || x.shape[x.rank - 1] !== width) {
        const lead = this.batchFirst ? "[N, L" : "[L, N";
        throw misshapen(OP, argument, `have shape ${lead}, ${width}], or all have [L, ${width}]`, x.shape);
      }
    }
    const batchAt = this.batchFirst ? 0 : 1;
    const isBatch = query.rank === 3;
    for (const [argument, x] of given.slice(1)) {
      if (!isBatch || x.shape[batchAt] === query.shape[batchAt]) continue;
      throw misshapen(OP, argument, `have query's batch of ${query.shape[batchAt]}`, x.shape);
    }
    if (sameShape(key.shape.slice(0, -1), value.shape.slice(0, -1))) return isBatch;
    throw misshapen(OP, "value", `have one row for each key of ${formatShape(key.shape)}`, value.shape);
  }

  /** Both masks as one that is added, broadcast to the scores [N, heads, L, S]. */
  #mask(
    scores: Tensor,
    { keyPaddingMask, attnMask }: MultiheadAttentionForwardOptions,
    [batch, steps, keys]: readonly [number, number, number],
    isBatch: boolean,
  ): Tensor | null {
    let mask: Tensor | null = null;
    if (keyPaddingMask) {
      requireTensor(OP, "keyPaddingMask", keyPaddingMask);
      const shape = isBatch ? [batch, keys] : [keys];
      if (!sameShape(keyPaddingMask.shape, shape)) {
        throw misshapen(OP, "keyPaddingMask", `have shape ${formatShape(shape)}`, keyPaddingMask.shape);
      }
      mask = reshape(asBias(keyPaddingMask, scores), [batch, 1, 1, keys]);
    }
    if (!attnMask) return mask;
    requireTensor(OP, "attnMask", attnMask);
    const [one, all] = [[steps, keys], [batch * this.numHeads, steps, keys]]; // biome-ignore format: one line
    const isOne = sameShape(attnMask.shape, one);
    if (!isOne && !sameShape(attnMask.shape, all)) {
      throw misshapen(OP, "attnMask", `have shape ${formatShape(one)} or ${formatShape(all)}`, attnMask.shape);
    }
    const shaped = reshape(asBias(attnMask, scores), [isOne ? 1 : batch, isOne ? 1 : this.numHeads, steps, keys]);
    return mask === null ? shaped : add(mask, shaped);
  }
}

/** PyTorch's masks here: 1 for what does not count becomes -Infinity, floats stay. */
function asBias(mask: Tensor, scores: Tensor): Tensor {
  if (mask.dtype !== "int32") return mask;
  return where(compare("ne", mask, 0), filled(scores.dtype, [], -Infinity), filled(scores.dtype, [], 0));
}
