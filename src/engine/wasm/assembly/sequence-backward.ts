/** Whole sequences, backward: the walk of sequence.ts from its end to its start, cut among threads in the same way. */
import { argI32, argPtr, partBegin } from "./args";
import { sgemm } from "./blas";
import { gatesOf, GRU, LSTM, maskOf, orZeros, RNN_RELU, RNN_SIGMOID, RNN_TANH } from "./cell-kinds";
import { gruBackwardOct, gruBackwardQuad, lstmBackwardOct, lstmBackwardQuad, rnnBackwardOct, rnnBackwardQuad } from "./cells";
import { copyRow } from "./copy";
import { block, ZEROS } from "./gemm";

/**
 * Gradients of all pre-activations into dG, for the products of weights and inputs that follow. A part is a job: rows n0 to n1 of the batch,
 * and panels of 8 units of them; it walks its steps from the last to the first. Pointers may be 0 where it says "or 0".
 *
 * What to do
 *    0  cell
 *    3  phases: 1 back through the projection, if any, and the cell; 2 the product to the step before; 3 both
 *   11  reverse: whether the layer was walked from the end to the start
 *   22  first step, 23 end of steps: those from 23 - 1 down to 22 are walked
 *   18  parts of rows, 19 parts of panels
 * Sizes
 *    1  L, 2 N, 4 H
 *   25  P, the width of the state: H where nothing is projected
 * Weights
 *    5  wHh packed as B
 *   24  units in a chunk of wHh for BLAS, [chunk][G·H][units]; 0 where BLAS does not make the product
 *   26  wHr packed as B, or 0 where nothing is projected
 *   29  units in a chunk of wHr for BLAS, or 0
 * What the walk forward left
 *    6  y [L, N, P]
 *    7  gates, 8 cell states
 *    9  h0 or 0, 10 c0 or 0
 *   27  m_t, what wHr projects
 * Gradients that come in
 *   12  dY or 0, 13 dHN or 0, 14 dCN or 0
 * Gradients that go out
 *   15  dG: rows [H] for the rnn, i|f|g|o for the lstm, n|r|z|the state's n for the gru
 *   20  dH0 or 0, 21 dC0 or 0
 * On the way
 *   16  dh, 17 dc: [N, H rounded up to 16]
 *   28  with a projection: room for the gradients of all h_t and of h0, [L + 1, N, P rounded up to 16]; the last step's are there
 */
export function sequenceBackward(args: usize, part: i32, parts: i32, thread: i32): void {
  const n = argI32(args, 2);
  const rowParts = argI32(args, 18);
  const panelParts = argI32(args, 19);
  const projects = argPtr(args, 26) != 0;
  const panels = (argI32(args, 4) + 7) >> 3;
  const statePanels = (argI32(args, 25) + 7) >> 3;
  const stateGrain = max(1, argI32(args, 24) >> 3);
  const grain = projects ? max(1, argI32(args, 29) >> 3) : stateGrain;
  const phases = argI32(args, 3);
  const first = parts == 1 ? 0 : part;
  const last = parts == 1 ? rowParts * panelParts : part + 1;
  for (let job = first; job < last; job++) {
    const rowPart = job % rowParts;
    const panelPart = job / rowParts;
    const n0 = partBegin(n, rowPart, rowParts, 1);
    const rows = partBegin(n, rowPart + 1, rowParts, 1) - n0;
    const p0 = partBegin(panels, panelPart, panelParts, grain);
    const p1 = partBegin(panels, panelPart + 1, panelParts, grain);
    const s0 = partBegin(statePanels, panelPart, panelParts, stateGrain);
    const s1 = partBegin(statePanels, panelPart + 1, panelParts, stateGrain);
    for (let step = argI32(args, 23) - 1; step >= argI32(args, 22); step--) {
      if (projects && (phases & 1) != 0) unproject(args, step, n0, rows, p0, p1, thread);
      if ((phases & 1) != 0) backwardCell(args, step, n0, rows, p0, p1);
      if ((phases & 2) != 0) backwardProduct(args, step, n0, rows, s0, s1, thread);
    }
  }
}

/** From row to row of dh and dc. */
// @ts-ignore: decorator
@inline
function paddedBytes(h: i32): usize {
  return <usize>((h + 15) & -16) << 2;
}

