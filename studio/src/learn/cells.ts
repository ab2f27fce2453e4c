import type { Cell, CellName, Node } from "./graph.js";

const sigmoid = (a: number): number => 1 / (1 + Math.exp(-a));

/** σ or tanh of a weighted sum of x and the state, as every gate is. */
function gate(name: string, activation: "σ" | "tanh"): Node {
  const suffix = name === "h" ? "" : `_${name}`;
  const slope = (y: number): number => (activation === "σ" ? y * (1 - y) : 1 - y * y);
  return {
    name,
    inputs: ["x", "h'"],
    weights: [`wx${suffix}`, `wh${suffix}`, `b${suffix}`],
    value: ([x, h], [wx, wh, b]) => (activation === "σ" ? sigmoid : Math.tanh)(wx * x + wh * h + b),
    slopes: (_, [wx, wh], y) => [slope(y) * wx, slope(y) * wh],
    weightSlopes: ([x, h], _, y) => [slope(y) * x, slope(y) * h, slope(y)],
    equation: `${name} = ${activation}(wx·x + wh·h' + b)`,
    filled: ([x, h], [wx, wh, b]) => `${activation}(${wx}·${x} + ${wh}·${h} + ${b})`,
  };
}

/** Of no weights: a sum or a product of others. */
function made(
  name: string,
  inputs: readonly string[],
  equation: string,
  value: (inputs: readonly number[]) => number,
  slopes: (inputs: readonly number[], value: number) => readonly number[],
  filled: (inputs: readonly string[]) => string,
): Node {
  return {
    ...{ name, inputs, equation, value, filled, weights: [], weightSlopes: () => [] },
    slopes: (given, _, y) => slopes(given, y),
  };
}

const rnn: Cell = { name: "rnn", states: ["h"], nodes: [gate("h", "tanh")] };

const lstm: Cell = {
  name: "lstm",
  states: ["h", "c"],
  nodes: [
    gate("f", "σ"),
    gate("i", "σ"),
    gate("g", "tanh"),
    gate("o", "σ"),
    made(
      "c",
      ["c'", "f", "i", "g"],
      "c = f·c' + i·g",
      ([c, f, i, g]) => f * c + i * g,
      ([c, f, i, g]) => [f, c, g, i],
      ([c, f, i, g]) => `${f}·${c} + ${i}·${g}`,
    ),
    made(
      "h",
      ["c", "o"],
      "h = o·tanh(c)",
      ([c, o]) => o * Math.tanh(c),
      ([c, o]) => [o * (1 - Math.tanh(c) ** 2), Math.tanh(c)],
      ([c, o]) => `${o}·tanh(${c})`,
    ),
  ],
};

/** The candidate sees the state through the reset gate: after the product, as PyTorch has it. */
const candidate: Node = {
  name: "n",
  inputs: ["x", "h'", "r"],
  weights: ["wx_n", "wh_n", "b_n"],
  value: ([x, h, r], [wx, wh, b]) => Math.tanh(wx * x + b + r * (wh * h)),
  slopes: ([, h, r], [wx, wh], y) => [(1 - y * y) * wx, (1 - y * y) * r * wh, (1 - y * y) * wh * h],
  weightSlopes: ([x, h, r], _, y) => [(1 - y * y) * x, (1 - y * y) * r * h, 1 - y * y],
  equation: "n = tanh(wx·x + b + r·(wh·h'))",
  filled: ([x, h, r], [wx, wh, b]) => `tanh(${wx}·${x} + ${b} + ${r}·(${wh}·${h}))`,
};

const gru: Cell = {
  name: "gru",
  states: ["h"],
  nodes: [
    gate("r", "σ"),
    gate("z", "σ"),
    candidate,
    made(
      "h",
      ["z", "n", "h'"],
      "h = (1 − z)·n + z·h'",
      ([z, n, h]) => (1 - z) * n + z * h,
      ([z, n, h]) => [h - n, 1 - z, z],
      ([z, n, h]) => `(1 − ${z})·${n} + ${z}·${h}`,
    ),
  ],
};

export const CELLS: Readonly<Record<CellName, Cell>> = { rnn, lstm, gru };

/** Where each number of a cell is drawn, in a box of 640 by 400. */
export const PLACES: Readonly<Record<CellName, Readonly<Record<string, readonly [x: number, y: number]>>>> = {
  rnn: { x: [60, 210], "h'": [60, 60], h: [280, 135] },
  lstm: {
    ...{ x: [60, 350], "h'": [60, 190], "c'": [60, 50] },
    ...{ f: [260, 118], i: [260, 196], g: [260, 274], o: [260, 352], c: [440, 50], h: [580, 220] },
  },
  gru: { x: [60, 330], "h'": [60, 70], r: [230, 190], z: [250, 345], n: [410, 230], h: [570, 110] },
};

/** Weights to begin with: gates of a working memory. */
export const WEIGHTS: Readonly<Record<CellName, Readonly<Record<string, number>>>> = {
  rnn: { wx: 0.8, wh: 0.9, b: 0 },
  lstm: {
    ...{ wx_f: 0, wh_f: 0, b_f: 2, wx_i: 1.5, wh_i: 0, b_i: -0.5 },
    ...{ wx_g: 1.2, wh_g: 0.3, b_g: 0, wx_o: 0, wh_o: 0.4, b_o: 1 },
  },
  gru: { wx_r: 0, wh_r: 0.5, b_r: 0.5, wx_z: -2, wh_z: 0, b_z: 1.8, wx_n: 1.2, wh_n: 0.6, b_n: 0 },
};
