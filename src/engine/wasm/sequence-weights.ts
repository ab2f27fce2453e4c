/** Weights packed for the walks over a sequence. */
import type { Operand } from "../engine.js";
import { chunksBytes, packChunks } from "./blas-products.js";
import type { Core } from "./core.js";
import { OP_PACK_GATES } from "./ops.js";
import { packB, packedBytes } from "./products.js";
import type { Sizes } from "./sequence-sizes.js";

/** As in assembly/gemm.ts. */
const KC = 256;

/** [G·H, K] weights in panels of 8 units, all gates of a block together. */
export function packGates(
  core: Core,
  name: string,
  w: Operand,
  { h, g }: Pick<Sizes, "h" | "g">,
  k: number,
  rotate: boolean,
): number {
  const to = core.scratch(name, Math.max(Math.ceil(h / 8) * g * k * 32, 64));
  const { i32, args: a } = core;
  i32[a] = core.address(w);
  i32[a + 1] = k;
  i32[a + 2] = h;
  i32[a + 3] = g;
  i32[a + 4] = to;
  i32[a + 5] = rotate ? 1 : 0;
  core.launch(OP_PACK_GATES, core.parts(g * h * k));
  return to;
}

/** Weights [N, K] as chunks of their transpose. */
export function packTransposed(core: Core, name: string, w: number, n: number, k: number, width: number): number {
  const to = core.scratch(name, chunksBytes(k, n, width));
  packChunks(core, { at: w, rs: 4, cs: k * 4 }, k, n, to, width);
  return to;
}

/** W_hr [P, H] in panels of 8 of its rows, for BLAS in chunks of its transpose, or, for few rows, where it lies. */
export function packProjection(core: Core, wHr: Operand, { h, p }: Sizes, packed: boolean, chunk: number): number {
  if (!packed) return core.address(wHr);
  if (chunk > 0) return packTransposed(core, "wHrChunks", core.address(wHr), p, h, chunk);
  return packGates(core, "wHrPanels", wHr, { h: p, g: 1 }, h, false);
}

/** Weights [K, N] for the products of the walk back: as B, or in chunks for BLAS where `chunk` is not 0. */
export function packBack(core: Core, name: string, w: Operand, chunk: number): number {
  const [k, n] = w.shape as [number, number];
  const to = core.scratch(name, chunk > 0 ? chunksBytes(k, n, chunk) : packedBytes(k, n));
  const b = { at: core.address(w), rs: n * 4, cs: 4 };
  if (chunk > 0) packChunks(core, b, k, n, to, chunk);
  else packB(core, b, k, n, to, KC);
  return to;
}
