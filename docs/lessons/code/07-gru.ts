/** Lesson 7: the GRU. Quoted by docs/lessons/07-gru.md; run with `npm run lessons 7`. */
import {
  Adam,
  add,
  array,
  clipGrads,
  GRU,
  gruStep,
  gruStepBackward,
  manualSeed,
  matmul,
  mul,
  type NdArray,
  oneMinus,
  sigmoid,
  TimeAffine,
  TimeGRU,
  TimeLSTM,
  TimeRNN,
  TimeSoftmaxWithLoss,
  tanh,
  zeros,
} from "unrolled/layers";
import { blank, matrix, random, vector } from "./support/double.js";
import { blue, chart, green, heatMap, orange, points } from "./support/draw.js";
import { largestDifference, norm } from "./support/measure.js";
import { fixed } from "./support/print.js";

// #region step
interface Gate {
  Wx: NdArray;
  Wh: NdArray;
  b: NdArray;
  bh: NdArray;
}

/** One step, each gate with matrices of its own: x [N, D], h [N, H], Wx [D, H], Wh [H, H]. */
function step(x: NdArray, h: NdArray, { r, z, n }: Record<"r" | "z" | "n", Gate>) {
  const fromX = ({ Wx, b }: Gate) => add(matmul(x, Wx), b);
  const fromH = ({ Wh, bh }: Gate) => add(matmul(h, Wh), bh);
  const reset = sigmoid(add(fromX(r), fromH(r))); //          how much of the past the candidate sees
  const update = sigmoid(add(fromX(z), fromH(z))); //         how much of the old state stays
  const candidate = tanh(add(fromX(n), mul(reset, fromH(n))));
  return { reset, update, candidate, h: add(mul(oneMinus(update), candidate), mul(update, h)) };
}
// #endregion

/** The three gates side by side, as the layer has them: columns r|z|n. */
function joined({ r, z, n }: Record<"r" | "z" | "n", Gate>, name: keyof Gate): NdArray {
  const parts = [r, z, n].map((gate) => gate[name]);
  const width = parts[0]!.shape.at(-1)!;
  const rows = parts[0]!.size / width;
  const out = rows === 1 && name.startsWith("b") ? blank(3 * width) : blank(rows, 3 * width);
  parts.forEach(({ data }, k) => {
    for (let i = 0; i < rows; i++) out.data.set(data.subarray(i * width, (i + 1) * width), (3 * i + k) * width);
  });
  return out;
}

function same(): void {
  manualSeed(1);
  const [N, D, H] = [2, 3, 4];
  const gate = (): Gate => ({ Wx: random([D, H]), Wh: random([H, H]), b: random([H]), bh: random([H]) });
  const gates = { r: gate(), z: gate(), n: gate() };
  const [x, h] = [random([N, D]), random([N, H])];
  const layer = new GRU(joined(gates, "Wx"), joined(gates, "Wh"), joined(gates, "b"), joined(gates, "bh"));
  const difference = largestDifference(step(x, h, gates).h, layer.forward(x, h));
  console.log(`largest difference ${difference < 1e-12 ? "below 1e-12" : difference}`);
}

// #region memory
const number = (x: number) => matrix([[x]]);

/** H = 1. Inputs: a value, and "write it". */
const MEMORY: Record<"r" | "z" | "n", Gate> = {
  r: { Wx: matrix([[0], [0]]), Wh: number(0), b: vector([-5]), bh: vector([0]) }, //  the candidate ignores the past
  z: { Wx: matrix([[0], [-10]]), Wh: number(0), b: vector([5]), bh: vector([0]) }, // at rest: keep
  n: { Wx: matrix([[2], [0]]), Wh: number(0), b: vector([0]), bh: vector([0]) },
};

const SCENE = [
  { value: 0.8, write: 1 },
  { value: -0.5, write: 0 },
  { value: 0.9, write: 0 },
  { value: 0.3, write: 0 },
  { value: -0.7, write: 1 },
  { value: 0.6, write: 0 },
  { value: 0.1, write: 0 },
];

