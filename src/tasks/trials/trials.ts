import { FileError, OptionError, UnrolledError } from "../../base/errors.js";
import type { Field } from "../../base/fields.js";
import type { Told } from "../../base/report.js";
import type { MetricInfo } from "../../metrics/index.js";
import type { Job, Outcome } from "../../search/job.js";
import { type CheckpointKind, disposeTree, type Figures, type TrainEvent } from "../../train/index.js";
import type { TaskCheckpoint } from "../checkpoint.js";
import type { Naming, ReadData, Sources, Task, TaskTypes } from "../task.js";
import type { HeldOutSettings } from "../training/held-out.js";
import { checkTaskMemory, TaskTraining } from "../training/task-training.js";

/** Where the training of a trial is kept: a run folder, or memory. */
export interface TrialPlace {
  /** What it goes on from; null where nothing was saved yet. */
  readonly checkpoint: TaskCheckpoint | null;
  /** The figures of its best validation so far, the loss among them. */
  readonly best: Figures | null;
  start(training: TaskTraining): void;
  save(kinds: readonly CheckpointKind[], bytes: Uint8Array): void;
  event(event: TrainEvent, training: TaskTraining): void;
  close(): void;
}

/** What all trials have in common. */
export interface TrialsOptions {
  task: Task;
  sources: Sources;
  /** All settings of a trial that were said or follow from its own, and those that the size of the data chooses anew. */
  settingsOf(settings: Job["settings"]): {
    given: Record<string, unknown>;
    usual?: Record<string, unknown> | undefined;
  };
  naming: Naming;
  folds: number | null;
  /** Bytes that a training may use. Default: the engine's most. */
  available?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Told of how far a validation is. */
  told?: Told | undefined;
  open(job: Job, config: TaskTypes["config"]): TrialPlace;
}

/** The trials of a task: what they are of, and how one is trained. */
export class Trials {
  readonly #options: TrialsOptions;

  constructor(options: TrialsOptions) {
    this.#options = options;
  }

  /**
   * The data as the first of these jobs reads them that can: what is wrong with the file is told once, before anything is trained.
   * @throws FormatError, OptionError of the first job, where none can
   */
  look(jobs: readonly Job[]): {
    read: ReadData<TaskTypes>;
    metrics: readonly MetricInfo[];
    summary: string;
    fingerprint: string;
  } {
    let first: unknown;
    for (const job of jobs) {
      try {
        const read = this.#read(job);
        const about = this.#options.task.about(read.data, read.config);
        this.#checkJudged(about.heldOut);
        const { summary, fingerprint } = about;
        return { read, metrics: this.#options.task.metrics(about.meta), summary, fingerprint };
      } catch (error) {
        if (!isOwn(error)) throw error;
        first ??= error;
      }
    }
    throw first;
  }

  /** @returns null when the signal came first: what was learned is kept. @throws FileError, and what is no fault of the settings */
  async train(job: Job): Promise<Outcome | null> {
    const { task, naming, signal, available } = this.#options;
    const { trial, rung, fold } = job;
    const start = performance.now();
    const told = { epochs: 0, steps: 0, parameters: 0 };
    const outcome = (figures: Figures | null, failure: Outcome["failure"]): Outcome => {
      const seconds = (performance.now() - start) / 1000;
      return { trial, rung, fold, figures: figures && asJson(figures), failure, ...told, seconds };
    };
    let place: TrialPlace | undefined;
    let training: TaskTraining | undefined;
    try {
      const { data, config } = this.#read(job);
      checkTaskMemory(task, config, task.about(data, config).meta, available);
      place = this.#options.open(job, config);
      const { checkpoint: resume } = place;
      training = new TaskTraining(task, data, config, {
        ...(resume !== null && { resume }),
        nameOf: naming.nameOf,
        told: this.#options.told,
        save: (kinds, bytes) => place!.save(kinds, bytes),
      });
      place.start(training);
      told.parameters = training.model.parameters().reduce((sum, parameter) => sum + parameter.size, 0);
      const { trainer } = training;
      let best = place.best;
      const onEvent = (event: TrainEvent) => {
        if (event.type === "validation" && event.best) best = { ...event.metrics, loss: event.loss };
        place!.event(event, training!);
      };
      const untilStep = job.epochs === null ? trainer.totalSteps : stepsOf(training, job.epochs);
      const result = await training.fit({ signal, untilStep, onEvent });
      if (result.unsaved !== null) throw result.unsaved;
      Object.assign(told, { epochs: trainer.progress.epoch, steps: result.step });
      if (result.reason === "interrupted" && result.step < untilStep) return null;
      return outcome(best, null);
    } catch (error) {
      if (!isOwn(error)) throw error;
      if (training !== undefined)
        Object.assign(told, { epochs: training.trainer.progress.epoch, steps: training.trainer.step });
      return outcome(null, { code: (error as UnrolledError).code ?? "out-of-memory", reason: reasonOf(error) });
    } finally {
      place?.close();
      if (training !== undefined) disposeTree([...training.model.parameters(), training.trainer.carried]);
    }
  }

  #read({ settings, fold }: Job): ReadData<TaskTypes> {
    const { task, sources, naming, folds } = this.#options;
    const { given, usual } = this.#options.settingsOf(settings);
    const held = heldOutSettings(task.fields, given, settings, fold === null ? null : `${fold}/${folds}`);
    return task.read(sources, { ...given, ...held } as Partial<TaskTypes["settings"]>, naming, usual);
  }

