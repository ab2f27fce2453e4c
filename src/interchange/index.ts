/**
 * Models on their way in and out: files of other programs, what other toolkits call their arrays, and how they order them.
 * @packageDocumentation
 */
export * from "./conventions/index.js";
export type { StoredArray } from "./formats/stored-array.js";
export type { FoundLayer } from "./found.js";
export * from "./keras/index.js";
export type { NamedArray, NamedArrays } from "./named-array.js";
export * from "./onnx/index.js";
export { type Imported, read } from "./read.js";
export { ImportedModel, type ModuleOptions } from "./recognise/imported-model.js";
export type { FoundCell, RecurrentLayers } from "./recognise/recurrent-layers.js";
export type { FoundMatrix, Pooling, RecurrentParts } from "./recognise/recurrent-model.js";
