import { checkKnownOptions, checkString } from "../base/check.js";
import { bytesIn } from "../base/dtype.js";
import { readFile } from "../io/files.js";
import type { Module } from "../nn/module.js";
import { besideWeights, pytorchNames } from "./conventions/pytorch.js";
import type { FileContents } from "./formats/file-contents.js";
import type { StoredArray } from "./formats/stored-array.js";
import type { FoundLayer } from "./found.js";
import { dequantized } from "./int8.js";
import { READERS, readerOf } from "./readers.js";
import { buildRecurrent, type ModuleOptions } from "./recognise/imported-model.js";
import { type Recognised, type RecurrentParts, recogniseRecurrent } from "./recognise/recurrent-model.js";
import { unknownFormat } from "./unknown-format.js";

const OP = "read";

/** A model that came from elsewhere. */
export interface Imported {
  /** `safetensors`, `pytorch`, `npz`, `npy`, `onnx`, `keras`, `keras-hdf5`, `tfjs`. */
  readonly format: string;
  /** Who wrote it, as far as the file says. */
  readonly producer: string | null;
  /** Every array under its name in the file. What of it is not stored as memory has it is converted when `data` is read, each time. */
  readonly arrays: ReadonlyMap<string, StoredArray>;
  /** Numbers and texts beside them, by name. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** What was recognised, in the order in which it runs. */
  readonly layers: readonly FoundLayer[];
  /** Whether all of it is a model that runs: then there is `toModule`. */
  readonly fits: boolean;
  /** Why it does not, each a sentence; empty where it does. */
  readonly problems: readonly string[];
  /** What the weights do not say, and what was taken for it. */
  readonly notes: readonly string[];
  /** Names of arrays that belong to no layer. */
  readonly leftover: readonly string[];
  /** The parts of a model that is an embedding, recurrent layers and a linear layer; null for any other. */
  readonly parts: RecurrentParts | null;
  /**
   * The model with its weights, in evaluation mode; undefined where the file does not say enough. Bare recurrent layers are an `nn.LSTM`,
   * `nn.GRU`, `nn.RNN` or the cell of one step; else `forward(x, state)` gives outputs and the next state.
   * @param options  what weights do not say: `nonlinearity` of an RNN, `batchFirst`
   */
  readonly toModule: ((options?: ModuleOptions) => Module) | undefined;
}

/**
 * Reads a model that another program wrote: safetensors, PyTorch (`.pt`, `.pth`, `.bin`, of any version), NumPy (`.npz`, `.npy`), ONNX, Keras
 * (`.keras`; `.h5` with the package h5wasm), TensorFlow.js (a path to its model.json, beside its shards). What it is tells its content, not
 * its name. Nothing in a file is ever run.
 * @param file     bytes, or a path where there are files
 * @param options  `source`: what bytes are called in errors
 * @throws FormatError for what is of no known format, is damaged, or asks for more than tensors need; FileError
 * @example
 * const { arrays, layers, toModule } = await read("tagger.pt");
 * const model = toModule?.();
 */
export async function read(
  file: string | Uint8Array | ArrayBufferLike,
  options: { source?: string | undefined } = {},
): Promise<Imported> {
  checkKnownOptions(OP, options, ["source"]);
  const source = options.source === undefined ? "file" : checkString(OP, "source", options.source);
  if (typeof file === "string") return readBytes(await readFile(OP, file), options.source ?? file);
  return readBytes(bytesIn(OP, "file", file), source);
}

async function readBytes(bytes: Uint8Array, source: string): Promise<Imported> {
  const reader = readerOf(bytes);
  if (reader === undefined) {
    const formats = READERS.map(({ format }) => format);
    throw unknownFormat(OP, bytes, source, formats);
  }
  const decode = await reader.load();
  const contents = await decode(bytes, source);
  const { producer, metadata, layers, leftover = [], problems = [], notes = [], toModule } = contents;
  const arrays = dequantized(contents.arrays);
  const base = { format: reader.format, producer, arrays, metadata };
  if (layers === undefined) return { ...base, ...recognised(arrays) };
  const fits = toModule !== undefined && problems.length === 0;
  let parts: RecurrentParts | null | undefined;
  return {
    ...{ ...base, layers, leftover, problems, notes, fits, toModule },
    // It builds and runs the model: only for who asks.
    get parts() {
      if (parts === undefined) parts = (fits && contents.parts?.()) || null;
      return parts;
    },
  };
}

/** By names and shapes, where the format says no more. */
function recognised(arrays: FileContents["arrays"]): Omit<Imported, "format" | "producer" | "arrays" | "metadata"> {
  const weights = pytorchNames(arrays).toOurs(arrays);
  for (const name of besideWeights([...arrays.keys()])) weights.delete(name);
  const found: Recognised = recogniseRecurrent(weights);
  const { parts } = found;
  return {
    ...found,
    fits: parts !== null,
    toModule: parts === null ? undefined : (options) => buildRecurrent(parts, options),
  };
}
