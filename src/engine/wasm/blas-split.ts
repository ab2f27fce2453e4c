import { chunkFor, chunksBytes, packChunks } from "./blas-products.js";
import type { Core } from "./core.js";

/** Rows in one call, whatever the number of threads. */
const ROWS = 16;
/** Most rows that a walk takes at once, as in assembly/sequence.ts. */
export const WALK_ROWS = 60;

/** A product that the walk makes at every step: [rows, k] · [k, n]. */
export interface StepProduct {
  k: number;
  n: number;
}

/** Found once for each size; an engine has one BLAS for life. */
const trials = new WeakMap<Core, Map<string, boolean>>();

/**
 * Parts to cut the rows of a batch into. How many threads there are must not show in the bits, and a BLAS may sum 13 rows in another order
 * than 50. So parts go by sizes alone, unless fewer and larger ones, or one for each thread, give the same bits for these very sizes.
 */
export function rowParts(core: Core, rows: number, products: readonly StepProduct[], threads: number): number {
  const safe = Math.ceil(rows / ROWS);
  const wanted = Math.min(rows, Math.max(threads, Math.ceil(rows / WALK_ROWS)));
  if (wanted === safe) return safe;
  return products.every((product) => sameBits(core, rows, product, safe, wanted)) ? wanted : safe;
}

function sameBits(core: Core, rows: number, { k, n }: StepProduct, parts: number, others: number): boolean {
  const known = trials.get(core) ?? new Map<string, boolean>();
  trials.set(core, known);
  const key = `${rows} ${k} ${n} ${parts} ${others}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const same = tryBoth(core, rows, k, n, parts, others);
  known.set(key, same);
  return same;
}

/** Samples of each column: two orders of a sum often round to the same bits, a hundred times hardly ever. */
const SAMPLES = 160;

/** The order of a sum does not depend on the numbers, so random ones tell. */
function tryBoth(core: Core, rows: number, k: number, n: number, parts: number, others: number): boolean {
  const chunks = Math.max(...[parts, others].map((pieces) => chunksBytes(k, n, widthFor(rows, k, n, pieces))));
  const sizes = [rows * k * 4, n * k * 4, chunks, rows * n * 4, rows * n * 4];
  const blocks = sizes.map((size) => core.allocator.alloc(size));
  const [a, w, packed, first, second] = blocks as [number, number, number, number, number];
  const random = randomFill(core);
  random(w, n * k);
  let same = true;
  for (let round = 0; same && round < Math.ceil(SAMPLES / rows); round++) {
    random(a, rows * k);
    for (const beta of [1, 0]) {
      random(first, rows * n);
      core.f32.copyWithin(second >>> 2, first >>> 2, (first >>> 2) + rows * n);
      multiply(core, rows, k, n, a, w, packed, first, beta, parts);
      multiply(core, rows, k, n, a, w, packed, second, beta, others);
      for (let i = 0; i < rows * n; i++) same &&= core.i32[(first >>> 2) + i] === core.i32[(second >>> 2) + i];
    }
  }
  for (const block of blocks) core.allocator.free(block);
  return same;
}

/** Numbers in [-1, 1), always the same (Numerical Recipes' generator). */
function randomFill(core: Core): (at: number, size: number) => void {
  let state = 1;
  return (at, size) => {
    for (let i = at >>> 2; i < (at >>> 2) + size; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      core.f32[i] = state / 2 ** 31 - 1;
    }
  };
}

function widthFor(rows: number, k: number, n: number, parts: number): number {
  return chunkFor(Math.ceil(rows / parts), k, n);
}

/** As one step of a walk does it, see assembly/sequence-blas.ts. */
function multiply(
  core: Core,
  rows: number,
  k: number,
  n: number,
  a: number,
  w: number,
  packed: number,
  c: number,
  beta: number,
  parts: number,
): void {
  const width = widthFor(rows, k, n, parts);
  packChunks(core, { at: w, rs: 4, cs: k * 4 }, k, n, packed, width);
  for (let part = 0; part < parts; part++) {
    const from = Math.floor((rows * part) / parts);
    const count = Math.floor((rows * (part + 1)) / parts) - from;
    for (let j = 0; j < n; j += width) {
      const columns = Math.min(width, n - j);
      core.loaded.sgemm(
        0,
        0,
        count,
        columns,
        k,
        a + from * k * 4,
        k,
        packed + j * k * 4,
        width,
        beta,
        c + (from * n + j) * 4,
        n,
      );
    }
  }
}
