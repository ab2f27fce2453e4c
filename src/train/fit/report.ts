import type { FileError } from "../../base/errors.js";

/** What `fit` found. JSON-safe, but for `unsaved`. */
export interface FitReport {
  /**
   * Of each validation, one an epoch unless `validateEvery` says otherwise, by Keras's names: `loss` (the mean over the batches since the
   * last one), `lr`, `epoch`, `step`, every metric; and with validation data `val_loss`, `val_accuracy`, ...
   */
  history: Record<string, number[]>;
  /** The best validation by what is monitored; null when there was none. */
  best: { epoch: number; step: number; value: number; monitor: string } | null;
  /** Why it ended: `stopped` by a callback, `interrupted` by the signal. */
  reason: "epochs" | "steps" | "patience" | "stopped" | "interrupted";
  /** Updates done. */
  steps: number;
  /** The last checkpoint could not be written: what was learned since the one before is not in a file. */
  unsaved: FileError | null;
}
