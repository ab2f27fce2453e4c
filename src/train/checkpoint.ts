import { checkArray, checkKnownOptions, checkObject, checkString, refusal } from "../base/check.js";
import { FormatError, show } from "../base/errors.js";
import { formatShape, type Shape, sameShape } from "../base/shape.js";
import { type Json, parsePlainJson } from "../base/strict-json.js";
import { decodeSafetensors, encodeSafetensors, type TensorEntry } from "../interchange/formats/safetensors/index.js";
import { dequantized } from "../interchange/int8.js";
import type { Tensor } from "../tensor/index.js";
import { checkFinite, entriesOf } from "./entries.js";
import { jsonToTree, treeToJson } from "./tree.js";

/** The version of the layout; a file of a later one is refused. */
const FORMAT = "unrolled/1";
/** Weights are named as in the module, so that other programs find them; all else has a prefix. */
export const TRAINING = "training";
/** Whether it is the name of a tensor that training goes on from. */
export const isOfTraining = (name: string): boolean => name.startsWith(`${TRAINING}.`);
const OP = "checkpoint";

/** What a checkpoint is made of, whatever the task. */
export interface CheckpointParts {
  /** `language-model`, `classify`, ... */
  task: string;
  weights: ReadonlyMap<string, Tensor>;
  /** JSON values that the task needs to build its model: configuration, vocabulary. */
  description: Readonly<Record<string, Json>>;
  /** Tensors in objects and arrays, with all else that training goes on from; null for a model alone. */
  training: unknown;
}

/** A checkpoint as it was read; nothing is built yet. */
export interface DecodedCheckpoint {
  task: string;
  weights: Map<string, TensorEntry>;
  description: Record<string, Json>;
  /** The tree that was saved, or null. */
  training: unknown;
}

/**
 * ONE safetensors file: weights by their own names, the tensors of training under `training.`, the rest as JSON metadata.
 * @throws FormatError when a weight is not finite: such a checkpoint must not replace a good one
 */
export function encodeCheckpoint(parts: CheckpointParts, op = OP): Uint8Array {
  checkKnownOptions(op, parts, ["task", "weights", "description", "training"]);
  const { task, weights, description, training = null } = parts;
  checkString(op, "task", task);
  checkMap("weights", weights);
  checkObject(op, "description", description, "an object of JSON values");
  const entries = entriesOf(op, weights);
  const metadata = checkpointMetadata(task, description);
  if (training !== null) metadata[TRAINING] = JSON.stringify(treeToJson(training, TRAINING, entries));
  return encodeSafetensors(entries, metadata);
}

/** @internal What a checkpoint says of the model beside its weights, as the metadata of a safetensors file. */
export function checkpointMetadata(task: string, description: Readonly<Record<string, Json>>): Record<string, string> {
  const entries = Object.entries(description).map(([key, value]) => [
    key,
    JSON.stringify(treeToJson(value, key, null)),
  ]);
  return { ...Object.fromEntries(entries), format: FORMAT, task };
}

/**
 * @param task  which task it must be of; null for any
 * @param source  what the bytes are, for errors: `runs/x/best.safetensors`
 * @throws FormatError when the file is broken, or not a checkpoint of `task`; with the code `no-checkpoint` when it is none at all
 */
export function decodeCheckpoint(
  bytes: Uint8Array | ArrayBufferLike,
  task: string | null,
  source = "checkpoint",
): DecodedCheckpoint {
  if (task !== null) checkString(OP, "task", task);
  const { metadata, tensors: stored } = decodeSafetensors(bytes, source);
  const tensors = dequantized(stored);
  const { format, task: found, [TRAINING]: training, ...rest } = metadata;
  if (format !== FORMAT) {
    const value = format === undefined ? "safetensors without it" : show(format);
    const fix = "Only a checkpoint that unrolled wrote says how to build its model.";
    throw new FormatError({
      code: "no-checkpoint",
      op: OP,
      argument: source,
      must: `have format ${show(FORMAT)}`,
      value,
      fix,
    });
  }
  if (found === undefined || (task !== null && found !== task)) {
    throw new FormatError({
      op: OP,
      argument: source,
      must: `hold ${task === null ? "a model of a task" : `a ${task}`}`,
      value: found === undefined ? "no task" : nameOf(found),
    });
  }
  const parse = (key: string, text: string) => parsePlainJson(OP, `${key} of ${source}`, text);
  const description = Object.fromEntries(Object.entries(rest).map(([key, text]) => [key, parse(nameOf(key), text)]));
  const entries = new Map<string, TensorEntry>(tensors);
  const tree = training === undefined ? null : jsonToTree(parse(TRAINING, training), entries);
  const stray = [...entries.keys()].find(isOfTraining);
  if (stray !== undefined) {
    const must = `have tensors under ${TRAINING}. for its training alone`;
    throw new FormatError({ op: OP, argument: source, must, value: show(stray) });
  }
  return { task: found, weights: entries, description, training: tree };
}

function checkMap(argument: string, value: unknown): void {
  if (!(value instanceof Map)) throw refusal(OP, argument, "be a Map by name", value);
}

const MOST_NAMED = 8;

/**
 * Whether the tensors found are those expected, and finite, before a model of that size is built.
 * @throws FormatError naming every missing, unexpected and misfitting tensor; with the code `not-finite` the first that holds
 *   a NaN or an infinity
 */
export function checkWeights(
  found: ReadonlyMap<string, TensorEntry>,
  expected: ReadonlyMap<string, Shape>,
  source: string,
): void {
  checkMap("found", found);
  checkMap("expected", expected);
  checkString(OP, "source", source);
  const missing = [...expected.keys()].filter((name) => !found.has(name));
  const unexpected = [...found.keys()].filter((name) => !expected.has(name)).map(nameOf);
  const misfits: string[] = [];
  for (const [name, shape] of expected) {
    const entry = found.get(name);
    if (entry === undefined) continue;
    checkObject(OP, `tensor ${show(name)}`, entry, "{ dtype, shape, data }");
    checkArray(OP, `shape of ${show(name)}`, entry.shape);
    if (!sameShape(entry.shape, shape)) {
      misfits.push(`${name} has shape ${formatShape(entry.shape)} instead of ${formatShape(shape)}`);
    } else if (entry.dtype !== "float32") {
      misfits.push(`${name} has dtype ${entry.dtype} instead of float32`);
    }
  }
  const parts = [
    missing.length > 0 ? `missing ${listed(missing)}` : "",
    unexpected.length > 0 ? `unexpected ${listed(unexpected)}` : "",
    misfits.length > 0 ? listed(misfits) : "",
  ].filter((part) => part !== "");
  if (parts.length > 0) {
    const must = "hold exactly the tensors of its configuration";
    throw new FormatError({ op: OP, argument: source, must, value: parts.join("; ") });
  }
  for (const [name, { data }] of found) checkFinite(OP, `weight ${show(name)} of ${source}`, data);
}

/** A name as it stands where it is one, else shown as any text. */
function nameOf(name: string): string {
  return /^[\w.-]{1,80}$/.test(name) ? name : show(name);
}

function listed(names: string[]): string {
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : "";
  return `${names.slice(0, MOST_NAMED).join(", ")}${more}`;
}
