import { describe, expect, test } from "vitest";
import type { CellKind } from "../../../src/engine/cells.js";
import { GATES } from "../../../src/engine/cells.js";
import type { Operand, ReduceOp } from "../../../src/engine/engine.js";
import { ReferenceEngine } from "../../../src/engine/reference/reference-engine.js";
import { Arena, LAYOUTS } from "../../support/arena.js";
import { expectClose } from "../../support/close.js";

/** The oracle itself, against the definitions written out element by element. */

const BOUND = { rtol: 1e-12, atol: 1e-13 };
const engine = new ReferenceEngine();
const arenaOf = (seed: number): Arena => new Arena(engine, "float64", seed);

/** The element at an index, straight from the definition of a strided operand. */
function at(x: Operand, ...index: number[]): number {
  const place = index.reduce((sum, i, d) => sum + i * x.strides[d]!, x.offset);
  return engine.readSync(x.buffer)[place]!;
}

const count = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const sum = (xs: number[]): number => xs.reduce((a, b) => a + b, 0);
const sigmoid = (x: number): number => 0.5 * (1 + Math.tanh(x / 2));

describe("matrix product, within rtol 1e-12", () => {
  test.each(LAYOUTS.flatMap((a) => LAYOUTS.map((b) => [a, b] as const)))("%s · %s, batched, with bias", (la, lb) => {
    const arena = arenaOf(1);
    const [s, m, n, k] = [2, 3, 4, 5];
    const a = arena.random([s, m, k], { layout: la });
    const b = arena.random([s, k, n], { layout: lb });
    const bias = arena.random([n]);
    const out = arena.out([s, m, n]);
    engine.matmul(out, a, b, { bias });
    const expected = count(s).flatMap((z) =>
      count(m).flatMap((i) =>
        count(n).map((j) => at(bias, j) + sum(count(k).map((p) => at(a, z, i, p) * at(b, z, p, j)))),
      ),
    );
    expectClose(arena.read(out), expected, BOUND);
    const before = [...arena.read(out)];
    engine.matmul(out, a, b, { bias, accumulate: true });
    expectClose(
      arena.read(out),
      expected.map((x, i) => x + before[i]!),
      BOUND,
    );
  });
});

describe("views, exactly", () => {
  test.each(LAYOUTS)("a %s operand is read where its strides say", (layout) => {
    const arena = arenaOf(2);
    const a = arena.random([2, 3, 4], { layout });
    const b = arena.random([2, 3, 4], { layout: "transposed" });
    const out = arena.out([2, 3, 4], { aligned: false });
    engine.binary("sub", out, a, b);
    const index = count(24).map((i) => [Math.floor(i / 12), Math.floor(i / 4) % 3, i % 4] as const);
    expect([...arena.read(out)]).toEqual(index.map((i) => at(a, ...i) - at(b, ...i)));
    arena.expectGuards();
  });

  test("copy writes where the output's strides say, and nowhere else", () => {
    const arena = arenaOf(3);
    const out = arena.random([3, 4], { layout: "stepped" });
    const before = [...engine.readSync(out.buffer)];
    const x = arena.random([3, 4], { layout: "transposed" });
    engine.copy(out, x);
    const expected = [...before];
    for (const i of count(3))
      for (const j of count(4)) expected[out.offset + i * out.strides[0]! + j * 2] = at(x, i, j);
    expect([...engine.readSync(out.buffer)]).toEqual(expected);
  });
});

describe("reductions, within rtol 1e-12", () => {
  const expected: Record<ReduceOp, (xs: number[]) => number> = {
    sum,
    prod: (xs) => xs.reduce((a, b) => a * b, 1),
    max: (xs) => [...xs].sort((a, b) => b - a)[0]!,
    min: (xs) => [...xs].sort((a, b) => a - b)[0]!,
    argmax: (xs) => xs.indexOf(Math.max(...xs)),
    argmin: (xs) => xs.indexOf(Math.min(...xs)),
  };
  test.each(Object.keys(expected) as ReduceOp[])("%s over the last two of three dimensions of a transpose", (op) => {
    const arena = arenaOf(4);
    const x = arena.random([3, 4, 5], { layout: "transposed" });
    const out = arena.out([3], op.startsWith("arg") ? { dtype: "int32" } : {});
    engine.reduce(op, out, x, 2);
    const rows = count(3).map((r) => count(20).map((i) => at(x, r, Math.floor(i / 5), i % 5)));
    expectClose(arena.read(out), rows.map(expected[op]), BOUND);
  });
});

