/** Unrolled: recurrent neural networks for TypeScript. */
export * from "./autograd/index.js";
export type { DType, TypedArray } from "./base/dtype.js";
export * from "./base/errors.js";
export { defaultGenerator, Generator, type GeneratorState, manualSeed } from "./base/random.js";
export type { Shape } from "./base/shape.js";
export * as data from "./data/index.js";
export * as diagnostics from "./diagnostics/index.js";
export type { EngineDescription } from "./engine/engine.js";
export { configure, type EngineName, type EngineOptions, engineInfo as engine, startThreads } from "./engine/select.js";
export * as metrics from "./metrics/index.js";
// The one whose rows a recurrent layer knows again, instead of the tensor operation of that name.
export { embedding } from "./nn/functional/embedding.js";
export * as nn from "./nn/index.js";
export type { Module } from "./nn/module.js";
export type { LSTMState } from "./nn/recurrent/lstm-stack.js";
export { type ModelSummary, type SummaryData, type SummaryRow, summary } from "./nn/summary.js";
export * as optim from "./optim/index.js";
export * as languageModel from "./tasks/language-model/index.js";
export { LanguageModel, loadLanguageModel, trainLanguageModel } from "./tasks/language-model/index.js";
export * from "./tensor/index.js";
export * as text from "./text/index.js";
export * from "./train/fit/index.js";
export * as train from "./train/index.js";
export * from "./train/saving/index.js";
export * as io from "./train/saving/io.js";