  #checkJudged(heldOut: boolean): void {
    if (heldOut) return;
    const { nameOf = (key: string) => key } = this.#options.naming;
    const [must, fix] = ["hold something out, by which trials are compared", "Hold a part out: valid 0.1."];
    throw new OptionError({ op: "search", argument: nameOf("valid"), must, value: "nothing", fix, code: "not-judged" });
  }
}

/** The fold, and what keeps the split of all trials the one that it is without a search where their seeds differ. */
function heldOutSettings(
  fields: Readonly<Record<string, Field>>,
  given: Readonly<Record<string, unknown>>,
  own: Job["settings"],
  fold: string | null,
): Partial<HeldOutSettings> {
  const isSeeded = Object.hasOwn(own, "seed") && Object.hasOwn(fields, "splitSeed");
  const splitSeed = (given["splitSeed"] ?? fields["seed"].default) as number;
  return { ...(fold !== null && { fold }), ...(isSeeded && { splitSeed }) };
}

/** What a trial itself is to blame for; a disk that is full is not, nor a fault of this program. */
function isOwn(error: unknown): boolean {
  if (error instanceof RangeError) return /allocation|memory/i.test(error.message);
  if (error instanceof OptionError && STOPS.has(error.code)) return false;
  return error instanceof UnrolledError && !(error instanceof FileError);
}

/** No other trial would do either. */
const STOPS = new Set(["too-many-folds", "fold-and-file", "not-judged"]);

function reasonOf(error: unknown): string {
  if (!(error instanceof UnrolledError)) return `memory: ${(error as Error).message}`;
  const { argument, must, value } = error;
  return `${argument} must ${must}, got ${value}`;
}

/** After so many epochs, and where validations are counted in steps after the next of these. */
function stepsOf({ trainer, config }: TaskTraining, epochs: number): number {
  const { epochSteps, totalSteps } = trainer.progress;
  const steps = epochs * epochSteps;
  const every = config.validateEvery;
  return Math.min(totalSteps, every > 0 ? Math.ceil(steps / every) * every : steps);
}

function asJson(figures: Figures): Record<string, number | null> {
  return Object.fromEntries(
    Object.entries(figures).map(([name, value]) => [name, Number.isFinite(value) ? value : null]),
  );
}
