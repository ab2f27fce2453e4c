import { count, type Fields, flag, real } from "../../base/fields.js";
import type { Search } from "./write.js";

/** What evaluation may be told. */
export const EVALUATION_FIELDS: Fields<Pick<Search, "beam" | "lengthPenalty">> = {
  beam: count(1, { help: "hypotheses that are followed; 1: always the likeliest token" }),
  lengthPenalty: real(
    0,
    { min: 0 },
    { help: "of a beam: order by log probability / length^x; 0 prefers short, 1 the mean token" },
  ),
};

export interface PredictionSettings extends Search {
  attention: boolean;
}

/** What prediction may be told. */
export const PREDICTION_FIELDS: Fields<PredictionSettings> = {
  ...EVALUATION_FIELDS,
  nBest: count(1, { help: "targets that are told for each source, best first" }),
  attention: flag({ help: "with --json also where each token of the target looked in the source" }),
};
