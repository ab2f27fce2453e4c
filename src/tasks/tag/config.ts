import { checkLayerCount } from "../../base/check.js";
import { OptionError } from "../../base/errors.js";
import { count, countOrNull, type Fields, flag, oneOf, real, resolveFields, text } from "../../base/fields.js";
import { type ResolvedTraining, resolveTraining, TRAINING_FIELDS, type TrainingConfig } from "../../train/fields.js";
import {
  CELL_FIELD,
  type CellName,
  checkRates,
  PROJECTION_FIELD,
  RATE_FIELDS,
  type RecurrentRates,
} from "../recurrent/layers.js";
import { HELD_OUT_FIELDS, type HeldOutSettings } from "../training/held-out.js";

/** What reads the characters of a word. */
export const CHARACTER_ENCODERS = ["lstm", "conv", "none"] as const;
/** What becomes of a tag that training never saw, where a model is judged. */
export const UNSEEN = ["refuse", "wrong"] as const;

/** Where a file has its words and tags. */
export interface SentenceSettings {
  /** Columns, counted from 1. */
  tokenColumn: number;
  /** null: the last. */
  tagColumn: number | null;
  /** Keys of JSON lines. */
  tokens: string;
  tags: string;
}

/** Everything that decides how a tagger reads its sentences, is built and trained. JSON-safe. */
export interface TagSettings extends TrainingConfig, HeldOutSettings, SentenceSettings, RecurrentRates {
  cell: CellName;
  hidden: number;
  layers: number;
  bidirectional: boolean;
  embed: number;
  chars: (typeof CHARACTER_ENCODERS)[number];
  charEmbed: number;
  charHidden: number;
  crf: boolean;
  minCount: number;
  maxLength: number;
  maxChars: number;
  /** Of the outputs of each layer and direction; null: as hidden. */
  projSize: number | null;
  unseen: (typeof UNSEEN)[number];
  /** Whether sentences lie on the disk, so that they need not fit into memory. */
  stream: boolean;
}

export type TagConfig = ResolvedTraining<TagSettings>;

const size = (value: number, help: string) => count(value, { help, fixed: true });
const seldom = (value: number, help: string) => count(value, { help, seldom: true, fixed: true });
const column = { placeholder: "number", fixed: true, incomparable: true };
const key = { placeholder: "key", fixed: true, incomparable: true };
export const TAG_FIELDS: Fields<TagSettings> = {
  tokenColumn: count(1, { ...column, help: "the column of the words, counted from 1" }),
  tagColumn: countOrNull("4", { ...column, help: "the column of the tags (default: the last)" }),
  tokens: text("tokens", { ...key, help: "the key of the words in JSON lines" }),
  tags: text("tags", { ...key, help: "the key of the tags in JSON lines" }),
  cell: CELL_FIELD,
  hidden: size(128, "hidden size of each layer and direction"),
  layers: { ...size(1, "recurrent layers, one on top of the other"), check: checkLayerCount },
  bidirectional: { ...flag({ help: "read from the end to the start as well (default)", fixed: true }), default: true },
  embed: size(100, "size of the word embedding"),
  chars: oneOf(CHARACTER_ENCODERS, "lstm", { help: "what reads the characters of a word", fixed: true }),
  charEmbed: size(24, "size of the character embedding"),
  charHidden: size(32, "hidden size of the character encoder, each direction"),
  crf: flag({ help: "judge whole sequences of tags: a conditional random field at the end", fixed: true }),
  dropout: real(
    0.3,
    { min: 0, max: 1, openMax: true },
    { help: "probability to drop, between layers and at both ends" },
  ),
  ...RATE_FIELDS,
  ...TRAINING_FIELDS,
  ...HELD_OUT_FIELDS,
  batch: count(32, { help: "sentences in a step", fixed: true, fitted: true }),
  epochs: { ...TRAINING_FIELDS.epochs, fitted: true },
  minCount: seldom(2, "words and characters seen less often become <unk>"),
  maxLength: seldom(256, "words that are read at once: what is longer is cut into pieces"),
  maxChars: seldom(32, "characters of a word that are read, half of them from its end"),
  projSize: PROJECTION_FIELD,
  unseen: oneOf(UNSEEN, "refuse", {
    help: "a tag to validate on that training never saw: refused, or counted as wrong",
    seldom: true,
    incomparable: true,
  }),
  stream: flag({
    fixed: true,
    younger: true,
    seldom: true,
    help: "keep sentences on the disk (default: those of a file over 256 MiB)",
  }),
};

/** @throws OptionError */
export function resolveTag(given: Partial<TagSettings>, op: string, nameOf = (name: string) => name): TagConfig {
  const config = resolveTraining(resolveFields(op, TAG_FIELDS, given, nameOf));
  checkRates(op, { ...config, input: 1 }, nameOf);
  if (config.tagColumn === config.tokenColumn) {
    const must = `be another column than that of the words (${nameOf("tokenColumn")} ${config.tokenColumn})`;
    throw new OptionError({ op, argument: nameOf("tagColumn"), must, value: String(config.tagColumn) });
  }
  return config;
}
