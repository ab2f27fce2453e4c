import type { Shape } from "../../../src/base/shape.js";
import type { BinaryOp, Engine, Operand, UnaryGradOp, UnaryOp } from "../../../src/engine/engine.js";
import { type Arena, LAYOUTS, type Layout } from "../../support/arena.js";
import { type ConformanceOptions, conformance, type KernelCase } from "./harness.js";

const SHAPES: readonly Shape[] = [[], [0], [1], [5], [17], [3, 0], [2, 3, 5], [7, 13], [130, 67]];
const STRIDED_SHAPES: readonly Shape[] = [[5], [2, 3, 5], [7, 13], [33, 1]];

interface Range {
  low: number;
  high: number;
  /** Units in the last place of float32. */
  ulps: number;
}

/** exp, log ≤ 2 ULP, tanh, sigmoid ≤ 4; what one IEEE operation computes ≤ 1. */
const UNARY_RANGES: Readonly<Record<UnaryOp, Range>> = {
  neg: { low: -9, high: 9, ulps: 0 },
  abs: { low: -9, high: 9, ulps: 0 },
  sign: { low: -9, high: 9, ulps: 0 },
  exp: { low: -87, high: 88, ulps: 2 },
  expm1: { low: -10, high: 40, ulps: 4 },
  log: { low: 1e-6, high: 50, ulps: 2 },
  log1p: { low: -0.99, high: 50, ulps: 4 },
  sqrt: { low: 0, high: 50, ulps: 1 },
  rsqrt: { low: 1e-3, high: 50, ulps: 2 },
  square: { low: -9, high: 9, ulps: 1 },
  reciprocal: { low: -9, high: 9, ulps: 1 },
  sin: { low: -20, high: 20, ulps: 4 },
  cos: { low: -20, high: 20, ulps: 4 },
  tanh: { low: -12, high: 12, ulps: 4 },
  sigmoid: { low: -30, high: 30, ulps: 4 },
  relu: { low: -9, high: 9, ulps: 0 },
  softplus: { low: -30, high: 30, ulps: 4 },
  erf: { low: -5, high: 5, ulps: 4 },
  floor: { low: -9, high: 9, ulps: 0 },
  ceil: { low: -9, high: 9, ulps: 0 },
  round: { low: -9, high: 9, ulps: 0 },
};

const UNARY_GRADS: readonly UnaryGradOp[] = [
  "abs",
  "exp",
  "expm1",
  "log",
  "log1p",
  "sqrt",
  "rsqrt",
  "square",
  "reciprocal",
  "sin",
  "cos",
  "tanh",
  "sigmoid",
  "relu",
  "softplus",
  "erf",
];
const ARITHMETIC = ["add", "sub", "mul", "div", "pow", "maximum", "minimum"] as const;
const COMPARISONS = ["eq", "ne", "lt", "le", "gt", "ge"] as const;
const BINARY: readonly BinaryOp[] = [...ARITHMETIC, ...COMPARISONS];
const SPECIALS = [Number.NaN, Infinity, -Infinity, 0, -0, 1, -1, 0.5, -0.5, 1.5, 2.5, -2.5, 3e38, -3e38, 100, -100];

const EXACT = { ulps: 1 };

const titleOf = (what: string, shape: Shape, layout: Layout = "contiguous"): string => `${what} [${shape}] ${layout}`;
const emptyOf = (shape: Shape): boolean => shape.includes(0);

/** Every shape contiguous, and some in every layout. */
function placements(): { shape: Shape; layout: Layout }[] {
  return [
    ...SHAPES.map((shape) => ({ shape, layout: "contiguous" as const })),
    ...LAYOUTS.slice(1).flatMap((layout) => STRIDED_SHAPES.map((shape) => ({ shape, layout }))),
  ];
}

function unaryCases(op: UnaryOp): KernelCase[] {
  const { ulps, low, high } = UNARY_RANGES[op];
  const random = placements().map(({ shape, layout }) => ({
    title: titleOf(`unary ${op}`, shape, layout),
    kernels: ["unary"],
    op,
    contiguous: layout === "contiguous",
    empty: emptyOf(shape),
    bound: { ulps },
    run(arena: Arena) {
      const x = arena.random(shape, { layout, low, high });
      const out = arena.out(shape, { aligned: layout === "contiguous" });
      arena.engine.unary(op, out, x);
      return { out };
    },
  }));
  return [...random, specialCase(op)];
}

/** ±0, ±Infinity, NaN and halves. */
function specialCase(op: UnaryOp): KernelCase {
  // Large arguments of sin and cos need more digits of π than a float32 kernel carries.
  const values =
    op === "sin" || op === "cos" ? SPECIALS.filter((x) => !(Math.abs(x) > 1e30 && Number.isFinite(x))) : SPECIALS;
  return {
    title: `unary ${op} of ±0, ±Infinity, NaN, halves and huge values`,
    kernels: ["unary"],
    op,
    bound: { ulps: UNARY_RANGES[op].ulps },
    run(arena) {
      const x = arena.from(values.map(Math.fround), [values.length]);
      const out = arena.out(x.shape);
      arena.engine.unary(op, out, x);
      return { out };
    },
  };
}

