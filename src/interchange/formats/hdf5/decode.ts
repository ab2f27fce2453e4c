import { bytesIn, dtypeOf, type TypedArray } from "../../../base/dtype.js";
import { FormatError, show } from "../../../base/errors.js";
import { formatShape } from "../../../base/shape.js";
import type { NamedArray } from "../../named-array.js";
import { checkGlobalHeaps } from "./global-heap.js";
import { guarded } from "./guarded.js";
import {
  type H5Dataset,
  type H5Group,
  type H5Metadata,
  type H5Module,
  type H5Object,
  type H5wasm,
  loadH5wasm,
} from "./h5wasm.js";
import { isHdf5 } from "./is-hdf5.js";

/** What an HDF5 file holds, as far as models need it. */
export interface DecodedHdf5 {
  /** Datasets of numbers by path, without a leading slash. */
  arrays: Map<string, NamedArray>;
  /** Texts, and lists of texts, of each group; the file's own under "". */
  texts: Map<string, Map<string, string | readonly string[]>>;
}

export interface Hdf5Options {
  /** The package, where it cannot be found by its name: `await import("h5wasm")`. */
  h5wasm?: unknown;
}

const OP = "decodeHdf5";
const [INTEGER, FLOAT, STRING] = [0, 1, 3];
/** Of models there are a few hundred; a file whose groups hold each other has no end, and each takes a tenth of a millisecond. */
const MOST_OBJECTS = 5000;
/** Of one group or dataset: Keras writes a handful, and cuts long lists of names into some dozens. */
const MOST_ATTRIBUTES = 1000;
const DEEPEST = 32;
const MOST_TEXT = 2 ** 26;
/** Pieces in which arrays lie, each of which takes kilobytes while it is read; real ones have some dozens each. */
const MOST_CHUNKS = 10_000;
/** What may be unpacked besides twice the file: the library keeps it several times over while it unpacks. */
const SPARE_BYTES = 2 ** 23;

let files = 0;

/**
 * Reads an HDF5 file by the package h5wasm: all arrays of numbers, and the texts of groups. The bytes are not copied.
 * @param source  what the bytes are, for errors
 * @throws UnsupportedError where h5wasm is not installed; FormatError for a damaged file, and for one that unpacks to more than twice
 *   its size and 8 MiB
 */
export async function decodeHdf5(
  file: Uint8Array | ArrayBufferLike,
  source = "file",
  { h5wasm }: Hdf5Options = {},
  op = OP,
): Promise<DecodedHdf5> {
  const bytes = bytesIn(op, "bytes", file);
  if (!isHdf5(bytes)) {
    const value = bytes.length === 0 ? "no bytes" : "another signature";
    throw new FormatError({ op, argument: source, must: "be HDF5", value, fix: "It is truncated, or not HDF5." });
  }
  const { module, File } = await loadH5wasm(op, h5wasm);
  return decodeWith(File, module, bytes, source, op);
}

/** @internal `decodeHdf5` with the package at hand. */
export function decodeWith(
  File: H5wasm["File"],
  module: H5Module,
  bytes: Uint8Array,
  source = "file",
  op = OP,
): DecodedHdf5 {
  checkGlobalHeaps(op, source, bytes);
  return guarded(op, source, module, bytes.length, () => {
    const path = `/unrolled-${files++}.h5`;
    module.FS.writeFile(path, bytes, { canOwn: true });
    try {
      const root = new File(path, "r");
      try {
        return new Reader(op, source, bytes.length).read(root);
      } finally {
        root.close();
      }
    } finally {
      module.FS.unlink(path);
    }
  });
}

class Reader {
  readonly #op: string;
  readonly #source: string;
  readonly #mostBytes: number;
  readonly #decoded: DecodedHdf5 = { arrays: new Map(), texts: new Map() };
  #bytes = 0;
  #objects = 0;
  #chunks = 0;

  constructor(op: string, source: string, fileBytes: number) {
    this.#op = op;
    this.#source = source;
    this.#mostBytes = 2 * fileBytes + SPARE_BYTES;
  }

  read(root: H5Group): DecodedHdf5 {
    this.#group(root, "", 0);
    return this.#decoded;
  }

