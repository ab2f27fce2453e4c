import { checkFunction, checkKnownOptions, checkPositiveInteger, isObject, refusal } from "../../base/check.js";
import { FormatError, OptionError, show } from "../../base/errors.js";
import { type Generator, generatorOf } from "../../base/random.js";
import type { Tensor } from "../../tensor/index.js";
import { SampleBatcher, type SamplePosition } from "../sample-batcher.js";
import type { Shard } from "../shard.js";
import { type Collate, padded, stack } from "./collate.js";
import { type Column, type Dataset, type Source, sourceOf } from "./dataset.js";

/** What the default collate makes of a sample. */
export type Batch<S> = S extends number | Tensor | ArrayBufferView | readonly number[]
  ? Tensor
  : S extends readonly [unknown, unknown]
    ? [Tensor, Tensor]
    : S extends readonly unknown[]
      ? // An array of two is a pair, one of another length is stacked.
        Tensor & [Tensor, Tensor]
      : { [K in keyof S]: Tensor };

export interface LoaderOptions<S, B = Batch<S>> {
  /** Samples in a batch of this process, N. */
  batchSize: number;
  /** Whether every epoch draws a new order. Default false, as in PyTorch. */
  shuffle?: boolean | undefined;
  /** Makes a batch of samples. Default: `collate.stack()`. */
  collate?: Collate<S, B> | undefined;
  /** A sample's length, or all of them: batches then have samples of similar lengths, still in random order when shuffled. */
  bucketBy?: ((sample: S, index: number) => number) | ArrayLike<number> | undefined;
  /** Decides every epoch's order. Default 0. */
  seed?: number | undefined;
  /** Draws the seed, instead of `seed`. */
  generator?: Generator | undefined;
  /** Leave the last batch of an epoch out when it is smaller. Default false. */
  dropLast?: boolean | undefined;
  /** Which part of every batch this process takes. Default: all. */
  shard?: Shard | undefined;
}

/** Where a loader stands. JSON-safe. */
export interface LoaderState extends SamplePosition {
  seed: number;
}

/** What all loaders have: it is a `BatchSource` of the Trainer. */
interface LoaderBase {
  /** Batches in an epoch. */
  readonly length: number;
  /** Batches in an epoch, as the Trainer calls them. */
  readonly steps: number;
  /** Of the next batch: { epoch, step }. Set it to go on from there. */
  position: SamplePosition;
  /** The position and the seed: `loadState` of a loader made alike goes on with the batch that would have come next. */
  state(): LoaderState;
  /** @throws FormatError for what `state` did not give; OptionError for a place beyond the data */
  loadState(state: LoaderState): void;
}

/** Batches of samples that are there at once. */
export interface Loader<B> extends LoaderBase, Iterable<B>, AsyncIterable<B> {
  /** The batch at `position`, which moves on, at the end of an epoch to the next one. */
  next(): B;
}

/** Batches of samples that are waited for. */
export interface AsyncLoader<B> extends LoaderBase, AsyncIterable<B> {
  /** The batch at `position`, which moves on at once. */
  next(): Promise<B>;
}

/** What a sample of columns is: a row of each. */
type RowOf<C> = { [K in keyof C]: number | Tensor };

const OP = "loader";
const OPTIONS = ["batchSize", "shuffle", "collate", "bucketBy", "seed", "generator", "dropLast", "shard"];

/**
 * Batches of a data set, as tensors. A loop reads to the end of the epoch; the next loop reads the next epoch, in another order when
 * shuffled. Order and batches follow from the seed and the epoch alone: `state()` is enough to go on bit for bit, and the processes of
 * a shard agree without a word.
 *
 * A sample is a number, an array, a typed array, a tensor, a pair `[x, y]`, or an object of these such as `{ x, y }`; an array of two
 * is a pair unless both are numbers. Numbers become float32; targets `y` that are whole numbers become int32, as classes are.
 * @param dataset  an array of samples; `{ length, get(i) }`, whose `get` may be async; a tensor, or tensors and typed arrays by name
 * @returns batches: samples of shape [...] as [N, ...]; a pair as [x, y], an object as an object of tensors
 * @throws OptionError for options that do not fit, or an empty data set; ShapeError naming the sample that has another shape
 * @example
 * const batches = data.loader(samples, { batchSize: 32, shuffle: true });
 * for (const { x, y } of batches) step(x, y); // one epoch
 * batches.length; // batches an epoch
 */
