import type { FileContents } from "./formats/file-contents.js";
import { isHdf5 } from "./formats/hdf5/is-hdf5.js";
import { isNpy } from "./formats/npy/header.js";
import { isZip, zipNames } from "./formats/zip/index.js";

/** A format that `read` knows. */
export interface FormatReader {
  /** `pytorch`, `npz`. */
  readonly format: string;
  /**
   * Whether a file is of this format, by its first bytes or what stands in it; the first reader that says so reads it.
   * @param names  of the files in it, where it is an archive
   */
  detects(bytes: Uint8Array, names: readonly string[]): boolean;
  /** What reads it, fetched when it is needed. @throws FormatError */
  load(): Promise<(bytes: Uint8Array, source: string) => FileContents | Promise<FileContents>>;
}

/** Every format, a line each. */
export const READERS: readonly FormatReader[] = [
  {
    format: "safetensors",
    detects: isSafetensors,
    load: async () => (await import("./formats/safetensors/contents.js")).contentsOf,
  },
  { format: "onnx", detects: isOnnx, load: async () => (await import("./onnx/contents.js")).contentsOf },
  { format: "keras", detects: isKerasZip, load: async () => (await import("./keras/contents.js")).kerasContents },
  { format: "keras-hdf5", detects: isHdf5, load: async () => (await import("./keras/contents.js")).kerasContents },
  { format: "tfjs", detects: isTfjs, load: async () => (await import("./keras/contents.js")).tfjsContents },
  { format: "pytorch", detects: isTorch, load: async () => (await import("./formats/torch/index.js")).decodeTorch },
  { format: "npz", detects: isNpz, load: async () => (await import("./formats/npy/index.js")).decodeNpz },
  { format: "npy", detects: isNpy, load: async () => (await import("./formats/npy/index.js")).decodeNpy },
  // An archive that cannot be read is read to say why.
  { format: "pytorch", detects: isZip, load: async () => (await import("./formats/torch/index.js")).decodeTorch },
];

/** What reads a file; undefined where nothing does. */
export function readerOf(bytes: Uint8Array): FormatReader | undefined {
  const names = zipNames(bytes);
  return READERS.find(({ detects }) => detects(bytes, names));
}

/** The length of the header in 8 bytes, of which no header needs all, and then the header. */
function isSafetensors(bytes: Uint8Array): boolean {
  return bytes[8] === 0x7b && bytes[7] === 0;
}

/** It has no mark: its first field is a small version, and another field follows. */
function isOnnx(bytes: Uint8Array): boolean {
  return bytes[0] === 0x08 && bytes[1] > 0 && bytes[1] < 0x40 && ONNX_FIELDS.has(bytes[2]);
}

/** Tags of the fields of ModelProto. */
const ONNX_FIELDS: ReadonlySet<number | undefined> = new Set([0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42, 0x72]);

function isKerasZip(_: Uint8Array, names: readonly string[]): boolean {
  return names.includes("model.weights.h5");
}

/** What of a model.json is looked at: its parts stand in any order. */
const TFJS_PARTS = /"(modelTopology|weightsManifest)"/;
const [PIECE, LONGEST_PART] = [2 ** 16, 17];

/** Piece by piece: the text of all of it would be kept beside the file. */
function isTfjs(bytes: Uint8Array): boolean {
  if (bytes.find((byte) => byte > 0x20) !== 0x7b) return false;
  const decoder = new TextDecoder();
  for (let at = 0; at < bytes.length; at += PIECE) {
    if (TFJS_PARTS.test(decoder.decode(bytes.subarray(at, at + PIECE + LONGEST_PART)))) return true;
  }
  return false;
}

function isTorch(bytes: Uint8Array, names: readonly string[]): boolean {
  const isPickle = bytes[0] === 0x80 && bytes[1] >= 2 && bytes[1] <= 5;
  return isPickle || names.some((name) => name === "data.pkl" || name.endsWith("/data.pkl"));
}

function isNpz(_: Uint8Array, names: readonly string[]): boolean {
  return names.some((name) => name.endsWith(".npy"));
}
