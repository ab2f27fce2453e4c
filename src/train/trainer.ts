import { backward } from "../autograd/index.js";
import {
  checkFunction,
  checkKnownOptions,
  checkNonNegativeInteger,
  checkNumber,
  checkObject,
  checkPositiveInteger,
  refusal,
  withDefaults,
} from "../base/check.js";
import { DivergedError, FileError, FormatError, OptionError } from "../base/errors.js";
import { defaultGenerator } from "../base/random.js";
import type { LossOutput, Metric, MetricInfo } from "../metrics/index.js";
import { clipGradNorm as clipGradients } from "../nn/utils.js";
import type { Tensor } from "../tensor/index.js";
import { mul } from "../tensor/ops/arithmetic.js";
import { type BatchResult, checkedResult, scaleGradients } from "./accumulate.js";
import { RankSteps, type Ranks } from "./collective/rank-steps.js";
import { EarlyStopping } from "./early-stopping.js";
import type { CheckpointKind, EndReason, Figures, Progress, StepEvent, TrainEvent } from "./events.js";
import { Mean } from "./metrics.js";
import { Pacer } from "./pause.js";
import { type BatchPosition, type BatchSource, readTrainerState, type TrainerState } from "./trainer-state.js";
import { detachTree, disposeTree } from "./tree.js";

/** What a validation found. */
export interface Validation {
  loss: number;
  /** By the names of the trainer's metrics. */
  metrics: Figures;
}

/** The parts of training that a task brings; the trainer knows nothing else about it. */
export interface TrainerParts<B, C> {
  model: { parameters(): readonly Tensor[]; train(mode?: boolean): unknown };
  optimizer: { zeroGrad(): void; step(): void; readonly lr: number };
  batches: BatchSource<B>;
  /** @param carried  of the batch before, cut from its history; undefined where a stream begins */
  forward(batch: B, carried: C | undefined): BatchResult<C>;
  /** The loss on held-out data, or more figures; without it the training loss chooses the best checkpoint. */
  validate?: ((pacer: Pacer, signal: AbortSignal | undefined) => Promise<number | Validation>) | undefined;
  /** The figures that `validate` gives: in this order, and then by the loss, they choose the best checkpoint. Default: the loss does. */
  metrics?: readonly MetricInfo[] | undefined;
  /** Figures that follow from a mean loss alone: they are told of the training loss too. */
  lossMetrics?: readonly Metric<LossOutput>[] | undefined;
  /** Scales the gradients so that their norm is at most `maxNorm`, and returns the norm before. Default: `nn.utils.clipGradNorm`. */
  clipGradNorm?: ((parameters: readonly Tensor[], maxNorm: number) => number) | undefined;
  schedule?: TrainerListener | undefined;
  /** Writes checkpoints. A FileError does not end training: it is told, and the next save tries again. */
  save?: ((kinds: readonly CheckpointKind[]) => void | Promise<void>) | undefined;
  /** Between backward and clipping: where gradients can be changed. */
  reduceGradients?: ((parameters: readonly Tensor[]) => void) | undefined;
  /** Where a step's batch is trained in lanes, by several processes or by one that sums as they do. */
  ranks?: Ranks<B> | undefined;
}

/** What is told of every step and every validation. */
export interface TrainerListener {
  afterStep?(): void;
  afterEpoch?(): void;
  afterValidation?(loss: number): void;
}

/** A learning rate that changes: told of every step and every validation, it changes the optimiser's. */
export interface TrainerSchedule extends TrainerListener {
  stateDict(): unknown;
  loadStateDict(state: unknown): void;
}

export interface TrainerOptions {
  epochs: number;
  /** 0: as many as the epochs have. */
  maxSteps?: number | undefined;
  /** Most that the norm of all gradients may be; 0: any. */
  clip?: number | undefined;
  /** Steps between validations; 0: once an epoch. */
  validateEvery?: number | undefined;
  reportEvery?: number | undefined;
  /** Validations without improvement after which to end; 0: never. */
  patience?: number | undefined;
  /** What counts as an improvement: more than this. Default 0. */
  minDelta?: number | undefined;
  /** Seconds after which the last checkpoint is written even without a validation. */
  saveSeconds?: number | undefined;
  /** Steps after which it is, too; 0: never. */
  saveEvery?: number | undefined;
  /**
   * Batches whose gradients make one step, weighted by their counts: k batches of B do what one of k·B would. An epoch's last step
   * takes what is left. Default 1.
   */
  accumulate?: number | undefined;
}

