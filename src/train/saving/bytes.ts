import { checkKnownOptions } from "../../base/check.js";
import { FormatError } from "../../base/errors.js";
import {
  decodeSafetensors,
  type EncodeOptions,
  encodeSafetensors,
  type HalfDType,
} from "../../interchange/formats/safetensors/index.js";
import { Module } from "../../nn/module.js";
import { type LoadOptions, type LoadResult, loadInto } from "../../nn/state-dict.js";
import { type CheckpointValues, isParts, type Parts, partsFromBytes, partsToBytes } from "./parts.js";
import { entriesOf, type NamedTensors, requireTensors, withShared } from "./tensors.js";

export interface SaveOptions {
  /**
   * What floats are rounded to, to the nearest and of two to the even one: half the size. A module's buffers (what a scaler or a norm has
   * seen) stay as they are. Default: all do.
   */
  dtype?: HalfDType | "float32" | undefined;
  /** Texts by name, for whoever reads the file: `{ classes: JSON.stringify(classes) }`. */
  metadata?: Readonly<Record<string, string>> | undefined;
}

/** Of what the checkpoints of tasks call theirs. */
const TRAINING = "training.";

/**
 * The bytes of a safetensors file: the model's weights by their names, or, given parts, all that `saveCheckpoint` would write.
 * @param model  a module, a map or an object of tensors; or parts, as `saveCheckpoint` takes them
 * @throws FormatError, code `not-finite`, for a weight that is NaN or infinite
 * @example const bytes = io.toBytes(model, { dtype: "bfloat16" });
 */
export function toBytes(model: Module | NamedTensors | Parts, options: SaveOptions = {}, op = "toBytes"): Uint8Array {
  checkKnownOptions(op, options, ["dtype", "metadata"]);
  if (isParts(model)) return partsToBytes(model, op);
  const { entries, metadata } = entriesOf(op, requireTensors(op, model));
  const dtype = options.dtype === "float32" ? undefined : options.dtype;
  const keep = new Set(model instanceof Module ? model.namedBuffers().map(([name]) => name) : []);
  return encodeSafetensors(entries, { ...options.metadata, ...metadata }, { dtype, keep } satisfies EncodeOptions);
}

/**
 * Copies the weights of a safetensors file into a model by name, converting between float types. Nothing changes when it throws.
 * Checkpoints, those of language models and other tasks included, give their weights too. Given parts, it restores all of them, as
 * `loadCheckpoint` does.
 * @param bytes   of a file that `save`, `saveCheckpoint`, a task or another program wrote
 * @param source  what the bytes are, for errors: the file's path
 * @returns names that the file lacks and that the model lacks; given parts, the plain values among them
 * @throws FormatError for what is no such file, or, naming every one, for missing, unexpected and misshapen tensors
 * @example io.fromBytes(await (await fetch("/model.safetensors")).arrayBuffer(), model);
 */
export function fromBytes(
  bytes: Uint8Array | ArrayBufferLike,
  model: Module | NamedTensors,
  options?: LoadOptions,
  source?: string,
): LoadResult;
export function fromBytes<P extends Parts>(
  bytes: Uint8Array | ArrayBufferLike,
  parts: P,
  options?: LoadOptions,
  source?: string,
): CheckpointValues<P>;
export function fromBytes(
  bytes: Uint8Array | ArrayBufferLike,
  model: Module | NamedTensors | Parts,
  options: LoadOptions = {},
  source = "file",
): unknown {
  if (isParts(model)) return partsFromBytes(bytes, model, "fromBytes", source);
  return weightsFromBytes("fromBytes", bytes, model, options, source);
}

/** `fromBytes` for weights alone. */
export function weightsFromBytes(
  op: string,
  bytes: Uint8Array | ArrayBufferLike,
  model: Module | NamedTensors,
  options: LoadOptions,
  source: string,
): LoadResult {
  requireTensors(op, model);
  const { tensors, metadata } = decodeSafetensors(bytes, source);
  const entries = withShared(tensors, metadata);
  // What training goes on from lies beside the weights of a checkpoint.
  if (metadata["training"] !== undefined) {
    for (const name of entries.keys()) if (name.startsWith(TRAINING)) entries.delete(name);
  }
  checkFinite(op, entries, source);
  const target = model instanceof Module ? model.stateDictFor(entries, op) : requireTensors(op, model);
  return loadInto(target, entries, options, op);
}

function checkFinite(op: string, entries: ReadonlyMap<string, { data: ArrayLike<number> }>, source: string): void {
  for (const [name, { data }] of entries) {
    for (let i = 0; i < data.length; i++) {
      if (Number.isFinite(data[i])) continue;
      const argument = `tensor ${JSON.stringify(name)} of ${source}`;
      const value = `${data[i]} at element ${i}`;
      const details = { index: i };
      throw new FormatError({ code: "not-finite", op, argument, must: "be finite", value, details });
    }
  }
}
