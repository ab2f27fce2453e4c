/**
 * Whole sequences, forward. A thread takes some rows of the batch and walks them through all steps, with no barrier: for every block of 8 hidden
 * units it multiplies inputs and state into a small tile of pre-activations, then the cell's arithmetic takes the tile
 * while it is in the first-level cache.
 *
 * With few rows the caller runs one step a launch and splits the hidden units instead. Same sums, same bits.
 */
import { argI32, argPtr, partBegin } from "./args";
import { gatesOf, GRU, LSTM, RNN_RELU, RNN_SIGMOID, RNN_TANH, tilesOf } from "./cell-kinds";
import { gruOct, lstmOct, rnnOct } from "./cells";
import { copyUnits } from "./copy";
import { directPanels, edgeTile, ZEROS } from "./gemm";
import { loadFirst } from "./lanes";
import { packPanels } from "./packing";
import { project } from "./sequence-projection";
import { activateGiven, multiplyBlas, startGiven } from "./sequence-blas";
import { activateFew, activateRagged, multiplyDots } from "./sequence-few";

/** Rows that a walk takes at once; scratch of a thread is a tile of this many times 128 bytes. */
export const WALK_ROWS: i32 = 60;

/** Bytes from gate to gate in a tile. */
const GATE: usize = 32;

/** Blocks of 8 units that share a tile of the rnn. */
const RNN_BLOCKS: i32 = 4;

/**
 * Packs the weights of a cell, [G·H, K], as [block of 8 units][gate][k][8], so that the panels of one block follow each other.
 * Args: 0 w, 1 K, 2 H, 3 G, 4 to, 5 rotate (the gru's input weights: n first). Parts are blocks of units.
 */
export function packGates(args: usize, part: i32, parts: i32): void {
  const w = argPtr(args, 0);
  const k = argI32(args, 1);
  const h = argI32(args, 2);
  const g = argI32(args, 3);
  const to = argPtr(args, 4);
  const rotate = argI32(args, 5);
  const blocks = (h + 7) >> 3;
  const end = partBegin(blocks, part + 1, parts, 1);
  const row = <usize>k << 2;
  for (let u = partBegin(blocks, part, parts, 1); u < end; u++) {
    for (let j = 0; j < g; j++) {
      const gate = rotate != 0 ? (j + g - 1) % g : j;
      const from = w + <usize>(gate * h + (u << 3)) * row;
      packPanels(from, 4, row, to + ((<usize>(u * g + j) * <usize>k) << 5), min(8, h - (u << 3)), k, k, 0, 1);
    }
  }
}

/**
 * Biases where the tiles begin: [block of 8 units][tile][8]. Both add up in one tile, but for the gru, whose tiles are n (inputs) | r |
 * z | n (state). Args: 0 cell, 1 H, 2 bIh or 0, 3 bHh or 0, 4 to.
 */
export function sequenceStart(args: usize): void {
  const cell = argI32(args, 0);
  const h = argI32(args, 1);
  const input = argPtr(args, 2);
  const state = argPtr(args, 3);
  const tiles = tilesOf(cell);
  let to = argPtr(args, 4);
  for (let u = 0; u < h; u += 8) {
    for (let tile = 0; tile < tiles; tile++) {
      const gate = cell == GRU ? (tile == 0 || tile == 3 ? 2 : tile - 1) : tile;
      const from = <usize>(gate * h + u) << 2;
      for (let half: usize = 0; half < 32; half += 16) {
        const count = h - u - (<i32>half >> 2);
        let sum = f32x4.splat(0);
        if (input != 0 && count > 0) {
          if (cell != GRU || tile != 3) sum = loadFirst(input + from + half, count);
          if (cell != GRU || tile != 0) sum = f32x4.add(sum, loadFirst(state + from + half, count));
        }
        v128.store(to + half, sum);
      }
      to += 32;
    }
  }
}

