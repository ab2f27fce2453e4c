export { type ColumnNames, type ColumnOptions, keras, textbook } from "./columns.js";
export { type Convention, chain, renamed, withoutPrefix } from "./convention.js";
export { blocksOf, type Layout } from "./gate-order.js";
export { type OnnxOptions, onnx } from "./onnx.js";
export { type LayerNames, namesAt, type Place } from "./place.js";
export { pytorchNames } from "./pytorch.js";
export { type NormedNames, weightNorm } from "./weight-norm.js";
