import type { FileError } from "../base/errors.js";

/** Numbers by the names of their metrics. */
export type Figures = Readonly<Record<string, number>>;

/** Where training is. Steps and epochs count from 1 as they are done or under way. */
export interface Progress {
  step: number;
  epoch: number;
  /** Steps done in this epoch, and how many it has. */
  epochStep: number;
  epochSteps: number;
  /** Steps until the end, should nothing end it early. */
  totalSteps: number;
}

export interface StepEvent extends Progress {
  type: "step";
  /** Mean over the batch, before the update. */
  loss: number;
  /** Of all gradients together, before clipping. */
  gradNorm: number;
  lr: number;
  /** Terms of the mean: tokens of a language model. */
  count: number;
}

/** Means over the steps since the last one. */
export interface ReportEvent extends Progress {
  type: "report";
  loss: number;
  gradNorm: number;
  lr: number;
  /** Figures of the task that follow from the loss alone, by name. */
  metrics: Figures;
  /** Terms a second. */
  perSecond: number;
}

export interface ValidationEvent extends Progress {
  type: "validation";
  /** Of the data held out; where there are none, `trainLoss`. */
  loss: number;
  /** Figures of the task, by name. */
  metrics: Figures;
  heldOut: boolean;
  /** Mean over the steps since the last validation. */
  trainLoss: number;
  /** Whether no validation before was better: by the first figure of the task, where it has some, else by the loss. */
  best: boolean;
  /** Validations since the best one. */
  stale: number;
}

/** The last state of a run, or its best model. */
export type CheckpointKind = "last" | "best";

export interface SaveEvent extends Progress {
  type: "save";
  kinds: readonly CheckpointKind[];
}

/** Training goes on; the next save tries again. */
export interface SaveFailedEvent extends Progress {
  type: "save-failed";
  kinds: readonly CheckpointKind[];
  error: FileError;
}

/** Why training ended. */
export type EndReason = "epochs" | "steps" | "patience" | "interrupted";

export interface EndEvent extends Progress {
  type: "end";
  reason: EndReason;
  bestLoss: number | null;
  bestStep: number | null;
}

/** Everything that training tells on its way. */
export type TrainEvent = StepEvent | ReportEvent | ValidationEvent | SaveEvent | SaveFailedEvent | EndEvent;
