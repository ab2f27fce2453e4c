import { checkBoolean, checkKnownOptions, checkPositiveInteger, refusal } from "../../base/check.js";
import { empty } from "../../tensor/ops/raw.js";
import type { Tensor } from "../../tensor/tensor.js";
import { type Conv1dPadding, type Conv1dSettings, conv1d, resolveConv1d } from "../functional/convolution.js";
import { uniform } from "../init.js";
import { Module } from "../module.js";
import { checkFloatDType, type DTypeOption } from "../options.js";
import { Parameter } from "../parameter.js";

export interface Conv1dOptions extends Conv1dSettings, DTypeOption {
  /** Default true. */
  bias?: boolean | undefined;
}

/**
 * Convolution of sequences, as cross-correlation:
 *   y[n, o, l] = bias[o] + Σ_{c,k} weight[o, c, k] · x[n, c, stride·l + dilation·k - padding]
 * With padding "same" the length stays; with "causal" it does too (at stride 1), and no output sees a later step.
 * Parameters: weight [O, C/groups, K] and bias [O], uniform in ±1/√(C/groups · K) at the start.
 * Source: PyTorch nn.Conv1d; causal padding as in van den Oord et al. 2016.
 * @example
 * const conv = new nn.Conv1d(16, 32, 3, { padding: "same" });
 * conv.forward(x); // [N, 16, L] gives [N, 32, L]
 */
export class Conv1d extends Module {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: number;
  readonly stride: number;
  readonly padding: Conv1dPadding;
  readonly dilation: number;
  readonly groups: number;
  weight: Parameter;
  bias: Parameter | null;

  /** @throws OptionError for sizes that are not positive integers, and groups that do not divide both numbers of channels */
  constructor(inChannels: number, outChannels: number, kernelSize: number, options: Conv1dOptions = {}) {
    super();
    const op = "Conv1d";
    checkKnownOptions(op, options, ["stride", "padding", "dilation", "groups", "bias", "dtype"]);
    this.inChannels = checkPositiveInteger(op, "inChannels", inChannels);
    this.outChannels = checkPositiveInteger(op, "outChannels", outChannels);
    this.kernelSize = checkPositiveInteger(op, "kernelSize", kernelSize);
    const { stride, padding, dilation, groups } = resolveConv1d(op, options);
    for (const [argument, channels] of Object.entries({ inChannels, outChannels })) {
      if (channels % groups !== 0) throw refusal(op, argument, `be a multiple of groups=${groups}`, channels);
    }
    this.stride = stride;
    this.padding = padding;
    this.dilation = dilation;
    this.groups = groups;
    const dtype = checkFloatDType(op, options.dtype);
    const hasBias = checkBoolean(op, "bias", options.bias ?? true);
    const width = inChannels / groups;
    const bound = 1 / Math.sqrt(width * kernelSize);
    this.weight = uniform(new Parameter(empty(dtype, [outChannels, width, kernelSize])), -bound, bound);
    this.bias = hasBias ? uniform(new Parameter(empty(dtype, [outChannels])), -bound, bound) : null;
  }

  /**
   * @param x  [N, C, L] or [C, L]
   * @returns  [N, O, L'] or [O, L'], L' = ⌊(L + padding before and after - dilation·(K-1) - 1) / stride⌋ + 1
   * @throws ShapeError for other channels, and sequences shorter than a window
   */
  forward(x: Tensor): Tensor {
    const { stride, padding, dilation, groups } = this;
    return conv1d(x, this.weight, this.bias, { stride, padding, dilation, groups });
  }
}
