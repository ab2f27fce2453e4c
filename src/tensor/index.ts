import "./methods/arithmetic.js";
import "./methods/habits.js";
import "./methods/reduce.js";
import "./methods/shape.js";

export type { NestedArray } from "../base/nested.js";
export * from "./create.js";
export { memory } from "./memory.js";
export * from "./ops/index.js";
export { Tensor } from "./tensor.js";
