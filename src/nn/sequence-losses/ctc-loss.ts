import { checkBoolean, checkKnownOptions, checkNonNegativeInteger, refusal } from "../../base/check.js";
import { type TypedArray, typedArray } from "../../base/dtype.js";
import { OptionError, ShapeError } from "../../base/errors.js";
import { misshapen } from "../../base/shape.js";
import { mul } from "../../tensor/ops/arithmetic.js";
import { fromHost, requireFloat, requireInt, requireTensor } from "../../tensor/ops/raw.js";
import { reshape } from "../../tensor/ops/shape.js";
import { record, wantsGrad } from "../../tensor/tape.js";
import type { Tensor } from "../../tensor/tensor.js";
import { type ReductionOption, resolveReduction } from "../functional/losses.js";
import type { Lengths } from "../recurrent/packed-sequence.js";
import { CtcSums } from "./ctc-sums.js";
import { lengthsOf } from "./lengths.js";

export interface CTCLossOptions extends ReductionOption {
  /** The class that stands for no letter. Default 0. */
  blank?: number | undefined;
  /** Infinite losses, and their gradients, count 0. Default false. */
  zeroInfinity?: boolean | undefined;
}

export interface ResolvedCTC {
  blank: number;
  zeroInfinity: boolean;
  reduction: "mean" | "sum" | "none";
}

export function resolveCTC(op: string, options: CTCLossOptions): ResolvedCTC {
  checkKnownOptions(op, options, ["blank", "reduction", "zeroInfinity"]);
  const blank = checkNonNegativeInteger(op, "blank", options.blank ?? 0);
  const zeroInfinity = checkBoolean(op, "zeroInfinity", options.zeroInfinity ?? false);
  return { blank, zeroInfinity, reduction: resolveReduction(op, options.reduction) };
}

/** T steps of N sequences of C classes; one sequence alone counts as a batch of one. */
export interface CtcShape {
  readonly steps: number;
  readonly batch: number;
  readonly classes: number;
}

export function ctcShape(op: string, logProbs: Tensor, blank: number): CtcShape {
  requireTensor(op, "logProbs", logProbs);
  requireFloat(op, "logProbs", logProbs);
  if (logProbs.rank !== 2 && logProbs.rank !== 3) {
    const fix = "Outputs with batchFirst are transposed first: x.transpose(0, 1).";
    throw misshapen(op, "logProbs", "have shape [T, N, C], or [T, C]", logProbs.shape, fix);
  }
  const [steps, batch, classes] = logProbs.rank === 2 ? [logProbs.shape[0], 1, logProbs.shape[1]] : logProbs.shape;
  if (blank < classes) return { steps, batch, classes };
  throw refusal(op, "blank", `be one of the ${classes} classes, 0 to ${classes - 1}`, blank);
}

/**
 * Connectionist temporal classification: -log of the probability that the network spells the target, in nats, summed over all paths that do.
 * A path has one class a step; it spells what is left when runs of a class are merged and blanks dropped. No alignment is needed.
 *   p(target | x) = Σ_paths Π_t exp(logProbs[t, path_t])
 * A target needs at least as many steps as it has letters, and one more between each two equal ones, which a blank must part; with fewer steps
 * its loss is Infinity and its gradient NaN, as in PyTorch, or with `zeroInfinity` both are 0.
 *
 * The gradient is PyTorch's: exp(logProbs) minus the share of paths through each class. That is the derivative for the scores under a
 * log softmax: for logProbs that are not one's result, exp(logProbs) is too much.
 * @param logProbs       [T, N, C], as `logSoftmax` makes them; [T, C] for one sequence
 * @param targets        int32 [N, S], of which the first `targetLengths` count, or all one after another, [Σ targetLengths]; never the blank
 * @param inputLengths   of the N sequences, each in [0, T]
 * @param targetLengths  of the N targets, each in [0, S]; an empty target is spelled by blanks alone
 * @returns              a scalar; [N] with reduction none. `mean` divides each loss by its target's length (at least 1), then by N.
 * @throws ShapeError, DTypeError, OptionError for shapes and lengths that do not fit; ShapeError for a target that is the blank or no class
 * @example
 * const logProbs = nn.functional.logSoftmax(head.forward(lstm.forward(x)[0])); // [T, N, C]
 * nn.functional.ctcLoss(logProbs, targets, inputLengths, targetLengths).backward();
 * Source: Graves et al. 2006.
 */
