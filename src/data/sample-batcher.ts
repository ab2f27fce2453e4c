import { checkKnownOptions, checkNonNegativeInteger, checkPositiveInteger } from "../base/check.js";
import { OptionError, ShapeError, show } from "../base/errors.js";
import { epochSeed, Generator } from "../base/random.js";
import { checkShard, type Shard } from "./shard.js";

export interface SampleBatcherOptions {
  /** Samples in a batch of this process, N; with a shard of `size` processes a whole batch has size·N. */
  batchSize: number;
  /** Whether each epoch draws a new order. Default true. */
  shuffle?: boolean | undefined;
  /** Decides every epoch's order. Default 0. */
  seed?: number | undefined;
  /** Leave the last batch of an epoch out when it is smaller. Default false. */
  dropLast?: boolean | undefined;
  /** Of each sample: those of a batch then have similar lengths, so that little is padded. */
  lengths?: ArrayLike<number> | undefined;
  /** Default: one process, which takes all. */
  shard?: Shard | undefined;
}

/** What to take next. JSON-safe. */
export interface SamplePosition {
  epoch: number;
  /** Batches of this epoch already taken. */
  step: number;
}

/** Which samples a batch has. */
export interface SampleBatch {
  /** The samples' numbers. */
  rows: Int32Array;
  epoch: number;
  step: number;
}

const OP = "SampleBatcher";
/** With lengths, samples are sorted within as many batches as this: short and long ones still come in every part of an epoch. */
const POOL = 50;

/**
 * Batches of independent samples. Order and batches of an epoch follow from the seed and the epoch alone, so that a run goes on
 * from `position` bit for bit, and the processes of a shard agree without a word: together they take what one process with
 * batches of size·N would.
 *
 * `for (const batch of batcher)` reads to the end of the epoch; `position` is always that of the next batch.
 */
export class SampleBatcher implements Iterable<SampleBatch> {
  /** Samples in an epoch, of all processes. */
  readonly count: number;
  readonly batchSize: number;
  /** Batches in an epoch. */
  readonly steps: number;
  readonly #options: { shuffle: boolean; seed: number; lengths: ArrayLike<number> | undefined; shard: Shard };
  #epoch = 0;
  #step = 0;
  #order: { epoch: number; batches: Int32Array[] } | null = null;

  /**
   * @param count  samples there are
   * @throws OptionError for sizes that are not positive, or a shard that is none; ShapeError when there is not one batch
   */
  constructor(count: number, options: SampleBatcherOptions) {
    checkKnownOptions(OP, options, ["batchSize", "shuffle", "seed", "dropLast", "lengths", "shard"]);
    const { shuffle = true, seed = 0, dropLast = false, lengths, shard = { rank: 0, size: 1 } } = options;
    this.count = checkNonNegativeInteger(OP, "count", count);
    this.batchSize = checkPositiveInteger(OP, "batchSize", options.batchSize);
    checkShard(OP, shard);
    const whole = this.batchSize * shard.size;
    // A rest that cannot give every process a sample is left out.
    const rest = count % whole;
    this.steps = Math.floor(count / whole) + (rest >= shard.size && !dropLast ? 1 : 0);
    if (this.steps === 0) {
      const least = dropLast ? whole : shard.size;
      const fix = count === 0 ? "Give it samples." : "Use a smaller batchSize, or keep the last batch.";
      throw new ShapeError({
        op: OP,
        argument: "count",
        must: `be at least ${least} for one batch`,
        value: `${count}`,
        fix,
      });
    }
    if (lengths !== undefined && lengths.length !== count) {
      const must = `hold a length for each of ${count} samples`;
      throw new ShapeError({ op: OP, argument: "lengths", must, value: `${lengths.length}` });
    }
    this.#options = { shuffle, seed: checkNonNegativeInteger(OP, "seed", seed), lengths, shard };
  }

  get position(): SamplePosition {
    return { epoch: this.#epoch, step: this.#step };
  }

  set position({ epoch, step }: SamplePosition) {
    checkNonNegativeInteger(`${OP}.position`, "epoch", epoch);
    if (!Number.isSafeInteger(step) || step < 0 || step >= this.steps) {
      const must = `be an integer in [0, ${this.steps - 1}] (batches in an epoch)`;
      const fix = "Use the samples and batchSize that it was saved with.";
      throw new OptionError({ op: `${OP}.position`, argument: "step", must, value: show(step), fix });
    }
    this.#epoch = epoch;
    this.#step = step;
  }

  /** The batch at `position`, which moves on, at the end of an epoch to the next one. */
  next(): SampleBatch {
    const { rank, size } = this.#options.shard;
    const [epoch, step] = [this.#epoch, this.#step];
    if (this.#order?.epoch !== epoch) this.#order = { epoch, batches: this.#batchesOf(epoch) };
    const whole = this.#order.batches[step];
    const part = (of: number): number => Math.floor((of * whole.length) / size);
    this.#step = step + 1 === this.steps ? 0 : step + 1;
    if (this.#step === 0) this.#epoch = epoch + 1;
    return { rows: whole.slice(part(rank), part(rank + 1)), epoch, step };
  }

  /** The rest of the current epoch. */
  *[Symbol.iterator](): globalThis.Generator<SampleBatch, void, undefined> {
    do yield this.next();
    while (this.#step > 0);
  }

  /** Those of an epoch, of all processes together. */
  #batchesOf(epoch: number): Int32Array[] {
    const { shuffle, seed, lengths, shard } = this.#options;
    const generator = new Generator(epochSeed(seed, epoch));
    const order = shuffle ? generator.permutation(this.count) : Int32Array.from({ length: this.count }, (_, i) => i);
    const size = this.batchSize * shard.size;
    if (lengths !== undefined) {
      for (let at = 0; at < order.length; at += POOL * size) {
        const pool = order.subarray(at, at + POOL * size);
        pool.set([...pool].sort((a, b) => lengths[b] - lengths[a]));
      }
    }
    const batches = Array.from({ length: this.steps }, (_, step) => order.subarray(step * size, (step + 1) * size));
    if (lengths === undefined || !shuffle) return batches;
    // The rest, which is smaller, stays the last.
    const full = batches.filter((batch) => batch.length === size);
    const mixed = [...generator.permutation(full.length)].map((i) => full[i]);
    return [...mixed, ...batches.slice(full.length)];
  }
}
