import { checkKnownOptions, checkNonNegativeInteger } from "../../base/check.js";
import type { Tensor } from "../../tensor/tensor.js";
import { type Lengths, lengthsOf } from "../recurrent/lengths.js";
import { asList, ctcShape } from "../sequence-losses/ctc-loss.js";

/** What a network spelled. */
export interface CtcDecoded {
  /** Classes, without blanks. */
  tokens: number[];
  /** Of the one best path (greedy), or of all paths that spell the tokens (beam), as far as they were followed. */
  logProb: number;
}

export interface CtcDecodeOptions {
  /** Default 0. */
  blank?: number | undefined;
}

/**
 * The best class of each step, runs merged and blanks dropped: the most likely path, which is not always the most likely target
 * (`ctcBeamDecode`).
 * @param logProbs      [T, N, C], or [T, C] for one sequence; scores without softmax give the same tokens
 * @param inputLengths  of the N sequences, each in [0, T]. Default: all of T
 * @returns             one entry a sequence; `logProb` is the path's
 * @throws ShapeError, OptionError as `ctcLoss`
 * Source: Graves et al. 2006, best path decoding.
 */
export function ctcGreedyDecode(
  logProbs: Tensor,
  inputLengths?: Lengths | number,
  options: CtcDecodeOptions = {},
): CtcDecoded[] {
  const op = "ctcGreedyDecode";
  checkKnownOptions(op, options, ["blank"]);
  const blank = checkNonNegativeInteger(op, "blank", options.blank ?? 0);
  return eachSequence(op, logProbs, inputLengths, blank, (row, steps, classes) => {
    const tokens: number[] = [];
    let logProb = 0;
    let before = blank;
    for (let t = 0; t < steps; t++) {
      const x = row(t);
      let best = 0;
      for (let c = 1; c < classes; c++) if (x[c] > x[best]) best = c;
      logProb += x[best];
      if (best !== blank && best !== before) tokens.push(best);
      before = best;
    }
    return { tokens, logProb };
  });
}

/** @internal Calls `decode` with each sequence's log probabilities by step. */
export function eachSequence<R>(
  op: string,
  logProbs: Tensor,
  inputLengths: Lengths | number | undefined,
  blank: number,
  decode: (row: (t: number) => ArrayLike<number>, steps: number, classes: number) => R,
): R[] {
  const { steps, batch, classes } = ctcShape(op, logProbs, blank);
  const given = inputLengths ?? new Array<number>(batch).fill(steps);
  const lengths = lengthsOf(op, "inputLengths", asList(given), batch, [0, steps]);
  const data = logProbs.data();
  return lengths.map((length, n) => {
    const row = (t: number) => data.subarray((t * batch + n) * classes, (t * batch + n + 1) * classes);
    return decode(row, length, classes);
  });
}
