import { OptionError, show } from "../base/errors.js";
import { count, type Fields, natural, oneOf, real, realOrNull } from "../base/fields.js";

export const OPTIMIZERS = ["sgd", "adam", "adamw", "rmsprop", "adagrad", "nt-asgd"] as const;
export const SCHEDULES = ["constant", "linear", "cosine", "step", "exponential", "plateau"] as const;

export type OptimizerName = (typeof OPTIMIZERS)[number];
export type ScheduleName = (typeof SCHEDULES)[number];

/** What decides how a model is trained, whatever its task. JSON-safe. */
export interface TrainingConfig {
  batch: number;
  epochs: number;
  optimizer: OptimizerName;
  /** null: the optimiser's own, `DEFAULT_LR`. */
  lr: number | null;
  schedule: ScheduleName;
  /** 0: do not clip. */
  clip: number;
  /** A part of the data, or the path of a file. 0: none. */
  valid: number | string;
  seed: number;
  /** Validations without improvement after which training ends. 0: never. */
  patience: number;
  /** 0: as many as the epochs have. */
  maxSteps: number;
  /** Steps. 0: at the end of each epoch. */
  validateEvery: number;
  reportEvery: number;
  warmup: number;
  momentum: number;
  weightDecay: number;
  /** Batches whose gradients are added up for a step. */
  accumulate: number;
  /** Of nt-asgd: how many of the latest validations may be worse than the best before them. */
  nonMonotone: number;
}

export const DEFAULT_LR: Readonly<Record<OptimizerName, number>> = {
  sgd: 0.5,
  adam: 0.002,
  adamw: 0.002,
  rmsprop: 0.002,
  adagrad: 0.02,
  "nt-asgd": 0.5,
};

const valid = {
  default: 0.05 as number | string,
  kind: "number or text",
  example: "0.05",
  fixed: true,
  incomparable: true,
  help: "what to validate on: a part of the data, in [0, 1), or a file",
  check(op: string, argument: string, value: unknown): number | string {
    if (typeof value === "string" && value !== "" && !Number.isFinite(Number(value))) return value;
    const part = typeof value === "string" && value !== "" ? Number(value) : value;
    if (typeof part === "number" && part >= 0 && part < 1) return part;
    const must = "be a number in [0, 1) or the path of a file";
    throw new OptionError({ op, argument, must, value: show(value), fix: "Use for example 0.05." });
  },
} as const;

/** In the order in which help lists them. A task takes them as they are, or with other words and defaults. */
export const TRAINING_FIELDS: Fields<TrainingConfig> = {
  batch: count(50, { help: "samples in a step", fixed: true }),
  epochs: count(10, { help: "passes over the data" }),
  optimizer: oneOf(OPTIMIZERS, "adam", { help: "update rule", fixed: true }),
  lr: realOrNull("0.002", { min: 0, openMin: true }, { help: `learning rate (default: ${describeRates()})` }),
  schedule: oneOf(SCHEDULES, "constant", { help: "how the learning rate changes on the way", fixed: true }),
  clip: real(5, { min: 0 }, { help: "most that the norm of the gradient may be; 0: any" }),
  valid,
  seed: natural(1, { help: "the same seed gives the same bits, with any number of threads", fixed: true }),
  patience: natural(0, { help: "end after this many validations without improvement; 0: never" }),
  maxSteps: natural(0, { help: "end after this many steps; 0: when the epochs are over" }),
  validateEvery: natural(0, { help: "steps between validations; 0: once an epoch" }),
  reportEvery: count(100, { help: "steps between reports", seldom: true }),
  warmup: natural(0, { help: "steps in which the learning rate grows from 0", seldom: true, fixed: true }),
  momentum: real(0, { min: 0, max: 1, openMax: true }, { help: "for sgd and rmsprop", seldom: true }),
  weightDecay: real(0, { min: 0 }, { help: "decay of the weights", seldom: true }),
  accumulate: count(1, {
    help: "batches in a step: their gradients are added up, in the memory of one",
    seldom: true,
    fixed: true,
    younger: true,
  }),
  nonMonotone: natural(5, {
    help: "validations that may be worse than the best before them until nt-asgd averages",
    seldom: true,
    younger: true,
  }),
};

/** Adam's, and the optimisers whose own is another. */
function describeRates(): string {
  const others = OPTIMIZERS.filter((name) => DEFAULT_LR[name] !== DEFAULT_LR.adam);
  return [DEFAULT_LR.adam, ...others.map((name) => `${name} ${DEFAULT_LR[name]}`)].join("; ");
}

/** A configuration whose learning rate is worked out. */
export type ResolvedTraining<C extends TrainingConfig = TrainingConfig> = C & { lr: number };

export function resolveTraining<C extends TrainingConfig>(config: C): ResolvedTraining<C> {
  return { ...config, lr: config.lr ?? DEFAULT_LR[config.optimizer] };
}
