import { DivergedError, OptionError } from "../../base/errors.js";
import type { RunFolder } from "../../runs/run-folder-node.js";
import type { CommandTask } from "../../tasks/commands.js";
import type { TaskTraining } from "../../tasks/training/task-training.js";
import type { CheckpointKind, TrainEvent, ValidationEvent } from "../../train/index.js";
import { metricsLine, type Reporter } from "./reporters.js";

type Telling = Pick<Reporter, "event" | "sample" | "warn">;

/**
 * Keeps what training tells, and passes it on. A validation is told of in the middle of the save that follows it: once
 * its model, should it be the best, is on the disk, and before `last` says that it was told of.
 */
export class TrainRecorder {
  /** Whose previews are shown. */
  task: CommandTask | undefined;
  readonly #folder: RunFolder;
  readonly #reporter: Telling;
  #held: ValidationEvent | undefined;
  #sampleDue = false;

  constructor(folder: RunFolder, reporter: Telling) {
    this.#folder = folder;
    this.#reporter = reporter;
  }

  save(kinds: readonly CheckpointKind[], bytes: Uint8Array): void {
    this.#folder.save(kinds, bytes, () => this.#tellValidation());
  }

  event(event: TrainEvent, training: TaskTraining): void {
    if (event.type === "validation") {
      this.#held = event;
      return;
    }
    if (event.type === "report") this.#keep(event);
    if (this.#sampleDue) this.sample(training);
    this.#sampleDue = false;
    this.#reporter.event(event);
  }

  /** A model on its way to infinity cannot be sampled; training itself says so when its loss gets there. */
  sample(training: TaskTraining): void {
    const { model, config, trainer } = training;
    try {
      const text = training.withAverages(() => this.task?.preview?.(model, config, trainer.step) ?? null);
      if (text !== null) this.#reporter.sample(text, trainer.step);
    } catch (error) {
      if (!(error instanceof OptionError && error.code === "not-finite") && !(error instanceof DivergedError))
        throw error;
      this.#reporter.warn("warning: no sample: the model's logits are not finite. Try a smaller --lr.");
    }
  }

  #tellValidation(): void {
    if (this.#held === undefined) return;
    this.#keep(this.#held);
    this.#reporter.event(this.#held);
    this.#held = undefined;
    this.#sampleDue = true;
  }

  #keep(event: TrainEvent): void {
    const failure = this.#folder.appendMetrics(metricsLine(event)!);
    if (failure === null) return;
    this.#reporter.warn(`warning: metrics.jsonl could not be written (${failure.value}). Training goes on.`);
  }
}
