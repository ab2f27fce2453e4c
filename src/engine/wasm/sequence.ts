import type { DType } from "../../base/dtype.js";
import type { CellKind } from "../cells.js";
import type { KeptRows, SequenceArgs, SequenceBackwardArgs, SequenceForwardArgs, TableRows } from "../engine.js";
import { chunkFor, chunksBytes, packChunks } from "./blas-products.js";
import { blasSplit, fitsOneThread, type StepProduct, WALK_ROWS } from "./blas-split.js";
import type { Core } from "./core.js";
import { OP_SEQUENCE_BACKWARD, OP_SEQUENCE_FORWARD, OP_SEQUENCE_START } from "./ops.js";
import { product, ZEROS } from "./products.js";
import { type StridedRows, sequenceGradients } from "./sequence-gradients.js";
import { projectionGradient, roomForGradients, roomForUnprojected } from "./sequence-projection.js";
import { addressOr0, type Sizes, sizesOf } from "./sequence-sizes.js";
import { packBack, packGates, packProjection, packTransposed } from "./sequence-weights.js";

const CELL_CODES: Readonly<Record<CellKind, number>> = { rnn_tanh: 0, rnn_relu: 1, rnn_sigmoid: 2, lstm: 3, gru: 4 };

/** Steps times rows up to which packing the weights costs more than it saves. */
const FEW = 4;
/** Bytes of products up to which the rows of a table keep theirs. */
const KEPT_MOST = 8 << 20;
/** Rows of the batch up to which all inputs are multiplied at once, before the walk. */
const NARROW = 3;
/** Rows of the batch up to which BLAS, which packs the weights anew at every step, is the slower one. */
const FEW_FOR_BLAS = 3;
/** Bytes of input weights beyond which walking through them at every step costs more than storing their products. */
const WIDE_WEIGHTS = 1 << 20;
/** Multiply-adds in one step from which it pays to split a step of few rows among threads. */
const STEP_WORTH_SHARING = 200_000;

/** Pieces of the walk: rows of the batch, or with few rows the hidden units, one step a launch. */
interface Split {
  rows: number;
  units: number;
}

function splitOf(core: Core, { l, n, i, h, g, p }: Sizes): Split {
  const blocks = Math.ceil(h / 8);
  const step = n * (g * h * (p + i) + (p === h ? 0 : p * h));
  const work = l * step;
  const threads = core.parts(work);
  const chunks = Math.ceil(n / WALK_ROWS);
  if (threads === 1) return { rows: chunks, units: 1 };
  if (n >= 4 * threads) return { rows: Math.ceil(chunks / threads) * threads, units: 1 };
  if (core.parts((step * 60_000) / STEP_WORTH_SHARING) > 1) return { rows: chunks, units: Math.min(threads, blocks) };
  return { rows: Math.min(threads, n), units: 1 };
}

/** Bytes of input weights up to which every thread has them at hand, and multiplies each step's inputs as it walks. */
const INPUT_WEIGHTS_OF_ONE = 1 << 20;

/** Whether BLAS makes the products of every step. */
function stepsByBlas(core: Core, { l, n }: Sizes): boolean {
  return core.blas !== null && n > FEW_FOR_BLAS && l * n > FEW;
}

function multipliesInputs(sizes: Sizes): boolean {
  return fitsOneThread(sizes) && 4 * sizes.g * sizes.h * sizes.i <= INPUT_WEIGHTS_OF_ONE;
}

