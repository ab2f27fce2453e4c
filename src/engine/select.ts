import { builtin } from "../base/builtin.js";
import { checkKnownOptions, checkOneOf, checkPositiveInteger } from "../base/check.js";
import { environment } from "../base/environment.js";
import { OptionError, UnsupportedError } from "../base/errors.js";
import { BlasEngine } from "./blas/blas-engine.js";
import { doubtAboutBlas } from "./blas/check.js";
import { findBlas, type SystemBlas } from "./blas/system-blas.js";
import type { Engine, EngineDescription } from "./engine.js";
import { givenKernels } from "./given-kernels.js";
import { ReferenceEngine } from "./reference/reference-engine.js";
import type { CoreOptions } from "./wasm/core.js";
import { hasSimd } from "./wasm/loader.js";
import { WasmEngine } from "./wasm/wasm-engine.js";
import type { WasmModule } from "./wasm/webassembly.js";
import { wideUnavailable } from "./wasm/wide.js";
import { doubtAboutWide } from "./wasm/wide-check.js";

/** The engines: kernels in WebAssembly, with a system's BLAS, or in TypeScript. */
export type EngineName = "blas" | "wasm" | "reference";

export interface EngineOptions {
  /**
   * `wasm` has the kernels in WebAssembly; `blas` is the same with its matrix products made by the system's BLAS, through the package koffi;
   * `reference` is readable TypeScript. `blas` is checked first, and gives way to `wasm` on any doubt, with a line that says why.
   * Default: UNROLLED_ENGINE, else `blas` where koffi and a library are installed (UNROLLED_BLAS names another), else `wasm` where it runs.
   */
  engine?: EngineName | undefined;
  /** Default: UNROLLED_THREADS, else the machine's parallelism, at most 8; 1 on the main thread of a page. */
  threads?: number | undefined;
  /**
   * Kernels with 256-bit vectors, up to twice as fast: in Node 24 and later on x64, where V8 has them behind experimental flags.
   * They are compared with the others first, and dropped with a warning on any doubt; where there are none nothing happens.
   * Default: whether UNROLLED_WASM256 is 1; UNROLLED_WASM256=0 refuses them always.
   */
  wasm256?: boolean | undefined;
  /**
   * Kernels for the engine `wasm` instead of those inside the package: the file `unrolled/kernels/*.wasm` that `kernelFile()` names, as a
   * WebAssembly.Module or its bytes, of this version. Null: those inside.
   */
  kernels?: object | null | undefined;
}

const NAMES: readonly EngineName[] = ["blas", "wasm", "reference"];
const MOST_THREADS = 256;

let current: Engine | null = null;
let chosen: EngineOptions = {};
/** What was given instead of the embedded ones. */
let kernels: WasmModule | undefined;

/** The engine that new tensors live on, made at the first call. */
export function currentEngine(): Engine {
  current ??= create();
  return current;
}

/**
 * Chooses the engine and the number of threads. Tensors that live on another engine are brought to this one when they
 * are next used, so call it before there are many.
 * @throws OptionError for an unknown engine, a bad number of threads, or kernels that are not those of this version
 */
export function configure(options: EngineOptions): void {
  checkKnownOptions("configure", options, ["engine", "threads", "wasm256", "kernels"]);
  if (options.engine !== undefined) checkOneOf("configure", "engine", options.engine, NAMES);
  if (options.threads !== undefined) checkThreads("configure", "threads", options.threads);
  if (options.wasm256 !== undefined) checkOneOf("configure", "wasm256", options.wasm256, [true, false]);
  if (options.kernels !== undefined) kernels = options.kernels === null ? undefined : givenKernels(options.kernels);
  chosen = { ...chosen, ...options };
  current = null;
}

/** What is in use: name, build of the kernels, threads. */
export function engineInfo(): EngineDescription {
  return currentEngine().describe();
}

/**
 * Starts the worker threads now instead of at the first kernel that is worth them, and waits until they run. Without it a browser starts
 * them when the calling Worker is idle, which a loop that never awaits is not.
 * @returns what is in use then, as `engine()` has it; where threads cannot be had it says why
 */