/** The cell's arithmetic for units 8·p0 to 8·p1. */
function backwardCell(args: usize, step: i32, n0: i32, rows: i32, p0: i32, p1: i32): void {
  const cell = argI32(args, 0);
  const l = argI32(args, 1);
  const n = argI32(args, 2);
  const h = argI32(args, 4);
  const reverse = argI32(args, 11) != 0;
  const t = reverse ? l - 1 - step : step;
  const row = <usize>h << 2;
  const padded = paddedBytes(h);
  const u0 = p0 << 3;
  const u1 = min(h, p1 << 3);
  const isLast = step == l - 1;
  const projects = argPtr(args, 26) != 0;
  const yBase = projects ? argPtr(args, 27) : argPtr(args, 6);
  const dHN = argPtr(args, 13);
  const dCN = argPtr(args, 14);
  const hBase = step == 0 ? argPtr(args, 9) : argPtr(args, 6) + <usize>((reverse ? t + 1 : t - 1) * n) * row;
  const cBase = step == 0 ? argPtr(args, 10) : argPtr(args, 8) + <usize>((reverse ? t + 1 : t - 1) * n) * row;
  const dYBase = projects ? 0 : argPtr(args, 12);
  const gRow = cell >= LSTM ? row << 2 : row;
  for (let r = n0; r < n0 + rows; r++) {
    const at = <usize>(t * n + r);
    const dh = argPtr(args, 16) + <usize>r * padded;
    const dc = argPtr(args, 17) + <usize>r * padded;
    if (isLast) {
      if (!projects) begin(dh, dHN == 0 ? 0 : dHN + <usize>r * row, u0, u1);
      if (cell == LSTM) begin(dc, dCN == 0 ? 0 : dCN + <usize>r * row, u0, u1);
    }
    const y = yBase + at * row;
    const gates = argPtr(args, 7) + at * (row << 2);
    const dG = argPtr(args, 15) + at * gRow;
    const hb = hBase == 0 ? 0 : hBase + <usize>r * row;
    const cb = cBase == 0 ? 0 : cBase + <usize>r * row;
    const dY = dYBase == 0 ? 0 : dYBase + at * row;
    const whole = u0 + ((u1 - u0) & -8);
    if (cell == LSTM) lstmBackwardRow(u0, whole, gates, row, cb, y, dY, dh, dc, dG);
    else if (cell == GRU) gruBackwardRow(u0, whole, gates, row, hb, dY, dh, dG);
    else if (cell == RNN_RELU) rnnBackwardRow(RNN_RELU, u0, whole, y, dY, dh, dG);
    else if (cell == RNN_SIGMOID) rnnBackwardRow(RNN_SIGMOID, u0, whole, y, dY, dh, dG);
    else rnnBackwardRow(RNN_TANH, u0, whole, y, dY, dh, dG);
    for (let u = whole; u < u1; u += 4) {
      const o = <usize>u << 2;
      const count = u1 - u;
      const d = dY == 0 ? 0 : dY + o;
      if (cell == LSTM) lstmBackwardQuad(gates + o, row, cb == 0 ? 0 : cb + o, y + o, d, dh + o, dc + o, dG + o, count);
      else if (cell == GRU) gruBackwardQuad(gates + o, row, hb == 0 ? 0 : hb + o, d, dh + o, dG + o, count);
      else rnnBackwardQuad(cell, y + o, d, dh + o, dG + o, count);
    }
    if (step == 0 && cell == LSTM && argPtr(args, 21) != 0) {
      const o = <usize>u0 << 2;
      memory.copy(argPtr(args, 21) + <usize>r * row + o, dc + o, <usize>(u1 - u0) << 2);
    }
  }
}

/* Units u0 to u1 of one row, in blocks of 8. */

// @ts-ignore: decorator
@inline
function lstmBackwardRow(
  u0: i32, u1: i32, gates: usize, row: usize, before: usize, h: usize, dY: usize, dh: usize, dc: usize, dG: usize,
): void {
  const b = orZeros(before), bMask = maskOf(before), d = orZeros(dY), dMask = maskOf(dY);
  const end = <usize>u1 << 2;
  for (let o = <usize>u0 << 2; o < end; o += 32) {
    lstmBackwardOct(gates + o, row, b + (o & bMask), h + o, d + (o & dMask), dh + o, dc + o, dG + o);
  }
}

// @ts-ignore: decorator
@inline
function gruBackwardRow(u0: i32, u1: i32, gates: usize, row: usize, before: usize, dY: usize, dh: usize, dG: usize): void {
  const b = orZeros(before), bMask = maskOf(before), d = orZeros(dY), dMask = maskOf(dY);
  const end = <usize>u1 << 2;
  for (let o = <usize>u0 << 2; o < end; o += 32) {
    gruBackwardOct(gates + o, row, b + (o & bMask), d + (o & dMask), dh + o, dG + o);
  }
}

// @ts-ignore: decorator
@inline
function rnnBackwardRow(cell: i32, u0: i32, u1: i32, h: usize, dY: usize, dh: usize, dG: usize): void {
  const d = orZeros(dY), dMask = maskOf(dY);
  const end = <usize>u1 << 2;
  for (let o = <usize>u0 << 2; o < end; o += 32) rnnBackwardOct(cell, h + o, d + (o & dMask), dh + o, dG + o);
}

