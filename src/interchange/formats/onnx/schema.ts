import { type Message, message } from "../protobuf/message.js";

/**
 * The messages of ONNX, those fields that a graph is read from and written to. Source: onnx.proto of ONNX 1.17 (IR version 10), whose
 * numbers never change. Names are the file's in camel case.
 */
export interface ModelProto {
  irVersion?: number | undefined;
  producerName?: string | undefined;
  producerVersion?: string | undefined;
  domain?: string | undefined;
  modelVersion?: number | undefined;
  docString?: string | undefined;
  graph?: GraphProto | undefined;
  opsetImport: readonly OpsetProto[];
  metadataProps: readonly EntryProto[];
  functions: readonly FunctionProto[];
}

export interface OpsetProto {
  domain?: string | undefined;
  version?: number | undefined;
}

export interface EntryProto {
  key?: string | undefined;
  value?: string | undefined;
}

export interface GraphProto {
  name?: string | undefined;
  node: readonly NodeProto[];
  initializer: readonly TensorProto[];
  sparseInitializer: readonly object[];
  input: readonly ValueInfoProto[];
  output: readonly ValueInfoProto[];
}

export interface NodeProto {
  input: readonly string[];
  output: readonly string[];
  name?: string | undefined;
  opType?: string | undefined;
  domain?: string | undefined;
  attribute: readonly AttributeProto[];
}

export interface AttributeProto {
  name?: string | undefined;
  refAttrName?: string | undefined;
  type?: number | undefined;
  f?: number | undefined;
  i?: number | undefined;
  s?: Uint8Array | undefined;
  t?: TensorProto | undefined;
  g?: GraphProto | undefined;
  floats: readonly number[];
  ints: readonly number[];
  strings: readonly Uint8Array[];
}

export interface ValueInfoProto {
  name?: string | undefined;
  type?: TypeProto | undefined;
}

export interface TypeProto {
  tensorType?: { elemType?: number | undefined; shape?: ShapeProto | undefined } | undefined;
  sequenceType?: object | undefined;
  mapType?: object | undefined;
  optionalType?: object | undefined;
  sparseTensorType?: object | undefined;
}

export interface ShapeProto {
  dim: readonly { dimValue?: number | undefined; dimParam?: string | undefined }[];
}

export interface TensorProto {
  dims: readonly number[];
  dataType?: number | undefined;
  segment?: object | undefined;
  name?: string | undefined;
  rawData?: Uint8Array | undefined;
  floatData: readonly Uint8Array[];
  int32Data: readonly Uint8Array[];
  int64Data: readonly Uint8Array[];
  doubleData: readonly Uint8Array[];
  uint64Data: readonly Uint8Array[];
  stringData: readonly Uint8Array[];
  externalData: readonly EntryProto[];
  dataLocation?: number | undefined;
}

export interface FunctionProto {
  name?: string | undefined;
  domain?: string | undefined;
}

const OPAQUE = message("Opaque", {});
const opaque = (): Message => OPAQUE;

const ENTRY = message("StringStringEntryProto", { key: [1, "string"], value: [2, "string"] });
const entry = (): Message => ENTRY;

const TENSOR_MESSAGE = message("TensorProto", {
  dims: [1, "int", "many"],
  dataType: [2, "int"],
  segment: [3, opaque],
  floatData: [4, "packed", "many"],
  int32Data: [5, "packed", "many"],
  stringData: [6, "bytes", "many"],
  int64Data: [7, "packed", "many"],
  name: [8, "string"],
  rawData: [9, "bytes"],
  doubleData: [10, "packed", "many"],
  uint64Data: [11, "packed", "many"],
  externalData: [13, entry, "many"],
  dataLocation: [14, "int"],
});
/** An array by itself: what the files beside ONNX's own tests are. */
export const TENSOR: Message = TENSOR_MESSAGE;

const DIMENSION = message("Dimension", { dimValue: [1, "int"], dimParam: [2, "string"] });
const SHAPE = message("TensorShapeProto", { dim: [1, () => DIMENSION, "many"] });
const TENSOR_TYPE = message("TypeProto.Tensor", { elemType: [1, "int"], shape: [2, () => SHAPE] });
const TYPE = message("TypeProto", {
  tensorType: [1, () => TENSOR_TYPE],
  sequenceType: [4, opaque],
  mapType: [5, opaque],
  sparseTensorType: [8, opaque],
  optionalType: [9, opaque],
});
const VALUE_INFO = message("ValueInfoProto", { name: [1, "string"], type: [2, () => TYPE] });

const ATTRIBUTE = message("AttributeProto", {
  name: [1, "string"],
  f: [2, "float"],
  i: [3, "int"],
  s: [4, "bytes"],
  t: [5, () => TENSOR],
  g: [6, (): Message => GRAPH],
  floats: [7, "float", "many"],
  ints: [8, "int", "many"],
  strings: [9, "bytes", "many"],
  type: [20, "int"],
  refAttrName: [21, "string"],
});
const NODE = message("NodeProto", {
  input: [1, "string", "many"],
  output: [2, "string", "many"],
  name: [3, "string"],
  opType: [4, "string"],
  attribute: [5, () => ATTRIBUTE, "many"],
  domain: [7, "string"],
});
const GRAPH: Message = message("GraphProto", {
  node: [1, () => NODE, "many"],
  name: [2, "string"],
  initializer: [5, () => TENSOR, "many"],
  input: [11, () => VALUE_INFO, "many"],
  output: [12, () => VALUE_INFO, "many"],
  sparseInitializer: [15, opaque, "many"],
});
const OPSET = message("OperatorSetIdProto", { domain: [1, "string"], version: [2, "int"] });
const FUNCTION = message("FunctionProto", { name: [1, "string"], domain: [10, "string"] });

export const MODEL = message("ModelProto", {
  irVersion: [1, "int"],
  producerName: [2, "string"],
  producerVersion: [3, "string"],
  domain: [4, "string"],
  modelVersion: [5, "int"],
  docString: [6, "string"],
  graph: [7, () => GRAPH],
  opsetImport: [8, () => OPSET, "many"],
  metadataProps: [14, entry, "many"],
  functions: [25, () => FUNCTION, "many"],
});
