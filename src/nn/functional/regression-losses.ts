import { checkBoolean, checkKnownOptions, checkList, checkNumber, refusal } from "../../base/check.js";
import { typedArray } from "../../base/dtype.js";
import { OptionError } from "../../base/errors.js";
import { formatShape, misshapen, sameShape } from "../../base/shape.js";
import { add, compare, div, maximum, minimum, mul, sub, where } from "../../tensor/ops/arithmetic.js";
import { fromHost, requireFloat, requireSameDType, requireTensor } from "../../tensor/ops/raw.js";
import { reshape, unsqueeze } from "../../tensor/ops/shape.js";
import { clamp, unary } from "../../tensor/ops/unary.js";
import { record, unrecorded } from "../../tensor/tape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { type ReductionOption, reduced, requireSameShape, resolveReduction, resolveReductionOption } from "./losses.js";
import type { Reduction } from "./targets.js";

/**
 * |input - target|, averaged over all elements; its gradient is 0 where they are equal.
 * @param input   any shape
 * @param target  the input's shape
 * @throws ShapeError when input and target differ in shape
 */
export function l1Loss(input: Tensor, target: Tensor, options: ReductionOption = {}): Tensor {
  const { reduction } = resolveReductionOption("l1Loss", options);
  requireSameShape("l1Loss", input, target);
  return reduced(unary("abs", sub(input, target)), reduction);
}

/** d²/2 up to `delta`, beyond it delta · (|d| - delta/2): with m = min(|d|, delta) it is m · (|d| - m/2), and its slope d limited to ±delta. */
function huber(d: Tensor, delta: number): Tensor {
  const out = unrecorded(() => {
    const size = unary("abs", d);
    const near = minimum(size, delta);
    return mul(near, sub(size, mul(near, 0.5)));
  });
  return record("huber", [d], out, (dOut) => [mul(dOut, clamp(d, -delta, delta))], { held: [d] });
}

export interface HuberLossOptions extends ReductionOption {
  /** From where on a difference counts linearly. Default 1. */
  delta?: number | undefined;
}

/** Checked, with defaults. @throws OptionError */
export function resolveHuber(op: string, options: HuberLossOptions): { delta: number; reduction: Reduction } {
  checkKnownOptions(op, options, ["delta", "reduction"]);
  const delta = checkNumber(op, "delta", options.delta ?? 1, { min: 0, openMin: true });
  return { delta, reduction: resolveReduction(op, options.reduction) };
}

/**
 * With d = input - target, averaged over all elements:
 *   d²/2 where |d| <= delta, delta · (|d| - delta/2) elsewhere
 * @param input   any shape
 * @param target  the input's shape
 * @throws ShapeError when input and target differ in shape
 * Source: Huber 1964; PyTorch nn.functional.huber_loss.
 */
export function huberLoss(input: Tensor, target: Tensor, options: HuberLossOptions = {}): Tensor {
  const op = "huberLoss";
  const { delta, reduction } = resolveHuber(op, options);
  requireSameShape(op, input, target);
  return reduced(huber(sub(input, target), delta), reduction);
}

export interface SmoothL1LossOptions extends ReductionOption {
  /** From where on a difference counts linearly; 0 makes it `l1Loss`. Default 1. */
  beta?: number | undefined;
}

/** Checked, with defaults. @throws OptionError */
export function resolveSmoothL1(op: string, options: SmoothL1LossOptions): { beta: number; reduction: Reduction } {
  checkKnownOptions(op, options, ["beta", "reduction"]);
  const beta = checkNumber(op, "beta", options.beta ?? 1, { min: 0 });
  return { beta, reduction: resolveReduction(op, options.reduction) };
}

/**
 * With d = input - target, averaged over all elements:
 *   d²/(2·beta) where |d| < beta, |d| - beta/2 elsewhere
 * @param input   any shape
 * @param target  the input's shape
 * @throws ShapeError when input and target differ in shape
 * Source: Girshick 2015; PyTorch nn.functional.smooth_l1_loss.
 */
export function smoothL1Loss(input: Tensor, target: Tensor, options: SmoothL1LossOptions = {}): Tensor {
  const op = "smoothL1Loss";
  const { beta, reduction } = resolveSmoothL1(op, options);
  requireSameShape(op, input, target);
  const d = sub(input, target);
  return reduced(beta === 0 ? unary("abs", d) : mul(huber(d, beta), 1 / beta), reduction);
}

export interface GaussianNLLLossOptions extends ReductionOption {
  /** The least variance that is reckoned with. Default 1e-6. */
  eps?: number | undefined;
  /** Add the constant log(2π)/2. Default false. */
  full?: boolean | undefined;
}

/** Checked, with defaults. @throws OptionError */
export function resolveGaussianNLL(
  op: string,
  options: GaussianNLLLossOptions,
): { eps: number; full: boolean; reduction: Reduction } {
  checkKnownOptions(op, options, ["eps", "full", "reduction"]);
  const eps = checkNumber(op, "eps", options.eps ?? 1e-6, { min: 0, openMin: true });
  const full = checkBoolean(op, "full", options.full ?? false);
  return { eps, full, reduction: resolveReduction(op, options.reduction) };
}

