import { checkLayerCount } from "../../base/check.js";
import { OptionError, show } from "../../base/errors.js";
import { count, countOrNull, type Fields, flag, oneOf, real, resolveFields, textOrNull } from "../../base/fields.js";
import { listed } from "../../base/listed.js";
import { VOCABULARY_KINDS, type VocabularyKind } from "../../text/vocabulary.js";
import { type ResolvedTraining, resolveTraining, TRAINING_FIELDS, type TrainingConfig } from "../../train/fields.js";
import { CELL_FIELD, type CellName, checkRates, RATE_FIELDS, type RecurrentRates } from "../recurrent/layers.js";
import { checkNotRead } from "../rows/column-names.js";
import { HELD_OUT_FIELDS, type HeldOutSettings } from "../training/held-out.js";

/** Everything that decides how a writer of labelled sequences is built and trained. JSON-safe. */
export interface GenerateSettings extends TrainingConfig, HeldOutSettings, RecurrentRates {
  /** Columns; null: worked out of the file. */
  text: string | null;
  label: string | null;
  /** Further columns, with commas between. */
  condition: string | null;
  tokens: VocabularyKind;
  cell: CellName;
  hidden: number;
  layers: number;
  /** null: as hidden. */
  embed: number | null;
  minCount: number;
  /** Tokens of a text; null: by the file. */
  maxLength: number | null;
  /** Whether rows lie on the disk, so that they need not fit into memory. */
  stream: boolean;
}

export type GenerateConfig = ResolvedTraining<GenerateSettings> & { embed: number };

const column = { placeholder: "column", fixed: true, incomparable: true };
export const GENERATE_FIELDS: Fields<GenerateSettings> = {
  text: textOrNull("text", { ...column, help: "the column to write (default: the longest text)" }),
  label: textOrNull("label", { ...column, help: "the column of the class (default: the one with few values)" }),
  condition: textOrNull("length,style", {
    ...column,
    younger: true,
    placeholder: "a,b",
    help: "columns that a text is written of, beside --label or alone: numbers and classes",
  }),
  tokens: oneOf(VOCABULARY_KINDS, "char", { help: "what one step writes", fixed: true, incomparable: true }),
  cell: CELL_FIELD,
  hidden: count(128, { help: "hidden size of each layer", fixed: true }),
  layers: { ...count(1, { help: "recurrent layers, one on top of the other", fixed: true }), check: checkLayerCount },
  embed: countOrNull("32", { help: "size of the token embedding (default: as --hidden)", fixed: true }),
  dropout: real(0, { min: 0, max: 1, openMax: true }, { help: "probability to drop, between layers and at both ends" }),
  ...RATE_FIELDS,
  ...TRAINING_FIELDS,
  ...HELD_OUT_FIELDS,
  batch: count(32, { help: "rows in a step", fixed: true, fitted: true }),
  epochs: { ...TRAINING_FIELDS.epochs, fitted: true },
  minCount: count(1, {
    help: "words and characters seen less often become <unk>",
    seldom: true,
    fixed: true,
    incomparable: true,
  }),
  maxLength: countOrNull("200", {
    help: "tokens of a text at most (default: twice the longest of the file)",
    seldom: true,
    fixed: true,
  }),
  stream: flag({
    fixed: true,
    younger: true,
    seldom: true,
    help: "keep rows on the disk (default: those of a file over 256 MiB)",
  }),
};

/** The columns that a text is written of, the class before the others. */
export function conditionNames({ label, condition }: Pick<GenerateSettings, "label" | "condition">): string[] {
  return [...new Set([...(label === null ? [] : [label]), ...listed(condition)])];
}

/** @throws OptionError, for conditions without a name too */
export function resolveGenerate(
  given: Partial<GenerateSettings>,
  op: string,
  nameOf: (key: string) => string = (key) => key,
): GenerateConfig {
  const config = resolveTraining(resolveFields(op, GENERATE_FIELDS, given, nameOf));
  checkRates(op, { ...config, input: 1 }, nameOf);
  if (config.condition !== null && conditionNames({ label: null, condition: config.condition }).length === 0) {
    const [argument, details] = [nameOf("condition"), { settings: { condition: null } }];
    const must = "name a column or more, with commas between";
    throw new OptionError({
      op,
      argument,
      must,
      value: show(config.condition),
      fix: `Leave ${argument} out.`,
      details,
    });
  }
  const { text, label, condition } = config;
  checkNotRead(op, nameOf, ["text", text], { label, condition: listed(condition) });
  return { ...config, embed: config.embed ?? config.hidden };
}
