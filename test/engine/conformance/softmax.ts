import type { Shape } from "../../../src/base/shape.js";
import type { Engine } from "../../../src/engine/engine.js";
import type { Arena } from "../../support/arena.js";
import { type Bound, type ConformanceOptions, conformance, type KernelCase } from "./harness.js";

const SHAPES: readonly Shape[] = [[1], [5], [0, 7], [3, 0], [1, 1], [7, 13], [2, 3, 17], [9, 16], [130, 67], [4, 1000]];
const SCALES = [1, 30, 1e4];

type Kind = "softmax" | "logSoftmax";

/** Log-probabilities of size 1e4 have a rounding of their own. */
const BOUNDS: Record<Kind, Bound> = {
  softmax: { rtol: 2e-5, atol: 1e-7 },
  logSoftmax: { rtol: 1e-6, atol: 2e-6 },
};

function valueCases(kind: Kind): KernelCase[] {
  return SHAPES.flatMap((shape) =>
    SCALES.map((scale) => ({
      title: `${kind} of [${shape}], logits to ±${scale}`,
      kernels: [kind],
      empty: shape.includes(0),
      bound: BOUNDS[kind],
      run(arena: Arena) {
        const out = arena.out(shape);
        arena.engine[kind](out, arena.random(shape, { low: -scale, high: scale }));
        return { out };
      },
    })),
  );
}

function specialCase(kind: Kind): KernelCase {
  const low = -Infinity;
  const rows = [
    [low, 0, 1, low, 2],
    [low, low, low, low, 3],
    [low, low, low, low, low],
    [1, Number.NaN, 0, 2, 3],
    [1e4, -1e4, 1e4, 0, 9999],
    [5, 5, 5, 5, 5],
  ];
  return {
    title: `${kind} of rows with -Infinity (masked) and NaN`,
    kernels: [kind],
    bound: BOUNDS[kind],
    run(arena) {
      const out = arena.out([rows.length, 5]);
      arena.engine[kind](out, arena.from(rows.flat(), [rows.length, 5]));
      return { out };
    },
  };
}

function backwardCases(kind: Kind): KernelCase[] {
  const backward = `${kind}Backward` as const;
  return SHAPES.map((shape) => ({
    title: `${backward} of [${shape}]`,
    kernels: [backward],
    empty: shape.includes(0),
    bound: { rtol: 1e-4, atol: 1e-6 },
    // Σ dy of a thousand terms of size 1.
    ...(kind === "logSoftmax" ? { bounds: { dx: { rtol: 1e-4, atol: 1e-5 } } } : {}),
    run(arena: Arena) {
      const y = arena.out(shape);
      arena.engine[kind](y, arena.random(shape, { low: -4, high: 4 }));
      const dx = arena.out(shape);
      arena.engine[backward](dx, y, arena.random(shape));
      return { dx };
    },
  }));
}

/** softmax, logSoftmax and their backward passes. */
export function softmaxConformance(name: string, makeEngine: () => Engine, options: ConformanceOptions = {}): void {
  const kinds = ["softmax", "logSoftmax"] as const;
  conformance(name, "softmax", makeEngine, options, [
    ...kinds.flatMap(valueCases),
    ...kinds.map(specialCase),
    ...kinds.flatMap(backwardCases),
  ]);
}
