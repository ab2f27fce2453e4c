import { show, UnsupportedError } from "../../../base/errors.js";
import { avgPool1d, maxPool1d } from "../../../nn/functional/pool-1d.js";
import { Conv1d } from "../../../nn/layers/conv-1d.js";
import { div, mul } from "../../../tensor/ops/arithmetic.js";
import { fromHost } from "../../../tensor/ops/raw.js";
import { extreme, mean, sum } from "../../../tensor/ops/reduce.js";
import { repeatInterleave, transpose } from "../../../tensor/ops/shape.js";
import { narrow } from "../../../tensor/ops/slice.js";
import type { Tensor } from "../../../tensor/tensor.js";
import type { JsonObject } from "../../json-object.js";
import type { NamedArray } from "../../named-array.js";
import { type ActivationFunction, activationName, activationOf } from "../activations.js";
import { FunctionLayer, KerasLayer, type LayerSpec, type Signal } from "../layer.js";
import { factorOf, padSteps } from "../step-mask.js";

type Padding = "valid" | "same" | "causal";

/** Convolution over time, [N, T, C] to [N, T', O]. */
export class KerasConv1D extends KerasLayer {
  conv: Conv1d;
  readonly padding: Padding;
  readonly activation: ActivationFunction;

  constructor(conv: Conv1d, padding: Padding, activation: ActivationFunction) {
    super();
    this.conv = conv;
    this.padding = padding;
    this.activation = activation;
  }

  call([{ x }]: readonly Signal[]): readonly Signal[] {
    const { kernelSize, stride, dilation } = this.conv;
    const reach = (kernelSize - 1) * dilation;
    const [before, after] =
      this.padding === "causal" ? [reach, 0] : around(this.padding, x.shape[1], reach + 1, stride);
    const y = this.conv.forward(transpose(padSteps(x, before, after), 1, 2));
    return [{ x: this.activation(transpose(y, 1, 2)), mask: null }];
  }
}

/** Steps before and after: TensorFlow's "same" gives ⌈T / stride⌉ windows, an odd step going to the end. */
function around(padding: Padding, steps: number, window: number, stride: number): [number, number] {
  if (padding === "valid") return [0, 0];
  const total = Math.max((Math.ceil(steps / stride) - 1) * stride + window - steps, 0);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}

/** kernel [K, C/groups, O]. */
export function buildConv1D(spec: LayerSpec): KerasLayer {
  const { op, where, config, weights, dialect } = spec;
  requireChannelsLast(spec);
  const [filters, size, groups] = [config.count("filters"), alone(config, "kernel_size"), config.count("groups", 1)];
  const kernel = weights.take("kernel", [size, null, filters]);
  const bias = config.boolean("use_bias", true);
  const conv = new Conv1d(kernel.shape[1] * groups, filters, size, {
    stride: alone(config, "strides", 1),
    dilation: alone(config, "dilation_rate", 1),
    groups,
    bias,
  });
  const activation = activationOf(op, where, activationName(config, "activation", "linear"), dialect);
  conv.loadStateDict({ weight: outputsFirst(kernel), ...(bias ? { bias: weights.take("bias", [filters]) } : {}) });
  return new KerasConv1D(conv, config.oneOf("padding", ["valid", "same", "causal"], "valid"), activation);
}

/** [K, C, O] as [O, C, K]. */
export function outputsFirst({ dtype, shape, data }: NamedArray): NamedArray {
  const [k, c, o] = shape as [number, number, number];
  const out = data.slice();
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < c; j++) for (let l = 0; l < o; l++) out[(l * c + j) * k + i] = data[(i * c + j) * o + l];
  }
  return { dtype, shape: [o, c, k], data: out };
}

export function buildMaxPooling1D(spec: LayerSpec): KerasLayer {
  const { size, stride, padding } = poolOf(spec);
  return new FunctionLayer(spec.type, (x) => {
    const [before, after] = around(padding, x.shape[1], size, stride);
    return transpose(maxPool1d(transpose(padSteps(x, before, after, -Infinity), 1, 2), size, { stride }), 1, 2);
  });
}

