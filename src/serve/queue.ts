import { RequestError, tooBusy } from "./request-error.js";
import type { Answer, Asked, ServedModel } from "./served-model.js";

/** An input that waits for its answer. */
interface Waiting {
  readonly model: ServedModel;
  readonly asked: Asked;
  readonly argument: string;
  /** When nobody waits for it any more. */
  readonly end: number;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
}

export interface QueueOptions {
  readonly maxWaiting: number;
  /** Seconds. */
  readonly timeout: number;
  /** Told of the number of inputs that were answered at once. */
  readonly onBatch?: ((model: ServedModel, inputs: number) => void) | undefined;
}

/** Computes no longer than this at a stretch, in milliseconds: then requests are read, and others are answered. */
const STRETCH = 10;

/**
 * Inputs in the order in which they came. Those that came while others were computed are answered together, where no bit of an answer
 * depends on that.
 */
export class Queue {
  readonly #options: QueueOptions;
  #waiting: Waiting[] = [];
  #isRunning = false;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  get length(): number {
    return this.#waiting.length;
  }

  /** @throws RequestError 503 where so many more would be too many */
  checkRoom(inputs: number): void {
    const { maxWaiting } = this.#options;
    if (this.#waiting.length + inputs <= maxWaiting) return;
    const must = `have at most ${maxWaiting} inputs waiting`;
    throw tooBusy(503, "queue-full", must, String(this.#waiting.length + inputs));
  }

  /** The answer, or a RequestError: 422, 504. There must be room for it. */
  ask(model: ServedModel, asked: Asked, argument: string): Promise<Answer> {
    const { timeout } = this.#options;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ model, asked, argument, end: performance.now() + 1000 * timeout, resolve, reject });
      if (this.#isRunning) return;
      this.#isRunning = true;
      soon(() => void this.#run());
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const end = performance.now() + STRETCH;
      do {
        const first = this.#waiting[0];
        if (first.end < performance.now()) this.#drop();
        else if (first.asked.steps === null) await this.#alone();
        else this.#batch(first.model, first.asked.steps);
      } while (this.#waiting.length > 0 && performance.now() < end);
      if (this.#waiting.length > 0) await new Promise<void>((resolve) => soon(resolve));
    }
    this.#isRunning = false;
  }

  #drop(): void {
    const must = `answer within ${this.#options.timeout} s`;
    this.#waiting
      .shift()!
      .reject(
        new RequestError({ status: 504, code: "late", argument: "server", must, value: "more before this input" }),
      );
  }

  async #alone(): Promise<void> {
    const { model, asked, argument, resolve, reject } = this.#waiting.shift()!;
    this.#options.onBatch?.(model, 1);
    await model.alone(asked, argument).then(resolve, reject);
  }

  /** The first, and others of its model and length. */
  #batch(model: ServedModel, steps: number): void {
    const like = ({ model: other, asked }: Waiting) => other === model && asked.steps === steps;
    let count = 0;
    for (const waiting of this.#waiting) if (like(waiting)) count++;
    const rows = model.batchSize(steps, count);
    const taken: Waiting[] = [];
    if (rows === 1) taken.push(this.#waiting.shift()!);
    else
      this.#waiting = this.#waiting.filter(
        (waiting) => taken.length === rows || !like(waiting) || taken.push(waiting) === 0,
      );
    this.#options.onBatch?.(model, taken.length);
    try {
      const answers = model.together(
        taken.map(({ asked }) => asked.item),
        rows,
      );
      for (const [i, { resolve }] of taken.entries()) resolve(answers[i]);
    } catch (error) {
      for (const { reject } of taken) reject(error);
    }
  }
}

type Timers = { setImmediate?: (callback: () => void) => unknown };
let channel: MessageChannel | undefined;
const due: (() => void)[] = [];

/** After what has arrived was read. */
function soon(callback: () => void): void {
  const { setImmediate } = globalThis as Timers;
  if (setImmediate !== undefined) return void setImmediate(callback);
  if (channel === undefined) {
    channel = new MessageChannel();
    channel.port1.onmessage = () => due.shift()?.();
  }
  due.push(callback);
  channel.port2.postMessage(null);
}
