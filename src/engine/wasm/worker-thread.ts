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
const NODE_SOURCE = `${MAIN}
const { parentPort, workerData: { module, memory, thread, blas } } = require("node:worker_threads");
const sgemm = blas ? require("node:vm").runInThisContext(blas.source)(require(blas.koffi), blas.library, memory) : () => {};
main(module, memory, sgemm, thread, () => parentPort.postMessage("started"));
`;
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
  const worker = new threads.Worker(NODE_SOURCE, { eval: true, workerData: data, execArgv: [], env: {} });
  worker.on("message", () => events.started());
  worker.on("error", (error) => events.lost(String(error)));
  worker.on("exit", () => events.lost("a worker that ended"));
  worker.unref();
  return worker;
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
