/** Lesson 6: the LSTM, gate by gate. Quoted by docs/lessons/06-lstm.md; run with `npm run lessons 6`. */
import {
  add,
  LSTM,
  lstmStep,
  lstmStepBackward,
  manualSeed,
  matmul,
  mul,
  type NdArray,
  numericalGradient,
  rnnStep,
  rnnStepBackward,
  sigmoid,
  TimeLSTM,
  tanh,
} from "unrolled/layers";
import { blank, matrix, random, vector } from "./support/double.js";
import { blue, chart, green, heatMap, orange, points, purple } from "./support/draw.js";
import { dot, largestDifference, norm } from "./support/measure.js";
import { fixed } from "./support/print.js";

interface Params {
  Wx: NdArray;
  Wh: NdArray;
  b: NdArray;
}

// #region step
/** Columns [from, from + H) of a [N, 4H]. */
function block(a: NdArray, k: number): NdArray {
  const [n, h] = [a.shape[0]!, a.shape[1]! / 4];
  const out = blank(n, h);
  for (let i = 0; i < n; i++) out.data.set(a.data.subarray((4 * i + k) * h, (4 * i + k + 1) * h), i * h);
  return out;
}

/** One step: x [N, D], h and c [N, H]; the four blocks of columns are f|g|i|o. */
function step(x: NdArray, h: NdArray, c: NdArray, { Wx, Wh, b }: Params) {
  const a = add(add(matmul(h, Wh), matmul(x, Wx)), b);
  const f = sigmoid(block(a, 0)); // how much of the old cell state stays
  const g = tanh(block(a, 1)); //    what could be written
  const i = sigmoid(block(a, 2)); // how much of it is written
  const o = sigmoid(block(a, 3)); // how much of the cell is shown
  const cNext = add(mul(f, c), mul(g, i));
  const hNext = mul(o, tanh(cNext));
  return { f, g, i, o, c: cNext, h: hNext };
}
// #endregion

function same(): void {
  manualSeed(1);
  const [N, D, H] = [2, 3, 4];
  const p = { Wx: random([D, 4 * H], 0.5), Wh: random([H, 4 * H], 0.5), b: random([4 * H], 0.5) };
  const [x, h, c] = [random([N, D]), random([N, H]), random([N, H])];
  const byHand = step(x, h, c, p);
  const [hNext, cNext] = new LSTM(p.Wx, p.Wh, p.b).forward(x, h, c);
  console.log(`h: largest difference ${largestDifference(byHand.h, hNext) < 1e-12 ? "below 1e-12" : "too large"}`);
  console.log(`c: largest difference ${largestDifference(byHand.c, cNext) < 1e-12 ? "below 1e-12" : "too large"}`);
}

// #region memory
/** H = 1. Inputs: a value, "write it", "show it". Each column of Wx is one gate: f, g, i, o. */
const MEMORY: Params = {
  Wx: matrix([
    [0, 2, 0, 0], //    the value goes to the candidate g
    [-10, 0, 10, 0], // "write" closes the forget gate and opens the input gate
    [0, 0, 0, 10], //   "show" opens the output gate
  ]),
  Wh: matrix([[0, 0, 0, 0]]),
  b: vector([5, 0, -5, -5]), // at rest: keep, write nothing, show nothing
};

const SCENE = [
  { value: 0.8, write: 1, show: 0 },
  { value: -0.5, write: 0, show: 0 },
  { value: 0.9, write: 0, show: 0 },
  { value: 0.3, write: 0, show: 1 },
  { value: -0.7, write: 0, show: 0 },
  { value: -0.7, write: 1, show: 0 },
  { value: 0.6, write: 0, show: 0 },
  { value: 0.1, write: 0, show: 1 },
];
// #endregion

/** Every gate at every step of the scene. */
function play() {
  let [h, c] = [blank(1, 1), blank(1, 1)];
  return SCENE.map(({ value, write, show }) => {
    const gates = step(matrix([[value, write, show]]), h, c, MEMORY);
    [h, c] = [gates.h, gates.c];
    return gates;
  });
}

function scene(): void {
  console.log("t  value write show     f     g     i     o     c     h");
  for (const [t, gates] of play().entries()) {
    const { value, write, show } = SCENE[t]!;
    const numbers = [gates.f, gates.g, gates.i, gates.o, gates.c, gates.h].map((x) => fixed(x.data[0]!, 2).padStart(6));
    console.log(`${t + 1} ${value.toFixed(1).padStart(6)} ${write}     ${show}   ${numbers.join("")}`);
  }
}

// #region carry
/** How much of a gradient at c_t is left at c_{t-k}, when every forget gate has the bias given: the factor is f, at each step. */
function carry(): void {
  for (const bias of [0, 1, 3, 5]) {
    const f = 1 / (1 + Math.exp(-bias));
    console.log(
      `b_f = ${bias}   f = ${f.toFixed(3)}   after 10 steps ${(f ** 10).toExponential(1)}   after 50 ${(f ** 50).toExponential(1)}`,
    );
  }
}
// #endregion

const [D, H, STEPS] = [4, 32, 60];

