import { BinaryReader } from "@bufbuild/protobuf/wire";
import { bytesIn, type TypedArray, typedArray, typedView } from "../../../base/dtype.js";
import { FormatError, show } from "../../../base/errors.js";
import { formatShape, type Shape } from "../../../base/shape.js";
import type { NamedArray } from "../../named-array.js";
import { STORED_TYPES, type StoredDType } from "../safetensors/stored-dtype.js";
import { type ElementType, elementName, elementType, NUMERIC } from "./element-types.js";
import type { ExternalData } from "./external-data.js";
import type { TensorProto } from "./schema.js";

/** An array of a file, with ONNX's own word for its elements. Strings have no numbers: their `data` is empty. */
export interface OnnxArray extends NamedArray {
  readonly type: ElementType;
}

/** What reading arrays needs besides them. */
export interface ArrayContext {
  op: string;
  source: string;
  external: ExternalData | undefined;
}

/** As many dimensions as a safetensors file may have. */
const MAX_DIMENSIONS = 64;
/** TensorProto.DataLocation */
const EXTERNAL = 1;

/** What elements are in raw data, in safetensors' words. */
export const STORED: Readonly<Record<Exclude<ElementType, "string">, StoredDType>> = {
  float: "F32",
  uint8: "U8",
  int8: "I8",
  uint16: "U16",
  int16: "I16",
  int32: "I32",
  int64: "I64",
  bool: "BOOL",
  float16: "F16",
  double: "F64",
  uint32: "U32",
  uint64: "U64",
  bfloat16: "BF16",
};

/**
 * The array that a message describes. `data` is a view of the file where its elements lie there as in memory, else made anew each time it
 * is read.
 * @param name  for errors: `tensor "W"`
 * @throws FormatError naming the array: its type, its shape, the number of its elements, where its data are
 */
export function tensorArray(proto: TensorProto, name: string, context: ArrayContext): OnnxArray {
  const argument = `${name} of ${context.source}`;
  const fail = (must: string, value: string, fix = ""): never => {
    throw new FormatError({ op: context.op, argument, must, value, fix });
  };
  const code = proto.dataType ?? 0;
  const type = elementType(code);
  if (type === undefined) return fail(`hold ${Object.keys(NUMERIC).join(", ")} or string`, elementName(code));
  if (proto.segment !== undefined) fail("be whole", "a segment of a larger one");
  const [shape, size] = sizesOf(proto.dims, fail);
  if (type === "string") {
    if (proto.stringData.length !== size) fail(`have ${size} texts`, `${proto.stringData.length}`);
    return { type, dtype: "int32", shape, data: new Int32Array(0) };
  }
  const bytes = proto.dataLocation === EXTERNAL ? externalBytes(proto, argument, context) : proto.rawData;
  if (bytes !== undefined) return rawArray(type, shape, size, bytes, fail);
  return typedDataArray(proto, type, shape, size, fail);
}

type Fail = (must: string, value: string, fix?: string) => never;

function sizesOf(dims: readonly number[], fail: Fail): [shape: Shape, size: number] {
  if (dims.length > MAX_DIMENSIONS) fail(`have at most ${MAX_DIMENSIONS} dimensions`, `${dims.length}`);
  let size = 1;
  for (const dim of dims) {
    if (!Number.isSafeInteger(dim) || dim < 0) fail("have sizes that are no negative numbers", show(dims));
    size *= dim;
    // Even where a later size is 0.
    if (!Number.isSafeInteger(size * 8)) fail("have fewer than 2^53 bytes", `shape ${formatShape(dims)}`);
  }
  return [dims, size];
}

