import { describe, expect, test } from "vitest";
import { Generator } from "../../src/base/random.js";
import { conduct, oneByOne } from "../../src/search/conduct.js";
import type { Conducted, Job, Outcome } from "../../src/search/job.js";
import { overRanks } from "../../src/search/over-ranks.js";
import { ranked, spreadOf } from "../../src/search/rows.js";

/** A made-up training: the further a trial's number is from 5, the worse; with epochs all get better; folds differ. */
function outcomeOf({ trial, rung, fold, epochs, settings }: Job): Outcome {
  const quality = 10 - Math.abs(trial - 5) + (epochs ?? 0) + (fold ?? 0) * (trial % 2 === 0 ? 0.25 : 0.5);
  const isBad = settings["bad"] === true;
  const failure = isBad ? { code: "diverged", reason: "loss must be finite, got NaN" } : null;
  const told = { trial, rung, fold, failure, figures: isBad ? null : { f1: quality, loss: -quality } };
  return { ...told, epochs: epochs ?? 8, steps: 8, parameters: 3, seconds: 1 };
}

const trialsOf = (count: number, bad: readonly number[] = []) =>
  Array.from({ length: count }, (_, i) => ({ n: i + 1, ...(bad.includes(i + 1) && { bad: true }) }));
const METRICS = [{ name: "f1", better: "higher" }, { name: "loss", better: "lower" }] as const; // biome-ignore format: a line

const KINDS: [string, Conducted][] = [
  ["grid", { trials: trialsOf(7), folds: null, rungs: null, metrics: METRICS }],
  ["folds", { trials: trialsOf(1), folds: 4, rungs: null, metrics: METRICS }],
  ["grid with folds and a bad one", { trials: trialsOf(4, [3]), folds: 3, rungs: null, metrics: METRICS }],
  ["halving", { trials: trialsOf(9), folds: null, rungs: [1, 2, 4, 8], metrics: METRICS }],
  ["halving with folds and bad ones", { trials: trialsOf(6, [1, 5]), folds: 2, rungs: [2, 4, 8], metrics: METRICS }],
];

async function all(search: Conducted, known: readonly Outcome[] = [], most = Infinity) {
  const outcomes = [...known];
  const jobs: Job[] = [];
  const train = oneByOne(async (job) => {
    if (jobs.length === most) return null;
    jobs.push(job);
    return outcomeOf(job);
  });
  const ended = await conduct(search, train, known, (outcome) => outcomes.push(outcome));
  return { ended, jobs, outcomes, rows: ranked(search, outcomes) };
}

test.each(KINDS)("%s: ended at any place and gone on with, the table is that without an end", async (_, search) => {
  const whole = await all(search);
  expect(whole.ended).toBe(true);
  for (let most = 0; most <= whole.jobs.length; most++) {
    const first = await all(search, [], most);
    expect(first.ended).toBe(most === whole.jobs.length);
    const rest = await all(search, first.outcomes);
    expect(rest.ended).toBe(true);
    expect([...first.jobs, ...rest.jobs]).toEqual(whole.jobs);
    expect(rest.rows).toEqual(whole.rows);
  }
});

/** What every rank says, once all have said it. */
function meeting(size: number): (rank: number) => (own: string) => Promise<string[]> {
  let [texts, release, all] = [[] as string[], (_: string[]) => {}, null as Promise<string[]> | null];
  return (rank) => (own) => {
    all ??= new Promise((resolve) => {
      release = resolve;
    });
    texts[rank] = own;
    const met = all;
    if (Object.keys(texts).length === size) {
      release(texts);
      [texts, all] = [[], null];
    }
    return met;
  };
}

/** A search on several ranks; the one that is interrupted ends all. */
async function onRanks(search: Conducted, size: number, known: readonly Outcome[] = [], most = Infinity) {
  const meet = meeting(size);
  return await Promise.all(
    Array.from({ length: size }, async (_, rank) => {
      const outcomes = [...known];
      const jobs: Job[] = [];
      // As MPI does, it comes back when all have spoken: here they wait one step before.
      let texts: string[] = [];
      const train = overRanks({ rank, size, gatherText: () => texts }, async (job) => {
        const isOver = job === undefined || (rank === 0 && jobs.length === most);
        if (!isOver) jobs.push(job);
        const own = isOver ? null : outcomeOf(job);
        texts = await meet(rank)(JSON.stringify(own));
        return own;
      });
      const ended = await conduct(search, train, known, (outcome) => outcomes.push(outcome));
      return { ended, jobs, outcomes, rows: ranked(search, outcomes) };
    }),
  );
}

