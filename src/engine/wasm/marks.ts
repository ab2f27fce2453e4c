/** Sections of the kernels' own that say which they are: a compiled module tells nothing else of its memory and its version. */
import { type WasmModule, webAssembly } from "./webassembly.js";

/** The section of kernels for memory that is not shared. */
export const THREADLESS = "unshared";

/** The text of the section of this name; undefined where there is none. */
export function mark(module: WasmModule, name: string): string | undefined {
  const [found] = webAssembly!.Module.customSections(module, name);
  return found && new TextDecoder().decode(found);
}

export const isForThreads = (module: WasmModule): boolean => mark(module, THREADLESS) === undefined;

export const variantOf = (module: WasmModule): "relaxed" | "simd" =>
  mark(module, "simd") === undefined ? "relaxed" : "simd";