export interface FitOptions {
  /** Ends after the step under way, with a last checkpoint. */
  signal?: AbortSignal | undefined;
  /** Stops before this step would be exceeded, as if interrupted; the run can go on later. */
  untilStep?: number | undefined;
  onEvent?: ((event: TrainEvent) => void) | undefined;
}

/** How training ended. */
export interface FitResult {
  reason: EndReason;
  step: number;
  bestLoss: number | null;
  bestStep: number | null;
  /** The figure that chose the best checkpoint, NaN where it had none; null before the first validation. */
  best: number | null;
  /** The last save failed: what was learned since the one before is not on disk. */
  unsaved: FileError | null;
}

export type { BatchResult } from "./accumulate.js";

const OP = "Trainer";
/** The metric that is the loss itself. */
const LOSS = "loss";

/** The figures before the loss: it decides last, and so nothing that stands behind it does. */
function choosing(metrics: readonly MetricInfo[] = []): readonly MetricInfo[] {
  const at = metrics.findIndex(({ name }) => name === LOSS);
  return at < 0 ? metrics : metrics.slice(0, at);
}

function scoresOf(chooses: readonly MetricInfo[], figures: Figures): readonly number[] | undefined {
  return chooses.length === 0 ? undefined : chooses.map(({ name }) => figures[name] ?? Number.NaN);
}

function checkParts<B, C>(parts: TrainerParts<B, C>): void {
  checkObject(OP, "parts", parts, "{ model, optimizer, batches, forward, ... }");
  const { model, optimizer, batches, forward, clipGradNorm = clipGradients } = parts;
  const needed = {
    "model.parameters": model?.parameters,
    "model.train": model?.train,
    "optimizer.step": optimizer?.step,
    "optimizer.zeroGrad": optimizer?.zeroGrad,
    "batches.next": batches?.next,
    forward,
    clipGradNorm,
  };
  for (const [argument, method] of Object.entries(needed)) checkFunction(OP, argument, method);
}

function checkOptions(options: TrainerOptions): void {
  checkKnownOptions(OP, options, Object.keys(DEFAULTS));
  checkPositiveInteger(OP, "epochs", options.epochs);
  const { accumulate, clip, saveSeconds, minDelta, epochs: _, ...counts } = withDefaults<Settings>(DEFAULTS, options);
  checkPositiveInteger(OP, "accumulate", accumulate);
  for (const [name, value] of Object.entries({ clip, saveSeconds, minDelta })) checkNumber(OP, name, value, { min: 0 });
  for (const [name, value] of Object.entries(counts)) checkNonNegativeInteger(OP, name, value);
}

type Settings = { [K in keyof TrainerOptions]-?: number };

const DEFAULTS: Settings = {
  epochs: 1,
  maxSteps: 0,
  clip: 0,
  validateEvery: 0,
  reportEvery: 100,
  patience: 0,
  minDelta: 0,
  saveSeconds: 300,
  saveEvery: 0,
  accumulate: 1,
};

/**
 * The training loop of every task: batch, forward, backward, clip, update; truncated backpropagation through time
 * (the gradient is cut between batches, the state carried); validation, early stopping, schedules, checkpoints.
 * It can stop after any step and go on bit for bit from `state` and `carried`.
 * Source: truncated BPTT, Williams & Peng 1990; clipping by the norm, Pascanu et al. 2013.
 */
export class Trainer<B, C> {
  /** What the next batch goes on from. */
  carried: C | undefined;
  /** What each lane goes on from, where there are several. */
  laneCarried: (C | undefined)[] = [];
  readonly #parts: TrainerParts<B, C>;
  readonly #options: Settings;
  readonly #parameters: readonly Tensor[];
  readonly #stopping: EarlyStopping;
  /** What chooses the best checkpoint, in this order, where it is not the loss alone. */
  readonly #chooses: readonly MetricInfo[];
  /** Since the last report. */
  readonly #window = new Mean();
  readonly #windowNorm = new Mean();
  /** Since the last validation. */
  readonly #interval = new Mean();
  #step = 0;
  #validatedStep = 0;
  #onEvent: (event: TrainEvent) => void = () => {};
  #unsaved: FileError | null = null;
  #windowStart = 0;
  #savedAt = 0;
  readonly #lanes: RankSteps<B, C> | undefined;
  #signal: AbortSignal | undefined;

