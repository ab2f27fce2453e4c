import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CELLS, type CellKind } from "../../src/engine/cells.js";
import {
  type Convention,
  chain,
  keras,
  namesAt,
  onnx,
  renamed,
  textbook,
  withoutPrefix,
} from "../../src/interchange/conventions/index.js";
import type { NamedArray, NamedArrays } from "../../src/interchange/named-array.js";

const KERAS = { kernel: "k", recurrent: "r", bias: "b" };
const ONNX = { W: "W", R: "R", B: "B" };
/** The orders as their documentation writes them; c is the candidate, as is PyTorch's g and n. */
const LETTERS = {
  input: "i",
  forget: "f",
  candidate: "c",
  output: "o",
  reset: "r",
  update: "z",
  state: "h",
} as const;
const DOCUMENTED: Record<string, Record<"lstm" | "gru", string>> = {
  textbook: { lstm: "fcio", gru: "rzc" },
  keras: { lstm: "ifco", gru: "zrc" },
  onnx: { lstm: "iofc", gru: "zrc" },
};

const ours = (cell: CellKind): string => CELLS[cell].gates.map((gate) => LETTERS[gate]).join("");

function array(shape: readonly number[], element: (index: number) => number): NamedArray {
  const size = shape.reduce((a, b) => a * b, 1);
  return { dtype: "float32", shape, data: Float32Array.from({ length: size }, (_, i) => element(i)) };
}

/** [G·H, W] whose element tells its gate, unit and column, whatever the order of the gates. */
function tagged(order: string, hidden: number, width: number, offset = 0): NamedArray {
  return array([order.length * hidden, width], (i) => {
    const row = Math.floor(i / width);
    const gate = order.charCodeAt(Math.floor(row / hidden));
    return offset + gate * 1000 + (row % hidden) * 50 + (i % width);
  });
}

const vector = (x: NamedArray): NamedArray => ({ ...x, shape: [x.data.length] });
const transposed = ({ shape: [rows, columns], data, dtype }: NamedArray): NamedArray => ({
  dtype,
  shape: [columns!, rows!],
  data: Float32Array.from(data, (_, i) => data[(i % rows!) * columns! + Math.floor(i / rows!)]!),
});

describe("gate orders", () => {
  for (const cell of ["lstm", "gru"] as const) {
    const [h, d] = [3, 2];
    const expected = {
      weight_ih_l0: tagged(ours(cell), h, d),
      weight_hh_l0: tagged(ours(cell), h, h),
      bias_ih_l0: vector(tagged(ours(cell), h, 1)),
      bias_hh_l0: vector(tagged(ours(cell), h, 1, 7)),
    };

    test(`keras ${cell}: columns, as documented`, () => {
      const order = DOCUMENTED["keras"]![cell];
      const both = [tagged(order, h, 1), tagged(order, h, 1, 7)];
      const theirs = new Map([
        ["k", transposed(tagged(order, h, d))],
        ["r", transposed(tagged(order, h, h))],
        ["b", array([2, order.length * h], (i) => both[i < order.length * h ? 0 : 1]!.data[i % (order.length * h)]!)],
      ]);
      const convention = keras({ cell, names: KERAS, biases: 2 });
      expect(Object.fromEntries(convention.toOurs(theirs))).toEqual(expected);
      expect(convention.toTheirs(convention.toOurs(theirs))).toEqual(theirs);
    });

    test(`textbook ${cell}: columns, as documented`, () => {
      const order = DOCUMENTED["textbook"]![cell];
      const theirs = new Map([
        ["Wx", transposed(tagged(order, h, d))],
        ["Wh", transposed(tagged(order, h, h))],
        ["b", vector(tagged(order, h, 1))],
        ["bh", vector(tagged(order, h, 1, 7))],
      ]);
      const convention = textbook({ cell, biases: 2 });
      expect(Object.fromEntries(convention.toOurs(theirs))).toEqual(expected);
      expect(convention.toTheirs(convention.toOurs(theirs))).toEqual(theirs);
    });

    test(`onnx ${cell}: rows, both biases in one array, as documented`, () => {
      const order = DOCUMENTED["onnx"]![cell];
      const lead = (x: NamedArray): NamedArray => ({ ...x, shape: [1, ...x.shape] });
      const [ih, hh] = [tagged(order, h, 1), tagged(order, h, 1, 7)];
      const theirs = new Map([
        ["W", lead(tagged(order, h, d))],
        ["R", lead(tagged(order, h, h))],
        ["B", array([1, 2 * ih.data.length], (i) => [...ih.data, ...hh.data][i]!)],
      ]);
      expect(Object.fromEntries(onnx({ cell, names: ONNX }).toOurs(theirs))).toEqual(expected);
    });
  }
});

