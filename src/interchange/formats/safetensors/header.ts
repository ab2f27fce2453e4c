import { FormatError, show } from "../../../base/errors.js";
import { formatShape } from "../../../base/shape.js";
import { HeaderScanner } from "./header-scanner.js";
import { STORED_TYPES, type StoredDType } from "./stored-dtype.js";

/** The most that the format allows a header to be. */
export const MAX_HEADER_BYTES = 100_000_000;
export const METADATA_KEY = "__metadata__";

/**
 * More than any model has: each costs two kilobytes in memory until its layer is known, while fifty bytes in the header describe
 * one. Files are written within the same limits.
 */
export const MAX_TENSORS = 20_000;
/** In characters. */
export const MAX_NAME = 1000;
export const MAX_METADATA = 10_000;
/** PyTorch and NumPy have 64. */
export const MAX_DIMENSIONS = 64;

const OP = "decodeSafetensors";

/** What the header says of a tensor: where its data begins and ends, in bytes after the header. */
export interface TensorHeader {
  name: string;
  stored: StoredDType;
  shape: number[];
  begin: number;
  end: number;
}

/**
 * The header of a safetensors file. Nothing but name -> { dtype, shape, data_offsets } and strings under `__metadata__` is
 * ever built, so that a hostile header costs no more than an honest one of its length.
 * @throws FormatError naming the part that is wrong
 */
export function parseHeader(
  bytes: Uint8Array,
  source: string,
): { metadata: Record<string, string>; tensors: TensorHeader[] } {
  const scan = new HeaderScanner(OP, `header of ${source}`, bytes);
  const tensors: TensorHeader[] = [];
  let metadata: Record<string, string> = {};
  scan.object((name) => {
    if (name === METADATA_KEY) {
      metadata = readMetadata(scan, source);
      return;
    }
    if (tensors.length === MAX_TENSORS) fail(`header of ${source}`, `name at most ${MAX_TENSORS} tensors`, "more");
    tensors.push(readTensor(scan, name, source));
  });
  scan.end();
  return { metadata, tensors };
}

function readMetadata(scan: HeaderScanner, source: string): Record<string, string> {
  const argument = `${METADATA_KEY} of ${source}`;
  const must = "be an object of strings";
  if (!scan.next("{")) fail(argument, must, scan.token());
  const pairs: [string, string][] = [];
  scan.object((key) => {
    if (pairs.length === MAX_METADATA) fail(argument, `hold at most ${MAX_METADATA} strings`, "more");
    if (!scan.next('"')) fail(argument, must, `${scan.token()} for ${show(key)}`);
    pairs.push([key, scan.string()]);
  });
  // fromEntries defines own properties, so that a key "__proto__" is only a key.
  return Object.fromEntries(pairs);
}

function readTensor(scan: HeaderScanner, name: string, source: string): TensorHeader {
  const argument = `tensor ${show(name)} of ${source}`;
  if (name.length > MAX_NAME) fail(argument, `have a name of at most ${MAX_NAME} characters`, `${name.length}`);
  if (!scan.next("{")) fail(argument, "be an object with dtype, shape and data_offsets", scan.token());
  let stored: StoredDType | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  scan.object((key) => {
    if (key === "dtype") stored = readDType(scan, argument);
    else if (key === "shape") shape = readSizes(scan, argument, "a shape of non-negative integers", MAX_DIMENSIONS);
    else if (key === "data_offsets") offsets = readSizes(scan, argument, OFFSETS, 2);
    else fail(argument, "have only dtype, shape and data_offsets", show(key));
  });
  if (stored === undefined) fail(argument, "have a dtype", "nothing");
  if (shape === undefined) fail(argument, "have a shape", "nothing");
  if (offsets === undefined) fail(argument, "have data_offsets", "nothing");
  if (offsets.length !== 2) fail(argument, `have ${OFFSETS}`, formatShape(offsets));
  const [begin, end] = offsets as [number, number];
  checkBytes({ name, stored, shape, begin, end }, argument);
  return { name, stored, shape, begin, end };
}

const OFFSETS = "data_offsets [begin, end] of non-negative integers";

function readDType(scan: HeaderScanner, argument: string): StoredDType {
  const dtype = scan.next('"') ? scan.string() : undefined;
  if (dtype !== undefined && Object.hasOwn(STORED_TYPES, dtype)) return dtype as StoredDType;
  const found = dtype === undefined ? scan.token() : show(dtype);
  return fail(argument, `have one of the dtypes ${Object.keys(STORED_TYPES).join(", ")}`, found);
}

function readSizes(scan: HeaderScanner, argument: string, what: string, most: number): number[] {
  if (!scan.next("[")) fail(argument, `have ${what}`, scan.token());
  const sizes: number[] = [];
  scan.list(() => {
    if (sizes.length === most) fail(argument, `have ${what}, at most ${most}`, "more");
    const size = scan.size();
    if (size === undefined) fail(argument, `have ${what}`, scan.token());
    sizes.push(size);
  });
  // What grows takes room for 17 at its first element.
  return sizes.slice();
}

function checkBytes({ stored, shape, begin, end }: TensorHeader, argument: string): void {
  if (begin > end) fail(argument, "have data_offsets with begin <= end", formatShape([begin, end]));
  const expected = byteLength(shape, STORED_TYPES[stored].bytes);
  if (Number.isNaN(expected)) fail(argument, "have fewer than 2^53 bytes", `shape ${formatShape(shape)}`);
  if (end - begin === expected) return;
  const must = `have ${expected} bytes (shape ${formatShape(shape)} of ${stored})`;
  fail(argument, must, `${end - begin} in data_offsets ${formatShape([begin, end])}`);
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

function fail(argument: string, must: string, value: string): never {
  throw new FormatError({ op: OP, argument, must, value });
}
