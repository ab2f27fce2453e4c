import { checkKnownOptions, checkNumber, refusal } from "../../base/check.js";
import { broadcastShapes, formatShape, misshapen, sameShape } from "../../base/shape.js";
import { add, compare, mul, where } from "../../tensor/ops/arithmetic.js";
import { matmul } from "../../tensor/ops/matmul.js";
import { fromHost, requireFloat, requireSameDType, requireTensor } from "../../tensor/ops/raw.js";
import { transpose } from "../../tensor/ops/shape.js";
import { softmax } from "../../tensor/ops/softmax.js";
import { dropout } from "../../tensor/ops/unary.js";
import type { Tensor } from "../../tensor/tensor.js";
import { checkBoolean } from "../options.js";

export interface ScaledDotProductOptions {
  /**
   * Broadcast to [.., L, S]. int32: 1 where a query may look, as PyTorch's booleans (the other way round than `MultiheadAttention`'s);
   * floats are added to the scores.
   */
  attnMask?: Tensor | null | undefined;
  /** Of the weights, in training. Default 0. */
  dropoutP?: number | undefined;
  /** Query l sees keys 0 to l alone. Default false. */
  isCausal?: boolean | undefined;
  /** Default 1/√E. */
  scale?: number | undefined;
}

/**
 * softmax(scale · query·keyᵀ + mask) · value: for each query a mean of the values, weighted by how well their keys fit it.
 * A query that may look nowhere gets zeros, and gives no gradient; PyTorch has NaN there.
 * @param query  [.., L, E]
 * @param key    [.., S, E]
 * @param value  [.., S, V]
 * @returns      [.., L, V]
 * @throws ShapeError, DTypeError for operands that do not fit; OptionError for a mask together with isCausal
 * Source: Vaswani et al. 2017; PyTorch's scaled_dot_product_attention.
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: ScaledDotProductOptions = {},
): Tensor {
  const op = "scaledDotProductAttention";
  checkKnownOptions(op, options, ["attnMask", "dropoutP", "isCausal", "scale"]);
  for (const [argument, x] of Object.entries({ query, key, value })) {
    requireTensor(op, argument, x);
    requireFloat(op, argument, x);
    requireSameDType(op, argument, x, query.dtype);
    if (x.rank < 2) throw misshapen(op, argument, "have shape [.., L, E]", x.shape);
  }
  const width = query.shape[query.rank - 1];
  const keys = key.shape[key.rank - 2];
  if (key.shape[key.rank - 1] !== width)
    throw misshapen(op, "key", `have shape [.., S, ${width}], query's last`, key.shape);
  if (value.shape[value.rank - 2] !== keys)
    throw misshapen(op, "value", `have shape [.., ${keys}, V], one a key`, value.shape);
  const scale = checkNumber(op, "scale", options.scale ?? 1 / Math.sqrt(Math.max(width, 1)));
  const p = checkNumber(op, "dropoutP", options.dropoutP ?? 0, { min: 0, max: 1 });
  const isCausal = checkBoolean(op, "isCausal", options.isCausal ?? false);
  const { attnMask = null } = options;
  if (isCausal && attnMask !== null) {
    throw refusal(op, "isCausal", "be left out where attnMask is given", isCausal, "Put tril() into the mask.");
  }
  const scores = matmul(mul(query, scale), transpose(key, -1, -2));
  const mask = isCausal ? causal(query.shape[query.rank - 2], keys) : attnMask;
  return matmul(dropout(attentionWeights(op, scores, mask), p), value);
}

/** [L, S], 1 where a query may look: at its own step and those before. */
export function causal(queries: number, keys: number): Tensor {
  const may = new Int32Array(queries * keys);
  for (let l = 0; l < queries; l++) may.fill(1, l * keys, l * keys + Math.min(l + 1, keys));
  return fromHost(may, [queries, keys]);
}

/** In place of -Infinity: a row of nothing else has a softmax, which is thrown away. */
const NOWHERE = -1e30;

/**
 * softmax over the last dimension of scores [.., L, S], of what a mask leaves; all 0 where it leaves nothing.
 * @param mask  broadcast to the scores: int32, 1 for what counts; or floats, added, of which -Infinity is what does not count
 */
export function attentionWeights(op: string, scores: Tensor, mask: Tensor | null): Tensor {
  if (mask === null) return softmax(scores);
  requireTensor(op, "attnMask", mask);
  if (!sameShape(broadcastShapes(op, mask.shape, scores.shape), scores.shape)) {
    throw misshapen(op, "attnMask", `broadcast to ${formatShape(scores.shape)}`, mask.shape);
  }
  const isBias = mask.dtype !== "int32";
  if (isBias) requireSameDType(op, "attnMask", mask, scores.dtype);
  const may = isBias ? compare("gt", mask, -Infinity) : mask;
  const biased = isBias ? add(scores, where(may, mask, 0)) : scores;
  return where(may, softmax(where(may, biased, NOWHERE)), 0);
}
