import {
  checkKnownOptions,
  checkNonNegativeInteger,
  checkObject,
  checkPositiveInteger,
  refusal,
} from "../base/check.js";
import { FormatError, OptionError, show } from "../base/errors.js";
import { epochSeed, Generator } from "../base/random.js";
import { checkShard, type Shard } from "./shard.js";

export interface StreamBatcherOptions {
  /** Streams read side by side, N. */
  batchSize: number;
  /** Tokens of each stream in one batch, L: how far back the gradient goes. */
  seqLen: number;
  /** Leave the last batch of an epoch out when it is shorter than `seqLen`. Default true. */
  dropLast?: boolean | undefined;
  /**
   * Every token is read in every epoch: the last batch is kept however short, and where the ids do not divide into N streams,
   * neighbours overlap by a token or so (at most N - 1 are read twice). Default false; then `dropLast` decides.
   */
  keepAll?: boolean | undefined;
  /**
   * A seed: batches are of random lengths about `seqLen`, other ones in each epoch, so that the gradient is not cut at the same
   * places each time. All of each stream is read, in as many batches as without. Default: none, all are `seqLen` long.
   * Source: Merity, Keskar & Socher 2018, whose lengths they are for a seqLen of 70.
   */
  randomLengths?: number | undefined;
  /** Default: one process, which reads all; of several, each reads `batchSize` streams of `size` times as many. */
  shard?: Shard | undefined;
}

/** Token ids that need not lie in memory. */
export interface TokenSource {
  readonly length: number;
  /** Fills `into` with those from `from` on. */
  read(from: number, into: Int32Array): void;
}

/** What to read next. JSON-safe. */
export interface StreamPosition {
  epoch: number;
  /** Batches of this epoch already taken. */
  step: number;
}

/** A batch of streams side by side, and where it stands. */
export interface StreamBatch {
  /** [L, N], row-major: row t holds token t of every stream. */
  inputs: Int32Array;
  /** [L, N]: the token after each input. */
  targets: Int32Array;
  /** [L, N], to make tensors of the two. */
  shape: readonly [number, number];
  /** L of this batch. */
  seqLen: number;
  batchSize: number;
  epoch: number;
  /** At 0 the streams begin: the state carried from the batch before belongs to another place. */
  step: number;
}

const OP = "StreamBatcher";
const OPTIONS = ["batchSize", "seqLen", "dropLast", "keepAll", "randomLengths", "shard"];

/**
 * Batches for a language model with the state carried from one to the next. The ids are cut into N contiguous streams
 * of M = ⌊(length - 1) / N⌋ tokens, and batch s holds the tokens sL ... sL + L - 1 of each: row n of one batch goes on in
 * row n of the next. What does not fill the streams is left out, unless `keepAll` is set: `leftOut` says how much.
 *
 * `for (const batch of batcher)` reads to the end of the epoch; the next loop reads the next epoch. `position` is
 * always that of the next batch: save it, set it, and reading goes on there.
 */
export class StreamBatcher implements Iterable<StreamBatch> {
  /** Streams of this process. */
  readonly batchSize: number;
  readonly seqLen: number;
  /** Tokens of one stream, M. */
  readonly streamLength: number;
  /** Batches in an epoch. */
  readonly steps: number;
  /** Tokens that are the target of no batch, in every epoch the same. */
  readonly leftOut: number;
  readonly #ids: Int32Array | TokenSource;
  /** Of all processes. */
  readonly #streams: number;
  readonly #firstStream: number;
  readonly #keepAll: boolean;
  readonly #lengthSeed: number | null;
  /** Where the batches of an epoch begin, and its end. */
  #cuts: { epoch: number; starts: readonly number[] } | null = null;
  #epoch = 0;
  #step = 0;

