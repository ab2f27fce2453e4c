/** Which BLAS libraries there are, in the order in which they are tried, and how each is told to use one thread. */

import type { BlasLibrary } from "../wasm/sgemm.js";

export interface Candidate {
  /** For messages. */
  name: string;
  /** Names that the system's loader is asked for, by `process.platform`. */
  files: Readonly<Partial<Record<string, readonly string[]>>>;
}

export const CANDIDATES: readonly Candidate[] = [
  { name: "Accelerate", files: { darwin: ["/System/Library/Frameworks/Accelerate.framework/Accelerate"] } },
  {
    name: "OpenBLAS",
    files: {
      // Fedora's plain name is the build without threads; o is OpenMP's, p has its own
      linux: ["libopenblas.so.0", "libopenblas.so", "libopenblaso.so.0", "libopenblasp.so.0"],
      darwin: ["/opt/homebrew/opt/openblas/lib/libopenblas.dylib", "/usr/local/opt/openblas/lib/libopenblas.dylib"],
      win32: ["libopenblas.dll", "openblas.dll"],
    },
  },
  {
    name: "MKL",
    files: {
      linux: ["libmkl_rt.so.2", "libmkl_rt.so", "/opt/intel/oneapi/mkl/latest/lib/libmkl_rt.so.2"],
      darwin: ["libmkl_rt.2.dylib", "libmkl_rt.dylib"],
      win32: ["mkl_rt.2.dll", "mkl_rt.1.dll", "mkl_rt.dll"],
    },
  },
  {
    name: "BLIS",
    files: {
      linux: ["libblis.so.4", "libblis.so.3", "libblis.so"],
      darwin: ["/opt/homebrew/opt/blis/lib/libblis.dylib", "/usr/local/opt/blis/lib/libblis.dylib", "libblis.dylib"],
      win32: ["libblis.dll", "AOCL-LibBlis-Win-MT-dll.dll", "AOCL-LibBlis-Win-dll.dll"],
    },
  },
  {
    name: "CBLAS",
    files: {
      // Debian's ATLAS, what its alternatives point to, Fedora's ATLAS
      linux: ["libcblas.so.3", "libblas.so.3", "libsatlas.so.3"],
      darwin: ["libcblas.dylib"],
      win32: ["libcblas.dll"],
    },
  },
];

/** Told by its functions, not by its file: what `libblas.so.3` is differs from system to system. */
export interface Family {
  name: string;
  /** What each thread calls before its first product, so that this one makes it. The first is there in every build. */
  oneThread: BlasLibrary["oneThread"];
}

export const FAMILIES: readonly Family[] = [
  { name: "OpenBLAS", oneThread: [["void openblas_set_num_threads(int)", 1]] },
  {
    name: "MKL",
    // MKL_THREADING_SEQUENTIAL: the default wants Intel's OpenMP, and where there is none the loader ends the process
    oneThread: [
      ["int MKL_Set_Threading_Layer(int)", 1],
      // MKL_INTERFACE_LP64, whatever MKL_INTERFACE_LAYER says
      ["int MKL_Set_Interface_Layer(int)", 0],
      // where someone else in the process has chosen its layers before
      ["int MKL_Set_Num_Threads_Local(int)", 1],
    ],
  },
  {
    name: "BLIS",
    // dim_t has 64 bits in either of its interfaces; ways, which BLIS_JC_NT and its like set, go before the number
    oneThread: [
      ["void bli_thread_set_num_threads(int64_t)", 1],
      ["void bli_thread_set_ways(int64_t, int64_t, int64_t, int64_t, int64_t)", 1, 1, 1, 1, 1],
    ],
  },
  // BLAS_THREADING_SINGLE_THREADED, from macOS 15 on
  { name: "Accelerate", oneThread: [["int BLASSetThreading(int)", 1]] },
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
