export {
  buildLanguageModel,
  decodeLanguageModel,
  encodeLanguageModel,
  type LanguageModelCheckpoint,
  loadLanguageModel,
} from "./checkpoint.js";
export {
  LANGUAGE_MODEL_FIELDS,
  type LanguageModelConfig,
  type LanguageModelOptions,
  type ResolvedConfig,
  resolveConfig,
} from "./config.js";
export { type Corpus, type CorpusOptions, readCorpus } from "./corpus.js";
export type { EvaluateOptions, Evaluation } from "./evaluation.js";
export type { GenerateOptions } from "./generate.js";
export {
  type Inspection,
  type InspectOptions,
  inspectionHtml,
  inspectionSvg,
  inspectLanguageModel,
  type ShownToken,
  type TextInspection,
  type UnitTrace,
} from "./inspection/index.js";
export { checkMemory, estimateMemory, type MemoryEstimate } from "./memory-estimate.js";
export { LanguageModel, type RecurrentState } from "./model.js";
export { checkResumableConfig, progressOf } from "./resume.js";
export { checkSamplingOptions, type SamplingOptions, sampleToken, samplingProbabilities } from "./sampling.js";
export {
  LanguageModelTraining,
  type TrainingOptions,
  type TrainLanguageModelOptions,
  trainLanguageModel,
} from "./training.js";