function unaryBackwardCases(op: UnaryGradOp): KernelCase[] {
  const { low, high } = UNARY_RANGES[op];
  // Away from where the derivative itself overflows float32.
  const range = op === "exp" ? { low: -20, high: 20 } : { low, high };
  return placements().map(({ shape, layout }) => ({
    title: titleOf(`unaryBackward ${op}`, shape, layout),
    kernels: ["unaryBackward"],
    op,
    contiguous: layout === "contiguous",
    empty: emptyOf(shape),
    bound: { rtol: 3e-5, atol: 1e-6 },
    run(arena) {
      const x = arena.random(shape, { layout, ...range });
      const dy = arena.random(shape, { layout });
      const y = arena.out(shape);
      const dx = arena.out(shape);
      arena.engine.unary(op, y, x);
      arena.engine.unaryBackward(op, dx, x, y, dy);
      return { dx };
    },
  }));
}

const outDtype = (op: BinaryOp): "int32" | undefined => (COMPARISONS.some((c) => c === op) ? "int32" : undefined);

function binaryOut(arena: Arena, op: BinaryOp, shape: Shape): Operand {
  const dtype = outDtype(op);
  return arena.out(shape, dtype ? { dtype } : {});
}

function binaryCases(op: BinaryOp): KernelCase[] {
  const bound = op === "pow" ? { rtol: 2e-6, atol: 0 } : EXACT;
  const base = { kernels: ["binary"], op, bound };
  const range = op === "pow" ? { low: 0.1, high: 3 } : { low: -3, high: 3 };
  const pairs: [Layout, Layout][] = LAYOUTS.flatMap((b): [Layout, Layout][] =>
    b === "contiguous"
      ? [["contiguous", b]]
      : [
          ["contiguous", b],
          [b, "contiguous"],
          [b, b],
        ],
  );
  const random = pairs.flatMap(([la, lb]) =>
    (la === lb && la === "contiguous" ? SHAPES : STRIDED_SHAPES.slice(1, 3)).map((shape) => ({
      ...base,
      title: titleOf(`binary ${op}`, shape, la) + ` with ${lb}`,
      contiguous: la === "contiguous" && lb === "contiguous",
      empty: emptyOf(shape),
      run(arena: Arena) {
        const a = arena.random(shape, { layout: la, ...range });
        const b = arena.random(shape, { layout: lb, ...range });
        const out = binaryOut(arena, op, shape);
        arena.engine.binary(op, out, a, b);
        return { out };
      },
    })),
  );
  const special: KernelCase = {
    ...base,
    title: `binary ${op} of ±0, ±Infinity, NaN against each other`,
    run(arena) {
      const values = [Number.NaN, Infinity, -Infinity, 0, -0, 1, -1, 2, -3];
      const n = values.length;
      const a = arena.from(
        values.flatMap((x) => values.map(() => x)),
        [n * n],
      );
      const b = arena.from(
        values.flatMap(() => values),
        [n * n],
      );
      const out = binaryOut(arena, op, a.shape);
      arena.engine.binary(op, out, a, b);
      // Which zero a maximum of both is, is not specified.
      return { out: [...arena.read(out)].map((x) => x + 0) };
    },
  };
  return [...random, special, integerCase(op)];
}

function integerCase(op: BinaryOp): KernelCase {
  return {
    title: `int32 ${op}`,
    kernels: [],
    op,
    bound: { rtol: 0, atol: 0 },
    once: true,
    run(arena) {
      const a = arena.integers([37], op === "pow" ? 0 : -9, 9);
      const b = arena.integers([37], op === "pow" ? 0 : -4, 4);
      const out = arena.out([37], { dtype: "int32" });
      arena.engine.binary(op, out, a, b);
      return { out };
    },
  };
}

/** `out` is the very memory of an input. */
function inPlaceCases(): KernelCase[] {
  const base = { bound: EXACT };
  return ([[7], [130, 67]] as Shape[]).flatMap((shape): KernelCase[] => [
    ...ARITHMETIC.filter((op) => op !== "pow").flatMap((op): KernelCase[] =>
      (["a", "b"] as const).map((which) => ({
        ...base,
        title: titleOf(`binary ${op} into ${which}`, shape),
        kernels: ["binary"],
        op,
        run(arena) {
          const a = arena.random(shape);
          const b = arena.random(shape, { low: 0.5 });
          const out = which === "a" ? a : b;
          arena.engine.binary(op, out, a, b);
          return { out };
        },
      })),
    ),
    {
      ...base,
      title: titleOf("affine in place", shape),
      kernels: ["affine"],
      bound: { rtol: 1e-6, atol: 1e-6 },
      run(arena) {
        const x = arena.random(shape);
        arena.engine.affine(x, x, -1.75, 0.3125);
        return { x };
      },
    },
    {
      ...base,
      title: titleOf("axpy in place", shape),
      kernels: ["axpy"],
      bound: { rtol: 1e-6, atol: 1e-6 },
      run(arena) {
        const a = arena.random(shape);
        arena.engine.axpy(a, a, -0.37, arena.random(shape));
        return { a };
      },
    },
  ]);
}