function play() {
  let h = blank(1, 1);
  return SCENE.map(({ value, write }) => {
    const gates = step(matrix([[value, write]]), h, MEMORY);
    h = gates.h;
    return gates;
  });
}
// #endregion

function scene(): void {
  console.log("t  value write      z      n      h");
  for (const [t, { update, candidate, h }] of play().entries()) {
    const { value, write } = SCENE[t]!;
    const numbers = [update, candidate, h].map((x) => fixed(x.data[0]!, 2).padStart(7));
    console.log(`${t + 1} ${value.toFixed(1).padStart(6)} ${write}     ${numbers.join("")}`);
  }
}

function count(): void {
  const [D, H] = [100, 128];
  const gates = { RNN: 1, GRU: 3, LSTM: 4 };
  for (const [name, g] of Object.entries(gates)) {
    const biases = name === "GRU" ? 2 : 1; // the GRU's candidate needs one inside the reset
    const params = g * H * (D + H + biases);
    console.log(`${name.padEnd(4)} ${g} blocks  ${params} params`);
  }
}

const [N, LAG, SYMBOLS, HIDDEN] = [16, 20, 4, 16];

// #region recall
/** The first symbol is the answer at the end; those between are noise. One-hot xs [N, LAG, 2·SYMBOLS], the first marked. */
function recall(): { xs: NdArray; ts: NdArray } {
  const scores = random([N, LAG, SYMBOLS]);
  const xs = blank(N, LAG, 2 * SYMBOLS);
  const ts = zeros([N, 1], "int32");
  for (let row = 0; row < N * LAG; row++) {
    const four = scores.data.subarray(row * SYMBOLS, (row + 1) * SYMBOLS);
    const symbol = four.indexOf(Math.max(...four));
    const first = row % LAG === 0;
    xs.data[row * 2 * SYMBOLS + symbol + (first ? SYMBOLS : 0)] = 1;
    if (first) ts.data[row / LAG] = symbol;
  }
  return { xs, ts };
}
// #endregion

const CELLS = {
  RNN: () => new TimeRNN(...recurrent(1)),
  GRU: () => new TimeGRU(...recurrent(3)),
  LSTM: () => {
    const layer = new TimeLSTM(...recurrent(4));
    layer.b.data.fill(1, 0, HIDDEN); // the forget gate's bias, see lesson 6
    return layer;
  },
};

function recurrent(gates: number): [Wx: NdArray, Wh: NdArray, b: NdArray] {
  const width = gates * HIDDEN;
  return [random([2 * SYMBOLS, width], 0.5), random([HIDDEN, width], 1 / Math.sqrt(HIDDEN)), blank(width)];
}

// #region train
/** Trains on fresh sequences; the loss of every step, in nats. The loss looks at the last state alone. */
function train(cell: keyof typeof CELLS, steps = 400): number[] {
  manualSeed(3);
  const layer = CELLS[cell]();
  const read = new TimeAffine(random([HIDDEN, SYMBOLS], 0.3), blank(SYMBOLS));
  const loss = new TimeSoftmaxWithLoss();
  const optimizer = new Adam({ lr: 0.01 });
  const [params, grads] = [
    [...layer.params, ...read.params],
    [...layer.grads, ...read.grads],
  ];
  return Array.from({ length: steps }, () => {
    const { xs, ts } = recall();
    const hs = layer.forward(xs);
    const error = loss.forward(read.forward(lastStep(hs)), ts);
    layer.backward(atLastStep(read.backward(loss.backward()), LAG));
    clipGrads(grads, 1);
    optimizer.update(params, grads);
    return error;
  });
}
// #endregion

/** [N, T, H] to [N, 1, H] */
function lastStep(hs: NdArray): NdArray {
  const [n, t, h] = hs.shape as [number, number, number];
  const rows = Array.from({ length: n }, (_, i) => [...hs.data.subarray(((i + 1) * t - 1) * h, (i + 1) * t * h)]);
  return array(rows.flat(), [n, 1, h], "float64");
}

