import { epochSeed, Generator } from "../../base/random.js";
import { SampleBatcher, type Shard } from "../../data/index.js";
import { NumberFile } from "../../io/number-file.js";
import { RecordFile, type StoredRecord } from "../../io/record-file.js";
import { opening } from "../../io/scratch.js";
import type { BatchPosition, BatchSource } from "../../train/index.js";
import { SampleSource } from "../../train/sample-source.js";

/** Of so many samples the order of an epoch is held in memory; more of them are parted, by lot. */
export const MOST_IN_PART = 2 ** 22;

/** How a sample lies on the disk. */
export interface SampleCodec<S> {
  write(sample: S): { numbers: ArrayLike<number>; bytes: Uint8Array };
  read(record: StoredRecord): S;
  /** By which samples of a batch are alike. Default: bytes. */
  lengthOf?(sample: S): number;
}

/** Samples that are read one by one, in parts of which each has its turn. */
export interface PartedSamples<S> {
  /** Samples of each part. */
  readonly sizes: readonly number[];
  /** @returns also by which of them those of a batch are to be alike; left out where any may stand together */
  open(part: number): { lengths?: Float64Array; read(row: number): S };
}

/** Samples that lie on the disk: in memory is what the next batch takes. Iterated, they come part by part. */
export class StoredSamples<S> implements Iterable<S>, PartedSamples<S> {
  readonly #parts: readonly RecordFile[];
  readonly #lengths: readonly NumberFile[];
  readonly #codec: SampleCodec<S>;

  /** @throws FileError where no file can be had */
  constructor(parts: number, codec: SampleCodec<S>) {
    const all = [...new Array(parts).keys()];
    const withLengths = codec.lengthOf === undefined ? [] : all;
    [this.#parts, this.#lengths] = opening(
      (keep) => [all.map(() => keep(new RecordFile())), withLengths.map(() => keep(new NumberFile()))] as const,
    );
    this.#codec = codec;
  }

  get length(): number {
    return this.#parts.reduce((sum, { length }) => sum + length, 0);
  }

  /** Samples of each part. */
  get sizes(): readonly number[] {
    return this.#parts.map(({ length }) => length);
  }

  append(part: number, sample: S): void {
    const { numbers, bytes } = this.#codec.write(sample);
    this.#parts[part].append(numbers, bytes);
    this.#lengths[part]?.append(this.#codec.lengthOf!(sample));
  }

