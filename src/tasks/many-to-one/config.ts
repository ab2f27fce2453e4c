import { checkLayerCount } from "../../base/check.js";
import { OptionError } from "../../base/errors.js";
import { count, countOrNull, type Fields, flag, natural, oneOf, real, text, textOrNull } from "../../base/fields.js";
import { listed } from "../../base/listed.js";
import { VOCABULARY_KINDS } from "../../text/vocabulary.js";
import { type ResolvedTraining, TRAINING_FIELDS, type TrainingConfig } from "../../train/fields.js";
import {
  CELL_FIELD,
  type CellName,
  checkRates,
  PROJECTION_FIELD,
  RATE_FIELDS,
  type RecurrentRates,
} from "../recurrent/layers.js";
import { checkNotRead } from "../rows/column-names.js";
import type { RowSettings } from "../rows/inputs.js";
import { HELD_OUT_FIELDS, type HeldOutSettings } from "../training/held-out.js";
import { POOLINGS, type Pooling } from "./pooling.js";

/** Everything that decides how a model of rows reads them, is built and trained. JSON-safe. */
export interface ManyToOneSettings extends TrainingConfig, HeldOutSettings, RowSettings, RecurrentRates {
  cell: CellName;
  hidden: number;
  layers: number;
  bidirectional: boolean;
  /** null: as hidden. */
  embed: number | null;
  pooling: Pooling;
  /** Of the outputs of each layer and direction; null: as hidden. */
  projSize: number | null;
  /** Whether rows lie on the disk, so that they need not fit into memory. */
  stream: boolean;
}

export type ManyToOneConfig<S extends ManyToOneSettings = ManyToOneSettings> = ResolvedTraining<S> & { embed: number };

const column = { placeholder: "column", fixed: true };
const younger = { fixed: true, younger: true };

/** In the order in which help lists them. */
export const MANY_TO_ONE_FIELDS: Fields<ManyToOneSettings> = {
  text: textOrNull("text", { ...column, help: "the column of the text (default: none, the others are numbers)" }),
  label: text("label", { ...column, incomparable: true, help: "the column of what is to be told" }),
  columns: textOrNull("x,y", {
    ...younger,
    placeholder: "names",
    help: "the columns of numbers (default: all others)",
  }),
  group: textOrNull("id", {
    ...column,
    ...younger,
    incomparable: true,
    help: "the column of an id: its rows are the steps of a sequence",
  }),
  window: natural(0, { ...younger, help: "rows of numbers that are the steps of a sequence; 0: one row, or a group" }),
  stride: natural(0, { ...younger, help: "rows from one window to the next; 0: as --window", seldom: true }),
  tokens: oneOf([...VOCABULARY_KINDS, "bpe"], "char", { help: "what one step of a text reads", fixed: true }),
  cell: CELL_FIELD,
  hidden: count(64, { help: "hidden size of each layer and direction", fixed: true }),
  layers: { ...count(1, { help: "recurrent layers, one on top of the other", fixed: true }), check: checkLayerCount },
  bidirectional: flag({ help: "read from the end to the start as well", fixed: true }),
  embed: countOrNull("32", { help: "size of the token embedding (default: as --hidden)", fixed: true }),
  pooling: oneOf(POOLINGS, "last", { help: "what the outputs of all steps become for the answer", fixed: true }),
  dropout: real(0, { min: 0, max: 1, openMax: true }, { help: "probability to drop, between layers and at both ends" }),
  ...RATE_FIELDS,
  ...TRAINING_FIELDS,
  ...HELD_OUT_FIELDS,
  batch: count(32, { help: "sequences in a step", fixed: true, fitted: true }),
  epochs: { ...TRAINING_FIELDS.epochs, fitted: true },
  minCount: count(1, { help: "words and characters seen less often become <unk>", seldom: true, fixed: true }),
  vocabSize: countOrNull("5000", { ...younger, help: "most tokens to have (default: any; of bpe 1000)", seldom: true }),
  projSize: PROJECTION_FIELD,
  maxLength: count(400, { help: "steps of a sequence that are read", seldom: true, fixed: true }),
  stream: flag({ ...younger, help: "keep rows on the disk (default: those of a file over 256 MiB)", seldom: true }),
};

/** Works out what settings leave open. @throws OptionError for what does not go together */
export function resolveManyToOne<S extends ManyToOneSettings>(
  op: string,
  settings: ResolvedTraining<S>,
  nameOf: (key: string) => string = (key) => key,
): ManyToOneConfig<S> {
  checkRates(op, { ...settings, input: 1 }, nameOf);
  const { text, label, group, columns, window, stride, embed, hidden } = settings;
  const refuse = (key: string, value: unknown, must: string) => {
    const [argument, details] = [nameOf(key), { settings: { [key]: null } }];
    throw new OptionError({ op, argument, must, value: String(value), fix: `Leave ${argument} out.`, details });
  };
  checkNotRead(op, nameOf, ["label", label], { text, group, columns: listed(columns) });
  if (text !== null && group !== null)
    refuse("group", group, `be left out with ${nameOf("text")}: a text has its own steps`);
  if (text !== null && window > 0)
    refuse("window", window, `be left out with ${nameOf("text")}: a text has its own steps`);
  if (stride > 0 && window === 0) refuse("stride", stride, `be left out without ${nameOf("window")}`);
  return { ...settings, embed: embed ?? hidden };
}
