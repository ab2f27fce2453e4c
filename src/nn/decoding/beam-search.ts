import {
  checkFunction,
  checkKnownOptions,
  checkNonNegativeInteger,
  checkNumber,
  checkPositiveInteger,
  isObject,
  refusal,
} from "../../base/check.js";

/** What follows a token: log p(next | all before), by token, and the state after it. */
export interface BeamStep<S> {
  logProbs: ArrayLike<number>;
  state: S;
}

export interface BeamSearchOptions {
  /** Hypotheses that are followed. Default 4. */
  beamWidth?: number | undefined;
  /** Hypotheses are ordered by logProb / length^lengthPenalty: 0, the default, prefers short ones, 1 the best token on average. */
  lengthPenalty?: number | undefined;
  /** Tokens of a hypothesis at most, its end included. */
  maxLength: number;
  /** The token that ends a hypothesis; none when left out. */
  eos?: number | undefined;
  /** How many are returned, where there are as many. Default 1. */
  nBest?: number | undefined;
}

/** A sequence that a beam search found. */
export interface BeamHypothesis {
  /** Without what they started from; with `eos` at the end when it was reached. */
  tokens: number[];
  logProb: number;
  /** logProb / length^lengthPenalty */
  score: number;
  /** Whether `eos` was reached. */
  isFinished: boolean;
}

interface Live<S> {
  tokens: number[];
  logProb: number;
  step: BeamStep<S>;
}

/**
 * Beam search over any model that goes token by token. Its step must not change the state it is given, which several hypotheses share; what
 * a network computes belongs inside `noGrad`.
 * It ends when no live hypothesis can overtake the `nBest` finished ones, so a beam that holds all hypotheses finds the best of all.
 * @param step   (state, token) to log probabilities of the next token, at most 0 each, and the next state
 * @param start  the state and the token that it begins with
 * @returns      up to `nBest` hypotheses, best first; with equal scores the one found first. Those that maxLength cut are among them.
 * @throws OptionError for options out of range, or log probabilities above 0 or NaN
 * @example
 * const step = (state: LSTMState, token: number) => noGrad(() => model.next(token, state)); // { logProbs, state }
 * const [best] = nn.functional.beamSearch(step, { state, token: BOS }, { beamWidth: 8, maxLength: 40, eos: EOS });
 * Source: Lowerre 1976; the length penalty as in Wu et al. 2016, without its 5.
 */
export function beamSearch<S>(
  step: (state: S, token: number) => BeamStep<S>,
  start: { state: S; token: number },
  options: BeamSearchOptions,
): BeamHypothesis[] {
  const op = "beamSearch";
  checkFunction(op, "step", step);
  checkKnownOptions(op, options, ["beamWidth", "lengthPenalty", "maxLength", "eos", "nBest"]);
  const beamWidth = checkPositiveInteger(op, "beamWidth", options.beamWidth ?? 4);
  const nBest = checkPositiveInteger(op, "nBest", options.nBest ?? 1);
  const maxLength = checkPositiveInteger(op, "maxLength", options.maxLength);
  const penalty = checkNumber(op, "lengthPenalty", options.lengthPenalty ?? 0, { min: 0 });
  const eos = options.eos === undefined ? -1 : checkNonNegativeInteger(op, "eos", options.eos);
  const done: BeamHypothesis[] = [];
  let beam: Live<S>[] = [{ tokens: [], logProb: 0, step: step(start.state, start.token) }];
  for (let length = 1; length <= maxLength && beam.length > 0; length++) {
    const followed: Live<S>[] = [];
    for (const { parent, token, logProb } of candidates(op, beam).slice(0, beamWidth)) {
      const tokens = [...parent.tokens, token];
      const isFinished = token === eos;
      if (isFinished || length === maxLength) {
        done.push({ tokens, logProb, score: logProb / length ** penalty, isFinished });
      } else if (canOvertake(logProb / maxLength ** penalty, done, nBest)) {
        followed.push({ tokens, logProb, step: step(parent.step.state, token) });
      }
    }
    done.sort((a, b) => b.score - a.score);
    beam = followed;
  }
  return done.slice(0, nBest);
}

/** `most` is what a hypothesis can come to: its tokens to come cost nothing, and are as many as may be. `done` may end unsorted. */
function canOvertake(most: number, done: readonly BeamHypothesis[], nBest: number): boolean {
  return done.length < nBest || done.filter(({ score }) => score >= most).length < nBest;
}

interface Candidate<S> {
  parent: Live<S>;
  token: number;
  logProb: number;
}

/** What can follow, best first; what cannot be is left out. */
function candidates<S>(op: string, beam: readonly Live<S>[]): Candidate<S>[] {
  const found: Candidate<S>[] = [];
  for (const parent of beam) {
    const { logProbs } = isObject(parent.step) ? parent.step : ({} as Partial<BeamStep<S>>);
    if (!isObject(logProbs)) {
      throw refusal(op, "step's result", "be an object { logProbs, state }", parent.step);
    }
    for (let token = 0; token < logProbs.length; token++) {
      const x = logProbs[token];
      // float32 makes 1e-7 of a certain token.
      if (!(x <= 1e-4))
        throw refusal(op, `logProbs[${token}]`, "be a log probability, at most 0", x, "logSoftmax makes them.");
      if (x > -Infinity) found.push({ parent, token, logProb: parent.logProb + x });
    }
  }
  return found.sort((a, b) => b.logProb - a.logProb);
}