export async function startThreads(): Promise<EngineDescription> {
  const engine = currentEngine();
  if (engine instanceof WasmEngine) await engine.startThreads();
  return engine.describe();
}

function create(): Engine {
  const named = environment("UNROLLED_ENGINE");
  if (named !== undefined) checkOneOf("engine", "UNROLLED_ENGINE", named, NAMES);
  const asked = chosen.engine ?? (named as EngineName | undefined);
  const threads = chosen.threads ?? threadsFromEnvironment() ?? defaultThreads();
  if ((asked ?? (hasSimd() ? "wasm" : "reference")) === "reference") return new ReferenceEngine();
  const isWide = wantsWide() && isWideTrusted(threads > 1);
  const options: CoreOptions = isWide ? { threads, variant: "wide" } : { threads };
  const blas = asked === "wasm" ? undefined : trustedBlas(asked === "blas", isWide);
  if (blas !== undefined) return new BlasEngine(blas, options);
  try {
    return new WasmEngine(kernels === undefined ? options : { threads, module: kernels });
  } catch (error) {
    if (asked !== undefined || !(error instanceof UnsupportedError)) throw error;
    console.warn(`unrolled: the engine "reference" is used, which is slow: ${error.message}`);
    return new ReferenceEngine();
  }
}

type BlasTrust = { blas: SystemBlas } | { none: string; isWorthSaying: boolean; isSaid: boolean };

/** By 256-bit kernels or not, which it must outrun: what was found at the first engine holds for the next. */
const blasTrust = new Map<boolean, BlasTrust>();

/** @param isAsked whether the user named it: then its absence is worth a line too */
function trustedBlas(isAsked: boolean, isWide: boolean): SystemBlas | undefined {
  const trust = blasTrust.get(isWide) ?? lookForBlas(isWide);
  blasTrust.set(isWide, trust);
  if ("blas" in trust) return trust.blas;
  if ((isAsked || trust.isWorthSaying) && !trust.isSaid) {
    console.warn(`unrolled: the system's BLAS is not used: ${trust.none}`);
    trust.isSaid = true;
  }
  return undefined;
}

function lookForBlas(isWide: boolean): BlasTrust {
  const options: CoreOptions = isWide ? { variant: "wide" } : {};
  const found = findBlas(environment("UNROLLED_BLAS"), (blas) => doubtAboutBlas(blas, options));
  return "blas" in found ? found : { ...found, isSaid: false };
}

function wantsWide(): boolean {
  const text = environment("UNROLLED_WASM256");
  if (text !== undefined) checkOneOf("engine", "UNROLLED_WASM256", text, ["0", "1"]);
  return kernels === undefined && text !== "0" && (chosen.wasm256 ?? text === "1") && wideUnavailable() === undefined;
}

/** By shared memory or not: what was found at the first engine holds for the next, and is said once. */
const wideTrust = new Map<boolean, boolean>();

function isWideTrusted(shared: boolean): boolean {
  const known = wideTrust.get(shared);
  if (known !== undefined) return known;
  const doubt = doubtAboutWide(shared);
  wideTrust.set(shared, doubt === undefined);
  if (doubt !== undefined) console.warn(`unrolled: 256-bit kernels are not used: ${doubt}`);
  return doubt === undefined;
}

function threadsFromEnvironment(): number | undefined {
  const text = environment("UNROLLED_THREADS");
  if (text === undefined) return undefined;
  return checkThreads("engine", "UNROLLED_THREADS", /^\d+$/.test(text) ? Number(text) : text);
}

function checkThreads(op: string, argument: string, value: unknown): number {
  const fix = `Use 1 to ${MOST_THREADS}.`;
  const threads = checkPositiveInteger(op, argument, value, fix);
  if (threads <= MOST_THREADS) return threads;
  throw new OptionError({ op, argument, must: `be at most ${MOST_THREADS}`, value: String(threads), fix });
}

function defaultThreads(): number {
  const os = builtin<{ availableParallelism(): number }>("node:os");
  const navigator = (globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator;
  return Math.max(1, Math.min(os?.availableParallelism() ?? navigator?.hardwareConcurrency ?? 1, 8));
}
