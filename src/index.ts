/**
 * Unrolled: recurrent neural networks for TypeScript.
 * @packageDocumentation
 */
export * from "./autograd/index.js";
export type { DType, TypedArray } from "./base/dtype.js";
export * from "./base/errors.js";
export { defaultGenerator, Generator, type GeneratorState, manualSeed } from "./base/random.js";
export type { Shape } from "./base/shape.js";
/** Samples, windows, scalers, splits and batches. */
export * as data from "./data/index.js";
/** What happens inside a network: gradients through time, gates, update ratios. */
export * as diagnostics from "./diagnostics/index.js";
export type { EngineDescription } from "./engine/engine.js";
export { type KernelFile, kernelFile } from "./engine/given-kernels.js";
export { configure, type EngineName, type EngineOptions, engineInfo as engine, startThreads } from "./engine/select.js";
/** Figures that add up over batches. */
export * as metrics from "./metrics/index.js";
// The one whose rows a recurrent layer knows again, instead of the tensor operation of that name.
export { embedding } from "./nn/functional/embedding.js";
/** Modules, losses, initialisers and what works on them, by PyTorch's names. */
export * as nn from "./nn/index.js";
export type { Module } from "./nn/module.js";
export type { LSTMState } from "./nn/recurrent/lstm-stack.js";
export { type ModelSummary, type SummaryData, type SummaryRow, summary } from "./nn/summary.js";
/** Optimisers, schedules and averages of weights. */
export * as optim from "./optim/index.js";
/** Language models of characters, words, bytes and BPE tokens: configure, train, sample, evaluate, inspect. */
export * as languageModel from "./tasks/language-model/index.js";
export { LanguageModel, loadLanguageModel, trainLanguageModel } from "./tasks/language-model/index.js";
export * from "./tensor/index.js";
/** Vocabularies: text to ids, and back. */
export * as text from "./text/index.js";
export * from "./train/fit/index.js";
/** The training loop under `fit`, and what checkpoints are made of. */
export * as train from "./train/index.js";
export * from "./train/saving/index.js";
/** Weights and checkpoints as bytes, and safetensors files as they are. */
export * as io from "./train/saving/io.js";