/**
 * Forward through a whole sequence, for parts of its rows and of its units. A "chunk" is a block of columns that BLAS multiplies at once;
 * 0 in its place: no BLAS. Words of `args` (an address of 0: not there; strides in bytes):
 *
 *   sizes     0 cell    1 L    2 N    3 I    4 H    34 P, the state's width: H where nothing is projected
 *   run       11 reverse    18 parts of rows    19 parts of units    20 scratch    21 first step    22 end of steps
 *             38 phases: 1 to m_t, 2 the projection, 3 both
 *   inputs    5 x    6 wIh    9 h0    10 c0    29 bIh    30 bHh (these two for weights where they lie)
 *   weights   7 wHh    8 start    17 they are packed    25 columns in a chunk of wHh    26 in a chunk of wIh, or 0 where 23 is made before
 *             28 wHh's gates are packed together
 *   outputs   12 y    13 hN    14 cN    15 gates    16 cells
 *   products  23 of the inputs    24 from row to row of 23    27 from step to step of 23
 *   table     31 ids [L, N]: the inputs' products are rows of a table    32 that table for BLAS (without: 23)    33 from row to row of 32
 *   project   35 wHr    36 m_t, which it projects    37 from step to step of 36    39 columns in a chunk of wHr (sequence-projection.ts)
 *
 * Where sums begin:
 *   packed weights       `start` [block][tile][8] holds the biases; with 23 it serves the gru's state part alone, and the tiles begin at 23,
 *                        whose columns are [G·H]
 *   weights as they lie  at 29 and 30, or at 23, a table of products with all biases of the inputs' sums
 *   BLAS                 at 23, without biases and with room for the gru's fourth part, to which the state's products are added. Weights are
 *                        [chunk][K][columns], wHh that for each gate, or for all together (the gru: r and z), whose units cannot be split
 */
export function sequenceForward(args: usize, part: i32, parts: i32, thread: i32): void {
  const n = argI32(args, 2);
  const rowParts = argI32(args, 18);
  const unitParts = argI32(args, 19);
  const blocks = (argI32(args, 4) + 7) >> 3;
  const grain = argI32(args, 28) != 0 ? blocks : max(1, argI32(args, 25) >> 3);
  const phases = argI32(args, 38);
  const scratch = argPtr(args, 20) + <usize>thread * <usize>(WALK_ROWS * 128);
  const first = parts == 1 ? 0 : part;
  const last = parts == 1 ? rowParts * unitParts : part + 1;
  for (let job = first; job < last; job++) {
    const rowPart = job % rowParts;
    const unitPart = job / rowParts;
    const n0 = partBegin(n, rowPart, rowParts, 1);
    const n1 = partBegin(n, rowPart + 1, rowParts, 1);
    const u0 = partBegin(blocks, unitPart, unitParts, grain);
    const u1 = partBegin(blocks, unitPart + 1, unitParts, grain);
    for (let step = argI32(args, 21); step < argI32(args, 22); step++) {
      if ((phases & 1) != 0) forwardStep(args, step, n0, n1 - n0, u0, u1, scratch, edgeTile(thread));
      if ((phases & 2) != 0) project(args, step, n0, n1 - n0, unitPart, unitParts, thread);
    }
  }
}

