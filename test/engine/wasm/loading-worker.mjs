// A process that ends while its worker loads an addon. It runs what is built: a child has no vitest.
import { existsSync } from "node:fs";
import { startWorker } from "../../../dist/engine/wasm/worker-thread.js";

const [addon, begun, how] = process.argv.slice(2);
const blas = { source: "() => () => {}", koffi: addon, library: { file: "", oneThread: [] } };
const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
startWorker({ module: {}, memory, thread: 1, blas }, { started() {}, lost() {} });
while (!existsSync(begun)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
if (how === "exit") process.exit(7);
if (how === "throw") throw new Error("on purpose");
process.exitCode = 7;
