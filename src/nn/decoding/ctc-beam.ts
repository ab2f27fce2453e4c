import { checkFunction, checkKnownOptions, checkNonNegativeInteger, checkPositiveInteger } from "../../base/check.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { Lengths } from "../recurrent/lengths.js";
import { type CtcDecoded, type CtcDecodeOptions, eachSequence } from "./ctc-greedy.js";

export interface CtcBeamOptions extends CtcDecodeOptions {
  /** Prefixes that are followed at each step. Default 10. */
  beamWidth?: number | undefined;
  /** How many of the best are returned, where there are as many. Default 1. */
  nBest?: number | undefined;
  /** What is added to a prefix's log probability when `token` follows it: weight · log p(token | prefix) + a bonus a token. Default 0. */
  languageModel?: ((prefix: readonly number[], token: number) => number) | undefined;
}

export interface CtcHypothesis extends CtcDecoded {
  /** logProb and what the language model added: what the order is by. */
  score: number;
}

/** A prefix in the tree of all that were followed, with the log probabilities of its paths that end in a blank, and in its last token. */
class Prefix {
  readonly parent: Prefix | null;
  readonly last: number;
  /** By the language model, for all its tokens. */
  readonly added: number;
  readonly children = new Map<number, Prefix>();
  blank = -Infinity;
  token = -Infinity;
  nextBlank = -Infinity;
  nextToken = -Infinity;
  isTouched = false;

  constructor(parent: Prefix | null, last: number, added: number) {
    this.parent = parent;
    this.last = last;
    this.added = added;
  }

  get tokens(): number[] {
    const tokens: number[] = [];
    for (let node: Prefix = this; node.parent !== null; node = node.parent) tokens.push(node.last);
    return tokens.reverse();
  }

  get logProb(): number {
    return logAdd(this.blank, this.token);
  }

  get score(): number {
    return this.logProb + this.added;
  }
}

/**
 * Prefix beam search: follows the `beamWidth` most likely beginnings and adds up all paths that spell the same; with a beam that holds all
 * of them the probabilities are exact.
 * @param logProbs      [T, N, C], as `logSoftmax` makes them; [T, C] for one sequence
 * @param inputLengths  of the N sequences, each in [0, T]. Default: all of T
 * @returns             for each sequence up to `nBest` targets, best first
 * @throws ShapeError, OptionError as `ctcLoss`
 * @example
 * const [[best]] = nn.functional.ctcBeamDecode(logProbs, lengths, { beamWidth: 20, languageModel: (prefix, token) => 0.5 * lm(prefix, token) });
 * Source: Graves & Jaitly 2014; Hannun et al. 2014.
 */
export function ctcBeamDecode(
  logProbs: Tensor,
  inputLengths?: Lengths | number,
  options: CtcBeamOptions = {},
): CtcHypothesis[][] {
  const op = "ctcBeamDecode";
  checkKnownOptions(op, options, ["blank", "beamWidth", "nBest", "languageModel"]);
  const blank = checkNonNegativeInteger(op, "blank", options.blank ?? 0);
  const beamWidth = checkPositiveInteger(op, "beamWidth", options.beamWidth ?? 10);
  const nBest = checkPositiveInteger(op, "nBest", options.nBest ?? 1);
  const languageModel = options.languageModel ?? null;
  if (languageModel !== null) checkFunction(op, "languageModel", languageModel);
  return eachSequence(op, logProbs, inputLengths, blank, (row, steps) => {
    const root = new Prefix(null, -1, 0);
    root.blank = 0;
    let beam = [root];
    for (let t = 0; t < steps; t++) beam = advance(beam, row(t), blank, languageModel).slice(0, beamWidth);
    return beam.slice(0, nBest).map((found) => {
      const { tokens, logProb, score } = found;
      return { tokens, logProb, score };
    });
  });
}

/** All that can follow the beam's prefixes after one more step, best first. */
function advance(
  beam: readonly Prefix[],
  x: ArrayLike<number>,
  blank: number,
  languageModel: CtcBeamOptions["languageModel"] | null,
): Prefix[] {
  const touched: Prefix[] = [];
  const touch = (prefix: Prefix): Prefix => {
    if (!prefix.isTouched) touched.push(prefix);
    prefix.isTouched = true;
    return prefix;
  };
  for (const prefix of beam) {
    const total = prefix.logProb;
    touch(prefix).nextBlank = logAdd(prefix.nextBlank, total + x[blank]);
    if (prefix.parent !== null) prefix.nextToken = logAdd(prefix.nextToken, prefix.token + x[prefix.last]);
    for (let c = 0; c < x.length; c++) {
      if (c === blank) continue;
      // A letter twice is two letters only when a blank came between.
      const arriving = (c === prefix.last ? prefix.blank : total) + x[c];
      if (!(arriving > -Infinity)) continue;
      let child = prefix.children.get(c);
      if (child === undefined) {
        child = new Prefix(prefix, c, prefix.added + (languageModel ? languageModel(prefix.tokens, c) : 0));
        prefix.children.set(c, child);
      }
      touch(child).nextToken = logAdd(child.nextToken, arriving);
    }
  }
  // Prefixes that the beam dropped begin anew when they are reached again.
  for (const prefix of beam) prefix.blank = prefix.token = -Infinity;
  for (const prefix of touched) {
    prefix.blank = prefix.nextBlank;
    prefix.token = prefix.nextToken;
    prefix.nextBlank = prefix.nextToken = -Infinity;
    prefix.isTouched = false;
  }
  return touched.sort((a, b) => b.score - a.score);
}

/** log(e^a + e^b) */
function logAdd(a: number, b: number): number {
  const top = Math.max(a, b);
  return top === -Infinity ? top : top + Math.log1p(Math.exp(Math.min(a, b) - top));
}
