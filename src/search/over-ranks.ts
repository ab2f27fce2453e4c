import type { Job, Outcome, Train } from "./job.js";

/** Processes that share trainings out. */
export interface Sharing {
  readonly rank: number;
  readonly size: number;
  /** What every rank says, in the order of ranks; all must call it. */
  gatherText(own: string): string[];
}

/**
 * Round by round: each rank trains one job, and tells all what became of it, so that all know the same. A round takes as long as the longest
 * of its jobs.
 * @param trainOne  called on all ranks in every round, undefined where there is nothing left for this one; null when it was interrupted
 */
export function overRanks(ranks: Sharing, trainOne: (job: Job | undefined) => Promise<Outcome | null>): Train {
  return async function* (jobs) {
    for (let at = 0; at < jobs.length; at += ranks.size) {
      const own = await trainOne(jobs[at + ranks.rank]);
      const told = ranks.gatherText(JSON.stringify(own)).map((text) => JSON.parse(text) as Outcome | null);
      const outcomes = told.slice(0, jobs.length - at);
      for (const outcome of outcomes) if (outcome !== null) yield outcome;
      if (outcomes.includes(null)) return;
    }
  };
}
