import { chunkFor, chunksBytes, packChunks } from "./blas-products.js";
import type { Core } from "./core.js";
import type { Sizes } from "./sequence-sizes.js";

/** Rows in one call, whatever the number of threads. */
const ROWS = 16;
/** Most rows that a walk takes at once, as in assembly/sequence.ts. */
export const WALK_ROWS = 60;
/** Bytes of the state's weights up to which every thread has them all in its cache, and walks alone with its rows. */
const SMALL = 1 << 20;
/** Such bytes where a thread has more than 3 rows, and where it has 8, which are worth reading all weights at every step. */
const SMALL_FOR_SOME = 3 << 19;
const SMALL_FOR_MANY = 10 << 20;
const SOME = 3;
const MANY = 8;
/** Multiply-adds in one step from which it pays to split a step of few rows among threads. */
const STEP_WORTH_SHARING = 600_000;

/** A product that the walk makes at every step: [rows, k] · [k, n]. */
export interface StepProduct {
  k: number;
  n: number;
  /** Columns of one gate, where units are shared: then n are not multiplied together. Default n. */
  gate?: number;
}

/** Pieces of the walk, and whether a gate's columns are multiplied together with the others'. */
export interface BlasSplit {
  rows: number;
  units: number;
  together: boolean;
}

/** Whether threads walk alone however many there are, so that what else they multiply as they walk depends on sizes alone. */
export function fitsOneThread({ g, h, p }: Pick<Sizes, "g" | "h" | "p">): boolean {
  return 4 * g * h * p <= SMALL;
}

/**
 * Each thread walks alone with some rows and all weights, or all share the units of a step. How many threads there are must not show in the
 * bits, and a BLAS may sum otherwise when a product is cut otherwise: so a way that follows the threads is taken only where it gives the
 * same bits for these very sizes as the one that does not.
 */
export function blasSplit(core: Core, sizes: Sizes, products: readonly StepProduct[]): BlasSplit {
  const { l, n, h, g, p } = sizes;
  const bytes = 4 * g * h * p;
  if (bytes > SMALL_FOR_MANY) return shareUnits(core, sizes, WALK_ROWS);
  const threads = core.parts(l * n * g * h * p);
  const alone = (together: boolean): BlasSplit => {
    const calls = together ? products : products.map(({ k, n: columns, gate = columns }) => ({ k, n: gate }));
    return { rows: rowParts(core, n, calls, threads), units: 1, together };
  };
  const together = fitsOneThread(sizes) || products.every((product) => gatesMayJoin(core, n, product));
  if (fitsOneThread(sizes) || (!together && bytes <= SMALL_FOR_SOME)) return alone(true);
  if (bytes <= (n >= MANY * threads ? SMALL_FOR_MANY : n > SOME * threads ? SMALL_FOR_SOME : 0)) {
    const found = alone(together);
    if (found.rows >= Math.min(n, threads)) return found;
  }
  return shareUnits(core, sizes, ROWS);
}

/** Units go in whole chunks, so their parts may follow the threads. */
function shareUnits(core: Core, { n, h, g, p }: Sizes, most: number): BlasSplit {
  const rows = Math.ceil(n / most);
  const shared = rows < core.threads && core.parts((n * g * h * p * 60_000) / STEP_WORTH_SHARING) > 1;
  return { rows, units: shared ? core.threads : 1, together: false };
}

/** How a product is cut into calls: rows in parts, and columns in groups whose chunks are calls. */
interface Cut {
  parts: number;
  group: number;
}

/** Found once for each size; an engine has one BLAS for life. */
const trials = new WeakMap<Core, Map<string, boolean>>();

function gatesMayJoin(core: Core, rows: number, product: StepProduct): boolean {
  const { n, gate = n } = product;
  const parts = Math.ceil(rows / ROWS);
  return gate === n || sameBits(core, rows, product, { parts, group: gate }, { parts, group: n });
}

/** Parts of ROWS rows, unless fewer and larger ones, or one for each thread, give the same bits. */
function rowParts(core: Core, rows: number, products: readonly StepProduct[], threads: number): number {
  const safe = Math.ceil(rows / ROWS);
  const wanted = Math.min(rows, Math.max(threads, Math.ceil(rows / WALK_ROWS)));
  if (wanted === safe) return safe;
  const cut = (parts: number, { n }: StepProduct): Cut => ({ parts, group: n });
  return products.every((product) => sameBits(core, rows, product, cut(safe, product), cut(wanted, product)))
    ? wanted
    : safe;
}

function sameBits(core: Core, rows: number, { k, n }: StepProduct, cut: Cut, other: Cut): boolean {
  const known = trials.get(core) ?? new Map<string, boolean>();
  trials.set(core, known);
  const key = [rows, k, n, cut.parts, cut.group, other.parts, other.group].join();
  const found = known.get(key);
  if (found !== undefined) return found;
  const same = tryBoth(core, rows, k, n, cut, other);
  known.set(key, same);
  return same;
}

/** Samples of each column: two orders of a sum often round to the same bits, a hundred times hardly ever. */
const SAMPLES = 160;

/** The order of a sum does not depend on the numbers, so random ones tell. */
function tryBoth(core: Core, rows: number, k: number, n: number, cut: Cut, other: Cut): boolean {
  const chunks = Math.max(...[cut, other].map((each) => chunksBytes(k, each.group, widthFor(rows, k, each))));
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
      multiply(core, rows, k, n, a, w, packed, first, beta, cut);
      multiply(core, rows, k, n, a, w, packed, second, beta, other);
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

function widthFor(rows: number, k: number, { parts, group }: Cut): number {
  return chunkFor(Math.ceil(rows / parts), k, group);
}

/** As one step of a walk does it, see assembly/sequence-blas.ts: groups one after the other, of which `packed` holds one. */
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
  cut: Cut,
): void {
  const width = widthFor(rows, k, cut);
  for (let first = 0; first < n; first += cut.group) {
    packChunks(core, { at: w + first * k * 4, rs: 4, cs: k * 4 }, k, cut.group, packed, width);
    for (let part = 0; part < cut.parts; part++) {
      const from = Math.floor((rows * part) / cut.parts);
      const count = Math.floor((rows * (part + 1)) / cut.parts) - from;
      for (let j = 0; j < cut.group; j += width) {
        const columns = Math.min(width, cut.group - j);
        const x = a + from * k * 4;
        const to = c + (from * n + first + j) * 4;
        core.loaded.sgemm(0, 0, count, columns, k, x, k, packed + j * k * 4, width, beta, to, n);
      }
    }
  }
}
