import { builtin } from "../../base/builtin.js";
import { UnsupportedError } from "../../base/errors.js";
import relaxed from "./generated/relaxed.js";
import { isForThreads, THREADLESS, variantOf } from "./marks.js";
import { decodeText, forUnsharedMemory, marked } from "./module-bytes.js";
import { OP_CONSTANTS } from "./ops.js";
import { type Blas, NO_BLAS, type Sgemm } from "./sgemm.js";
import { type WasmMemory, type WasmModule, webAssembly } from "./webassembly.js";
import { compileWide, WIDE_WORD, wideUnavailable } from "./wide.js";
import { withoutRelaxed } from "./without-relaxed.js";

/**
 * `relaxed` has fused multiply-adds (twice the speed of a product), `simd` is `relaxed` without them and runs wherever WebAssembly has
 * 128-bit vectors, `wide` is `relaxed` compiled to 256-bit vectors (see wide.ts), never chosen unless asked for.
 */
export type Variant = "relaxed" | "simd" | "wide";

export interface Kernels {
  /** Runs one part of a job on this thread. */
  run(op: number, args: number, part: number, parts: number): void;
  /** Runs all parts, helped by workers; 1 when a part is missing after `timeout` nanoseconds without progress, 2 when a worker failed. */
  launch(op: number, args: number, parts: number, ctrl: number, timeout: bigint): number;
  workerMain(thread: number, ctrl: number): void;
}

export interface Loaded {
  variant: Variant;
  shared: boolean;
  module: WasmModule;
  memory: WasmMemory;
  kernels: Kernels;
  blas: Blas | null;
  /** For this thread. */
  sgemm: Sgemm;
}

/** Those that this platform may have, whatever its processor. */
export const VARIANTS: readonly Variant[] = ["relaxed", "simd", ...(wideUnavailable() ? [] : (["wide"] as const))];

/** A function that returns nothing and does one i32x4.splat, resp. one f32x4.relaxed_madd. */
const SIMD_PROBE = [0xfd, 0x11, 0x1a];
const RELAXED_PROBE = [0xfd, 0x0c, ...new Array<number>(16).fill(0)];

function probe(code: readonly number[]): Uint8Array<ArrayBuffer> {
  const body = [0x00, ...code, 0x0b];
  const header = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x01, 0x04, 0x01, 0x60, 0x00, 0x00, 0x03, 0x02, 0x01];
  return new Uint8Array([...header, 0x00, 0x0a, body.length + 2, 0x01, body.length, ...body]);
}

export function hasSimd(): boolean {
  return webAssembly?.validate(probe([0x41, 0x00, ...SIMD_PROBE])) === true;
}

/** Whether relaxed SIMD compiles; Node 20 has it behind a flag of V8 that can still be set at run time. */
export function hasRelaxedSimd(): boolean {
  const bytes = probe([...RELAXED_PROBE, ...RELAXED_PROBE, ...RELAXED_PROBE, 0xfd, 0x85, 0x02, 0x1a]);
  if (webAssembly === undefined) return false;
  if (webAssembly.validate(bytes)) return true;
  const v8 = builtin<{ setFlagsFromString(flags: string): void }>("node:v8");
  if (v8 === undefined) return false;
  try {
    v8.setFlagsFromString("--experimental-wasm-relaxed-simd");
  } catch {
    return false;
  }
  return webAssembly.validate(bytes);
}

/** The word that tells kernels to take several steps of k an iteration (see assembly/gemm.ts), as an index into an Int32Array. */
export const STEPS_WORD = 964 >> 2;

/** A module with one 64-bit memory. */
const MEMORY64 = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00, 0x05, 0x03, 0x01, 0x04, 0x01];

/**
 * Whether the compiler leaves operations in the order in which they are written: those of V8 13.6 and 14.6 do, that of 11.3 does not, and
 * spills registers where an iteration has several steps. WebAssembly does not tell; that 64-bit memories are known tells the two apart.
 */
function keepsOrder(): boolean {
  return webAssembly!.validate(new Uint8Array(MEMORY64));
}

/** Whether memory can be shared with workers: not in a page that is not cross-origin isolated. */
export function hasSharedMemory(): boolean {
  const isolated = (globalThis as { crossOriginIsolated?: boolean }).crossOriginIsolated;
  return typeof SharedArrayBuffer === "function" && isolated !== false;
}

