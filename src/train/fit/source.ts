import { isObject, refusal } from "../../base/check.js";
import { OptionError } from "../../base/errors.js";
import { defaultGenerator, type Generator, type GeneratorState } from "../../base/random.js";
import type { BatchPosition, BatchSource } from "../trainer-state.js";
import { isBatch } from "./batch.js";

/**
 * Where batches come from: a list of them, or whatever can be iterated over, once an epoch, also asynchronously (a `data.loader`); a
 * function of the epoch that returns such, or one batch at a time and nothing at the end; a source with `steps`, `position` and
 * `next()`; or a single batch.
 */
export type Batches<B> =
  | Iterable<B>
  | AsyncIterable<B>
  | BatchSource<B>
  | ((epoch: number) => Given<B> | PromiseLike<Given<B>>)
  | B;

type Given<B> = Iterable<B> | AsyncIterable<B> | B | null | undefined;
type Steps<B> = AsyncIterator<B> | Iterator<B>;

/** What a source besides its position goes on from. */
export interface SourceState {
  /** Of a loader: what it says itself, before the next batch. */
  loader: unknown;
  /** Of others: when they were begun, and how many batches were taken since. */
  begun: { epoch: number; taken: number; generators: readonly GeneratorState[] } | null;
}

interface Positioned {
  state(): unknown;
  loadState(state: unknown): unknown;
}

/** Whether it has a place that can be saved, as a loader does. */
export const hasState = (data: unknown): data is Positioned =>
  isObject(data) &&
  typeof (data as Partial<Positioned>).state === "function" &&
  typeof (data as Partial<Positioned>).loadState === "function";

/** Whether it is a source as the Trainer takes it; a loader, whose batches may be promised, is not taken for one. */
export function isSource<B>(data: unknown): data is BatchSource<B> {
  if (hasState(data)) return false;
  const { steps, position, next } = (isObject(data) ? data : {}) as Partial<BatchSource<B>>;
  return typeof steps === "number" && isObject(position) && typeof next === "function";
}

/** Of an epoch. @throws OptionError for what gives no batches */
export async function openBatches<B>(op: string, argument: string, data: Batches<B>, epoch: number): Promise<Steps<B>> {
  if (isBatch(data)) return [data as B][Symbol.iterator]();
  if (typeof data === "function") return openCalled(op, argument, data as (epoch: number) => Given<B>, epoch);
  const iterable = (isObject(data) ? data : {}) as Partial<Iterable<B> & AsyncIterable<B>>;
  if (typeof iterable[Symbol.asyncIterator] === "function") return iterable[Symbol.asyncIterator]!();
  if (typeof iterable[Symbol.iterator] === "function") return iterable[Symbol.iterator]!();
  if (isSource<B>(data)) return stepsOf(data);
  const fix = "Give a list of [x, y], a loader, or a function that returns one.";
  throw refusal(op, argument, "be batches that can be iterated over", data, fix);
}

async function openCalled<B>(
  op: string,
  argument: string,
  make: (epoch: number) => Given<B> | PromiseLike<Given<B>>,
  epoch: number,
): Promise<Steps<B>> {
  const first = await make(epoch);
  if (!isBatch(first)) return openBatches(op, argument, first as Iterable<B>, epoch);
  return (async function* () {
    for (let batch: Given<B> = first; batch !== undefined && batch !== null; batch = await make(epoch))
      yield batch as B;
  })();
}

function* stepsOf<B>(source: BatchSource<B>): globalThis.Generator<B, void, undefined> {
  for (let step = 0; step < source.steps; step++) yield source.next();
}

/** Batches of an epoch one after the other, for those who only read. */
export async function* batchesOf<B>(
  op: string,
  argument: string,
  data: Batches<B>,
): AsyncGenerator<B, void, undefined> {
  const steps = await openBatches(op, argument, data, 0);
  for (let item = await steps.next(); item.done !== true; item = await steps.next()) yield item.value;
}

/** Batches that are fetched before they are asked for, with one more in hand that says whether the epoch goes on. */
export class FitSource<B> implements BatchSource<B> {
  /** Infinity until an epoch has ended, where nothing says how long one is. */
  steps: number;
  readonly #data: Batches<B>;
  readonly #limit: number;
  readonly #generators: readonly Generator[];
  #epoch = 0;
  #step = 0;
  #steps: Steps<B> | null = null;
  #begun: { epoch: number; taken: number; generators: GeneratorState[] } | null = null;
  /** What is in hand, and the state of a loader before each. */
  #queue: { batch: B; before: unknown }[] = [];
  #ended = false;

