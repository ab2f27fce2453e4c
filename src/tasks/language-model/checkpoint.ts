import { checkObject, refusal } from "../../base/check.js";
import type { TensorEntry } from "../../interchange/formats/safetensors/index.js";
import type { Vocabulary } from "../../text/index.js";
import { buildTask, decodeTask, encodeTask } from "../checkpoint.js";
import type { ResolvedConfig } from "./config.js";
import { LanguageModel } from "./model.js";
import { languageModel } from "./task.js";

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
/**
 * The bytes of a checkpoint: the model's weights, its configuration and its vocabulary.
 * @param training  what training goes on from, tensors in objects and arrays; null for the model alone
 */
export function encodeLanguageModel(model: LanguageModel, training: unknown = null): Uint8Array {
  if (!(model instanceof LanguageModel)) {
    throw refusal("encodeLanguageModel", "model", "be a LanguageModel", model);
  }
  return encodeTask(languageModel, { model, config: model.config, meta: model.vocabulary }, training);
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
  const { meta, ...checkpoint } = decodeTask(languageModel, bytes, source, OP);
  return { ...checkpoint, vocabulary: meta };
}

/** The model of a checkpoint, ready to sample: in evaluation mode. */
export function buildLanguageModel(checkpoint: LanguageModelCheckpoint): LanguageModel {
  checkObject("buildLanguageModel", "checkpoint", checkpoint, "what decodeLanguageModel() gave");
  const { config, vocabulary, weights } = checkpoint;
  if (!(weights instanceof Map)) throw refusal("buildLanguageModel", "weights", "be a Map by name", weights);
  return buildTask(languageModel, { config, meta: vocabulary, weights });
}

/**
 * A model from the bytes of a checkpoint, wherever they come from: a file, a network, a page.
 * @throws FormatError naming what is wrong with them
 */
export function loadLanguageModel(bytes: Uint8Array | ArrayBufferLike, source?: string): LanguageModel {
  return buildLanguageModel(decodeLanguageModel(bytes, source));
}
