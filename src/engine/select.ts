import { builtin } from "../base/builtin.js";
import { checkKnownOptions, checkOneOf, checkPositiveInteger } from "../base/check.js";
import type { Engine, EngineDescription } from "./engine.js";
import { ReferenceEngine } from "./reference/reference-engine.js";
import { hasSimd } from "./wasm/loader.js";
import { WasmEngine } from "./wasm/wasm-engine.js";

export type EngineName = "wasm" | "reference";

export interface EngineOptions {
  /** Default: UNROLLED_ENGINE, else `wasm` where it runs. */
  engine?: EngineName;
  /** Default: UNROLLED_THREADS, else the machine's parallelism, at most 8; 1 on the main thread of a page. */
  threads?: number;
}

const NAMES: readonly EngineName[] = ["wasm", "reference"];
const MOST_THREADS = 256;

let current: Engine | null = null;
let chosen: EngineOptions = {};

/** The engine that new tensors live on, made at the first call. */
export function currentEngine(): Engine {
  current ??= create();
  return current;
}

/**
 * Chooses the engine and the number of threads. Call it before the first tensor: tensors stay on the engine that made them.
 * @throws OptionError for an unknown engine or a bad number of threads
 */
export function configure(options: EngineOptions): void {
  checkKnownOptions("configure", options, ["engine", "threads"]);
  if (options.engine !== undefined) checkOneOf("configure", "engine", options.engine, NAMES);
  if (options.threads !== undefined) checkThreads("configure", "threads", options.threads);
  chosen = { ...chosen, ...options };
  current = null;
}

/** What is in use: name, build of the kernels, threads. */
export function engineInfo(): EngineDescription {
  return currentEngine().describe();
}

function create(): Engine {
  const named = environment("UNROLLED_ENGINE");
  if (named !== undefined) checkOneOf("engine", "UNROLLED_ENGINE", named, NAMES);
  const name = chosen.engine ?? (named as EngineName | undefined) ?? (hasSimd() ? "wasm" : "reference");
  const threads = chosen.threads ?? threadsFromEnvironment() ?? defaultThreads();
  return name === "reference" ? new ReferenceEngine() : new WasmEngine({ threads });
}

function threadsFromEnvironment(): number | undefined {
  const text = environment("UNROLLED_THREADS");
  if (text === undefined) return undefined;
  return checkThreads("engine", "UNROLLED_THREADS", /^\d+$/.test(text) ? Number(text) : text);
}

function checkThreads(op: string, argument: string, value: unknown): number {
  return checkPositiveInteger(
    op,
    argument,
    typeof value === "number" && value > MOST_THREADS ? `${value}` : value,
    `Use 1 to ${MOST_THREADS}.`,
  );
}

function defaultThreads(): number {
  const os = builtin<{ availableParallelism(): number }>("node:os");
  const navigator = (globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator;
  return Math.max(1, Math.min(os?.availableParallelism() ?? navigator?.hardwareConcurrency ?? 1, 8));
}

/** An empty variable counts as none. */
function environment(name: string): string | undefined {
  return globalThis.process?.env?.[name] || undefined;
}
