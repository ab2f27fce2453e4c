import { UnsupportedError } from "../../../base/errors.js";
import { Parameter } from "../../../nn/parameter.js";
import { add, mul, where } from "../../../tensor/ops/arithmetic.js";
import { matmul } from "../../../tensor/ops/matmul.js";
import { fromHost } from "../../../tensor/ops/raw.js";
import { sum } from "../../../tensor/ops/reduce.js";
import { permute, reshape, transpose, unsqueeze } from "../../../tensor/ops/shape.js";
import { softmax } from "../../../tensor/ops/softmax.js";
import { dropout, unary } from "../../../tensor/ops/unary.js";
import type { Tensor } from "../../../tensor/tensor.js";
import type { NamedArray } from "../../named-array.js";
import { KerasLayer, type LayerSpec, type Signal } from "../layer.js";
import type { StepMask } from "../step-mask.js";

/** A score that no softmax sees beside others. Source: keras.layers.Attention. */
const NEVER = -1e9;

/** Scores [.., L, S] of steps that do not count, as few as can be. */
function masked(scores: Tensor, mask: StepMask | null, causal: boolean): Tensor {
  const [steps, keys] = scores.shape.slice(-2);
  const heads = scores.rank === 4;
  let found = scores;
  if (mask !== null && mask.on.includes(0)) {
    const on = fromHost(Int32Array.from(mask.on), [scores.shape[0], ...(heads ? [1] : []), 1, keys]);
    found = where(on, found, NEVER);
  }
  if (!causal) return found;
  const before = Int32Array.from({ length: steps * keys }, (_, i) => (i % keys <= Math.floor(i / keys) ? 1 : 0));
  return where(fromHost(before, [steps, keys]), found, NEVER);
}

const parameter = ({ shape, data }: NamedArray): Parameter =>
  new Parameter(fromHost(Float32Array.from(data), [...shape]));

/** Attention and AdditiveAttention: a query, values, and keys where they are others than the values. */
export class KerasAttention extends KerasLayer {
  /** Of the dot's scores one number, of the additive one for each unit; null: none. */
  scale: Parameter | null;
  /** What is added where the score is of the query and key together, `score_mode: "concat"`. */
  concat: Parameter | null;
  readonly isAdditive: boolean;
  readonly isCausal: boolean;
  readonly rate: number;

  constructor(
    isAdditive: boolean,
    { scale, concat }: { scale: Parameter | null; concat: Parameter | null },
    { causal, rate }: { causal: boolean; rate: number },
  ) {
    super();
    this.scale = scale;
    this.concat = concat;
    this.isAdditive = isAdditive;
    this.isCausal = causal;
    this.rate = rate;
  }

  override takes(count: number): boolean {
    return count === 2 || count === 3;
  }

  /** [N, L, D] and [N, S, D] to [N, L, D]; queries that do not count give zeros. */
  call([query, value, key = value]: readonly Signal[]): readonly Signal[] {
    const scores = masked(this.scores(query.x, key.x), value.mask, this.isCausal);
    const weights = dropout(softmax(scores, -1), this.rate, { training: this.training });
    const y = matmul(weights, value.x);
    if (query.mask === null) return [{ x: y, mask: null }];
    const on = fromHost(Float32Array.from(query.mask.on), [y.shape[0], y.shape[1], 1]);
    return [{ x: mul(y, on), mask: query.mask }];
  }

  private scores(q: Tensor, k: Tensor): Tensor {
    if (!this.isAdditive && this.concat === null) {
      const scores = matmul(q, transpose(k, 1, 2));
      return this.scale === null ? scores : mul(scores, this.scale);
    }
    const both = add(unsqueeze(q, 2), unsqueeze(k, 1));
    if (this.concat !== null) {
      const scaled = this.scale === null ? both : mul(both, this.scale);
      return mul(sum(unary("tanh", scaled), -1), this.concat);
    }
    const open = unary("tanh", both);
    return sum(this.scale === null ? open : mul(open, this.scale), -1);
  }
}

