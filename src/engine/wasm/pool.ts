import { UnsupportedError } from "../../base/errors.js";
import type { Loaded } from "./loader.js";
import { CONTROL, startsWhileBusy, startWorker, type WorkerHandle } from "./worker-thread.js";

/** The words of the control block (see assembly/pool.ts) that are read here. */
const STARTED = (CONTROL + 36) >> 2;
const HELPED = (CONTROL + 40) >> 2;

/** The workers of one engine. They live in the kernels (`workerMain`), and keep no process alive. */
export class Pool {
  /** How long the caller waits for a part in which nothing happens before it calls the worker lost. */
  timeoutMs = 30_000;
  /** How long `ready` waits for the workers to start. */
  startMs = 10_000;
  /** How long jobs run without any worker before a line says why. */
  patienceMs = 2_000;
  readonly #loaded: Loaded;
  readonly #size: number;
  #workers: WorkerHandle[] = [];
  #begun = false;
  #running = 0;
  /** Called when all workers run, or none will. */
  #settled: (() => void)[] = [];
  /** When to say that no worker has started; infinite once that is said, or settled. */
  #sayLateAt = Number.POSITIVE_INFINITY;
  #lost = "";
  #trouble: string | undefined;
  #closing = false;

  /** @param size workers, the caller not counted */
  constructor(loaded: Loaded, size: number) {
    this.#loaded = loaded;
    this.#size = size;
  }

  /** Workers that have entered their loop. */
  get started(): number {
    return this.#begun ? Atomics.load(new Int32Array(this.#loaded.memory.buffer), STARTED) : 0;
  }

  /** Parts that workers have done so far. */
  get helped(): number {
    return Atomics.load(new Int32Array(this.#loaded.memory.buffer), HELPED);
  }

  /** Workers could not be started, one was lost, or the pool was closed: the caller goes on alone. */
  get broken(): boolean {
    return this.#closing;
  }

  /** Why the caller goes on alone, if it is not for `close`. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** For tests that end one. */
  get workers(): readonly WorkerHandle[] {
    return this.#workers;
  }

  /**
   * Runs all parts of a job. Workers start at the first call; until they are there the caller does everything.
   * @throws UnsupportedError when a worker died or stalled; the job's output is then not to be trusted
   */
  launch(op: number, args: number, parts: number): void {
    this.#begin();
    const { kernels } = this.#loaded;
    if (this.#closing) {
      for (let part = 0; part < parts; part++) kernels.run(op, args, part, parts);
      return;
    }
    if (this.#sayLateAt < Number.POSITIVE_INFINITY && performance.now() > this.#sayLateAt) this.#sayLate();
    if (this.#lost === "") {
      const result = kernels.launch(op, args, parts, CONTROL, BigInt(this.timeoutMs) * 1_000_000n);
      if (result === 0) return;
      this.#lost = result === 1 ? `no answer for ${this.timeoutMs / 1000} s` : "a kernel that failed in it";
    }
    this.#fail();
  }

  /** Starts the workers, unless that was done, and waits until all of them run or the pool gives up. */
  ready(): Promise<void> {
    this.#begin();
    if (this.#closing || this.#running === this.#size) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#refuse(`no answer for ${this.startMs / 1000} s`), this.startMs);
      this.#settled.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  /** Ends the workers. */
  close(): void {
    this.#closing = true;
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
    this.#settle();
  }

  #fail(): never {
    const found = this.#lost;
    this.#trouble = `a worker thread was lost: ${found}`;
    this.close();
    throw new UnsupportedError({
      op: "worker pool",
      argument: "a worker thread",
      must: "answer while it holds work",
      value: found,
      fix: "The engine goes on with one thread; run this step again, or set UNROLLED_THREADS=1.",
    });
  }

  #begin(): void {
    if (this.#begun || this.#closing) return;
    this.#begun = true;
    if (!startsWhileBusy()) this.#sayLateAt = performance.now() + this.patienceMs;
    const { module, memory, blas } = this.#loaded;
    try {
      for (let thread = 1; thread <= this.#size; thread++) {
        this.#workers.push(startWorker({ module, memory, thread, blas: blas?.forWorkers }, this.#events()));
      }
    } catch (error) {
      this.#refuse(String(error).replace(/\.$/, ""));
    }
  }

  #events() {
    let runs = false;
    return {
      started: () => {
        runs = true;
        if (++this.#running === this.#size) this.#settle();
      },
      lost: (what: string) => {
        if (!runs) this.#refuse(what);
        else if (!this.#closing && this.#lost === "") this.#lost = what;
      },
    };
  }

  /** A worker that never ran holds no work, so nothing is lost but its help. */
  #refuse(found: string): void {
    if (this.#closing) return;
    this.#trouble = `a worker thread cannot be started: ${found}`;
    this.close();
    const fix = startsWhileBusy() ? "" : ". A Content-Security-Policy must allow it: worker-src blob:";
    console.warn(`unrolled: one thread is used, because ${this.#trouble}${fix}`);
  }

  #settle(): void {
    this.#sayLateAt = Number.POSITIVE_INFINITY;
    for (const resolve of this.#settled.splice(0)) resolve();
  }

  #sayLate(): void {
    this.#sayLateAt = Number.POSITIVE_INFINITY;
    if (this.started > 0) return;
    console.warn(
      "unrolled: one thread is used so far, because a browser starts worker threads only while this one is idle. " +
        "Call await startThreads() before the loop.",
    );
  }
}
