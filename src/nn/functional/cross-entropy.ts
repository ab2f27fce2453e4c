import { checkKnownOptions, checkNumber, checkOneOf } from "../../base/check.js";
import { misshapen } from "../../base/shape.js";
import type { CrossEntropyArgs } from "../../engine/engine.js";
import { currentEngine } from "../../engine/select.js";
import {
  contiguous,
  empty,
  Lens,
  requireFloat,
  requireSameDType,
  requireTensor,
  reshapedLens,
} from "../../tensor/ops/raw.js";
import { record, wantsGrad } from "../../tensor/tape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { Keep } from "./keep.js";
import { checkConstant, checkTargets, type Reduction } from "./targets.js";

export interface CrossEntropyOptions {
  /** Targets of this value count for nothing. Default -100. */
  ignoreIndex?: number | undefined;
  /** s in [0, 1): the target distribution is (1-s)·onehot + s/V. Default 0. Source: Szegedy et al. 2016. */
  labelSmoothing?: number | undefined;
  /** [V], of each class. Default ones. */
  weight?: Tensor | null | undefined;
  /** `mean` divides by the weights of the targets that count. Default mean. */
  reduction?: Reduction | undefined;
}

export const CROSS_ENTROPY_OPTIONS = ["ignoreIndex", "labelSmoothing", "weight", "reduction"];

export interface ResolvedCrossEntropy {
  ignoreIndex: number;
  labelSmoothing: number;
  weight: Tensor | null;
  reduction: Reduction;
}

export function resolveCrossEntropy(op: string, options: CrossEntropyOptions): ResolvedCrossEntropy {
  checkKnownOptions(op, options, CROSS_ENTROPY_OPTIONS);
  const { ignoreIndex = -100, labelSmoothing = 0, weight = null, reduction = "mean" } = options;
  checkOneOf(op, "reduction", reduction, ["mean", "sum", "none"]);
  checkNumber(op, "ignoreIndex", ignoreIndex);
  checkNumber(op, "labelSmoothing", labelSmoothing, { min: 0, max: 1, openMax: true });
  return { ignoreIndex, labelSmoothing, weight, reduction };
}

/**
 * -log softmax(logits)[target], in nats, averaged over the targets.
 * @param logits   [.., V], scores of the classes
 * @param targets  int32 [..]
 * @returns        a scalar; [..] with reduction none
 * @throws ShapeError when targets do not have logits' shape without its last dimension, or lie outside the classes
 * @throws DTypeError for targets that are not int32
 * @example crossEntropy(model.forward(ids), next) // [L, N, V] and [L, N]
 */
export function crossEntropy(logits: Tensor, targets: Tensor, options: CrossEntropyOptions = {}): Tensor {
  const op = "crossEntropy";
  const { ignoreIndex, labelSmoothing, weight, reduction } = resolveCrossEntropy(op, options);
  requireTensor(op, "logits", logits);
  requireFloat(op, "logits", logits);
  if (logits.rank === 0) {
    throw misshapen(op, "logits", "have shape [.., V]", logits.shape);
  }
  checkConstant(op, "weight", weight, logits);
  const shape = logits.shape.slice(0, -1);
  const classes = logits.shape[logits.rank - 1];
  const total = checkTargets(op, { targets, shape, classes, ignoreIndex, weight });
  const rows = targets.size;
  const keep = new Keep();
  const args: CrossEntropyArgs = {
    logits: reshapedLens(keep.dense(logits), [rows, classes]),
    targets: reshapedLens(keep.dense(targets), [rows]),
    ignoreIndex,
    labelSmoothing,
    weight: weight && keep.dense(weight),
  };
  const losses = empty(logits.dtype, shape);
  const logSumExp = keep.own(empty(logits.dtype, [rows]));
  if (rows > 0) currentEngine().crossEntropyForward(args, reshapedLens(losses, [rows]), logSumExp);
  const scale = reduction === "mean" ? 1 / total : 1;
  const out = reduction === "none" ? losses : sumScaled(losses, scale);
  const backward = (dOut: Tensor): Tensor[] => {
    const dLosses = empty(logits.dtype, [rows]);
    const arriving = reduction === "none" ? reshapedLens(contiguous(dOut), [rows]) : new Lens(dOut, [rows], [0]);
    const dLogits = empty(logits.dtype, logits.shape);
    if (rows === 0) return [dLogits];
    // Asked for again: configure() may have changed it since the forward pass.
    const engine = currentEngine();
    engine.affine(dLosses, arriving, scale, 0);
    engine.crossEntropyBackward(args, logSumExp, dLosses, reshapedLens(dLogits, [rows, classes]));
    return [dLogits];
  };
  return record(op, [logits], out, backward, keep);
}

