import { checkBoolean, checkKnownOptions, checkNumber } from "../../base/check.js";
import { misshapen } from "../../base/shape.js";
import { add, mul, sub } from "../../tensor/ops/arithmetic.js";
import { requireFloat, requireSameDType, requireTensor } from "../../tensor/ops/raw.js";
import { reshape } from "../../tensor/ops/shape.js";
import { unary } from "../../tensor/ops/unary.js";
import type { Tensor } from "../../tensor/tensor.js";
import { standardizing } from "./standardize.js";

const standardize = standardizing("batchNorm");

export interface BatchNormSettings {
  /** γ [C]; null for ones. */
  weight?: Tensor | null | undefined;
  /** β [C]; null for zeros. */
  bias?: Tensor | null | undefined;
  /** Normalise by the batch, and move the running statistics towards it. Default false: by the running statistics. */
  training?: boolean | undefined;
  /** The share of the batch in the new running statistics. Default 0.1. */
  momentum?: number | undefined;
  /** Added to the variance. Default 1e-5. */
  eps?: number | undefined;
}

/**
 * Batch normalisation: each channel by its mean and variance over the batch and all steps, or by running ones.
 *   y = γ ⊙ (x - mean) / √(var + eps) + β, with the variance divided by n
 * In training the running statistics, which are written, become
 *   (1 - momentum) · running + momentum · batch, with the variance divided by n - 1
 * @param x            [N, C] or [N, C, L]
 * @param runningMean  [C], or null: then it is normalised by the batch
 * @param runningVar   [C], or null
 * @returns            of x's shape
 * @throws ShapeError for other shapes, and for one value a channel in training
 * Source: Ioffe & Szegedy 2015; PyTorch nn.functional.batch_norm.
 */
export function batchNorm(
  x: Tensor,
  runningMean: Tensor | null,
  runningVar: Tensor | null,
  settings: BatchNormSettings = {},
): Tensor {
  const op = "batchNorm";
  checkKnownOptions(op, settings, ["weight", "bias", "training", "momentum", "eps"]);
  const { weight = null, bias = null, training = false, momentum = 0.1, eps = 1e-5 } = settings;
  checkBoolean(op, "training", training);
  checkNumber(op, "momentum", momentum);
  checkNumber(op, "eps", eps, { min: 0 });
  requireTensor(op, "input", x);
  requireFloat(op, "input", x);
  if (x.rank !== 2 && x.rank !== 3) throw misshapen(op, "input", "have shape [N, C] or [N, C, L]", x.shape);
  const channels = x.shape[1];
  for (const [argument, given] of Object.entries({ runningMean, runningVar, weight, bias })) {
    if (given === null) continue;
    requireTensor(op, argument, given);
    requireSameDType(op, argument, given, x.dtype);
    if (given.rank === 1 && given.shape[0] === channels) continue;
    throw misshapen(op, argument, `have shape [${channels}], one for each channel`, given.shape);
  }
  // [C] along dimension 1 of x.
  const along = (of: Tensor): Tensor => (x.rank === 2 ? of : reshape(of, [channels, 1]));
  const byBatch = training || runningMean === null || runningVar === null;
  const standard = byBatch
    ? ofBatch(x, eps, training ? [runningMean, runningVar] : [], momentum)
    : mul(sub(x, along(runningMean)), along(unary("rsqrt", add(runningVar, eps))));
  const scaled = weight === null ? standard : mul(standard, along(weight));
  return bias === null ? scaled : add(scaled, along(bias));
}

/** Normalised by the batch, to which the running statistics move. */
function ofBatch(x: Tensor, eps: number, running: readonly (Tensor | null)[], momentum: number): Tensor {
  const op = "batchNorm";
  const channels = x.shape[1];
  const count = channels === 0 ? 0 : x.size / channels;
  if (count < 2) {
    const must = "hold more than one value for each channel where the batch normalises itself";
    throw misshapen(op, "input", must, x.shape, "Use eval(), or a larger batch.");
  }
  return standardize(x, x.rank === 2 ? [0] : [0, 2], eps, (mean, variance) => {
    const [runningMean = null, runningVar = null] = running;
    if (runningMean !== null) move(runningMean, mean, momentum);
    if (runningVar !== null) move(runningVar, mul(variance, count / (count - 1)), momentum);
  });
}

function move(running: Tensor, to: Tensor, momentum: number): void {
  const seen = to.data();
  running.set(running.data().map((value, i) => (1 - momentum) * value + momentum * seen[i]));
}
