import { type CellKind, GATES } from "../../../src/engine/cells.js";
import type { Engine, Operand, SequenceArgs, SequenceBackwardArgs, TableRows } from "../../../src/engine/engine.js";
import type { Arena } from "../../support/arena.js";
import { TOLERANCE } from "../../support/close.js";
import { type ConformanceOptions, conformance, type KernelCase, type Results } from "./harness.js";

const CELLS: readonly CellKind[] = ["rnn_tanh", "rnn_relu", "rnn_sigmoid", "lstm", "gru"];
const LENGTHS = [1, 2, 7];
const BATCHES = [1, 2, 5, 9, 17];
/** Input and hidden size. */
const WIDTHS: readonly (readonly [number, number])[] = [
  [1, 1],
  [3, 8],
  [8, 3],
  [20, 33],
  [33, 20],
  [1, 8],
];

/** What varies beside the sizes, one bit each. */
interface Flags {
  bias: boolean;
  state: boolean;
  reverse: boolean;
  dY: boolean;
  dState: boolean;
  /** All gradients asked for; else only those of the weights, or of inputs and states. */
  wanted: "all" | "weights" | "inputs";
  /** Inputs are rows of a table of three; left out: they are not. */
  table?: boolean;
  /** Gradients of weights and biases are added to others. */
  adds?: boolean;
}

function flagsOf(bits: number): Flags {
  return {
    bias: (bits & 1) === 0,
    state: (bits & 2) === 0,
    reverse: (bits & 4) !== 0,
    dY: (bits & 8) === 0,
    dState: (bits & 16) === 0,
    wanted: (["all", "weights", "inputs"] as const)[bits % 3]!,
  };
}

/** Sixty-four sets of flags in turn, each size with three, so that all sizes together meet all of them. */
function sequenceCases(cell: CellKind): KernelCase[] {
  const cases: KernelCase[] = [];
  let turn = 0;
  for (const l of LENGTHS) {
    for (const n of BATCHES) {
      for (const [i, h] of WIDTHS) {
        cases.push(sequenceCase(cell, [l, n, i, h], { ...flagsOf(0), reverse: turn % 2 === 1 }));
        for (let k = 0; k < 2; k++) cases.push(sequenceCase(cell, [l, n, i, h], flagsOf((turn++ * 11) % 64)));
      }
    }
  }
  // One step of few rows takes 60 blocks of 8 units at once, divided by the rows.
  for (const sizes of [
    [1, 1, 6, 493],
    [1, 3, 9, 175],
    [2, 2, 3, 251],
  ] as Sizes[]) {
    cases.push(sequenceCase(cell, sizes, flagsOf(0)), sequenceCase(cell, sizes, { ...flagsOf(3), reverse: true }));
  }
  // A table's rows are multiplied once each: one step and many, few rows of the batch and many, ragged and whole sizes.
  for (const [n, i, h] of [
    [1, 5, 8],
    [2, 20, 33],
    [5, 3, 8],
    [9, 16, 24],
    [17, 33, 20],
  ] as const) {
    for (const l of [7, 12]) {
      const bits = (turn++ * 11) % 64;
      cases.push(sequenceCase(cell, [l, n, i, h], { ...flagsOf(bits), table: true }));
      cases.push(sequenceCase(cell, [l, n, i, h], { ...flagsOf(bits ^ 7), wanted: "all", table: true }));
    }
  }
  for (const sizes of [
    [1, 1, 3, 8],
    [1, 20, 9, 16],
    [2, 5, 20, 33],
    [12, 17, 33, 20],
  ] as Sizes[]) {
    cases.push(sequenceCase(cell, sizes, { ...flagsOf(turn++ % 64), wanted: "all", adds: true }));
    cases.push(sequenceCase(cell, sizes, { ...flagsOf((turn * 5) % 64), wanted: "weights", adds: true }));
  }
  for (const sizes of [
    [0, 3, 4, 5],
    [3, 0, 4, 5],
  ] as Sizes[]) {
    cases.push(sequenceCase(cell, sizes, flagsOf(0)), sequenceCase(cell, sizes, { ...flagsOf(2), reverse: true }));
  }
  return cases;
}

