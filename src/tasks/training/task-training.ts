import { backward } from "../../autograd/index.js";
import { DivergedError, FormatError, OptionError } from "../../base/errors.js";
import { defaultGenerator, manualSeed } from "../../base/random.js";
import type { Told } from "../../base/report.js";
import { sizeOf } from "../../base/shape.js";
import { clipGradNorm } from "../../nn/utils.js";
import { AveragingOptimizer, type Optimizer } from "../../optim/index.js";
import { checkWeights } from "../../train/checkpoint.js";
import { checkSameWeights } from "../../train/collective/agree.js";
import { type Collective, Local } from "../../train/collective/collective.js";
import { joinCarried, sliceCarried } from "../../train/collective/lanes.js";
import { LaneShare, WHOLE } from "../../train/collective/share.js";
import {
  type BatchSource,
  type CheckpointKind,
  type FitOptions,
  type FitResult,
  type Pacer,
  Trainer,
  type Validation,
} from "../../train/index.js";
import { checkFits, estimateTraining, type MemoryEstimate, MOST_BYTES } from "../../train/memory.js";
import { createOptimizer, createSchedule, listenerOf, withAverages } from "../../train/optimizers.js";
import { checkHoldsTraining, checkSameConfig, checkSameData, refuseResume } from "../../train/resume.js";
import { readSavedTraining, type SavedTraining, takingOver } from "../../train/saved-training.js";
import { buildTask, encodeTask, type TaskCheckpoint } from "../checkpoint.js";
import { measured } from "../judged/measured.js";
import type { DataAbout, Task, TaskTypes } from "../task.js";

/** Steps that are tried to tell how long one takes. */
const TRIED = 5;

export interface TaskTrainingOptions<T extends TaskTypes = TaskTypes> {
  /** Go on from this checkpoint. */
  resume?: TaskCheckpoint<T> | undefined;
  /** Begin a new run with the weights of this checkpoint; its data must have been read with what it knows. */
  from?: TaskCheckpoint<T> | undefined;
  /** Writes a checkpoint; a FileError does not end training. */
  save?: ((kinds: readonly CheckpointKind[], bytes: Uint8Array) => void) | undefined;
  saveSeconds?: number | undefined;
  /** Processes that train together. Default: this one alone. */
  collective?: Collective | undefined;
  /** Sums as so many processes would, one part of the batch after another. Default 1. */
  ranksLike?: number | undefined;
  /** Told of how far a validation is. */
  told?: Told | undefined;
  /** How errors call an option: `--hidden` on a command line. */
  nameOf?: ((key: string) => string) | undefined;
}

/** About what training needs. `meta` is null where no data were read yet: it needs at least so much. */
export function estimateTask<T extends TaskTypes>(
  task: Task<T>,
  config: T["config"],
  meta: T["meta"] | null,
): MemoryEstimate {
  let parameters = 0;
  for (const shape of task.parameterShapes(config, meta).values()) parameters += sizeOf(shape);
  return estimateTraining(parameters, task.activations(config), config.optimizer);
}

/**
 * @param available  bytes that may be used
 * @throws OutOfMemoryError when training would need more
 */
export function checkTaskMemory<T extends TaskTypes>(
  task: Task<T>,
  config: T["config"],
  meta: T["meta"] | null,
  available?: number,
): void {
  const { hidden } = config as { hidden?: unknown };
  const of = hidden === undefined ? "" : ` of hidden size ${hidden}`;
  checkFits("train", estimateTask(task, config, meta), of, available);
}

/** Settings of half the size. */
export function halvedSizes<T extends TaskTypes>({ sizes }: Task<T>, config: T["config"]): Record<string, number> {
  const values = config as unknown as Readonly<Record<string, unknown>>;
  const halved = (value: unknown) => Math.max(1, Math.floor((value as number) / 2));
  return Object.fromEntries(sizes.map((key) => [key, halved(values[key])]));
}

/** Smaller settings with which a training fits into memory. @param available  bytes that may be used */
export function fitTask<T extends TaskTypes>(
  task: Task<T>,
  config: T["config"],
  meta: T["meta"] | null,
  available: number,
): Readonly<Record<string, number>> {
  if (task.fitToMemory !== undefined) return task.fitToMemory(config, meta, available);
  const limit = Math.min(available, MOST_BYTES);
  let tried = config;
  for (let left = 50; left > 0 && estimateTask(task, tried, meta).trainingBytes > limit; left--) {
    tried = { ...tried, ...halvedSizes(task, tried) };
  }
  const values = tried as unknown as Readonly<Record<string, number>>;
  return Object.fromEntries(task.sizes.map((key) => [key, values[key]]));
}