export function ctcLoss(
  logProbs: Tensor,
  targets: Tensor,
  inputLengths: Lengths | number,
  targetLengths: Lengths | number,
  options: CTCLossOptions = {},
): Tensor {
  const op = "ctcLoss";
  const { blank, zeroInfinity, reduction } = resolveCTC(op, options);
  const shape = ctcShape(op, logProbs, blank);
  const { steps, batch, classes } = shape;
  const lengths = lengthsOf(op, "inputLengths", inputLengths, batch, [0, steps]);
  const letters = targetsOf(op, targets, targetLengths, shape, blank);
  const data = logProbs.data();
  const grad = wantsGrad([logProbs]) ? typedArray(logProbs.dtype, data.length) : null;
  const longest = letters.reduce((most, { length }) => Math.max(most, length), 0);
  const sums = new CtcSums(Math.max(0, ...lengths), classes, blank, longest);
  const losses = typedArray(logProbs.dtype, batch);
  let total = 0;
  for (let n = 0; n < batch; n++) {
    const target = letters[n];
    const weight = reduction === "mean" ? 1 / Math.max(target.length, 1) / batch : 1;
    const sequence = { logProbs: data, offset: n * classes, stride: batch * classes, steps: lengths[n], target };
    let loss = sums.loss(sequence, grad, weight);
    if (zeroInfinity && loss === Infinity) {
      loss = 0;
      if (grad !== null)
        for (let t = 0; t < lengths[n]; t++) clear(grad, sequence.offset + t * sequence.stride, classes);
    }
    losses[n] = loss;
    total += weight * loss;
  }
  if (batch === 0 && reduction === "mean") total = NaN;
  const isScalar = reduction !== "none" || logProbs.rank === 2;
  const single = isScalar && reduction === "none" ? losses : typedArray(logProbs.dtype, 1).fill(total);
  const out = fromHost(isScalar ? single : losses, isScalar ? [] : [batch]);
  return recordScaled(op, logProbs, out, grad);
}

function clear(grad: TypedArray, from: number, count: number): void {
  grad.fill(0, from, from + count);
}

/** `grad` was made with the loss; what arrives multiplies it, one factor for all or one a sequence. */
function recordScaled(op: string, logProbs: Tensor, out: Tensor, grad: TypedArray | null): Tensor {
  if (grad === null) return record(op, [logProbs], out, () => [null]);
  const whole = fromHost(grad, logProbs.shape);
  const backward = (dOut: Tensor): Tensor[] => {
    if (out.rank > 0) return [mul(whole, reshape(dOut, [dOut.size, 1]))];
    const factor = dOut.item();
    return [factor === 1 ? whole : mul(whole, factor)];
  };
  return record(op, [logProbs], out, backward, { owned: [whole] });
}

/** Each sequence's letters. */
function targetsOf(
  op: string,
  targets: Tensor,
  targetLengths: Lengths | number,
  { batch, classes }: CtcShape,
  blank: number,
): TypedArray[] {
  requireTensor(op, "targets", targets);
  requireInt(op, "targets", targets);
  const isPadded = targets.rank === 2;
  if (targets.rank !== 1 && !(isPadded && targets.shape[0] === batch)) {
    throw misshapen(op, "targets", `have shape [${batch}, S], or [Σ targetLengths]`, targets.shape);
  }
  const width = isPadded ? targets.shape[1] : targets.size;
  const lengths = lengthsOf(op, "targetLengths", targetLengths, batch, [0, width]);
  const sum = lengths.reduce((a, b) => a + b, 0);
  if (!isPadded && batch !== 1 && sum !== width) {
    throw new OptionError({
      op,
      argument: "targetLengths",
      must: `add up to ${width}, the number of targets`,
      value: String(sum),
      fix: "Targets of rank 1 are all letters, one target after another; padded ones have shape [N, S].",
    });
  }
  const data = targets.data();
  let next = 0;
  return lengths.map((length, n) => {
    const start = isPadded ? n * width : next;
    next += length;
    const letters = data.subarray(start, start + length);
    for (const [s, letter] of letters.entries()) checkLetter(op, letter, [n, s], classes, blank);
    return letters;
  });
}

function checkLetter(op: string, letter: number, at: readonly number[], classes: number, blank: number): void {
  if (letter >= 0 && letter < classes && letter !== blank) return;
  const isBlank = letter === blank;
  throw new ShapeError({
    op,
    code: isBlank ? "blank-in-target" : "target-out-of-range",
    argument: `target ${at[0]}, letter ${at[1]},`,
    must: isBlank ? `not be the blank, ${blank}` : `lie in [0, ${classes - 1}] (classes=${classes})`,
    value: String(letter),
    fix: isBlank ? "Blanks stand between letters by themselves: leave them out, or choose another { blank }." : "",
    details: { index: at[1] },
  });
}
