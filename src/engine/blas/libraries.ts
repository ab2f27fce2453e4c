/** Which BLAS libraries there are, in the order in which they are tried, and how each is told to use one thread. */

export interface Candidate {
  /** The family, for messages. */
  name: string;
  /** Names that the system's loader is asked for. */
  files: Readonly<Partial<Record<string, readonly string[]>>>;
  /** Its function for the number of threads, as C declares it, and what to call it with for one thread. */
  oneThread: readonly [declaration: string, argument: number] | null;
}

/** Files by `process.platform`. */
export const CANDIDATES: readonly Candidate[] = [
  {
    name: "Accelerate",
    files: { darwin: ["/System/Library/Frameworks/Accelerate.framework/Accelerate"] },
    // BLAS_THREADING_SINGLE_THREADED, from macOS 15 on
    oneThread: ["int BLASSetThreading(int)", 1],
  },
  {
    name: "OpenBLAS",
    files: {
      linux: ["libopenblas.so.0", "libopenblas.so"],
      darwin: ["/opt/homebrew/opt/openblas/lib/libopenblas.dylib", "/usr/local/opt/openblas/lib/libopenblas.dylib"],
      win32: ["libopenblas.dll", "openblas.dll"],
    },
    oneThread: ["void openblas_set_num_threads(int)", 1],
  },
  {
    name: "MKL",
    files: {
      linux: ["libmkl_rt.so.2", "libmkl_rt.so"],
      darwin: ["libmkl_rt.2.dylib", "libmkl_rt.dylib"],
      win32: ["mkl_rt.2.dll", "mkl_rt.dll"],
    },
    oneThread: ["void MKL_Set_Num_Threads(int)", 1],
  },
  {
    name: "BLIS",
    files: { linux: ["libblis.so.4", "libblis.so"], darwin: ["libblis.dylib"], win32: ["libblis.dll"] },
    oneThread: ["void bli_thread_set_num_threads(int64_t)", 1],
  },
  {
    name: "CBLAS",
    files: { linux: ["libcblas.so.3", "libblas.so.3"], darwin: ["libcblas.dylib"], win32: ["libcblas.dll"] },
    oneThread: null,
  },
];

/** Kernels of OpenBLAS that were written before AVX2: what it falls back on for a processor that it does not know. */
const OLD_CORES =
  /^(Generic|Katmai|Coppermine|Northwood|Prescott|Banias|Atom|Core2|Penryn|Dunnington|Nehalem|Core|Opteron.*)$/i;
const AVX512 = ["avx512f", "avx512bw", "avx512dq", "avx512vl"];

/**
 * OPENBLAS_CORETYPE for a processor that is newer than the library and so was taken for an old one.
 * @param core what OpenBLAS says that it runs
 * @param flags what the processor has, as Linux spells it
 * @returns undefined when the library's own choice is good
 */
export function betterCore(core: string, flags: readonly string[]): string | undefined {
  if (!OLD_CORES.test(core)) return undefined;
  if (AVX512.every((flag) => flags.includes(flag))) return "SkylakeX";
  return flags.includes("avx2") && flags.includes("fma") ? "Haswell" : undefined;
}