  constructor(parts: TrainerParts<B, C>, options: TrainerOptions) {
    checkParts(parts);
    checkOptions(options);
    this.#parts = parts;
    this.#options = withDefaults<Settings>(DEFAULTS, options);
    this.#parameters = parts.model.parameters();
    this.#chooses = parts.validate === undefined ? [] : choosing(parts.metrics);
    const better = this.#chooses.map((metric) => metric.better);
    this.#stopping = new EarlyStopping(this.#options.patience, better, this.#options.minDelta);
    if (parts.ranks === undefined) return;
    const { accumulate } = this.#options;
    if (accumulate > 1) {
      const [must, fix] = ["be 1 where a batch is shared out", "Leave it out, and use larger batches."];
      throw new OptionError({ op: OP, argument: "accumulate", must, value: String(accumulate), fix });
    }
    this.#lanes = new RankSteps(parts.ranks, parts, this.#parameters);
  }

  get step(): number {
    return this.#step;
  }

  get progress(): Progress {
    const { batches } = this.#parts;
    const { epoch, step } = batches.position;
    const { accumulate } = this.#options;
    const epochSteps = Math.ceil(batches.steps / accumulate);
    // The position names the batch to come; between the last batch of an epoch and the next epoch, tell of the old one.
    const ended = step === 0 && this.#step > 0;
    return {
      step: this.#step,
      epoch: ended ? epoch : epoch + 1,
      epochStep: ended ? epochSteps : Math.ceil(step / accumulate),
      epochSteps,
      totalSteps: this.totalSteps,
    };
  }

