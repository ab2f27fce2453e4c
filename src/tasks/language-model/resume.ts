import { vocabularyDifference } from "../../text/index.js";
import { checkHoldsTraining, checkSameConfig, checkSameData, refuseResume } from "../../train/resume.js";
import { checkSavedTensor, type RefuseSaved, readSavedTraining, savedObject } from "../../train/saved-training.js";
import type { LanguageModelCheckpoint } from "./checkpoint.js";
import { LANGUAGE_MODEL_FIELDS, type LanguageModelConfig, type ResolvedConfig } from "./config.js";
import type { Corpus } from "./corpus.js";

/**
 * Whether a run can go on with this text and configuration.
 * @throws FormatError naming each field, old → new
 */
export function checkResumable(
  checkpoint: LanguageModelCheckpoint,
  corpus: Corpus,
  config: ResolvedConfig,
  nameOf?: (key: string) => string,
): void {
  checkResumableConfig(checkpoint, config, nameOf);
  const vocabulary = vocabularyDifference(checkpoint.vocabulary, corpus.vocabulary);
  if (vocabulary !== undefined) {
    const fix = "Use the text that the run was started with, or start a new run.";
    refuseResume(checkpoint.source, "have the vocabulary of the text", `vocabulary ${vocabulary}`, fix);
  }
  checkHoldsTraining(checkpoint);
  const { fingerprint } = readSavedTraining(checkpoint, (carried, refuse) => {
    checkCarried(carried, checkpoint.config, refuse);
  });
  checkSameData(checkpoint.source, "text", fingerprint, corpus.fingerprint);
}

/** The part of it that needs no text. */
export function checkResumableConfig(
  checkpoint: LanguageModelCheckpoint,
  config: ResolvedConfig,
  nameOf?: (key: string) => string,
): void {
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
