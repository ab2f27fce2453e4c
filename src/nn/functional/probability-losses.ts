import { checkBoolean, checkKnownOptions, checkOneOf, refusal } from "../../base/check.js";
import { add, compare, div, maximum, mul, sub, where } from "../../tensor/ops/arithmetic.js";
import { cast } from "../../tensor/ops/cast.js";
import { sum } from "../../tensor/ops/reduce.js";
import { neg, unary } from "../../tensor/ops/unary.js";
import { record, unrecorded } from "../../tensor/tape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { type ReductionOption, reduced, requireSameShape, resolveReduction } from "./losses.js";
import { checkConstant, type Reduction } from "./targets.js";

export interface KLDivOptions {
  /** Default mean, over all elements; "batchmean" is the sum divided by the first dimension, which is what the divergence means. */
  reduction?: Reduction | "batchmean" | undefined;
  /** The target holds log probabilities too. Default false. */
  logTarget?: boolean | undefined;
}

/** Checked, with defaults. @throws OptionError */
export function resolveKLDiv(
  op: string,
  options: KLDivOptions,
): { reduction: Reduction | "batchmean"; logTarget: boolean } {
  checkKnownOptions(op, options, ["reduction", "logTarget"]);
  const { reduction = "mean", logTarget = false } = options;
  checkOneOf(op, "reduction", reduction, ["mean", "sum", "none", "batchmean"]);
  return { reduction, logTarget: checkBoolean(op, "logTarget", logTarget) };
}

/**
 * The Kullback-Leibler divergence of distributions `target` from those whose logarithms are given, element by element:
 *   target · (log(target) - input); with logTarget e^target · (target - input)
 * averaged over all elements. A target of 0 costs 0 whatever the input is; PyTorch gives NaN where that is -Infinity.
 * @param input   log probabilities, any shape
 * @param target  probabilities of the input's shape
 * @throws ShapeError when input and target differ in shape
 * Source: Kullback & Leibler 1951; PyTorch nn.functional.kl_div.
 */
export function klDiv(input: Tensor, target: Tensor, options: KLDivOptions = {}): Tensor {
  const op = "klDiv";
  const { reduction, logTarget } = resolveKLDiv(op, options);
  requireSameShape(op, input, target);
  const losses = logTarget ? ofLogs(input, target) : ofProbabilities(input, target);
  if (reduction !== "batchmean") return reduced(losses, reduction);
  return div(sum(losses), input.rank === 0 ? 1 : input.shape[0]);
}

function ofProbabilities(input: Tensor, target: Tensor): Tensor {
  const isZero = compare("eq", target, 0);
  // Where the target is 0, as if both were 1, which costs 0.
  const p = where(isZero, 1, target);
  return mul(p, sub(unary("log", p), where(isZero, 0, input)));
}

function ofLogs(input: Tensor, target: Tensor): Tensor {
  const isZero = compare("eq", target, -Infinity);
  const t = where(isZero, 0, target);
  return mul(where(isZero, 0, unary("exp", target)), sub(t, where(isZero, 0, input)));
}

export interface BCELossOptions extends ReductionOption {
  /** Of each element, broadcast to the input's shape. Default ones. */
  weight?: Tensor | null | undefined;
}

/** Checked, with defaults. @throws OptionError */
export function resolveBCE(op: string, options: BCELossOptions): { weight: Tensor | null; reduction: Reduction } {
  checkKnownOptions(op, options, ["weight", "reduction"]);
  const { weight = null } = options;
  return { weight, reduction: resolveReduction(op, options.reduction) };
}

/** What a logarithm counts as at least, and a product p·(1-p): so that a probability of 0 or 1 costs and teaches something finite. */
const LEAST_LOG = -100;
const LEAST_PRODUCT = Math.fround(1e-12);

/**
 * Binary cross entropy of probabilities x and targets t in [0, 1], averaged over all elements:
 *   -w · (t·log x + (1-t)·log(1-x)), where no logarithm is below -100
 * with the gradient w·(x - t) / max(x·(1-x), 1e-12). `bceWithLogits` is more exact, and takes any number.
 * @param input   probabilities, any shape
 * @param target  the input's shape
 * @throws ShapeError when input and target differ in shape; OptionError for an input outside [0, 1]
 * Source: PyTorch nn.functional.binary_cross_entropy.
 */
export function bceLoss(input: Tensor, target: Tensor, options: BCELossOptions = {}): Tensor {
  const op = "bceLoss";
  const { weight, reduction } = resolveBCE(op, options);
  requireSameShape(op, input, target);
  checkConstant(op, "weight", weight, input);
  if (input.size > 0) {
    const values = input.detach();
    const [low, high] = [values.min().item(), values.max().item()];
    if (low < 0 || high > 1) {
      const fix = "Apply sigmoid() first, or use bceWithLogits().";
      throw refusal(op, "input", "hold probabilities, in [0, 1]", low < 0 ? low : high, fix);
    }
  }
  const losses = crossEntropies(input, cast(target, input.dtype));
  return reduced(weight === null ? losses : mul(losses, weight), reduction);
}

function crossEntropies(x: Tensor, t: Tensor): Tensor {
  const yes = () => maximum(unary("log", x), LEAST_LOG);
  const no = () => maximum(unary("log1p", neg(x)), LEAST_LOG);
  const out = unrecorded(() => neg(add(mul(t, yes()), mul(sub(1, t), no()))));
  const backward = (dOut: Tensor, needs: readonly boolean[]): (Tensor | null)[] => {
    const slope = () => div(sub(x, t), maximum(mul(x, sub(1, x)), LEAST_PRODUCT));
    return [needs[0] ? mul(dOut, slope()) : null, needs[1] ? mul(dOut, sub(no(), yes())) : null];
  };
  return record("bceLoss", [x, t], out, backward, { held: [x, x.requiresGrad ? t : null] });
}
