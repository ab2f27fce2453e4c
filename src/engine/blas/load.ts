/** A library as Unrolled can use it: one thread to a caller, 32-bit integers, kernels for this processor. Or why it is of no use. */
import { builtin } from "../../base/builtin.js";
import { environment } from "../../base/environment.js";
import type { BlasLibrary } from "../wasm/sgemm.js";
import type { Koffi, KoffiLibrary } from "./koffi.js";
import { betterCore, FAMILIES } from "./libraries.js";

/** `isMissing` where no CBLAS is there to be used, which is nothing to report to one who did not name it. */
export type Loading = { name: string; library: BlasLibrary } | { why: string; isMissing: boolean };

/** @param name for one that is of no known family */
export function loadBlas(koffi: Koffi, file: string, name: string): Loading {
  let library: KoffiLibrary;
  try {
    library = koffi.load(file);
  } catch (error) {
    return whyNotLoaded(file, error);
  }
  if (!has(library, "void cblas_sgemm()")) return { why: "it has no cblas_sgemm", isMissing: true };
  const refused = (why: string): Loading => ({ why, isMissing: false });
  const part = missingPart(koffi, file);
  if (part !== undefined) return refused(`${part}, which it would end the process without, is not there`);
  const family = FAMILIES.find(({ oneThread }) => has(library, oneThread[0][0]));
  const oneThread = family?.oneThread.filter(([declaration]) => has(library, declaration)) ?? [];
  for (const [declaration, ...values] of oneThread) library.func(declaration)(...values);
  // Debian's BLIS as libblas.so.3 hides its own functions, and reads this at its first call.
  const isWide = withVariable(koffi, "BLIS_NUM_THREADS", "1", () => hasWideIntegers(library));
  if (isWide) return refused("it was built for 64-bit integers; Unrolled calls the 32-bit interface");
  // What it packs into is claimed without a lock: two threads then share it, and both get wrong numbers.
  if (call(library, "int openblas_get_parallel()") === 0) {
    return refused("it was built for one thread, and is wrong in several (Debian: apt install libopenblas0-openmp)");
  }
  const core = withBetterCore(koffi, library, file);
  return { name: [family?.name ?? name, core].join(" ").trim(), library: { file, oneThread } };
}

function whyNotLoaded(file: string, error: unknown): Loading {
  const text = (error instanceof Error ? error.message : String(error))
    .replace(/^Failed to load shared library: /, "")
    .replace(/\s+/g, " ");
  if (!isAbsence(text)) return { why: text, isMissing: false };
  if (!/[\\/]/.test(file)) return { why: "the system's loader finds no library of that name", isMissing: true };
  if (!builtin<{ existsSync(path: string): boolean }>("node:fs")!.existsSync(file)) {
    return { why: "there is no such file", isMissing: true };
  }
  const how = process.platform === "linux" ? " (ldd tells which)" : "";
  return { why: `a library that it needs is not there${how}`, isMissing: false };
}

/** In the words of glibc, musl, macOS and Windows; a library that the named one needs gets the same. */
const isAbsence = (text: string): boolean =>
  /cannot open shared object|no such file|image not found|could not be found/i.test(text);

/** MKL loads the rest of itself at its first product, from beside it or by the loader's path, and exits where it cannot. */
function missingPart(koffi: Koffi, file: string): string | undefined {
  const named = /^(.*[\\/])?([^\\/]*mkl_rt[^\\/]*)$/.exec(file);
  if (named === null) return undefined;
  const [, folder = "", base] = named as unknown as [string, string | undefined, string];
  const parts = ["core", "sequential"].map((part) => base.replace("mkl_rt", `mkl_${part}`));
  return parts.find((part) => [folder + part, part].every((place) => isAbsent(koffi, place)));
}

function isAbsent(koffi: Koffi, file: string): boolean {
  try {
    koffi.load(file);
    return false;
  } catch (error) {
    // Undefined symbols are as it should be: they come from the part that is loaded before it.
    return isAbsence(String(error));
  }
}

/**
 * Three numbers, or for a library that takes 64-bit integers a negative count of them, which have no largest: it then says the first.
 * Source: libblastrampoline's test of an interface.
 */
function hasWideIntegers(library: KoffiLibrary): boolean {
  const largest = call(library, "int cblas_isamax(int64_t, const float *, int64_t)", 3 - 2 ** 32, LAST_IS_LARGEST, 1);
  return largest !== undefined && largest !== 2;
}

const LAST_IS_LARGEST = new Float32Array([1, 2, 3]);

/**
 * OpenBLAS takes a processor that is newer than itself for one of 2004, and is then slower than WebAssembly. It reads OPENBLAS_CORETYPE when it
 * is loaded, so load it again.
 * @returns the core whose kernels it runs; empty for a library that does not tell
 */
function withBetterCore(koffi: Koffi, library: KoffiLibrary, file: string): string {
  const core = coreOf(library);
  if (environment("OPENBLAS_CORETYPE") !== undefined || process.platform !== "linux") return core;
  const better = betterCore(core, processorFlags());
  if (better === undefined) return core;
  library.unload();
  return withVariable(koffi, "OPENBLAS_CORETYPE", better, () => coreOf(koffi.load(file)));
}

/** C's environment: what a library reads, and in a worker thread another than `process.env`. */
function withVariable<T>(koffi: Koffi, name: string, value: string, body: () => T): T {
  if (process.platform !== "linux") return body();
  const libc = koffi.load(null);
  const setenv = libc.func("int setenv(const char *, const char *, int)");
  const before = libc.func("const char *getenv(const char *)")(name) as string | null;
  setenv(name, value, 1);
  try {
    return body();
  } finally {
    if (before === null) libc.func("int unsetenv(const char *)")(name);
    else setenv(name, before, 1);
  }
}

const coreOf = (library: KoffiLibrary): string => String(call(library, "const char *openblas_get_corename()") ?? "");

function processorFlags(): readonly string[] {
  try {
    const fs = builtin<{ readFileSync(path: string, encoding: "utf8"): string }>("node:fs")!;
    return /^flags\s*:(.*)$/m.exec(fs.readFileSync("/proc/cpuinfo", "utf8"))?.[1]?.trim().split(/\s+/) ?? [];
  } catch {
    return [];
  }
}

function has(library: KoffiLibrary, declaration: string): boolean {
  try {
    library.func(declaration);
    return true;
  } catch {
    return false;
  }
}

/** @returns undefined where there is no such function */
function call(library: KoffiLibrary, declaration: string, ...values: unknown[]): unknown {
  return has(library, declaration) ? library.func(declaration)(...values) : undefined;
}
