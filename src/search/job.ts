import { isObject } from "../base/check.js";
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

/**
 * What was kept of jobs before: what is no outcome of this search, or a second one of a job, counts as not kept, and is done again.
 * @param kept  anything, as JSON has it
 */
export function readOutcomes(
  search: Pick<Conducted, "trials" | "folds" | "rungs">,
  kept: readonly unknown[],
): Outcome[] {
  const jobs = new Set<string>();
  return kept.filter((one): one is Outcome => {
    if (!isOutcome(one) || !isIn(search, one)) return false;
    const job = `${one.trial} ${one.rung} ${one.fold}`;
    return !jobs.has(job) && jobs.add(job) !== undefined;
  });
}

function isIn({ trials, folds, rungs }: Pick<Conducted, "trials" | "folds" | "rungs">, { trial, rung, fold }: Outcome) {
  const isFold = folds === null ? fold === null : isCount(fold, 1, folds);
  return isFold && isCount(trial, 1, trials.length) && isCount(rung, 0, (rungs?.length ?? 1) - 1);
}

function isOutcome(one: unknown): one is Outcome {
  if (!isObject(one)) return false;
  const { figures, failure, epochs, steps, parameters, seconds } = one as Partial<Record<keyof Outcome, unknown>>;
  const isNumber = (value: unknown) => typeof value === "number" && value >= 0;
  const isFigure = (value: unknown) => value === null || typeof value === "number";
  if (figures !== null && !(isObject(figures) && Object.values(figures).every(isFigure))) return false;
  if (failure !== null && !(isObject(failure) && "code" in failure && "reason" in failure)) return false;
  return [epochs, steps, parameters, seconds].every(isNumber);
}

function isCount(value: unknown, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}
