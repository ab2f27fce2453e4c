import { checkRoom } from "../../../base/room.js";
import { misshapen, type Shape, sizeOf } from "../../../base/shape.js";
import { encodeMessage } from "../protobuf/encode-message.js";
import { HALVES } from "../safetensors/stored-dtype.js";
import { type ElementType, elementCode, NUMERIC } from "./element-types.js";
import type { OnnxValue } from "./model.js";
import { type AttributeProto, type GraphProto, MODEL, type NodeProto, TENSOR, type TensorProto } from "./schema.js";

/** An array to write; its elements are in the range of their type. */
export interface ArrayToWrite {
  readonly type: Exclude<ElementType, "string">;
  readonly shape: Shape;
  readonly data: ArrayLike<number>;
}

/** An attribute says itself what it is: a number does not. */
export type AttributeToWrite =
  | { readonly f: number }
  | { readonly i: number }
  | { readonly s: string }
  | { readonly t: ArrayToWrite }
  | { readonly g: GraphToWrite }
  | { readonly floats: readonly number[] }
  | { readonly ints: readonly number[] }
  | { readonly strings: readonly string[] };

/** An operator, the names that it reads and makes, and its attributes. */
export interface NodeToWrite {
  readonly op: string;
  /** Empty where one is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly name?: string | undefined;
  readonly domain?: string | undefined;
  readonly attributes?: Readonly<Record<string, AttributeToWrite>> | undefined;
}

/** What goes in or comes out: name, element type, shape (null: nothing is said). */
export interface ValueToWrite extends Omit<OnnxValue, "type"> {
  readonly type: ElementType;
}

/** Nodes in the order in which they run, with their arrays. */
export interface GraphToWrite {
  /** Default "graph". */
  readonly name?: string | undefined;
  readonly inputs: readonly ValueToWrite[];
  readonly outputs: readonly ValueToWrite[];
  readonly initializers?: ReadonlyMap<string, ArrayToWrite> | undefined;
  readonly nodes: readonly NodeToWrite[];
}

/** A whole file: a graph, who made it, and for which version of the operators. */
export interface ModelToWrite {
  readonly producer: { readonly name: string; readonly version: string };
  /** The version of ONNX's own operators. */
  readonly opset: number;
  /** Of the format itself. Default 8, which readers of the last years take. */
  readonly irVersion?: number | undefined;
  readonly metadata?: ReadonlyMap<string, string> | undefined;
  readonly graph: GraphToWrite;
}

/** A model as the bytes of a file of ONNX. */
export function encodeOnnx({ producer, opset, irVersion = 8, metadata = new Map(), graph }: ModelToWrite): Uint8Array {
  return encodeMessage(MODEL, {
    irVersion,
    producerName: producer.name,
    producerVersion: producer.version,
    opsetImport: [{ version: opset }],
    metadataProps: Array.from(metadata, ([key, value]) => ({ key, value })),
    graph: graphMessage(graph),
  });
}

/** An array by itself, as ONNX's own tests keep them. */
export function encodeOnnxArray(array: ArrayToWrite, name?: string): Uint8Array {
  return encodeMessage(TENSOR, tensorMessage(array, name));
}

function graphMessage({
  name = "graph",
  inputs,
  outputs,
  initializers = new Map(),
  nodes,
}: GraphToWrite): Partial<GraphProto> {
  return {
    name,
    node: nodes.map(nodeMessage) as NodeProto[],
    initializer: Array.from(initializers, ([key, array]) => tensorMessage(array, key)) as TensorProto[],
    input: inputs.map(valueMessage),
    output: outputs.map(valueMessage),
  };
}

function valueMessage({ name, type, shape }: ValueToWrite) {
  const dim = shape?.map((size) =>
    typeof size === "number" ? { dimValue: size } : size === null ? {} : { dimParam: size },
  );
  return { name, type: { tensorType: { elemType: elementCode(type), shape: dim && { dim } } } };
}

function nodeMessage({ op, inputs, outputs, name, domain, attributes = {} }: NodeToWrite): Partial<NodeProto> {
  const attribute = Object.entries(attributes).map(([key, value]) => attributeMessage(key, value));
  return { input: inputs, output: outputs, name, opType: op, domain, attribute: attribute as AttributeProto[] };
}

const utf8 = new TextEncoder();

function attributeMessage(name: string, value: AttributeToWrite): Partial<AttributeProto> {
  if ("f" in value) return { name, type: 1, f: value.f };
  if ("i" in value) return { name, type: 2, i: value.i };
  if ("s" in value) return { name, type: 3, s: utf8.encode(value.s) };
  if ("t" in value) return { name, type: 4, t: tensorMessage(value.t) as TensorProto };
  if ("g" in value) return { name, type: 5, g: graphMessage(value.g) as GraphProto };
  if ("floats" in value) return { name, type: 6, floats: value.floats };
  if ("ints" in value) return { name, type: 7, ints: value.ints };
  return { name, type: 8, strings: value.strings.map((text) => utf8.encode(text)) };
}

function tensorMessage({ type, shape, data }: ArrayToWrite, name?: string): Partial<TensorProto> {
  if (data.length !== sizeOf(shape)) {
    throw misshapen("encodeOnnx", `array ${name ?? ""}`.trim(), `have shape of ${data.length} elements`, shape);
  }
  return { dims: shape, dataType: elementCode(type), name, rawData: rawBytes(type, data) };
}

/** Little-endian, as the format has it. */
function rawBytes(type: ArrayToWrite["type"], data: ArrayLike<number>): Uint8Array {
  const { bytes: width } = NUMERIC[type];
  checkRoom(data.length * width, "encodeOnnx");
  const view = new DataView(new ArrayBuffer(data.length * width));
  const put = WRITERS[type];
  for (let i = 0; i < data.length; i++) put(view, i * width, data[i]);
  return new Uint8Array(view.buffer);
}

type Put = (view: DataView, at: number, value: number) => void;

const WRITERS: Readonly<Record<ArrayToWrite["type"], Put>> = {
  float: (view, at, value) => view.setFloat32(at, value, true),
  double: (view, at, value) => view.setFloat64(at, value, true),
  float16: (view, at, value) => view.setUint16(at, HALVES.float16.bits(value), true),
  bfloat16: (view, at, value) => view.setUint16(at, HALVES.bfloat16.bits(value), true),
  bool: (view, at, value) => view.setUint8(at, value === 0 ? 0 : 1),
  uint8: (view, at, value) => view.setUint8(at, value),
  int8: (view, at, value) => view.setInt8(at, value),
  uint16: (view, at, value) => view.setUint16(at, value, true),
  int16: (view, at, value) => view.setInt16(at, value, true),
  int32: (view, at, value) => view.setInt32(at, value, true),
  uint32: (view, at, value) => view.setUint32(at, value, true),
  int64: (view, at, value) => view.setBigInt64(at, BigInt(value), true),
  uint64: (view, at, value) => view.setBigUint64(at, BigInt(value), true),
};
