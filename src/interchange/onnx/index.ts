export {
  type ArrayToWrite,
  type AttributeToWrite,
  encodeOnnx,
  type GraphToWrite,
  type ModelToWrite,
  type NodeToWrite,
  type ValueToWrite,
} from "../formats/onnx/encode.js";
export type {
  AttributeValue,
  ElementType,
  ExternalData,
  OnnxArray,
  OnnxGraph,
  OnnxNode,
  OnnxValue,
} from "../formats/onnx/index.js";
export { type DecodeOnnxOptions, filesBeside } from "../formats/onnx/index.js";
export type { MissingOperator } from "./lacks.js";
export type { OnnxModule } from "./onnx-module.js";
export { type OnnxFile, readOnnx } from "./read.js";
