import { checkFunction, checkString } from "../../base/check.js";
import { OptionError, show } from "../../base/errors.js";
import { VOCABULARY_KINDS, type VocabularyKind } from "../../text/vocabulary.js";
import {
  count,
  countOrNull,
  type Fields,
  flag,
  natural,
  oneOf,
  real,
  realOrNull,
  resolveFields,
} from "../config-fields.js";

export const CELLS = ["rnn", "lstm", "gru"] as const;
export const OPTIMIZERS = ["sgd", "adam", "adamw", "rmsprop", "adagrad"] as const;
export const SCHEDULES = ["constant", "linear", "cosine", "step", "exponential", "plateau"] as const;

export type LanguageModelCell = (typeof CELLS)[number];
export type OptimizerName = (typeof OPTIMIZERS)[number];
export type ScheduleName = (typeof SCHEDULES)[number];

/** Everything that decides how a language model is built and trained. JSON-safe. */
export interface LanguageModelConfig {
  tokens: VocabularyKind;
  cell: LanguageModelCell;
  hidden: number;
  layers: number;
  /** null: as hidden. */
  embed: number | null;
  dropout: number;
  /** The head shares the embedding's weights; needs embed = hidden. */
  tie: boolean;
  batch: number;
  seqLen: number;
  epochs: number;
  optimizer: OptimizerName;
  /** null: the optimiser's own, `DEFAULT_LR`. */
  lr: number | null;
  schedule: ScheduleName;
  /** 0: do not clip. */
  clip: number;
  /** A part of the text, or the path of a file. 0: none. */
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
  minCount: number;
  maxVocab: number | null;
  lowercase: boolean;
  sampleLength: number;
}

/** A configuration in which nothing is left to work out. */
export type ResolvedConfig = LanguageModelConfig & { embed: number; lr: number };

export const DEFAULT_LR: Readonly<Record<OptimizerName, number>> = {
  sgd: 0.5,
  adam: 0.002,
  adamw: 0.002,
  rmsprop: 0.002,
  adagrad: 0.02,
};

const valid = {
  default: 0.05 as number | string,
  kind: "number or text",
  example: "0.05",
  help: "what to validate on: a part of the text (its end), in [0, 1), or a file",
  check(op: string, argument: string, value: unknown): number | string {
    if (typeof value === "string" && value !== "" && !Number.isFinite(Number(value))) return value;
    const part = typeof value === "string" && value !== "" ? Number(value) : value;
    if (typeof part === "number" && part >= 0 && part < 1) return part;
    const must = "be a number in [0, 1) or the path of a file";
    throw new OptionError({ op, argument, must, value: show(value), fix: "Use for example 0.05." });
  },
} as const;

/** In the order in which help lists them. */
export const LANGUAGE_MODEL_FIELDS: Fields<LanguageModelConfig> = {
  tokens: oneOf(VOCABULARY_KINDS, "char", { help: "what one step reads and predicts" }),
  cell: oneOf(CELLS, "lstm", { help: "the recurrent cell (rnn: tanh)" }),
  hidden: count(128, { help: "hidden size of each layer" }),
  layers: count(2, { help: "recurrent layers, one on top of the other" }),
  embed: countOrNull("128", { help: "size of the token embedding (default: as --hidden)" }),
  dropout: real(0, { min: 0, max: 1, openMax: true }, { help: "probability to drop, between layers and at both ends" }),
  tie: flag({ help: "let the head share the embedding's weights (needs --embed = --hidden)" }),
  batch: count(50, { help: "places of the text that are read side by side" }),
  seqLen: count(50, { help: "steps that the gradient goes back; the state is carried on" }),
  epochs: count(10, { help: "passes over the text" }),
  optimizer: oneOf(OPTIMIZERS, "adam", { help: "update rule" }),
  lr: realOrNull("0.002", { min: 0, openMin: true }, { help: `learning rate (default: ${describeRates()})` }),
  schedule: oneOf(SCHEDULES, "constant", { help: "how the learning rate changes on the way" }),
  clip: real(5, { min: 0 }, { help: "most that the norm of the gradient may be; 0: any" }),
  valid,
  seed: natural(1, { help: "the same seed gives the same bits, with any number of threads" }),
  patience: natural(0, { help: "end after this many validations without improvement; 0: never" }),
  maxSteps: natural(0, { help: "end after this many steps; 0: when the epochs are over" }),
  validateEvery: natural(0, { help: "steps between validations; 0: once an epoch" }),
  reportEvery: { ...count(100, { help: "steps between reports", fileOnly: true }) },
  warmup: natural(0, { help: "steps in which the learning rate grows from 0", fileOnly: true }),
  momentum: real(0, { min: 0, max: 1, openMax: true }, { help: "for sgd and rmsprop", fileOnly: true }),
  weightDecay: real(0, { min: 0 }, { help: "decay of the weights", fileOnly: true }),
  minCount: count(1, { help: "words and characters seen less often become <unk>", fileOnly: true }),
  maxVocab: countOrNull("10000", { help: "most tokens to keep", fileOnly: true }),
  lowercase: flag({ help: "turn words to lower case", fileOnly: true }),
  sampleLength: natural(120, { help: "tokens of the sample at each validation", fileOnly: true }),
};

function describeRates(): string {
  return "0.002; sgd 0.5; adagrad 0.02";
}

/** What a library user or a configuration file may give: any part of it. */
export type LanguageModelOptions = { [K in keyof LanguageModelConfig]?: LanguageModelConfig[K] | undefined };

/**
 * Checks `given` and works out what it leaves open.
 * @param nameOf how the caller's user wrote a key, for errors
 * @throws OptionError naming the option
 */
export function resolveConfig(
  given: LanguageModelOptions,
  op = "languageModel",
  nameOf: (key: string) => string = (key) => key,
): ResolvedConfig {
  checkString("resolveConfig", "op", op);
  checkFunction(op, "nameOf", nameOf);
  const config = resolveFields(op, LANGUAGE_MODEL_FIELDS, given, nameOf);
  const embed = config.embed ?? config.hidden;
  if (config.tie && embed !== config.hidden) {
    throw new OptionError({
      op,
      argument: nameOf("embed"),
      must: `be as large as ${nameOf("hidden")} (${config.hidden}) with ${nameOf("tie")}, because one matrix serves both ends`,
      value: String(embed),
      fix: `Leave ${nameOf("embed")} or ${nameOf("tie")} out.`,
    });
  }
  return { ...config, embed, lr: config.lr ?? DEFAULT_LR[config.optimizer] };
}
