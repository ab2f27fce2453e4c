import "./methods/arithmetic.js";
import "./methods/reduce.js";
import "./methods/shape.js";

export type { NestedArray } from "../base/nested.js";
export * from "./create.js";
export { memory } from "./memory.js";
export {
  add,
  compare,
  div,
  lerp,
  maximum,
  minimum,
  mul,
  pow,
  sub,
  type TensorOrNumber,
  where,
} from "./ops/arithmetic.js";
export { checkIndices, embedding, gather, indexSelect, oneHot } from "./ops/index.js";
export { chunk, concat, roll, split, stack, unbind } from "./ops/join.js";
export { linear, matmul, outer } from "./ops/matmul.js";
export type { Axes, ReduceOptions } from "./ops/reduce.js";
export { cumsum } from "./ops/scan.js";
export { logSoftmax, softmax } from "./ops/softmax.js";
export { type Sorted, type SortOptions, sort, type TopkOptions, topk } from "./ops/sort.js";
export { tril, triu } from "./ops/triangle.js";
export { type DropoutOptions, dropout } from "./ops/unary.js";
export { Tensor } from "./tensor.js";
