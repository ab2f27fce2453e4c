import { checkFunction, checkObject } from "../../base/check.js";

import { checkSameConfig } from "../../train/resume.js";
import { checkSavedTensor, type RefuseSaved, savedObject } from "../../train/saved-training.js";
import { cellNamed, stateShapes } from "../recurrent/layers.js";
import { LANGUAGE_MODEL_FIELDS, type LanguageModelConfig, layerSizes, type ResolvedConfig } from "./config.js";

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
  const { cell: name, batch } = config;
  const shapes = stateShapes(layerSizes(config));
  if (shapes.length > 1 && !(Array.isArray(carried) && carried.length === shapes.length)) {
    refuse("carried", `be a list of ${shapes.length} states, one a layer`, carried);
  }
  const states = shapes.length > 1 ? (carried as unknown[]) : [carried];
  const hasCell = cellNamed(name).cell.states === 2;
  for (const [i, [rows, ofH, ofC]] of shapes.entries()) {
    const at = shapes.length > 1 ? `carried.${i}` : "carried";
    const { h, c, ...others } = hasCell ? savedObject(at, states[i], refuse) : { h: states[i], c: null };
    checkSavedTensor(`${at}.h`, h, [rows, batch, ofH], refuse);
    if (hasCell) checkSavedTensor(`${at}.c`, c, [rows, batch, ofC], refuse);
    for (const key of Object.keys(others)) refuse(at, "hold h and c alone", key);
  }
}
