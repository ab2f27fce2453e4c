import { checkKnownOptions, refusal } from "../../base/check.js";
import { show } from "../../base/errors.js";
import {
  decodeSafetensors,
  type EncodeOptions,
  encodeSafetensors,
  type HalfDType,
} from "../../interchange/formats/safetensors/index.js";
import { loadSized, Module } from "../../nn/module.js";
import { type LoadOptions, type LoadResult, loadInto } from "../../nn/state-dict.js";
import { isOfTraining, TRAINING } from "../checkpoint.js";
import { checkFinite, entriesOf } from "../entries.js";
import { type CheckpointValues, isParts, type Parts, partsFromBytes, partsToBytes } from "./parts.js";
import { type NamedTensors, onceEach, requireTensors, SHARED, withShared } from "./tensors.js";

export interface SaveOptions {
  /**
   * What floats are rounded to, to the nearest and of two to the even one: half the size. A module's buffers (what a scaler or a norm has
   * seen) stay as they are. Default: all do.
   */
  dtype?: HalfDType | "float32" | undefined;
  /** Texts by name, for whoever reads the file: `{ classes: JSON.stringify(classes) }`. */
  metadata?: Readonly<Record<string, string>> | undefined;
}

/**
 * The bytes of a safetensors file: the model's weights by their names, or, given parts, all that `saveCheckpoint` would write.
 * @param model  a module, a map or an object of tensors; or parts, as `saveCheckpoint` takes them
 * @throws FormatError, code `not-finite`, for a weight that is NaN or infinite
 * @example const bytes = io.toBytes(model, { dtype: "bfloat16" });
 */
export function toBytes(model: Module | NamedTensors | Parts, options: SaveOptions = {}, op = "toBytes"): Uint8Array {
  checkKnownOptions(op, options, ["dtype", "metadata"]);
  if (isParts(model)) {
    checkNone(op, options);
    return partsToBytes(model, op);
  }
  const { own, shared } = onceEach(requireTensors(op, model));
  const dtype = options.dtype === "float32" ? undefined : options.dtype;
  const metadata = { ...options.metadata, ...(Object.keys(shared).length > 0 && { [SHARED]: JSON.stringify(shared) }) };
  const keep = new Set(model instanceof Module ? model.namedBuffers().map(([name]) => name) : []);
  return encodeSafetensors(entriesOf(op, own), metadata, { dtype, keep } satisfies EncodeOptions);
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
  if (isParts(model)) {
    checkNone("fromBytes", options);
    return partsFromBytes(bytes, model, "fromBytes", source);
  }
  return weightsFromBytes("fromBytes", bytes, model, options, source);
}

/** Parts are saved and restored bit for bit, all of them: there is nothing to choose. */
function checkNone(op: string, options: object): void {
  if (Object.values(options).every((value) => value === undefined)) return;
  throw refusal(op, "options", "be left out for parts", options);
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
  const entries = withShared(tensors, parsed(metadata[SHARED]));
  // What training goes on from lies beside the weights of a checkpoint.
  if (metadata[TRAINING] !== undefined) for (const name of entries.keys()) if (isOfTraining(name)) entries.delete(name);
  for (const [name, { data }] of entries) checkFinite(op, `tensor ${show(name)} of ${source}`, data);
  if (!(model instanceof Module)) return loadInto(requireTensors(op, model), entries, options, op);
  return loadSized(model, entries, op, (target) => loadInto(target, entries, options, op));
}

/** Null for what is no JSON: the word of another program. */
function parsed(text = "null"): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