test.each(KINDS)("%s: on ranks all know the table of one process, and no job is done twice", async (_, search) => {
  const alone = await all(search);
  for (const size of [1, 2, 3, 5]) {
    const ranks = await onRanks(search, size);
    const rungs = (jobs: readonly Job[]) => jobs.map((job) => JSON.stringify(job)).sort();
    expect(rungs(ranks.flatMap(({ jobs }) => jobs))).toEqual(rungs(alone.jobs));
    for (const { ended, rows, outcomes } of ranks) {
      expect([ended, rows, outcomes]).toEqual([true, alone.rows, alone.outcomes]);
    }
    const cut = await onRanks(search, size, [], 0);
    for (const { ended, outcomes } of cut) expect([ended, outcomes]).toEqual([false, cut[0]!.outcomes]);
    for (const { rows } of await onRanks(search, size, cut[0]!.outcomes)) expect(rows).toEqual(alone.rows);
  }
});

test("trainings that end in any order give the same table", async () => {
  const [, search] = KINDS[4]!;
  const generator = new Generator(3);
  const outcomes: Outcome[] = [];
  const mixed = async function* (jobs: readonly Job[]) {
    for (const i of generator.permutation(jobs.length)) yield outcomeOf(jobs[i]!);
  };
  await conduct(search, mixed, [], (outcome) => outcomes.push(outcome));
  expect(ranked(search, outcomes)).toEqual((await all(search)).rows);
});

describe("halving", () => {
  test("the better half goes on each time, from where it stands", async () => {
    const { jobs, rows } = await all(KINDS[3]![1]);
    const inRung = (rung: number) => jobs.filter((job) => job.rung === rung).map(({ trial }) => trial);
    expect([0, 1, 2, 3].map(inRung)).toEqual([
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
      [3, 4, 5, 6, 7],
      [4, 5, 6],
      [4, 5],
    ]);
    expect(jobs.map(({ epochs, rung }) => epochs === [1, 2, 4, 8][rung])).not.toContain(false);
    expect(rows.map(({ trial, status }) => `${trial} ${status}`)).toEqual([
      ...[
        "5 done",
        "4 done",
        "6 stopped",
        "3 stopped",
        "7 stopped",
        "2 stopped",
        "8 stopped",
        "1 stopped",
        "9 stopped",
      ],
    ]);
  });

  test("what failed does not go on, and what is left does", async () => {
    const search = { ...KINDS[3]![1], trials: trialsOf(4, [1, 2, 4]), rungs: [2, 4] };
    const { jobs, rows } = await all(search);
    expect(jobs.map(({ trial }) => trial)).toEqual([1, 2, 3, 4, 3]);
    expect(rows.map(({ trial, status }) => `${trial} ${status}`)).toEqual([
      "3 done",
      "1 failed",
      "2 failed",
      "4 failed",
    ]);
  });
});

describe("the table", () => {
  const outcome = (trial: number, figures: Outcome["figures"]): Outcome => ({
    ...{ trial, rung: 0, fold: null, failure: null, figures },
    ...{ epochs: 1, steps: 1, parameters: 1, seconds: 1 },
  });
  const search: Conducted = { trials: trialsOf(5), folds: null, rungs: null, metrics: METRICS };

  test("the first figure decides, then the next; what has none comes after, and in the end the order of the trials", () => {
    const rows = ranked(search, [
      outcome(1, { f1: null, loss: 1 }),
      outcome(2, { f1: 0.5, loss: 2 }),
      outcome(3, { f1: 0.75, loss: 9 }),
      outcome(4, { f1: 0.5, loss: 1 }),
      outcome(5, { f1: 0.5, loss: 1 }),
    ]);
    expect(rows.map(({ trial }) => trial)).toEqual([3, 4, 5, 2, 1]);
  });

  test("of folds: mean and deviation of a sample, the sum of their time, and which one failed", async () => {
    const { rows } = await all(KINDS[2]![1]);
    const [best] = rows;
    expect(best).toMatchObject({ trial: 4, figures: { f1: 9.5, loss: -9.5 }, deviations: { f1: 0.25 }, seconds: 3 });
    expect(rows.at(-1)).toMatchObject({
      trial: 3,
      status: "failed",
      failure: { reason: "fold 1: loss must be finite, got NaN" },
    });
    // By hand: mean 5, squares 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32, of 8 - 1.
    expect(spreadOf([2, 4, 4, 4, 5, 5, 7, 9])).toEqual({ mean: 5, deviation: Math.sqrt(32 / 7) });
    expect(spreadOf([3])).toEqual({ mean: 3, deviation: 0 });
  });
});

test("before a rung is over nobody is stopped by it", async () => {
  const [, search] = KINDS[3]!;
  const { rows } = await all(search, [], 11);
  expect(rows.map(({ trial, status }) => `${trial} ${status}`)).toEqual([
    ...["4 done", "5 done", "3 done", "6 done", "7 done", "2 stopped", "8 stopped", "1 stopped", "9 stopped"],
  ]);
  expect((await all(search, [], 5)).rows.every(({ status }) => status === "done")).toBe(true);
});