function linearCases({ shape, layout }: { shape: Shape; layout: Layout }): KernelCase[] {
  const base = {
    contiguous: layout === "contiguous",
    empty: emptyOf(shape),
    bound: { rtol: 1e-6, atol: 1e-6 },
  };
  const cases: KernelCase[] = [
    {
      ...base,
      title: titleOf("affine", shape, layout),
      kernels: ["affine"],
      run(arena) {
        const out = arena.out(shape);
        arena.engine.affine(out, arena.random(shape, { layout }), 2.25, -0.7);
        return { out };
      },
    },
    {
      ...base,
      title: titleOf("where", shape, layout),
      kernels: ["where"],
      run(arena) {
        const cond = arena.integers(shape, 0, 2, layout);
        const out = arena.out(shape);
        arena.engine.where(out, cond, arena.random(shape, { layout }), arena.random(shape));
        return { out };
      },
    },
    {
      ...base,
      title: titleOf("copy from", shape, layout),
      kernels: ["copy"],
      run(arena) {
        const out = arena.out(shape);
        arena.engine.copy(out, arena.random(shape, { layout }));
        return { out };
      },
    },
  ];
  if (layout === "contiguous") cases.push(...contiguousOnlyCases(shape));
  if (layout === "stepped" || layout === "transposed") cases.push(copyIntoCase(shape, layout));
  return cases;
}

function contiguousOnlyCases(shape: Shape): KernelCase[] {
  const base = { empty: emptyOf(shape), bound: { rtol: 1e-6, atol: 1e-6 } };
  return [
    {
      ...base,
      title: titleOf("axpy", shape),
      kernels: ["axpy"],
      run(arena) {
        const out = arena.out(shape);
        arena.engine.axpy(out, arena.random(shape), 1.7, arena.random(shape));
        return { out };
      },
    },
    {
      ...base,
      title: titleOf("fill", shape),
      kernels: ["fill"],
      run(arena) {
        const out = arena.out(shape);
        const unaligned = arena.out(shape, { aligned: false });
        const ints = arena.out(shape, { dtype: "int32" });
        arena.engine.fill(out, 0.5);
        arena.engine.fill(unaligned, -2);
        arena.engine.fill(ints, 3);
        return { out, unaligned, ints };
      },
    },
  ];
}

function copyIntoCase(shape: Shape, layout: Layout): KernelCase {
  return {
    title: titleOf("copy into", shape, layout),
    kernels: ["copy"],
    contiguous: false,
    bound: { rtol: 0, atol: 0 },
    run(arena) {
      const out = arena.random(shape, { layout });
      arena.engine.copy(out, arena.random(shape));
      return { all: [...arena.engine.readSync(out.buffer)] };
    },
  };
}

/** Float to int32 truncates towards zero; int32 to float is exact. */
function castCases(): KernelCase[] {
  const values = [-2.9, -1, -0.5, 0, 0.99, 1.5, 7, 1e6 + 0.75, -1e6 - 0.75];
  const base = { kernels: [], contiguous: false, bound: { rtol: 0, atol: 0 } };
  return [
    {
      ...base,
      title: "copy to int32",
      run(arena) {
        const out = arena.out([values.length], { dtype: "int32" });
        arena.engine.copy(out, arena.from(values.map(Math.fround), [values.length]));
        return { out };
      },
    },
    {
      ...base,
      title: "copy from int32, transposed",
      run(arena) {
        const out = arena.out([5, 7]);
        arena.engine.copy(out, arena.integers([5, 7], -100, 100, "transposed"));
        return { out };
      },
    },
    ...(["float32", "float64"] as const).map((dtype) => ({
      ...base,
      title: `copy from ${dtype}`,
      run(arena: Arena) {
        const out = arena.out([5, 7]);
        arena.engine.copy(out, arena.random([5, 7], { dtype }));
        return { out };
      },
    })),
    ...(["neg", "abs", "sign", "square"] as const).map((op) => ({
      ...base,
      title: `int32 unary ${op}`,
      once: true,
      run(arena: Arena) {
        const out = arena.out([19], { dtype: "int32" });
        arena.engine.unary(op, out, arena.integers([19], -50, 50));
        return { out };
      },
    })),
  ];
}

/** fill, copy, unary, unaryBackward, binary, axpy, affine, where. */
export function elementwiseConformance(name: string, makeEngine: () => Engine, options: ConformanceOptions = {}): void {
  conformance(name, "elementwise", makeEngine, options, [
    ...placements().flatMap(linearCases),
    ...castCases(),
    ...inPlaceCases(),
    ...(Object.keys(UNARY_RANGES) as UnaryOp[]).flatMap(unaryCases),
    ...UNARY_GRADS.flatMap(unaryBackwardCases),
    ...BINARY.flatMap(binaryCases),
  ]);
}