/** With "same", steps beyond the ends do not count in the mean. */
export function buildAveragePooling1D(spec: LayerSpec): KerasLayer {
  const { size, stride, padding } = poolOf(spec);
  return new FunctionLayer(spec.type, (x) => {
    const steps = x.shape[1];
    const [before, after] = around(padding, steps, size, stride);
    const y = transpose(avgPool1d(transpose(padSteps(x, before, after), 1, 2), size, { stride }), 1, 2);
    if (before + after === 0) return y;
    const counts = Float32Array.from({ length: y.shape[1] }, (_, l) => {
      const start = l * stride - before;
      return size / (Math.min(start + size, steps) - Math.max(start, 0));
    });
    return mul(y, fromHost(counts, [counts.length, 1]));
  });
}

function poolOf(spec: LayerSpec) {
  requireChannelsLast(spec);
  const size = alone(spec.config, "pool_size", 2);
  const stride = spec.config.has("strides") ? alone(spec.config, "strides") : size;
  return { size, stride, padding: spec.config.oneOf("padding", ["valid", "same"], "valid") as Padding };
}

/** Over all steps: the largest, or the mean of those that count. */
export class KerasGlobalPooling extends KerasLayer {
  readonly kind: "max" | "mean";
  readonly keepDims: boolean;

  constructor(kind: "max" | "mean", keepDims: boolean) {
    super();
    this.kind = kind;
    this.keepDims = keepDims;
  }

  call([{ x, mask }]: readonly Signal[]): readonly Signal[] {
    return [{ x: this.pooled(x, mask), mask: null }];
  }

  private pooled(x: Tensor, mask: Signal["mask"]): Tensor {
    const options = { keepDim: this.keepDims };
    if (this.kind === "max") return extreme("max", x, 1, options);
    if (mask === null) return mean(x, 1, options);
    const factor = factorOf(mask);
    return div(sum(mul(x, factor), 1, options), sum(factor, 1, options));
  }
}

export function buildGlobalPooling(spec: LayerSpec): KerasLayer {
  requireChannelsLast(spec);
  const kind = spec.type.startsWith("GlobalMax") ? "max" : "mean";
  return new KerasGlobalPooling(kind, spec.config.boolean("keepdims", false));
}

export function buildZeroPadding1D(spec: LayerSpec): KerasLayer {
  const [before, after] = pair(spec.config, "padding");
  return new FunctionLayer(spec.type, (x) => padSteps(x, before, after));
}

export function buildCropping1D(spec: LayerSpec): KerasLayer {
  const [before, after] = pair(spec.config, "cropping");
  return new FunctionLayer(spec.type, (x) => narrow(x, 1, before, x.shape[1] - before - after));
}

export function buildUpSampling1D(spec: LayerSpec): KerasLayer {
  const size = alone(spec.config, "size", 2);
  return new FunctionLayer(spec.type, (x) => repeatInterleave(x, size, 1));
}

/** A positive integer, or a list of one. */
function alone(config: JsonObject, key: string, otherwise?: number): number {
  const value = config.get(key);
  const one = Array.isArray(value) && value.length === 1 ? value[0] : (value ?? otherwise);
  if (Number.isSafeInteger(one) && (one as number) > 0) return one as number;
  return config.fail(`have a positive integer as ${key}`, show(value));
}

/** Two counts, or one for both. */
function pair(config: JsonObject, key: string): [number, number] {
  const value = config.get(key) ?? 1;
  const both = Array.isArray(value) && value.length === 2 ? value : [value, value];
  if (both.every((one) => Number.isSafeInteger(one) && (one as number) >= 0)) return both as [number, number];
  return config.fail(`have one or two non-negative integers as ${key}`, show(value));
}

function requireChannelsLast({ op, where, config }: LayerSpec): void {
  const format = config.string("data_format", "channels_last");
  if (format === "channels_last") return;
  const must = 'have the data_format "channels_last"';
  throw new UnsupportedError({ op, argument: where, must, value: show(format) });
}