describe("ties, NaN and empty rows", () => {
  const { NaN: nan } = Number;
  const rows = [
    [3, 1, 3, 1],
    [1, nan, 5, nan],
    [-Infinity, -Infinity, -Infinity, -Infinity],
  ];
  test.each([
    ["max", [3, nan, -Infinity]],
    ["min", [1, nan, -Infinity]],
    ["argmax", [0, 1, 0]],
    ["argmin", [1, 1, 0]],
  ] as const)("%s: the first of equals, NaN before all", (op, expected) => {
    const arena = arenaOf(6);
    const out = arena.out([3], op.startsWith("arg") ? { dtype: "int32" } : {});
    engine.reduce(op, out, arena.from(rows.flat(), [3, 4]), 1);
    expect([...arena.read(out)]).toEqual(expected);
  });

  test.each([
    ["sum", 0],
    ["prod", 1],
  ] as const)("the %s of nothing is %i", (op, expected) => {
    const arena = arenaOf(7);
    const out = arena.out([2]);
    engine.reduce(op, out, arena.random([2, 0]), 1);
    expect([...arena.read(out)]).toEqual([expected, expected]);
  });
});

describe("rows and places by index, exactly", () => {
  const ids = [2, 0, 2, 1, 3];

  test("gatherRows and scatterAddRows, the padding row left out", () => {
    const arena = arenaOf(8);
    const table = arena.random([4, 3]);
    const rows = arena.from(ids, [5], "int32");
    const out = arena.out([5, 3]);
    engine.gatherRows(out, table, rows);
    expect([...arena.read(out)]).toEqual(ids.flatMap((id) => count(3).map((j) => at(table, id, j))));

    const dOut = arena.random([5, 3]);
    const expected = count(4).map((id) => count(3).map((j) => at(table, id, j)));
    ids.forEach((id, r) => {
      if (id !== 0) for (const j of count(3)) expected[id]![j]! += at(dOut, r, j);
    });
    engine.scatterAddRows(table, rows, dOut, 0);
    expect([...arena.read(table)]).toEqual(expected.flat());
    engine.scatterAddRows(table, rows, dOut);
    expect(at(table, 0, 1)).toBe(expected[0]![1]! + at(dOut, 1, 1));
  });

  test("gatherLast and scatterAddLast", () => {
    const arena = arenaOf(9);
    const x = arena.random([2, 4]);
    const index = arena.from([3, 0, 3, 1, 1, 2], [2, 3], "int32");
    const out = arena.out([2, 3]);
    engine.gatherLast(out, x, index);
    expect([...arena.read(out)]).toEqual([
      at(x, 0, 3),
      at(x, 0, 0),
      at(x, 0, 3),
      at(x, 1, 1),
      at(x, 1, 1),
      at(x, 1, 2),
    ]);
    const dOut = arena.from([1, 10, 100, 1000, 10_000, 100_000], [2, 3]);
    const dx = arena.from(new Array(8).fill(0.5), [2, 4]);
    engine.scatterAddLast(dx, index, dOut);
    expect([...arena.read(dx)]).toEqual([10.5, 0.5, 0.5, 101.5, 0.5, 11_000.5, 100_000.5, 0.5]);
  });

  test("range of ids", () => {
    const arena = arenaOf(10);
    expect(engine.range(arena.from([4, -2, 9, 0], [4], "int32"))).toEqual([-2, 9]);
    expect(engine.range(arena.from([], [0], "int32"))).toEqual([0, -1]);
  });
});

describe("head and loss together equal product, loss and their gradients apart, within rtol 1e-12", () => {
  test.each([1, 32, 33, 70])("%i rows", (r) => {
    const arena = arenaOf(11);
    const [h, v] = [5, 7];
    const x = arena.random([r, h]);
    const head = arena.random([v, h]);
    const bias = arena.random([v]);
    const shared = {
      targets: arena.integers([r], 0, v),
      ignoreIndex: 3,
      labelSmoothing: 0.1,
      weight: arena.random([v], { low: 0.5, high: 2 }),
    };
    const transpose = (a: Operand): Operand => ({
      ...a,
      shape: [...a.shape].reverse(),
      strides: [...a.strides].reverse(),
    });
    const scale = 0.3;
    const fused = { dx: arena.out([r, h]), dHead: arena.out([v, h]), dBias: arena.out([v]), losses: arena.out([r]) };
    const { losses, ...grads } = fused;
    engine.linearCrossEntropy({ x, head, bias, ...shared, losses, grads: { scale, ...grads } });

    const logits = arena.out([r, v]);
    engine.matmul(logits, x, transpose(head), { bias });
    const [apart, normalizers, dLogits] = [arena.out([r]), arena.out([r, 2]), arena.out([r, v])];
    engine.crossEntropyForward({ logits, ...shared }, apart, normalizers);
    engine.crossEntropyBackward({ logits, ...shared }, normalizers, arena.from(new Array(r).fill(scale), [r]), dLogits);
    const [dx, dHead, dBias] = [arena.out([r, h]), arena.out([v, h]), arena.out([v])];
    engine.matmul(dx, dLogits, head);
    engine.matmul(dHead, transpose(dLogits), x);
    engine.reduce("sum", dBias, transpose(dLogits), 1);
    for (const [key, expected] of Object.entries({ dx, dHead, dBias, losses: apart })) {
      expectClose(arena.read(fused[key as keyof typeof fused]), arena.read(expected), BOUND, key);
    }
  });
});