/** Whether a task with this configuration reads any bytes: else its files are texts. */
export function readsAnyFile<T extends TaskTypes>({ anyFile }: Task<T>, config: T["config"]): boolean {
  const values = config as unknown as Readonly<Record<string, unknown>>;
  return anyFile !== undefined && Object.entries(anyFile).every(([key, value]) => values[key] === value);
}

/** A model with all that its training needs, whatever its task: run it with `fit`, at once or in parts. */
export class TaskTraining<T extends TaskTypes = TaskTypes> {
  readonly task: Task<T>;
  readonly model: T["model"];
  readonly config: T["config"];
  readonly data: T["data"];
  readonly about: DataAbout<T["meta"]>;
  readonly trainer: Trainer<T["batch"], T["carried"]>;
  readonly #told: Told | undefined;
  readonly #optimizer: Optimizer;
  readonly #batches: BatchSource<T["batch"]>;
  readonly #schedule: ReturnType<typeof createSchedule>;
  readonly #collective: Collective;
  /** Parts of a batch, of all processes. */
  readonly #lanes: number;
  /** What of a validation is this process's; null for one that is alone. */
  readonly #share: LaneShare | null;
  /** Of the step under way. */
  #stepRate = 1;

  /**
   * Builds the model, or takes it from the checkpoint to resume.
   * @throws FormatError when the checkpoint is of other data or another architecture
   */
  constructor(task: Task<T>, data: T["data"], config: T["config"], options: TaskTrainingOptions<T> = {}) {
    const { resume, from, save, saveSeconds = 300, nameOf, collective = new Local(), ranksLike = 1 } = options;
    this.#collective = collective;
    this.#lanes = collective.size > 1 ? collective.size : ranksLike;
    this.#share = this.#lanes === 1 ? null : new LaneShare(collective, this.#lanes);
    this.#told = options.told;
    this.task = task;
    this.data = data;
    this.config = config;
    this.about = task.about(data, config);
    const { meta, heldOut } = this.about;
    const saved = resume && this.#readSaved(resume, nameOf);
    if (from !== undefined) this.#checkBeginning(from);
    checkTaskMemory(task, config, meta);
    manualSeed(config.seed);
    this.model = resume === undefined ? task.build(config, meta) : buildTask(task, { ...resume, config });
    if (from !== undefined) this.model.loadStateDict(from.weights);
    const optimizer = createOptimizer(this.model.parameters(), config);
    this.#optimizer = optimizer;
    const { epochs, maxSteps, clip, validateEvery, reportEvery, patience, accumulate } = config;
    const own = collective.size > 1 ? [collective.rank] : Array.from({ length: this.#lanes }, (_, lane) => lane);
    const lanes = own.map((lane) => this.#shareOf(lane, nameOf));
    const [batches] = lanes;
    this.#batches = batches;
    const allSteps = epochs * Math.ceil(batches.steps / accumulate);
    const totalSteps = maxSteps > 0 ? Math.min(maxSteps, allSteps) : allSteps;
    this.#schedule = createSchedule(optimizer, config, totalSteps);
    const metrics = task.metrics(meta);
    this.trainer = new Trainer<T["batch"], T["carried"]>(
      {
        model: this.model,
        optimizer: task.stepRate === undefined ? optimizer : this.#steppingAtRate(),
        batches,
        forward: (batch, carried) => {
          this.#stepRate = task.stepRate?.(batch, config) ?? 1;
          return task.loss(this.model, batch, carried);
        },
        validate: heldOut ? (pacer, signal) => this.#validate(pacer, signal) : undefined,
        metrics,
        lossMetrics: task.lossMetrics(),
        clipGradNorm,
        schedule: listenerOf(optimizer, this.#schedule),
        save: save && ((kinds) => this.#save(kinds, save)),
        ranks: this.#lanes === 1 ? undefined : { collective, lanes, seed: config.seed },
      },
      { epochs, maxSteps, clip, validateEvery, reportEvery, patience, saveSeconds, accumulate },
    );
    if (resume !== undefined) this.#restore(resume, saved!);
  }

  /** The share of a lane in every batch; all where there is one. */
  #shareOf(lane: number, nameOf?: (key: string) => string): BatchSource<T["batch"]> {
    const { task, data, config } = this;
    const lanes = this.#lanes;
    if (lanes === 1) return task.batches(data, config);
    if (config.accumulate > 1) {
      const [must, fix] = ["be 1 where a batch is shared out", "Leave it out, and use a larger batch."];
      const argument = nameOf?.("accumulate") ?? "accumulate";
      throw new OptionError({ op: "train", argument, must, value: `${config.accumulate}`, fix });
    }
    if (config.batch % lanes === 0)
      return task.batches(data, { ...config, batch: config.batch / lanes }, { rank: lane, size: lanes });
    throw new OptionError({
      op: "train",
      argument: nameOf?.("batch") ?? "batch",
      must: `be a multiple of ${lanes}, as many parts as it is trained in`,
      value: `${config.batch}`,
      fix: `Use ${Math.ceil(config.batch / lanes) * lanes}.`,
    });
  }

  /** Rank 0 writes; what streams carry comes from all. */
  #save(kinds: readonly CheckpointKind[], save: NonNullable<TaskTrainingOptions["save"]>): void {
    const bytes = this.encode();
    if (this.#collective.rank === 0) save(kinds, bytes);
  }

  /**
   * @throws DivergedError when a loss or gradient is not finite: before the update, and nothing is saved; RankError when processes that
   *   train together have other weights, or one of them no longer answers
   */
  fit(options: FitOptions = {}): Promise<FitResult> {
    checkSameWeights(this.#collective, this.model.parameters(), this.trainer.step);
    return this.trainer.fit(options);
  }

  /**
   * Seconds that a step takes, about: some are tried, and nothing of them is kept, so that training goes on as if they had not been.
   * @param milliseconds  after which none is tried any more
   */
  timeSteps(milliseconds = 100): number {
    const { position } = this.#batches;
    const { state } = defaultGenerator;
    const begin = performance.now();
    const seconds: number[] = [];
    this.model.train();
    try {
      while (seconds.length < TRIED && (seconds.length === 0 || performance.now() - begin < milliseconds)) {
        const start = performance.now();
        backward(this.task.loss(this.model, this.#batches.next(), undefined).loss);
        seconds.push((performance.now() - start) / 1000);
      }
    } finally {
      this.#optimizer.zeroGrad();
      this.#batches.position = position;
      defaultGenerator.state = state;
    }
    // The first ones compile: the quickest is nearest to those that follow.
    return this.config.accumulate * Math.min(...seconds);
  }

  /**
   * A checkpoint of this moment: training goes on from it bit for bit.
   * @throws DivergedError when a weight is not finite
   */
  encode(): Uint8Array {
    const { model, config, about } = this;
    try {
      // A model that is averaged is its averages; the weights that training goes on from stand with the optimiser's state then.
      return this.withAverages(() => {
        const saved = {
          trainer: this.trainer.state,
          optimizer: this.#optimizer.stateDict(),
          schedule: this.#schedule?.stateDict() ?? null,
          carried: this.#carried() ?? null,
          fingerprint: about.fingerprint,
        };
        return encodeTask(this.task, { model, config, meta: about.meta }, saved);
      });
    } catch (cause) {
      if (!(cause instanceof FormatError) || cause.code !== "not-finite") throw cause;
      const { argument, must, value } = cause;
      const fix = `Use a smaller learning rate than ${config.lr}.`;
      throw new DivergedError({ op: "train", argument, must, value, fix, step: this.trainer.step }, { cause });
    }
  }

  /** What the next batch goes on from, of all lanes. */
  #carried(): T["carried"] | undefined {
    if (this.#lanes === 1) return this.trainer.carried;
    return joinCarried(this.#collective, this.trainer.laneCarried);
  }

  /** Runs `body` with the averages of the weights in their places, where the optimiser keeps some. */
  withAverages<R>(body: () => R): R {
    return withAverages(this.#optimizer, body);
  }

  /** Leaves the averages in the weights' places, where there are some: for a model that is not trained on. */
  takeAverages(): void {
    if (this.#optimizer instanceof AveragingOptimizer) this.#optimizer.swapAverages();
  }

  #steppingAtRate() {
    const optimizer = this.#optimizer;
    return {
      zeroGrad: () => optimizer.zeroGrad(),
      get lr() {
        return optimizer.lr;
      },
      step: () => {
        const { paramGroups } = optimizer;
        const rates = paramGroups.map(({ lr }) => lr);
        for (const group of paramGroups) group.lr *= this.#stepRate;
        optimizer.step();
        for (const [i, group] of paramGroups.entries()) group.lr = rates[i];
      },
    };
  }

  #validate(pacer: Pacer, signal: AbortSignal | undefined): Promise<Validation> {
    checkSameWeights(this.#collective, this.model.parameters(), this.trainer.step);
    const { task, model, data, config, about } = this;
    this.#share?.begin();
    const share = this.#share ?? WHOLE;
    return this.withAverages(() =>
      measured(task, { model, data, config, meta: about.meta }, share, { told: this.#told, pacer, signal }),
    );
  }

  #readSaved(checkpoint: TaskCheckpoint<T>, nameOf?: (key: string) => string): SavedTraining {
    const { task, config, about } = this;
    const { source } = checkpoint;
    checkSameConfig<T["settings"]>(checkpoint, config, task.fields, nameOf);
    const difference = task.metaDifference(checkpoint.meta, about.meta);
    if (difference !== undefined) {
      const fix = `Use the ${task.input} that the run was started with, or start a new run.`;
      refuseResume(source, difference.must, difference.value, fix);
    }
    checkHoldsTraining(checkpoint);
    const saved = readSavedTraining(checkpoint, (carried, refuse) => {
      if (task.checkCarried === undefined) refuse("carried", "be null", carried);
      else task.checkCarried(carried, checkpoint.config, refuse);
    });
    checkSameData(source, task.input, saved.fingerprint, about.fingerprint);
    return saved;
  }

  /** Weights are of a network, and of what its rows and columns stand for. */
  #checkBeginning({ meta, weights, source }: TaskCheckpoint<T>): void {
    const { task, about, config } = this;
    const difference = task.readsKnown === true ? undefined : task.metaDifference(meta, about.meta);
    if (difference !== undefined) {
      const fix = `Use a ${task.input} of the same kind, or train anew.`;
      throw new FormatError({ op: "train", argument: source, ...difference, fix });
    }
    checkWeights(weights, task.parameterShapes(config, about.meta), source);
  }

  #restore(checkpoint: TaskCheckpoint<T>, { trainer, optimizer, schedule, carried }: SavedTraining): void {
    const { source } = checkpoint;
    const { config } = this;
    const { lr } = config;
    const tensors = new Map(Object.entries(optimizer.tensors));
    takingOver("optimizer", source, () =>
      this.withAverages(() => this.#optimizer.loadStateDict({ scalars: optimizer.scalars, tensors })),
    );
    takingOver("schedule", source, () => {
      if ((schedule === null) !== (this.#schedule === undefined)) {
        const must = `be that of schedule ${config.schedule}`;
        throw new FormatError({ op: "resume", argument: "state", must, value: schedule === null ? "none" : "one" });
      }
      this.#schedule?.loadStateDict(schedule);
      if (schedule !== null) this.#schedule?.loadStateDict(withRate(schedule, lr));
    });
    // A learning rate that the user changed holds from here on.
    if (lr !== checkpoint.config.lr && (schedule === null || config.schedule === "plateau")) {
      for (const group of this.#optimizer.paramGroups) group.lr = lr;
    }
    takingOver("trainer", source, () => {
      this.trainer.state = trainer;
    });
    if (this.#lanes === 1) this.trainer.carried = carried ?? undefined;
    else if (carried !== null && carried !== undefined) {
      const { rank, size } = this.#collective;
      const own = size > 1 ? [rank] : Array.from({ length: this.#lanes }, (_, lane) => lane);
      this.trainer.laneCarried = own.map((lane) => sliceCarried(carried, lane, this.#lanes));
    }
  }
}

/** Schedules that are a function of the step start from the rate that the configuration says now. */
function withRate(schedule: Record<string, unknown>, lr: number): unknown {
  return Object.hasOwn(schedule, "baseLrs") ? { ...schedule, baseLrs: [lr] } : schedule;
}
