import { checkKnownOptions, checkObject, checkString, refusal } from "../base/check.js";
import { FormatError, show } from "../base/errors.js";
import { checkShape, formatShape, type Shape, sameShape } from "../base/shape.js";
import { decodeSafetensors, encodeSafetensors, type TensorEntry } from "../io/index.js";
import { Tensor } from "../tensor/index.js";
import { type Json, jsonToTree, treeToJson } from "./tree.js";

/** The version of the layout; a file of a later one is refused. */
const FORMAT = "unrolled/1";
/** Weights are named as in the module, so that other programs find them; all else has a prefix. */
const EXTRA = "training";
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
export function encodeCheckpoint(parts: CheckpointParts): Uint8Array {
  checkKnownOptions(OP, parts, ["task", "weights", "description", "training"]);
  const { task, weights, description, training = null } = parts;
  checkString(OP, "task", task);
  checkMap("weights", weights);
  checkObject(OP, "description", description, "an object of JSON values");
  const entries = new Map<string, TensorEntry>();
  for (const [name, weight] of weights) {
    if (!(weight instanceof Tensor)) throw refusal(OP, `weight ${show(name)}`, "be a tensor", weight);
    const data = weight.data();
    const wrong = data.findIndex((value: number) => !Number.isFinite(value));
    if (wrong >= 0) {
      const value = `${data[wrong]} at element ${wrong}`;
      throw new FormatError({ code: "not-finite", op: OP, argument: `weight ${show(name)}`, must: "be finite", value });
    }
    entries.set(name, { dtype: weight.dtype, shape: weight.shape, data });
  }
  const metadata: Record<string, string> = { format: FORMAT, task };
  for (const [key, value] of Object.entries(description)) metadata[key] = JSON.stringify(treeToJson(value, key, null));
  if (training !== null) metadata[EXTRA] = JSON.stringify(treeToJson(training, EXTRA, entries));
  return encodeSafetensors(entries, metadata);
}

/**
 * @param source  what the bytes are, for errors: `runs/x/best.safetensors`
 * @throws FormatError when the file is broken, or not a checkpoint of `task`
 */
export function decodeCheckpoint(
  bytes: Uint8Array | ArrayBufferLike,
  task: string,
  source = "checkpoint",
): DecodedCheckpoint {
  checkString(OP, "task", task);
  const { metadata, tensors } = decodeSafetensors(bytes, source);
  const { format, task: found, [EXTRA]: training, ...rest } = metadata;
  if (format !== FORMAT) {
    const value = format === undefined ? "safetensors without it" : show(format);
    const fix = "Only a checkpoint that unrolled wrote says how to build its model.";
    throw new FormatError({ op: OP, argument: source, must: `have format ${show(FORMAT)}`, value, fix });
  }
  if (found !== task) {
    throw new FormatError({ op: OP, argument: source, must: `hold a ${task}`, value: found ?? "no task" });
  }
  const description: Record<string, Json> = {};
  for (const [key, text] of Object.entries(rest)) description[key] = parse(text, key, source);
  const entries = new Map<string, TensorEntry>(tensors);
  const tree = training === undefined ? null : jsonToTree(parse(training, EXTRA, source), entries);
  return { task, weights: entries, description, training: tree };
}

function checkMap(argument: string, value: unknown): void {
  if (!(value instanceof Map)) throw refusal(OP, argument, "be a Map by name", value);
}

function parse(text: string, key: string, source: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    const value = show(text);
    throw new FormatError({ op: OP, argument: `${key} of ${source}`, must: "be JSON", value }, { cause });
  }
}

const MOST_NAMED = 8;

/**
 * Whether the tensors found are those expected, before a model of that size is built.
 * @throws FormatError naming every missing, unexpected and misfitting tensor
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
  const unexpected = [...found.keys()].filter((name) => !expected.has(name));
  const misfits: string[] = [];
  for (const [name, shape] of expected) {
    const entry = found.get(name);
    if (entry === undefined) continue;
    checkObject(OP, `tensor ${show(name)}`, entry, "{ dtype, shape, data }");
    checkShape(OP, entry.shape);
    checkShape(OP, shape);
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
  if (parts.length === 0) return;
  const must = "hold exactly the tensors of its configuration";
  throw new FormatError({ op: OP, argument: source, must, value: parts.join("; ") });
}

function listed(names: string[]): string {
  const more = names.length > MOST_NAMED ? ` and ${names.length - MOST_NAMED} more` : "";
  return `${names.slice(0, MOST_NAMED).join(", ")}${more}`;
}