export function loader<const S, B = Batch<S>>(
  dataset: Dataset<Promise<S>>,
  options: LoaderOptions<S, B>,
): AsyncLoader<B>;
export function loader<const S, B = Batch<S>>(
  dataset: readonly S[] | Dataset<S>,
  options: LoaderOptions<S, B>,
): Loader<B>;
export function loader<B = Tensor>(dataset: Column, options: LoaderOptions<number | Tensor, B>): Loader<B>;
export function loader<C extends Readonly<Record<string, Column>>, B = { [K in keyof C]: Tensor }>(
  dataset: C,
  options: LoaderOptions<RowOf<C>, B>,
): Loader<B>;
// biome-ignore lint/suspicious/noExplicitAny: what is known of samples and batches stands in the signatures above
export function loader(dataset: unknown, options: LoaderOptions<any, any>): any {
  return new SampleLoader(dataset, options);
}

class SampleLoader implements LoaderBase {
  readonly #source: Source;
  readonly #make: (rows: Int32Array) => unknown;
  readonly #batcher: (seed: number) => SampleBatcher;
  #seed: number;
  #batches: SampleBatcher;

  constructor(dataset: unknown, options: LoaderOptions<unknown, unknown>) {
    checkKnownOptions(OP, options, OPTIONS);
    const { batchSize, shuffle = false, collate, bucketBy, generator, dropLast = false, shard } = options;
    if (collate !== undefined) checkFunction(OP, "collate", collate);
    if (collate === stack || collate === padded) {
      const fix = `Write collate.${collate.name}(), with its brackets.`;
      throw refusal(OP, "collate", "be a function of samples", collate, fix);
    }
    this.#source = sourceOf(OP, dataset);
    checkSizes(this.#source.length, options);
    if (generator !== undefined && options.seed !== undefined) {
      throw refusal(OP, "generator", "be left out where there is a seed", generator);
    }
    this.#seed = generator === undefined ? (options.seed ?? 0) : generatorOf(OP, generator).integer(2 ** 32);
    const lengths = bucketBy === undefined ? undefined : lengthsOf(this.#source, bucketBy);
    this.#batcher = (seed) =>
      new SampleBatcher(this.#source.length, { batchSize, shuffle, seed, dropLast, lengths, shard });
    this.#batches = this.#batcher(this.#seed);
    this.#make = maker(this.#source, collate);
  }

  get length(): number {
    return this.#batches.steps;
  }

  get steps(): number {
    return this.#batches.steps;
  }

  get position(): SamplePosition {
    return this.#batches.position;
  }

  set position(position: SamplePosition) {
    this.#batches.position = position;
  }

  state(): LoaderState {
    return { ...this.position, seed: this.#seed };
  }

  loadState(state: LoaderState): void {
    const { epoch, step, seed } = (isObject(state) ? state : {}) as Partial<LoaderState>;
    if (![epoch, step, seed].every((n) => Number.isSafeInteger(n) && n! >= 0)) {
      const must = "be { epoch, step, seed }, as state() gives it";
      throw new FormatError({ op: `${OP}.loadState`, argument: "state", must, value: show(state) });
    }
    const batches = this.#batcher(seed!);
    batches.position = { epoch: epoch!, step: step! };
    [this.#batches, this.#seed] = [batches, seed!];
  }

  next(): unknown {
    const batches = this.#batches;
    const before = batches.position;
    // What failed is still to come.
    const failed = (error: unknown): never => {
      batches.position = before;
      throw error;
    };
    const { rows } = batches.next();
    try {
      const made = this.#make(rows);
      return made instanceof Promise ? made.catch(failed) : made;
    } catch (error) {
      return failed(error);
    }
  }

  *[Symbol.iterator](): Iterator<unknown> {
    do {
      const batch = this.next();
      if (batch instanceof Promise) {
        batch.catch(() => {});
        const fix = "Write for await (const batch of loader).";
        throw new OptionError({
          op: OP,
          argument: "dataset.get",
          must: "give samples at once",
          value: "a promise",
          fix,
        });
      }
      yield batch;
    } while (this.position.step > 0);
  }

  async *[Symbol.asyncIterator](): AsyncIterator<unknown> {
    do yield await this.next();
    while (this.position.step > 0);
  }
}

function checkSizes(count: number, { batchSize, dropLast = false, shard }: LoaderOptions<unknown, unknown>): void {
  checkPositiveInteger(OP, "batchSize", batchSize);
  if (count === 0) {
    const fix = "Look where its samples should come from.";
    throw new OptionError({ op: OP, argument: "dataset", must: "hold a sample or more", value: "an empty one", fix });
  }
  const processes = shard?.size ?? 1;
  const whole = batchSize * (Number.isSafeInteger(processes) ? processes : 1);
  if (!dropLast || whole <= count) return;
  const must = `be at most ${Math.floor(count / processes)} for a full batch of ${count} samples`;
  const fix = "Use a smaller one, or keep the last batch: { dropLast: false }.";
  throw new OptionError({ op: OP, argument: "batchSize", must, value: String(batchSize), fix });
}

/** @throws OptionError naming the sample whose length is none */
function lengthsOf(source: Source, bucketBy: NonNullable<LoaderOptions<unknown>["bucketBy"]>): ArrayLike<number> {
  const lengths = new Float64Array(source.length);
  if (typeof bucketBy !== "function" && typeof bucketBy?.length !== "number") {
    throw refusal(OP, "bucketBy", "be a function of a sample, or an array of lengths", bucketBy);
  }
  if (typeof bucketBy !== "function" && bucketBy.length !== source.length) {
    const must = `hold a length for each of ${source.length} samples`;
    throw new OptionError({ op: OP, argument: "bucketBy", must, value: String(bucketBy.length) });
  }
  for (let i = 0; i < source.length; i++) {
    const length = typeof bucketBy === "function" ? lengthOf(source.get(i), i, bucketBy) : bucketBy[i];
    if (typeof length !== "number" || !Number.isFinite(length)) {
      const details = { index: i };
      const [argument, must] = [`bucketBy of sample ${i}`, "be a finite number"];
      throw new OptionError({ op: OP, argument, must, value: show(length), details });
    }
    lengths[i] = length;
  }
  return lengths;
}

function lengthOf(sample: unknown, i: number, bucketBy: (sample: unknown, index: number) => number): number {
  if (!(sample instanceof Promise)) return bucketBy(sample, i);
  sample.catch(() => {});
  const fix = "Give the lengths themselves: { bucketBy: lengths }.";
  const must = "be an array of lengths where samples are waited for";
  throw new OptionError({ op: OP, argument: "bucketBy", must, value: "a function", fix });
}

function maker(source: Source, collate: Collate<unknown, unknown> | undefined): (rows: Int32Array) => unknown {
  if (collate === undefined && source.gather !== undefined) return source.gather;
  const make = collate ?? stack();
  const dtypes = source.dtypes();
  return (rows) => {
    const samples: unknown[] = [];
    try {
      for (const row of rows) samples.push(source.get(row));
    } catch (error) {
      // Nobody waits for these any more.
      for (const sample of samples) if (sample instanceof Promise) sample.catch(() => {});
      throw error;
    }
    const context = { rows, dtypes };
    if (!samples.some((sample) => sample instanceof Promise)) return make(samples, context);
    return Promise.all(samples).then((found) => make(found, context));
  };
}