  /** After it, all that was appended can be read. */
  flush(): void {
    for (const file of [...this.#parts, ...this.#lengths]) file.flush();
  }

  open(part: number): { lengths: Float64Array; read(row: number): S } {
    const places = this.#parts[part].places();
    const own = new Float64Array(places.length - 1);
    const lengths = this.#lengths[part]?.read(own) ?? own.map((_, i) => places[i + 1] - places[i]);
    return { lengths, read: (row) => this.#codec.read(this.#parts[part].read(places[row], places[row + 1])) };
  }

  /** So many of them, at equal distances. */
  *spread(count: number): globalThis.Generator<S, void, undefined> {
    const step = this.length / count;
    let [taken, before] = [0, 0];
    for (const [part, size] of this.sizes.entries()) {
      const { read } = this.open(part);
      for (; taken < count && Math.floor(taken * step) < before + size; taken++) {
        yield read(Math.floor(taken * step) - before);
      }
      before += size;
    }
  }

  *[Symbol.iterator](): globalThis.Generator<S, void, undefined> {
    for (const part of this.#parts) for (const record of part) yield this.#codec.read(record);
  }

  close(): void {
    for (const file of [...this.#parts, ...this.#lengths]) file.close();
  }
}

/** One part while its turn lasts. */
interface OpenPart<S> {
  epoch: number;
  part: number;
  /** Steps of the epoch before it. */
  before: number;
  /** The sample of a number: in the order in which the whole in memory would have them. */
  read(row: number): S;
  batcher: SampleBatcher;
}

export interface StoredBatchOptions {
  batchSize: number;
  seed: number;
  shard: Shard | undefined;
  /** Samples are numbered as they were stored. Default: as the whole in memory, split by lot, would have them. */
  inOrder?: boolean | undefined;
}

/**
 * Batches of stored samples, those of like sizes together. Parts come one after another, in an order that follows from seed and epoch; within one all is as
 * `SampleBatcher` has it. Of one part alone, batches are those of the same samples in memory.
 */
export class StoredBatches<S, B> implements BatchSource<B> {
  readonly steps: number;
  readonly #samples: PartedSamples<S>;
  readonly #make: (samples: readonly S[]) => B;
  readonly #options: StoredBatchOptions;
  readonly #stepsOf: readonly number[];
  #position: BatchPosition = { epoch: 0, step: 0 };
  #open: OpenPart<S> | null = null;

  constructor(samples: PartedSamples<S>, options: StoredBatchOptions, make: (samples: readonly S[]) => B) {
    this.#samples = samples;
    this.#options = options;
    this.#make = make;
    const { batchSize, shard } = options;
    this.#stepsOf = samples.sizes.map((size) => new SampleBatcher(size, { batchSize, shard }).steps);
    this.steps = this.#stepsOf.reduce((sum, steps) => sum + steps, 0);
  }

  get position(): BatchPosition {
    return { ...this.#position };
  }

  set position(position: BatchPosition) {
    const { epoch, step } = position;
    // In the words of the one that knows how to refuse a place.
    const all = new SampleBatcher(this.steps, { batchSize: 1 });
    all.position = position;
    this.#position = { epoch, step };
  }

  next(): B {
    const { epoch, step } = this.#position;
    const { read, batcher } = this.#partAt(epoch, step);
    const { rows } = batcher.next();
    this.#position = step + 1 === this.steps ? { epoch: epoch + 1, step: 0 } : { epoch, step: step + 1 };
    return this.#make(Array.from(rows, read));
  }

  #partAt(epoch: number, step: number): OpenPart<S> {
    const parts = this.#partsOf(epoch);
    let [before, i] = [0, 0];
    while (step >= before + this.#stepsOf[parts[i]]) before += this.#stepsOf[parts[i++]];
    const part = parts[i];
    const local = step - before;
    if (this.#open?.epoch !== epoch || this.#open.part !== part) this.#open = this.#opened(epoch, part, before);
    const { batcher } = this.#open;
    if (batcher.position.epoch !== epoch || batcher.position.step !== local) batcher.position = { epoch, step: local };
    return this.#open;
  }

  #opened(epoch: number, part: number, before: number): OpenPart<S> {
    const same = this.#open?.part === part ? this.#open : null;
    if (same !== null) return { ...same, epoch, before };
    const { batchSize, seed, shard, inOrder = false } = this.#options;
    const { lengths: own, read } = this.#samples.open(part);
    const length = this.#samples.sizes[part];
    const order = inOrder ? null : new Generator(seed).permutation(length);
    const lengths = own && (order === null ? own : Float64Array.from(order, (row) => own[row]));
    const batcher = new SampleBatcher(length, { batchSize, seed, shard, lengths });
    return { epoch, part, before, read: order === null ? read : (row) => read(order[row]), batcher };
  }

  #partsOf(epoch: number): Int32Array {
    const { length } = this.#stepsOf;
    return new Generator(epochSeed(this.#options.seed, epoch)).permutation(length);
  }
}

/** Samples in memory, or on the disk. */
export type Samples<S> = readonly S[] | StoredSamples<S>;

/**
 * Samples batch by batch, those of like lengths together.
 * @param make  a batch; `taken` batches were made before it, of all epochs
 */
export function sampleBatches<S, B>(
  samples: Samples<S>,
  options: StoredBatchOptions & { lengthOf(sample: S): number },
  make: (some: readonly S[], taken: { batches: number; steps: number }) => B,
): BatchSource<B> {
  const { lengthOf, ...others } = options;
  // The place of a source is that of the batch to come.
  const taken = ({ position, steps }: BatchSource<B>) => ({
    batches: position.epoch * steps + position.step - 1,
    steps,
  });
  if (samples instanceof StoredSamples) {
    const stored: StoredBatches<S, B> = new StoredBatches(samples, others, (some) => make(some, taken(stored)));
    return stored;
  }
  const { batchSize, seed, shard } = others;
  const batcher = new SampleBatcher(samples.length, { batchSize, seed, shard, lengths: samples.map(lengthOf) });
  const source: SampleSource<B> = new SampleSource(batcher, (rows) =>
    make(
      Array.from(rows, (row) => samples[row]),
      taken(source),
    ),
  );
  return source;
}