/** q·k with one scale, or tanh(q + k) with one for each unit. Source: keras.layers.Attention, keras.layers.AdditiveAttention. */
export function buildAttention({ type, config, weights }: LayerSpec): KerasAttention {
  const isAdditive = type === "AdditiveAttention";
  const scaled = config.boolean("use_scale", isAdditive);
  const isConcat = !isAdditive && config.oneOf("score_mode", ["dot", "concat"], "dot") === "concat";
  const scale = scaled ? parameter(weights.take("scale", isAdditive ? [null] : [])) : null;
  const concat = isConcat ? parameter(weights.take("concat_score_weight", [])) : null;
  const causal = config.boolean("causal", false);
  return new KerasAttention(isAdditive, { scale, concat }, { causal, rate: config.number("dropout", 0) });
}

const SIDES = ["query", "key", "value", "attention_output"] as const;
type Side = (typeof SIDES)[number];

/** MultiHeadAttention: softmax(q k^T / √d) v in several heads, with a product before each and one behind them. */
export class KerasMultiHeadAttention extends KerasLayer {
  /** [D, heads, d] of query, key and value; [heads, d, D] of what comes out. */
  kernels: Map<Side, Parameter>;
  biases: Map<Side, Parameter>;
  readonly rate: number;

  constructor(kernels: Map<Side, Parameter>, biases: Map<Side, Parameter>, rate: number) {
    super();
    this.kernels = kernels;
    this.biases = biases;
    this.rate = rate;
  }

  override takes(count: number): boolean {
    return count === 2 || count === 3;
  }

  call([query, value, key = value]: readonly Signal[]): readonly Signal[] {
    const [q, k, v] = [this.heads("query", query.x), this.heads("key", key.x), this.heads("value", value.x)];
    const scores = mul(matmul(q, transpose(k, 2, 3)), 1 / Math.sqrt(q.shape[3]));
    const weights = softmax(masked(scores, value.mask ?? key.mask, false), -1);
    const seen = permute(matmul(dropout(weights, this.rate, { training: this.training }), v), [0, 2, 1, 3]);
    const [batch, steps, heads, size] = seen.shape;
    const kernel = this.kernels.get("attention_output")!;
    const width = kernel.shape[2];
    const y = matmul(reshape(seen, [batch, steps, heads * size]), reshape(kernel, [heads * size, width]));
    const bias = this.biases.get("attention_output");
    return [{ x: bias === undefined ? y : add(y, bias), mask: query.mask }];
  }

  /** [N, L, D] to [N, heads, L, d]. */
  private heads(side: Side, x: Tensor): Tensor {
    const kernel = this.kernels.get(side)!;
    const [width, heads, size] = kernel.shape;
    const [batch, steps] = x.shape;
    const product = reshape(matmul(x, reshape(kernel, [width, heads * size])), [batch, steps, heads, size]);
    const bias = this.biases.get(side);
    return permute(bias === undefined ? product : add(product, bias), [0, 2, 1, 3]);
  }
}

/** Source: keras.layers.MultiHeadAttention, whose products are EinsumDense layers of their own. */
export function buildMultiHeadAttention({ op, where, config, weights }: LayerSpec): KerasMultiHeadAttention {
  if (config.has("attention_axes") && config.get("attention_axes") !== null) {
    const axes = config.get("attention_axes");
    const isTime = axes === 1 || (Array.isArray(axes) && axes.length === 1 && axes[0] === 1);
    if (!isTime) {
      const must = "attend along time";
      throw new UnsupportedError({ op, argument: where, must, value: `attention_axes ${JSON.stringify(axes)}` });
    }
  }
  const heads = config.count("num_heads");
  const size = config.count("key_dim");
  const valueSize = config.get("value_dim") == null ? size : config.count("value_dim");
  const bias = config.boolean("use_bias", true);
  const [kernels, biases] = [new Map<Side, Parameter>(), new Map<Side, Parameter>()];
  for (const side of SIDES) {
    const isOutput = side === "attention_output";
    const width = side === "value" || isOutput ? valueSize : size;
    const name = isOutput ? "output_dense" : `${side}_dense`;
    // The first versions of Keras 3 have no public name for it.
    const part =
      [name, `_${name}`].map((one) => weights.part(one)).find((one) => one.peek("kernel") !== null) ??
      weights.part(name);
    kernels.set(side, parameter(part.take("kernel", isOutput ? [heads, width, null] : [null, heads, width])));
    if (bias) biases.set(side, parameter(part.take("bias", isOutput ? [null] : [heads, width])));
  }
  return new KerasMultiHeadAttention(kernels, biases, config.number("dropout", 0));
}