/** Whether this thread may sleep: the main thread of a page may not. */
export function mayWait(): boolean {
  try {
    // Where it is allowed, this returns at once, because the word is not 1.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
    return true;
  } catch {
    return false;
  }
}

export interface LoadOptions {
  /** Default: the fastest that compiles. */
  variant?: Variant | undefined;
  /** Default: no. */
  shared?: boolean | undefined;
  blas?: Blas | undefined;
  /** The kernels, compiled already; then they say which they are, and whether memory is shared. */
  module?: WasmModule | undefined;
}

const INITIAL_PAGES = 256;
const modules = new Map<string, WasmModule>();

/**
 * Compiles the kernels, at once, and puts them on a fresh memory.
 * @throws UnsupportedError where WebAssembly has no vectors
 */
export function load(options: LoadOptions = {}): Loaded {
  const { module: given } = options;
  const shared = given === undefined ? options.shared === true && hasSharedMemory() : isForThreads(given);
  if (!hasSimd()) throw unsupported("128-bit vectors", "Use UNROLLED_ENGINE=reference.");
  if (options.variant !== undefined && options.variant !== "simd" && !hasRelaxedSimd())
    throw unsupported("relaxed SIMD", 'Use the variant "simd".');
  const variant = given === undefined ? (options.variant ?? fastestVariant()) : variantOf(given);
  const module = given ?? compiled(variant, shared);
  const memory = newMemory(shared);
  const sgemm = options.blas?.bind(memory) ?? NO_BLAS;
  const instance = new webAssembly!.Instance(module, { env: { memory, sgemm } });
  const kernels = instance.exports as unknown as Kernels;
  kernels.run(OP_CONSTANTS, 0, 0, 1);
  const words = new Int32Array(memory.buffer);
  if (variant === "wide") words[WIDE_WORD] = 1;
  if (keepsOrder()) words[STEPS_WORD] = 1;
  return { variant, shared, module, memory, kernels, blas: options.blas ?? null, sgemm };
}

/** Of those that are chosen without being asked for. */
export function fastestVariant(): "relaxed" | "simd" {
  return hasRelaxedSimd() ? "relaxed" : "simd";
}

/** The module of these kernels, which says which it is (see marks.ts). */
export function kernelBytes(variant: "relaxed" | "simd", shared: boolean): Uint8Array<ArrayBuffer> {
  const decoded = decodeText(relaxed);
  const plain = variant === "simd" ? marked(withoutRelaxed(decoded), variant) : decoded;
  return shared ? plain : marked(forUnsharedMemory(plain), THREADLESS);
}

function compiled(variant: Variant, shared: boolean): WasmModule {
  const key = `${variant} ${shared}`;
  let module = modules.get(key);
  if (module === undefined) {
    const bytes = kernelBytes(variant === "wide" ? "relaxed" : variant, shared);
    module = variant === "wide" ? compileWide(marked(bytes, "256")) : compile(bytes);
    modules.set(key, module);
  }
  return module;
}

/** Here at once, as no user waits for an engine; some pages forbid it, and some browsers on their main thread. */
export function compile(bytes: Uint8Array<ArrayBuffer>): WasmModule {
  try {
    return new webAssembly!.Module(bytes);
  } catch (cause) {
    const fix =
      `Allow it in the page's Content-Security-Policy (script-src 'wasm-unsafe-eval'), move the work to a Worker, ` +
      `or configure({ engine: "reference" }).`;
    throw new UnsupportedError(
      {
        op: "engine",
        argument: "WebAssembly",
        must: "be allowed to compile",
        value: String(cause).replace(/\.$/, ""),
        fix,
      },
      { cause },
    );
  }
}

/** A shared memory must say how far it may grow; a small device may refuse 4 GiB, so ask for less and less. */
function newMemory(shared: boolean): WasmMemory {
  if (!shared) return new webAssembly!.Memory({ initial: INITIAL_PAGES });
  for (let maximum = 65536; ; maximum >>= 1) {
    try {
      return new webAssembly!.Memory({ initial: INITIAL_PAGES, maximum, shared });
    } catch (error) {
      if (maximum <= 4096) throw error;
    }
  }
}

function unsupported(what: string, fix: string): UnsupportedError {
  return new UnsupportedError({ op: "engine", argument: "WebAssembly", must: `have ${what}`, value: "none", fix });
}
