import type { GateActivation } from "../../diagnostics/index.js";

/** What was measured of a model and of what it read. What there is none of, or what nobody can know, is left out. */
export interface Measured extends Evidence {
  /** The model's own: advice names those that there are. */
  settings: Readonly<Record<string, unknown>>;
  weights: readonly MeasuredWeights[];
  layers: readonly MeasuredLayer[];
  /** Of each sequence, how far back the gradient of one answer reaches. */
  reaches: readonly Reach[];
  /** The most that a gradient grows on its way back, step by step, by which factor in how many steps; of all layers. */
  growth: { layer: string; factor: number; steps: number } | null;
}

/** What a task alone can know of what its model made of the input. */
export interface Evidence {
  /** How good the answers are, where it is known what they should be. */
  judged?: Judged | undefined;
  unknown?: { count: number; share: number; unit: string } | undefined;
  /** Numbers that were read and lie far from those of training: of each column. */
  scaled?: readonly { name: string; values: ArrayLike<number> }[] | undefined;
  /** Each a row of shares that are 1 in all: of tokens that are written, or of a whole sequence. */
  attention?: readonly (readonly (readonly number[])[])[] | undefined;
  /** Of what was forecast, and of what came of it, in the units of its series. */
  intervals?: readonly Interval[] | undefined;
  /** Of what was looked through, what is called unusual. */
  flagged?: { count: number; share: number; expected: number } | undefined;
  /** Texts that were written, and how many of them only the limit ended. */
  written?: { count: number; endless: number; limit: number } | undefined;
  /** Whether the answers are such as need what lies far back. Default true. */
  remembers?: boolean | undefined;
}

export interface MeasuredWeights {
  name: string;
  isSound: boolean;
  /** Root of the mean square. */
  size: number;
}

/** What a recurrent layer did on all that was read. */
export interface MeasuredLayer {
  name: string;
  isSound: boolean;
  steps: number;
  units: number;
  /** Units that kept one value throughout. */
  constant: number;
  /** Of each gate, the share of its values that lie at an end where nothing gets through. */
  gates: readonly { name: string; activation: GateActivation; stuck: number }[];
}

export interface Reach {
  /** Steps that there are, from the answer back. */
  steps: number;
  /** Steps back until less than 1 % of the gradient is left. */
  horizon: number;
}

export interface Judged {
  /** How many answers. */
  count: number;
  /** `rows`, `words`. */
  unit: string;
  /** The error beside that of a guess: 0 for none, 1 for as much. */
  ratio: number;
  /** The guess: `always saying "flower"`. */
  guess: string;
  /** All answers, where they are one and the same though what they should be is not. */
  only?: string | undefined;
  /** Mean probability of the answers, and the share of those that are right. */
  confidence?: { mean: number; right: number } | undefined;
}

export interface Interval {
  low: number;
  high: number;
  /** Of the series: what is small beside it is nothing. */
  scale: number;
  /** NaN where it is not known yet. */
  came: number;
}
