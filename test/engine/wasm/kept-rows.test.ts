import { afterAll, describe, expect, test } from "vitest";
import { BlasEngine } from "../../../src/engine/blas/blas-engine.js";
import { type CellKind, GATES } from "../../../src/engine/cells.js";
import type { KeptRows, Operand, SequenceArgs } from "../../../src/engine/engine.js";
import { WasmEngine } from "../../../src/engine/wasm/wasm-engine.js";
import { Arena } from "../../support/arena.js";
import { expectSameBits } from "../../support/bits.js";
import { jsBlas } from "../blas/engines.js";
import { VARIANTS } from "./variants.js";

const CELLS: readonly CellKind[] = ["rnn_tanh", "rnn_relu", "rnn_sigmoid", "lstm", "gru"];
const V = 5;

interface Flags {
  bias: boolean;
  state: boolean;
  saves: boolean;
}

/** A layer whose inputs are rows of a table, and what it leaves with the products that are kept, or without. */
class Layer {
  readonly args: SequenceArgs;
  readonly kept: KeptRows;
  readonly #arena: Arena;
  readonly #saves: boolean;

  constructor(arena: Arena, cell: CellKind, [l, n, i, h]: readonly [number, number, number, number], flags: Flags) {
    this.#arena = arena;
    this.#saves = flags.saves;
    const g = GATES[cell] * h;
    const table = arena.random([V, i]);
    const ids = arena.random([l * n], { dtype: "int32", low: 0, high: V });
    const x = arena.out([l, n, i]);
    arena.engine.gatherRows({ ...x, shape: [l * n, i], strides: [i, 1] }, table, ids);
    const bias = (): Operand | null => (flags.bias ? arena.random([g]) : null);
    this.args = {
      cell,
      x,
      wIh: arena.random([g, i]),
      wHh: arena.random([g, h]),
      bIh: bias(),
      bHh: bias(),
      h0: flags.state ? arena.random([n, h]) : null,
      c0: flags.state && cell === "lstm" ? arena.random([n, h]) : null,
      reverse: l > 1,
    };
    this.kept = { table, ids, products: arena.out([V, g]), isKnown: new Uint8Array(V) };
  }

  run(kept: KeptRows | null): ArrayLike<number>[] {
    const { cell, x, wHh } = this.args;
    const [l, n, h] = [x.shape[0]!, x.shape[1]!, wHh.shape[1]!];
    const lstm = cell === "lstm";
    const out = (shape: number[], wanted = true): Operand | null => (wanted ? this.#arena.out(shape) : null);
    const saved = this.#saves ? { gates: out([l, n, 4 * h], GATES[cell] > 1), cells: out([l, n, h], lstm) } : null;
    const [y, hN, cN] = [out([l, n, h])!, out([n, h])!, out([n, h], lstm)];
    this.#arena.engine.sequenceForward({ ...this.args, y, hN, cN, saved, kept });
    const results = [y, hN, cN, saved?.gates, saved?.cells].filter((o): o is Operand => o != null);
    return results.map((o) => this.#arena.read(o));
  }

  get ids(): number[] {
    return [...this.#arena.read(this.kept.ids)];
  }
}

const ENGINES = [
  ...VARIANTS.map(({ name, options }) => ({ name, make: () => new WasmEngine(options) })),
  { name: "blas, 2 threads", make: () => new BlasEngine(jsBlas(), { threads: 2, worthSharing: 0 }) },
];

describe.each(ENGINES)("$name: products of a table's rows that stay from call to call", ({ make }) => {
  const engine = make();
  afterAll(() => engine.close());

  for (const cell of CELLS) {
    test(`${cell}: the same bits as without, when they are made and when they are there`, () => {
      let seed = 0;
      for (const sizes of [
        [1, 1, 16, 64],
        [1, 3, 5, 13],
        [2, 2, 9, 70],
        [4, 1, 8, 8],
        [1, 1, 3, 1],
      ] as const) {
        for (const bits of [0, 1, 2, 3, 7]) {
          const flags = { bias: (bits & 1) > 0, state: (bits & 2) > 0, saves: (bits & 4) > 0 };
          const arena = new Arena(engine, "float32", ++seed);
          const layer = new Layer(arena, cell, sizes, flags);
          const label = `${sizes} ${JSON.stringify(flags)}`;
          const expected = layer.run(null);
          expectSameBits(layer.run(layer.kept), expected, `${label}, made`);
          const taken = new Set(layer.ids);
          expect([...layer.kept.isKnown], label).toEqual(Array.from({ length: V }, (_, id) => (taken.has(id) ? 1 : 0)));
          expectSameBits(layer.run(layer.kept), expected, `${label}, there`);
          arena.free();
        }
      }
      expect(engine.paths["sequenceForward"]!.fallback).toBe(0);
    });
  }

  test("reads the products that are known, and leaves W_ih alone", () => {
    const arena = new Arena(engine, "float32", 3);
    const layer = new Layer(arena, "lstm", [1, 2, 6, 20], { bias: true, state: true, saves: false });
    const expected = layer.run(layer.kept);
    const { wIh } = layer.args;
    engine.write(wIh.buffer, new Float32Array(wIh.shape[0]! * wIh.shape[1]!).fill(Number.NaN));
    expectSameBits(layer.run(layer.kept), expected, "W_ih is NaN");
    arena.free();
  });

  test("is offered for up to 4 rows and 8 MiB, in float32", () => {
    expect(engine.keepsRows("float32", 65, 2048, 1)).toBe(true);
    expect(engine.keepsRows("float32", 65, 2048, 4)).toBe(true);
    expect(engine.keepsRows("float32", 65, 2048, 5)).toBe(false);
    expect(engine.keepsRows("float32", 1024, 2048, 1)).toBe(true);
    expect(engine.keepsRows("float32", 1025, 2048, 1)).toBe(false);
    expect(engine.keepsRows("float64", 65, 2048, 1)).toBe(false);
  });
});
