import { show } from "../../../base/errors.js";
import type { Json } from "../../../base/strict-json.js";
import { Dropout } from "../../../nn/dropout.js";
import { leakyRelu } from "../../../nn/functional/pointwise.js";
import { lockedDropout } from "../../../nn/functional/regularization.js";
import { randn } from "../../../tensor/create.js";
import { add, compare, mul, sub, where } from "../../../tensor/ops/arithmetic.js";
import { fromHost } from "../../../tensor/ops/raw.js";
import { expand, permute, reshape, unsqueeze } from "../../../tensor/ops/shape.js";
import { softmax } from "../../../tensor/ops/softmax.js";
import { clamp, unary } from "../../../tensor/ops/unary.js";
import type { Tensor } from "../../../tensor/tensor.js";
import type { JsonObject } from "../../json-object.js";
import { activationName, activationOf } from "../activations.js";
import { FunctionLayer, KerasLayer, type LayerSpec, ModuleLayer, type Signal } from "../layer.js";
import { both, stepMaskOf } from "../step-mask.js";

export function buildActivation({ op, where, type, config, dialect }: LayerSpec): KerasLayer {
  return new FunctionLayer(
    type,
    activationOf(op, where, activationName(config, "activation", "linear"), dialect),
    true,
  );
}

/** ReLU with its three settings: x above the threshold, at most `max_value`; `negative_slope · (x - threshold)` below. */
export function buildReLU({ type, config }: LayerSpec): KerasLayer {
  const most = config.has("max_value") ? config.number("max_value") : undefined;
  const slope = config.number("negative_slope", 0);
  const threshold = config.number("threshold", 0);
  return new FunctionLayer(
    type,
    (x) => {
      const above = where(compare("ge", x, threshold), x, mul(sub(x, threshold), slope));
      return most === undefined ? above : clamp(above, undefined, most);
    },
    true,
  );
}

export function buildLeakyReLU({ type, config }: LayerSpec): KerasLayer {
  const slope = config.number("alpha", config.number("negative_slope", 0.3));
  return new FunctionLayer(type, (x) => leakyRelu(x, slope), true);
}

export function buildELU({ type, config }: LayerSpec): KerasLayer {
  const alpha = config.number("alpha", 1);
  return new FunctionLayer(
    type,
    (x) => where(compare("gt", x, 0), x, mul(unary("expm1", clamp(x, undefined, 0)), alpha)),
    true,
  );
}

export function buildSoftmax({ type, config }: LayerSpec): KerasLayer {
  const value = config.get("axis") ?? -1;
  const axis = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (!Number.isSafeInteger(axis)) config.fail("have one axis", show(value));
  return new FunctionLayer(type, (x) => softmax(x, axis as number), true);
}

export function buildDropout({ config }: LayerSpec): KerasLayer {
  return new ModuleLayer(new Dropout(config.number("rate")), (x) => x);
}

/** Whole channels, at all steps of a sequence. */
export class KerasSpatialDropout extends KerasLayer {
  readonly rate: number;

  constructor(rate: number) {
    super();
    this.rate = rate;
  }

  call([{ x, mask }]: readonly Signal[]): readonly Signal[] {
    return [{ x: lockedDropout(x, this.rate, { axis: 1, training: this.training }), mask }];
  }
}

export function buildSpatialDropout({ config }: LayerSpec): KerasLayer {
  return new KerasSpatialDropout(config.number("rate"));
}

/** Noise in training: added with a deviation, or as a factor of mean 1. */
export class KerasNoise extends KerasLayer {
  readonly deviation: number;
  readonly asFactor: boolean;

  constructor(deviation: number, asFactor: boolean) {
    super();
    this.deviation = deviation;
    this.asFactor = asFactor;
  }

  call([{ x, mask }]: readonly Signal[]): readonly Signal[] {
    if (!this.training || this.deviation === 0) return [{ x, mask }];
    const noise = mul(randn(x.shape), this.deviation);
    return [{ x: this.asFactor ? mul(x, add(noise, 1)) : add(x, noise), mask }];
  }
}

export function buildGaussianNoise({ config }: LayerSpec): KerasLayer {
  return new KerasNoise(config.number("stddev"), false);
}

export function buildGaussianDropout({ config }: LayerSpec): KerasLayer {
  const rate = config.number("rate");
  return new KerasNoise(rate > 0 && rate < 1 ? Math.sqrt(rate / (1 - rate)) : 0, true);
}

/** Steps all of whose values are `mask_value` do not count, and are zeros. */
export class KerasMasking extends KerasLayer {
  readonly maskValue: number;

  constructor(maskValue: number) {
    super();
    this.maskValue = maskValue;
  }

  call([{ x, mask }]: readonly Signal[]): readonly Signal[] {
    const [, steps, width] = x.shape;
    const data = x.data();
    const masked = stepMaskOf(x, (n, t) => {
      const from = (n * steps + t) * width;
      return data.subarray(from, from + width).some((value) => value !== this.maskValue);
    });
    const factor = fromHost(Float32Array.from(masked.on), [masked.batch, masked.steps, 1]);
    return [{ x: mul(x, factor), mask: both([mask, masked]) }];
  }
}

export function buildMasking({ config }: LayerSpec): KerasLayer {
  return new KerasMasking(Math.fround(config.number("mask_value", 0)));
}

export function buildFlatten({ type }: LayerSpec): KerasLayer {
  return new FunctionLayer(type, (x) => reshape(x, [x.shape[0], -1]));
}

export function buildReshape({ type, config }: LayerSpec): KerasLayer {
  const shape = integers(config, "target_shape", (size) => size === -1 || size > 0);
  return new FunctionLayer(type, (x) => reshape(x, [x.shape[0], ...shape]));
}

export function buildPermute({ type, config }: LayerSpec): KerasLayer {
  const dims = integers(config, "dims", (dim) => dim > 0);
  return new FunctionLayer(type, (x) => permute(x, [0, ...dims]));
}

export function buildRepeatVector({ type, config }: LayerSpec): KerasLayer {
  const count = config.count("n");
  return new FunctionLayer(type, (x: Tensor) => expand(unsqueeze(x, 1), [x.shape[0], count, x.shape[1]]));
}

function integers(config: JsonObject, key: string, fits: (value: number) => boolean): number[] {
  const list: Json[] = config.list(key);
  if (list.every((value) => Number.isSafeInteger(value) && fits(value as number))) return list as number[];
  return config.fail(`have integers as ${key}`, show(list));
}
