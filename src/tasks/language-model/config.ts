import { checkFunction, checkLayerCount, checkString } from "../../base/check.js";
import { OptionError, show } from "../../base/errors.js";
import {
  count,
  countOrNull,
  type Field,
  type Fields,
  flag,
  natural,
  oneOf,
  real,
  realOrNull,
  resolveFields,
} from "../../base/fields.js";

import { VOCABULARY_KINDS, type VocabularyKind } from "../../text/vocabulary.js";
import { resolveTraining, TRAINING_FIELDS, type TrainingConfig } from "../../train/fields.js";
import {
  CELL_FIELD,
  type CellName,
  checkRates,
  PROJECTION_FIELD,
  RATE_FIELDS,
  type RecurrentRates,
} from "../recurrent/layers.js";
import { HELD_OUT_FIELDS, type HeldOutSettings } from "../training/held-out.js";

/** Everything that decides how a language model is built and trained. JSON-safe. */
export interface LanguageModelConfig extends TrainingConfig, Pick<HeldOutSettings, "fold">, RecurrentRates {
  tokens: VocabularyKind;
  cell: CellName;
  hidden: number;
  layers: number;
  /** null: as hidden. */
  embed: number | null;
  /** Of the last layer. null: as hidden; `embed`: as the embedding, which the head can share then. */
  lastHidden: number | "embed" | null;
  /** What the outputs of each layer are projected to, as PyTorch's proj_size. null: they are not. */
  projSize: number | null;
  /** The head shares the embedding's weights; needs embed = the size of the last layer. */
  tie: boolean;
  seqLen: number;
  /** Batches are of random lengths about `seqLen`, and the learning rate of each goes with its length. */
  randomLength: boolean;
  /** Locked dropout of what the head reads. */
  outputDropout: number;
  /** Activation regularisation: what the mean square of the last layer's outputs counts in the loss. */
  ar: number;
  /** Temporal activation regularisation: what the mean square of their changes counts. */
  tar: number;
  /** The embedding and the head start uniform in ± this. null: as `Embedding` and `Linear` start. */
  initRange: number | null;
  minCount: number;
  maxVocab: number | null;
  lowercase: boolean;
  sampleLength: number;
  /** Whether tokens lie on the disk, so that the text need not fit into memory. */
  stream: boolean;
}

/** A configuration in which nothing is left to work out. */
export type ResolvedConfig = LanguageModelConfig & { embed: number; lr: number; lastHidden: number | null };

const { batch, epochs, valid, optimizer, lr, schedule, clip, ...others } = TRAINING_FIELDS;

const regular = { group: "Regularisation, in training:", younger: true };
/** A loss a token says nothing of other tokens. */
const vocabulary = { seldom: true, fixed: true, incomparable: true };
const few = { seldom: true, younger: true, fixed: true };

const lastHidden: Field<number | "embed" | null> = {
  ...countOrNull("400", { ...few, help: "size of the last layer, or embed: as --embed (default: as --hidden)" }),
  kind: "number or text",
  placeholder: "n|embed",
  check(op, argument, value) {
    if (value === null || value === "embed") return value;
    const size = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    if (typeof size === "number" && Number.isSafeInteger(size) && size > 0) return size;
    const [must, fix] = ['be a positive integer or "embed"', "Use for example 400."];
    throw new OptionError({ op, argument, must, value: show(value), fix, details: { nearest: "embed" } });
  },
};

/** In the order in which help lists them. */
export const LANGUAGE_MODEL_FIELDS: Fields<LanguageModelConfig> = {
  tokens: oneOf(VOCABULARY_KINDS, "char", {
    help: "what one step reads and predicts",
    fixed: true,
    incomparable: true,
  }),
  cell: CELL_FIELD,
  hidden: count(128, { help: "hidden size of each layer", fixed: true }),
  layers: { ...count(2, { help: "recurrent layers, one on top of the other", fixed: true }), check: checkLayerCount },
  embed: countOrNull("128", { help: "size of the token embedding (default: as --hidden)", fixed: true }),
  dropout: real(0, { min: 0, max: 1, openMax: true }, { help: "probability to drop, between layers and at both ends" }),
  tie: flag({ help: "let the head share the embedding's weights (needs --embed = --hidden)", fixed: true }),
  ...RATE_FIELDS,
  outputDropout: real(
    0,
    { min: 0, max: 1, openMax: true },
    { ...regular, help: "locked dropout of what the head reads" },
  ),
  ar: real(0, { min: 0 }, { ...regular, help: "activation regularisation: weight of the outputs' mean square" }),
  tar: real(0, { min: 0 }, { ...regular, help: "temporal: weight of the mean square of their changes" }),
  randomLength: flag({ ...regular, help: "random lengths about --seq-len, other ones in each epoch", fixed: true }),
  batch: { ...batch, help: "places of the text that are read side by side", fitted: true },
  seqLen: count(50, {
    help: "steps that the gradient goes back; the state is carried on",
    fitted: true,
    fixed: true,
  }),
  epochs: { ...epochs, help: "passes over the text", fitted: true },
  optimizer,
  lr,
  schedule,
  clip,
  valid: { ...valid, help: "what to validate on: a part of the text (its end), in [0, 1), or a file" },
  ...others,
  fold: {
    ...HELD_OUT_FIELDS.fold,
    help: "hold out this one of k stretches of the text to validate on, in place of --valid: 2/5 is the second of 5",
  },
  minCount: count(1, { ...vocabulary, help: "words and characters seen less often become <unk>" }),
  maxVocab: countOrNull("10000", { ...vocabulary, help: "most tokens to keep" }),
  lastHidden,
  projSize: PROJECTION_FIELD,
  initRange: realOrNull(
    "0.1",
    { min: 0, openMin: true },
    { ...few, help: "embedding and head start uniform in ± this (default: by their sizes)" },
  ),
  lowercase: flag({ ...vocabulary, help: "turn words to lower case" }),
  sampleLength: natural(120, { help: "tokens of the sample at each validation", seldom: true }),
  stream: flag({
    younger: true,
    seldom: true,
    help: "keep tokens on the disk (default: those of a text over 256 MiB)",
  }),
};

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
  const last = config.lastHidden === "embed" ? embed : config.lastHidden;
  const [width, of] =
    last === null ? [outputSize(config), config.projSize === null ? "hidden" : "projSize"] : [last, "lastHidden"];
  if (config.tie && embed !== width) {
    throw new OptionError({
      op,
      argument: nameOf("embed"),
      must: `be as large as ${nameOf(of)} (${width}) with ${nameOf("tie")}, because one matrix serves both ends`,
      value: String(embed),
      fix: `Leave ${nameOf("embed")} or ${nameOf("tie")} out.`,
      details: { settings: { embed: width } },
    });
  }
  const resolved = { ...config, embed, lastHidden: last === config.hidden ? null : last };
  checkRates(op, layerSizes(resolved), nameOf);
  return resolveTraining(resolved);
}

/** What the head reads of each step. */
export function outputSize(
  config: Pick<ResolvedConfig, "hidden"> & { lastHidden?: unknown; projSize?: number | null },
): number {
  return typeof config.lastHidden === "number" ? config.lastHidden : (config.projSize ?? config.hidden);
}

/** A model's recurrent layers, as the tasks that have some describe them. */
export function layerSizes<C extends { embed: number }>(config: C): C & { input: number } {
  return { ...config, input: config.embed };
}
