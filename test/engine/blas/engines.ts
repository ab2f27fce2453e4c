import { runInThisContext } from "node:vm";
import { findBlas } from "../../../src/engine/blas/system-blas.js";
import type { Blas, Sgemm } from "../../../src/engine/wasm/sgemm.js";
import type { WasmMemory } from "../../../src/engine/wasm/webassembly.js";

/**
 * A BLAS in JavaScript, which runs everywhere. It sums backwards when M or N is odd: as with a real one, how a product is cut shows in
 * the bits.
 */
const SOURCE = `(unused, library, memory) => {
  let floats = new Float32Array(memory.buffer);
  return (transA, transB, m, n, k, a, lda, b, ldb, beta, c, ldc) => {
    if (floats.buffer !== memory.buffer) floats = new Float32Array(memory.buffer);
    const [a0, b0, c0] = [a >>> 2, b >>> 2, c >>> 2];
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = beta === 0 ? 0 : beta * floats[c0 + i * ldc + j];
        for (let step = 0; step < k; step++) {
          const p = (m | n) & 1 ? k - 1 - step : step;
          sum += floats[a0 + (transA ? p * lda + i : i * lda + p)] * floats[b0 + (transB ? j * ldb + p : p * ldb + j)];
        }
        floats[c0 + i * ldc + j] = sum;
      }
    }
  };
}`;

type Bind = (koffi: null, library: null, memory: WasmMemory) => Sgemm;

/** Counts the calls of the main thread, which prove that the fast path ran. */
export class CountedBlas implements Blas {
  readonly name: string;
  readonly forWorkers: Blas["forWorkers"];
  calls = 0;
  readonly #bind: (memory: WasmMemory) => Sgemm;

  constructor(name: string, forWorkers: Blas["forWorkers"], bind: (memory: WasmMemory) => Sgemm) {
    this.name = name;
    this.forWorkers = forWorkers;
    this.#bind = bind;
  }

  bind(memory: WasmMemory): Sgemm {
    const sgemm = this.#bind(memory);
    return (...args) => {
      this.calls++;
      sgemm(...args);
    };
  }
}

/** @param change what a broken one does to the arguments of a call, before it is made */
export function jsBlas(change: (args: Parameters<Sgemm>) => Parameters<Sgemm> = (args) => args): CountedBlas {
  // Workers require something; what it is does not matter.
  const forWorkers = { source: SOURCE, koffi: "node:path", library: { file: "", oneThread: [] } };
  const bind = runInThisContext(SOURCE) as Bind;
  return new CountedBlas("JavaScript", forWorkers, (memory) => {
    const sgemm = bind(null, null, memory);
    return (...args) => sgemm(...change(args));
  });
}

/** UNROLLED_BLAS points these tests at a library, as it does the engine. */
const found = findBlas(process.env["UNROLLED_BLAS"] || undefined);

/** Why the tests of the system's own BLAS are skipped; undefined where there is one. */
export const noSystemBlas: string | undefined = "none" in found ? found.none : undefined;

export function systemBlas(): CountedBlas {
  if ("none" in found) throw new Error(found.none);
  const { blas } = found;
  return new CountedBlas(blas.name, blas.forWorkers, (memory) => blas.bind(memory));
}

/** Both, where both are. */
export const KINDS: readonly { name: string; make: () => CountedBlas }[] = [
  { name: "BLAS in JavaScript", make: () => jsBlas() },
  ...(noSystemBlas === undefined ? [{ name: "the system's BLAS", make: systemBlas }] : []),
];
