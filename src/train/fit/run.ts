import { isObject, refusal } from "../../base/check.js";
import { DivergedError, FormatError } from "../../base/errors.js";
import { nearest } from "../../base/nearest.js";
import { numberText } from "../../base/number-text.js";
import { writeFile } from "../../io/files.js";
import type { MetricInfo } from "../../metrics/index.js";
import type { Module } from "../../nn/module.js";
import { type Tensor, tensor } from "../../tensor/index.js";
import type { CheckpointKind, StepEvent, TrainEvent, ValidationEvent } from "../events.js";
import { Mean, type MeanState } from "../metrics.js";
import { listenerOf, withAverages } from "../optimizers.js";
import type { Pacer } from "../pause.js";
import { toBytes } from "../saving/bytes.js";
import { partsToBytes } from "../saving/parts.js";
import { Trainer, type Validation } from "../trainer.js";
import type { BatchSource, TrainerState } from "../trainer-state.js";
import { lossOf, run } from "./batch.js";
import { figuresOf, inEvaluation } from "./evaluate.js";
import { MetricSet } from "./metric-set.js";
import { ProgressLine } from "./progress-line.js";
import type { FitReport } from "./report.js";
import { Schedules, unknownFigure } from "./schedules.js";
import { type FitContext, type FitSettings, type Resolved, resolveSettings } from "./settings.js";
import { FitSource, hasState, isSource, type SourceState } from "./source.js";

const OP = "fit";
/** What the trainer calls the figure that chooses the best. */
const MONITOR = "monitor";

/** What a checkpoint has besides model, optimiser and schedules. */
interface RunState {
  trainer: TrainerState;
  source: SourceState | null;
  /** Of a loader of validation data: its order decides how sums are rounded. */
  valid: unknown;
  carried: unknown;
  mean: MeanState;
  metrics: (readonly number[])[];
  /** Of the last step. */
  lr: number;
  history: FitReport["history"];
  best: FitReport["best"];
  bestWeights: Record<string, Tensor> | null;
}

/** One call of `fit`. */
export class FitRun<M extends Module, B> {
  readonly settings: Resolved;
  readonly trainer: Trainer<B, unknown>;
  readonly history: FitReport["history"] = {};
  best: FitReport["best"] = null;
  readonly stopper = new AbortController();
  stopped = false;
  readonly #model: M;
  readonly #given: FitSettings<M, B>;
  readonly #source: FitSource<B> | null;
  readonly #metrics: MetricSet<B>;
  readonly #schedules: Schedules;
  readonly #line: ProgressLine;
  readonly #context: FitContext<M>;
  readonly #mean = new Mean();
  #figures: Record<string, number> = {};
  #lr = 0;
  #bestWeights: Record<string, Tensor> | null = null;
  #waiting: Promise<unknown>[] = [];

