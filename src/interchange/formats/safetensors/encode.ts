import { checkArray, checkKnownOptions, checkObject, checkOneOf, refusal } from "../../../base/check.js";
import { BYTES_PER_ELEMENT, type DType, dtypeOf, isFloat, type TypedArray } from "../../../base/dtype.js";
import { DTypeError, FormatError, ShapeError, show } from "../../../base/errors.js";
import { formatShape, type Shape, sizeOf } from "../../../base/shape.js";
import { MAX_DIMENSIONS, MAX_METADATA, MAX_NAME, MAX_TENSORS, METADATA_KEY } from "./header.js";
import { MAX_TEXT_BYTES } from "./header-scanner.js";
import { bytesOf, HALVES, type HalfDType, type StoredDType, WRITE_ORDER } from "./stored-dtype.js";

/** A named tensor on its way into or out of a file. */
export interface TensorEntry {
  dtype: DType;
  shape: Shape;
  /** Row-major, `sizeOf(shape)` elements. */
  data: TypedArray;
}

/**
 * A tensor as it was read: `stored` is its type in the file, `dtype` that of `data`. Where the two are of different widths (F16, BF16,
 * all integers but I32, BOOL) each reading of `data` makes a new array: read it once, and keep it as long as you need it.
 */
export interface DecodedEntry extends TensorEntry {
  stored: StoredDType;
}

/** What a safetensors file holds. */
export interface DecodedSafetensors {
  metadata: Record<string, string>;
  /** In the order of their data. */
  tensors: Map<string, DecodedEntry>;
}

export interface EncodeOptions {
  /** What floats are rounded to, to the nearest and of two to the even one. Default: they stay as they are. */
  dtype?: HalfDType | undefined;
  /** Names of tensors that stay as they are beside `dtype`. Default: none. */
  keep?: ReadonlySet<string> | undefined;
  /** Names of int32 tensors whose elements, in [-128, 127], are written in 8 bits. Default: none. */
  int8?: ReadonlySet<string> | undefined;
}

const OP = "encodeSafetensors";

/**
 * A safetensors file: 8 bytes of header length (little-endian), a JSON header padded with spaces to a multiple of 8,
 * and the data, without gaps. Tensors are laid out by falling width of their type and then by name, metadata by key:
 * the same content gives the same bytes.
 * @throws DTypeError, ShapeError when `data` does not fit its `dtype` or `shape`; FormatError for a name that cannot be kept, and, with
 *   `options.dtype`, for a finite number that would become infinite
 * Source: https://huggingface.co/docs/safetensors, "Format".
 */
