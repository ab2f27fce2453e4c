import type { Engine } from "../../../src/engine/engine.js";
import type { CoreOptions } from "../../../src/engine/wasm/core.js";
import type { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";
import { BUILDS, WIDE_ALONE } from "../../support/builds.js";
import type { ConformanceOptions } from "../conformance/harness.js";

interface TestedVariant {
  name: string;
  options: CoreOptions;
  conformance: ConformanceOptions;
}

/** How the conformance suites look into a WasmEngine. */
export const wasmOptions: ConformanceOptions = {
  fastPath: (engine: Engine) =>
    Object.fromEntries(Object.entries((engine as WasmEngine).paths).map(([kernel, { fast }]) => [kernel, fast])),
  close: (engine: Engine) => (engine as WasmEngine).close(),
};

const tested = (name: string, options: CoreOptions, every = 1): TestedVariant => ({
  name,
  options,
  conformance: { ...wasmOptions, every },
});

/** Every build of the kernels; with threads, even the smallest kernel is shared. */
export const VARIANTS = [
  tested("wasm simd", { variant: "simd", threads: 1 }),
  tested("wasm relaxed", { variant: "relaxed", threads: 1 }),
  tested("wasm simd, 2 threads", { variant: "simd", threads: 2, worthSharing: 0 }),
  tested("wasm relaxed, 3 threads", { variant: "relaxed", threads: 3, worthSharing: 0 }),
  tested("wasm 256-bit", { variant: "wide", threads: 1 }),
  // These runs come on top of those of the other kernels, and threads cut both alike.
  tested("wasm 256-bit, 3 threads", { variant: "wide", threads: 3, worthSharing: 0 }, WIDE_ALONE ? 3 : 1),
].filter(({ options }) => BUILDS.includes(options.variant!));

const THREADS = [1, 2, 3, 4, 8];

/**
 * Engines whose results must have the same bits, those of the first: relaxed kernels, and where there are 256-bit ones, these as well,
 * with every number of threads. Even the smallest kernel is shared.
 */
export const SAME_BITS = [
  ...(BUILDS.includes("relaxed") ? THREADS : [1]).map((threads) => ({ variant: "relaxed" as const, threads })),
  ...(BUILDS.includes("wide") ? THREADS : []).map((threads) => ({ variant: "wide" as const, threads })),
].map((options) => ({
  name: `${options.variant}, threads: ${options.threads}`,
  options: { ...options, shared: true, worthSharing: 0 },
}));
