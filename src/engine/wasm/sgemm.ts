import type { WasmMemory } from "./webassembly.js";

/** As the kernels import it (assembly/blas.ts): addresses in bytes of WASM memory, row strides in floats. */
export type Sgemm = (
  transA: number,
  transB: number,
  m: number,
  n: number,
  k: number,
  a: number,
  lda: number,
  b: number,
  ldb: number,
  beta: number,
  c: number,
  ldc: number,
) => void;

/** Products from outside WebAssembly. What it is and where it comes from is known to engine/blas alone. */
export interface Blas {
  readonly name: string;
  /** The product on a memory, for the calling thread. */
  bind(memory: WasmMemory): Sgemm;
  /** Sent to worker threads, which bind it themselves: `source` evaluates to (koffi, library, memory) => sgemm. */
  readonly forWorkers: { readonly source: string; readonly koffi: string; readonly library: BlasLibrary };
}

/** A file that the system's loader finds, and its functions that ask for one thread, as C declares them, each with its arguments. */
export interface BlasLibrary {
  readonly file: string;
  readonly oneThread: readonly (readonly [declaration: string, ...values: number[]])[];
}

/** What the kernels import where there is no BLAS, and never call. */
export const NO_BLAS: Sgemm = () => {
  throw new Error("sgemm: no BLAS was given to these kernels");
};
