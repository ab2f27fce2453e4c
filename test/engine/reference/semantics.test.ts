import { describe, expect, test } from "vitest";
import { philoxBlock } from "../../../src/base/philox.js";
import type { BinaryOp, UnaryGradOp, UnaryOp } from "../../../src/engine/engine.js";
import { ReferenceEngine } from "../../../src/engine/reference/reference-engine.js";
import { expectClose } from "../../support/close.js";
import { type FixtureCase, loadFixture, tensorOf } from "../../support/fixtures.js";
import { Operands } from "../../support/operands.js";

const engine = new ReferenceEngine();
const ops = new Operands(engine, "float64");
const { NaN: nan } = Number;

function unary(op: UnaryOp, xs: number[]): number[] {
  const y = ops.empty([xs.length]);
  engine.unary(op, y, ops.from(xs, [xs.length]));
  return [...ops.read(y)];
}

function binary(op: BinaryOp, a: number[], b: number[], dtype: "float64" | "int32" = "float64", out = dtype): number[] {
  const y = ops.empty([a.length], out);
  engine.binary(op, y, ops.from(a, [a.length], dtype), ops.from(b, [b.length], dtype));
  return [...ops.read(y)];
}

describe("special values, as PyTorch has them, to the last bit", () => {
  const table: [UnaryOp, number[], number[]][] = [
    ["tanh", [0, -0, Infinity, -Infinity, nan], [0, -0, 1, -1, nan]],
    ["sigmoid", [0, Infinity, -Infinity, nan, 800, -800], [0.5, 1, 0, nan, 1, 0]],
    ["exp", [0, Infinity, -Infinity, nan, 710], [1, Infinity, 0, nan, Infinity]],
    ["log", [1, 0, -0, Infinity, -1, nan], [0, -Infinity, -Infinity, Infinity, nan, nan]],
    ["round", [0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.49999999999999994], [0, 2, 2, -0, -2, -2, 0]],
    ["sign", [3, -2, 0, nan, Infinity], [1, -1, 0, 0, 1]],
    ["relu", [-1, 0, 2, nan, Infinity, -Infinity], [0, 0, 2, nan, Infinity, 0]],
    ["softplus", [0, 21, 1e4, -1e4, nan], [Math.LN2, 21, 1e4, 0, nan]],
    ["erf", [0, -0, Infinity, -Infinity, nan, 7], [0, -0, 1, -1, nan, 1]],
    ["sqrt", [0, -0, 4, -1, Infinity], [0, -0, 2, nan, Infinity]],
    ["rsqrt", [0, 4, Infinity], [Infinity, 0.5, 0]],
    ["reciprocal", [0, -0, Infinity, 4], [Infinity, -Infinity, 0, 0.25]],
    ["expm1", [-0, -Infinity, 1e-20], [-0, -1, 1e-20]],
    ["log1p", [-0, -1, 1e-20], [-0, -Infinity, 1e-20]],
  ];
  test.each(table)("%s", (op, xs, expected) => {
    expect(unary(op, xs)).toEqual(expected);
  });

  test("pow follows C: 1 to any power and anything to the power 0 are 1", () => {
    expect(binary("pow", [1, nan, -1, -8, 0, 2], [nan, 0, Infinity, 1 / 3, -1, 10])).toEqual([
      1,
      1,
      1,
      nan,
      Infinity,
      1024,
    ]);
  });

  test("maximum and minimum pass NaN on; comparisons with NaN are false but for ne", () => {
    expect(binary("maximum", [1, nan, 2], [nan, 1, 3])).toEqual([nan, nan, 3]);
    expect(binary("minimum", [1, nan, 2], [nan, 1, 3])).toEqual([nan, nan, 2]);
    const compare = (op: BinaryOp) => {
      const y = ops.empty([2], "int32");
      engine.binary(op, y, ops.from([nan, 1], [2]), ops.from([nan, 1], [2]));
      return [...ops.read(y)];
    };
    expect((["eq", "ne", "lt", "le", "gt", "ge"] as const).map(compare)).toEqual([
      [0, 1],
      [1, 0],
      [0, 0],
      [0, 1],
      [0, 0],
      [0, 1],
    ]);
  });

  test("int32 wraps, truncates its quotients, and gives 0 for a division by 0", () => {
    expect(binary("add", [2147483647], [1], "int32")).toEqual([-2147483648]);
    expect(binary("mul", [65537, -7], [65537, 3], "int32")).toEqual([131073, -21]);
    expect(binary("div", [7, -7, 7, -7, 5, 0], [2, 2, -2, -2, 0, 0], "int32")).toEqual([3, -3, -3, 3, 0, 0]);
    expect(binary("pow", [2, -3, 5], [10, 3, 0], "int32")).toEqual([1024, -27, 1]);
  });

  test("the derivatives of abs and relu at 0 are 0", () => {
    for (const op of ["abs", "relu"] as UnaryGradOp[]) {
      const x = ops.from([0, -0], [2]);
      const dx = ops.empty([2]);
      engine.unaryBackward(op, dx, x, x, ops.from([3, 3], [2]));
      expect([...ops.read(dx)]).toEqual([0, 0]);
    }
  });
});

