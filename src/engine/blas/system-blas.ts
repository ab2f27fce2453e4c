import { builtin } from "../../base/builtin.js";
import { isForbidden } from "../../base/environment.js";
import type { Blas, BlasLibrary, Sgemm } from "../wasm/sgemm.js";
import type { WasmMemory } from "../wasm/webassembly.js";
import { findKoffi, type Koffi } from "./koffi.js";
import { CANDIDATES } from "./libraries.js";
import { loadBlas } from "./load.js";

/**
 * (koffi, library, memory) => sgemm, as text because worker threads bind it too. One thread is asked for in each: OpenMP and Accelerate
 * keep that number by the thread. Pointers go as numbers, which a double holds exactly up
 * to 2^53. V8 grows memory where it lies, so its address stays; 101 is row-major, 111 and 112 are CBLAS's words for plain and transposed.
 */
const BINDING = `(koffi, library, memory) => {
  const loaded = koffi.load(library.file);
  for (const [declaration, ...values] of library.oneThread) loaded.func(declaration)(...values);
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

/** What was found; or the one line that says why nothing was, and whether one who did not ask for it wants to know. */
export type Found = { blas: SystemBlas } | { none: string; isWorthSaying: boolean };

/**
 * The first library that loads and is not doubted, in the order of `CANDIDATES`, or the one at `path` alone.
 * @param path from UNROLLED_BLAS
 * @param doubtAbout why a library that loads is not to be used (check.ts), or undefined
 */
export function findBlas(
  path?: string,
  doubtAbout: (blas: Blas) => string | undefined = () => undefined,
  found = findKoffi(),
): Found {
  if (found === undefined) {
    return { none: `it needs ${whatIsMissing()}`, isWorthSaying: path !== undefined };
  }
  const candidates = path === undefined ? CANDIDATES : [{ name: "CBLAS", files: { [process.platform]: [path] } }];
  const here = candidates.filter(({ files }) => files[process.platform] !== undefined);
  const reasons: string[] = [];
  for (const { name, files } of here) {
    for (const file of files[process.platform]!) {
      const loaded = loadBlas(found.koffi, file, name);
      if ("why" in loaded) {
        if (path !== undefined || !loaded.isMissing) reasons.push(`${file}: ${loaded.why}`);
        continue;
      }
      const blas = new SystemBlas(loaded.name, found.koffi, found.path, loaded.library);
      const doubt = doubtAbout(blas);
      if (doubt === undefined) return { blas };
      reasons.push(`${file} (${blas.name}): ${doubt}`);
    }
  }
  const [first] = reasons;
  if (first !== undefined) return { none: path === undefined ? first : `UNROLLED_BLAS=${first}`, isWorthSaying: true };
  const names = here.map(({ name }) => name).join(", ");
  return { none: `none of ${names} is installed (Debian: apt install libopenblas0-openmp)`, isWorthSaying: false };
}

function whatIsMissing(): string {
  if (builtin("node:module") === undefined) return "the package koffi, and so Node";
  return isForbidden("ffi") || isForbidden("read")
    ? "--allow-ffi and --allow-read"
    : "the package koffi: npm install koffi";
}
