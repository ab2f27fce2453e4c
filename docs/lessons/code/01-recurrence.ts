/** Lesson 1: what a recurrence is. Quoted by docs/lessons/01-recurrence.md; run with `npm run lessons 1`. */

import { add, manualSeed, matmul, type NdArray, RNN, tanh } from "unrolled/layers";
import { main as wordOrder } from "../../../examples/word-order.js";
import { blank, matrix, random, vector } from "./support/double.js";
import { blue, chart, green, orange, points, purple } from "./support/draw.js";
import { largestDifference } from "./support/measure.js";
import { fixed, show } from "./support/print.js";

// #region cell
interface Cell {
  wx: number;
  wh: number;
  b: number;
}

/** One step: the old state and the new input make the new state. */
function step(h: number, x: number, { wx, wh, b }: Cell): number {
  return Math.tanh(h * wh + x * wx + b);
}
// #endregion

// #region states
/** All states of a sequence, from h = 0. */
function states(xs: readonly number[], cell: Cell): number[] {
  let h = 0;
  return xs.map((x) => (h = step(h, x, cell)));
}
// #endregion

// #region pulse
const PULSE = [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

function pulse(): void {
  for (const wh of [0, 0.5, 0.9, 1.5]) {
    const hs = states(PULSE, { wx: 1, wh, b: 0 });
    console.log(
      `wh = ${wh.toFixed(1)} ${hs
        .slice(0, 8)
        .map((h) => fixed(h, 3))
        .join("")}`,
    );
  }
}
// #endregion

// #region order
function order(): void {
  const cell = { wx: 1, wh: 0.9, b: 0 };
  for (const xs of [
    [1, 0, -1],
    [-1, 0, 1],
    [0, 1, -1],
  ]) {
    const sum = xs.reduce((a, b) => a + b);
    console.log(
      `x = ${xs.map((x) => String(x).padStart(2)).join(" ")}   sum ${sum}   last state ${fixed(states(xs, cell).at(-1)!)}`,
    );
  }
}
// #endregion

// #region vectors
/** h_t = tanh(h_{t-1} W_h + x_t W_x + b), for N sequences at once: x [N, D], h [N, H]. */
function vectorStep(x: NdArray, h: NdArray, Wx: NdArray, Wh: NdArray, b: NdArray): NdArray {
  return tanh(add(add(matmul(h, Wh), matmul(x, Wx)), b));
}

function vectors(): void {
  manualSeed(1);
  const [N, D, H] = [2, 3, 4];
  const [Wx, Wh, b] = [random([D, H], 0.5), random([H, H], 0.5), vector([0.1, 0, 0, -0.1])];
  const x = matrix([
    [1, 0, 0],
    [0, 0, 1],
  ]);
  const byHand = vectorStep(x, blank(N, H), Wx, Wh, b);
  console.log(show(byHand));
  const layer = new RNN(Wx, Wh, b).forward(x, blank(N, H));
  console.log(`largest difference from the layer: ${largestDifference(byHand, layer)}`);
}
// #endregion

// #region answer
/** A cell that keeps the sign of the last input that was not 0. */
function answer(): void {
  const latch = { wx: 4, wh: 2, b: 0 };
  const xs = [1, 0, 0, 0, -1, 0, 0, 1, 0, 0];
  console.log(`x ${xs.map((x) => String(x).padStart(5)).join(" ")}`);
  console.log(
    `h ${states(xs, latch)
      .map((h) => h.toFixed(2).padStart(5))
      .join(" ")}`,
  );
}
// #endregion

function memory(): string {
  const cells = [
    { wh: 0.5, colour: orange },
    { wh: 0.9, colour: purple },
    { wh: 1.0, colour: green },
    { wh: 1.5, colour: blue },
  ];
  const xs = [1, ...new Array<number>(29).fill(0)];
  return chart({
    title: "The state after one pulse at step 1",
    xTitle: "step t",
    yTitle: "state h",
    yRange: [0, 1],
    xTicks: [1, 5, 10, 15, 20, 25, 30],
    series: cells.map(({ wh, colour }) => ({
      ...{ name: `wh = ${wh.toFixed(1)}`, colour },
      points: points(states(xs, { wx: 1, wh, b: 0 }), 1),
    })),
  });
}

export const outputs = { wordOrder, pulse, order, vectors, answer };
export const figures = { "01-memory.svg": memory };