export function sequenceForward(core: Core, args: SequenceForwardArgs): boolean {
  const sizes = sizesOf(args);
  const { l, n, i, h, g, p } = sizes;
  if (args.y.buffer.dtype !== "float32" || l * n * h === 0) return false;
  const packed = l * n > FEW;
  const blas = stepsByBlas(core, sizes);
  const kept = packed ? null : (args.kept ?? null);
  const split = blas
    ? blasSplit(core, sizes, stepProducts(args, sizes))
    : { ...splitOf(core, kept ? { ...sizes, i: 0 } : sizes), together: false };
  const { gates = null, cells = null } = args.saved ?? {};
  const rows = packed ? (args.rows ?? null) : null;
  const chunks = blas ? chunksOf(sizes, Math.ceil(n / split.rows), rows !== null, split.together) : null;
  const wide = n <= NARROW || g * h * i * 4 > WIDE_WEIGHTS;
  const table = rows ? multiplyTable(core, args, sizes, rows, blas) : null;
  const given =
    chunks?.inputs || (blas && table)
      ? roomForSums(core, args, sizes)
      : (table ?? (blas || (packed && wide) ? multiplyInputs(core, args, sizes, blas) : null));
  const wIh = chunks?.inputs
    ? packTransposed(core, "wIhChunks", core.address(args.wIh), g * h, i, chunks.inputs)
    : packed
      ? given
        ? 0
        : packGates(core, "wIh", args.wIh, sizes, i, args.cell === "gru")
      : core.address(args.wIh);
  const wHh = chunks
    ? packStateChunks(core, args, sizes, chunks)
    : packed
      ? packGates(core, "wHh", args.wHh, sizes, p, false)
      : core.address(args.wHh);
  const projectionChunk = chunks && args.wHr ? chunkFor(Math.ceil(n / split.rows), h, p) : 0;
  const wHr = args.wHr ? packProjection(core, args.wHr, sizes, packed, projectionChunk) : 0;
  const m = args.wHr ? roomForUnprojected(core, args, sizes) : { at: 0, step: 0 };
  const start = packed ? writeStart(core, args, sizes) : 0;
  if (kept) completeProducts(core, args, sizes, kept);
  const scratch = core.scratch("walk", core.threads * WALK_ROWS * 128);
  const { i32, args: a } = core;
  i32[a] = CELL_CODES[args.cell];
  i32[a + 1] = l;
  i32[a + 2] = n;
  i32[a + 3] = i;
  i32[a + 4] = h;
  i32[a + 5] = core.address(args.x);
  i32[a + 6] = wIh;
  i32[a + 7] = wHh;
  i32[a + 8] = start;
  i32[a + 9] = addressOr0(core, args.h0);
  i32[a + 10] = addressOr0(core, args.c0);
  i32[a + 11] = args.reverse ? 1 : 0;
  i32[a + 12] = core.address(args.y);
  i32[a + 13] = core.address(args.hN);
  i32[a + 14] = addressOr0(core, args.cN);
  i32[a + 15] = addressOr0(core, gates);
  i32[a + 16] = addressOr0(core, cells);
  i32[a + 17] = packed ? 1 : 0;
  i32[a + 18] = split.rows;
  i32[a + 19] = split.units;
  i32[a + 20] = scratch;
  i32[a + 23] = kept ? core.address(kept.products) : (given?.at ?? 0);
  i32[a + 24] = kept ? 4 * g * h : (given?.rs ?? 0);
  i32[a + 25] = chunks?.state ?? 0;
  i32[a + 26] = chunks?.inputs ?? 0;
  i32[a + 27] = given?.step ?? 0;
  i32[a + 28] = chunks?.together ? 1 : 0;
  i32[a + 29] = addressOr0(core, args.bIh);
  i32[a + 30] = addressOr0(core, args.bHh);
  i32[a + 31] = addressOr0(core, (kept ?? rows)?.ids ?? null);
  i32[a + 32] = table?.at ?? 0;
  i32[a + 33] = table?.rs ?? 0;
  i32[a + 34] = p;
  i32[a + 35] = wHr;
  i32[a + 36] = m.at;
  i32[a + 37] = m.step;
  i32[a + 39] = projectionChunk;
  walk(core, split, l, args.wHr ? [1, 2] : [1], (from, to, parts, phases) => {
    i32[a + 21] = from;
    i32[a + 22] = to;
    i32[a + 38] = phases;
    core.launch(OP_SEQUENCE_FORWARD, parts);
  });
  return true;
}

