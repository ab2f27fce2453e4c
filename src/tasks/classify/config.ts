import { checkLayerCount } from "../../base/check.js";
import { count, countOrNull, type Fields, flag, oneOf, real, text, textOrNull } from "../../base/fields.js";
import { VOCABULARY_KINDS } from "../../text/vocabulary.js";
import { type ResolvedTraining, TRAINING_FIELDS, type TrainingConfig } from "../../train/fields.js";
import { POOLINGS, type Pooling } from "../many-to-one.js";
import { CELL_FIELD, type CellName, RATE_FIELDS, type RecurrentRates } from "../recurrent-layers.js";
import type { RowSettings } from "../row-inputs.js";

/** Everything that decides how a classifier reads its rows, is built and trained. JSON-safe. */
export interface ClassifySettings extends TrainingConfig, RowSettings, RecurrentRates {
  cell: CellName;
  hidden: number;
  layers: number;
  bidirectional: boolean;
  /** null: as hidden. */
  embed: number | null;
  pooling: Pooling;
}

export type ClassifyConfig = ResolvedTraining<ClassifySettings> & { embed: number };

const column = { placeholder: "column", fixed: true };
export const CLASSIFY_FIELDS: Fields<ClassifySettings> = {
  text: textOrNull("text", { ...column, help: "the column of the text (default: none, the others are numbers)" }),
  label: text("label", { ...column, help: "the column of the class" }),
  tokens: oneOf(VOCABULARY_KINDS, "char", { help: "what one step of a text reads", fixed: true }),
  cell: CELL_FIELD,
  hidden: count(64, { help: "hidden size of each layer and direction", fixed: true }),
  layers: { ...count(1, { help: "recurrent layers, one on top of the other", fixed: true }), check: checkLayerCount },
  bidirectional: flag({ help: "read from the end to the start as well", fixed: true }),
  embed: countOrNull("32", { help: "size of the token embedding (default: as --hidden)", fixed: true }),
  pooling: oneOf(POOLINGS, "last", { help: "what the outputs of all steps become for the classes", fixed: true }),
  dropout: real(0, { min: 0, max: 1, openMax: true }, { help: "probability to drop, between layers and at both ends" }),
  ...RATE_FIELDS,
  ...TRAINING_FIELDS,
  batch: count(32, { help: "rows in a step", fixed: true }),
  minCount: count(1, { help: "words and characters seen less often become <unk>", seldom: true, fixed: true }),
  maxLength: count(400, { help: "steps of a row that are read", seldom: true, fixed: true }),
};
