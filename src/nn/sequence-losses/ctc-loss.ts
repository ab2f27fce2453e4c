import { checkBoolean, checkKnownOptions, checkNonNegativeInteger, refusal } from "../../base/check.js";
import { type TypedArray, typedArray } from "../../base/dtype.js";
import { OptionError, ShapeError } from "../../base/errors.js";
import { misshapen, type Shape } from "../../base/shape.js";
import { type CtcSequence, CtcSums } from "../../engine/ctc-sums.js";
import { currentEngine } from "../../engine/select.js";
import { mul } from "../../tensor/ops/arithmetic.js";
import { empty, fromHost, Lens, requireFloat, requireInt, requireTensor, viewOf } from "../../tensor/ops/raw.js";
import { reshape } from "../../tensor/ops/shape.js";
import { record, wantsGrad } from "../../tensor/tape.js";
import { Tensor } from "../../tensor/tensor.js";
import { type ReductionOption, resolveReduction } from "../functional/losses.js";
import { type Lengths, lengthsOf } from "../recurrent/lengths.js";

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
  const lengths = lengthsOf(op, "inputLengths", asList(inputLengths), batch, [0, steps]);
  const letters = targetsOf(op, targets, targetLengths, shape, blank);
  const weights = letters.map(({ length }) => (reduction === "mean" ? 1 / Math.max(length, 1) / batch : 1));
  const grads = wantsGrad([logProbs]) ? empty(logProbs.dtype, [batch, steps, classes]) : null;
  const found = lossesOf(bySequence(logProbs, shape), grads, (n) => {
    return { steps: lengths[n], classes, blank, target: letters[n], zeroInfinity };
  });
  const sum = found.reduce((total, loss, n) => total + weights[n] * loss, 0);
  const losses = typedArray(logProbs.dtype, reduction === "none" ? batch : 1);
  losses.set(reduction === "none" ? found : [batch === 0 && reduction === "mean" ? NaN : sum]);
  const out = fromHost(losses, reduction !== "none" || logProbs.rank === 2 ? [] : [batch]);
  if (grads === null) return record(op, [logProbs], out, () => [null]);
  const backward = (dOut: Tensor): Tensor[] => [scaled(grads, weights, dOut, logProbs.shape)];
  return record(op, [logProbs], out, backward, { owned: [grads] });
}

/** One sequence's length may come without its list, as a number or a tensor []. */
export function asList(lengths: Lengths | number): Lengths {
  if (typeof lengths === "number") return [lengths];
  return lengths instanceof Tensor && lengths.rank === 0 ? [lengths.item()] : lengths;
}

/** [N, T, C]: what belongs together side by side. */
function bySequence(x: Tensor, { steps, batch, classes }: CtcShape): Tensor {
  const rows = empty(x.dtype, [batch, steps, classes]);
  const [ofStep, ofSequence, ofClass] = x.rank === 3 ? x.strides : [x.strides[0], 0, x.strides[1]];
  if (rows.size > 0) currentEngine().copy(rows, new Lens(x, rows.shape, [ofSequence, ofStep, ofClass]));
  return rows;
}

/** Kept from call to call: the pages of new memory would take longer than the sums. */
let workspace: CtcSums | null = null;

/** @param rows  [N, T, C], given up */
function lossesOf(rows: Tensor, grads: Tensor | null, sequence: (n: number) => CtcSequence & ResolvedZero): number[] {
  const [batch, steps, classes] = rows.shape;
  const engine = currentEngine();
  const all = Array.from({ length: batch }, (_, n) => sequence(n));
  const longest = all.reduce((most, { target }) => Math.max(most, target.length), 0);
  if (!workspace?.holds(rows.dtype, steps, classes, longest)) {
    workspace = new CtcSums(rows.dtype, steps, classes, longest);
  }
  const sums = workspace;
  if (grads !== null && grads.size > 0) engine.unary("exp", grads, rows);
  const size = steps * classes;
  const losses = all.map((one, n) => {
    const used = one.steps * classes;
    if (used > 0) engine.readSync(rows.buffer, n * size, used, sums.logProbs.subarray(0, used));
    if (grads !== null && used > 0) engine.readSync(grads.buffer, n * size, used, sums.grad.subarray(0, used));
    const loss = sums.loss(one, grads !== null);
    const isDropped = one.zeroInfinity && loss === Infinity;
    if (grads !== null && size > 0) {
      sums.grad.fill(0, isDropped ? 0 : used, size);
      engine.write(grads.buffer, sums.grad.subarray(0, size), n * size);
    }
    return isDropped ? 0 : loss;
  });
  rows.release("ctcLoss");
  return losses;
}

interface ResolvedZero {
  readonly zeroInfinity: boolean;
}

/** Gradients [N, T, C] times what arrives for each sequence, as [T, N, C]. */
function scaled(grads: Tensor, weights: readonly number[], dOut: Tensor, shape: Shape): Tensor {
  const [batch, steps, classes] = grads.shape;
  const arriving = dOut.data();
  const factors = typedArray(dOut.dtype, batch);
  for (const [n, weight] of weights.entries()) factors[n] = weight * arriving[dOut.rank === 0 ? 0 : n];
  const whole = viewOf(grads, [steps, batch, classes], [classes, steps * classes, 1]);
  return reshape(mul(whole, fromHost(factors, [batch, 1])), shape);
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
  const lengths = lengthsOf(op, "targetLengths", asList(targetLengths), batch, [0, width]);
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
