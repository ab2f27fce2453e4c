import { checkKnownOptions, checkOneOf } from "../../base/check.js";
import { typedArray } from "../../base/dtype.js";
import { formatShape, misshapen, sameShape } from "../../base/shape.js";
import { add, compare, mul, sub, where } from "../../tensor/ops/arithmetic.js";
import { cast } from "../../tensor/ops/cast.js";
import { gather } from "../../tensor/ops/gather.js";
import { fromHost, requireFloat, requireTensor, sumTo } from "../../tensor/ops/raw.js";
import { mean, sum } from "../../tensor/ops/reduce.js";
import { reshape } from "../../tensor/ops/shape.js";
import { neg, unary } from "../../tensor/ops/unary.js";
import { record, unrecorded } from "../../tensor/tape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { checkConstant, checkTargets, type Reduction } from "./targets.js";

const REDUCTIONS: readonly Reduction[] = ["mean", "sum", "none"];

export interface ReductionOption {
  /** Default mean. */
  reduction?: Reduction | undefined;
}

/** @internal What a loss makes of its elements. */
export function reduced(losses: Tensor, reduction: Reduction): Tensor {
  if (reduction === "none") return losses;
  return reduction === "sum" ? sum(losses) : mean(losses);
}

/** Of a loss without other options, checked. @throws OptionError */
export function resolveReductionOption(op: string, options: ReductionOption): { reduction: Reduction } {
  checkKnownOptions(op, options, ["reduction"]);
  return { reduction: resolveReduction(op, options.reduction) };
}

/** @throws OptionError */
export function resolveReduction(op: string, reduction: Reduction = "mean"): Reduction {
  return checkOneOf(op, "reduction", reduction, REDUCTIONS);
}

export interface NLLLossOptions extends ReductionOption {
  /** Targets of this value count for nothing. Default -100. */
  ignoreIndex?: number | undefined;
  /** [V], of each class. Default ones. */
  weight?: Tensor | null | undefined;
}

/** Checked, with defaults. @throws OptionError */
export function resolveNLL(
  op: string,
  options: NLLLossOptions,
): { ignoreIndex: number; weight: Tensor | null; reduction: Reduction } {
  checkKnownOptions(op, options, ["ignoreIndex", "weight", "reduction"]);
  const { ignoreIndex = -100, weight = null } = options;
  return { ignoreIndex, weight, reduction: resolveReduction(op, options.reduction) };
}

/**
 * -logProbs[target], averaged over the targets by their weights: what is left of the cross entropy after logSoftmax. Where no target
 * counts the mean is NaN and its gradient 0. What an ignored row holds is never read.
 * @param logProbs  [.., V]
 * @param targets   int32 [..]
 */
export function nllLoss(logProbs: Tensor, targets: Tensor, options: NLLLossOptions = {}): Tensor {
  const op = "nllLoss";
  const { ignoreIndex, weight, reduction } = resolveNLL(op, options);
  requireTensor(op, "logProbs", logProbs);
  requireFloat(op, "logProbs", logProbs);
  checkConstant(op, "weight", weight, logProbs);
  const shape = logProbs.shape.slice(0, -1);
  const classes = logProbs.shape[logProbs.rank - 1];
  const total = checkTargets(op, { targets, shape, classes, ignoreIndex, weight });
  const ids = targets.data();
  const weights = weight?.data();
  const factors = typedArray(logProbs.dtype, ids.length);
  const picks = new Int32Array(ids.length);
  const counts = new Int32Array(ids.length);
  ids.forEach((id, i) => {
    if (id === ignoreIndex) return;
    picks[i] = id;
    counts[i] = 1;
    factors[i] = -(weights === undefined ? 1 : weights[id]);
  });
  const index = fromHost(picks, [ids.length, 1]);
  const factor = fromHost(factors, shape);
  const picked = reshape(gather(reshape(logProbs, [ids.length, classes]), 1, index), shape);
  const weighted = mul(picked, factor);
  // Ignored rows may hold -Infinity, of which a factor of 0 would make NaN.
  const losses = counts.includes(0) ? where(fromHost(counts, shape), weighted, 0) : weighted;
  if (reduction !== "mean") return reduced(losses, reduction);
  return total === 0 ? add(mul(sum(losses), 0), NaN) : mul(sum(losses), 1 / total);
}