/** Whole and ragged panels of the state, fewer and more than half of the hidden units; one step and many, few rows of the batch and many. */
function projectionCases(): KernelCase[] {
  const cases: KernelCase[] = [];
  let turn = 0;
  for (const [l, n] of [
    [1, 1],
    [1, 3],
    [2, 2],
    [7, 1],
    [3, 2],
    [2, 3],
    [7, 5],
    [2, 9],
    [7, 17],
    [2, 67],
  ] as const) {
    for (const [i, h, p] of [
      [3, 8, 1],
      [1, 33, 8],
      [20, 24, 16],
      [9, 20, 19],
      [33, 40, 30],
      [5, 300, 27],
      [4, 70, 65],
    ] as const) {
      cases.push(
        sequenceCase("lstm", [l, n, i, h, p], { ...flagsOf(0), reverse: turn % 2 === 1, adds: turn % 3 === 1 }),
      );
      cases.push(sequenceCase("lstm", [l, n, i, h, p], { ...flagsOf((turn++ * 11) % 64), table: turn % 4 === 1 }));
    }
  }
  cases.push(sequenceCase("lstm", [0, 3, 4, 5, 2], flagsOf(0)), sequenceCase("lstm", [3, 0, 4, 5, 2], flagsOf(2)));
  return cases;
}

/** P where there is a projection. */
type Sizes = [l: number, n: number, i: number, h: number, p?: number];

function sequenceCase(cell: CellKind, sizes: Sizes, flags: Flags): KernelCase {
  const [l, n, i, h, p] = sizes;
  const on = Object.entries(flags).map(([key, value]) =>
    value === true ? key : value === false ? `no ${key}` : value,
  );
  const values = l === 1 ? TOLERANCE.cell : TOLERANCE.sequence;
  // A weight's gradient is a sum of L·N terms of size 1, so its rounding grows with them.
  const gradient = { rtol: 1e-4, atol: l * n <= 10 ? 1e-6 : 1e-5 };
  return {
    title: `${cell} L ${l}, N ${n}, I ${i}, H ${h}${p === undefined ? "" : `, P ${p}`}: ${on.join(", ")}, gradients within rtol 1e-4, atol ${gradient.atol.toExponential()}`,
    kernels: ["sequenceForward", "sequenceBackward"],
    op: cell,
    empty: l * n === 0,
    bound: values,
    bounds: Object.fromEntries(GRADIENTS.map((key) => [key, gradient])),
    run: (arena) => runSequence(arena, cell, sizes, flags),
  };
}

const GRADIENTS = ["dX", "dTable", "dWIh", "dWHh", "dWHr", "dBIh", "dBHh", "dH0", "dC0"] as const;

function randomSequence(arena: Arena, cell: CellKind, [l, n, i, h, p]: Sizes, flags: Flags): SequenceArgs {
  const state = p ?? h;
  const g = GATES[cell] * h;
  const k = 1.3 / Math.sqrt(h);
  const weights = { low: -k, high: k };
  const rows = flags.table ? tableRows(arena, i, l * n) : null;
  return {
    cell,
    rows,
    x: rows ? gathered(arena, rows, [l, n, i]) : arena.random([l, n, i], { low: -1.5, high: 1.5 }),
    wIh: arena.random([g, i], weights),
    wHh: arena.random([g, state], weights),
    wHr: p === undefined ? null : arena.random([p, h], { low: -3 * k, high: 3 * k }),
    bIh: flags.bias ? arena.random([g], weights) : null,
    bHh: flags.bias ? arena.random([g], weights) : null,
    h0: flags.state ? arena.random([n, state]) : null,
    c0: flags.state && cell === "lstm" ? arena.random([n, h]) : null,
    reverse: flags.reverse,
  };
}