describe("sequences, unit by unit, within rtol 1e-12", () => {
  const cells: CellKind[] = ["rnn_tanh", "rnn_relu", "rnn_sigmoid", "lstm", "gru"];
  const cases = [...cells.map((cell) => ({ cell, p: 5 })), { cell: "lstm" as const, p: 3 }];
  test.each(cases.flatMap((each) => [false, true].map((reverse) => ({ ...each, reverse }))))(
    "$cell of 5 units, $p of them in the state, reverse $reverse",
    ({ cell, p, reverse }) => {
      const arena = arenaOf(5);
      const [l, n, i, h] = [4, 3, 2, 5];
      const g = GATES[cell] * h;
      const shapes = {
        x: [l, n, i],
        wIh: [g, i],
        wHh: [g, p],
        wHr: [p, h],
        bIh: [g],
        bHh: [g],
        h0: [n, p],
        c0: [n, h],
      };
      const make = (key: keyof typeof shapes) => arena.random(shapes[key]);
      const args = {
        cell,
        reverse,
        x: make("x"),
        wIh: make("wIh"),
        wHh: make("wHh"),
        wHr: p < h ? make("wHr") : null,
        bIh: make("bIh"),
        bHh: make("bHh"),
        h0: make("h0"),
        c0: make("c0"),
      };
      const [y, hN, cN] = [arena.out([l, n, p]), arena.out([n, p]), arena.out([n, h])];
      engine.sequenceForward({ ...args, y, hN, cN: cell === "lstm" ? cN : null, saved: null });

      const expected = new Array<number>(l * n * p);
      for (const b of count(n)) {
        let state = count(p).map((j) => at(args.h0, b, j));
        let memory = count(h).map((j) => at(args.c0, b, j));
        for (const t of reverse ? count(l).reverse() : count(l)) {
          const fromInput = (q: number) =>
            at(args.bIh, q) + sum(count(i).map((k) => at(args.wIh, q, k) * at(args.x, t, b, k)));
          const old = state;
          const fromState = (q: number) => at(args.bHh, q) + sum(old.map((s, k) => at(args.wHh, q, k) * s));
          const gate = (q: number) => fromInput(q) + fromState(q);
          const next = count(h).map((j) => unit(cell, j, h, gate, fromInput, fromState, old[j]!, memory[j]!));
          const { wHr } = args;
          const units = next.map((u) => u.state);
          state = wHr ? count(p).map((q) => sum(units.map((m, k) => at(wHr, q, k) * m))) : units;
          memory = next.map((u) => u.memory);
          state.forEach((value, j) => {
            expected[(t * n + b) * p + j] = value;
          });
        }
        expectClose(
          count(p).map((j) => at(hN, b, j)),
          state,
          BOUND,
          "hN",
        );
        if (cell === "lstm")
          expectClose(
            count(h).map((j) => at(cN, b, j)),
            memory,
            BOUND,
            "cN",
          );
      }
      expectClose(arena.read(y), expected, BOUND, "y");
    },
  );
});

/** One hidden unit of one cell, from the equations at `CellKind`. */
function unit(
  cell: CellKind,
  j: number,
  h: number,
  gate: (row: number) => number,
  fromInput: (row: number) => number,
  fromState: (row: number) => number,
  old: number,
  memory: number,
): { state: number; memory: number } {
  if (cell === "rnn_tanh") return { state: Math.tanh(gate(j)), memory };
  if (cell === "rnn_sigmoid") return { state: sigmoid(gate(j)), memory };
  if (cell === "rnn_relu") return { state: Math.max(0, gate(j)), memory };
  if (cell === "gru") {
    const z = sigmoid(gate(h + j));
    const candidate = Math.tanh(fromInput(2 * h + j) + sigmoid(gate(j)) * fromState(2 * h + j));
    return { state: (1 - z) * candidate + z * old, memory };
  }
  const c = sigmoid(gate(h + j)) * memory + sigmoid(gate(j)) * Math.tanh(gate(2 * h + j));
  return { state: sigmoid(gate(3 * h + j)) * Math.tanh(c), memory: c };
}
