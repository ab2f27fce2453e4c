import { afterEach, describe, expect, test } from "vitest";
import type { Operand } from "../../src/engine/engine.js";
import { expectClose, TOLERANCE, type Tolerance } from "../support/close.js";
import { ENGINES } from "../support/engines.js";
import { type FixtureCase, loadFixture, tensorOf } from "../support/fixtures.js";
import { Operands } from "../support/operands.js";

interface CrossEntropyOptions {
  reduction: "mean" | "sum" | "none";
  labelSmoothing: number;
  ignoreIndex?: number;
}

const CASES = {
  float32: loadFixture<CrossEntropyOptions>("functional/cross-entropy-float32").cases,
  float64: loadFixture<CrossEntropyOptions>("functional/cross-entropy-float64").cases,
};
const BOUNDS: Record<"float32" | "float64", [Tolerance, Tolerance, string]> = {
  float32: [
    TOLERANCE.sequence,
    TOLERANCE.gradient,
    "value within rtol 1.3e-6, atol 1e-5, gradient rtol 1e-4, atol 1e-6",
  ],
  float64: [TOLERANCE.float64, TOLERANCE.float64, "rtol 1e-10, atol 1e-12"],
};

for (const { name, engine, dtypes } of ENGINES) {
  describe(`${name}: cross entropy against PyTorch`, () => {
    let ops: Operands;
    afterEach(() => ops.free());

    for (const dtype of dtypes as ("float32" | "float64")[]) {
      const [value, gradient, bounds] = BOUNDS[dtype];
      test.each(CASES[dtype])(`${dtype}, $name: ${bounds}`, (found) => {
        ops = new Operands(engine, dtype);
        const { args, scales, out } = setUp(ops, found);
        const rows = scales.length;
        const losses = ops.empty([rows]);
        const normalizers = ops.empty([rows, 2]);
        engine.crossEntropyForward(args, losses, normalizers);
        expectClose(reduce(ops.read(losses), found), out.data, value, "loss");

        const dLogits = ops.empty(args.logits.shape);
        engine.crossEntropyBackward(args, normalizers, ops.from(scales, [rows]), dLogits);
        expectClose(ops.read(dLogits), tensorOf(found, "grad.logits").data, gradient, "grad.logits");
      });

      const reducible = CASES[dtype].filter((found) => found.options.reduction !== "none");
      test.each(reducible)(`${dtype}, $name, fused with a head: ${bounds}`, (found) => {
        ops = new Operands(engine, dtype);
        const { args, scales, out } = setUp(ops, found);
        const rows = scales.length;
        const { logits, ...rest } = args;
        // With the identity as its head the fused kernel's x is the logits, so its dx is their gradient.
        const head = ops.from(identity(logits.shape[1]!), [logits.shape[1]!, logits.shape[1]!]);
        const losses = ops.empty([rows]);
        const dx = ops.empty(logits.shape);
        const dHead = ops.empty(head.shape);
        const scale = scales[0]!;
        engine.linearCrossEntropy({
          ...rest,
          x: logits,
          head,
          bias: null,
          losses,
          grads: { scale, dx, dHead, dBias: null },
        });
        expectClose(reduce(ops.read(losses), found), out.data, value, "loss");
        const expected = tensorOf(found, "grad.logits").data;
        expectClose(ops.read(dx), expected, gradient, "grad.logits");
        // dHead = dLogitsᵀ · x
        expectClose(
          ops.read(dHead),
          transposedProduct(expected, tensorOf(found, "logits").data, rows),
          large(found) ? { rtol: 1e-4, atol: 1e-2 } : gradient,
          "dHead",
        );
      });
    }
  });
}

function large(found: FixtureCase<unknown>): boolean {
  return found.name.includes("1e4");
}

function setUp(ops: Operands, found: FixtureCase<CrossEntropyOptions>) {
  const logits = tensorOf(found, "logits");
  const target = tensorOf(found, "target");
  const { weight } = found.tensors;
  const ignoreIndex = found.options.ignoreIndex ?? -100;
  const args = {
    logits: ops.from(logits.data, logits.shape),
    targets: ops.from(target.data, target.shape, "int32"),
    ignoreIndex,
    labelSmoothing: found.options.labelSmoothing,
    weight: weight ? ops.from(weight.data, weight.shape) : (null as Operand | null),
  };
  const upstream = tensorOf(found, "upstream").data;
  const divisor = found.options.reduction === "mean" ? totalWeight(found) : 1;
  const scales = Array.from(target.data, (_, r) => upstream[upstream.length === 1 ? 0 : r]! / divisor);
  return { args, scales, out: tensorOf(found, "out") };
}

/** Σ weight of the targets that count: what PyTorch's mean divides by. */
function totalWeight(found: FixtureCase<CrossEntropyOptions>): number {
  const { weight } = found.tensors;
  let total = 0;
  for (const t of tensorOf(found, "target").data) {
    if (t !== (found.options.ignoreIndex ?? -100)) total += weight ? weight.data[t]! : 1;
  }
  return total;
}

function reduce(losses: ArrayLike<number>, found: FixtureCase<CrossEntropyOptions>): ArrayLike<number> {
  if (found.options.reduction === "none") return losses;
  const sum = Array.from(losses).reduce((a, b) => a + b, 0);
  expect(Number.isFinite(sum)).toBe(true);
  return [found.options.reduction === "mean" ? sum / totalWeight(found) : sum];
}

function identity(n: number): number[] {
  return Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 1 : 0));
}

/** aᵀ·b of [R, V] and [R, H]. */
function transposedProduct(a: ArrayLike<number>, b: ArrayLike<number>, rows: number): number[] {
  const v = a.length / rows;
  const h = b.length / rows;
  return Array.from({ length: v * h }, (_, i) => {
    let sum = 0;
    for (let r = 0; r < rows; r++) sum += a[r * v + Math.floor(i / h)]! * b[r * h + (i % h)]!;
    return sum;
  });
}
