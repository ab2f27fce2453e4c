import type { CrossEntropyArgs, Engine, Operand } from "../../../src/engine/engine.js";
import type { Arena } from "../../support/arena.js";
import { type ConformanceOptions, conformance, type KernelCase } from "./harness.js";

/** Rows and classes. */
const SIZES: readonly (readonly [number, number])[] = [
  [0, 5],
  [1, 1],
  [1, 7],
  [3, 2],
  [9, 16],
  [17, 33],
  [130, 67],
  [35, 1001],
];

interface Variant {
  ignoreIndex: number;
  labelSmoothing: number;
  weighted: boolean;
}

const VARIANTS: readonly Variant[] = [
  { ignoreIndex: -100, labelSmoothing: 0, weighted: false },
  { ignoreIndex: 0, labelSmoothing: 0, weighted: true },
  { ignoreIndex: -100, labelSmoothing: 0.1, weighted: false },
  { ignoreIndex: 1, labelSmoothing: 0.3, weighted: true },
];

const titleOf = ({ ignoreIndex, labelSmoothing, weighted }: Variant): string =>
  `ignoring ${ignoreIndex}, smoothing ${labelSmoothing}${weighted ? ", class weights" : ""}`;

function argsOf(arena: Arena, r: number, v: number, { ignoreIndex, labelSmoothing, weighted }: Variant) {
  return {
    targets: arena.integers([r], 0, v),
    ignoreIndex,
    labelSmoothing,
    weight: weighted ? arena.random([v], { low: 0.2, high: 3 }) : null,
  };
}

function runCrossEntropy(arena: Arena, args: CrossEntropyArgs): Record<"losses" | "normalizers" | "dLogits", Operand> {
  const r = args.targets.shape[0]!;
  const losses = arena.out([r]);
  const normalizers = arena.out([r, 2]);
  const dLogits = arena.out(args.logits.shape);
  arena.engine.crossEntropyForward(args, losses, normalizers);
  arena.engine.crossEntropyBackward(args, normalizers, arena.random([r], { low: 0.5, high: 1.5 }), dLogits);
  return { losses, normalizers, dLogits };
}

function crossEntropyCases(): KernelCase[] {
  return SIZES.flatMap(([r, v]) =>
    VARIANTS.map((variant) => ({
      title: `crossEntropy [${r}, ${v}], ${titleOf(variant)}`,
      kernels: ["crossEntropyForward", "crossEntropyBackward"],
      empty: r === 0,
      bound: { rtol: 1e-5, atol: 2e-6 },
      bounds: { dLogits: { rtol: 1e-4, atol: 1e-6 } },
      run: (arena: Arena) =>
        runCrossEntropy(arena, {
          logits: arena.random([r, v], { low: -5, high: 5 }),
          ...argsOf(arena, r, v, variant),
        }),
    })),
  );
}

function extremeCases(): KernelCase[] {
  const base = { kernels: ["crossEntropyForward", "crossEntropyBackward"], bound: { rtol: 1e-6, atol: 2e-6 } };
  const plain = VARIANTS[0]!;
  return [
    {
      ...base,
      title: "crossEntropy with logits to ±1e8",
      run: (arena) =>
        runCrossEntropy(arena, {
          logits: arena.random([11, 19], { low: -1e8, high: 1e8 }),
          ...argsOf(arena, 11, 19, plain),
        }),
    },
    {
      ...base,
      title: "crossEntropy with masked classes (-Infinity)",
      bound: { rtol: 1e-5, atol: 2e-6 },
      run(arena) {
        const [r, v] = [6, 9];
        const masked = Array.from({ length: r * v }, (_, i) => (i % v >= 5 ? -Infinity : ((i * 7) % 11) / 4 - 1));
        const targets = arena.integers([r], 0, 5);
        const logits = arena.from(masked.map(Math.fround), [r, v]);
        return runCrossEntropy(arena, { logits, targets, ignoreIndex: -100, labelSmoothing: 0, weight: null });
      },
    },
  ];
}

/** Head and loss together: rows, hidden size, classes. */
const HEADS: readonly (readonly [number, number, number])[] = [
  [0, 3, 5],
  [1, 1, 1],
  [5, 3, 7],
  [9, 16, 33],
  [33, 20, 65],
  [130, 67, 101],
  [70, 8, 1001],
  // Of more than 65,536 weights, where the kernels go by blocks of the vocabulary; of more hidden units or rows
  // than they take at once; and in several chunks, where they are of a million.
  [130, 70, 1003],
  [3, 67, 1009],
  [300, 533, 203],
  [40, 2, 65_003],
  // Where a BLAS goes by blocks too, with a last one that is not whole.
  [300, 33, 2060],
];

type Grads = "all" | "loss only" | "dx only" | "dHead only";

