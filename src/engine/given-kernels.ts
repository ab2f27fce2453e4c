/** The kernels that a program brings itself, from the files `unrolled/kernels/*.wasm`, instead of those inside the package. */
import { OptionError, show } from "../base/errors.js";
import { stamp } from "./wasm/generated/relaxed.js";
import { compile, fastestVariant, hasSharedMemory, mayWait } from "./wasm/loader.js";
import { isForThreads, mark } from "./wasm/marks.js";
import { type WasmModule, webAssembly } from "./wasm/webassembly.js";

/** The files of kernels: with relaxed SIMD or without, and for memory that threads share. */
export type KernelFile = "relaxed.wasm" | "relaxed-threads.wasm" | "simd.wasm" | "simd-threads.wasm";

/**
 * Which of the files `unrolled/kernels/*.wasm` is the fastest that runs here, for `configure({ kernels })`: with threads where there can be
 * more than one.
 */
export function kernelFile(): KernelFile {
  return fileOf(hasSharedMemory() && mayWait());
}

const fileOf = (shared: boolean): KernelFile => `${fastestVariant()}${shared ? "-threads" : ""}.wasm`;

/** What was given, compiled. @throws OptionError for what is none of the files, is of another version, or cannot run here */
export function givenKernels(given: unknown): WasmModule {
  const module = moduleOf(given);
  if (typeof module !== "string" && mark(module, "unrolled") === stamp && (hasSharedMemory() || !isForThreads(module)))
    return module;
  const must = `be the file ${kernelFile()} of this version, compiled or as bytes`;
  const value = typeof module === "string" ? module : `kernels ${mark(module, "unrolled") ?? "of others"}`;
  const fix = "It lies in unrolled/kernels.";
  throw new OptionError({ op: "configure", argument: "kernels", must, value, fix, details: { nearest: kernelFile() } });
}

/** As a text: what it is instead. */
function moduleOf(given: unknown): WasmModule | string {
  if (webAssembly !== undefined && given instanceof webAssembly.Module) return given;
  const isView = ArrayBuffer.isView(given);
  if (!isView && !(given instanceof ArrayBuffer)) return show(given);
  // Of their own: nobody changes them while they compile.
  const bytes = (
    isView ? new Uint8Array(given.buffer, given.byteOffset, given.byteLength) : new Uint8Array(given)
  ).slice() as Uint8Array<ArrayBuffer>;
  return webAssembly?.validate(bytes) === true ? compile(bytes) : `${bytes.length} other bytes`;
}
