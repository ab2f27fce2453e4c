export type { MemoryEstimate } from "../../train/memory.js";
export type { Figure } from "../commands.js";
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
export type { EvaluateOptions, Evaluation, UnknownHandling } from "./evaluation.js";
export type { Fitted } from "./fit-to-text.js";
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
export { checkMemory, estimateMemory } from "./memory-estimate.js";
export { LanguageModel, type RecurrentState } from "./model.js";
export { LANGUAGE_MODEL_PRESETS } from "./presets.js";
export { checkResumableConfig } from "./resume.js";
export { checkSamplingOptions, type SamplingOptions, sampleToken, samplingProbabilities } from "./sampling.js";
export {
  LanguageModelTraining,
  type TrainingOptions,
  type TrainLanguageModelOptions,
  trainLanguageModel,
} from "./training.js";