/**
 * The negative log-likelihood of targets under normal distributions of given means and variances, averaged over all elements:
 *   (log(v) + (input - target)²/v) / 2, v = max(variance, eps)
 * The gradient passes to a variance below eps as if it were eps, as in PyTorch.
 * @param input     the means, any shape
 * @param target    the input's shape
 * @param variance  the input's shape, or one variance for its last dimension: [.., 1] or without it
 * @throws ShapeError for shapes that do not fit; OptionError for a negative variance
 * Source: Nix & Weigend 1994; PyTorch nn.functional.gaussian_nll_loss.
 */
export function gaussianNLLLoss(
  input: Tensor,
  target: Tensor,
  variance: Tensor,
  options: GaussianNLLLossOptions = {},
): Tensor {
  const op = "gaussianNLLLoss";
  const { eps, full, reduction } = resolveGaussianNLL(op, options);
  requireSameShape(op, input, target);
  const v = floored(varianceLike(op, input, variance), eps);
  const error = div(unary("square", sub(input, target)), v);
  const losses = mul(add(unary("log", v), error), 0.5);
  return reduced(full ? add(losses, Math.log(2 * Math.PI) / 2) : losses, reduction);
}

/** As large as `least`, with the gradient of x itself. */
function floored(x: Tensor, least: number): Tensor {
  return record(
    "floored",
    [x],
    unrecorded(() => maximum(x, least)),
    (dOut) => [dOut],
  );
}

function varianceLike(op: string, input: Tensor, variance: Tensor): Tensor {
  requireTensor(op, "variance", variance);
  requireSameDType(op, "variance", variance, input.dtype);
  const lead = input.shape.slice(0, -1);
  const whole = sameShape(variance.shape, input.shape) || (input.rank > 0 && sameShape(variance.shape, [...lead, 1]));
  if (!whole && (input.rank === 0 || !sameShape(variance.shape, lead))) {
    const must = `have the input's shape ${formatShape(input.shape)}, or ${formatShape([...lead, 1])}`;
    throw misshapen(op, "variance", must, variance.shape);
  }
  const least = variance.size === 0 ? 0 : variance.detach().min().item();
  if (least < 0)
    throw refusal(op, "variance", "hold no negative value", least, "Make it positive: softplus() or exp().");
  return whole ? variance : unsqueeze(variance, -1);
}

export interface QuantileLossOptions extends ReductionOption {
  /** Which quantiles the input's last dimension holds, each in (0, 1). Default [0.1, 0.5, 0.9]. */
  quantiles?: readonly number[] | undefined;
}

/** Checked, with defaults. @throws OptionError */
export function resolveQuantile(
  op: string,
  options: QuantileLossOptions,
): { quantiles: readonly number[]; reduction: Reduction } {
  checkKnownOptions(op, options, ["quantiles", "reduction"]);
  const { quantiles = [0.1, 0.5, 0.9] } = options;
  const list = checkList(op, "quantiles", quantiles, "Write quantiles: [0.1, 0.5, 0.9].");
  if (list.length === 0) throw new OptionError({ op, argument: "quantiles", must: "name one at least", value: "none" });
  for (const q of list) checkNumber(op, "quantiles", q, { min: 0, max: 1, openMin: true, openMax: true });
  return { quantiles: list, reduction: resolveReduction(op, options.reduction) };
}

/**
 * The pinball loss, whose least expectation is at the quantiles themselves, averaged over all elements and quantiles:
 *   q · (target - input) where the target is larger, (1 - q) · (input - target) elsewhere
 * @param input   [.., Q], the quantiles that are forecast
 * @param target  [..]; [.., 1] is taken too
 * @throws ShapeError for another number of quantiles, and targets of another shape
 * Source: Koenker & Bassett 1978.
 */
export function quantileLoss(input: Tensor, target: Tensor, options: QuantileLossOptions = {}): Tensor {
  const op = "quantileLoss";
  const { quantiles, reduction } = resolveQuantile(op, options);
  requireTensor(op, "input", input);
  requireTensor(op, "target", target);
  requireFloat(op, "input", input);
  requireFloat(op, "target", target);
  const count = quantiles.length;
  if (input.rank === 0 || input.shape[input.rank - 1] !== count) {
    throw misshapen(op, "input", `have shape [.., ${count}], one for each quantile`, input.shape);
  }
  const lead = input.shape.slice(0, -1);
  const kept = [...lead, 1];
  if (!sameShape(target.shape, lead) && !sameShape(target.shape, kept)) {
    throw misshapen(op, "target", `have shape ${formatShape(lead)}, the input's without its quantiles`, target.shape);
  }
  const error = sub(reshape(target, kept), input);
  const q = typedArray(input.dtype, count);
  q.set(quantiles);
  const over = fromHost(q, [count]);
  const weight = where(compare("gt", error, 0), over, sub(over, 1));
  return reduced(mul(error, weight), reduction);
}
