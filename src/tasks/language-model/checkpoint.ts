import { checkObject, refusal } from "../../base/check.js";
import { FormatError, OptionError, show } from "../../base/errors.js";
import type { Json } from "../../base/strict-json.js";
import type { TensorEntry } from "../../interchange/formats/safetensors/index.js";
import { type Vocabulary, vocabularyFromJSON } from "../../text/index.js";
import { checkWeights, decodeCheckpoint, encodeCheckpoint } from "../../train/checkpoint.js";
import { type LanguageModelOptions, type ResolvedConfig, resolveConfig } from "./config.js";
import { parameterShapes } from "./memory-estimate.js";
import { LanguageModel } from "./model.js";

export const TASK = "language-model";
const OP = "loadLanguageModel";

/** A checkpoint of a language model, read and checked; its model is not built yet. */
export interface LanguageModelCheckpoint {
  config: ResolvedConfig;
  vocabulary: Vocabulary;
  weights: Map<string, TensorEntry>;
  /** What training goes on from, or null. */
  training: unknown;
  source: string;
}

/** @param training  a tree of tensors and JSON that training goes on from; null for the model alone */
export function encodeLanguageModel(model: LanguageModel, training: unknown = null): Uint8Array {
  if (!(model instanceof LanguageModel)) {
    throw refusal("encodeLanguageModel", "model", "be a LanguageModel", model);
  }
  const weights = model.stateDict();
  // One matrix is stored once: the format has no way to share.
  if (model.config.tie) weights.delete("head.weight");
  const description = {
    config: model.config as unknown as Json,
    vocabulary: model.vocabulary.toJSON() as unknown as Json,
  };
  return encodeCheckpoint({ task: TASK, weights, description, training });
}

/**
 * Reads and checks a checkpoint. What its configuration claims is compared with the tensors that it holds before anything of
 * that size is made.
 * @throws FormatError naming what is broken, missing, too much or of another shape; with the code `not-finite` a weight that
 *   holds a NaN or an infinity
 */
export function decodeLanguageModel(
  bytes: Uint8Array | ArrayBufferLike,
  source = "checkpoint",
): LanguageModelCheckpoint {
  const { weights, description, training } = decodeCheckpoint(bytes, TASK, source);
  const config = asFormatError("config", source, () => readConfig(description["config"]));
  const vocabulary = asFormatError("vocabulary", source, () => vocabularyFromJSON(description["vocabulary"]));
  if (config.layers > weights.size) {
    const must = `be at most the ${weights.size} tensors of the file`;
    const argument = `layers in the config of ${source}`;
    throw new FormatError({ op: OP, argument, must, value: String(config.layers) });
  }
  checkWeights(weights, parameterShapes(config, vocabulary.size), source);
  return { config, vocabulary, weights, training, source };
}

function readConfig(json: Json | undefined): ResolvedConfig {
  if (json === undefined || json === null || typeof json !== "object" || Array.isArray(json)) {
    const value = json === undefined ? "nothing" : show(json);
    throw new FormatError({ op: OP, argument: "json", must: "be an object", value });
  }
  return resolveConfig(json as LanguageModelOptions, OP);
}

/** Errors of a part of the file name the part and the file. */
function asFormatError<T>(part: string, source: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (!(cause instanceof OptionError || cause instanceof FormatError)) throw cause;
    const { argument, must, value, details } = cause;
    const where = argument === "json" ? `${part} of ${source}` : `${argument} in the ${part} of ${source}`;
    throw new FormatError({ op: OP, argument: where, must, value, details }, { cause });
  }
}

/** The model of a checkpoint, ready to sample: in evaluation mode. */
export function buildLanguageModel(checkpoint: LanguageModelCheckpoint): LanguageModel {
  checkObject("buildLanguageModel", "checkpoint", checkpoint, "what decodeLanguageModel() gave");
  const { config, vocabulary, weights } = checkpoint;
  if (!(weights instanceof Map)) throw refusal("buildLanguageModel", "weights", "be a Map by name", weights);
  const model = new LanguageModel(config, vocabulary);
  model.loadStateDict(weights);
  return model.eval();
}

/**
 * A model from the bytes of a checkpoint, wherever they come from: a file, a network, a page.
 * @throws FormatError naming what is wrong with them
 */
export function loadLanguageModel(bytes: Uint8Array | ArrayBufferLike, source?: string): LanguageModel {
  return buildLanguageModel(decodeLanguageModel(bytes, source));
}
