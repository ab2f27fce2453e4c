import type { Settings } from "./space.js";

/** One training: of a trial, in a rung of a search that halves, on a fold. JSON-safe, as what becomes of it: another process may do it. */
export interface Job {
  /** From 1 on. */
  trial: number;
  rung: number;
  /** From 1 on; null where data are not dealt out. */
  fold: number | null;
  settings: Settings;
  /** Where it stops for now; null: at its end. */
  epochs: number | null;
}

/** What became of a job. */
export interface Outcome extends Pick<Job, "trial" | "rung" | "fold"> {
  /** Of its best validation so far. NaN is null. */
  figures: Readonly<Record<string, number | null>> | null;
  /** Why there is nothing more to be had of it. */
  failure: { code: string; reason: string } | null;
  epochs: number;
  steps: number;
  parameters: number;
  /** Of this job: a trial that goes on has more of them. */
  seconds: number;
}

/** Trains: one after another, or several at once, in any order. It ends early when it is interrupted. */
export type Train = (jobs: readonly Job[]) => AsyncIterable<Outcome>;

export interface Conducted {
  trials: readonly Settings[];
  /** Folds of each trial; null: none. */
  folds: number | null;
  /** Epochs of each rung, where trials are halved; null: each trial is trained to its end. */
  rungs: readonly number[] | null;
  /** Which figures decide, in their order. */
  metrics: readonly Ranked[];
}

/** A figure that decides. */
export interface Ranked {
  readonly name: string;
  readonly better: "lower" | "higher";
}
