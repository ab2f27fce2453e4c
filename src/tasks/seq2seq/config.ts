import { checkLayerCount } from "../../base/check.js";
import { OptionError, show } from "../../base/errors.js";
import {
  count,
  countOrNull,
  type Fields,
  flag,
  oneOf,
  real,
  realOrNull,
  resolveFields,
  textOrNull,
} from "../../base/fields.js";
import type { AttentionScore } from "../../nn/index.js";
import { VOCABULARY_KINDS, type VocabularyKind } from "../../text/vocabulary.js";
import { type ResolvedTraining, resolveTraining, TRAINING_FIELDS, type TrainingConfig } from "../../train/fields.js";
import { CELL_FIELD, type CellName, checkRates, RATE_FIELDS, type RecurrentRates } from "../recurrent/layers.js";
import { checkNotRead } from "../rows/column-names.js";
import { HELD_OUT_FIELDS, type HeldOutSettings } from "../training/held-out.js";
import type { PairSettings } from "./pairs.js";

export const ATTENTIONS = ["none", "dot", "general", "additive"] as const;

/** Everything that decides how pairs are read, and how the model of them is built and trained. JSON-safe. */
export interface Seq2SeqSettings extends TrainingConfig, HeldOutSettings, PairSettings, RecurrentRates {
  sourceTokens: VocabularyKind;
  targetTokens: VocabularyKind;
  cell: CellName;
  hidden: number;
  layers: number;
  bidirectional: boolean;
  /** null: as hidden. */
  embed: number | null;
  reverse: boolean;
  peeky: boolean;
  attention: "none" | AttentionScore;
  inputFeeding: boolean;
  /** Whether tokens of the source may be written as they stand there. */
  copy: boolean;
  teacherForcing: number;
  /** null: as teacherForcing. */
  teacherForcingEnd: number | null;
  minCount: number;
  /** Tokens of a side; null: by the file. */
  maxLength: number | null;
  /** Whether pairs lie on the disk, so that they need not fit into memory. */
  stream: boolean;
}

export type Seq2SeqConfig = ResolvedTraining<Seq2SeqSettings> & { embed: number };

const column = { placeholder: "column", fixed: true, incomparable: true };
const SHARE = { min: 0, max: 1 };
export const SEQ2SEQ_FIELDS: Fields<Seq2SeqSettings> = {
  source: textOrNull("source", { ...column, help: "the column that is read (default: source, or the first of two)" }),
  target: textOrNull("target", { ...column, help: "the column to write (default: target, or the second of two)" }),
  separator: textOrNull("_", {
    help: "read lines without a header, and this stands between source and target",
    placeholder: "text",
    fixed: true,
  }),
  sourceTokens: oneOf(VOCABULARY_KINDS, "char", { help: "what one step of the source reads", fixed: true }),
  targetTokens: oneOf(VOCABULARY_KINDS, "char", { help: "what one step of the target writes", fixed: true }),
  cell: CELL_FIELD,
  hidden: count(128, { help: "hidden size of each layer, of both directions together", fixed: true }),
  layers: {
    ...count(1, { help: "recurrent layers of the encoder, and of the decoder", fixed: true }),
    check: checkLayerCount,
  },
  bidirectional: flag({ help: "read the source from the end to the start as well", fixed: true }),
  embed: countOrNull("64", { help: "size of the token embeddings (default: as --hidden)", fixed: true }),
  reverse: flag({ help: "read the source backwards", fixed: true }),
  peeky: flag({ help: "show what the encoder ends with to every step of the decoder", fixed: true }),
  attention: oneOf(ATTENTIONS, "general", { help: "how the decoder looks back at the source", fixed: true }),
  inputFeeding: flag({ help: "show the decoder what attention found a step before, step by step", fixed: true }),
  copy: flag({
    younger: true,
    fixed: true,
    help: "write tokens of the source as they stand there too, also unknown ones: both sides share a vocabulary",
  }),
  teacherForcing: real(1, SHARE, {
    help: "share of tokens that the decoder is given in training; the others are its own",
  }),
  teacherForcingEnd: realOrNull("0.5", SHARE, {
    help: "that share at the end of training, on a line there (default: as --teacher-forcing)",
  }),
  dropout: real(0, { min: 0, max: 1, openMax: true }, { help: "probability to drop, between layers and at both ends" }),
  ...RATE_FIELDS,
  ...TRAINING_FIELDS,
  ...HELD_OUT_FIELDS,
  batch: count(64, { help: "pairs in a step", fixed: true, fitted: true }),
  epochs: { ...TRAINING_FIELDS.epochs, fitted: true },
  minCount: count(1, { help: "words and characters seen less often become <unk>", seldom: true, fixed: true }),
  maxLength: countOrNull("200", {
    help: "tokens of a source or target at most (default: twice the longest of the file)",
    seldom: true,
    fixed: true,
  }),
  stream: flag({
    fixed: true,
    younger: true,
    seldom: true,
    help: "keep pairs on the disk (default: those of a file over 256 MiB)",
  }),
};

/** @throws OptionError for settings that do not go together */
export function resolveSeq2Seq(
  given: Partial<Seq2SeqSettings>,
  op: string,
  nameOf: (key: string) => string = (key) => key,
): Seq2SeqConfig {
  const config = resolveTraining(resolveFields(op, SEQ2SEQ_FIELDS, given, nameOf));
  const refuse = (key: keyof Seq2SeqSettings, must: string, fix: string, settings: Record<string, string | null>) => {
    const [argument, value] = [nameOf(key), show(config[key])];
    throw new OptionError({ op, argument, must, value, fix, details: { settings } });
  };
  const { bidirectional, hidden, separator, source, target } = config;
  if (bidirectional && hidden % 2 !== 0) {
    const must = `be even with ${nameOf("bidirectional")}: each direction has half of it`;
    const details = { settings: { hidden: hidden + 1 } };
    const fix = `Use an even one, such as ${hidden + 1}.`;
    throw new OptionError({ op, argument: nameOf("hidden"), must, value: `${hidden}`, fix, details });
  }
  if (config.inputFeeding && config.attention === "none") {
    const must = `be left out with ${nameOf("attention")} none: attention is what it feeds`;
    refuse("inputFeeding", must, `Leave ${nameOf("inputFeeding")} out.`, { inputFeeding: null });
  }
  if (config.copy && config.attention === "none") {
    const must = `be left out with ${nameOf("attention")} none: attention says what is copied`;
    refuse("copy", must, `Leave ${nameOf("copy")} out.`, { copy: null });
  }
  if (config.copy && config.sourceTokens !== config.targetTokens) {
    const must = `be ${config.sourceTokens} with ${nameOf("copy")}, as ${nameOf("sourceTokens")} is`;
    const fix = `Read and write tokens of one kind, or leave ${nameOf("copy")} out.`;
    refuse("targetTokens", must, fix, { targetTokens: config.sourceTokens });
  }
  if (source !== null) checkNotRead(op, nameOf, ["source", source], { target });
  if (separator !== null && /[\r\n\0]/.test(separator)) {
    const must = "be without line breaks, which stand between pairs";
    refuse("separator", must, `Leave ${nameOf("separator")} out, or name what stands between.`, { separator: null });
  }
  checkRates(op, { ...config, input: 1 }, nameOf);
  return { ...config, embed: config.embed ?? config.hidden };
}
