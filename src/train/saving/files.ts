import { readFile, writeFile } from "../../io/files.js";
import type { Module } from "../../nn/module.js";
import type { LoadOptions, LoadResult } from "../../nn/state-dict.js";
import { type SaveOptions, toBytes, weightsFromBytes } from "./bytes.js";
import { type CheckpointValues, type Parts, partsFromBytes, partsToBytes, requireParts } from "./parts.js";
import { type NamedTensors, requireTensors } from "./tensors.js";

/**
 * Writes the weights of a model, parameters and buffers by their names (PyTorch's), as a safetensors file. A file that is there is
 * replaced whole or not at all. In a browser it goes to the page's own file system (OPFS), or IndexedDB where there is none.
 * @param path   `model.safetensors`
 * @param model  a module, or a map or an object of tensors by name
 * @throws FileError when it cannot be written; FormatError, code `not-finite`, for a weight that is NaN or infinite
 * @example
 * await save("model.safetensors", model);
 * await save("small.safetensors", model, { dtype: "bfloat16", metadata: { classes: JSON.stringify(classes) } });
 */
export async function save(path: string, model: Module | NamedTensors, options: SaveOptions = {}): Promise<void> {
  requireTensors("save", model);
  await writeFile("save", path, toBytes(model, options, "save"));
}

/**
 * Copies the weights of a safetensors file into a model by name, converting between float types. Nothing changes when it throws.
 * @param path   of a file that `save`, `saveCheckpoint`, `unrolled train` or another program wrote
 * @param model  a module, or a map or an object of tensors by name
 * @returns      `missing`: names that the model has and the file has not; `unexpected`: the other way round
 * @throws FileError when it cannot be read; FormatError when it is no safetensors file, or, unless `strict` is false, naming every
 *   missing and unexpected tensor with the nearest name; always for one of another shape
 * @example await load("model.safetensors", model);
 */
export async function load(path: string, model: Module | NamedTensors, options: LoadOptions = {}): Promise<LoadResult> {
  requireTensors("load", model);
  return weightsFromBytes("load", await readFile("load", path), model, options, path);
}

/**
 * Writes everything that training goes on from, bit for bit, as one safetensors file: modules, optimisers, schedules, generators,
 * metrics, loaders, and whatever else has `stateDict()` and `loadStateDict()`, `state()` and `loadState()`, or a `state` or `position`
 * that can be set; tensors; and plain values: numbers (NaN and the infinities too), texts, booleans, null, typed arrays, and arrays,
 * maps and objects of all these. The weights of `model` are named as in the module, so that `load` and other programs find them.
 * @throws FileError when it cannot be written; OptionError naming a part that nobody can save; FormatError for a weight that is not finite
 * @example
 * await saveCheckpoint("last.safetensors", { model, optimizer, schedule, generator: defaultGenerator, step, best });
 */
export async function saveCheckpoint(path: string, parts: Parts): Promise<void> {
  requireParts("saveCheckpoint", parts);
  await writeFile("saveCheckpoint", path, partsToBytes(parts, "saveCheckpoint"));
}

/**
 * Restores what `saveCheckpoint` wrote: what has a state and tensors in place, bit for bit; plain values are returned. Nothing changes
 * when it throws.
 * @param parts  an object as it was given to `saveCheckpoint`; plain values may be left out
 * @returns      the plain values of the file under their names
 * @throws FileError when it cannot be read; FormatError when it is no checkpoint, or of other parts
 * @example const { step, best } = await loadCheckpoint("last.safetensors", { model, optimizer, schedule, step: 0, best: Infinity });
 */
export async function loadCheckpoint<P extends Parts>(path: string, parts: P): Promise<CheckpointValues<P>> {
  requireParts("loadCheckpoint", parts);
  return partsFromBytes(await readFile("loadCheckpoint", path), parts, "loadCheckpoint", path);
}
