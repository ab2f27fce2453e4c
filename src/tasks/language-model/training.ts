import { checkKnownOptions, checkObject, checkOptionsObject } from "../../base/check.js";
import { DivergedError, FormatError, OptionError } from "../../base/errors.js";
import { manualSeed } from "../../base/random.js";
import { type StreamBatch, StreamBatcher } from "../../data/index.js";
import * as nn from "../../nn/index.js";
import type { Optimizer, OptimizerState } from "../../optim/index.js";
import { type Tensor, tensor } from "../../tensor/index.js";
import { checkVocabulary } from "../../text/compare.js";
import { type CheckpointKind, type FitOptions, type FitResult, Trainer, type TrainerState } from "../../train/index.js";
import { buildLanguageModel, encodeLanguageModel, type LanguageModelCheckpoint } from "./checkpoint.js";
import { type LanguageModelOptions, type ResolvedConfig, resolveConfig } from "./config.js";
import { type Corpus, readCorpus } from "./corpus.js";
import { meanLoss } from "./evaluation.js";
import { checkMemory } from "./memory-estimate.js";
import { LanguageModel, type RecurrentState } from "./model.js";
import { createOptimizer, createSchedule } from "./optimizers.js";
import { checkResumable } from "./resume.js";

/** What training goes on from, next to the weights: as it stands in a checkpoint. */
interface SavedTraining {
  trainer: TrainerState;
  optimizer: { tensors: Record<string, Tensor>; scalars: OptimizerState["scalars"] };
  schedule: unknown;
  carried: RecurrentState | null;
  fingerprint: string;
}

export interface TrainingOptions {
  /** Go on from this checkpoint. */
  resume?: LanguageModelCheckpoint | undefined;
  /** Writes a checkpoint; a FileError does not end training. */
  save?: ((kinds: readonly CheckpointKind[], bytes: Uint8Array) => void) | undefined;
  saveSeconds?: number | undefined;
  /** How errors call an option: `--hidden` on a command line. */
  nameOf?: ((key: string) => string) | undefined;
}

/** A language model with all that its training needs: run it with `fit`, at once or in parts. */
export class LanguageModelTraining {
  readonly model: LanguageModel;
  readonly config: ResolvedConfig;
  readonly corpus: Corpus;
  readonly trainer: Trainer<StreamBatch, RecurrentState>;
  readonly #optimizer: Optimizer;
  readonly #schedule: ReturnType<typeof createSchedule>;

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
    const { resume, save, saveSeconds = 300, nameOf } = options;
    if (resume !== undefined) checkResumable(resume, corpus, config, nameOf);
    checkMemory("train", config, corpus.vocabulary.size);
    this.corpus = corpus;
    this.config = config;
    manualSeed(config.seed);
    this.model =
      resume === undefined ? new LanguageModel(config, corpus.vocabulary) : buildLanguageModel({ ...resume, config });
    this.#optimizer = createOptimizer(this.model.parameters(), config);
    const { batch: batchSize, seqLen, epochs, maxSteps, clip, validateEvery, reportEvery, patience } = config;
    const batches = new StreamBatcher(corpus.train, { batchSize, seqLen });
    const totalSteps = maxSteps > 0 ? Math.min(maxSteps, epochs * batches.steps) : epochs * batches.steps;
    this.#schedule = createSchedule(this.#optimizer, config, totalSteps);
    const held = corpus.validation;
    this.trainer = new Trainer<StreamBatch, RecurrentState>(
      {
        model: this.model,
        optimizer: this.#optimizer,
        batches,
        forward: (batch, carried) => this.#forward(batch, carried),
        validate:
          held === null
            ? undefined
            : async (pacer, signal) => (await meanLoss(this.model, held, pacer, { signal })).value,
        clipGradNorm: nn.utils.clipGradNorm,
        schedule: this.#schedule,
        save: save && ((kinds) => save(kinds, this.encode())),
      },
      { epochs, maxSteps, clip, validateEvery, reportEvery, patience, saveSeconds },
    );
    if (resume !== undefined) this.#restore(resume);
  }

  /** @throws DivergedError when a loss or gradient is not finite: before the update, and nothing is saved */
  fit(options: FitOptions = {}): Promise<FitResult> {
    return this.trainer.fit(options);
  }

  /**
   * A checkpoint of this moment: training goes on from it bit for bit.
   * @throws DivergedError when a weight is not finite
   */
  encode(): Uint8Array {
    const saved = {
      trainer: this.trainer.state,
      optimizer: this.#optimizer.stateDict(),
      schedule: this.#schedule?.stateDict() ?? null,
      carried: this.trainer.carried ?? null,
      fingerprint: this.corpus.fingerprint,
    };
    try {
      return encodeLanguageModel(this.model, saved);
    } catch (cause) {
      if (!(cause instanceof FormatError) || cause.code !== "not-finite") throw cause;
      const { argument, must, value } = cause;
      const fix = `Use a smaller learning rate than ${this.config.lr}.`;
      throw new DivergedError({ op: "train", argument, must, value, fix, step: this.trainer.step }, { cause });
    }
  }

  #forward({ inputs, targets, seqLen, batchSize }: StreamBatch, carried: RecurrentState | undefined) {
    const shape = [seqLen, batchSize];
    const [loss, next] = this.model.loss(tensor(inputs, { shape }), tensor(targets, { shape }), carried);
    return { loss, count: inputs.length, carried: next };
  }

  #restore(checkpoint: LanguageModelCheckpoint): void {
    const { trainer, optimizer, schedule, carried } = checkpoint.training as SavedTraining;
    const { config } = this;
    const { lr } = config;
    this.#optimizer.loadStateDict({
      scalars: optimizer.scalars,
      tensors: new Map(Object.entries(optimizer.tensors)),
    });
    if (schedule !== null) this.#schedule?.loadStateDict(withRate(schedule, lr));
    // A learning rate that the user changed holds from here on.
    if (lr !== checkpoint.config.lr && (schedule === null || config.schedule === "plateau")) {
      for (const group of this.#optimizer.paramGroups) group.lr = lr;
    }
    this.trainer.state = trainer;
    this.trainer.carried = carried ?? undefined;
  }
}

/** Schedules that are a function of the step start from the rate that the configuration says now. */
function withRate(schedule: unknown, lr: number): unknown {
  return "baseLrs" in (schedule as object) ? { ...(schedule as object), baseLrs: [lr] } : schedule;
}

export interface TrainLanguageModelOptions extends LanguageModelOptions, FitOptions {
  save?: TrainingOptions["save"] | undefined;
}

/**
 * Trains a language model on a text.
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
  const training = new LanguageModelTraining(readCorpus(text, config), config, { save });
  const result = await training.fit({ signal, untilStep, onEvent });
  training.model.eval();
  return { model: training.model, result, checkpoint: () => training.encode() };
}
