/** What a projection needs beside the walk: room for m_t and for the gradients of h_t, and from these dW_hr. */
import type { SequenceBackwardArgs, SequenceForwardArgs } from "../engine.js";
import type { Core } from "./core.js";
import { product } from "./products.js";
import { type StridedRows, startOf, transposed } from "./sequence-gradients.js";
import type { Sizes } from "./sequence-sizes.js";

/** Where m_t goes: to what is saved, or where one step overwrites the last. `step` in bytes. */
export function roomForUnprojected(
  core: Core,
  { saved }: SequenceForwardArgs,
  { n, h }: Sizes,
): { at: number; step: number } {
  const bytes = n * h * 4;
  if (saved?.unprojected) return { at: core.address(saved.unprojected), step: bytes };
  return { at: core.scratch("unprojected", bytes + 64), step: 0 };
}

/** Room for the gradients of all h_t and of h0 after them, [L + 1, N, P], with that of the last step of the walk: what arrives at it. */
export function roomForGradients(
  core: Core,
  { dY, dHN, reverse }: SequenceBackwardArgs,
  { l, n, p }: Sizes,
): StridedRows {
  const rs = Math.ceil(p / 16) * 64;
  const at = core.scratch("dH", (l + 1) * n * rs);
  const { f32 } = core;
  const t = reverse ? 0 : l - 1;
  for (let r = 0; r < n; r++) {
    const to = (at + (t * n + r) * rs) >>> 2;
    const y = dY && (core.address(dY) >>> 2) + (t * n + r) * p;
    const h = dHN && (core.address(dHN) >>> 2) + r * p;
    for (let j = 0; j < p; j++) f32[to + j] = (y === null ? 0 : f32[y + j]) + (h === null ? 0 : f32[h + j]);
  }
  return { at, rs };
}

/** dW_hr = Σ dh m_tᵀ over all steps and rows of the batch. */
export function projectionGradient(
  core: Core,
  args: SequenceBackwardArgs,
  { l, n, h, p }: Sizes,
  dH: StridedRows,
): void {
  const out = { at: core.address(args.dWHr!), rs: h * 4, cs: 4 };
  const m = { at: core.address(args.saved.unprojected!), rs: h * 4, cs: 4 };
  const { from, fs } = startOf(args, out);
  product(core, out, transposed(dH, 0), m, p, h, l * n, from, fs);
}