describe("there and back", () => {
  const cells = fc.constantFrom<CellKind>("rnn_tanh", "lstm", "gru");
  const sizes = fc.record({
    cell: cells,
    hidden: fc.integer({ min: 1, max: 5 }),
    inputs: fc.integer({ min: 1, max: 5 }),
  });
  const noise = (seed: number) => (i: number) => Math.fround(Math.sin(seed * 97.3 + i * 12.9898) * 43.7);

  /** Our arrays of a layer with one or two directions. */
  function layer(cell: CellKind, hidden: number, inputs: number, directions: number, biases: boolean): NamedArrays {
    const rows = CELLS[cell].gates.length * hidden;
    const arrays = new Map<string, NamedArray>([["head.weight", array([2, 2], noise(9))]]);
    for (let d = 0; d < directions; d++) {
      const names = namesAt({ prefix: "rnn.", layer: 2, reverse: d === 1 });
      arrays.set(names.weightIh, array([rows, inputs], noise(d + 1)));
      arrays.set(names.weightHh, array([rows, hidden], noise(d + 3)));
      if (!biases) continue;
      arrays.set(names.biasIh, array([rows], noise(d + 5)));
      arrays.set(names.biasHh, array([rows], noise(d + 7)));
    }
    return arrays;
  }

  const same = (a: NamedArrays, b: NamedArrays) =>
    expect(Object.fromEntries([...a].sort())).toEqual(Object.fromEntries([...b].sort()));

  test("is the identity for every cell, size, and with and without biases", () => {
    fc.assert(
      fc.property(sizes, fc.boolean(), fc.constantFrom<1 | 2>(1, 2), ({ cell, hidden, inputs }, biases, directions) => {
        const place = { prefix: "rnn.", layer: 2 };
        const one = layer(cell, hidden, inputs, 1, biases);
        for (const convention of [
          keras({ cell, names: KERAS, place, biases: 2 }),
          textbook({ cell, place, biases: 2 }),
          chain(
            renamed(
              "short",
              (n) => n.replace("lstm/", ""),
              (n) => n.replace(/^([krb])$/, "lstm/$1"),
            ),
            keras({ cell, names: KERAS, place, biases: 2 }),
          ),
        ] as Convention[]) {
          const theirs = convention.toTheirs(one);
          same(convention.toOurs(theirs), one);
          same(convention.toTheirs(convention.toOurs(theirs)), theirs);
        }
        const many = layer(cell, hidden, inputs, directions, biases);
        const convention = onnx({ cell, names: ONNX, place, directions });
        same(convention.toOurs(convention.toTheirs(many)), many);
      }),
      { numRuns: 60, seed: 1 },
    );
  });

  test("one bias is the sum of ours, and comes back as the input's", () => {
    const all = layer("lstm", 3, 2, 1, true);
    const { biasIh, biasHh } = namesAt({ prefix: "rnn.", layer: 2 });
    const convention = textbook({ cell: "lstm", place: { prefix: "rnn.", layer: 2 } });
    const theirs = convention.toTheirs(all);
    expect(theirs.has("bh")).toBe(false);
    const back = convention.toOurs(theirs);
    const total = all.get(biasIh)!.data.map((x, i) => x + all.get(biasHh)!.data[i]!);
    expect(back.get(biasIh)!.data).toEqual(total);
    expect(back.get(biasHh)!.data.every((x: number) => x === 0)).toBe(true);
    same(convention.toTheirs(back), theirs);
  });

  test("prefixes go and come", () => {
    const convention = withoutPrefix("module.");
    const theirs = new Map([["module.a", array([1], () => 1)]]);
    expect([...convention.toOurs(theirs).keys()]).toEqual(["a"]);
    same(convention.toTheirs(convention.toOurs(theirs)), theirs);
  });
});

describe("what does not fit is named", () => {
  const lstm = keras({ cell: "lstm", names: KERAS });
  const matrix = (rows: number, columns: number) => array([rows, columns], (i) => i);

  test.each<[string, NamedArrays, Convention]>([
    ['keras lstm: "k" must be among the arrays, got "x".', new Map([["x", matrix(1, 1)]]), lstm],
    [
      "convention: array must have a first dimension of 4 equal blocks, one a gate, got [6, 2].",
      new Map([
        ["k", matrix(2, 6)],
        ["r", matrix(2, 6)],
      ]),
      lstm,
    ],
    [
      'keras lstm: "b" must have shape [G·H] or [2, G·H], got [3, 4].',
      new Map([
        ["k", matrix(2, 4)],
        ["r", matrix(1, 4)],
        ["b", matrix(3, 4)],
      ]),
      lstm,
    ],
    [
      'without "module.": "a" must be the name of one array, got a second one, "module.a".',
      new Map([
        ["a", matrix(1, 1)],
        ["module.a", matrix(1, 1)],
      ]),
      withoutPrefix("module."),
    ],
  ])("%s", (message, arrays, convention) => {
    expect(() => convention.toOurs(arrays)).toThrow(message);
  });
});