function forwardStep(args: usize, step: i32, n0: i32, rows: i32, u0: i32, u1: i32, scratch: usize, sums: usize): void {
  const cell = argI32(args, 0);
  const l = argI32(args, 1);
  const n = argI32(args, 2);
  const inputs = argI32(args, 3);
  const h = argI32(args, 4);
  const packed = argI32(args, 17) != 0;
  const reverse = argI32(args, 11) != 0;
  const t = reverse ? l - 1 - step : step;
  const before = reverse ? t + 1 : t - 1;
  const row = <usize>h << 2;
  const state = argI32(args, 34);
  const stateRow = <usize>state << 2;
  const here = <usize>(t * n + n0);
  const there = <usize>(before * n + n0);
  const offset = <usize>n0 * row;
  const projects = argPtr(args, 35) != 0;
  const m = projects ? argPtr(args, 36) + <usize>t * argPtr(args, 37) + offset : argPtr(args, 12) + here * row;
  const h0 = argPtr(args, 9);
  const c0 = argPtr(args, 10);
  const cells = argPtr(args, 16);
  const gates = argPtr(args, 15);
  const hBefore = step == 0 ? (h0 == 0 ? 0 : h0 + <usize>n0 * stateRow) : argPtr(args, 12) + there * stateRow;
  const cN = cell == LSTM ? argPtr(args, 14) + offset : 0;
  const cBefore = step == 0 ? (c0 == 0 ? 0 : c0 + offset) : cells != 0 ? cells + there * row : cN;
  const c = cells != 0 ? cells + here * row : cN;
  const ts: usize = cell >= LSTM ? <usize>tilesOf(cell) * GATE : <usize>RNN_BLOCKS * GATE;
  const hN = argPtr(args, 13) + offset;
  const isLast = step == l - 1;
  // The rnn has one panel a block, so four blocks share a tile: enough sums under way for few rows, pairs of panels for many.
  // With few rows, many blocks are multiplied before the cell's arithmetic, whose long chains then overlap.
  const most = !packed ? WALK_ROWS / rows : cell < LSTM ? RNN_BLOCKS : 1;
  const chunk = argI32(args, 25);
  if (chunk != 0) multiplyBlas(args, cell, t, n, n0, rows, h, u0 << 3, min(h, u1 << 3), hBefore, state);
  let first = u0;
  if (chunk != 0) {
    first = min(u1, h >> 3);
    activateGiven(args, cell, t, n0, rows, h, u0, first, cBefore, c, hBefore, m, gates == 0 ? 0 : gates + here * (row << 2));
  }
  if (chunk != 0 && isLast) {
    const units = (first - u0) << 3;
    const at = <usize>u0 << 5;
    if (!projects) copyUnits(hN + at, m + at, rows, row, units);
    if (cells != 0) copyUnits(cN + at, c + at, rows, row, units);
  }
  for (let u = first; u < u1; u += most) {
    const blocks = min(most, u1 - u);
    const units = min(blocks << 3, h - (u << 3));
    const at = <usize>u << 5;
    const cb = cBefore == 0 ? 0 : cBefore + at;
    const hb = hBefore == 0 ? 0 : hBefore + at;
    const g = gates == 0 ? 0 : gates + here * (row << 2) + at;
    const out = m + at;
    if (packed) {
      if (chunk != 0) startGiven(args, cell, t, n0, rows, h, u, blocks, hBefore != 0, scratch, ts);
      else multiplyPacked(args, cell, t, n, n0, rows, inputs, h, u, blocks, hBefore, state, scratch, ts);
      activate(cell, rows, units, scratch, ts, cb, c + at, hb, out, g, row);
    } else {
      const gap = <usize>blocks * GATE;
      multiplyDots(args, cell, t, n, n0, rows, inputs, h, u, units, hBefore, state, scratch, gap, sums);
      activateFew(cell, rows, units, scratch, gap, cb, c + at, hb, out, g, row);
    }
    if (isLast) {
      if (!projects) copyUnits(hN + at, out, rows, row, units);
      if (cells != 0) copyUnits(cN + at, c + at, rows, row, units);
    }
  }
}

/** Pre-activations of one block of units, or of `blocks` with one gate each, from packed weights. */
// @ts-ignore: decorator
@inline
function multiplyPacked(
  args: usize, cell: i32, t: i32, n: i32, n0: i32, rows: i32, inputs: i32, h: i32, u: i32, blocks: i32,
  hBefore: usize, state: i32, tile: usize, ts: usize,
): void {
  const g = gatesOf(cell) * blocks;
  const x = argPtr(args, 5) + ((<usize>(t * n + n0) * <usize>inputs) << 2);
  const tiles = tilesOf(cell);
  const start = argPtr(args, 8) + ((<usize>(u * tiles)) << 5);
  const given = argPtr(args, 23);
  // The gru's state part of n, tile 3, begins on its own.
  if (given != 0) {
    const gs = argPtr(args, 24);
    const gate: usize = cell >= LSTM ? <usize>h << 2 : 32;
    const first = <usize>(t * n + n0);
    const ids = argPtr(args, 31);
    if (ids != 0) copyRows(given + (<usize>u << 5), gs, ids + (first << 2), tile, ts, rows, g, gate, cell == GRU);
    else copyGiven(given + first * gs + (<usize>u << 5), gs, tile, ts, rows, g, gate, cell == GRU);
  } else {
    const bp = <usize>inputs << 5;
    directPanels(rows, g, x, <usize>inputs << 2, argPtr(args, 6) + <usize>(u * gatesOf(cell)) * bp, bp, tile, ts, start, 0, inputs);
  }
  if (cell == GRU) {
    for (let r: usize = 0; r < <usize>rows; r++) {
      v128.store(tile + r * ts + 96, v128.load(start, 96));
      v128.store(tile + r * ts + 112, v128.load(start, 112));
    }
  }
  if (hBefore != 0) {
    const bp = <usize>state << 5;
    const to = cell == GRU ? tile + 32 : tile;
    directPanels(rows, g, hBefore, <usize>state << 2, argPtr(args, 7) + <usize>(u * gatesOf(cell)) * bp, bp, to, ts, to, ts, state);
  }
}

