import { defaultGenerator } from "../../../src/base/random.js";
import type { WrittenModel } from "../../../src/interchange/targets/target.js";
import { buildTask, decodeTask, encodeTask } from "../../../src/tasks/checkpoint.js";
import { exportTask } from "../../../src/tasks/export/export.js";
import type { ReadData, Source, TaskTypes } from "../../../src/tasks/task.js";
import type { StepEvent, ValidationEvent } from "../../../src/train/index.js";
import { pause } from "../../../src/train/pause.js";
import type { Settings } from "../state/state.js";
import { alone } from "./alone.js";
import { type CommandTask, TaskTraining } from "./library.js";
import { type GradientRow, harmlessScore, look as lookAt } from "./library-look.js";
import { type LookAnswer, largeMaps } from "./look.js";
import { LIVE, models } from "./models.js";
import { type Probe, probeOf } from "./probe.js";
import { type Sample, samplesOf } from "./samples.js";

/** How long a slice of training is, between which the page is answered, in milliseconds. */
const SLICE = 120;
const SAMPLE_EVERY = 700;
/** Between two samples so many times as long is trained as one takes. */
const SAMPLE_SHARE = 5;
const KEEP_EVERY = 10_000;
const KEEP_NO_SOONER = 1_500;

/** Steps of which the figures of training are means: a short slice must not jump. */
const WINDOW = 20;
/** Of a sequence that is looked at. */
const STEPS = 240;

/** How training goes, at the end of a slice. */
export interface Slice {
  /** So many were done in it. */
  steps: number;
  /** Means over the last steps. */
  loss: number;
  gradNorm: number;
  lr: number;
  /** Terms that were trained on. */
  count: number;
  seconds: number;
  step: number;
  epoch: number;
  totalSteps: number;
}

export type Ending = "paused" | "ended";

export interface Listener {
  slice(slice: Slice): void;
  validation(event: ValidationEvent): void;
  samples(step: number, samples: readonly Sample[]): void;
  /** A checkpoint that is worth keeping. */
  checkpoint(step: number, bytes: Uint8Array): Promise<void>;
}

/** A training under way: it goes on in slices, and can be stopped, moved back and given another learning rate between any two steps. */
export class Session {
  readonly task: CommandTask;
  readonly #read: ReadData<TaskTypes>;
  readonly #listener: Listener;
  readonly #probe: Probe;
  #training: TaskTraining;
  #generator = defaultGenerator.state;
  #stop: AbortController | null = null;
  #running: Promise<Ending> | null = null;
  #wanted = false;
  /** The last steps, up to `WINDOW`. */
  #window: readonly StepEvent[] = [];
  #keptStep = -1;
  #keptAt = 0;
  #sampleDue = 0;
  #keepDue = false;

  /** @param resume  a checkpoint of this run, to go on from */
  constructor(task: CommandTask, read: ReadData<TaskTypes>, source: Source, listener: Listener, resume?: Uint8Array) {
    this.task = task;
    this.#read = read;
    this.#listener = listener;
    this.#probe = probeOf(source, read.config, task.predict !== undefined);
    this.#training = this.#built(read.config, resume);
    if (resume !== undefined) this.#keptStep = this.step;
  }

  get step(): number {
    return this.#training.trainer.step;
  }

  get totalSteps(): number {
    return this.#training.trainer.totalSteps;
  }

  get config(): TaskTypes["config"] {
    return this.#training.config;
  }

  get isRunning(): boolean {
    return this.#running !== null;
  }

  #built(config: TaskTypes["config"], resume?: Uint8Array): TaskTraining {
    const { task } = this;
    const from = resume === undefined ? undefined : decodeTask(task, resume, "checkpoint");
    const training = new TaskTraining(task, this.#read.data, config, { resume: from });
    training.model.eval();
    this.#generator = defaultGenerator.state;
    models.set(LIVE, { task, model: training.model, known: { config, meta: training.about.meta } });
    return training;
  }

