/** Unrolled: recurrent neural networks for TypeScript. */
export * from "./autograd/index.js";
export type { DType, TypedArray } from "./base/dtype.js";
export * from "./base/errors.js";
export { defaultGenerator, Generator, type GeneratorState, manualSeed } from "./base/random.js";
export type { Shape } from "./base/shape.js";
export type { EngineDescription } from "./engine/engine.js";
export { configure, type EngineName, type EngineOptions, engineInfo as engine } from "./engine/select.js";
export * from "./tensor/index.js";
