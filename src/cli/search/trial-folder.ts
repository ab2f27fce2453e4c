import type { RunFolder } from "../../runs/run-folder-node.js";
import { figuresIn, readRun } from "../../runs/run-record-node.js";
import type { Job } from "../../search/job.js";
import type { TaskTraining } from "../../tasks/training/task-training.js";
import type { TrialPlace } from "../../tasks/trials/trials.js";
import type { CheckpointKind, Figures, TrainEvent } from "../../train/index.js";
import { progressOf } from "../../train/saved-training.js";
import { type ReadCheckpoint, readCheckpoint } from "../input/model-files.js";
import { TrainRecorder } from "../train/recorder.js";
import type { Reporter } from "../train/reporters.js";

/** What the folder of a training is called: `007`, `fold-2`, `007-fold-2`. @param isSearch  there are trials, and not folds alone */
export function runNameFor({ trial, fold }: Pick<Job, "trial" | "fold">, isSearch: boolean): string {
  const name = String(trial).padStart(3, "0");
  if (fold === null) return name;
  return isSearch ? `${name}-fold-${fold}` : `fold-${fold}`;
}

/** A training that is kept in a run folder, and goes on with what lies there. */
export class TrialFolder implements TrialPlace {
  readonly checkpoint: ReadCheckpoint | null;
  readonly #folder: RunFolder;
  readonly #config: object;
  readonly #recorder: TrainRecorder;
  readonly #saving: () => void;

  /**
   * @param config  what its config.json says
   * @param saving  called before each checkpoint is written
   * @throws FileError, CliError for a checkpoint that cannot be read
   */
  constructor(
    folder: RunFolder,
    config: object,
    reporter: Pick<Reporter, "event" | "sample" | "warn">,
    saving: () => void = () => {},
  ) {
    this.#saving = saving;
    folder.onNotice = (line) => reporter.warn(line);
    folder.lock();
    this.#folder = folder;
    this.#config = config;
    this.#recorder = new TrainRecorder(folder, reporter);
    try {
      this.checkpoint = folder.holdsCheckpoint ? folder.recover(readCheckpoint, progressOf) : null;
    } catch (error) {
      // Nobody has this object, so nobody else can.
      folder.unlock();
      throw error;
    }
  }

  get best(): Figures | null {
    const { best } = readRun(this.#folder.path);
    return best === null ? null : { ...Object.fromEntries(figuresIn(best)), loss: best.loss };
  }

  start({ trainer }: TaskTraining): void {
    this.#folder.writeConfig(this.#config);
    this.#folder.metrics.trim(trainer.step);
  }

  save(kinds: readonly CheckpointKind[], bytes: Uint8Array): void {
    this.#saving();
    this.#recorder.save(kinds, bytes);
  }

  event(event: TrainEvent, training: TaskTraining): void {
    this.#recorder.event(event, training);
  }

  close(): void {
    this.#folder.unlock();
  }
}
