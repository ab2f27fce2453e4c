/** The steps of a walk whose products BLAS makes: whole rows at a time, then the cell's arithmetic where the sums lie. */
import { argI32, argPtr } from "./args";
import { chunksBytes, sgemm } from "./blas";
import { gatesOf, GRU, LSTM, maskOf, orZeros, RNN_RELU, RNN_SIGMOID, RNN_TANH, tilesOf } from "./cell-kinds";
import { gruOct, lstmOct, rnnOct } from "./cells";
import { ZEROS } from "./gemm";
import { copyRow } from "./copy";

/**
 * Pre-activations of units u0 to u1, without biases, where args 23 says: the inputs' products here, unless they were made before, then the
 * state's. The gru's state part of n goes to the fourth place.
 */
export function multiplyBlas(
  args: usize, cell: i32, t: i32, n: i32, n0: i32, rows: i32, h: i32, u0: i32, u1: i32, hBefore: usize, state: i32,
): void {
  const inputs = argI32(args, 3);
  const gs = argPtr(args, 24);
  const given = argPtr(args, 23) + <usize>t * argPtr(args, 27) + <usize>n0 * gs;
  const ldc = <i32>(gs >> 2);
  const width = argI32(args, 25);
  const w = argPtr(args, 7);
  const inputWidth = argI32(args, 26);
  if (argPtr(args, 31) != 0) copyProducts(args, t * n + n0, rows, gatesOf(cell), h, u0, u1, given, gs);
  if (inputWidth != 0) {
    const x = argPtr(args, 5) + (<usize>((t * n + n0) * inputs) << 2);
    multiplyChunks(rows, inputs, x, argPtr(args, 6), 0, gatesOf(cell) * h, inputWidth, 0, given, ldc);
  }
  if (hBefore == 0) return;
  if (argI32(args, 28) != 0) {
    const together = cell == GRU ? 2 * h : gatesOf(cell) * h;
    multiplyChunks(rows, state, hBefore, w, 0, together, width, 1, given, ldc);
    if (cell == GRU) multiplyChunks(rows, state, hBefore, w + chunksBytes(state, together, width), 0, h, width, 0, given + (<usize>(3 * h) << 2), ldc);
    return;
  }
  for (let j = 0; j < gatesOf(cell); j++) {
    const apart = cell == GRU && j == 2;
    const to = given + (<usize>((apart ? 3 : j) * h) << 2);
    multiplyChunks(rows, state, hBefore, w + <usize>j * chunksBytes(state, h, width), u0, u1, width, apart ? 0 : 1, to, ldc);
  }
}

/** The inputs' products of units u0 to u1, of `rows` rows from `first` on, from the table of args 32. */
function copyProducts(args: usize, first: i32, rows: i32, g: i32, h: i32, u0: i32, u1: i32, to: usize, gs: usize): void {
  const table = argPtr(args, 32), ts = argPtr(args, 33);
  const ids = argPtr(args, 31) + (<usize>first << 2);
  for (let r = 0; r < rows; r++) {
    const from = table + <usize>load<i32>(ids + (<usize>r << 2)) * ts;
    for (let j = 0; j < g; j++) {
      const at = <usize>(j * h + u0) << 2;
      copyRow(to + at, from + at, u1 - u0);
    }
    to += gs;
  }
}

/** c = a [rows, K] · w + beta · c for columns from `begin` to `end` of packed chunks. */
export function multiplyChunks(
  rows: i32, k: i32, a: usize, w: usize, begin: i32, end: i32, width: i32, beta: f32, c: usize, ldc: i32,
): void {
  for (let j = begin; j < end; j += width) {
    const columns = min(width, end - j);
    sgemm(0, 0, rows, columns, k, a, k, w + (<usize>(j * k) << 2), width, beta, c + (<usize>j << 2), ldc);
  }
}

/** The cell's arithmetic on the sums of BLAS, row by row, for whole blocks u0 to u1. */
export function activateGiven(
  args: usize, cell: i32, t: i32, n0: i32, rows: i32, h: i32, u0: i32, u1: i32, cBefore: usize, c: usize, hBefore: usize, y: usize,
  gates: usize,
): void {
  const gs = argPtr(args, 24);
  const row = <usize>h << 2;
  const begin = <usize>u0 << 5, end = <usize>u1 << 5;
  // A block's biases are four tiles, or one.
  const scale: usize = cell >= LSTM ? 2 : 0;
  const start = argPtr(args, 8);
  let from = argPtr(args, 23) + <usize>t * argPtr(args, 27) + <usize>n0 * gs;
  const before = cell == LSTM ? cBefore : hBefore;
  const mask = maskOf(before), step = before == 0 ? 0 : row;
  let b = orZeros(before);
  for (; rows > 0; rows--) {
    if (cell == LSTM && gates != 0) {
      for (let o = begin; o < end; o += 32) lstmOct(true, true, from + o, row, start + (o << scale), b + (o & mask), c + o, y + o, gates + o, row);
    } else if (cell == LSTM) {
      for (let o = begin; o < end; o += 32) lstmOct(false, true, from + o, row, start + (o << scale), b + (o & mask), c + o, y + o, 0, row);
    } else if (cell == GRU) {
      const nh = hBefore == 0 ? ZEROS : from + 3 * row;
      const r = from, z = from + row, nx = from + 2 * row;
      if (gates != 0) {
        for (let o = begin; o < end; o += 32) gruOct(true, true, nx + o, r + o, z + o, nh + (o & mask), start + (o << scale), b + (o & mask), y + o, gates + o, row);
      } else {
        for (let o = begin; o < end; o += 32) gruOct(false, true, nx + o, r + o, z + o, nh + (o & mask), start + (o << scale), b + (o & mask), y + o, 0, row);
      }
    } else if (cell == RNN_RELU) {
      for (let o = begin; o < end; o += 32) rnnOct(RNN_RELU, true, from + o, start + o, y + o);
    } else if (cell == RNN_SIGMOID) {
      for (let o = begin; o < end; o += 32) rnnOct(RNN_SIGMOID, true, from + o, start + o, y + o);
    } else {
      for (let o = begin; o < end; o += 32) rnnOct(RNN_TANH, true, from + o, start + o, y + o);
    }
    from += gs;
    b += step;
    c += row;
    y += row;
    gates += gates == 0 ? 0 : row << 2;
  }
}

/** The sums of BLAS with the biases, into the tile. */
export function startGiven(
  args: usize, cell: i32, t: i32, n0: i32, rows: i32, h: i32, u: i32, blocks: i32, hasState: bool, tile: usize, ts: usize,
): void {
  const gs = argPtr(args, 24);
  const tiles = cell >= LSTM ? 4 : blocks;
  const gate: usize = cell >= LSTM ? <usize>h << 2 : 32;
  const start = argPtr(args, 8) + (<usize>(u * tilesOf(cell)) << 5);
  let from = argPtr(args, 23) + <usize>t * argPtr(args, 27) + <usize>n0 * gs + (<usize>u << 5);
  for (; rows > 0; rows--) {
    for (let j = 0; j < tiles; j++) {
      // n | r | z | state's n in the gru's tile
      const slot = cell != GRU || j == 3 ? j : (j + 2) % 3;
      const x = slot == 3 && cell == GRU && !hasState ? ZEROS : from + <usize>slot * gate;
      const o = <usize>j << 5;
      const a = f32x4.add(v128.load(x), v128.load(start + o));
      const b = f32x4.add(v128.load(x, 16), v128.load(start + o, 16));
      v128.store(tile + o, a);
      v128.store(tile + o, b, 16);
    }
    from += gs;
    tile += ts;
  }
}
