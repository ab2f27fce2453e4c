import { checkFunction, checkLayerCount, checkString } from "../../base/check.js";
import { OptionError } from "../../base/errors.js";
import { count, countOrNull, type Fields, flag, natural, oneOf, real, resolveFields } from "../../base/fields.js";

import { VOCABULARY_KINDS, type VocabularyKind } from "../../text/vocabulary.js";
import { resolveTraining, TRAINING_FIELDS, type TrainingConfig } from "../../train/fields.js";
import { CELLS, type CellName } from "../recurrent-sizes.js";

/** Everything that decides how a language model is built and trained. JSON-safe. */
export interface LanguageModelConfig extends TrainingConfig {
  tokens: VocabularyKind;
  cell: CellName;
  hidden: number;
  layers: number;
  /** null: as hidden. */
  embed: number | null;
  dropout: number;
  /** The head shares the embedding's weights; needs embed = hidden. */
  tie: boolean;
  seqLen: number;
  minCount: number;
  maxVocab: number | null;
  lowercase: boolean;
  sampleLength: number;
}

/** A configuration in which nothing is left to work out. */
export type ResolvedConfig = LanguageModelConfig & { embed: number; lr: number };

const { batch, epochs, valid, optimizer, lr, schedule, clip, ...others } = TRAINING_FIELDS;

/** In the order in which help lists them. */
export const LANGUAGE_MODEL_FIELDS: Fields<LanguageModelConfig> = {
  tokens: oneOf(VOCABULARY_KINDS, "char", { help: "what one step reads and predicts", fixed: true }),
  cell: oneOf(CELLS, "lstm", { help: "the recurrent cell", fixed: true }),
  hidden: count(128, { help: "hidden size of each layer", fixed: true }),
  layers: { ...count(2, { help: "recurrent layers, one on top of the other", fixed: true }), check: checkLayerCount },
  embed: countOrNull("128", { help: "size of the token embedding (default: as --hidden)", fixed: true }),
  dropout: real(0, { min: 0, max: 1, openMax: true }, { help: "probability to drop, between layers and at both ends" }),
  tie: flag({ help: "let the head share the embedding's weights (needs --embed = --hidden)", fixed: true }),
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
  minCount: count(1, { help: "words and characters seen less often become <unk>", seldom: true, fixed: true }),
  maxVocab: countOrNull("10000", { help: "most tokens to keep", seldom: true, fixed: true }),
  lowercase: flag({ help: "turn words to lower case", seldom: true, fixed: true }),
  sampleLength: natural(120, { help: "tokens of the sample at each validation", seldom: true }),
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
  if (config.tie && embed !== config.hidden) {
    throw new OptionError({
      op,
      argument: nameOf("embed"),
      must: `be as large as ${nameOf("hidden")} (${config.hidden}) with ${nameOf("tie")}, because one matrix serves both ends`,
      value: String(embed),
      fix: `Leave ${nameOf("embed")} or ${nameOf("tie")} out.`,
      details: { settings: { embed: config.hidden } },
    });
  }
  return resolveTraining({ ...config, embed });
}
