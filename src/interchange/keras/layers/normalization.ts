import { show, UnsupportedError } from "../../../base/errors.js";
import { batchNorm } from "../../../nn/functional/batch-norm.js";
import { layerNorm } from "../../../nn/functional/layer-norm.js";
import { Parameter } from "../../../nn/parameter.js";
import { fromHost } from "../../../tensor/ops/raw.js";
import { reshape } from "../../../tensor/ops/shape.js";
import type { Tensor } from "../../../tensor/tensor.js";
import type { NamedArray } from "../../named-array.js";
import { KerasLayer, type LayerSpec, type Signal } from "../layer.js";

/** γ and β; null where the layer has none. */
interface Affine {
  gamma: NamedArray | null;
  beta: NamedArray | null;
}

const tensorOf = ({ data, shape }: NamedArray): Tensor => fromHost(Float32Array.from(data), shape);
const parameterOf = (array: NamedArray | null): Parameter | null => array && new Parameter(tensorOf(array));

/** Each channel, the last dimension, by its mean and variance: a batch's in training, running ones else. */
export class KerasBatchNormalization extends KerasLayer {
  weight: Parameter | null;
  bias: Parameter | null;
  running_mean!: Tensor;
  running_var!: Tensor;
  readonly eps: number;
  /** Of a batch in the running statistics: Keras's momentum is what stays. */
  readonly share: number;

  constructor({ gamma, beta }: Affine, mean: NamedArray, variance: NamedArray, eps: number, share: number) {
    super();
    this.weight = parameterOf(gamma);
    this.bias = parameterOf(beta);
    this.registerBuffer("running_mean", tensorOf(mean));
    this.registerBuffer("running_var", tensorOf(variance));
    this.eps = eps;
    this.share = share;
  }

  call([{ x, mask }]: readonly Signal[]): readonly Signal[] {
    const { weight, bias, eps, share: momentum, training, running_mean, running_var } = this;
    const channels = running_mean.shape[0];
    const flat = reshape(x, [-1, x.shape[x.rank - 1]]);
    const y = batchNorm(flat, running_mean, running_var, { weight, bias, eps, momentum, training });
    return [{ x: reshape(y, [...x.shape.slice(0, -1), channels]), mask }];
  }
}

export function buildBatchNormalization(spec: LayerSpec): KerasLayer {
  const { config, weights } = spec;
  requireLastAxis(spec);
  const affine = affineOf(spec);
  const channels = (affine.gamma ?? affine.beta)?.shape[0] ?? null;
  const mean = weights.take("moving_mean", [channels]);
  const variance = weights.take("moving_variance", [mean.shape[0]]);
  const share = 1 - config.number("momentum", 0.99);
  return new KerasBatchNormalization(affine, mean, variance, config.number("epsilon", 1e-3), share);
}

/** Each step by the mean and variance of its last dimension. */
export class KerasLayerNormalization extends KerasLayer {
  weight: Parameter | null;
  bias: Parameter | null;
  readonly eps: number;

  constructor({ gamma, beta }: Affine, eps: number) {
    super();
    this.weight = parameterOf(gamma);
    this.bias = parameterOf(beta);
    this.eps = eps;
  }

  call([{ x, mask }]: readonly Signal[]): readonly Signal[] {
    const { weight, bias, eps } = this;
    return [{ x: layerNorm(x, x.shape.slice(-1), { weight, bias, eps }), mask }];
  }
}

export function buildLayerNormalization(spec: LayerSpec): KerasLayer {
  requireLastAxis(spec);
  return new KerasLayerNormalization(affineOf(spec), spec.config.number("epsilon", 1e-3));
}

function affineOf({ config, weights }: LayerSpec): Affine {
  const gamma = config.boolean("scale", true) ? weights.take("gamma", [null]) : null;
  const beta = config.boolean("center", true) ? weights.take("beta", [gamma?.shape[0] ?? null]) : null;
  return { gamma, beta };
}

/** Files name the last axis -1, or 1 or 2 in a list or without, by the rank of what came in: the sizes of the weights tell the rest. */
function requireLastAxis({ op, where, config }: LayerSpec): void {
  const value = config.get("axis") ?? -1;
  const axes = Array.isArray(value) ? value : [value];
  if (axes.length === 1 && (axes[0] === -1 || axes[0] === 1 || axes[0] === 2)) return;
  throw new UnsupportedError({
    op,
    argument: where,
    must: "normalise the last axis alone",
    value: `axis ${show(value)}`,
  });
}