  /**
   * @throws OptionError for sizes that are not positive
   * @throws FormatError when there are too few ids for one batch, with the number needed
   */
  constructor(ids: Int32Array | TokenSource, options: StreamBatcherOptions) {
    checkKnownOptions(OP, options, OPTIONS);
    this.batchSize = checkPositiveInteger(OP, "batchSize", options.batchSize);
    this.seqLen = checkPositiveInteger(OP, "seqLen", options.seqLen);
    const { shard = { rank: 0, size: 1 } } = options;
    checkShard(OP, shard);
    this.#streams = this.batchSize * shard.size;
    this.#firstStream = this.batchSize * shard.rank;
    this.#keepAll = options.keepAll ?? false;
    const { randomLengths } = options;
    this.#lengthSeed = randomLengths === undefined ? null : checkNonNegativeInteger(OP, "randomLengths", randomLengths);
    const dropLast = !this.#keepAll && this.#lengthSeed === null && (options.dropLast ?? true);
    if (!(ids instanceof Int32Array) && typeof (ids as TokenSource | undefined)?.read !== "function") {
      throw refusal(OP, "ids", "be an Int32Array", ids, "Encode the text, or write Int32Array.from(ids).");
    }
    const needed = StreamBatcher.minimumLength(options);
    if (ids.length < needed) {
      throw new FormatError({
        op: OP,
        argument: "ids",
        must: `have at least ${needed} tokens (batchSize ${this.#streams}, seqLen ${this.seqLen})`,
        value: `${ids.length}`,
        fix: "Use a longer text, or a smaller batchSize or seqLen.",
      });
    }
    this.#ids = ids;
    const round = this.#keepAll ? Math.ceil : Math.floor;
    this.streamLength = round((ids.length - 1) / this.#streams);
    this.steps = (dropLast ? Math.floor : Math.ceil)(this.streamLength / this.seqLen);
    const read = dropLast ? this.steps * this.seqLen : this.streamLength;
    this.leftOut = this.#keepAll ? 0 : ids.length - 1 - this.#streams * read;
  }

  /** The fewest ids that give one batch: the targets need one token more than the inputs. */
  static minimumLength(options: StreamBatcherOptions): number {
    checkKnownOptions(OP, options, OPTIONS);
    const { batchSize, seqLen, dropLast = true, keepAll = false, randomLengths, shard } = options;
    checkPositiveInteger(OP, "batchSize", batchSize);
    checkPositiveInteger(OP, "seqLen", seqLen);
    return batchSize * (shard?.size ?? 1) * (dropLast && !keepAll && randomLengths === undefined ? seqLen : 1) + 1;
  }

  get position(): StreamPosition {
    return { epoch: this.#epoch, step: this.#step };
  }

  set position(position: StreamPosition) {
    checkObject(`${OP}.position`, "position", position, "{ epoch, step }");
    const { epoch, step } = position;
    checkNonNegativeInteger(`${OP}.position`, "epoch", epoch);
    if (!Number.isSafeInteger(step) || step < 0 || step >= this.steps) {
      const must = `be an integer in [0, ${this.steps - 1}] (batches in an epoch)`;
      const fix = "Use the text, batchSize and seqLen that it was saved with.";
      throw new OptionError({ op: `${OP}.position`, argument: "step", must, value: show(step), fix });
    }
    this.#epoch = epoch;
    this.#step = step;
  }

  /** The batch at `position`, which moves on, at the end of an epoch to the next one. */
  next(): StreamBatch {
    const batch = this.#batchAt(this.#epoch, this.#step);
    this.#step++;
    if (this.#step === this.steps) {
      this.#step = 0;
      this.#epoch++;
    }
    return batch;
  }

  /** The rest of the current epoch. */
  *[Symbol.iterator](): globalThis.Generator<StreamBatch, void, undefined> {
    do yield this.next();
    while (this.#step > 0);
  }

  #batchAt(epoch: number, step: number): StreamBatch {
    const { batchSize } = this;
    const [start, end] = this.#placesOf(epoch, step);
    const seqLen = end - start;
    const inputs = new Int32Array(seqLen * batchSize);
    const targets = new Int32Array(seqLen * batchSize);
    for (let n = 0; n < batchSize; n++) {
      const ids = this.#read(this.#streamStart(n) + start, seqLen + 1);
      for (let t = 0; t < seqLen; t++) {
        inputs[t * batchSize + n] = ids[t];
        targets[t * batchSize + n] = ids[t + 1];
      }
    }
    return { inputs, targets, shape: [seqLen, batchSize], seqLen, batchSize, epoch, step };
  }

  #read(from: number, count: number): Int32Array {
    const ids = this.#ids;
    if (ids instanceof Int32Array) return ids.subarray(from, from + count);
    const read = new Int32Array(count);
    ids.read(from, read);
    return read;
  }

  /** Of a batch in each stream: its first token, and the one after its last. */
  #placesOf(epoch: number, step: number): [start: number, end: number] {
    const { seqLen, streamLength, steps } = this;
    const seed = this.#lengthSeed;
    if (seed === null) return [step * seqLen, Math.min((step + 1) * seqLen, streamLength)];
    if (this.#cuts?.epoch !== epoch) {
      const generator = new Generator(epochSeed(seed, epoch));
      this.#cuts = { epoch, starts: randomCuts(streamLength, steps, seqLen, generator) };
    }
    const { starts } = this.#cuts;
    return [starts[step], starts[step + 1]];
  }

  /** Evenly spread, so that no stream begins after the end of the one before. */
  #streamStart(n: number): number {
    const { streamLength } = this;
    const [stream, streams] = [this.#firstStream + n, this.#streams];
    if (!this.#keepAll || streams === 1) return stream * streamLength;
    return Math.floor((stream * (this.#ids.length - 1 - streamLength)) / (streams - 1));
  }
}

/** What lengths are drawn by: at seqLen 70, normal with a deviation of 5 about 70, or of one batch in 20 about 35, and 5 at least. */
const SHORTER = 0.05;
const DEVIATION = 1 / 14;

/** The ends of `steps` parts of [0, length], each with a token at least: random lengths, scaled so that they fill it. */
function randomCuts(length: number, steps: number, seqLen: number, generator: Generator): number[] {
  const drawn = Array.from({ length: steps }, () => {
    const about = generator.uniform() < SHORTER ? seqLen / 2 : seqLen;
    return Math.max(DEVIATION * seqLen, about + DEVIATION * seqLen * generator.normal());
  });
  const all = drawn.reduce((sum, part) => sum + part, 0);
  const cuts = [0];
  let sum = 0;
  for (const [i, part] of drawn.entries()) {
    sum += part;
    const cut = Math.round((sum / all) * length);
    cuts.push(Math.min(Math.max(cut, cuts[i] + 1), length - (steps - 1 - i)));
  }
  return cuts;
}
