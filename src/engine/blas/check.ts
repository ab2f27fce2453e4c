/** Whether a BLAS is right, and worth it: a few products are compared with our own kernels before it is trusted. */
import { contiguousStrides, sizeOf } from "../../base/shape.js";
import type { Operand } from "../engine.js";
import type { CoreOptions } from "../wasm/core.js";
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

/**
 * @param options of the engine that would run without it: it must be faster than that one's kernels
 * @returns why it is not to be used, or undefined
 */
export function doubtAboutBlas(blas: Blas, options: Pick<CoreOptions, "variant"> = {}): string | undefined {
  const trial = new BlasEngine(blas, options);
  const own = new WasmEngine(options);
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
    const runs = [trial, own].map((engine) => products(engine, m, k, n));
    for (const layout of LAYOUTS) {
      const [its, ours] = runs.map((run) => run(layout)) as [Float32Array, Float32Array];
      const worst = largestDifference(its, ours);
      if (worst <= TOLERANCE * k) continue;
      const [aT, bT] = layout;
      return `its product [${m}, ${k}]${aT ? "ᵀ" : ""} · [${k}, ${n}]${bT ? "ᵀ" : ""} is off by ${worst}`;
    }
  }
  return undefined;
}

/** NaN when either has one. */
function largestDifference(a: Float32Array, b: Float32Array): number {
  let largest = 0;
  for (let i = 0; i < a.length; i++) {
    const difference = Math.abs(a[i] - b[i]);
    if (Number.isNaN(difference)) return difference;
    if (difference > largest) largest = difference;
  }
  return largest;
}

/** Whether A is transposed, whether B is, and whether the product is added to what C holds. */
type Layout = readonly [aT: boolean, bT: boolean, accumulate: boolean];

const LAYOUTS: readonly Layout[] = [false, true].flatMap((aT) =>
  [false, true].flatMap((bT) => [false, true].map((accumulate): Layout => [aT, bT, accumulate])),
);

function products(engine: WasmEngine, m: number, k: number, n: number): (layout: Layout) => Float32Array {
  const a = operand(engine, [m, k]);
  const b = operand(engine, [k, n]);
  const out = operand(engine, [m, n]);
  const start = Float32Array.from(engine.readSync(out.buffer) as Float32Array);
  return ([aT, bT, accumulate]) => {
    engine.write(out.buffer, start);
    engine.matmul(out, aT ? { ...a, strides: [1, m] } : a, bT ? { ...b, strides: [1, k] } : b, { accumulate });
    return engine.readSync(out.buffer) as Float32Array;
  };
}

/** Numbers in [-1, 1), the same for each shape (Numerical Recipes' generator). */
function operand(engine: WasmEngine, shape: readonly number[]): Operand {
  const values = new Float32Array(sizeOf(shape));
  let state = shape[0] * 31 + shape[1];
  for (let i = 0; i < values.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    values[i] = state / 2 ** 31 - 1;
  }
  const buffer = engine.alloc("float32", values.length);
  engine.write(buffer, values);
  return { buffer, offset: 0, shape, strides: contiguousStrides(shape) };
}

/** A reference BLAS, or one that takes this processor for an old one, is slower than our own kernels. */
function slow(trial: WasmEngine, own: WasmEngine): string | undefined {
  const seconds = [trial, own].map((engine) => {
    const a = operand(engine, [96, 128]);
    const b = operand(engine, [128, 256]);
    const out = operand(engine, [96, 256]);
    return () => {
      const start = performance.now();
      engine.matmul(out, a, b);
      return performance.now() - start;
    };
  });
  const least = [Infinity, Infinity];
  for (let round = 0; round < 12; round++) {
    for (const [i, time] of seconds.entries()) least[i] = Math.min(least[i], time());
  }
  const [its, ours] = least as [number, number];
  if (its * WORTH <= ours) return undefined;
  const speed = (ms: number) => Math.round((96 * 128 * 256 * 2) / (ms * 1e6));
  return `it makes ${speed(its)} GFLOP/s, less than ${WORTH} times WebAssembly's ${speed(ours)}`;
}
