import {
  checkKnownOptions,
  checkNonNegativeInteger,
  checkOneOf,
  checkPositiveInteger,
  refusal,
} from "../../base/check.js";
import { formatShape, misshapen } from "../../base/shape.js";
import { add } from "../../tensor/ops/arithmetic.js";
import { linear, matmul } from "../../tensor/ops/matmul.js";
import { requireFloat, requireSameDType, requireTensor } from "../../tensor/ops/raw.js";
import { permute, reshape, transpose, unsqueeze } from "../../tensor/ops/shape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { unfold } from "./unfold.js";

/** A number of steps on each side, or what keeps the length: "same" on both sides, "causal" before alone; "valid" is 0. */
export type Conv1dPadding = number | "valid" | "same" | "causal";

export interface Conv1dSettings {
  /** Steps from one window to the next. Default 1. */
  stride?: number | undefined;
  /** Zeros beyond the ends. Default 0. */
  padding?: Conv1dPadding | undefined;
  /** Steps from one element of a window to the next. Default 1. */
  dilation?: number | undefined;
  /** Channels are cut into so many groups, each convolved by itself. Default 1. */
  groups?: number | undefined;
}

/** Checked, with defaults. */
export interface ResolvedConv1d {
  stride: number;
  padding: Conv1dPadding;
  dilation: number;
  groups: number;
}

/** @throws OptionError */
export function resolveConv1d(op: string, settings: Conv1dSettings): ResolvedConv1d {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = settings;
  checkPositiveInteger(op, "stride", stride);
  checkPositiveInteger(op, "dilation", dilation);
  checkPositiveInteger(op, "groups", groups);
  if (typeof padding === "number") checkNonNegativeInteger(op, "padding", padding);
  else checkOneOf(op, "padding", padding, ["valid", "same", "causal"]);
  if (padding === "same" && stride !== 1) throw refusal(op, "stride", 'be 1 with padding "same"', stride);
  return { stride, padding, dilation, groups };
}

function stepsAround(padding: Conv1dPadding, reach: number): [before: number, after: number] {
  if (padding === "causal") return [reach, 0];
  if (padding === "same") return [Math.floor(reach / 2), Math.ceil(reach / 2)];
  return padding === "valid" ? [0, 0] : [padding, padding];
}

/**
 * The batch that a layer over sequences gets, whether it came with one or not.
 * @throws OptionError, DTypeError; ShapeError unless x is [N, C, L] or [C, L]
 */
export function batched(op: string, x: Tensor): Tensor {
  requireTensor(op, "input", x);
  requireFloat(op, "input", x);
  if (x.rank === 3) return x;
  if (x.rank === 2) return unsqueeze(x, 0);
  throw misshapen(op, "input", "have shape [N, C, L] or [C, L]", x.shape);
}

/** The way back of `batched`: y [N, L, C], channels last, as [N, C, L] or [C, L]. */
export function channelsFirst(y: Tensor, rank: number): Tensor {
  const turned = transpose(y, 1, 2);
  return rank === 3 ? turned : reshape(turned, turned.shape.slice(1));
}

/**
 * Convolution of sequences, as cross-correlation:
 *   y[n, o, l] = bias[o] + Σ_{c,k} weight[o, c, k] · x[n, c, stride·l + dilation·k - padding]
 * in groups: output o sees the channels of its group alone.
 * @param x       [N, C, L] or [C, L]
 * @param weight  [O, C/groups, K]
 * @param bias    [O] or null
 * @returns       [N, O, L'] or [O, L'], L' = ⌊(L + padding before and after - dilation·(K-1) - 1) / stride⌋ + 1
 * @throws ShapeError for channels that do not fit, and sequences shorter than a window
 * Source: PyTorch nn.functional.conv1d.
 */
export function conv1d(x: Tensor, weight: Tensor, bias: Tensor | null = null, settings: Conv1dSettings = {}): Tensor {
  const op = "conv1d";
  checkKnownOptions(op, settings, ["stride", "padding", "dilation", "groups"]);
  const { stride, padding, dilation, groups } = resolveConv1d(op, settings);
  const sequences = batched(op, x);
  requireTensor(op, "weight", weight);
  requireSameDType(op, "weight", weight, x.dtype);
  if (weight.rank !== 3 || weight.size === 0 || weight.shape[0] % groups !== 0) {
    throw misshapen(op, "weight", `have shape [O, C/groups, K], O a multiple of groups=${groups}`, weight.shape);
  }
  const [outputs, channels, kernelSize] = weight.shape as [number, number, number];
  const [n, c, length] = sequences.shape as [number, number, number];
  if (c !== channels * groups) {
    const must = `have ${channels * groups} channels (weight ${formatShape(weight.shape)}, groups=${groups})`;
    throw misshapen(
      op,
      "input",
      must,
      x.shape,
      "Channels are dimension -2: [N, C, L]. Use transpose(1, 2) for [N, L, C].",
    );
  }
  if (bias !== null) checkBias(op, bias, outputs, weight);
  const reach = dilation * (kernelSize - 1);
  const around = stepsAround(padding, reach);
  const count = Math.floor((length + around[0] + around[1] - reach - 1) / stride) + 1;
  if (count < 1) {
    const must = `have at least ${reach + 1 - around[0] - around[1]} steps, one window less its padding`;
    throw misshapen(op, "input", must, x.shape);
  }
  const rows = unfold(sequences, { kernelSize, stride, dilation, padding: around, count });
  const y =
    groups === 1
      ? linear(
          reshape(rows, [n, count, kernelSize * c]),
          reshape(permute(weight, [0, 2, 1]), [outputs, kernelSize * c]),
          bias,
        )
      : grouped(rows, weight, bias, groups);
  return channelsFirst(y, x.rank);
}

/** rows [N, L, K, C] in groups of channels: [N, L, O]. */
function grouped(rows: Tensor, weight: Tensor, bias: Tensor | null, groups: number): Tensor {
  const [outputs, channels, kernelSize] = weight.shape as [number, number, number];
  const [n, count] = rows.shape as [number, number];
  const width = kernelSize * channels;
  const apart = reshape(rows, [n * count, kernelSize, groups, channels]);
  const left = reshape(permute(apart, [2, 0, 1, 3]), [groups, n * count, width]);
  const kernels = reshape(weight, [groups, outputs / groups, channels, kernelSize]);
  const right = reshape(permute(kernels, [0, 3, 2, 1]), [groups, width, outputs / groups]);
  const y = reshape(permute(matmul(left, right), [1, 0, 2]), [n, count, outputs]);
  return bias === null ? y : add(y, bias);
}

function checkBias(op: string, bias: Tensor, outputs: number, weight: Tensor): void {
  requireTensor(op, "bias", bias);
  requireSameDType(op, "bias", bias, weight.dtype);
  if (bias.rank === 1 && bias.shape[0] === outputs) return;
  throw misshapen(op, "bias", `have shape [${outputs}]`, bias.shape);
}