/** Inputs' products that were made for all steps at once, into the tile. */
function copyGiven(from: usize, fs: usize, tile: usize, ts: usize, rows: i32, g: i32, gate: usize, rotate: bool): void {
  for (let r = 0; r < rows; r++) {
    copyGates(from, tile, g, gate, rotate);
    from += fs;
    tile += ts;
  }
}

/** Gates' products into tiles, as `copyGates`, where the rows are those of a table that `ids` names. */
function copyRows(table: usize, fs: usize, ids: usize, tile: usize, ts: usize, rows: i32, g: i32, gate: usize, rotate: bool): void {
  for (let r = 0; r < rows; r++) {
    copyGates(table + <usize>load<i32>(ids + (<usize>r << 2)) * fs, tile, g, gate, rotate);
    tile += ts;
  }
}

/** Eight units of each gate, `gate` bytes apart, in the order of the tile. */
// @ts-ignore: decorator
@inline
function copyGates(from: usize, tile: usize, g: i32, gate: usize, rotate: bool): void {
  for (let j = 0; j < g; j++) {
    // n | r | z in the gru's tile
    const x = from + <usize>(rotate ? (j + 2) % 3 : j) * gate;
    const a = v128.load(x), b = v128.load(x, 16);
    v128.store(tile + (<usize>j << 5), a);
    v128.store(tile + (<usize>j << 5), b, 16);
  }
}

/** The cell's arithmetic on a tile; states before it and gates may be absent (0). */
function activate(
  cell: i32, rows: i32, units: i32, tile: usize, ts: usize, cBefore: usize, c: usize, hBefore: usize, y: usize, gates: usize,
  row: usize,
): void {
  for (; cell < LSTM && units >= 8; units -= 8) {
    if (cell == RNN_RELU) rnnRows(RNN_RELU, rows, tile, ts, y, row);
    else if (cell == RNN_SIGMOID) rnnRows(RNN_SIGMOID, rows, tile, ts, y, row);
    else rnnRows(RNN_TANH, rows, tile, ts, y, row);
    tile += 32;
    y += 32;
  }
  if (units == 0) return;
  if (units < 8) activateRagged(cell, rows, units, tile, ts, GATE, cBefore, c, hBefore, y, gates, row);
  else if (cell == LSTM) {
    if (gates != 0) lstmRows(true, rows, tile, ts, cBefore, c, y, gates, row);
    else lstmRows(false, rows, tile, ts, cBefore, c, y, gates, row);
  } else if (cell == GRU) {
    if (gates != 0) gruRows(true, rows, tile, ts, hBefore, y, gates, row);
    else gruRows(false, rows, tile, ts, hBefore, y, gates, row);
  }
}

// @ts-ignore: decorator
@inline
function lstmRows(
  saves: bool, rows: i32, tile: usize, ts: usize, cBefore: usize, c: usize, y: usize, gates: usize, row: usize,
): void {
  let before = cBefore == 0 ? ZEROS : cBefore;
  const step = cBefore == 0 ? 0 : row;
  for (; rows > 0; rows--) {
    lstmOct(saves, false, tile, 32, 0, before, c, y, gates, row);
    tile += ts;
    before += step;
    c += row;
    y += row;
    gates += row << 2;
  }
}

// @ts-ignore: decorator
@inline
function gruRows(
  saves: bool, rows: i32, tile: usize, ts: usize, hBefore: usize, y: usize, gates: usize, row: usize,
): void {
  let before = hBefore == 0 ? ZEROS : hBefore;
  const step = hBefore == 0 ? 0 : row;
  for (; rows > 0; rows--) {
    gruOct(saves, false, tile, tile + 32, tile + 64, tile + 96, 0, before, y, gates, row);
    tile += ts;
    before += step;
    y += row;
    gates += row << 2;
  }
}

// @ts-ignore: decorator
@inline
function rnnRows(cell: i32, rows: i32, tile: usize, ts: usize, y: usize, row: usize): void {
  for (; rows > 0; rows--) {
    rnnOct(cell, false, tile, 0, y);
    tile += ts;
    y += row;
  }
}
