import { checkString } from "../../../base/check.js";
import { bytesIn, type DType, typedArray, typedView } from "../../../base/dtype.js";
import { FormatError, show } from "../../../base/errors.js";
import { formatShape } from "../../../base/shape.js";
import type { DecodedEntry, DecodedSafetensors } from "./encode.js";
import { MAX_HEADER_BYTES, parseHeader, type TensorHeader } from "./header.js";
import { STORED_TYPES, type StoredDType } from "./stored-dtype.js";

const OP = "decodeSafetensors";

/**
 * Reads a safetensors file and checks all of it: every byte of the data must belong to exactly one tensor.
 * Tensors whose type in the file is that of memory (F32, F64, I32) are views of `bytes`, or one copy where the data is not
 * aligned. Of the others `data` is made anew from `bytes` each time it is read, because a tensor of 8 bits grows fourfold: no
 * more than those that the caller keeps are in memory.
 * @param source what the bytes are, for errors: `model.safetensors`
 * @throws FormatError naming the part of the file at fault
 * Source: https://huggingface.co/docs/safetensors, "Format".
 */
export function decodeSafetensors(file: Uint8Array | ArrayBufferLike, source = "file"): DecodedSafetensors {
  checkString(OP, "source", source);
  const bytes = bytesIn(OP, "bytes", file);
  const headerBytes = readHeaderLength(bytes, source);
  const { metadata, tensors: described } = readHeader(bytes.subarray(8, 8 + headerBytes), source);
  described.sort((a, b) => a.begin - b.begin || a.end - b.end);
  const data = bytes.subarray(8 + headerBytes);
  checkLayout(described, data.length, source);
  const tensors = new Map<string, DecodedEntry>();
  for (const header of described) {
    tensors.set(header.name, decodedEntry(header, data, `tensor ${show(header.name)} of ${source}`));
  }
  return { metadata, tensors };
}

/** `data` is an own property in both cases, so that a spread entry has it. */
function decodedEntry({ stored, shape, begin, end }: TensorHeader, file: Uint8Array, argument: string): DecodedEntry {
  const { dtype, bytes: width, read } = STORED_TYPES[stored];
  const bytes = file.subarray(begin, end);
  const length = bytes.length / width;
  if (read === undefined) {
    const source = bytes.byteOffset % width === 0 ? bytes : bytes.slice();
    return { dtype, stored, shape, data: typedView(dtype, source.buffer, source.byteOffset, length) };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkValues(stored, dtype, length, (i) => read(view, i), argument);
  return {
    dtype,
    stored,
    shape,
    get data() {
      const values = typedArray(dtype, length);
      for (let i = 0; i < length; i++) values[i] = read(view, i);
      return values;
    },
  };
}

/** Before anything is built of them. */
function checkValues(
  stored: StoredDType,
  dtype: DType,
  length: number,
  valueAt: (i: number) => number,
  argument: string,
): void {
  const isBool = stored === "BOOL";
  if (!isBool && dtype !== "float64") return;
  for (let i = 0; i < length; i++) {
    const value = valueAt(i);
    if (isBool ? value <= 1 : Number.isSafeInteger(value)) continue;
    const must = isBool ? "hold only 0 and 1" : "hold integers of at most 2^53 - 1 in size";
    fail(argument, must, `${value} at element ${i}`);
  }
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

function readHeader(bytes: Uint8Array, source: string): ReturnType<typeof parseHeader> {
  if (bytes[0] !== 0x7b) {
    const found = bytes.length === 0 ? "an empty header" : `byte 0x${bytes[0].toString(16).padStart(2, "0")}`;
    fail(`header of ${source}`, 'start with "{"', found, "It is not safetensors.");
  }
  return parseHeader(bytes, source);
}

/** The data of the tensors, in this order, must fill the buffer without overlap, hole or rest. */
function checkLayout(described: readonly TensorHeader[], dataBytes: number, source: string): void {
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

function fail(argument: string, must: string, value: string, fix = ""): never {
  throw new FormatError({ op: OP, argument, must, value, fix });
}