export function encodeSafetensors(
  entries: ReadonlyMap<string, TensorEntry> | Readonly<Record<string, TensorEntry>>,
  metadata: Readonly<Record<string, string>> = {},
  options: EncodeOptions = {},
): Uint8Array {
  checkKnownOptions(OP, options, ["dtype", "keep", "int8"]);
  const { dtype: rounded, keep, int8 } = options;
  if (rounded !== undefined) checkOneOf(OP, "dtype", rounded, Object.keys(HALVES));
  checkObject(OP, "entries", entries, "a map or an object of { dtype, shape, data } by name");
  checkObject(OP, "metadata", metadata, "an object of strings");
  const sorted: [string, TensorEntry][] =
    entries instanceof Map ? [...entries] : Object.entries(entries as Record<string, TensorEntry>);
  checkCount("tensors", sorted.length, MAX_TENSORS);
  for (const [name, entry] of sorted) checkEntry(name, entry);
  const narrow = (name: string, dtype: DType): Narrow | undefined => {
    if (dtype === "int32" && int8?.has(name) === true) return "int8";
    return isFloat(dtype) && keep?.has(name) !== true ? rounded : undefined;
  };
  const form = ([name, { dtype }]: [string, TensorEntry]) => {
    const type = narrow(name, dtype);
    return type === undefined ? WRITE_ORDER[dtype] : type === "int8" ? INT8 : HALVES[type];
  };
  sorted.sort((a, b) => form(a).rank - form(b).rank || compareCodePoints(a[0], b[0]));
  // The header is put together as text, because an object would move integer-like names and lose "__proto__".
  const fields: string[] = [];
  const metadataText = encodeMetadata(metadata);
  if (metadataText) fields.push(`${JSON.stringify(METADATA_KEY)}:${metadataText}`);
  let end = 0;
  for (const [name, entry] of sorted) {
    const { dtype, shape } = entry;
    const begin = end;
    const type = narrow(name, dtype);
    end += sizeOf(shape) * (type === undefined ? BYTES_PER_ELEMENT[dtype] : WIDTHS[type]);
    const { stored } = form([name, entry]);
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype: stored, shape, data_offsets: [begin, end] })}`);
  }
  return assemble(new TextEncoder().encode(`{${fields.join(",")}}`), sorted, end, narrow);
}

/** What elements are written in, where it is less than they take in memory. */
type Narrow = HalfDType | "int8";
const WIDTHS: Readonly<Record<Narrow, number>> = { float16: 2, bfloat16: 2, int8: 1 };
const INT8 = { stored: "I8", rank: 4 } as const;

/** 8 bits a number. */
function inBytes(name: string, data: TypedArray): Uint8Array {
  const at = data.findIndex((value) => (value << 24) >> 24 !== value);
  if (at < 0) return Uint8Array.from(data);
  const value = `${data[at]} at element ${at}`;
  throw new FormatError({
    op: OP,
    argument: `tensor ${show(name)}`,
    must: "fit into int8",
    value,
    details: { index: at },
  });
}

/** 16 bits a number. */
function halved(name: string, data: TypedArray, half: HalfDType): Uint8Array {
  const { bits } = HALVES[half];
  const bytes = new Uint8Array(2 * data.length);
  const view = new DataView(bytes.buffer);
  const infinite = bits(Infinity);
  for (let i = 0; i < data.length; i++) {
    const stored = bits(data[i]);
    view.setUint16(2 * i, stored, true);
    if ((stored & 0x7fff) !== infinite || !Number.isFinite(data[i])) continue;
    const value = `${data[i]} at element ${i}`;
    const fix = half === "float16" ? "Use bfloat16, which has float32's range." : "";
    const details = { index: i };
    throw new FormatError({ op: OP, argument: `tensor ${show(name)}`, must: `fit into ${half}`, value, fix, details });
  }
  return bytes;
}

function assemble(
  header: Uint8Array,
  entries: readonly [string, TensorEntry][],
  dataBytes: number,
  narrow: (name: string, dtype: DType) => Narrow | undefined,
): Uint8Array {
  const padded = Math.ceil(header.length / 8) * 8;
  if (padded > MAX_TEXT_BYTES) {
    throw new FormatError({
      op: OP,
      argument: "header",
      must: `be at most ${MAX_TEXT_BYTES} bytes`,
      value: `${padded}`,
      fix: "Store long metadata as a tensor.",
    });
  }
  const file = new Uint8Array(8 + padded + dataBytes);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true);
  file.set(header, 8);
  file.fill(0x20, 8 + header.length, 8 + padded);
  let at = 8 + padded;
  for (const [name, { dtype, data }] of entries) {
    const type = narrow(name, dtype);
    const block = type === undefined ? bytesOf(data) : type === "int8" ? inBytes(name, data) : halved(name, data, type);
    file.set(block, at);
    at += block.length;
  }
  return file;
}

function encodeMetadata(metadata: Readonly<Record<string, string>>): string {
  const keys = Object.keys(metadata).sort(compareCodePoints);
  if (keys.length === 0) return "";
  checkCount("metadata", keys.length, MAX_METADATA);
  const fields = keys.map((key) => {
    checkText(`metadata key ${show(key)}`, key);
    checkText(`metadata ${show(key)}`, metadata[key]);
    return `${JSON.stringify(key)}:${JSON.stringify(metadata[key])}`;
  });
  return `{${fields.join(",")}}`;
}

function checkEntry(name: string, entry: TensorEntry): void {
  const argument = `tensor ${show(name)}`;
  checkText(`name ${show(name)}`, name);
  if (name.length > MAX_NAME) {
    const must = `have a name of at most ${MAX_NAME} characters`;
    throw new FormatError({ op: OP, argument, must, value: `${name.length}` });
  }
  checkObject(OP, argument, entry, "{ dtype, shape, data }");
  const { dtype, shape } = entry;
  const data: unknown = entry.data;
  if (typeof data === "function") {
    const fix = "Of a tensor x, write { dtype: x.dtype, shape: x.shape, data: x.data() }.";
    throw refusal(OP, argument, "be { dtype, shape, data }", entry, fix);
  }
  if (name === METADATA_KEY) {
    throw new FormatError({ op: OP, argument: "name", must: `not be ${METADATA_KEY}`, value: show(name) });
  }
  if (dtypeOf(data) !== dtype || dtype === undefined) {
    const must = `hold ${Object.keys(WRITE_ORDER).join(", ")} data of its dtype`;
    throw new DTypeError({ op: OP, argument, must, value: `dtype ${show(dtype)} with ${show(data)}` });
  }
  checkArray(OP, `shape of ${argument}`, shape);
  if (shape.length > MAX_DIMENSIONS) {
    const must = `have at most ${MAX_DIMENSIONS} dimensions`;
    throw new ShapeError({ op: OP, argument, must, value: `${shape.length}` });
  }
  const { length } = data as TypedArray;
  if (!shape.every((size) => Number.isSafeInteger(size) && size >= 0) || sizeOf(shape) !== length) {
    const must = "have a shape of non-negative integers whose product is the number of elements";
    throw new ShapeError({ op: OP, argument, must, value: `${formatShape(shape)} for ${length} elements` });
  }
}

/** What is written can be read. */
function checkCount(argument: string, count: number, most: number): void {
  if (count <= most) return;
  throw new FormatError({ op: OP, argument, must: `be at most ${most}`, value: `${count}` });
}

/** A string that UTF-8 can hold: a lone surrogate would come back as another character. */
function checkText(argument: string, text: unknown): void {
  if (typeof text === "string" && !/\p{Surrogate}/u.test(text)) return;
  throw new FormatError({ op: OP, argument, must: "be a string of whole Unicode characters", value: show(text) });
}

/** By code point, which is the order of the UTF-8 bytes; `<` would compare UTF-16 units. */
function compareCodePoints(a: string, b: string): number {
  const left = [...a];
  const right = [...b];
  const length = Math.min(left.length, right.length);
  for (let i = 0; i < length; i++) {
    const difference = left[i]!.codePointAt(0)! - right[i]!.codePointAt(0)!;
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