  get totalSteps(): number {
    const { epochs, maxSteps, accumulate } = this.#options;
    const all = epochs * Math.ceil(this.#parts.batches.steps / accumulate);
    return maxSteps > 0 ? Math.min(maxSteps, all) : all;
  }

  /** All but tensors: with the weights, the optimiser's state and `carried`, training goes on bit for bit. */
  get state(): TrainerState {
    return {
      step: this.#step,
      validatedStep: this.#validatedStep,
      position: this.#parts.batches.position,
      generator: defaultGenerator.state,
      stopping: this.#stopping.state,
      window: this.#window.state,
      windowNorm: this.#windowNorm.state,
      interval: this.#interval.state,
    };
  }

  /** @throws FormatError when it is not what `state` gave, or of other batches; nothing changes then */
  set state(given: TrainerState) {
    const state = readTrainerState(given);
    const { batches } = this.#parts;
    const before = batches.position;
    try {
      batches.position = state.position;
      defaultGenerator.state = state.generator;
    } catch (cause) {
      batches.position = before;
      if (!(cause instanceof OptionError)) throw cause;
      const { argument, must, value, fix } = cause;
      throw new FormatError({ op: "Trainer.state", argument: `position.${argument}`, must, value, fix }, { cause });
    }
    this.#lanes?.goTo(state.position);
    this.#step = state.step;
    this.#validatedStep = state.validatedStep;
    this.#stopping.state = state.stopping;
    this.#window.state = state.window;
    this.#windowNorm.state = state.windowNorm;
    this.#interval.state = state.interval;
  }

  /**
   * One batch, or as many as are accumulated: forward, backward, clip, update.
   * @throws DivergedError before the update when the loss or the gradient is not finite
   */
  trainStep(): StepEvent {
    const { batches, optimizer, schedule, reduceGradients, clipGradNorm = clipGradients } = this.#parts;
    const position = batches.position;
    if (position.step === 0) this.carried = undefined;
    const { loss, count, carried } =
      this.#lanes === undefined ? this.#gradients(position) : this.#gradientsOfLanes(this.#lanes, position);
    reduceGradients?.(this.#parameters);
    const { clip } = this.#options;
    const gradNorm = clipGradNorm(this.#parameters, clip > 0 ? clip : Infinity);
    if (!Number.isFinite(gradNorm)) throw this.#diverged("gradient norm", gradNorm, position);
    const { lr } = optimizer;
    optimizer.step();
    disposeTree(this.carried);
    this.carried = carried;
    this.#step++;
    this.#window.add(loss, count);
    this.#windowNorm.add(gradNorm, 1);
    this.#interval.add(loss, count);
    schedule?.afterStep?.();
    if (batches.position.step === 0) schedule?.afterEpoch?.();
    return { type: "step", ...this.progress, loss, gradNorm, lr, count };
  }

  /** Those of a step, in the parameters, and what the next one goes on from. */
  #gradients(position: BatchPosition): { loss: number; count: number; carried: C | undefined } {
    const { batches, optimizer, forward } = this.#parts;
    const { accumulate } = this.#options;
    let { carried } = this;
    let sum = 0;
    let counts = 0;
    let weights = 0;
    // Before the forward pass, which takes the memory of the gradients: a sixth of the time of a step where they are large.
    optimizer.zeroGrad();
    for (let taken = 0; taken < accumulate && (taken === 0 || batches.position.step > 0); taken++) {
      const { loss, count, weight, told, next } = checkedResult(forward(batches.next(), carried));
      const cut = detachTree(next);
      // Of several batches one may have nothing that counts, whose mean is NaN: a stream goes on through it.
      if (accumulate === 1 || weight > 0) {
        const value = told.item();
        if (!Number.isFinite(value)) throw this.#diverged("loss", value, position);
        checkPositiveInteger(`${OP}.trainStep`, "count", count);
        backward(accumulate === 1 ? loss : mul(loss, weight));
        sum += value * weight;
        weights += weight;
        counts += count;
        if (accumulate === 1) return { loss: value, count, carried: cut };
      }
      if (taken > 0) disposeTree(carried);
      carried = cut;
    }
    if (counts === 0) throw this.#diverged("loss", Number.NaN, position);
    scaleGradients(this.#parameters, 1 / weights);
    return { loss: sum / weights, count: counts, carried };
  }

  #gradientsOfLanes(
    lanes: RankSteps<B, C>,
    position: BatchPosition,
  ): { loss: number; count: number; carried: undefined } {
    if (position.step === 0) this.laneCarried = [];
    const wishes = { aborted: this.#signal?.aborted === true, saveDue: this.#saveDue };
    const { loss, count, carried } = lanes.run(this.#step, this.laneCarried, wishes);
    if (!Number.isFinite(loss)) throw this.#diverged("loss", loss, position);
    for (const before of this.laneCarried) disposeTree(before);
    this.laneCarried = carried;
    return { loss, count, carried: undefined };
  }

  /** Whether somebody wants training to end: where there are several processes, as they agreed in the last step. */
  get #aborted(): boolean {
    return this.#lanes?.heard?.aborted ?? this.#signal?.aborted === true;
  }

  get #timeToSave(): boolean {
    return this.#lanes?.heard?.saveDue ?? this.#saveDue;
  }

  get #saveDue(): boolean {
    return performance.now() - this.#savedAt > 1000 * this.#options.saveSeconds;
  }

  /**
   * Trains until the epochs are over, patience is exhausted, or the signal comes.
   * @throws DivergedError when a loss or a gradient is not finite; nothing is saved then
   */
  async fit(options: FitOptions = {}): Promise<FitResult> {
    checkKnownOptions(`${OP}.fit`, options, ["signal", "untilStep", "onEvent"]);
    const { signal, untilStep = Infinity, onEvent = () => {} } = options;
    checkFunction(`${OP}.fit`, "onEvent", onEvent);
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw refusal(`${OP}.fit`, "signal", "be an AbortSignal", signal);
    }
    if (untilStep !== Infinity) checkNonNegativeInteger(`${OP}.fit`, "untilStep", untilStep);
    this.#onEvent = onEvent;
    this.#signal = signal;
    const pacer = new Pacer();
    this.#windowStart = this.#savedAt = performance.now();
    this.#parts.model.train();
    this.#lanes?.begin(signal?.aborted === true);
    let reason: EndReason | undefined;
    const { accumulate, saveEvery } = this.#options;
    while (reason === undefined) {
      if (this.#validationDue && !this.#aborted) await this.#validate(pacer);
      reason = this.#aborted ? "interrupted" : this.#endReason(untilStep);
      if (reason !== undefined) break;
      await this.#parts.batches.ready?.(accumulate);
      const event = this.trainStep();
      onEvent(event);
      if (this.#step % this.#options.reportEvery === 0) this.#report(event);
      const saveDue = this.#step % saveEvery === 0 || this.#timeToSave;
      if (saveDue && !this.#validationDue) await this.#save(["last"]);
      await pacer.tick();
    }
    const unsaved = this.#unsaved !== null;
    if (reason === "interrupted" || (this.#lanes?.anyone(unsaved) ?? unsaved)) await this.#save(["last"]);
    const { bestLoss, bestStep } = this.#stopping.state;
    onEvent({ type: "end", ...this.progress, reason, bestLoss, bestStep });
    return { reason, step: this.#step, bestLoss, bestStep, best: this.#stopping.best, unsaved: this.#unsaved };
  }

  get #validationDue(): boolean {
    if (this.#step === 0 || this.#validatedStep === this.#step) return false;
    const { validateEvery } = this.#options;
    const due = validateEvery > 0 ? this.#step % validateEvery === 0 : this.#parts.batches.position.step === 0;
    return due || this.#step >= this.totalSteps;
  }

  #endReason(untilStep: number): EndReason | undefined {
    if (this.#stopping.exhausted) return "patience";
    const { epochs, maxSteps } = this.#options;
    if (this.#parts.batches.position.epoch >= epochs) return "epochs";
    if (maxSteps > 0 && this.#step >= maxSteps) return "steps";
    return this.#step >= untilStep ? "interrupted" : undefined;
  }

  async #validate(pacer: Pacer): Promise<void> {
    const { model, validate, schedule } = this.#parts;
    // Several processes end together, after it.
    const signal = this.#lanes?.areSeveral === true ? undefined : this.#signal;
    this.#lanes?.takeTime();
    const started = performance.now();
    const trainLoss = this.#interval.value;
    let found: Validation | undefined;
    if (validate !== undefined) {
      model.train(false);
      try {
        found = this.#asValidation(await validate(pacer, signal));
      } finally {
        model.train(true);
      }
      // Cut short, its loss says nothing: it is done anew when training goes on.
      if (signal?.aborted) return;
    }
    const { loss, metrics } = found ?? this.#asValidation(trainLoss);
    if (!Number.isFinite(loss)) throw this.#diverged("validation loss", loss);
    const best = this.#stopping.update(loss, this.#step, scoresOf(this.#chooses, metrics));
    schedule?.afterValidation?.(loss);
    this.#interval.reset();
    this.#validatedStep = this.#step;
    const { stale } = this.#stopping.state;
    const heldOut = validate !== undefined;
    this.#onEvent({ type: "validation", ...this.progress, loss, metrics, heldOut, trainLoss, best, stale });
    await this.#save(best ? ["last", "best"] : ["last"]);
    // Validating is not training: the report's rate leaves it out.
    this.#windowStart += performance.now() - started;
  }

  #report({ lr }: StepEvent): void {
    const seconds = (performance.now() - this.#windowStart) / 1000;
    const perSecond = Math.round(this.#window.count / Math.max(seconds, 1e-9));
    const loss = this.#window.value;
    const { metrics } = this.#asValidation(loss);
    const gradNorm = this.#windowNorm.value;
    this.#onEvent({ type: "report", ...this.progress, loss, metrics, gradNorm, lr, perSecond });
    this.#window.reset();
    this.#windowNorm.reset();
    this.#windowStart = performance.now();
  }

  /** A loss alone, with the figures that follow from it. */
  #asValidation(found: number | Validation): Validation {
    if (typeof found !== "number") return found;
    const metrics: Record<string, number> = {};
    for (const metric of this.#parts.lossMetrics ?? []) {
      metric.reset();
      metric.add({ loss: found, count: 1 });
      metrics[metric.name] = metric.value;
    }
    return { loss: found, metrics };
  }

  async #save(kinds: readonly CheckpointKind[]): Promise<void> {
    const { save } = this.#parts;
    if (save === undefined) return;
    this.#lanes?.takeTime();
    this.#savedAt = performance.now();
    try {
      await save(kinds);
      this.#unsaved = null;
      this.#onEvent({ type: "save", ...this.progress, kinds });
    } catch (error) {
      if (!(error instanceof FileError)) throw error;
      this.#unsaved = error;
      this.#onEvent({ type: "save-failed", ...this.progress, kinds, error });
    }
    this.#lanes?.goOn();
  }

  #diverged(what: string, value: number, position?: BatchSource<B>["position"]): DivergedError {
    if (position !== undefined) {
      this.#parts.batches.position = position;
      this.#lanes?.goTo(position);
    }
    const { lr } = this.#parts.optimizer;
    const step = position === undefined ? this.#step : this.#step + 1;
    return new DivergedError({
      op: "train",
      argument: `${what} of step ${step}`,
      must: "be finite",
      value: String(value),
      fix: `Use a smaller learning rate than ${lr}, or clip gradients to a smaller norm.`,
      step,
    });
  }
}
