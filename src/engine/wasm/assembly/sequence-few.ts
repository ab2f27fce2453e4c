/** A step or two of few rows: every weight is used for a few products only, so the memory it comes from decides. */
import { argPtr } from "./args";
import { gatesOf, GRU, LSTM, maskOf, orZeros, tilesOf } from "./cell-kinds";
import { gruOct, gruQuad, lstmOct, lstmQuad, rnnOct, rnnQuad } from "./cells";
import { dotRow } from "./dots";
import { ZEROS } from "./gemm";

/**
 * Pre-activations from weights where they lie, for `units` units from block u on, as [row][gate][units], the gates `gap` bytes apart: for a step
 * or two of few rows, when packing would cost more than it saves. The inputs' sum, with its biases, is complete before the state's is added, so
 * that it may as well come from a table of products.
 */
export function multiplyDots(
  args: usize, cell: i32, t: i32, n: i32, n0: i32, rows: i32, inputs: i32, h: i32, u: i32, units: i32, hBefore: usize, width: i32,
  to: usize, gap: usize, sums: usize,
): void {
  const g = gatesOf(cell);
  const bIh = argPtr(args, 29);
  const bHh = argPtr(args, 30);
  const products = argPtr(args, 23);
  const k = hBefore == 0 ? 0 : width;
  for (let r = 0; r < rows; r++) {
    const row = <usize>(t * n + n0 + r);
    const x = argPtr(args, 5) + ((row * <usize>inputs) << 2);
    const given = products == 0 ? 0 : products + <usize>load<i32>(argPtr(args, 31) + (row << 2)) * argPtr(args, 24);
    const state = hBefore + (<usize>(r * width) << 2);
    for (let j = 0; j < g; j++) {
      const from = <usize>(j * h + (u << 3)) << 2;
      const w = argPtr(args, 6) + from * <usize>inputs;
      const v = argPtr(args, 7) + from * <usize>width;
      const bi = bIh == 0 ? ZEROS : bIh + from;
      const bh = bHh == 0 ? ZEROS : bHh + from;
      // The gru's n, its last gate, is first and fourth: inputs' part and state's.
      if (cell == GRU && j == 2) {
        if (given != 0) memory.copy(to, given + from, <usize>units << 2);
        else dotRow(x, w, inputs, 0, 0, 0, to, bi, ZEROS, 0, units, sums);
        dotRow(state, v, k, 0, 0, 0, to + 3 * gap, ZEROS, bh, 0, units, sums);
        continue;
      }
      const sum = to + <usize>(cell == GRU ? j + 1 : j) * gap;
      if (given != 0) dotRow(0, 0, 0, state, v, k, sum, given + from, ZEROS, 0, units, sums);
      else dotRow(x, w, inputs, state, v, k, sum, bi, bh, 0, units, sums);
    }
    to += <usize>tilesOf(cell) * gap;
  }
}

/** The cell's arithmetic on what multiplyDots left. */
export function activateFew(
  cell: i32, rows: i32, units: i32, from: usize, gap: usize, cBefore: usize, c: usize, hBefore: usize, y: usize, gates: usize,
  row: usize,
): void {
  const cb = orZeros(cBefore), cMask = maskOf(cBefore);
  const hb = orZeros(hBefore), hMask = maskOf(hBefore);
  const end = <usize>(units & -8) << 2;
  for (let r = 0; r < rows; r++) {
    const first = <usize>r * row;
    const g = gates == 0 ? 0 : gates + (first << 2);
    for (let o: usize = 0; o < end; o += 32) {
      const at = first + o;
      if (cell == LSTM) {
        if (gates != 0) lstmOct(true, false, from + o, gap, 0, cb + (at & cMask), c + at, y + at, g + o, row);
        else lstmOct(false, false, from + o, gap, 0, cb + (at & cMask), c + at, y + at, 0, row);
      } else if (cell == GRU) {
        const n = from + o, r = n + gap, z = r + gap, nh = z + gap;
        if (gates != 0) gruOct(true, false, n, r, z, nh, 0, hb + (at & hMask), y + at, g + o, row);
        else gruOct(false, false, n, r, z, nh, 0, hb + (at & hMask), y + at, 0, row);
      } else {
        rnnOct(cell, false, from + o, 0, y + at);
      }
    }
    if ((units & 7) != 0) {
      const at = first + end;
      const before = cBefore == 0 ? 0 : cBefore + at;
      const last = hBefore == 0 ? 0 : hBefore + at;
      activateRagged(cell, 1, units & 7, from + end, 0, gap, before, c + at, last, y + at, gates == 0 ? 0 : g + end, row);
    }
    from += <usize>tilesOf(cell) * gap;
  }
}

/** The cell's arithmetic on fewer than 8 units, their gates `gap` bytes apart. */
export function activateRagged(
  cell: i32, rows: i32, units: i32, tile: usize, ts: usize, gap: usize, cBefore: usize, c: usize, hBefore: usize, y: usize, gates: usize,
  row: usize,
): void {
  const cs: usize = cBefore == 0 ? 0 : row;
  const hs: usize = hBefore == 0 ? 0 : row;
  const gs: usize = gates == 0 ? 0 : row << 2;
  const rest = units - 4;
  for (let r = 0; r < rows; r++) {
    if (cell == LSTM) {
      lstmQuad(tile, gap, cBefore, c, y, gates, row, units);
      if (rest > 0) {
        lstmQuad(tile + 16, gap, cBefore == 0 ? 0 : cBefore + 16, c + 16, y + 16, gates == 0 ? 0 : gates + 16, row, rest);
      }
    } else if (cell == GRU) {
      gruQuad(tile, gap, hBefore, y, gates, row, units);
      if (rest > 0) gruQuad(tile + 16, gap, hBefore == 0 ? 0 : hBefore + 16, y + 16, gates == 0 ? 0 : gates + 16, row, rest);
    } else {
      rnnQuad(cell, tile, y, units);
      if (rest > 0) rnnQuad(cell, tile + 16, y + 16, rest);
    }
    tile += ts;
    cBefore += cs;
    c += row;
    hBefore += hs;
    y += row;
    gates += gs;
  }
}
