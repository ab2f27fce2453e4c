import type { Conducted, Job, Outcome, Train } from "./job.js";
import { survivors } from "./rows.js";

/** One after another. @param trainOne  null when it was interrupted */
export function oneByOne(trainOne: (job: Job) => Promise<Outcome | null>): Train {
  return async function* (jobs) {
    for (const job of jobs) {
      const outcome = await trainOne(job);
      if (outcome === null) return;
      yield outcome;
    }
  };
}

/**
 * Trains all trials, rung by rung, each time with those that go on.
 * @param known  what became of jobs before: they are not done again
 * @param told   called with what becomes of each that is done now
 * @returns whether it came to its end
 */
export async function conduct(
  search: Conducted,
  train: Train,
  known: readonly Outcome[],
  told: (outcome: Outcome) => void,
): Promise<boolean> {
  const { trials, rungs } = search;
  const outcomes = [...known];
  let left = trials.map((_, i) => i + 1);
  for (let rung = 0; rung < (rungs?.length ?? 1) && left.length > 0; rung++) {
    const jobs = left.flatMap((trial) => jobsOf(search, trial, rung));
    const open = jobs.filter((job) => !outcomes.some((outcome) => isOf(job, outcome)));
    let done = 0;
    for await (const outcome of train(open)) {
      outcomes.push(outcome);
      told(outcome);
      done++;
    }
    if (done < open.length) return false;
    left = survivors(search, outcomes, left, rung);
  }
  return true;
}

function jobsOf({ trials, folds, rungs }: Conducted, trial: number, rung: number): Job[] {
  const [settings, epochs] = [trials[trial - 1], rungs?.[rung] ?? null];
  const each = folds === null ? [null] : Array.from({ length: folds }, (_, i) => i + 1);
  return each.map((fold) => ({ trial, rung, fold, settings, epochs }));
}

function isOf(job: Job, outcome: Outcome): boolean {
  return job.trial === outcome.trial && job.rung === outcome.rung && job.fold === outcome.fold;
}