/** scale · Σ losses, which are given up. */
function sumScaled(losses: Tensor, scale: number): Tensor {
  const out = empty(losses.dtype, []);
  const engine = currentEngine();
  engine.reduce("sum", out, reshapedLens(losses, [losses.size]), 1);
  if (scale !== 1) engine.affine(out, out, scale, 0);
  losses.release("its loss");
  return out;
}

export interface LinearCrossEntropyOptions extends Omit<CrossEntropyOptions, "reduction"> {
  /** Default mean. */
  reduction?: "mean" | "sum" | undefined;
}

/**
 * crossEntropy(linear(x, head, bias), targets) in one pass: logits of only some rows are in memory at a time, and the
 * gradients are made on the way.
 * @param x        [.., H]
 * @param head     [V, H]
 * @param bias     [V] or null
 * @param targets  int32 [..]
 * @returns        a scalar, in nats
 * @example linearCrossEntropy(y, model.head.weight, model.head.bias, next)
 */
export function linearCrossEntropy(
  x: Tensor,
  head: Tensor,
  bias: Tensor | null,
  targets: Tensor,
  options: LinearCrossEntropyOptions = {},
): Tensor {
  const op = "linearCrossEntropy";
  const { ignoreIndex, labelSmoothing, weight, reduction } = resolveCrossEntropy(op, options);
  checkOneOf(op, "reduction", reduction, ["mean", "sum"]);
  requireTensor(op, "input", x);
  requireFloat(op, "input", x);
  const [classes, width] = checkHead(op, x, head, bias);
  checkConstant(op, "weight", weight, x);
  const shape = x.shape.slice(0, -1);
  const total = checkTargets(op, { targets, shape, classes, ignoreIndex, weight });
  const rows = targets.size;
  const inputs = bias === null ? [x, head] : [x, head, bias];
  const scale = reduction === "mean" ? 1 / total : 1;
  const keep = wantsGrad(inputs);
  const grads = inputs.map((input) => (keep && input.requiresGrad ? empty(input.dtype, input.shape) : null));
  const [dX, dHead, dBias = null] = grads;
  const [input, ids] = [contiguous(x), contiguous(targets)];
  const losses = empty(x.dtype, [rows]);
  currentEngine().linearCrossEntropy({
    x: reshapedLens(input, [rows, width]),
    head: contiguous(head),
    bias,
    targets: reshapedLens(ids, [rows]),
    ignoreIndex,
    labelSmoothing,
    weight: weight && contiguous(weight),
    losses,
    grads: keep ? { scale, dx: dX && reshapedLens(dX, [rows, width]), dHead, dBias } : null,
  });
  if (input !== x) input.release(op);
  if (ids !== targets) ids.release(op);
  const backward = (dOut: Tensor): (Tensor | null)[] => {
    const factor = dOut.item();
    return grads.map((grad) => grad && (factor === 1 ? grad : scaled(grad, factor)));
  };
  return record(op, inputs, sumScaled(losses, scale), backward, { owned: grads.filter((grad) => grad !== null) });
}

function scaled(x: Tensor, factor: number): Tensor {
  const out = empty(x.dtype, x.shape);
  currentEngine().affine(out, x, factor, 0);
  return out;
}

function checkHead(op: string, x: Tensor, head: Tensor, bias: Tensor | null): [number, number] {
  requireTensor(op, "head", head);
  requireSameDType(op, "head", head, x.dtype);
  if (bias !== null) {
    requireTensor(op, "bias", bias);
    requireSameDType(op, "bias", bias, x.dtype);
  }
  const width = x.shape[x.rank - 1];
  if (x.rank === 0 || head.rank !== 2 || head.shape[1] !== width) {
    const must = `have shape [V, ${width}], input's last dimension`;
    throw misshapen(op, "head", must, head.shape);
  }
  const classes = head.shape[0];
  if (bias !== null && (bias.rank !== 1 || bias.shape[0] !== classes)) {
    const must = `have shape [${classes}]`;
    throw misshapen(op, "bias", must, bias.shape);
  }
  return [classes, width];
}
