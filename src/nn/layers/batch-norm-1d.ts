import { checkBoolean, checkKnownOptions, checkNumber, checkPositiveInteger } from "../../base/check.js";
import { misshapen } from "../../base/shape.js";
import { empty, filled, requireTensor } from "../../tensor/ops/raw.js";
import type { Tensor } from "../../tensor/tensor.js";
import { batchNorm } from "../functional/batch-norm.js";
import { ones, zeros } from "../init.js";
import { Module } from "../module.js";
import { checkFloatDType, type DTypeOption } from "../options.js";
import { Parameter } from "../parameter.js";

export interface BatchNorm1dOptions extends DTypeOption {
  /** Added to the variance. Default 1e-5. */
  eps?: number | undefined;
  /** The share of a batch in the running statistics; null for the mean over all batches so far. Default 0.1. */
  momentum?: number | null | undefined;
  /** Learn a scale and a shift for each channel. Default true. */
  affine?: boolean | undefined;
  /** Keep running statistics for evaluation; without them every batch is normalised by its own. Default true. */
  trackRunningStats?: boolean | undefined;
}

/**
 * Batch normalisation: in training each channel by its mean and variance over the batch and all steps, in evaluation by running ones.
 *   y = γ ⊙ (x - mean) / √(var + eps) + β
 * Steps of padding count like any other. For sequences of many lengths, `LayerNorm` looks at each step alone.
 * Parameters: weight (γ [C], ones at the start) and bias (β [C], zeros). Buffers: running_mean [C] (zeros), running_var [C] (ones),
 * num_batches_tracked, int32 [].
 * Source: Ioffe & Szegedy 2015; PyTorch nn.BatchNorm1d.
 * @example
 * const norm = new nn.BatchNorm1d(64);
 * norm.forward(x); // [N, 64] or [N, 64, L] gives the same shape
 */
export class BatchNorm1d extends Module {
  readonly numFeatures: number;
  readonly eps: number;
  readonly momentum: number | null;
  readonly affine: boolean;
  readonly trackRunningStats: boolean;
  weight: Parameter | null = null;
  bias: Parameter | null = null;
  running_mean: Tensor | null = null;
  running_var: Tensor | null = null;
  num_batches_tracked: Tensor | null = null;

  /** @param numFeatures C, the number of channels */
  constructor(numFeatures: number, options: BatchNorm1dOptions = {}) {
    super();
    const op = "BatchNorm1d";
    checkKnownOptions(op, options, ["eps", "momentum", "affine", "trackRunningStats", "dtype"]);
    this.numFeatures = checkPositiveInteger(op, "numFeatures", numFeatures);
    this.eps = checkNumber(op, "eps", options.eps ?? 1e-5, { min: 0 });
    const { momentum = 0.1 } = options;
    this.momentum = momentum === null ? null : checkNumber(op, "momentum", momentum);
    this.affine = checkBoolean(op, "affine", options.affine ?? true);
    this.trackRunningStats = checkBoolean(op, "trackRunningStats", options.trackRunningStats ?? true);
    const dtype = checkFloatDType(op, options.dtype);
    if (this.affine) {
      this.weight = ones(new Parameter(empty(dtype, [numFeatures])));
      this.bias = zeros(new Parameter(empty(dtype, [numFeatures])));
    }
    if (!this.trackRunningStats) return;
    this.registerBuffer("running_mean", filled(dtype, [numFeatures], 0));
    this.registerBuffer("running_var", filled(dtype, [numFeatures], 1));
    this.registerBuffer("num_batches_tracked", filled("int32", [], 0));
  }

  /**
   * @param x  [N, C] or [N, C, L]
   * @throws ShapeError for other shapes, and for one value a channel in training
   */
  forward(x: Tensor): Tensor {
    requireTensor("BatchNorm1d", "input", x);
    if ((x.rank !== 2 && x.rank !== 3) || x.shape[1] !== this.numFeatures) {
      const c = this.numFeatures;
      const fix = "Channels are dimension 1. Use transpose(1, 2) for [N, L, C].";
      throw misshapen("BatchNorm1d", "input", `have shape [N, ${c}] or [N, ${c}, L]`, x.shape, fix);
    }
    const { weight, bias, eps, training, running_mean, running_var } = this;
    const batches = training && this.num_batches_tracked !== null ? this.num_batches_tracked.item() + 1 : 0;
    const momentum = this.momentum ?? 1 / Math.max(batches, 1);
    const y = batchNorm(x, running_mean, running_var, { weight, bias, eps, training, momentum });
    if (batches > 0) this.num_batches_tracked!.set([batches]);
    return y;
  }
}
