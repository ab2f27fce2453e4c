import { builtin } from "../../base/builtin.js";
import { UnsupportedError } from "../../base/errors.js";
import type { Loaded } from "./loader.js";

/** Where the control block lies (see assembly/pool.ts), and the words of it that are read here. */
export const CONTROL = 256;
const STARTED = (CONTROL + 36) >> 2;
const HELPED = (CONTROL + 40) >> 2;

interface WorkerHandle {
  terminate(): unknown;
}

interface NodeWorker extends WorkerHandle {
  unref(): void;
  on(event: "error" | "exit", listener: (value: unknown) => void): void;
}

const NODE_SOURCE = `
const { workerData: { module, memory, thread, control, blas } } = require("node:worker_threads");
const sgemm = blas ? require("node:vm").runInThisContext(blas.source)(require(blas.koffi), blas.library, memory) : () => {};
new WebAssembly.Instance(module, { env: { memory, sgemm } }).exports.workerMain(thread, control);
`;
const BROWSER_SOURCE = `
onmessage = ({ data: { module, memory, thread, control } }) =>
  new WebAssembly.Instance(module, { env: { memory, sgemm() {} } }).exports.workerMain(thread, control);
`;

/** The workers of one engine. They live in the kernels (`workerMain`), and keep no process alive. */
export class Pool {
  /** How long the caller waits for a part in which nothing happens before it calls the worker lost. */
  timeoutMs = 30_000;
  readonly #loaded: Loaded;
  readonly #size: number;
  #workers: WorkerHandle[] = [];
  #begun = false;
  #lost = "";
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

  /** A worker was lost: the caller goes on alone. */
  get broken(): boolean {
    return this.#closing;
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
    if (!this.#begun) this.#begin();
    if (this.#lost === "") {
      const timeout = BigInt(this.timeoutMs) * 1_000_000n;
      if (this.#loaded.kernels.launch(op, args, parts, CONTROL, timeout) === 0) return;
      this.#lost = `no answer for ${this.timeoutMs / 1000} s`;
    }
    this.#fail();
  }

  /** Ends the workers. */
  close(): void {
    this.#closing = true;
    for (const worker of this.#workers) worker.terminate();
    this.#workers = [];
  }

  #fail(): never {
    const found = this.#lost;
    this.close();
    throw new UnsupportedError({
      op: "worker pool",
      argument: "a worker thread",
      rule: "answer while it holds work",
      value: found,
      fix: "The engine goes on with one thread; run this step again, or set UNROLLED_THREADS=1.",
    });
  }

  #begin(): void {
    this.#begun = true;
    for (let thread = 1; thread <= this.#size; thread++) {
      const { module, memory, blas } = this.#loaded;
      this.#workers.push(this.#start({ module, memory, thread, control: CONTROL, blas: blas?.forWorkers }));
    }
  }

  #start(data: object): WorkerHandle {
    const threads = builtin<{ Worker: new (source: string, options: object) => NodeWorker }>("node:worker_threads");
    if (threads) {
      const worker = new threads.Worker(NODE_SOURCE, { eval: true, workerData: data, execArgv: [], env: {} });
      worker.on("error", (error) => this.#note(String(error)));
      worker.on("exit", () => this.#note("a worker that ended"));
      worker.unref();
      return worker;
    }
    return startBrowserWorker(data, (what) => this.#note(what));
  }

  #note(what: string): void {
    if (!this.#closing && this.#lost === "") this.#lost = what;
  }
}

interface BrowserWorker extends WorkerHandle {
  postMessage(data: unknown): void;
  onerror: ((event: { message?: string }) => void) | null;
}

function startBrowserWorker(data: object, note: (what: string) => void): WorkerHandle {
  const scope = globalThis as unknown as {
    Worker: new (url: string) => BrowserWorker;
    Blob: new (parts: string[], options: object) => unknown;
    URL: { createObjectURL(blob: unknown): string };
  };
  const url = scope.URL.createObjectURL(new scope.Blob([BROWSER_SOURCE], { type: "text/javascript" }));
  const worker = new scope.Worker(url);
  worker.onerror = (event) => note(event.message ?? "an error in a worker");
  worker.postMessage(data);
  return worker;
}

/** Whether this thread may sleep: the main thread of a browser may not. */
export function mayWait(): boolean {
  return (globalThis as { document?: unknown }).document === undefined;
}
