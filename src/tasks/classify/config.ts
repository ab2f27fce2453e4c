import { type Fields, flag, oneOf, text } from "../../base/fields.js";
import { MANY_TO_ONE_FIELDS, type ManyToOneConfig, type ManyToOneSettings } from "../many-to-one/config.js";

export const SPLITS = ["random", "stratified"] as const;
export const CLASS_WEIGHTS = ["none", "balanced"] as const;

/** Everything that decides how a classifier reads its rows, is built and trained. JSON-safe. */
export interface ClassifySettings extends ManyToOneSettings {
  /** How the part to validate on is drawn. */
  split: (typeof SPLITS)[number];
  classWeights: (typeof CLASS_WEIGHTS)[number];
  /** Whether a cell may hold several labels, or none. */
  multi: boolean;
  /** What stands between them. */
  separator: string;
}

export type ClassifyConfig = ManyToOneConfig<ClassifySettings>;

const younger = { fixed: true, younger: true };

export const CLASSIFY_FIELDS: Fields<ClassifySettings> = {
  ...MANY_TO_ONE_FIELDS,
  label: { ...MANY_TO_ONE_FIELDS.label, help: "the column of the class" },
  pooling: { ...MANY_TO_ONE_FIELDS.pooling, help: "what the outputs of all steps become for the classes" },
  multi: flag({ ...younger, incomparable: true, help: "a row may have several labels, or none" }),
  separator: text(";", { ...younger, help: "what stands between the labels of a cell, with --multi", seldom: true }),
  classWeights: oneOf(CLASS_WEIGHTS, "none", { ...younger, help: "what errors in rows of a class weigh" }),
  split: oneOf(SPLITS, "random", {
    ...younger,
    incomparable: true,
    help: "how rows to validate on are drawn",
    seldom: true,
  }),
};
