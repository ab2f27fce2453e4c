export { type DecodedOnnx, type DecodeOnnxOptions, decodeOnnx } from "./decode.js";
export type { ElementType } from "./element-types.js";
export { type ExternalData, filesBeside } from "./external-data.js";
export type { AttributeValue, OnnxGraph, OnnxNode, OnnxValue } from "./model.js";
export type { OnnxArray } from "./tensor-data.js";
