import { checkString } from "../base/check.js";
import { bytesIn, type TypedArray, typedArray, typedView } from "../base/dtype.js";
import { FormatError, show } from "../base/errors.js";
import { formatShape } from "../base/shape.js";
import { type DecodedEntry, type DecodedSafetensors, MAX_HEADER_BYTES, METADATA_KEY } from "./safetensors.js";
import { STORED_TYPES, type StoredDType, type StoredType } from "./safetensors-dtype.js";
import { type JsonValue, parseStrictJson } from "./strict-json.js";

const OP = "decodeSafetensors";

interface Described {
  name: string;
  stored: StoredDType;
  shape: number[];
  begin: number;
  end: number;
}

/**
 * Reads a safetensors file and checks all of it: every byte of the data must belong to exactly one tensor.
 * Where the data is aligned, float32, float64 and int32 tensors are views of `bytes`; the rest is copied.
 * @param source what the bytes are, for errors: `model.safetensors`
 * @throws FormatError naming the part of the file at fault
 * Source: https://huggingface.co/docs/safetensors, "Format".
 */
export function decodeSafetensors(file: Uint8Array | ArrayBufferLike, source = "file"): DecodedSafetensors {
  checkString(OP, "source", source);
  const bytes = bytesIn(OP, "bytes", file);
  const headerBytes = readHeaderLength(bytes, source);
  const header = parseHeader(bytes.subarray(8, 8 + headerBytes), source);
  let metadata: Record<string, string> = {};
  const described: Described[] = [];
  for (const [name, value] of header) {
    if (name === METADATA_KEY) metadata = readMetadata(value, source);
    else described.push(describeTensor(name, value, source));
  }
  described.sort((a, b) => a.begin - b.begin || a.end - b.end);
  const data = bytes.subarray(8 + headerBytes);
  checkLayout(described, data.length, source);
  const tensors = new Map<string, DecodedEntry>();
  for (const { name, stored, shape, begin, end } of described) {
    const type = STORED_TYPES[stored];
    const values = readValues(stored, type, data.subarray(begin, end), `tensor ${show(name)} of ${source}`);
    tensors.set(name, { dtype: type.dtype, stored, shape, data: values });
  }
  return { metadata, tensors };
}

function readHeaderLength(bytes: Uint8Array, source: string): number {
  if (bytes.length < 8) {
    fail(
      source,
      "be at least 8 bytes long (the length of its header)",
      `${bytes.length} bytes`,
      "It is not safetensors.",
    );
  }
  const length = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
  const fix = "It is truncated, or not safetensors.";
  if (length > BigInt(MAX_HEADER_BYTES)) {
    fail(`header of ${source}`, `be at most ${MAX_HEADER_BYTES} bytes long`, `${length}`, fix);
  }
  if (length > BigInt(bytes.length - 8)) {
    fail(`header of ${source}`, `be at most as long as the ${bytes.length - 8} bytes that follow`, `${length}`, fix);
  }
  return Number(length);
}

function parseHeader(bytes: Uint8Array, source: string): Map<string, JsonValue> {
  const argument = `header of ${source}`;
  if (bytes[0] !== 0x7b) {
    const found = bytes.length === 0 ? "an empty header" : `byte 0x${bytes[0]!.toString(16).padStart(2, "0")}`;
    fail(argument, 'start with "{"', found, "It is not safetensors.");
  }
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new FormatError({ op: OP, argument, must: "be valid UTF-8", value: "other bytes" }, { cause });
  }
  // It starts with "{", so what parses is an object.
  return parseStrictJson(OP, argument, text) as Map<string, JsonValue>;
}

function readMetadata(value: JsonValue, source: string): Record<string, string> {
  const argument = `${METADATA_KEY} of ${source}`;
  if (!(value instanceof Map)) fail(argument, "be an object of strings", describe(value));
  for (const [key, text] of value) {
    if (typeof text !== "string") fail(argument, "be an object of strings", `${describe(text)} for ${show(key)}`);
  }
  // fromEntries defines own properties, so that a key "__proto__" is only a key.
  return Object.fromEntries(value as Map<string, string>);
}