/** All steps in one launch, or a launch for each phase of a step when units are split, which must see each other's states. */
function walk(
  core: Core,
  split: Split,
  l: number,
  phases: readonly number[],
  run: (from: number, to: number, parts: number, phases: number) => void,
): void {
  const parts = core.threads === 1 ? 1 : split.rows * split.units;
  const all = phases.reduce((bits, phase) => bits | phase);
  if (split.units === 1) run(0, l, parts, all);
  else for (let step = 0; step < l; step++) for (const phase of phases) run(step, step + 1, parts, phase);
}

/** Columns in the chunks of weights that BLAS is called with. */
interface Chunks {
  state: number;
  /** 0: the inputs of all steps are multiplied at once, before the walk. */
  inputs: number;
  /** All gates are one matrix; the gru's r and z, and its n. */
  together: boolean;
}

function chunksOf(sizes: Sizes, rows: number, isTable: boolean, together: boolean): Chunks {
  const { i, h, g, p } = sizes;
  const inputs = !isTable && multipliesInputs(sizes) ? chunkFor(rows, i, g * h) : 0;
  return { state: chunkFor(rows, p, together ? g * h : h), inputs, together };
}

/** What the walk multiplies at every step. */
function stepProducts({ cell, wHr }: SequenceForwardArgs, sizes: Sizes): StepProduct[] {
  const { i, h, g, p } = sizes;
  const inputs = multipliesInputs(sizes) ? [{ k: i, n: g * h }] : [];
  const projection = wHr ? [{ k: h, n: p }] : [];
  return [...inputs, ...stateGroups(cell, { h, g }).map((n) => ({ k: p, n, gate: h })), ...projection];
}

/** Columns of W_hhᵀ that are multiplied together. */
function stateGroups(cell: CellKind, { h, g }: Pick<Sizes, "h" | "g">): number[] {
  return cell === "gru" ? [2 * h, h] : [g * h];
}

function packStateChunks(
  core: Core,
  args: SequenceForwardArgs,
  { h, g, p }: Sizes,
  { state, together }: Chunks,
): number {
  const sizes = together ? stateGroups(args.cell, { h, g }) : new Array<number>(g).fill(h);
  const bytes = sizes.map((columns) => chunksBytes(p, columns, state));
  const at = core.scratch(
    "wHhChunks",
    bytes.reduce((sum, size) => sum + size, 0),
  );
  let w = core.address(args.wHh);
  let to = at;
  sizes.forEach((columns, i) => {
    packChunks(core, { at: w, rs: 4, cs: p * 4 }, p, columns, to, state);
    w += columns * p * 4;
    to += bytes[i];
  });
  return at;
}

/** Where sums of the walk lie, with their strides from row to row and from step to step in bytes. */
interface Given {
  at: number;
  rs: number;
  step: number;
}

/** In the saved gates, or where one step overwrites the last. */
function roomForSums(core: Core, args: SequenceForwardArgs, { n, h, g }: Sizes): Given {
  const rs = g > 1 ? 16 * h : 4 * h;
  if (args.saved?.gates) return { at: core.address(args.saved.gates), rs, step: n * rs };
  return { at: core.scratch("inputs", n * rs + 64), rs, step: 0 };
}

/**
 * x · W_ihᵀ with the biases that belong to it (with steps by BLAS without, and with room for the gru's fourth part), for all steps at once, where the pre-activations of the cell will be: in the
 * saved gates, in y, or in scratch.
 */
