/** Whether a BLAS is right, and worth it: a few products are compared with our own kernels before it is trusted. */
import { contiguousStrides, sizeOf } from "../../base/shape.js";
import type { Operand } from "../engine.js";
import type { Blas } from "../wasm/sgemm.js";
import { WasmEngine } from "../wasm/wasm-engine.js";
import { BlasEngine } from "./blas-engine.js";

/** M, K, N, with transposed operands, by tiles whole and ragged, with and without packing. */
const SHAPES = [
  [5, 7, 9],
  [13, 128, 64],
  [64, 33, 100],
  [70, 300, 130],
] as const;

/** Of the sum of the products' absolute values; float32 has 6e-8. */
const TOLERANCE = 2e-6;

/** Multiply-adds a second that BLAS must reach, as a multiple of what our own kernels do. */
const WORTH = 1.1;

/** @returns why it is not to be used, or undefined */
export function doubtAboutBlas(blas: Blas): string | undefined {
  const trial = new BlasEngine(blas);
  const own = new WasmEngine();
  try {
    return wrong(trial, own) ?? slow(trial, own);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    trial.close();
    own.close();
  }
}

function wrong(trial: WasmEngine, own: WasmEngine): string | undefined {
  for (const [m, k, n] of SHAPES) {
    for (const [aT, bT] of [
      [false, false],
      [false, true],
      [true, false],
      [true, true],
    ] as const) {
      for (const accumulate of [false, true]) {
        const results = [trial, own].map((engine) => product(engine, m, k, n, aT, bT, accumulate));
        const worst = Math.max(...results[0]!.map((value, i) => Math.abs(value - results[1]![i]!)));
        // Not a number fails too.
        if (!(worst <= TOLERANCE * k)) {
          const form = `[${m}, ${k}]${aT ? "ᵀ" : ""} · [${k}, ${n}]${bT ? "ᵀ" : ""}`;
          return `its product ${form} is off by ${worst}`;
        }
      }
    }
  }
  return undefined;
}

function product(
  engine: WasmEngine,
  m: number,
  k: number,
  n: number,
  aT: boolean,
  bT: boolean,
  accumulate: boolean,
): Float32Array {
  let state = m * 31 + n;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
  const input = (rows: number, columns: number, transposed: boolean): Operand => {
    const x = operand(engine, transposed ? [columns, rows] : [rows, columns], next);
    return transposed ? { ...x, shape: [rows, columns], strides: [1, rows] } : x;
  };
  const a = input(m, k, aT);
  const b = input(k, n, bT);
  const out = operand(engine, [m, n], next);
  engine.matmul(out, a, b, { accumulate });
  const result = Float32Array.from(engine.readSync(out.buffer) as Float32Array);
  for (const { buffer } of [a, b, out]) engine.free(buffer);
  return result;
}

function operand(engine: WasmEngine, shape: readonly number[], next: () => number): Operand {
  const buffer = engine.alloc("float32", sizeOf(shape));
  engine.write(buffer, Float32Array.from({ length: sizeOf(shape) }, next));
  return { buffer, offset: 0, shape, strides: contiguousStrides(shape) };
}

/** A reference BLAS, or one that takes this processor for an old one, is slower than our own kernels. */
function slow(trial: WasmEngine, own: WasmEngine): string | undefined {
  const seconds = [trial, own].map((engine) => {
    let state = 0.25;
    const next = () => {
      state = (state * 997 + 0.1) % 1;
      return state;
    };
    const a = operand(engine, [96, 128], next);
    const b = operand(engine, [128, 256], next);
    const out = operand(engine, [96, 256], next);
    return () => {
      const start = performance.now();
      engine.matmul(out, a, b);
      return performance.now() - start;
    };
  });
  const least = [Infinity, Infinity];
  for (let round = 0; round < 12; round++) {
    for (const [i, time] of seconds.entries()) least[i] = Math.min(least[i]!, time());
  }
  const [its, ours] = least as [number, number];
  if (its * WORTH <= ours) return undefined;
  const speed = (ms: number) => `${Math.round((96 * 128 * 256 * 2) / (ms * 1e6))} GFLOP/s`;
  return `it makes ${speed(its)} where WebAssembly makes ${speed(ours)}`;
}