/** Its gradient: [N, 1, H] to [N, T, H], zeros but for the last step. */
function atLastStep(dh: NdArray, steps: number): NdArray {
  const [n, , h] = dh.shape as [number, number, number];
  const out = blank(n, steps, h);
  for (let i = 0; i < n; i++) out.data.set(dh.data.subarray(i * h, (i + 1) * h), ((i + 1) * steps - 1) * h);
  return out;
}

let kept: Record<keyof typeof CELLS, number[]> | undefined;

/** Trained once, for the text and for the picture. */
function runs() {
  kept ??= { RNN: train("RNN"), GRU: train("GRU"), LSTM: train("LSTM") };
  return kept;
}

/** The mean of every 20 losses. */
function smooth(losses: readonly number[]): number[] {
  return Array.from(
    { length: losses.length / 20 },
    (_, i) => losses.slice(20 * i, 20 * i + 20).reduce((a, b) => a + b) / 20,
  );
}

function race(): void {
  console.log(`chance: ${Math.log(SYMBOLS).toFixed(3)} nats`);
  for (const [name, losses] of Object.entries(runs())) {
    const means = smooth(losses);
    console.log(
      `${name.padEnd(4)}  steps 1-20: ${means[0]!.toFixed(3)}   181-200: ${means[9]!.toFixed(3)}   381-400: ${means[19]!.toFixed(3)}`,
    );
  }
}

// #region answer
/** The gradient that is left 50 steps back, by the bias of the update gate. */
function answer(): void {
  for (const bias of [0, 1, 2, 4]) {
    manualSeed(5);
    const [D, H] = [4, 32];
    const [Wx, Wh] = [random([D, 3 * H], 0.5), random([H, 3 * H], 1 / Math.sqrt(H))];
    const p = { Wx, Wh, b: blank(3 * H), bh: blank(3 * H) };
    p.b.data.fill(bias, H, 2 * H); // z is the second block
    let h = blank(1, H);
    const caches = Array.from({ length: 50 }, () => {
      const cache = gruStep(random([1, D]), h, p);
      h = cache.h;
      return cache;
    });
    let dh = random([1, H]);
    const first = norm(dh);
    for (const cache of caches.reverse()) dh = gruStepBackward(dh, cache, p).dhPrev;
    console.log(`b_z = ${bias}   ${(norm(dh) / first).toExponential(1)}`);
  }
}
// #endregion

function gates(): string {
  const steps = play();
  return heatMap({
    title: "A memory of one GRU cell: write 0.8, keep it, write -0.7, keep it",
    rows: [
      { name: "value", values: SCENE.map(({ value }) => value) },
      { name: "write", values: SCENE.map(({ write }) => write) },
      { name: "reset gate r", values: steps.map(({ reset }) => reset.data[0]!) },
      { name: "update gate z", values: steps.map(({ update }) => update.data[0]!) },
      { name: "candidate n", values: steps.map(({ candidate }) => candidate.data[0]!) },
      { name: "state h", values: steps.map(({ h }) => h.data[0]!) },
    ],
    columns: SCENE.map((_, t) => `t = ${t + 1}`),
    ...{ digits: 2, range: 1.5 },
  });
}

function learning(): string {
  const { RNN, GRU, LSTM } = runs();
  const curve = (name: string, losses: number[], colour: string) => ({
    ...{ name, colour },
    points: points(smooth(losses), 10, 20),
  });
  return chart({
    title: `Recall the first of ${LAG} symbols: the loss while three cells learn`,
    ...{ xTitle: "training steps", yTitle: "loss, nats", yRange: [0, 1.6] },
    xTicks: [10, 100, 200, 300, 390],
    series: [curve("RNN", RNN, orange), curve("LSTM", LSTM, blue), curve("GRU", GRU, green)],
  });
}

export const outputs = { same, scene, count, race, answer };
export const figures = { "07-gates.svg": gates, "07-learning.svg": learning };