describe("dropout", () => {
  test("drops element i when word i mod 4 of block counter + i/4 lies below p, and scales the rest", () => {
    const [p, size] = [0.3, 11];
    const key = { key0: 11, key1: 22, counter0: 0xffffffff, counter1: 5 };
    const words = new Uint32Array(12);
    philoxBlock(11, 22, 0xffffffff, 5, words, 0);
    philoxBlock(11, 22, 0, 6, words, 4);
    philoxBlock(11, 22, 1, 6, words, 8);
    const out = ops.empty([size]);
    engine.dropout(out, ops.from(new Array(size).fill(1), [size]), p, key);
    expectClose(
      ops.read(out),
      Array.from(words.subarray(0, size), (word) => (word / 2 ** 32 < p ? 0 : 1 / 0.7)),
      { rtol: 1e-15, atol: 0 },
    );
  });

  test("drops a share of p: 30,000 elements within 1 %", () => {
    const size = 30_000;
    const x = ops.from(new Array(size).fill(1), [size]);
    const out = ops.empty([size]);
    engine.dropout(out, x, 0.25, { key0: 3, key1: 0, counter0: 0, counter1: 0 });
    const dropped = ops.read(out).filter((value) => value === 0).length;
    expect(Math.abs(dropped / size - 0.25)).toBeLessThan(0.01);
  });
});

interface CrossEntropyOptions {
  reduction: "mean" | "sum" | "none";
  labelSmoothing: number;
  ignoreIndex?: number;
}

describe("cross entropy against PyTorch in float64, within rtol 1e-10, atol 1e-12", () => {
  const { cases } = loadFixture<CrossEntropyOptions>("functional/cross-entropy-float64");
  test.each(cases)("$name", (found: FixtureCase<CrossEntropyOptions>) => {
    const { reduction, labelSmoothing, ignoreIndex = -100 } = found.options;
    const logits = tensorOf(found, "logits");
    const targets = tensorOf(found, "target").data;
    const weight = found.tensors["weight"];
    const [r] = logits.shape as [number, number];
    const args = {
      logits: ops.from(logits.data, logits.shape),
      targets: ops.from(targets, [r], "int32"),
      weight: weight ? ops.from(weight.data, weight.shape) : null,
      labelSmoothing,
      ignoreIndex,
    };
    const [losses, normalizers, dLogits] = [ops.empty([r]), ops.empty([r, 2]), ops.empty(logits.shape)];
    engine.crossEntropyForward(args, losses, normalizers);
    const kept = Array.from(targets).filter((t) => t !== ignoreIndex);
    const divisor = reduction === "mean" ? kept.reduce((sum, t) => sum + (weight ? weight.data[t]! : 1), 0) : 1;
    const rows = [...ops.read(losses)];
    const value = reduction === "none" ? rows : [rows.reduce((a, b) => a + b, 0) / divisor];
    const bound = { rtol: 1e-10, atol: 1e-12 };
    expectClose(value, tensorOf(found, "out").data, bound, "loss");

    const upstream = tensorOf(found, "upstream").data;
    const dLosses = rows.map((_, i) => upstream[reduction === "none" ? i : 0]! / divisor);
    engine.crossEntropyBackward(args, normalizers, ops.from(dLosses, [r]), dLogits);
    expectClose(ops.read(dLogits), tensorOf(found, "grad.logits").data, bound, "gradient");
  });
});

describe("a freed buffer", () => {
  test("is an error to use, and may be freed twice", () => {
    const own = new ReferenceEngine();
    const buffer = own.alloc("float32", 3);
    own.free(buffer);
    own.free(buffer);
    expect(own.memory()).toEqual({ bytes: 0, buffers: 0, reserved: 0 });
    expect(() => own.readSync(buffer)).toThrow(
      "engine: buffer must be in use, got a freed buffer of 3 float32 elements.",
    );
  });
});
