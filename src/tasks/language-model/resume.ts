import { checkFunction, checkObject } from "../../base/check.js";

import { checkSameConfig } from "../../train/resume.js";
import { checkSavedTensor, type RefuseSaved, savedObject } from "../../train/saved-training.js";
import { LANGUAGE_MODEL_FIELDS, type LanguageModelConfig, type ResolvedConfig } from "./config.js";

/**
 * Whether a run can go on with this configuration; whether it can with a text, `LanguageModelTraining` checks.
 * @throws FormatError naming each field, old → new
 */
export function checkResumableConfig(
  checkpoint: { config: ResolvedConfig; source: string },
  config: ResolvedConfig,
  nameOf?: (key: string) => string,
): void {
  const op = "checkResumableConfig";
  checkObject(op, "checkpoint", checkpoint, "what decodeLanguageModel() gave");
  checkObject(op, "config", config, "a configuration, as resolveConfig() gives it");
  checkObject(op, "checkpoint.config", checkpoint.config, "a configuration");
  if (nameOf !== undefined) checkFunction(op, "nameOf", nameOf);
  checkSameConfig<LanguageModelConfig>(checkpoint, config, LANGUAGE_MODEL_FIELDS, nameOf);
}

/** A recurrent state that the next batch can go on from. */
export function checkCarried(carried: unknown, config: ResolvedConfig, refuse: RefuseSaved): void {
  const { cell, layers, batch, hidden } = config;
  const shape = [layers, batch, hidden];
  const { h, c, ...others } = cell === "lstm" ? savedObject("carried", carried, refuse) : { h: carried, c: null };
  checkSavedTensor("carried.h", h, shape, refuse);
  if (cell === "lstm") checkSavedTensor("carried.c", c, shape, refuse);
  for (const key of Object.keys(others)) refuse("carried", "hold h and c alone", key);
}