function rawArray(type: Exclude<ElementType, "string">, shape: Shape, size: number, bytes: Uint8Array, fail: Fail) {
  const { dtype, bytes: width } = NUMERIC[type];
  if (bytes.length !== size * width) {
    fail(`have ${size * width} bytes (shape ${formatShape(shape)} of ${type})`, `${bytes.length}`);
  }
  const { read } = STORED_TYPES[STORED[type]];
  if (read === undefined) {
    const aligned = bytes.byteOffset % width === 0 ? bytes : bytes.slice();
    return { type, dtype, shape, data: typedView(dtype, aligned.buffer, aligned.byteOffset, size) };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return made(type, shape, size, (data) => {
    for (let i = 0; i < size; i++) data[i] = read(view, i);
  });
}

/** An array whose elements are worked out when they are asked for, so that no more than those that the caller keeps are in memory. */
function made(
  type: Exclude<ElementType, "string">,
  shape: Shape,
  size: number,
  fill: (data: TypedArray) => void,
): OnnxArray {
  const { dtype } = NUMERIC[type];
  return {
    type,
    dtype,
    shape,
    get data() {
      const data = typedArray(dtype, size);
      fill(data);
      return data;
    },
  };
}

function typedDataArray(
  proto: TensorProto,
  type: Exclude<ElementType, "string">,
  shape: Shape,
  size: number,
  fail: Fail,
): OnnxArray {
  const { field } = NUMERIC[type];
  const chunks = proto[field];
  const width = field === "floatData" ? 4 : field === "doubleData" ? 8 : null;
  let count = 0;
  for (const chunk of chunks) count += width === null ? varints(chunk, fail) : chunk.length / width;
  const must = `have ${size} elements (shape ${formatShape(shape)} of ${type})`;
  if (count !== size) fail(must, `${count}`);
  if (width !== null) return rawArray(type, shape, size, joined(chunks), fail);
  return made(type, shape, size, (data) => {
    const toNumber = fromVarint(type);
    let at = 0;
    for (const chunk of chunks) {
      const reader = new BinaryReader(chunk);
      while (reader.pos < reader.len) data[at++] = toNumber(reader);
    }
  });
}

/** How many there are; each was read as far as its end. */
function varints(chunk: Uint8Array, fail: Fail): number {
  let count = 0;
  let start = 0;
  for (let i = 0; i < chunk.length; i++) {
    if (chunk[i] >= 0x80) continue;
    if (i - start >= 10) fail("hold numbers of at most 10 bytes", "a longer one");
    start = i + 1;
    count++;
  }
  if (start !== chunk.length) fail("end with a whole number", "a part of one");
  return count;
}

/** 16-bit floats are written as the number of their bits. */
function fromVarint(type: Exclude<ElementType, "string">): (reader: BinaryReader) => number {
  if (type === "int64") return (reader) => Number(reader.int64());
  if (type === "uint64" || type === "uint32") return (reader) => Number(reader.uint64());
  const { read, bytes } = STORED_TYPES[STORED[type]];
  if (read === undefined) return (reader) => Number(BigInt.asIntN(32, BigInt(reader.int64())));
  const word = new DataView(new ArrayBuffer(4));
  return (reader) => {
    word.setInt32(0, Number(BigInt.asIntN(32, BigInt(reader.int64()))), true);
    return bytes > 4 ? 0 : read(word, 0);
  };
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  if (chunks.length === 1) return chunks[0];
  const out = new Uint8Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

function externalBytes(proto: TensorProto, argument: string, { op, external }: ArrayContext): Uint8Array {
  const entries = new Map(proto.externalData.map(({ key = "", value = "" }) => [key, value]));
  const location = entries.get("location") ?? "";
  if (external === undefined) {
    throw new FormatError({
      code: "external-data",
      op,
      argument,
      must: "be in the file itself",
      value: `data in another file, ${show(location)}`,
      fix: "Pass { external: filesBeside(path) } to read it from the model's own folder.",
      details: { key: location },
    });
  }
  const number = (key: string): number | null => {
    const text = entries.get(key);
    if (text === undefined || text === "") return null;
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
    throw new FormatError({ op, argument: `${key} of ${argument}`, must: "be a number of bytes", value: show(text) });
  };
  return bytesIn(op, "what external gives", external(location, number("offset") ?? 0, number("length")));
}
