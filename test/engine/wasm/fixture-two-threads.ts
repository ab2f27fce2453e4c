import { OP_NOTHING } from "../../../src/engine/wasm/ops.js";
import { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";

/** A program that leaves its worker running: nothing but the main thread's own work may keep it alive. */
const { core } = new WasmEngine({ threads: 2 });
core.launch(OP_NOTHING, 2);
while (core.pool!.started < 1) await new Promise((resolve) => setTimeout(resolve, 5));
console.log(`${core.pool!.started} worker`);