/** The norm of the gradient at the state, 0 to 60 steps before the loss: through h alone in a tanh network ... */
function rnnNorms(): number[] {
  manualSeed(5);
  const p = { Wx: random([D, H], 0.5), Wh: random([H, H], 1 / Math.sqrt(H)), b: blank(H) };
  let h = blank(1, H);
  const caches = Array.from({ length: STEPS }, () => {
    const cache = rnnStep(random([1, D]), h, p);
    h = cache.h;
    return cache;
  });
  let dh = random([1, H]);
  const norms = [norm(dh)];
  for (const cache of caches.reverse()) {
    dh = rnnStepBackward(dh, cache, p).dhPrev;
    norms.push(norm(dh));
  }
  return norms.map((x) => x / norms[0]!);
}

/** ... and through h and c together in an LSTM. */
function lstmNorms(forgetBias: number): number[] {
  manualSeed(5);
  const p = { Wx: random([D, 4 * H], 0.5), Wh: random([H, 4 * H], 1 / Math.sqrt(H)), b: blank(4 * H) };
  p.b.data.fill(forgetBias, 0, H); // f is the first block
  let [h, c] = [blank(1, H), blank(1, H)];
  const caches = Array.from({ length: STEPS }, () => {
    const cache = lstmStep(random([1, D]), h, c, p);
    [h, c] = [cache.h, cache.c];
    return cache;
  });
  let [dh, dc] = [random([1, H]), blank(1, H)];
  const norms = [norm(dh)];
  for (const cache of caches.reverse()) {
    const grads = lstmStepBackward(dh, dc, cache, p);
    [dh, dc] = [grads.dhPrev, grads.dcPrev];
    norms.push(Math.hypot(norm(dh), norm(dc)));
  }
  return norms.map((x) => x / norms[0]!);
}

function compare(): void {
  const row = (name: string, x: number[]) =>
    console.log(name + [10, 30, 60].map((k) => x[k]!.toExponential(1).padStart(10)).join(""));
  console.log("steps back          10        30        60");
  row("tanh RNN  ", rnnNorms());
  for (const bias of [0, 1, 3]) row(`LSTM b_f=${bias}`, lstmNorms(bias));
}

function numerical(): void {
  manualSeed(2);
  const layer = new TimeLSTM(random([2, 12], 0.5), random([3, 12], 0.5), random([12], 0.5));
  const [xs, weights] = [random([2, 5, 2]), random([2, 5, 3])];
  const loss = () => dot(layer.forward(xs), weights);
  loss();
  layer.backward(weights);
  for (const name of ["Wx", "Wh", "b"] as const) {
    const difference = largestDifference(layer[`d${name}`], numericalGradient(loss, layer[name]));
    console.log(`d${name.padEnd(2)} from differences ${difference < 1e-8 ? "below 1e-8" : difference}`);
  }
}

// #region answer
/** Counts ones, and starts again at a reset: c grows by g·i, about 0.1 for a one. Inputs: one, reset. */
const COUNTER: Params = {
  Wx: matrix([
    [0, Math.atanh(0.1), 20, 0],
    [-20, 0, 0, 0],
  ]),
  Wh: matrix([[0, 0, 0, 0]]),
  b: vector([10, 0, -10, 10]),
};

function answer(): void {
  const ones = [1, 1, 0, 1, 0, 0, 1, 0, 1, 1];
  const reset = [0, 0, 0, 0, 0, 1, 0, 0, 0, 0];
  let [h, c] = [blank(1, 1), blank(1, 1)];
  const counts = ones.map((one, t) => {
    ({ h, c } = step(matrix([[one, reset[t]!]]), h, c, COUNTER));
    return Math.abs(10 * c.data[0]!).toFixed(2);
  });
  console.log(`one   ${ones.map((x) => String(x).padStart(5)).join("")}`);
  console.log(`reset ${reset.map((x) => String(x).padStart(5)).join("")}`);
  console.log(`10 c  ${counts.map((x) => x.padStart(5)).join("")}`);
}
// #endregion

function gates(): string {
  const steps = play();
  const row = (pick: (gates: (typeof steps)[number]) => NdArray) => steps.map((s) => pick(s).data[0]!);
  return heatMap({
    title: "A memory of one cell: write 0.8, keep it, show it, write -0.7, show it",
    rows: [
      { name: "value", values: SCENE.map(({ value }) => value) },
      { name: "write", values: SCENE.map(({ write }) => write) },
      { name: "show", values: SCENE.map(({ show }) => show) },
      { name: "forget gate f", values: row(({ f }) => f) },
      { name: "candidate g", values: row(({ g }) => g) },
      { name: "input gate i", values: row(({ i }) => i) },
      { name: "output gate o", values: row(({ o }) => o) },
      { name: "cell state c", values: row(({ c }) => c) },
      { name: "hidden state h", values: row(({ h }) => h) },
    ],
    columns: SCENE.map((_, t) => `t = ${t + 1}`),
    ...{ digits: 2, range: 1.5 },
  });
}

function highway(): string {
  return chart({
    title: "A gradient on its way back: a tanh network and LSTMs, 32 units each, random weights",
    ...{ xTitle: "steps before the loss", yTitle: "norm of dh and dc (log scale)", log: true, height: 360 },
    series: [
      { name: "LSTM, b_f = 3", colour: blue, points: points(lstmNorms(3)) },
      { name: "LSTM, b_f = 1", colour: green, points: points(lstmNorms(1)) },
      { name: "LSTM, b_f = 0", colour: purple, points: points(lstmNorms(0)) },
      { name: "tanh RNN", colour: orange, points: points(rnnNorms()) },
    ],
  });
}

export const outputs = { same, scene, carry, compare, numerical, answer };
export const figures = { "06-gates.svg": gates, "06-highway.svg": highway };
