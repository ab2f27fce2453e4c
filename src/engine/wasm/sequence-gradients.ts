/**
 * What follows from the gradients of all pre-activations, dG [L·N, G·H]: dX, and the gradients of weights and biases. The gates of dG are
 * i|f|g|o for the lstm, n|r|z|state's n for the gru.
 */
import type { SequenceBackwardArgs, TableRows } from "../engine.js";
import type { Core } from "./core.js";
import { addByRow } from "./indexing.js";
import type { Matrix } from "./matrix.js";
import { gemm, packB, packedBytes, product, sumRows, ZEROS } from "./products.js";
import type { Sizes } from "./sequence-sizes.js";

/** As in assembly/gemm.ts. */
const KC = 256;

/** Rows of dG, `rs` bytes apart. */
export interface StridedRows {
  at: number;
  rs: number;
}

export function sequenceGradients(core: Core, args: SequenceBackwardArgs, sizes: Sizes, dG: StridedRows): void {
  if (!args.rows || args.dX) {
    allGradients(core, args, sizes, dG);
    return;
  }
  // The rows of dG that belong to one row of the table add up first: what follows from the inputs is as large as the table.
  const { table } = args.rows;
  const v = table.shape[0];
  const at = sumsByRow(core, args.rows, dG, v, sizes.l * sizes.n);
  const inputs = { ...args, x: table, rows: null, dX: args.dTable ?? null, dWHh: null };
  allGradients(core, inputs, { ...sizes, l: v, n: 1 }, { at, rs: dG.rs });
  allGradients(core, { ...args, rows: null, dWIh: null, dBIh: null, dBHh: null }, sizes, dG);
}

/** [V, rs/4]: the sum, for every row of the table, of the rows of dG whose inputs it was. */
function sumsByRow(core: Core, { ids }: TableRows, dG: StridedRows, v: number, count: number): number {
  const width = dG.rs >> 2;
  const sums = core.scratch("sumsByRow", v * dG.rs);
  core.f32.fill(0, sums >>> 2, (sums >>> 2) + v * width);
  addByRow(core, sums, core.address(ids), dG.at, count, width, v);
  return sums;
}

function allGradients(core: Core, args: SequenceBackwardArgs, sizes: Sizes, dG: StridedRows): void {
  const { h, g } = sizes;
  if (args.dX) inputGradient(core, args, sizes, dG);
  if (core.blas !== null) {
    if (args.dWIh) inputWeightsByBlas(core, args, sizes, dG);
    if (args.dWHh) stateWeightsByBlas(core, args, sizes, dG);
  } else weightGradients(core, args, sizes, dG);
  if (args.dBIh) biasGradient(core, args, sizes, dG, core.address(args.dBIh), "input");
  if (args.dBHh && args.dBIh && args.cell !== "gru" && !args.adds) {
    const from = core.address(args.dBIh) >>> 2;
    core.f32.copyWithin(core.address(args.dBHh) >>> 2, from, from + g * h);
  } else if (args.dBHh) {
    biasGradient(core, args, sizes, dG, core.address(args.dBHh), "state");
  }
}

/** dX = dG · W_ih. The gru's gates lie n | r | z here, so its product comes in two pieces. */
function inputGradient(core: Core, args: SequenceBackwardArgs, { l, n, i, h, g }: Sizes, dG: StridedRows): void {
  const dX = { at: core.address(args.dX!), rs: i * 4, cs: 4 };
  const w = core.address(args.wIh);
  const x = { ...dG, cs: 4 };
  if (args.cell !== "gru") {
    product(core, dX, x, { at: w, rs: i * 4, cs: 4 }, l * n, i, g * h, ZEROS, 0);
    return;
  }
  product(core, dX, x, { at: w + 2 * h * i * 4, rs: i * 4, cs: 4 }, l * n, i, h, ZEROS, 0);
  product(core, dX, { ...x, at: x.at + h * 4 }, { at: w, rs: i * 4, cs: 4 }, l * n, i, 2 * h, dX.at, dX.rs);
}

/** Columns of dG whose products are made together, and the rows of the weights that they belong to. */
interface GateGroup {
  column: number;
  count: number;
  row: number;
  input: boolean;
  state: boolean;
}

function gateGroups({ cell }: SequenceBackwardArgs, { h, g }: Sizes): GateGroup[] {
  if (cell !== "gru") return [{ column: 0, count: g * h, row: 0, input: true, state: true }];
  return [
    { column: 0, count: h, row: 2 * h, input: true, state: false },
    { column: h, count: 2 * h, row: 0, input: true, state: true },
    { column: 3 * h, count: h, row: 2 * h, input: false, state: true },
  ];
}

/** Where the sums of a weight's gradient begin. */
export function startOf({ adds }: SequenceBackwardArgs, { at, rs }: Matrix): { from: number; fs: number } {
  return adds ? { from: at, fs: rs } : { from: ZEROS, fs: 0 };
}