/** Units u0 to u1 of a row of running gradients: what arrives at the end of the sequence, or zero. */
function begin(to: usize, from: usize, u0: i32, u1: i32): void {
  const o = <usize>u0 << 2;
  const bytes = <usize>(u1 - u0) << 2;
  if (from == 0) memory.fill(to + o, 0, bytes);
  else memory.copy(to + o, from + o, bytes);
}

/**
 * dh = dG · W_hh (and the gru's z⊙dh, which is there already), for panels p0 to p1 of the state. With a projection it is the gradient of h
 * one step earlier, and begins with what arrives at y there.
 */
function backwardProduct(args: usize, step: i32, n0: i32, rows: i32, p0: i32, p1: i32, thread: i32): void {
  const cell = argI32(args, 0);
  const dH0 = argPtr(args, 20);
  if (step == 0 && dH0 == 0) return;
  const l = argI32(args, 1);
  const n = argI32(args, 2);
  const h = argI32(args, 4);
  const state = argI32(args, 25);
  const reverse = argI32(args, 11) != 0;
  const t = reverse ? l - 1 - step : step;
  const row = <usize>h << 2;
  const gRow = cell >= LSTM ? row << 2 : row;
  const ps = paddedBytes(state);
  // The state's gates of the gru are r | z | n, after the inputs' n.
  const dG = argPtr(args, 15) + <usize>(t * n + n0) * gRow + (cell == GRU ? row : 0);
  let dh = argPtr(args, 16) + <usize>n0 * ps;
  let from = cell == GRU ? dh : ZEROS;
  let fs: usize = cell == GRU ? ps : 0;
  if (argPtr(args, 26) != 0) {
    const before = <usize>((step == 0 ? l : reverse ? t + 1 : t - 1) * n + n0);
    const dY = step == 0 ? 0 : argPtr(args, 12);
    dh = argPtr(args, 28) + before * ps;
    fs = dY == 0 ? 0 : <usize>state << 2;
    from = dY == 0 ? ZEROS : dY + before * fs;
  }
  multiplyBack(rows, state, gatesOf(cell) * h, dG, gRow, argPtr(args, 5), argI32(args, 24), dh, ps, from, fs, p0, p1, thread);
  if (step == 0) {
    const o = <usize>p0 << 5;
    const bytes = <usize>(min(state, p1 << 3) - (p0 << 3)) << 2;
    for (let r: usize = 0; r < <usize>rows; r++) memory.copy(dH0 + ((<usize>n0 + r) * <usize>state << 2) + o, dh + r * ps + o, bytes);
  }
}

/** The gradient of m_t, which a projection made h_t of: dh = dH_t · W_hr for panels p0 to p1 of the hidden units. */
function unproject(args: usize, step: i32, n0: i32, rows: i32, p0: i32, p1: i32, thread: i32): void {
  const l = argI32(args, 1);
  const h = argI32(args, 4);
  const p = argI32(args, 25);
  const t = argI32(args, 11) != 0 ? l - 1 - step : step;
  const as = paddedBytes(p), cs = paddedBytes(h);
  const dH = argPtr(args, 28) + <usize>(t * argI32(args, 2) + n0) * as;
  multiplyBack(rows, h, p, dH, as, argPtr(args, 26), argI32(args, 29), argPtr(args, 16) + <usize>n0 * cs, cs, ZEROS, 0, p0, p1, thread);
}

/**
 * c [rows, N] = from + a [rows, K] · w for panels p0 to p1: w packed as B, or in chunks of `chunk` columns for BLAS where that is not 0. Rows
 * of c are padded, so whole panels are written.
 */
function multiplyBack(
  rows: i32, n: i32, k: i32, a: usize, as: usize, w: usize, chunk: i32, c: usize, cs: usize, from: usize, fs: usize, p0: i32, p1: i32,
  thread: i32,
): void {
  const panels = (n + 7) >> 3;
  if (chunk == 0) {
    block(rows, panels << 3, k, a, as, 4, w, c, cs, from, fs, panels, p0, p1, 0, thread);
    return;
  }
  for (let u = p0 << 3; u < min(n, p1 << 3); u += chunk) {
    // Whole vectors, of zeros after the last unit: OpenBLAS takes twice as long over 63 columns as over 64.
    const units = min(chunk, (n - u + 15) & -16);
    const o = <usize>u << 2;
    if (from != ZEROS && from != c) {
      for (let r: usize = 0; r < <usize>rows; r++) copyRow(c + r * cs + o, from + r * fs + o, min(units, n - u));
    }
    sgemm(0, 0, rows, units, k, a, <i32>(as >> 2), w + <usize>u * (<usize>k << 2), chunk, from == ZEROS ? 0 : 1, c + o, <i32>(cs >> 2));
  }
}