function tableRows(arena: Arena, i: number, count: number): TableRows {
  const ids = arena.random([count], { dtype: "int32", low: 0, high: 3 });
  return { table: arena.random([3, i], { low: -1.5, high: 1.5 }), ids };
}

function gathered(arena: Arena, { table, ids }: TableRows, shape: number[]): Operand {
  const [l, n, i] = shape as [number, number, number];
  const x = arena.out(shape);
  arena.engine.gatherRows({ ...x, shape: [l * n, i], strides: [i, 1] }, table, ids);
  return x;
}

function runSequence(arena: Arena, cell: CellKind, sizes: Sizes, flags: Flags): Results {
  const [l, n, , h, p] = sizes;
  const state = p ?? h;
  const { engine } = arena;
  const lstm = cell === "lstm";
  const args = randomSequence(arena, cell, sizes, flags);
  const y = arena.out([l, n, state]);
  const hN = arena.out([n, state]);
  const cN = lstm ? arena.out([n, h]) : null;
  const saved = {
    gates: lstm || cell === "gru" ? arena.out([l, n, 4 * h]) : null,
    cells: lstm ? arena.out([l, n, h]) : null,
    unprojected: p === undefined ? null : arena.out([l, n, h]),
  };
  engine.sequenceForward({ ...args, y, hN, cN, saved });

  const plain = { y: arena.out([l, n, state]), hN: arena.out([n, state]), cN: lstm ? arena.out([n, h]) : null };
  engine.sequenceForward({ ...args, ...plain, saved: null });

  const out = gradientOutputs(arena, args, flags);
  engine.sequenceBackward({
    ...args,
    adds: flags.adds === true,
    y,
    saved,
    dY: flags.dY ? arena.random([l, n, state]) : null,
    dHN: flags.dState ? arena.random([n, state]) : null,
    dCN: lstm && flags.dState ? arena.random([n, h]) : null,
    ...out,
  });
  const results: [string, Operand | null][] = [
    ["y", y],
    ["hN", hN],
    ["cN", cN],
    ["y without saving", plain.y],
    ["hN without saving", plain.hN],
    ["cN without saving", plain.cN],
    ...Object.entries(out),
  ];
  return Object.fromEntries(results.filter((entry): entry is [string, Operand] => entry[1] !== null));
}

type GradientOutputs = Pick<SequenceBackwardArgs, (typeof GRADIENTS)[number]>;

function gradientOutputs(arena: Arena, args: SequenceArgs, { wanted, adds }: Flags): GradientOutputs {
  const like = (operand: Operand | null) => operand && arena.out(operand.shape);
  const total = (operand: Operand | null = null) =>
    operand && (adds ? arena.random(operand.shape) : arena.out(operand.shape));
  const [, n] = args.x.shape;
  const [h, p] = [args.wHh.shape[0]! / GATES[args.cell], args.wHh.shape[1]!];
  const weights = wanted !== "inputs";
  const inputs = wanted !== "weights";
  return {
    dX: inputs && !args.rows ? like(args.x) : null,
    dTable: inputs && args.rows ? like(args.rows.table) : null,
    dWIh: weights ? total(args.wIh) : null,
    dWHh: weights ? total(args.wHh) : null,
    dWHr: weights ? total(args.wHr ?? undefined) : null,
    dBIh: weights ? total(args.bIh) : null,
    dBHh: weights ? total(args.bHh) : null,
    dH0: inputs ? arena.out([n!, p]) : null,
    dC0: inputs && args.cell === "lstm" ? arena.out([n!, h]) : null,
  };
}

/** sequenceForward and sequenceBackward of every cell, and of the lstm's projection. */
export function sequenceConformance(name: string, makeEngine: () => Engine, options: ConformanceOptions = {}): void {
  for (const cell of CELLS) conformance(name, `sequences, ${cell}`, makeEngine, options, sequenceCases(cell));
  conformance(name, "sequences, lstm with a projection", makeEngine, options, projectionCases());
}
