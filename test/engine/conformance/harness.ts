import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DType } from "../../../src/base/dtype.js";
import type { Engine, Operand } from "../../../src/engine/engine.js";
import { ReferenceEngine } from "../../../src/engine/reference/reference-engine.js";
import { Arena } from "../../support/arena.js";
import { expectClose, type Tolerance } from "../../support/close.js";
import { expectUlps } from "../../support/ulp.js";

export interface ConformanceOptions {
  /** Run every third case in float64 as well. */
  float64?: boolean;
  /** How often each kernel's fast path has run, by the name of the engine's method. */
  fastPath?: (engine: Engine) => Record<string, number>;
  /** Whether a case must take the fast path. Default: float32, contiguous, not empty. */
  shouldBeFast?: (use: KernelUse) => boolean;
  /** Run every n-th case alone, and the first of each kernel. Default: all. */
  every?: number;
  /** Ends the engine after the suite. */
  close?: (engine: Engine) => void;
}

/** One call of a kernel, as the fast-path hook sees it. */
export interface KernelUse {
  kernel: string;
  op?: string | undefined;
  dtype: DType;
  /** Every operand is contiguous, its offset 0. */
  contiguous: boolean;
  empty: boolean;
}

/** Bounds on float32 results against the float64 reference: relative and absolute, or in units in the last place. */
export type Bound = Tolerance | { ulps: number };

export type Results = Record<string, Operand | readonly number[]>;
type Values = Record<string, Float64Array>;

/** Named results, and bounds that differ from the case's own. */
export interface KernelCase {
  title: string;
  /** The engine's methods that it calls. */
  kernels: readonly string[];
  op?: string;
  contiguous?: boolean;
  empty?: boolean;
  bound: Bound;
  bounds?: Record<string, Bound>;
  /** Only in float32 (dtype-independent cases). */
  once?: boolean;
  run(arena: Arena): Results;
}

/** float64 against float64: only the order of summation differs. */
const FLOAT64: Tolerance = { rtol: 1e-10, atol: 1e-12 };

const formatNumber = (x: number): string => (x === 0 ? "0" : x.toExponential());

function formatBound(bound: Bound): string {
  return "ulps" in bound
    ? `within ${bound.ulps} ULP`
    : `within rtol ${formatNumber(bound.rtol)}, atol ${formatNumber(bound.atol)}`;
}

const oracle = new ReferenceEngine();
const expectations = new Map<string, Values>();

/** What the oracle makes of a case: once a file, however many engines the file compares with it. */
function expectationOf(family: string, seed: number, found: KernelCase): Values {
  const key = `${family}, ${seed}: ${found.title}`;
  const known = expectations.get(key);
  if (known !== undefined) return known;
  const values = runCase(oracle, "float64", seed, found);
  expectations.set(key, values);
  return values;
}

/** Runs each case on the engine under test and on the reference engine in float64, from the same random numbers. */
export function conformance(
  name: string,
  family: string,
  makeEngine: () => Engine,
  options: ConformanceOptions,
  cases: readonly KernelCase[],
): void {
  describe(`${name}: ${family}`, () => {
    let engine: Engine;
    beforeAll(() => {
      engine = makeEngine();
    });
    afterAll(() => {
      options.close?.(engine);
    });
    for (const dtype of options.float64 ? (["float32", "float64"] as const) : (["float32"] as const)) {
      // A third of them will do in float64, which no engine has kernels of its own for.
      const chosen = sample(cases, options.every ?? 1).filter(
        ({ found, seed }) => dtype === "float32" || (!found.once && seed % 3 === 1),
      );
      for (const { found, seed } of chosen) {
        const bound = dtype === "float64" ? FLOAT64 : found.bound;
        test(`${dtype} ${found.title}: ${formatBound(bound)}`, () => {
          const expected = expectationOf(family, seed, found);
          const before = options.fastPath?.(engine);
          const actual = runCase(engine, dtype, seed, found);
          compare(actual, expected, bound, dtype === "float32" ? (found.bounds ?? {}) : {});
          if (before && options.fastPath) expectFast(before, options.fastPath(engine), found, dtype, options);
        });
      }
    }
  });
}

/** A case keeps its seed whichever others are left out. */
function sample(cases: readonly KernelCase[], every: number): { found: KernelCase; seed: number }[] {
  const seen = new Set<string>();
  return cases
    .map((found, i) => ({ found, seed: i + 1 }))
    .filter(({ found: { kernels, op }, seed }) => {
      const known = seen.size;
      return seen.add(`${kernels} ${op}`).size > known || seed % every === 0;
    });
}

function expectFast(
  before: Record<string, number>,
  after: Record<string, number>,
  { kernels, op, contiguous = true, empty = false }: KernelCase,
  dtype: DType,
  { shouldBeFast = isPlain }: ConformanceOptions,
): void {
  for (const kernel of kernels) {
    if (!shouldBeFast({ kernel, op, dtype, contiguous, empty })) continue;
    expect(after[kernel] ?? 0, `fast path of ${kernel} ran`).toBeGreaterThan(before[kernel] ?? 0);
  }
}

function isPlain({ dtype, contiguous, empty }: KernelUse): boolean {
  return dtype === "float32" && contiguous && !empty;
}

function runCase(engine: Engine, dtype: DType, seed: number, found: KernelCase): Values {
  const { buffers, bytes } = engine.memory();
  const arena = new Arena(engine, dtype, seed);
  try {
    const results = found.run(arena);
    arena.expectGuards();
    return Object.fromEntries(
      Object.entries(results).map(([key, value]) => [
        key,
        new Float64Array("buffer" in value ? arena.read(value) : value),
      ]),
    );
  } finally {
    arena.free();
    const after = engine.memory();
    expect({ buffers: after.buffers, bytes: after.bytes }, "memory in use afterwards").toEqual({ buffers, bytes });
  }
}

function compare(actual: Values, expected: Values, bound: Bound, bounds: Record<string, Bound>): void {
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const key of Object.keys(expected)) {
    const within = bounds[key] ?? bound;
    if ("ulps" in within) expectUlps(actual[key]!, expected[key]!, within.ulps, key);
    else expectClose(actual[key]!, expected[key]!, within, key);
  }
}
