import { afterAll, beforeAll, describe, test } from "vitest";
import type { Operand, UnaryOp } from "../../../src/engine/engine.js";
import { erf } from "../../../src/engine/reference/unary-functions.js";
import { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";
import { BUILDS, WIDE_ALONE } from "../../support/builds.js";
import { expectUlps } from "../../support/ulp.js";

/** Points a call. */
const BATCH = 1 << 16;
/** Every such bit pattern of float32 is tried: about a million numbers, NaN and infinities among them; for 256-bit kernels alone a quarter. */
const STRIDE = WIDE_ALONE ? 16411 : 4099;
/** Where reductions, clamps and special cases change over; all floats near them are tried. */
const BREAKPOINTS = [
  0,
  1e-8,
  1e-7,
  0.25,
  0.3466,
  0.5,
  Math.SQRT1_2,
  0.921875,
  1,
  Math.SQRT2,
  2,
  4,
  9.01,
  9.1,
  17,
  20,
  87.33,
  87.9,
  88.37,
  88.72,
  89,
  103.97,
  1.17549435e-38,
  2.4e38,
  3.4e38,
  Infinity,
];
const NEIGHBOURS = 1 << 10;

const bits = new Uint32Array(BATCH);
const floats = new Float32Array(bits.buffer);

/** Fills `floats` batch by batch; the last batch is padded with zeros. */
function* points(): Generator<Float32Array> {
  let count = 0;
  for (let pattern = 0; pattern < 2 ** 32; pattern += STRIDE) {
    bits[count++] = pattern;
    if (count === BATCH) {
      yield floats;
      count = 0;
    }
  }
  for (const breakpoint of BREAKPOINTS) {
    for (const x of [breakpoint, -breakpoint]) {
      if (count + NEIGHBOURS > BATCH) {
        floats.fill(0, count);
        yield floats;
        count = 0;
      }
      floats[count] = x;
      const middle = bits[count]!;
      for (let i = 0; i < NEIGHBOURS; i++) bits[count++] = middle + i - NEIGHBOURS / 2;
    }
  }
  floats.fill(0, count);
  yield floats;
}

function sigmoid(x: number): number {
  const z = Math.exp(-Math.abs(x));
  return (x < 0 ? z : 1) / (1 + z);
}

const UNARY: readonly { op: UnaryOp; exact: (x: number) => number; ulps: number }[] = [
  { op: "exp", exact: Math.exp, ulps: 2 },
  { op: "expm1", exact: Math.expm1, ulps: 2 },
  { op: "log", exact: Math.log, ulps: 2 },
  { op: "log1p", exact: Math.log1p, ulps: 2 },
  { op: "tanh", exact: Math.tanh, ulps: 2 },
  { op: "sigmoid", exact: sigmoid, ulps: 4 },
  { op: "softplus", exact: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))), ulps: 2 },
  { op: "erf", exact: erf, ulps: 2 },
];

/** What has no denormal results: there, any number of the right order of nothing will do. */
function flush(y: number): number {
  return Math.abs(y) < 2 ** -126 ? 0 : y;
}

for (const variant of BUILDS) {
  describe(`vector math, ${variant}`, () => {
    let engine: WasmEngine;
    let x: Operand;
    let y: Operand;
    const operand = (): Operand => ({
      buffer: engine.alloc("float32", BATCH),
      offset: 0,
      shape: [1, BATCH],
      strides: [BATCH, 1],
    });
    beforeAll(() => {
      engine = new WasmEngine({ variant });
      x = operand();
      y = operand();
    });
    afterAll(() => engine.close());

    for (const { op, exact, ulps } of UNARY) {
      test(`${op} within ${ulps} ULP over all of float32, ±0, ±Infinity and NaN exact`, () => {
        for (const batch of points()) {
          engine.write(x.buffer, batch);
          engine.unary(op, y, x);
          expectUlps(engine.readSync(y.buffer), Float64Array.from(batch, exact), ulps, op);
        }
      });
    }

    test("sigmoid of the gates within 4 ULP, results below 2^-126 of that size or 0", () => {
      const one = operand();
      engine.fill(one, 1);
      for (const batch of points()) {
        engine.write(x.buffer, batch);
        // dy · σ(x)
        engine.unaryBackward("softplus", y, x, x, one);
        const found = Float64Array.from(engine.readSync(y.buffer), flush);
        expectUlps(
          found,
          Float64Array.from(batch, (v) => flush(sigmoid(v))),
          4,
          "sigmoid",
        );
      }
    });

    test("exp of the softmax, for x <= 0, within 2 ULP, results below 2^-126 of that size or 0", () => {
      const target = { ...operand(), buffer: engine.alloc("int32", 1) };
      const normalizers = operand();
      const one = operand();
      engine.write(target.buffer, [0]);
      engine.write(normalizers.buffer, [0, 1]);
      engine.fill(one, 1);
      const scalar = { shape: [1], strides: [1] };
      const args = { targets: { ...target, ...scalar }, ignoreIndex: -100, labelSmoothing: 0, weight: null };
      for (const batch of points()) {
        const negative = batch.map((v) => -Math.abs(v));
        engine.write(x.buffer, negative);
        // dLogits of a row whose largest logit and sum are 0 and 1 are exp(x), but for the target
        const pair = { ...normalizers, shape: [1, 2], strides: [2, 1] };
        engine.crossEntropyBackward({ ...args, logits: x }, pair, { ...one, ...scalar }, y);
        const found = Float64Array.from(engine.readSync(y.buffer), flush).subarray(1);
        expectUlps(found, Float64Array.from(negative, (v) => flush(Math.exp(v))).subarray(1), 2, "exp");
      }
    });
  });
}
