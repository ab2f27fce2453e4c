import { builtin } from "../../base/builtin.js";
import type { Blas, BlasLibrary, Sgemm } from "../wasm/sgemm.js";
import type { WasmMemory } from "../wasm/webassembly.js";
import { findKoffi, type Koffi, type KoffiLibrary } from "./koffi.js";
import { betterCore, CANDIDATES, type Candidate } from "./libraries.js";

/**
 * (koffi, library, memory) => sgemm, as text because worker threads bind it too. One thread is asked for in each: OpenMP and Accelerate
 * keep that number by the thread. Pointers go as numbers, which a double holds exactly up
 * to 2^53. V8 grows memory where it lies, so its address stays; 101 is row-major, 111 and 112 are CBLAS's words for plain and transposed.
 */
const BINDING = `(koffi, library, memory) => {
  const loaded = koffi.load(library.file);
  if (library.oneThread) loaded.func(library.oneThread[0])(library.oneThread[1]);
  const cblas = loaded.func(
    "void cblas_sgemm(int, int, int, int, int, int, float, int64_t, int, int64_t, int, float, int64_t, int)");
  const base = Number(koffi.address(new Uint8Array(memory.buffer)));
  return (transA, transB, m, n, k, a, lda, b, ldb, beta, c, ldc) => {
    cblas(101, 111 + transA, 111 + transB, m, n, k, 1,
      base + (a >>> 0), lda, base + (b >>> 0), ldb, beta, base + (c >>> 0), ldc);
  };
}`;

/** The system's BLAS through koffi, held to one thread: Unrolled's own threads call it side by side. */
export class SystemBlas implements Blas {
  readonly name: string;
  readonly forWorkers: Blas["forWorkers"];
  readonly #koffi: Koffi;

  constructor(name: string, koffi: Koffi, koffiPath: string, library: BlasLibrary) {
    this.name = name;
    this.#koffi = koffi;
    this.forWorkers = { source: BINDING, koffi: koffiPath, library };
  }

  bind(memory: WasmMemory): Sgemm {
    const vm = builtin<{ runInThisContext(code: string): unknown }>("node:vm")!;
    const bind = vm.runInThisContext(BINDING) as (koffi: Koffi, library: BlasLibrary, memory: WasmMemory) => Sgemm;
    return bind(this.#koffi, this.forWorkers.library, memory);
  }
}

/** What was found, or the one line that says why nothing was. */
export type Found = { blas: SystemBlas } | { none: string };

/**
 * The first library that loads, in the order of `CANDIDATES`, or the one at `path` alone. It is not checked yet: see check.ts.
 * @param path from UNROLLED_BLAS
 */
export function findBlas(path?: string): Found {
  const found = findKoffi();
  if (found === undefined) {
    return { none: `it needs the package koffi${builtin("node:module") ? ": npm install koffi" : ", and so Node"}` };
  }
  const { koffi } = found;
  const tried: string[] = [];
  const candidates = path === undefined ? CANDIDATES : [ofPath(path)];
  for (const candidate of candidates) {
    for (const file of candidate.files[process.platform] ?? []) {
      const loaded = tryLoad(koffi, candidate, file, tried);
      if (loaded) return { blas: new SystemBlas(loaded.name, koffi, found.path, loaded.library) };
    }
  }
  if (path !== undefined) return { none: `UNROLLED_BLAS=${path}: ${tried[0]}` };
  const asked = candidates.filter(({ files }) => files[process.platform] !== undefined).map(({ name }) => name);
  const odd = tried.filter((why) => !why.startsWith("not found"));
  return { none: odd[0] ?? `none of ${asked.join(", ")} is installed (Debian: apt install libopenblas0-openmp)` };
}

function ofPath(path: string): Candidate {
  const known = CANDIDATES.find(({ name, files }) => {
    return (
      path.toLowerCase().includes(name.toLowerCase()) || Object.values(files).some((names) => names?.includes(path))
    );
  });
  const { name, oneThread } = known ?? { name: "CBLAS", oneThread: null };
  return { name, oneThread, files: { [process.platform]: [path] } };
}

/** @returns undefined with a reason added to `tried` when it is of no use */
function tryLoad(
  koffi: Koffi,
  { name, oneThread }: Candidate,
  file: string,
  tried: string[],
): { name: string; library: BlasLibrary } | undefined {
  let library: KoffiLibrary;
  try {
    library = koffi.load(file);
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    tried.push(/cannot open shared object|no such file|image not found/i.test(text) ? `not found (${text})` : text);
    return undefined;
  }
  if (!has(library, "void cblas_sgemm()")) {
    tried.push(`${file} has no cblas_sgemm`);
    return undefined;
  }
  const config = callText(library, "openblas_get_config");
  if (config.includes("USE64BITINT")) {
    tried.push(`${file} was built for 64-bit integers; Unrolled calls the 32-bit interface`);
    return undefined;
  }
  const core = callText(library, "openblas_get_corename");
  if (core !== "") library = withBetterCore(koffi, library, file, core);
  const kernels = callText(library, "openblas_get_corename");
  return {
    name: kernels === "" ? name : `${name} ${kernels}`,
    library: { file, oneThread: oneThread && has(library, oneThread[0]) ? oneThread : null },
  };
}

/**
 * OpenBLAS takes a processor that is newer than itself for one of 2004, and is then slower than WebAssembly. It reads OPENBLAS_CORETYPE when it
 * is loaded, so load it again.
 */
function withBetterCore(koffi: Koffi, library: KoffiLibrary, file: string, core: string): KoffiLibrary {
  if (process.env["OPENBLAS_CORETYPE"] || process.platform !== "linux") return library;
  const better = betterCore(core, processorFlags());
  if (better === undefined) return library;
  // C's own: in a worker thread process.env is a copy
  const libc = koffi.load(null);
  const setenv = libc.func("int setenv(const char *, const char *, int)");
  library.unload();
  setenv("OPENBLAS_CORETYPE", better, 1);
  try {
    return koffi.load(file);
  } finally {
    libc.func("int unsetenv(const char *)")("OPENBLAS_CORETYPE");
  }
}

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

function callText(library: KoffiLibrary, symbol: string): string {
  const declaration = `const char *${symbol}()`;
  return has(library, declaration) ? String(library.func(declaration)()) : "";
}
