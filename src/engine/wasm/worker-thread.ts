/** Starts a thread that runs the kernels' `workerMain`: a worker thread of Node, or a Worker of the browser. */
import { builtin } from "../../base/builtin.js";
import type { Blas } from "./sgemm.js";
import type { WasmMemory, WasmModule } from "./webassembly.js";

/** Where the control block lies (see assembly/pool.ts). */
export const CONTROL = 256;
const DONE = (CONTROL + 16) >> 2;
/** No number of parts that are done makes up for it. */
const FAILED = -0x40000000;

export interface WorkerData {
  module: WasmModule;
  memory: WasmMemory;
  /** From 1. */
  thread: number;
  blas: Blas["forWorkers"] | undefined;
}

/** What becomes of a worker. All of it is heard only while the thread that started it is idle. */
export interface WorkerEvents {
  /** It has the kernels, and is about to enter its loop. */
  started(): void;
  /** It failed or ended, before or after it started. */
  lost(what: string): void;
}

export interface WorkerHandle {
  terminate(): unknown;
}

/** The code is text, not a file: a bundler would lose a file. A thread that waits for this one's work hears of its failure from memory alone. */
const MAIN = `
const main = (module, memory, sgemm, thread, report) => {
  const { exports } = new WebAssembly.Instance(module, { env: { memory, sgemm } });
  report();
  try {
    exports.workerMain(thread, ${CONTROL});
  } catch (error) {
    const words = new Int32Array(memory.buffer);
    Atomics.store(words, ${DONE}, ${FAILED});
    Atomics.notify(words, ${DONE});
    throw error;
  }
};
`;

/**
 * A thread that is stopped while it initialises a native addon takes the process with it (SIGABRT): the addon's call into Node fails, and
 * it has nobody to throw to. So the thread says when it is about to, and who wants to stop it waits until that is over.
 */
const GATE = { before: 0, inside: 1, past: 2, shut: 3 } as const;
/** Far longer than an addon takes to load; an addon that hangs must not hang the end of the process. */
const LOADING_MS = 10_000;

/** In a block, because Deno and Bun give such a text names of its own, `module` among them. */
const NODE_SOURCE = `{
${MAIN}
const { parentPort, workerData: { module, memory, thread, blas, gate } } = require("node:worker_threads");
const bind = () => {
  if (Atomics.compareExchange(gate, 0, ${GATE.before}, ${GATE.inside}) !== ${GATE.before}) process.exit();
  try {
    return require("node:vm").runInThisContext(blas.source)(require(blas.koffi), blas.library, memory);
  } finally {
    Atomics.store(gate, 0, ${GATE.past});
    Atomics.notify(gate, 0);
  }
};
main(module, memory, blas ? bind() : () => {}, thread, () => parentPort.postMessage("started"));
}`;
const BROWSER_SOURCE = `${MAIN}
onmessage = ({ data: { module, memory, thread } }) => main(module, memory, () => {}, thread, () => postMessage("started"));
onmessageerror = () => { throw new Error("the kernels cannot be sent to a worker"); };
`;

interface NodeWorker extends WorkerHandle {
  unref(): void;
  on(event: "message" | "error" | "exit", listener: (value: unknown) => void): void;
}

interface NodeThreads {
  Worker: new (source: string, options: object) => NodeWorker;
}

/** Whether workers start while the thread that made them is busy: those of browsers wait until it is idle. */
export function startsWhileBusy(): boolean {
  return builtin("node:worker_threads") !== undefined;
}

/** @throws whatever the platform throws where it refuses; a browser may also tell later, as a worker that is lost before it started */
export function startWorker(data: WorkerData, events: WorkerEvents): WorkerHandle {
  const threads = builtin<NodeThreads>("node:worker_threads");
  return threads ? startNodeWorker(threads, data, events) : startBrowserWorker(data, events);
}

function startNodeWorker(threads: NodeThreads, data: WorkerData, events: WorkerEvents): WorkerHandle {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const workerData = { ...data, gate };
  const worker = new threads.Worker(NODE_SOURCE, { eval: true, workerData, execArgv: [], env: {} });
  if (data.blas !== undefined) guardExit(gate);
  worker.on("message", () => events.started());
  worker.on("error", (error) => events.lost(String(error)));
  worker.on("exit", () => {
    gates?.delete(gate);
    events.lost("a worker that ended");
  });
  worker.unref();
  return {
    terminate() {
      shut(gate);
      return worker.terminate();
    },
  };
}

/** Of the workers that load an addon, or may. */
let gates: Set<Int32Array<SharedArrayBuffer>> | undefined;

/** Node stops all workers when the process ends, however it ends: `process.exit()`, an error that nobody caught, nothing left to do. */
function guardExit(gate: Int32Array<SharedArrayBuffer>): void {
  if (gates === undefined) {
    const all = new Set<Int32Array<SharedArrayBuffer>>();
    process.on("exit", () => shut(...all));
    gates = all;
  }
  gates.add(gate);
}

/** No load begins after this, and those under way are over. */
function shut(...those: Int32Array<SharedArrayBuffer>[]): void {
  for (const gate of those) Atomics.compareExchange(gate, 0, GATE.before, GATE.shut);
  for (const gate of those) Atomics.wait(gate, 0, GATE.inside, LOADING_MS);
}

let sourceUrl: string | undefined;

function startBrowserWorker(data: WorkerData, events: WorkerEvents): WorkerHandle {
  sourceUrl ??= URL.createObjectURL(new Blob([BROWSER_SOURCE], { type: "text/javascript" }));
  const worker = new Worker(sourceUrl, { name: `unrolled ${data.thread}` });
  worker.onmessage = () => events.started();
  worker.onerror = (event) => {
    // Or the page would report it too.
    event.preventDefault();
    events.lost(event.message || "the browser does not load it");
  };
  worker.postMessage(data);
  return worker;
}