function multiplyInputs(core: Core, args: SequenceForwardArgs, { l, n, i, h, g }: Sizes, blas: boolean): Given {
  const rs = args.saved?.gates || (blas && g > 1) ? 16 * h : 4 * g * h;
  // Vectors of 8 units reach past a row's end, so the rnn's y will not do: its neighbours would be overwritten late.
  const at = args.saved?.gates ? core.address(args.saved.gates) : core.scratch("inputs", l * n * rs + 64);
  const from = blas ? ZEROS : inputBias(core, args, h, g);
  const x = { at: core.address(args.x), rs: i * 4, cs: 4 };
  const w = { at: core.address(args.wIh), rs: 4, cs: i * 4 };
  product(core, { at, rs, cs: 4 }, x, w, l * n, g * h, i, from, 0);
  return { at, rs, step: n * rs };
}

/** Input products x·W_ihᵀ of every row of a table that the inputs are rows of; the walk takes them by their ids. */
function multiplyTable(
  core: Core,
  args: SequenceForwardArgs,
  { i, h, g }: Sizes,
  { table }: TableRows,
  blas: boolean,
): Given {
  const v = table.shape[0];
  const rs = 4 * g * h;
  const at = core.scratch("tableProducts", v * rs + 64);
  const from = blas ? ZEROS : inputBias(core, args, h, g);
  const x = { at: core.address(table), rs: i * 4, cs: 4 };
  const w = { at: core.address(args.wIh), rs: 4, cs: i * 4 };
  product(core, { at, rs, cs: 4 }, x, w, v, g * h, i, from, 0);
  return { at, rs, step: 0 };
}

/** Adds the products of those rows that are taken for the first time: the sums that the walk would make. */
function completeProducts(core: Core, args: SequenceForwardArgs, { l, n, i, h, g }: Sizes, kept: KeptRows): void {
  const { table, ids, products, isKnown } = kept;
  for (let r = 0; r < l * n; r++) {
    const id = core.i32[(core.address(ids) >>> 2) + r];
    if (isKnown[id] === 1) continue;
    const rs = 4 * g * h;
    const x = { at: core.address(table) + id * i * 4, rs: i * 4, cs: 4 };
    const w = { at: core.address(args.wIh), rs: 4, cs: i * 4 };
    const from = inputBias(core, args, h, g);
    product(core, { at: core.address(products) + id * rs, rs, cs: 4 }, x, w, 1, g * h, i, from, 0);
    isKnown[id] = 1;
  }
}

/** Where sums of the inputs begin: the biases that belong to them, which BLAS adds later. */
function inputBias(core: Core, args: SequenceForwardArgs, h: number, g: number): number {
  if (args.bIh === null) return ZEROS;
  const from = core.scratch("inputBias", g * h * 4);
  const sum = core.f32.subarray(from >>> 2, (from >>> 2) + g * h);
  const shared = args.cell === "gru" ? 2 * h : g * h;
  const bIh = core.address(args.bIh) >>> 2;
  const bHh = core.address(args.bHh!) >>> 2;
  for (let j = 0; j < g * h; j++) sum[j] = core.f32[bIh + j] + (j < shared ? core.f32[bHh + j] : 0);
  return from;
}

/** Whether a table's rows are multiplied once each: when they are taken at least twice as often as there are rows. */
export function sharesRows(dtype: DType, v: number, count: number): boolean {
  return dtype === "float32" && count > FEW && 2 * v <= count;
}

/** Whether products of a table's rows are kept: where few rows are taken, so that reading the weights is what takes the time. */
export function keepsRows(dtype: DType, v: number, width: number, count: number): boolean {
  return dtype === "float32" && count > 0 && count <= FEW && 4 * v * width <= KEPT_MOST;
}

/** Biases as the walk's tiles begin: [block of 8 units][tile][8]. */
function writeStart(core: Core, { cell, bIh, bHh }: SequenceArgs, { h }: Sizes): number {
  const start = core.scratch("start", Math.ceil(h / 8) * 128);
  const { i32, args: a } = core;
  i32[a] = CELL_CODES[cell];
  i32[a + 1] = h;
  i32[a + 2] = addressOr0(core, bIh);
  i32[a + 3] = addressOr0(core, bHh);
  i32[a + 4] = start;
  core.launch(OP_SEQUENCE_START);
  return start;
}