  constructor(model: M, given: FitSettings<M, B>) {
    this.settings = resolveSettings(OP, model, given);
    this.#model = model;
    this.#given = given;
    const { stopping, generators, stepsPerEpoch, epochs, steps, clipNorm, validateEvery, accumulate, checkpoint } =
      this.settings;
    this.#metrics = new MetricSet<B>(OP, given.metrics, given.metricInput);
    this.#metrics.reset();
    this.#schedules = new Schedules(OP, given.schedule, stopping.monitor, (name) => this.#figures[name]);
    this.#line = new ProgressLine(given.progress ?? true);
    const data: unknown = given.train;
    this.#source = isSource<B>(data) ? null : new FitSource(given.train, stepsPerEpoch, generators);
    this.trainer = new Trainer<B, unknown>(
      {
        model,
        optimizer: given.optimizer,
        batches: this.#batches(this.#source ?? (data as BatchSource<B>)),
        forward: (batch, carried) => this.#forward(batch, carried),
        validate: (pacer, signal) => this.#validate(pacer, signal),
        metrics: [this.#monitor()],
        schedule: listenerOf(given.optimizer, this.#schedules),
        save: (kinds) => this.#save(kinds),
      },
      {
        ...{ epochs, maxSteps: steps, clip: clipNorm, validateEvery, accumulate, reportEvery: 100 },
        ...{ patience: stopping.patience, minDelta: stopping.minDelta, saveEvery: checkpoint?.every ?? 0 },
      },
    );
    this.#context = this.#makeContext();
  }

  /** All that training goes on from. */
  get parts(): Record<string, unknown> {
    const { optimizer } = this.#given;
    const state = { stateDict: () => this.#state(), loadStateDict: (saved: RunState) => this.#restore(saved) };
    return {
      model: this.#model,
      optimizer,
      schedule: this.#schedules,
      generators: [...this.settings.generators],
      fit: state,
    };
  }

  async train(): Promise<FitReport> {
    const { signal } = this.#given;
    const abort = () => this.stopper.abort();
    signal?.addEventListener("abort", abort);
    if (signal?.aborted) abort();
    try {
      for (const callback of this.settings.callbacks) await this.#answered(callback.onBegin?.(this.#context as never));
      const { reason, step, unsaved } = await this.trainer.fit({
        signal: this.stopper.signal,
        onEvent: (event) => this.#onEvent(event),
      });
      await this.#settle();
      if (this.settings.stopping.restoreBest && this.#bestWeights !== null)
        this.#model.loadStateDict(this.#bestWeights);
      const { history, best } = this;
      const why = reason === "interrupted" && this.stopped ? "stopped" : reason;
      const report: FitReport = { history, best, reason: why, steps: step, unsaved };
      this.#model.eval();
      for (const callback of this.settings.callbacks) await callback.onEnd?.(report, this.#context as never);
      return report;
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#line.end();
      await this.#source?.close();
    }
  }

  #batches(source: BatchSource<B>): BatchSource<B> {
    return {
      get steps() {
        return source.steps;
      },
      get position() {
        return source.position;
      },
      set position(position) {
        source.position = position;
      },
      next: () => source.next(),
      ready: async (count) => {
        await this.#settle();
        await source.ready?.(count);
      },
    };
  }

  #forward(batch: B, carried: unknown) {
    const { stateful } = this.settings;
    const { output, state } = run(OP, this.#model, batch, this.#given.forward, carried);
    if (stateful && !isObject(state)) {
      throw refusal(OP, "the model", "return [output, state] to be stateful", state, "Leave stateful out.");
    }
    const found = lossOf(OP, this.#given.loss, output, batch);
    if (this.#metrics.infos.length > 0) this.#metrics.add(output, batch, found.loss.item(), found.count);
    return { ...found, carried: stateful ? state : undefined };
  }

  async #validate(pacer: Pacer, signal: AbortSignal | undefined): Promise<Validation> {
    const { valid, optimizer } = this.#given;
    const figures: Record<string, number> = { loss: this.#mean.value, ...this.#metrics.values };
    if (valid !== undefined) {
      const { state } = this.#metrics;
      this.#metrics.reset();
      const found = await withAverages(optimizer, () =>
        inEvaluation(this.#model, () =>
          figuresOf(OP, "valid", this.#model, valid, this.#given, this.#metrics, pacer, signal),
        ),
      );
      if (signal?.aborted) this.#metrics.state = state;
      for (const [name, value] of Object.entries(found)) figures[`val_${name}`] = value;
    }
    const loss = figures["val_loss"] ?? this.#mean.value;
    if (signal?.aborted) return { loss, metrics: {} };
    this.#figures = figures;
    return { loss, metrics: { ...figures, [MONITOR]: figures[this.settings.stopping.monitor] } };
  }

  #monitor(): MetricInfo {
    const { monitor, mode } = this.settings.stopping;
    const infos = new Map<string, MetricInfo | null>([["loss", null], ...this.#metrics.infos]);
    const known = [...infos.keys()];
    if (this.#given.valid !== undefined) known.push(...known.map((name) => `val_${name}`));
    if (!known.includes(monitor)) throw unknownMonitor(monitor, known);
    const better = infos.get(monitor.replace(/^val_/, ""))?.better ?? "lower";
    const given = mode && (mode === "min" ? "lower" : "higher");
    return { name: MONITOR, unit: "", better: given ?? better, format: numberText };
  }

  #onEvent(event: TrainEvent): void {
    if (event.type === "step") this.#stepped(event);
    const told = event.type === "validation" ? this.#validated(event) : event;
    this.#given.onEvent?.(told);
  }

  #stepped(event: StepEvent): void {
    this.#mean.add(event.loss, event.count);
    this.#lr = event.lr;
    this.#line.step(event, this.#mean.value, this.#figures);
    for (const { onStepEnd } of this.settings.callbacks) this.#wait(onStepEnd?.(event, this.#context as never));
  }

  #validated(event: ValidationEvent): ValidationEvent {
    const { epoch, step, best } = event;
    const { [MONITOR]: value = Number.NaN, ...metrics } = event.metrics as Record<string, number>;
    const figures = { epoch, step, lr: this.#lr, ...this.#figures };
    for (const [name, figure] of Object.entries(figures)) {
      this.history[name] ??= [];
      this.history[name].push(figure);
    }
    if (best) this.best = { epoch, step, value, monitor: this.settings.stopping.monitor };
    this.#mean.reset();
    this.#metrics.reset();
    this.#line.epoch(epoch, this.#figures);
    for (const { onEpochEnd } of this.settings.callbacks) this.#wait(onEpochEnd?.(figures, this.#context as never));
    return { ...event, metrics, heldOut: this.#given.valid !== undefined };
  }

  async #save(kinds: readonly CheckpointKind[]): Promise<void> {
    await this.#settle();
    const { checkpoint, stopping } = this.settings;
    const { optimizer } = this.#given;
    try {
      if (kinds.includes("best")) {
        if (stopping.restoreBest) this.#bestWeights = withAverages(optimizer, () => copiesOf(this.#model));
        const bytes =
          checkpoint?.best === undefined ? null : withAverages(optimizer, () => toBytes(this.#model, {}, OP));
        if (bytes !== null) await writeFile(OP, checkpoint!.best!, bytes);
      }
      if (checkpoint !== undefined) await writeFile(OP, checkpoint.path, partsToBytes(this.parts, OP));
    } catch (cause) {
      if (!(cause instanceof FormatError) || cause.code !== "not-finite") throw cause;
      const { argument, must, value } = cause;
      const fix = `Use a smaller learning rate than ${this.#lr}.`;
      throw new DivergedError({ op: OP, argument, must, value, fix, step: this.trainer.step }, { cause });
    }
  }

  #state(): RunState {
    const { trainer, history, best } = this;
    return {
      trainer: trainer.state,
      source: this.#source?.state() ?? null,
      valid: hasState(this.#given.valid) ? this.#given.valid.state() : null,
      carried: trainer.carried ?? null,
      mean: this.#mean.state,
      metrics: this.#metrics.state,
      lr: this.#lr,
      history,
      best,
      bestWeights: this.#bestWeights,
    };
  }

  #restore(saved: RunState): void {
    const { trainer } = this;
    trainer.state = saved.trainer;
    if (saved.source !== null) this.#source?.loadState(saved.source);
    if (hasState(this.#given.valid)) this.#given.valid.loadState(saved.valid);
    trainer.carried = saved.carried ?? undefined;
    this.#mean.state = saved.mean;
    this.#metrics.state = saved.metrics;
    for (const [name, figures] of Object.entries(saved.history)) this.history[name] = [...figures];
    this.#lr = saved.lr;
    this.best = saved.best;
    this.#bestWeights = saved.bestWeights;
  }

  #makeContext(): FitContext<M> {
    const { trainer, history, stopper } = this;
    const own = this;
    return {
      model: this.#model,
      optimizer: this.#given.optimizer,
      history,
      get step() {
        return trainer.step;
      },
      stop() {
        own.stopped = true;
        stopper.abort();
      },
    };
  }

  #wait(answer: unknown): void {
    if (answer === "stop") this.#context.stop();
    if (!isObject(answer)) return;
    const answered = this.#answered(answer);
    // `#settle` tells of it, which may come turns later: a rejection that nobody has taken by then ends the process.
    answered.catch(() => {});
    this.#waiting.push(answered);
  }

  async #answered(answer: unknown): Promise<void> {
    if ((await answer) === "stop") this.#context.stop();
  }

  /** What callbacks have begun. */
  async #settle(): Promise<void> {
    while (this.#waiting.length > 0) await Promise.all(this.#waiting.splice(0));
  }
}

function unknownMonitor(monitor: string, known: readonly string[]): Error {
  const near = nearest(monitor, known);
  const error = unknownFigure(OP, "earlyStopping.monitor", monitor, known);
  return near === undefined ? error : refusal(OP, error.argument, error.must, monitor, `Did you mean ${near}?`);
}

/** The weights of this moment. */
function copiesOf(model: Module): Record<string, Tensor> {
  const copy = (x: Tensor) => tensor(x.data(), { shape: x.shape, dtype: x.dtype }).retain();
  return Object.fromEntries([...model.stateDict()].map(([name, x]) => [name, copy(x)]));
}
