import { expect, test } from "vitest";
import { Generator } from "../../../src/base/random.js";
import { contiguousStrides, type Shape, sizeOf } from "../../../src/base/shape.js";
import { type CellKind, GATES } from "../../../src/engine/cells.js";
import type { Engine, Operand } from "../../../src/engine/engine.js";
import { ReferenceEngine } from "../../../src/engine/reference/reference-engine.js";
import { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";
import { VARIANTS } from "./variants.js";

const CELLS: readonly CellKind[] = ["rnn_tanh", "rnn_relu", "rnn_sigmoid", "lstm", "gru"];
const SMALLEST_NORMAL = 2 ** -126;

/** dX and dW_ih of a long sequence whose gradient arrives at its end alone, through small recurrent weights. */
function gradients(engine: Engine, cell: CellKind, h: number): { dX: number[]; dWIh: number[] } {
  const [l, n, i, g] = [240, 3, 5, GATES[cell]];
  const random = new Generator(31);
  const filled = (value: () => number, ...shape: number[]): Operand => {
    const buffer = engine.alloc("float32", sizeOf(shape as Shape));
    engine.write(buffer, Float32Array.from({ length: sizeOf(shape as Shape) }, value));
    return { buffer, offset: 0, shape, strides: contiguousStrides(shape) };
  };
  const some = (scale: number, ...shape: number[]) => filled(() => scale * (random.uniform() - 0.5), ...shape);
  const out = (...shape: number[]) => filled(() => -7, ...shape);
  const lstm = cell === "lstm";
  // Below zero the lstm forgets and the gru takes what is new: nothing is carried past the recurrent weights.
  const bias = filled(() => random.uniform() - (cell === "rnn_relu" ? 0.3 : 1.2), g * h);
  const weights = { wIh: some(0.8, g * h, i), wHh: some(0.5, g * h, h), bIh: bias, bHh: some(0.2, g * h) };
  const args = { cell, x: some(2, l, n, i), ...weights, h0: null, c0: null, reverse: false };
  const y = out(l, n, h);
  const saved = { gates: g > 1 ? out(l, n, 4 * h) : null, cells: lstm ? out(l, n, h) : null };
  engine.sequenceForward({ ...args, y, hN: out(n, h), cN: lstm ? out(n, h) : null, saved });
  const given = { dY: null, dHN: some(2, n, h), dCN: null, dBIh: null, dBHh: null, dH0: null, dC0: null };
  const [dX, dWIh] = [out(l, n, i), out(g * h, i)];
  engine.sequenceBackward({ ...args, ...given, y, saved, dX, dWIh, dWHh: null });
  return { dX: [...engine.readSync(dX.buffer)], dWIh: [...engine.readSync(dWIh.buffer)] };
}

for (const { name, options } of VARIANTS) {
  for (const cell of CELLS) {
    for (const h of [16, 11]) {
      test(`${name}: ${cell}, H ${h}: gradients that vanish over 240 steps end in zeros, never in denormals`, () => {
        const engine = new WasmEngine(options);
        const { dX, dWIh } = gradients(engine, cell, h);
        engine.close();
        const expected = gradients(new ReferenceEngine(), cell, h);
        expect(dX.filter((d) => d !== 0 && Math.abs(d) < SMALLEST_NORMAL)).toEqual([]);
        expect(dX.slice(0, 30).every((d) => d === 0)).toBe(true);
        expect(expected.dX.some((d) => d !== 0 && Math.abs(d) < SMALLEST_NORMAL)).toBe(true);
        expected.dX.forEach((d, at) => {
          expect(Math.abs(dX[at]! - d)).toBeLessThanOrEqual(0.02 * Math.abs(d) + 1e-30);
        });
        expected.dWIh.forEach((d, at) => {
          expect(Math.abs(dWIh[at]! - d)).toBeLessThanOrEqual(1e-6 + 1e-4 * Math.abs(d));
        });
      });
    }
  }
}
