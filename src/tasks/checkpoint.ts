import { FormatError, OptionError, show } from "../base/errors.js";
import type { Field } from "../base/fields.js";
import type { TensorEntry } from "../interchange/formats/safetensors/index.js";
import { checkWeights, type DecodedCheckpoint, decodeCheckpoint, encodeCheckpoint } from "../train/checkpoint.js";
import type { Json } from "../train/index.js";
import type { Task, TaskTypes } from "./task.js";

/** A checkpoint, read and checked; its model is not built yet. */
export interface TaskCheckpoint<T extends TaskTypes = TaskTypes> {
  config: T["config"];
  meta: T["meta"];
  weights: Map<string, TensorEntry>;
  /** What training goes on from, or null. */
  training: unknown;
  source: string;
}

/** @param training  a tree of tensors and JSON that training goes on from; null for the model alone */
export function encodeTask<T extends TaskTypes>(
  task: Task<T>,
  { model, config, meta }: { model: T["model"]; config: T["config"]; meta: T["meta"] },
  training: unknown = null,
): Uint8Array {
  const weights = model.stateDict();
  // One matrix is stored once: the format has no way to share.
  for (const name of task.shared?.(config) ?? []) weights.delete(name);
  return encodeCheckpoint({ task: task.name, weights, description: describeTask(task, { config, meta }), training });
}

/** What a checkpoint says besides weights. */
export function describeTask<T extends TaskTypes>(
  task: Task<T>,
  { config, meta }: { config: T["config"]; meta: T["meta"] },
): Record<string, Json> {
  return { config: olderConfig(task, config), ...task.describeMeta(meta) };
}

/** The configuration without what younger versions added and nobody used: the versions before can read it then. */
function olderConfig<T extends TaskTypes>({ fields }: Task<T>, config: T["config"]): Json {
  const unused = ([key, value]: [string, unknown]): boolean => {
    const field = (fields as Readonly<Record<string, Field>>)[key];
    return field?.younger === true && value === field.default;
  };
  return Object.fromEntries(Object.entries(config).filter((entry) => !unused(entry))) as Json;
}

/**
 * Reads and checks a checkpoint. What its configuration claims is compared with the tensors that it holds before anything of
 * that size is made.
 * @throws FormatError naming what is broken, missing, too much or of another shape; with the code `not-finite` a weight that
 *   holds a NaN or an infinity
 */
export function decodeTask<T extends TaskTypes>(
  task: Task<T>,
  bytes: Uint8Array | ArrayBufferLike,
  source = "checkpoint",
  op = "checkpoint",
): TaskCheckpoint<T> {
  return readTask(task, decodeCheckpoint(bytes, task.name, source), source, op);
}

/** A checkpoint of this task whose parts are known already. */
export function readTask<T extends TaskTypes>(
  task: Task<T>,
  { weights, description, training }: DecodedCheckpoint,
  source: string,
  op = "checkpoint",
): TaskCheckpoint<T> {
  const config = asFormatError(op, "config", source, () => readConfig(task, description["config"], op));
  const [part = "meta"] = Object.keys(description).filter((key) => key !== "config");
  const meta = asFormatError(op, part, source, () => task.readMeta(description));
  const { layers } = config as { layers?: unknown };
  if (typeof layers === "number" && layers > weights.size) {
    const must = `be at most the ${weights.size} tensors of the file`;
    throw new FormatError({ op, argument: `layers in the config of ${source}`, must, value: String(layers) });
  }
  checkWeights(weights, task.parameterShapes(config, meta), source);
  return { config, meta, weights, training, source };
}

function readConfig<T extends TaskTypes>(task: Task<T>, json: Json | undefined, op: string): T["config"] {
  if (json === undefined || json === null || typeof json !== "object" || Array.isArray(json)) {
    const value = json === undefined ? "nothing" : show(json);
    throw new FormatError({ op, argument: "json", must: "be an object", value });
  }
  return task.resolve(json as unknown as Partial<T["settings"]>, op);
}

/** Errors of a part of the file name the part and the file. */
function asFormatError<R>(op: string, part: string, source: string, read: () => R): R {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof OptionError || cause instanceof FormatError)) throw cause;
    const { argument, must, value, details } = cause;
    const where = argument === "json" ? `${part} of ${source}` : `${argument} in the ${part} of ${source}`;
    throw new FormatError({ op, argument: where, must, value, details }, { cause });
  }
}

/** The model of a checkpoint, in evaluation mode. */
export function buildTask<T extends TaskTypes>(
  task: Task<T>,
  { config, meta, weights }: Pick<TaskCheckpoint<T>, "config" | "meta" | "weights">,
): T["model"] {
  const model = task.build(config, meta);
  model.loadStateDict(weights);
  model.train(false);
  return model;
}