export function sequenceBackward(core: Core, args: SequenceBackwardArgs): boolean {
  const sizes = sizesOf(args);
  const { l, n, h, g } = sizes;
  if (args.y.buffer.dtype !== "float32" || l * n * h === 0) return false;
  const rs = (g === 1 ? 1 : 4) * h * 4;
  const dG = core.scratch("dG", l * n * rs);
  const dH = args.wHr ? roomForGradients(core, args, sizes) : null;
  walkBack(core, args, sizes, dG, dH);
  sequenceGradients(core, args, sizes, { at: dG, rs });
  if (dH && args.dWHr) projectionGradient(core, args, sizes, dH);
  return true;
}

function walkBack(core: Core, args: SequenceBackwardArgs, sizes: Sizes, dG: number, dH: StridedRows | null): void {
  const { l, n, h, g, p } = sizes;
  const padded = Math.ceil(h / 16) * 16;
  const blas = stepsByBlas(core, sizes);
  const products = [{ k: g * h, n: p }, ...(args.wHr ? [{ k: p, n: h }] : [])];
  const split = blas ? blasSplit(core, sizes, products) : splitOf(core, { ...sizes, i: 0 });
  const chunkOf = (k: number, columns: number): number => (blas ? chunkFor(Math.ceil(n / split.rows), k, columns) : 0);
  const chunk = chunkOf(g * h, p);
  const packed = packBack(core, "wHh", args.wHh, chunk);
  const projectionChunk = chunkOf(p, h);
  const wHr = args.wHr ? packBack(core, "wHr", args.wHr, projectionChunk) : 0;
  const dh = core.scratch("dh", n * padded * 4);
  const dc = core.scratch("dc", n * padded * 4);
  const { i32, args: a } = core;
  i32[a] = CELL_CODES[args.cell];
  i32[a + 1] = l;
  i32[a + 2] = n;
  i32[a + 3] = 3;
  i32[a + 4] = h;
  i32[a + 5] = packed;
  i32[a + 6] = core.address(args.y);
  i32[a + 7] = addressOr0(core, args.saved.gates);
  i32[a + 8] = addressOr0(core, args.saved.cells);
  i32[a + 9] = addressOr0(core, args.h0);
  i32[a + 10] = addressOr0(core, args.c0);
  i32[a + 11] = args.reverse ? 1 : 0;
  i32[a + 12] = addressOr0(core, args.dY);
  i32[a + 13] = addressOr0(core, args.dHN);
  i32[a + 14] = addressOr0(core, args.dCN);
  i32[a + 15] = dG;
  i32[a + 16] = dh;
  i32[a + 17] = dc;
  i32[a + 18] = split.rows;
  i32[a + 19] = split.units;
  i32[a + 20] = addressOr0(core, args.dH0);
  i32[a + 21] = addressOr0(core, args.dC0);
  i32[a + 24] = chunk;
  i32[a + 25] = p;
  i32[a + 26] = wHr;
  i32[a + 27] = addressOr0(core, args.saved.unprojected ?? null);
  i32[a + 28] = dH?.at ?? 0;
  i32[a + 29] = projectionChunk;
  const parts = core.threads === 1 ? 1 : split.rows * split.units;
  if (split.units === 1) {
    i32[a + 22] = 0;
    i32[a + 23] = l;
    core.launch(OP_SEQUENCE_BACKWARD, parts);
    return;
  }
  for (let step = l - 1; step >= 0; step--) {
    i32[a + 22] = step;
    i32[a + 23] = step + 1;
    for (const phase of [1, 2]) {
      i32[a + 3] = phase;
      core.launch(OP_SEQUENCE_BACKWARD, parts);
    }
  }
}
