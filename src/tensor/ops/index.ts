/** The operations that the package exports; the others are methods of a tensor. */
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
} from "./arithmetic.js";
export { embedding } from "./embedding.js";
export { gather, indexSelect } from "./gather.js";
export { chunk, concat, roll, split, stack, unbind } from "./join.js";
export { linear, matmul, outer } from "./matmul.js";
export { oneHot } from "./one-hot.js";
export type { Axes, ReduceOptions } from "./reduce.js";
export { cumsum } from "./scan.js";
export { logSoftmax, softmax } from "./softmax.js";
export { type Sorted, type SortOptions, sort, type TopkOptions, topk } from "./sort.js";
export { tril, triu } from "./triangle.js";
export { type DropoutOptions, dropout } from "./unary.js";