function linearCases(): KernelCase[] {
  const wanted: Grads[] = ["all", "loss only", "dx only", "dHead only"];
  return HEADS.flatMap((size, s) =>
    VARIANTS.flatMap((variant, i) => {
      const chosen = i === 0 ? wanted : (["all"] as const);
      return chosen.map((grads) => linearCase(size, variant, (s + i) % 2 === 0, grads));
    }),
  );
}

function linearCase(
  [r, h, v]: readonly [number, number, number],
  variant: Variant,
  biased: boolean,
  wanted: Grads,
): KernelCase {
  return {
    title: `linearCrossEntropy [${r}, ${h}] · [${v}, ${h}]ᵀ${biased ? " + bias" : ""}, ${titleOf(variant)}, ${wanted}`,
    kernels: ["linearCrossEntropy"],
    empty: r === 0,
    bound: { rtol: 1e-4, atol: 1e-5 },
    run(arena) {
      const x = arena.random([r, h], { low: -2, high: 2 });
      const head = arena.random([v, h]);
      const bias = biased ? arena.random([v]) : null;
      const losses = arena.out([r]);
      const dx = wanted === "all" || wanted === "dx only" ? arena.out([r, h]) : null;
      const dHead = wanted === "all" || wanted === "dHead only" ? arena.out([v, h]) : null;
      const dBias = wanted === "all" && biased ? arena.out([v]) : null;
      const grads = wanted === "loss only" ? null : { scale: 1 / Math.max(r, 1), dx, dHead, dBias };
      arena.engine.linearCrossEntropy({ x, head, bias, losses, grads, ...argsOf(arena, r, v, variant) });
      return { losses, ...(dx && { dx }), ...(dHead && { dHead }), ...(dBias && { dBias }) };
    },
  };
}

/** Rows whose exponentials are too large, or too small, or not there, unless the largest logit is taken off first. */
function extremeHeads(): KernelCase[] {
  const shifted = (
    title: string,
    of: (row: number, x: number) => number,
    bound: KernelCase["bound"],
    [r, h, v]: readonly [number, number, number] = [67, 9, 8003],
  ): KernelCase => ({
    title: `linearCrossEntropy [${r}, ${h}] · [${v}, ${h}]ᵀ, ${title}`,
    kernels: ["linearCrossEntropy"],
    bound,
    run(arena) {
      const x = Array.from({ length: r * h }, (_, i) => Math.fround(of(Math.floor(i / h), Math.sin(i * i))));
      const head = arena.random([v, h], { low: 0.3, high: 1 });
      const losses = arena.out([r]);
      const grads = { scale: 0.3, dx: arena.out([r, h]), dHead: arena.out([v, h]), dBias: arena.out([v]) };
      const bias = arena.random([v]);
      const args = argsOf(arena, r, v, VARIANTS[1]!);
      arena.engine.linearCrossEntropy({ x: arena.from(x, [r, h]), head, bias, losses, grads, ...args });
      const { dx, dHead, dBias } = grads;
      return { losses, dx, dHead, dBias };
    },
  });
  const close = { rtol: 1e-3, atol: 2e-5 };
  return [
    shifted("logits to 1e3 in some rows", (row, x) => (row % 5 < 2 ? 100 : 1) * x, close),
    shifted("logits to 1e3 in some rows", (row, x) => (row % 5 < 2 ? 100 : 1) * x, close, [260, 33, 2051]),
    shifted("logits of -300 in some rows", (row, x) => (row % 7 < 3 ? -70 + x : x), close),
    shifted("logits of 300 in all rows", (_, x) => 60 + x, close),
    shifted("NaN in one row", (row, x) => (row === 11 ? NaN : x), close),
    shifted("logits of 1e8 in some rows", (row, x) => (row % 3 === 0 ? 1e8 : x), close, [19, 1, 8003]),
  ];
}

/** Far from zero, and no further apart than float32 can tell there: what a logSumExp in float32 has no room for. */
function closeFarAway(): KernelCase {
  const [r, v] = [6, 29];
  const logits = Array.from({ length: r * v }, (_, i) => (i % (2 * v) < v ? 1e8 : -1e8) + 8 * ((i * i) % 3));
  return {
    title: "crossEntropy with logits close together at ±1e8, smoothing, class weights",
    kernels: ["crossEntropyForward", "crossEntropyBackward"],
    bound: { rtol: 1e-6, atol: 2e-6 },
    run: (arena) =>
      runCrossEntropy(arena, { logits: arena.from(logits, [r, v]), ...argsOf(arena, r, v, VARIANTS[3]!) }),
  };
}

/** crossEntropyForward, crossEntropyBackward, linearCrossEntropy. */
export function lossConformance(name: string, makeEngine: () => Engine, options: ConformanceOptions = {}): void {
  conformance(name, "losses", makeEngine, options, [
    ...crossEntropyCases(),
    ...extremeCases(),
    ...linearCases(),
    ...extremeHeads(),
    closeFarAway(),
  ]);
}
