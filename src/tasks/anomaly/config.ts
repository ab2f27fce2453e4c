import { count, countOrNull, type Fields, flag, oneOf, real, textOrNull } from "../../base/fields.js";
import { VOCABULARY_KINDS, type VocabularyKind } from "../../text/vocabulary.js";
import type { ResolvedTraining } from "../../train/fields.js";
import { FORECAST_FIELDS, type ForecastSettings } from "../forecast/config.js";

const LIKELIHOODS = ["gaussian", "student-t"] as const;

/** Everything that decides how what is usual is read and learned. JSON-safe. */
export interface AnomalySettings
  extends Omit<ForecastSettings, "horizon" | "decoding" | "paths" | "calibrate" | "output"> {
  /** The column of texts; null: a series, or a file of lines. */
  text: string | null;
  label: string | null;
  /** The share of what is held out that lies below the threshold. */
  quantile: number;
  output: (typeof LIKELIHOODS)[number];
  tokens: VocabularyKind;
  minCount: number;
  maxLength: number;
  /** Whether dates and times in lines are read as if all were one. */
  maskTimes: boolean;
  /** null: as hidden. */
  embed: number | null;
}

export type AnomalyConfig = ResolvedTraining<AnomalySettings> & { embed: number };

const column = { placeholder: "column", fixed: true, incomparable: true };
const { horizon: _h, decoding: _d, paths: _p, calibrate: _c, ...fields } = FORECAST_FIELDS;

export const ANOMALY_FIELDS: Fields<AnomalySettings> = {
  text: textOrNull("message", {
    ...column,
    help: "the column of texts (default: none; a file that is no table is lines)",
  }),
  label: textOrNull("fault", {
    ...column,
    help: "the column that says what is a fault: those are not learned (default: none)",
  }),
  quantile: real(
    0.99,
    { min: 0, max: 1, openMin: true, openMax: true },
    {
      help: "the share of what is held out that is to pass as usual",
      fixed: true,
    },
  ),
  tokens: oneOf(VOCABULARY_KINDS, "char", { help: "what one step of a text reads", fixed: true, incomparable: true }),
  embed: countOrNull("32", { help: "size of the token embedding (default: as --hidden)", fixed: true }),
  ...fields,
  output: oneOf(LIKELIHOODS, "student-t", { help: "how values lie about what is expected", fixed: true }),
  batch: count(32, { help: "lines or steps in a step of training", fixed: true, fitted: true }),
  minCount: count(1, {
    help: "words and characters seen less often become <unk>",
    seldom: true,
    fixed: true,
    incomparable: true,
  }),
  stream: flag({
    fixed: true,
    younger: true,
    seldom: true,
    help: "keep series or lines on the disk (default: those of a file over 256 MiB)",
  }),
  maskTimes: flag({
    fixed: true,
    younger: true,
    incomparable: true,
    help: "read dates and times in lines as if all were one (default: where most lines hold one; --no-mask-times reads them)",
  }),
  maxLength: count(400, { help: "tokens of a line that are read", seldom: true, fixed: true }),
};
