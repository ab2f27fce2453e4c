import { checkKnownOptions, checkOneOf } from "../../base/check.js";
import { typedArray } from "../../base/dtype.js";
import { formatShape, misshapen, sameShape } from "../../base/shape.js";
import { add, mul, sub } from "../../tensor/ops/arithmetic.js";
import { cast } from "../../tensor/ops/cast.js";
import { gather } from "../../tensor/ops/index.js";
import { requireFloat, requireTensor } from "../../tensor/ops/raw.js";
import { mean, sum } from "../../tensor/ops/reduce.js";
import { reshape } from "../../tensor/ops/shape.js";
import { neg, unary } from "../../tensor/ops/unary.js";
import { Storage } from "../../tensor/storage.js";
import { Tensor } from "../../tensor/tensor.js";
import { checkConstant, checkTargets, type Reduction } from "./targets.js";

const REDUCTIONS: readonly Reduction[] = ["mean", "sum", "none"];

export interface ReductionOption {
  /** Default mean. */
  reduction?: Reduction | undefined;
}

function reduced(losses: Tensor, reduction: Reduction): Tensor {
  if (reduction === "none") return losses;
  return reduction === "sum" ? sum(losses) : mean(losses);
}

function resolveReduction(op: string, reduction: Reduction = "mean"): Reduction {
  return checkOneOf(op, "reduction", reduction, REDUCTIONS);
}

export interface NLLLossOptions extends ReductionOption {
  /** Targets of this value count for nothing. Default -100. */
  ignoreIndex?: number | undefined;
  /** [V], of each class. Default ones. */
  weight?: Tensor | null | undefined;
}

/**
 * -logProbs[target], averaged over the targets by their weights: what is left of the cross entropy after logSoftmax.
 * @param logProbs  [.., V]
 * @param targets   int32 [..]
 */
export function nllLoss(logProbs: Tensor, targets: Tensor, options: NLLLossOptions = {}): Tensor {
  const op = "nllLoss";
  checkKnownOptions(op, options, ["ignoreIndex", "weight", "reduction"]);
  const { ignoreIndex = -100, weight = null } = options;
  const reduction = resolveReduction(op, options.reduction);
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
  ids.forEach((id, i) => {
    if (id === ignoreIndex) return;
    picks[i] = id;
    factors[i] = -(weights === undefined ? 1 : weights[id]);
  });
  const index = new Tensor(new Storage("int32", picks.length, picks), [ids.length, 1]);
  const factor = new Tensor(new Storage(logProbs.dtype, factors.length, factors), shape);
  const picked = reshape(gather(reshape(logProbs, [ids.length, classes]), 1, index), shape);
  const losses = mul(picked, factor);
  return reduction === "mean" ? mul(sum(losses), 1 / total) : reduced(losses, reduction);
}

function requireSameShape(op: string, input: Tensor, target: Tensor): void {
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
  checkKnownOptions("mseLoss", options, ["reduction"]);
  const reduction = resolveReduction("mseLoss", options.reduction);
  requireSameShape("mseLoss", input, target);
  return reduced(unary("square", sub(input, target)), reduction);
}

export interface BCEWithLogitsOptions extends ReductionOption {
  /** Of each element, broadcast to the input's shape. Default ones. */
  weight?: Tensor | null | undefined;
  /** Of the positive answers, broadcast over the last dimension. Default ones. */
  posWeight?: Tensor | null | undefined;
}

/**
 * Binary cross entropy of logits x and targets t in [0, 1]:
 *   w·(-p·t·log σ(x) - (1-t)·log(1-σ(x))), computed without overflow as w·((1-t)·x + (1 + (p-1)·t)·softplus(-x))
 */
export function bceWithLogits(input: Tensor, target: Tensor, options: BCEWithLogitsOptions = {}): Tensor {
  const op = "bceWithLogits";
  checkKnownOptions(op, options, ["weight", "posWeight", "reduction"]);
  const { weight = null, posWeight = null } = options;
  const reduction = resolveReduction(op, options.reduction);
  requireSameShape(op, input, target);
  checkConstant(op, "weight", weight, input);
  checkConstant(op, "posWeight", posWeight, input);
  const t = cast(target, input.dtype);
  const tail = unary("softplus", neg(input));
  const weighted = posWeight === null ? tail : mul(add(mul(sub(posWeight, 1), t), 1), tail);
  const losses = add(mul(sub(1, t), input), weighted);
  return reduced(weight === null ? losses : mul(losses, weight), reduction);
}
