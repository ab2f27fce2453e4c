import type { Shape } from "../../../src/base/shape.js";
import type { Engine, ReduceOp } from "../../../src/engine/engine.js";
import { type Arena, LAYOUTS, type Layout } from "../../support/arena.js";
import { type Bound, type ConformanceOptions, conformance, type KernelCase } from "./harness.js";

const OPS: readonly ReduceOp[] = ["sum", "max", "min", "prod", "argmax", "argmin"];

/** x's shape and how many trailing dimensions go. */
const TABLE: readonly [Shape, number][] = [
  [[], 0],
  [[1], 1],
  [[5], 1],
  [[257], 1],
  [[4, 1], 1],
  [[1, 9], 1],
  [[7, 13], 1],
  [[7, 13], 2],
  [[2, 3, 5], 1],
  [[2, 3, 5], 2],
  [[2, 3, 5], 3],
  [[2, 3, 5], 0],
  [[0, 4], 1],
  [[130, 67], 1],
  [[130, 67], 2],
];

const isArg = (op: ReduceOp): boolean => op === "argmax" || op === "argmin";

const exact: Bound = { rtol: 0, atol: 0 };
const boundOf = (op: ReduceOp): Bound => (op === "sum" || op === "prod" ? { rtol: 1e-5, atol: 1e-5 } : exact);

function reduceOf(arena: Arena, op: ReduceOp, x: ReturnType<Arena["random"]>, axes: number) {
  const out = arena.out(x.shape.slice(0, x.shape.length - axes), isArg(op) ? { dtype: "int32" } : {});
  arena.engine.reduce(op, out, x, axes);
  return { out };
}

function reduceCases(op: ReduceOp): KernelCase[] {
  const base = { kernels: ["reduce"], op, bound: boundOf(op) };
  const range = op === "prod" ? { low: 0.9, high: 1.1 } : { low: -2, high: 2 };
  const random = LAYOUTS.flatMap((layout: Layout) =>
    TABLE.filter(([shape]) => layout === "contiguous" || shape.length >= 1).map(
      ([shape, axes]): KernelCase => ({
        ...base,
        title: `reduce ${op} of the last ${axes} of [${shape}] ${layout}`,
        contiguous: layout === "contiguous",
        empty: shape.includes(0),
        run: (arena) => reduceOf(arena, op, arena.random(shape, { layout, ...range }), axes),
      }),
    ),
  );
  const integers: KernelCase = {
    ...base,
    title: `reduce ${op} of int32`,
    kernels: [],
    once: true,
    run(arena) {
      const x = arena.integers([6, 11], -3, 4, "transposed");
      const out = arena.out([6], { dtype: "int32" });
      arena.engine.reduce(op, out, x, 1);
      return { out };
    },
  };
  return [...random, integers, specialCase(op)];
}

/** NaN wins over everything, the first of equals wins, -Infinity and Infinity count. */
function specialCase(op: ReduceOp): KernelCase {
  const { NaN: nan } = Number;
  const rows = [
    [3, 1, 3, 1, 2, 2, 3, 1, 0],
    [1, nan, 5, -5, 0, nan, 2, 2, 2],
    [-Infinity, 1, 2, 3, 4, 5, 6, 7, 8],
    [1, 2, Infinity, 3, Infinity, 4, 5, 6, 7],
    [-Infinity, -Infinity, -Infinity, -Infinity, -Infinity, -Infinity, -Infinity, -Infinity, -Infinity],
    [0, -0, 0, -0, 0, 0, 0, 0, 0],
    [9, 8, 7, 6, 5, 4, 3, 2, nan],
    [1, 1, 1, 1, 1, 1, 1, 1, 9],
  ];
  return {
    title: `reduce ${op} with NaN, ties and infinities`,
    kernels: ["reduce"],
    op,
    bound: boundOf(op),
    run: (arena) => reduceOf(arena, op, arena.from(rows.flat(), [rows.length, 9]), 1),
  };
}

/** The reduced dimension is empty: 0 and 1, as in PyTorch. */
function emptyRowCases(): KernelCase[] {
  return (["sum", "prod"] as const).map((op) => ({
    title: `reduce ${op} of rows of no elements`,
    kernels: ["reduce"],
    op,
    empty: true,
    bound: exact,
    run: (arena) => reduceOf(arena, op, arena.random([3, 0]), 1),
  }));
}

function sumOfSquaresCases(): KernelCase[] {
  const sets: Shape[][] = [[], [[0]], [[1]], [[5], [3, 7]], [[130, 67], [17], [0], [33]]];
  return sets.map((shapes) => ({
    title: `sumOfSquares of ${shapes.map((s) => `[${s}]`).join(" ") || "nothing"}`,
    kernels: ["sumOfSquares"],
    empty: shapes.every((s) => s.includes(0)),
    bound: { rtol: 1e-6, atol: 1e-9 },
    run: (arena) => ({ sum: [arena.engine.sumOfSquares(shapes.map((s) => arena.random(s, { low: -3, high: 4 })))] }),
  }));
}

/** reduce and sumOfSquares. */
export function reductionConformance(name: string, makeEngine: () => Engine, options: ConformanceOptions = {}): void {
  conformance(name, "reductions", makeEngine, options, [
    ...OPS.flatMap(reduceCases),
    ...emptyRowCases(),
    ...sumOfSquaresCases(),
  ]);
}