/** @throws ShapeError when input and target differ in shape; DTypeError for integers */
export function requireSameShape(op: string, input: Tensor, target: Tensor): void {
  requireTensor(op, "input", input);
  requireTensor(op, "target", target);
  requireFloat(op, "input", input);
  if (sameShape(input.shape, target.shape)) return;
  throw misshapen(
    op,
    "target",
    `have the input's shape ${formatShape(input.shape)}`,
    target.shape,
    "Broadcast explicitly with expand() if that is meant.",
  );
}

/**
 * (input - target)², averaged over all elements. Unlike PyTorch's, which warns, it does not broadcast: [N, 1] against [N] would average
 * N² differences that nobody meant.
 * @throws ShapeError when input and target differ in shape
 */
export function mseLoss(input: Tensor, target: Tensor, options: ReductionOption = {}): Tensor {
  const { reduction } = resolveReductionOption("mseLoss", options);
  requireSameShape("mseLoss", input, target);
  return reduced(unary("square", sub(input, target)), reduction);
}

export interface BCEWithLogitsOptions extends ReductionOption {
  /** Of each element, broadcast to the input's shape. Default ones. */
  weight?: Tensor | null | undefined;
  /** Of the positive answers, broadcast over the last dimension. Default ones. */
  posWeight?: Tensor | null | undefined;
}

/** Checked, with defaults. @throws OptionError */
export function resolveBCEWithLogits(
  op: string,
  options: BCEWithLogitsOptions,
): { weight: Tensor | null; posWeight: Tensor | null; reduction: Reduction } {
  checkKnownOptions(op, options, ["weight", "posWeight", "reduction"]);
  const { weight = null, posWeight = null } = options;
  return { weight, posWeight, reduction: resolveReduction(op, options.reduction) };
}

/**
 * Binary cross entropy of logits x and targets t in [0, 1], p being posWeight:
 *   w·(-p·t·log σ(x) - (1-t)·log(1-σ(x)))
 * computed so that nothing overflows and nothing cancels: both tails keep their digits, as does the gradient
 *   w·((1-t)·σ(x) - p·t·σ(-x))
 * An infinite logit costs 0 where it is right and Infinity where it is wrong; PyTorch, which has neither, gives NaN for most of these.
 * @throws ShapeError when input and target differ in shape
 */
export function bceWithLogits(input: Tensor, target: Tensor, options: BCEWithLogitsOptions = {}): Tensor {
  const op = "bceWithLogits";
  const { weight, posWeight, reduction } = resolveBCEWithLogits(op, options);
  requireSameShape(op, input, target);
  checkConstant(op, "weight", weight, input);
  checkConstant(op, "posWeight", posWeight, input);
  const losses = logitLosses(input, cast(target, input.dtype), posWeight ?? 1);
  return reduced(weight === null ? losses : mul(losses, weight), reduction);
}

/** |x|·(x > 0 ? 1-t : p·t) + (1-t + p·t)·log(1 + e^-|x|) */
function logitLosses(x: Tensor, t: Tensor, p: Tensor | number): Tensor {
  const out = unrecorded(() => {
    const [no, yes] = [sub(1, t), mul(p, t)];
    const tail = unary("softplus", neg(unary("abs", x)));
    return add(finiteShare(where(compare("gt", x, 0), no, yes), unary("abs", x)), mul(add(no, yes), tail));
  });
  const backward = (dOut: Tensor, needs: readonly boolean[]): (Tensor | null)[] => {
    const opposite = neg(x);
    const slope = () => sub(mul(sub(1, t), unary("sigmoid", x)), mul(mul(p, t), unary("sigmoid", opposite)));
    const ofTarget = () => sub(mul(p, unary("softplus", opposite)), unary("softplus", x));
    return [
      needs[0] ? sumTo(mul(dOut, slope()), x.shape) : null,
      needs[1] ? sumTo(mul(dOut, ofTarget()), t.shape) : null,
    ];
  };
  return record("bceWithLogits", [x, t], out, backward, { held: typeof p === "number" ? [x, t] : [x, t, p] });
}

/** share · x, where no share of Infinity is 0. */
function finiteShare(share: Tensor, x: Tensor): Tensor {
  return where(compare("eq", share, 0), 0, mul(share, x));
}
