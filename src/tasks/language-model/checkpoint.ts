import { checkObject, refusal } from "../../base/check.js";
import { FormatError, OptionError, show, type UnrolledError } from "../../base/errors.js";
import type { TensorEntry } from "../../io/index.js";
import { type Vocabulary, vocabularyFromJSON } from "../../text/index.js";
import { checkWeights, decodeCheckpoint, encodeCheckpoint } from "../../train/checkpoint.js";
import type { Json } from "../../train/tree.js";
import { type LanguageModelOptions, type ResolvedConfig, resolveConfig } from "./config.js";
import { checkMemory, parameterShapes } from "./memory-estimate.js";
import { LanguageModel } from "./model.js";

export const TASK = "language-model";

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

/** @throws FormatError naming what is broken, missing, too much or of another shape */
export function decodeLanguageModel(
  bytes: Uint8Array | ArrayBufferLike,
  source = "checkpoint",
): LanguageModelCheckpoint {
  const { weights, description, training } = decodeCheckpoint(bytes, TASK, source);
  const config = readConfig(description["config"], source);
  const vocabulary = vocabularyFromJSON(description["vocabulary"]);
  if (config.layers > 1000) checkMemory("loadLanguageModel", config, vocabulary.size);
  checkWeights(weights, parameterShapes(config, vocabulary.size), source);
  return { config, vocabulary, weights, training, source };
}

function readConfig(json: Json | undefined, source: string): ResolvedConfig {
  if (json === undefined || json === null || typeof json !== "object" || Array.isArray(json)) {
    const value = json === undefined ? "nothing" : show(json);
    throw new FormatError({ op: "loadLanguageModel", argument: `config of ${source}`, must: "be an object", value });
  }
  try {
    return resolveConfig(json as LanguageModelOptions, "loadLanguageModel");
  } catch (cause) {
    if (!(cause instanceof OptionError)) throw cause;
    const { op, must, value } = cause as UnrolledError;
    const argument = `${cause.argument} in the config of ${source}`;
    throw new FormatError({ op, argument, must, value }, { cause });
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
