import { RequestError, tooBusy } from "./request-error.js";
import type { Answer, Asked, ServedModel } from "./served-model.js";

/** An input that waits for its answer. */
interface Waiting {
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

/** Inputs that may be answered together: of one model, and of one length (null: each alone). */
interface Group {
  readonly model: ServedModel;
  readonly steps: number | null;
  readonly waiting: Waiting[];
}

/** Computes no longer than this at a stretch, in milliseconds: then requests are read, and others are answered. */
const STRETCH = 10;

/**
 * Inputs that wait, those that may be answered together in one group, the groups in turn. Those that came while others were computed are
 * answered together, where no bit of an answer depends on that.
 */
export class Queue {
  readonly #options: QueueOptions;
  /** Whose turn it is first. */
  readonly #turns: Group[] = [];
  readonly #groups = new Map<ServedModel, Map<number | null, Group>>();
  #length = 0;
  #isRunning = false;

  constructor(options: QueueOptions) {
    this.#options = options;
  }

  get length(): number {
    return this.#length;
  }

  /** @throws RequestError 503 where so many more would be too many */
  checkRoom(inputs: number): void {
    const { maxWaiting } = this.#options;
    if (this.#length + inputs <= maxWaiting) return;
    const must = `have at most ${maxWaiting} inputs waiting`;
    throw tooBusy(503, "queue-full", must, String(this.#length + inputs));
  }

  /** The answer, or a RequestError: 422, 504. There must be room for it. */
  ask(model: ServedModel, asked: Asked, argument: string): Promise<Answer> {
    const { timeout } = this.#options;
    return new Promise((resolve, reject) => {
      const end = performance.now() + 1000 * timeout;
      this.#groupOf(model, asked.steps).waiting.push({ asked, argument, end, resolve, reject });
      this.#length++;
      if (this.#isRunning) return;
      this.#isRunning = true;
      soon(() => void this.#run());
    });
  }

  #groupOf(model: ServedModel, steps: number | null): Group {
    let ofModel = this.#groups.get(model);
    if (ofModel === undefined) {
      ofModel = new Map();
      this.#groups.set(model, ofModel);
    }
    const found = ofModel.get(steps);
    if (found !== undefined) return found;
    const made = { model, steps, waiting: [] };
    ofModel.set(steps, made);
    this.#turns.push(made);
    return made;
  }

  async #run(): Promise<void> {
    while (this.#length > 0) {
      const end = performance.now() + STRETCH;
      do {
        const group = this.#turns[0];
        if (group.waiting[0].end < performance.now()) this.#drop(group);
        else if (group.steps === null) await this.#alone(group);
        else this.#batch(group, group.steps);
      } while (this.#length > 0 && performance.now() < end);
      if (this.#length > 0) await new Promise<void>((resolve) => soon(resolve));
    }
    this.#isRunning = false;
  }

  /** The first ones of the group whose turn it is, which is over with that. */
  #take(group: Group, count: number): Waiting[] {
    const { model, steps, waiting } = group;
    const taken = waiting.splice(0, count);
    this.#length -= taken.length;
    this.#turns.shift();
    if (waiting.length > 0) {
      this.#turns.push(group);
      return taken;
    }
    const ofModel = this.#groups.get(model)!;
    ofModel.delete(steps);
    if (ofModel.size === 0) this.#groups.delete(model);
    return taken;
  }

  #drop(group: Group): void {
    const must = `answer within ${this.#options.timeout} s`;
    const parts = { code: "late", argument: "server", must, value: "more before this input" };
    for (const { reject } of this.#take(group, 1)) reject(new RequestError({ status: 504, ...parts }));
  }

  async #alone(group: Group): Promise<void> {
    const { model } = group;
    const [{ asked, argument, resolve, reject }] = this.#take(group, 1);
    this.#options.onBatch?.(model, 1);
    await model.alone(asked, argument).then(resolve, reject);
  }

  #batch(group: Group, steps: number): void {
    const { model, waiting } = group;
    const rows = model.batchSize(steps, waiting.length);
    const taken = this.#take(group, rows);
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
