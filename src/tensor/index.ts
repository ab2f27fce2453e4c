import "./methods/arithmetic.js";
import "./methods/reduce.js";
import "./methods/shape.js";

export type { NestedArray } from "../base/nested.js";
export * from "./create.js";
export { memory } from "./memory.js";
export { add, compare, div, maximum, minimum, mul, pow, sub, type TensorOrNumber, where } from "./ops/arithmetic.js";
export { checkIndices, embedding, gather, indexSelect } from "./ops/index.js";
export { chunk, concat, split, stack } from "./ops/join.js";
export { linear, matmul } from "./ops/matmul.js";
export type { Axes, ReduceOptions } from "./ops/reduce.js";
export { logSoftmax, softmax } from "./ops/softmax.js";
export { type DropoutOptions, dropout } from "./ops/unary.js";
export { Tensor } from "./tensor.js";