function describeTensor(name: string, value: JsonValue, source: string): Described {
  const argument = `tensor ${show(name)} of ${source}`;
  if (!(value instanceof Map)) fail(argument, "be an object with dtype, shape and data_offsets", describe(value));
  for (const key of value.keys()) {
    if (!["dtype", "shape", "data_offsets"].includes(key)) {
      fail(argument, "have only dtype, shape and data_offsets", show(key));
    }
  }
  const stored = value.get("dtype");
  if (typeof stored !== "string" || !Object.hasOwn(STORED_TYPES, stored)) {
    fail(argument, `have one of the dtypes ${Object.keys(STORED_TYPES).join(", ")}`, describe(stored));
  }
  const shape = value.get("shape");
  if (!isSizes(shape)) fail(argument, "have a shape of non-negative integers", describe(shape));
  const offsets = value.get("data_offsets");
  if (!isSizes(offsets) || offsets.length !== 2) {
    fail(argument, "have data_offsets [begin, end] of non-negative integers", describe(offsets));
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end) fail(argument, "have data_offsets with begin <= end", formatShape(offsets));
  const expected = byteLength(shape, STORED_TYPES[stored as StoredDType].bytes);
  if (Number.isNaN(expected)) fail(argument, "have fewer than 2^53 bytes", `shape ${formatShape(shape)}`);
  if (end - begin !== expected) {
    const must = `have ${expected} bytes (shape ${formatShape(shape)} of ${stored})`;
    fail(argument, must, `${end - begin} in data_offsets ${formatShape(offsets)}`);
  }
  return { name, stored: stored as StoredDType, shape, begin, end };
}

/** NaN as soon as a product leaves the exact integers, even if a later size is 0. */
function byteLength(shape: number[], bytesPerElement: number): number {
  let bytes = bytesPerElement;
  for (const size of shape) {
    bytes *= size;
    if (!Number.isSafeInteger(bytes)) return Number.NaN;
  }
  return bytes;
}

/** The data of the tensors, in this order, must fill the buffer without overlap, hole or rest. */
function checkLayout(described: Described[], dataBytes: number, source: string): void {
  let filled = 0;
  let previous = "";
  for (const { name, begin, end } of described) {
    const argument = `tensor ${show(name)} of ${source}`;
    const found = `data_offsets ${formatShape([begin, end])}`;
    if (begin < filled) fail(argument, `not overlap tensor ${show(previous)}, which ends at byte ${filled}`, found);
    if (begin > filled) fail(argument, `start at byte ${filled}, where the data before it ends`, found);
    if (end > dataBytes) {
      const fix = "The file is truncated, or its header is wrong.";
      fail(argument, `lie within the ${dataBytes} bytes of data`, found, fix);
    }
    filled = end;
    previous = name;
  }
  if (filled !== dataBytes) {
    fail(`data of ${source}`, `end at byte ${filled}, with its last tensor`, `${dataBytes - filled} more bytes`);
  }
}

function readValues(stored: StoredDType, type: StoredType, bytes: Uint8Array, argument: string): TypedArray {
  const length = bytes.length / type.bytes;
  if (!type.read) {
    const aligned = bytes.byteOffset % type.bytes === 0;
    const source = aligned ? bytes : bytes.slice();
    return typedView(type.dtype, source.buffer, source.byteOffset, length);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const values = typedArray(type.dtype, length);
  for (let i = 0; i < length; i++) values[i] = type.read(view, i);
  const wrong = stored === "BOOL" ? values.findIndex((v) => v > 1) : firstInexact(type, values);
  if (wrong >= 0) {
    const must = stored === "BOOL" ? "hold only 0 and 1" : "hold integers of at most 2^53 - 1 in size";
    fail(argument, must, `${values[wrong]} at element ${wrong}`);
  }
  return values;
}

function firstInexact(type: StoredType, values: TypedArray): number {
  if (type.dtype !== "float64") return -1;
  return values.findIndex((v: number) => !Number.isSafeInteger(v));
}

function isSizes(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((n) => Number.isSafeInteger(n) && n >= 0 && !Object.is(n, -0));
}

function describe(value: JsonValue | undefined): string {
  if (value === undefined) return "nothing";
  return value instanceof Map ? "an object" : show(value);
}

function fail(argument: string, must: string, value: string, fix = ""): never {
  throw new FormatError({ op: OP, argument, must, value, fix });
}