  #group(group: H5Group, path: string, depth: number): void {
    this.#decoded.texts.set(path, this.#textsOf(group, path));
    if (depth > DEEPEST) this.#fail(path, `be at most ${DEEPEST} groups deep`, "more");
    for (const key of group.keys()) {
      const name = path === "" ? key : `${path}/${key}`;
      if (++this.#objects > MOST_OBJECTS) this.#fail(path, `hold at most ${MOST_OBJECTS} groups and datasets`, "more");
      const found = group.get(key);
      if (found?.type === "Group") this.#group(found as H5Group, name, depth + 1);
      else if (found?.type === "Dataset") this.#dataset(found as H5Dataset, name);
      else if (found?.type === "ExternalLink") this.#fail(name, "lie in the file", "a link to another file");
    }
  }

  #textsOf({ attrs }: H5Object, path: string): Map<string, string | readonly string[]> {
    const texts = new Map<string, string | readonly string[]>();
    // Their names alone: each attribute is read when it is looked at.
    const names = Object.keys(attrs);
    if (names.length > MOST_ATTRIBUTES)
      this.#fail(path, `have at most ${MOST_ATTRIBUTES} attributes`, `${names.length}`);
    for (const name of names) {
      const attribute = attrs[name];
      const { metadata } = attribute;
      if (metadata.type !== STRING) {
        // An empty list of names is written as an empty list of numbers.
        if (metadata.total_size === 0) texts.set(name, []);
        continue;
      }
      this.#count(path, name, metadata, MOST_TEXT);
      const { value } = attribute;
      if (typeof value === "string") texts.set(name, value);
      else if (Array.isArray(value) && value.every((one) => typeof one === "string")) texts.set(name, value);
    }
    return texts;
  }

  #dataset(dataset: H5Dataset, path: string): void {
    const { metadata } = dataset;
    if (metadata.type !== INTEGER && metadata.type !== FLOAT) return;
    const { shape, size } = metadata;
    if (shape === null) return;
    if (metadata.type === FLOAT && size !== 4 && size !== 8) {
      this.#fail(path, "hold floats of 32 or 64 bits", `${8 * size} bits`);
    }
    if (size > 1 && !metadata.littleEndian) this.#fail(path, "be little-endian", "big-endian");
    this.#count(path, "", metadata, this.#mostBytes);
    const chunks = metadata.chunks ?? shape;
    this.#chunks += shape.reduce((product, one, axis) => product * Math.ceil(one / chunks[axis]), 1);
    if (!(this.#chunks <= MOST_CHUNKS))
      this.#fail(path, `lie, with all before it, in at most ${MOST_CHUNKS} chunks`, "more");
    const data = numbersOf(dataset.value);
    if (data === null) return;
    const length = shape.reduce((product, one) => product * one, 1);
    if (data.length !== length)
      this.#fail(path, `hold the elements of ${formatShape(shape)}`, `${data.length} of them`);
    this.#decoded.arrays.set(path, { dtype: dtypeOf(data)!, shape: [...shape], data });
  }

  /** Before anything is unpacked: a file may say that it holds anything. */
  #count(path: string, name: string, { size, total_size }: H5Metadata, most: number): void {
    this.#bytes += Math.max(0, size * total_size);
    if (this.#bytes <= most) return;
    const what = name === "" ? path : `${path || "the file"}, attribute ${show(name)}`;
    this.#fail(what, `unpack, with all before it, to at most ${most} bytes`, `${this.#bytes}`);
  }

  #fail(path: string, must: string, value: string): never {
    const argument = `${show(path || "/")} of ${this.#source}`;
    throw new FormatError({ op: this.#op, argument, must, value, details: { tensor: path } });
  }
}

/** Small integers as int32, larger ones as float64. */
function numbersOf(value: unknown): TypedArray | null {
  if (!ArrayBuffer.isView(value) || value instanceof DataView) return null;
  if (dtypeOf(value) !== undefined) return value as TypedArray;
  if (value instanceof BigInt64Array || value instanceof BigUint64Array) return Float64Array.from(value, Number);
  if (value instanceof Uint32Array) return Float64Array.from(value);
  return Int32Array.from(value as Uint8Array);
}