  /**
   * @param limit       batches in an epoch, where `data` has no end; 0: all
   * @param generators  whose numbers the order of batches may follow
   */
  constructor(data: Batches<B>, limit: number, generators: readonly Generator[]) {
    this.#data = data;
    this.#limit = limit;
    this.#generators = [...new Set([defaultGenerator, ...generators])];
    this.steps = limit || lengthOf(data);
  }

  get position(): BatchPosition {
    return { epoch: this.#epoch, step: this.#step };
  }

  /** What was in hand is lost: the epoch is begun anew, and what was taken of it passed over. */
  set position({ epoch, step }: BatchPosition) {
    this.#epoch = epoch;
    this.#step = step;
    this.#steps = null;
    this.#queue = [];
    this.#ended = false;
    this.#begun = step === 0 ? null : { epoch, taken: step, generators: this.#states() };
  }

  state(): SourceState {
    if (hasState(this.#data)) return { loader: this.#queue[0]?.before ?? this.#data.state(), begun: null };
    return { loader: null, begun: this.#begun && { ...this.#begun } };
  }

  /** After `position`. */
  loadState({ loader, begun }: SourceState): void {
    if (hasState(this.#data)) this.#data.loadState(loader);
    this.#begun = begun && { ...begun, generators: [...begun.generators] };
  }

  async ready(count: number): Promise<void> {
    this.#steps ??= await this.#open();
    while (!this.#ended && this.#queue.length <= count) await this.#fetch();
    if (this.#queue.length > 0) return;
    const again = this.#epoch > 0;
    const fix = again ? "Give something that can be iterated over again, such as () => batches()." : "Give it batches.";
    const value = again ? `nothing in epoch ${this.#epoch + 1}` : "nothing";
    throw new OptionError({ op: "fit", argument: "train", must: "give at least one batch an epoch", value, fix });
  }

  next(): B {
    const { batch } = this.#queue.shift()!;
    this.#step++;
    if (this.#begun !== null) this.#begun.taken++;
    if (this.#queue.length === 0 && this.#ended) this.#endEpoch();
    return batch;
  }

  /** Lets go of what was opened. */
  async close(): Promise<void> {
    await this.#steps?.return?.();
    this.#steps = null;
  }

  async #open(): Promise<Steps<B>> {
    const passed = hasState(this.#data) ? null : this.#begun;
    const now = this.#states();
    const from = passed ?? { epoch: this.#epoch, taken: 0, generators: now };
    this.#begun = { epoch: from.epoch, taken: from.taken, generators: [...from.generators] };
    this.#generators.forEach((generator, i) => {
      generator.state = from.generators[i] ?? now[i];
    });
    const steps = await openBatches("fit", "train", this.#data, from.epoch);
    for (let i = 0; i < from.taken; i++) await steps.next();
    if (passed !== null)
      this.#generators.forEach((generator, i) => {
        generator.state = now[i];
      });
    return steps;
  }

  async #fetch(): Promise<void> {
    if (this.#limit > 0 && this.#step + this.#queue.length >= this.#limit) {
      this.#ended = true;
      return;
    }
    const before = hasState(this.#data) ? this.#data.state() : null;
    const { done, value } = await this.#steps!.next();
    if (done !== true) {
      this.#queue.push({ batch: value, before });
      return;
    }
    this.#steps = this.#begun = null;
    // An epoch of a fixed length goes on with what comes next, where anything does.
    if (this.#limit > 0 && this.#step + this.#queue.length > 0) {
      this.#steps = await this.#open();
      const first = await this.#steps.next();
      if (first.done !== true) this.#queue.push({ batch: first.value, before });
      else this.#ended = true;
      return;
    }
    this.#ended = true;
  }

  #endEpoch(): void {
    this.steps = this.#step;
    this.#epoch++;
    this.#step = 0;
    this.#ended = false;
    // Of a fixed length, the next epoch goes on where this one stopped.
    if (this.#limit === 0) this.#steps = this.#begun = null;
  }

  #states(): GeneratorState[] {
    return this.#generators.map(({ state }) => state);
  }
}

/** How many batches it has; Infinity where it does not say. */
function lengthOf(data: unknown): number {
  if (isBatch(data)) return 1;
  if (Array.isArray(data)) return data.length;
  const { steps, length } = (isObject(data) ? data : {}) as { steps?: unknown; length?: unknown };
  const found = steps ?? length;
  return typeof found === "number" && found > 0 ? found : Infinity;
}
