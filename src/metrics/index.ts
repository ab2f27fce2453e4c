/** Figures over many batches: each a list of sums and a function of them. */
export { type Average, accuracy, type ClassRate, f1, precision, recall, topK } from "./classification.js";
export { ConfusionMatrix, type ConfusionPictureOptions, confusionMatrix } from "./confusion-matrix.js";
export type { ClassOptions, Labels, Scores } from "./labels.js";
export { bits, type LossOutput, meanLoss, perplexity } from "./likelihood.js";
export { type Given, type HoldsNumbers, type Metric, type MetricInfo, Sums, type SumsOptions } from "./metric.js";
export { bleu, type ChrfOptions, chrf, type References } from "./n-grams.js";
export { calibrationError, logLoss } from "./probabilities.js";
export {
  editDistance,
  exactMatch,
  meanEditDistance,
  sequenceErrorRate,
  type TokenSequences,
  tokenErrorRate,
} from "./sequences.js";
export { type Span, spanF1, spansOf } from "./spans.js";
export {
  coverage,
  type Intervals,
  mae,
  mase,
  pinball,
  r2,
  rmse,
  seasonalNaiveError,
  smape,
  type Values,
} from "./values.js";
