import { checkKnownOptions, checkObject, checkOptionsObject } from "../../base/check.js";

import { OptionError } from "../../base/errors.js";
import { checkVocabulary } from "../../text/compare.js";
import type { FitOptions, FitResult } from "../../train/index.js";
import { fitToBest } from "../training/fit-to-best.js";
import { TaskTraining, type TaskTrainingOptions } from "../training/task-training.js";
import type { LanguageModelCheckpoint } from "./checkpoint.js";

import { type LanguageModelOptions, type ResolvedConfig, resolveConfig } from "./config.js";
import { type Corpus, readCorpusAndConfig } from "./corpus.js";
import type { LanguageModel } from "./model.js";
import { type LanguageModelTypes, languageModel } from "./task.js";

export interface TrainingOptions extends Omit<TaskTrainingOptions<LanguageModelTypes>, "resume"> {
  /** Go on from this checkpoint. */
  resume?: LanguageModelCheckpoint | undefined;
}

/** A language model with all that its training needs: run it with `fit`, at once or in parts. */
export class LanguageModelTraining extends TaskTraining<LanguageModelTypes> {
  /**
   * Builds the model, or takes it from the checkpoint to resume.
   * @throws FormatError when the checkpoint is of another text, vocabulary or architecture
   */
  constructor(corpus: Corpus, config: ResolvedConfig, options: TrainingOptions = {}) {
    const op = "LanguageModelTraining";
    checkObject(op, "corpus", corpus, "a corpus, as readCorpus() gives it");
    checkObject(op, "config", config, "a configuration, as resolveConfig() gives it");
    checkKnownOptions(op, options, ["resume", "save", "saveSeconds", "nameOf"]);
    resolveConfig(config, op);
    checkVocabulary(op, "corpus.vocabulary", corpus.vocabulary);
    const { resume, ...others } = options;
    super(languageModel, corpus, config, {
      ...others,
      resume: resume && { ...resume, meta: resume.vocabulary },
    });
  }

  get corpus(): Corpus {
    return this.data as Corpus;
  }
}

export interface TrainLanguageModelOptions extends LanguageModelOptions, FitOptions {
  save?: TrainingOptions["save"] | undefined;
}

/**
 * Trains a language model on a text. Batch, sequence length and epochs are chosen by its size where `options` leave them out.
 * @example
 * const { model } = await trainLanguageModel(text, { cell: "gru", hidden: 128, epochs: 3, onEvent: console.log });
 * console.log(model.sample({ prompt: "The ", length: 200, temperature: 0.8 }));
 * @param text  a string, or the bytes of a file
 * @throws OptionError, FormatError for options or a text that will not do; OutOfMemoryError; DivergedError
 */
export async function trainLanguageModel(
  text: string | Uint8Array,
  options: TrainLanguageModelOptions = {},
): Promise<{ model: LanguageModel; result: FitResult; checkpoint: () => Uint8Array }> {
  checkOptionsObject("trainLanguageModel", options);
  const { signal, untilStep, onEvent, save, ...given } = options;
  const config = resolveConfig(given, "trainLanguageModel");
  if (typeof config.valid === "string") {
    throw new OptionError({
      op: "trainLanguageModel",
      argument: "valid",
      must: "be a part of the text, in [0, 1)",
      value: JSON.stringify(config.valid),
      fix: "A library reads no files: readCorpus takes a text of its own to validate on.",
    });
  }
  const fitted = readCorpusAndConfig(text, given, { op: "trainLanguageModel" });
  const training = new LanguageModelTraining(fitted.corpus, fitted.config, { save });
  const { model, result } = await fitToBest<LanguageModelTypes>(training, { signal, untilStep, onEvent });
  return { model: model as LanguageModel, result, checkpoint: () => training.encode() };
}