  /**
   * Trains until it ends or is stopped.
   * @param steps  how many at most
   * @throws DivergedError and others of training
   */
  run(steps = Number.POSITIVE_INFINITY): Promise<Ending> {
    this.#running ??= this.#train(this.step + steps).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  /** Stops between two steps. */
  async pause(): Promise<void> {
    this.#wanted = false;
    this.#stop?.abort();
    await this.#running?.catch(() => {}); // who began it is told
  }

  async #train(until: number): Promise<Ending> {
    this.#wanted = true;
    if (this.#keptStep < 0) await this.#keep();
    let ending: Ending = "paused";
    while (this.#wanted && this.step < until) {
      const reason = await alone(() => this.#slice(until));
      if (this.#keepDue || performance.now() - this.#keptAt > KEEP_EVERY) await this.#keep();
      if (performance.now() > this.#sampleDue) await this.sample();
      if (reason !== "interrupted") {
        ending = "ended";
        break;
      }
      await pause(); // requests come in here
    }
    await this.#keep();
    await this.sample();
    return ending;
  }

  async #slice(until: number): Promise<string> {
    // Whatever drew random numbers since the last slice, such as a look at another model: training does not notice.
    defaultGenerator.state = this.#generator;
    const stop = new AbortController();
    this.#stop = stop;
    const begin = performance.now();
    let validating = 0;
    const told: StepEvent[] = [];
    const { reason } = await this.#training.fit({
      signal: stop.signal,
      ...(Number.isFinite(until) && { untilStep: until }),
      onEvent: (event) => {
        if (event.type === "validation") {
          this.#keepDue ||= performance.now() - this.#keptAt > KEEP_NO_SOONER;
          validating = performance.now() - begin;
          this.#listener.validation(event);
        }
        if (event.type !== "step") return;
        told.push(event);
        if (performance.now() - begin - validating > SLICE || !this.#wanted) stop.abort();
      },
    });
    this.#training.model.eval();
    this.#generator = defaultGenerator.state;
    this.#stop = null;
    if (told.length > 0) this.#tell(told, (performance.now() - begin) / 1000);
    return reason;
  }

  #tell(told: readonly StepEvent[], seconds: number): void {
    this.#window = [...this.#window, ...told].slice(-WINDOW);
    const meanOf = (key: "loss" | "gradNorm") =>
      this.#window.reduce((sum, event) => sum + event[key], 0) / this.#window.length;
    const count = told.reduce((sum, event) => sum + event.count, 0);
    const { step, epoch, totalSteps, lr } = told[told.length - 1];
    const figures = { loss: meanOf("loss"), gradNorm: meanOf("gradNorm") };
    this.#listener.slice({ steps: told.length, ...figures, count, seconds, step, epoch, totalSteps, lr });
  }

  /** A checkpoint of this moment. */
  #encoded(): Uint8Array {
    defaultGenerator.state = this.#generator;
    return this.#training.encode();
  }

  async #keep(): Promise<void> {
    this.#keepDue = false;
    this.#keptAt = performance.now();
    if (this.#keptStep === this.step) return;
    this.#keptStep = this.step;
    await this.#listener.checkpoint(this.step, this.#encoded());
  }

  /** Tells what the model can do by now. */
  async sample(): Promise<void> {
    const begin = performance.now();
    const { model, config, about } = this.#training;
    const held = { task: this.task, model, known: { config, meta: about.meta } };
    const { step } = this;
    const samples = await alone(() => samplesOf(held, this.#probe.rows, step));
    this.#listener.samples(step, samples);
    const now = performance.now();
    this.#sampleDue = now + Math.max(SAMPLE_EVERY, SAMPLE_SHARE * (now - begin));
  }

  /**
   * Trains on with other settings from this very step: those that are not `fixed`. It does not run afterwards.
   * @throws OptionError, FormatError
   */
  async change(settings: Settings): Promise<void> {
    const config = this.task.resolve({ ...this.config, ...settings } as Partial<TaskTypes["settings"]>, "train");
    await this.pause();
    this.#training = this.#built(config, this.#encoded());
  }

  /** To a checkpoint of this run. */
  async goTo(bytes: Uint8Array): Promise<void> {
    await this.pause();
    this.#training = this.#built(this.config, bytes);
    this.#window = [];
    this.#keptStep = this.step;
    await this.sample();
  }

  /**
   * Everything that the model does on a part of the data, step by step; null where there is nothing to look at.
   * @param checkpoint  as it was then; null: as it is now
   */
  async look(checkpoint: Uint8Array | null): Promise<LookAnswer | null> {
    const { look: content } = this.#probe;
    if (content === null) return null;
    const { task } = this;
    return alone(async () => {
      const { config, about, model } = this.#training;
      const then = checkpoint === null ? null : decodeTask(task, checkpoint, "checkpoint");
      const shown = then === null ? model : buildTask(task, then);
      const { scores, gradients } = await lookAt(task, shown, { config, meta: about.meta }, content, { length: STEPS });
      const hasGradient = gradients.map((rows) => then === null && rows !== null);
      // A model in training is as it is: what is wrong is told where it is looked into.
      return { scores: scores.map(harmlessScore), hasGradient, warnings: [], pyramids: largeMaps(scores) };
    });
  }

  /** Where the prediction of a step of that sequence comes from; null where a task does not tell. */
  async gradient(at: number): Promise<GradientRow | null> {
    const { look: content } = this.#probe;
    if (content === null) return null;
    return alone(async () => {
      const { config, about, model } = this.#training;
      const known = { config, meta: about.meta };
      const { scores, gradients } = await lookAt(this.task, model, known, content, { length: STEPS });
      return at < scores[0].steps.length ? (gradients[0]?.([at])[0] ?? null) : null;
    });
  }

  /** The model as files for another toolkit. @throws UnsupportedError for what the target cannot hold */
  export(to: string, name: string): Promise<WrittenModel> {
    const { model, config, about } = this.#training;
    const write = () => exportTask(this.task, model, { config, meta: about.meta }, to, { name });
    return alone(() => this.#training.withAverages(write));
  }

  /** The model alone, as `unrolled` and `tasks.load` read it. */
  model(): Uint8Array {
    const { model, config, about } = this.#training;
    return this.#training.withAverages(() => encodeTask(this.task, { model, config, meta: about.meta }));
  }
}