/** Columns from `column` on, as rows. */
export function transposed(dG: StridedRows, column: number): Matrix {
  return { at: dG.at + column * 4, rs: 4, cs: dG.rs };
}

/** dW_ih = dGᵀ · x and dW_hh = dGᵀ · h_{t-1} over all steps and rows of the batch, from one packing of dGᵀ. */
function weightGradients(core: Core, args: SequenceBackwardArgs, sizes: Sizes, dG: StridedRows): void {
  const { l, n, i, p } = sizes;
  const k = l * n;
  const x = args.dWIh ? packed(core, "xRows", core.address(args.x), k, i) : 0;
  const states = args.dWHh ? packedStatesBefore(core, args, sizes) : 0;
  for (const group of gateGroups(args, sizes)) {
    const a = transposed(dG, group.column);
    const rows = (out: number, width: number) => ({ at: out + group.row * width * 4, rs: width * 4, cs: 4 });
    const input = group.input && args.dWIh ? rows(core.address(args.dWIh), i) : null;
    const state = group.state && args.dWHh ? rows(core.address(args.dWHh), p) : null;
    const second = state ? { c: state, packed: states, n: p, ...startOf(args, state) } : undefined;
    if (input) {
      const { from, fs } = startOf(args, input);
      gemm(core, input, a, x, group.count, i, k, from, fs, second);
    } else if (second) gemm(core, second.c, a, states, group.count, p, k, second.from, second.fs);
  }
}

function packed(core: Core, name: string, at: number, k: number, n: number): number {
  const to = core.scratch(name, packedBytes(k, n));
  packB(core, { at, rs: n * 4, cs: 4 }, k, n, to, KC);
  return to;
}

/** Packed h_{t-1} beside every row of dG, [L·N, P]: y one step earlier, h0 or zeros at the first. */
function packedStatesBefore(core: Core, args: SequenceBackwardArgs, { l, n, p }: Sizes): number {
  const to = core.scratch("stateRows", packedBytes(l * n, p));
  const before = args.h0 ? core.address(args.h0) : zeros(core, n * p);
  const y = core.address(args.y);
  const [b, below] = args.reverse ? [y + n * p * 4, { row: (l - 1) * n, at: before }] : [before, { row: n, at: y }];
  packB(core, { at: b, rs: p * 4, cs: 4 }, l * n, p, to, KC, below);
  return to;
}

function zeros(core: Core, count: number): number {
  const at = core.scratch("zeros", count * 4);
  core.f32.fill(0, at >>> 2, (at >>> 2) + count);
  return at;
}

function inputWeightsByBlas(core: Core, args: SequenceBackwardArgs, sizes: Sizes, dG: StridedRows): void {
  const { l, n, i } = sizes;
  const x = { at: core.address(args.x), rs: i * 4, cs: 4 };
  for (const group of gateGroups(args, sizes)) {
    const out = { at: core.address(args.dWIh!) + group.row * i * 4, rs: i * 4, cs: 4 };
    const { from, fs } = startOf(args, out);
    if (group.input) product(core, out, transposed(dG, group.column), x, group.count, i, l * n, from, fs);
  }
}

/** y one step earlier stands beside dG; the first step's state is h0. */
function stateWeightsByBlas(core: Core, args: SequenceBackwardArgs, { l, n, h, g, p }: Sizes, dG: StridedRows): void {
  const out = { at: core.address(args.dWHh!), rs: p * 4, cs: 4 };
  const gates = transposed(dG, args.cell === "gru" ? h : 0);
  const later = args.reverse ? 0 : n * dG.rs;
  const earlier = { at: core.address(args.y) + (args.reverse ? n * p * 4 : 0), rs: p * 4, cs: 4 };
  const { from, fs } = startOf(args, out);
  product(core, out, { ...gates, at: gates.at + later }, earlier, g * h, p, (l - 1) * n, from, fs);
  if (args.h0 === null) return;
  const first = args.reverse ? (l - 1) * n * dG.rs : 0;
  const h0 = { at: core.address(args.h0), rs: p * 4, cs: 4 };
  product(core, out, { ...gates, at: gates.at + first }, h0, g * h, p, n, out.at, out.rs);
}

function biasGradient(
  core: Core,
  args: SequenceBackwardArgs,
  { l, n, h, g }: Sizes,
  dG: StridedRows,
  out: number,
  side: "input" | "state",
): void {
  const sums = (column: number, columns: number, to: number) =>
    sumRows(core, { at: dG.at + column * 4, rs: dG.rs }, l * n, columns, to, args.adds === true);
  if (args.cell !== "gru") sums(0, g * h, out);
  else if (side === "state") sums(h, 3 * h, out);
  else {
    sums(0, h, out + 2 * h * 4);
    sums(h, 2 * h, out);
  }
}
