/**
 * Models on their way in and out: what other toolkits call their arrays, and how they order them.
 * @packageDocumentation
 */
export * from "./conventions/index.js";
export * from "./keras/index.js";
export type { NamedArray, NamedArrays } from "./named-array.js";
export * from "./onnx/index.js";
