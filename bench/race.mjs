/**
 * Peers on one configuration, window by window in turn (A B C A B C ...), so that what slows the machine for a while slows all of them.
 * Each runs in a process of its own, which sleeps while others run.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PeerProcess } from "./client.mjs";
import { makeProblem, writeProblem } from "./problem.mjs";
import { largestRelativeError } from "./statistics.mjs";

export const LOSS_STEPS = 3;
/** Relative difference of the first losses up to which two peers compute the same. */
export const SAME_LOSS = 1e-3;
/** Window of each kind of run, as a part of `seconds`. */
const WINDOWS = { train: 1, forward: 1 / 3, stream: 1 / 6 };

/**
 * @param {{ rounds: number, seconds: number, budget: number, kinds?: string[], progress?: (text: string) => void }} options
 *   `budget`: seconds that one peer may take for this configuration before it is left out of further rounds. A peer whose first
 *   answer takes as long is ended and reported as such.
 * @returns one row a lane (a peer at a number of threads), with a time in milliseconds for each round that it took part in
 */
export async function race(config, lanes, options) {
  const { progress = () => {} } = options;
  const folder = mkdtempSync(join(tmpdir(), "unrolled-bench-"));
  const problem = join(folder, "problem.bin");
  const runners = lanes.map((lane) => new Runner(lane, options));
  try {
    writeProblem(problem, makeProblem(config));
    for (const runner of runners) {
      progress(`starting ${runner.title}`);
      await runner.begin(problem);
    }
    for (let round = 0; round < options.rounds; round++) {
      for (const runner of runners) {
        progress(`round ${round + 1} of ${options.rounds}, ${runner.title}`);
        await runner.round(round);
      }
    }
    for (const runner of runners) await runner.finish();
  } finally {
    for (const runner of runners) runner.stop();
    rmSync(folder, { recursive: true, force: true });
  }
  return compareLosses(runners.map((runner) => runner.row));
}

class Runner {
  constructor({ entrant, threads }, { rounds, seconds, budget, kinds = Object.keys(WINDOWS) }) {
    Object.assign(this, { entrant, threads, rounds, seconds, budget });
    this.kinds = kinds;
    this.spent = 0;
    this.process = null;
    this.title = `${entrant.label}, ${threads} thread${threads === 1 ? "" : "s"}`;
    const { id, label, ours = false } = entrant;
    this.row = { id, label, ours, threads, times: { train: [], forward: [], stream: [] } };
  }

  async ask(message, seconds = this.budget + 30) {
    const start = performance.now();
    try {
      return await this.process.request(message, seconds);
    } finally {
      this.spent += (performance.now() - start) / 1000;
    }
  }

  leave(reason) {
    this.row.note ??= reason;
    this.stop();
  }

  stop() {
    this.process?.stop();
    this.process = null;
  }

  async begin(problem) {
    const { entrant, threads, row } = this;
    if (entrant.missing) return this.leave(entrant.missing);
    this.process = new PeerProcess(entrant.start(threads), problem);
    try {
      const {
        unsupported,
        can,
        threads: used = threads,
        ...found
      } = await this.ask({ op: "prepare", problem, threads });
      if (unsupported) return this.leave(unsupported);
      Object.assign(row, found);
      if (used !== threads) return this.leave(`runs on ${used} threads where ${threads} were asked for`);
      this.kinds = this.kinds.filter((kind) => can[kind]);
      if (this.kinds.length === 0) return this.leave("has nothing to measure here");
      row.trains = can.train;
      const { losses, seconds } = await this.ask({ op: "losses", k: LOSS_STEPS, limit: this.budget / 4 });
      row.losses = losses;
      await this.#firstSteps(can.train ? seconds : []);
    } catch (error) {
      this.leave(error.timedOut ? `no training step was done within ${Math.round(this.spent)} s` : error.message);
    }
    this.spent = 0;
  }

  /** Where one step alone takes a good part of the budget, the first ones are the measurement. */
  async #firstSteps(seconds) {
    const fastest = Math.min(...seconds);
    if (seconds.length === 0 || fastest < this.budget / 8) return;
    this.row.times.train.push(fastest * 1000);
    await this.finish();
    const count = seconds.length === 1 ? "its first step" : `the fastest of its first ${seconds.length} steps`;
    this.leave(`too slow for rounds: the figure is ${count}`);
  }

  async round(round) {
    if (this.process === null) return;
    if (this.spent > this.budget) {
      this.row.note ??= `${round} of ${this.rounds} rounds: too slow for more`;
      return;
    }
    try {
      for (const kind of this.kinds) {
        const { ms } = await this.ask({ op: "time", what: kind, seconds: this.seconds * WINDOWS[kind] });
        this.row.times[kind][round] = ms;
      }
    } catch (error) {
      this.leave(error.message);
    }
  }

  async finish() {
    if (this.process === null) return;
    try {
      this.row.peakMb = (await this.ask({ op: "memory" })).peakMb;
    } catch (error) {
      this.leave(error.message);
    }
  }
}

/** Each row's first losses against those of our first row; `lossError` is the largest relative difference. */
function compareLosses(rows) {
  const expected = rows.find((row) => row.ours && row.losses)?.losses;
  for (const row of rows) {
    if (!row.losses || row.same !== true || expected === undefined) continue;
    row.lossError = largestRelativeError(row.losses, expected);
  }
  return rows;
}

/** Tokens/s of each round (training or forward), null where the peer took no part. */
export function rates(row, kind) {
  const tokens = row.tokensPerStep;
  return Array.from(row.times[kind], (ms) => (ms == null ? null : (tokens / ms) * 1e3));
}
