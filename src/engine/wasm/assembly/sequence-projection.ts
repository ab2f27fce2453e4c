/** The last part of a step with a projection: h_t = W_hr m_t, once all units of m_t are there. */
import { argI32, argPtr, partBegin } from "./args";
import { copyUnits } from "./copy";
import { dotRow } from "./dots";
import { directPanels, edgeTile, ragged, ZEROS } from "./gemm";
import { multiplyChunks } from "./sequence-blas";

/**
 * Units of h_t in part `unitPart` of `unitParts`, for `rows` rows of the batch, and at the last step hN. The arguments are those of
 * `sequenceForward`; wHr [P, H] is packed in panels of 8 of its rows, [panel][H][8], in chunks of their transpose for BLAS, or where it lies.
 */
export function project(args: usize, step: i32, n0: i32, rows: i32, unitPart: i32, unitParts: i32, thread: i32): void {
  const l = argI32(args, 1);
  const n = argI32(args, 2);
  const h = argI32(args, 4);
  const p = argI32(args, 34);
  const w = argPtr(args, 35);
  const chunk = argI32(args, 39);
  const t = argI32(args, 11) != 0 ? l - 1 - step : step;
  const panels = (p + 7) >> 3;
  const grain = max(1, chunk >> 3);
  const p0 = partBegin(panels, unitPart, unitParts, grain) << 3;
  const p1 = min(p, partBegin(panels, unitPart + 1, unitParts, grain) << 3);
  if (p0 >= p1) return;
  const row = <usize>h << 2;
  const out = <usize>p << 2;
  const m = argPtr(args, 36) + <usize>t * argPtr(args, 37) + <usize>n0 * row;
  const y = argPtr(args, 12) + <usize>(t * n + n0) * out;
  if (chunk != 0) multiplyChunks(rows, h, m, w, p0, p1, chunk, 0, y, p);
  else if (argI32(args, 17) != 0) {
    const bp = row << 3;
    const whole = (p1 - p0) >> 3;
    const b = w + <usize>(p0 >> 3) * bp;
    const to = y + (<usize>p0 << 2);
    directPanels(rows, whole, m, row, b, bp, to, out, ZEROS, 0, h);
    const at = <usize>whole;
    if (((p1 - p0) & 7) != 0) ragged((p1 - p0) & 7, rows, m, row, b + at * bp, to + (at << 5), out, ZEROS, 0, h, thread);
  } else {
    for (let r: usize = 0; r < <usize>rows; r++) dotRow(m + r * row, w, h, 0, 0, 0, y + r * out, ZEROS, ZEROS, p0, p1, edgeTile(thread));
  }
  if (step == l - 1) copyUnits(argPtr(args, 13) + <usize>n0 * out + (<usize>p0 << 2), y + (<usize>p0 << 2), rows, out, p1 - p0);
}
