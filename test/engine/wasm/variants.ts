import type { Engine } from "../../../src/engine/engine.js";
import type { CoreOptions } from "../../../src/engine/wasm/core.js";
import { VARIANTS as BUILDS } from "../../../src/engine/wasm/loader.js";
import type { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";
import type { ConformanceOptions } from "../conformance/harness.js";

const WIDE: readonly { name: string; options: CoreOptions }[] = [
  { name: "wasm 256-bit", options: { variant: "wide", threads: 1 } },
  { name: "wasm 256-bit, 3 threads", options: { variant: "wide", threads: 3, worthSharing: 0 } },
];

/** Every build of the kernels; with threads, even the smallest kernel is shared. */
export const VARIANTS: readonly { name: string; options: CoreOptions }[] = [
  { name: "wasm simd", options: { variant: "simd", threads: 1 } },
  { name: "wasm relaxed", options: { variant: "relaxed", threads: 1 } },
  { name: "wasm simd, 2 threads", options: { variant: "simd", threads: 2, worthSharing: 0 } },
  { name: "wasm relaxed, 3 threads", options: { variant: "relaxed", threads: 3, worthSharing: 0 } },
  ...(BUILDS.includes("wide") ? WIDE : []),
];

/** How the conformance suites look into a WasmEngine. */
export const wasmOptions: ConformanceOptions = {
  fastPath: (engine: Engine) =>
    Object.fromEntries(Object.entries((engine as WasmEngine).paths).map(([kernel, { fast }]) => [kernel, fast])),
  close: (engine: Engine) => (engine as WasmEngine).close(),
};
