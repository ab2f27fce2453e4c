/** Lesson 4: truncated BPTT. Quoted by docs/lessons/04-truncation.md; run with `npm run lessons 4`. */
import {
  Adam,
  add,
  array,
  manualSeed,
  type NdArray,
  rnnStep,
  rnnStepBackward,
  TimeAffine,
  TimeRNN,
  TimeSoftmaxWithLoss,
  zerosLike,
} from "unrolled/layers";
import { blank, random } from "./support/double.js";
import { blue, chart, orange, points } from "./support/draw.js";
import { dot, norm } from "./support/measure.js";

const [LENGTH, D, H] = [60, 3, 12];

/** One long sequence, and a gradient that the loss sends to every state. */
function problem(seed = 6) {
  manualSeed(seed);
  const p = { Wx: random([D, H], 0.5), Wh: random([H, H], 0.3), b: blank(H) };
  const xs = Array.from({ length: LENGTH }, () => random([1, D]));
  const dhs = xs.map(() => random([1, H]));
  return { p, xs, dhs };
}

// #region truncated
type Params = ReturnType<typeof problem>["p"];

/** BPTT that sends no gradient over the border of a block. The forward pass knows no blocks. */
function truncated(xs: readonly NdArray[], dhs: readonly NdArray[], p: Params, block: number): NdArray {
  const caches = [];
  let h = zerosLike(dhs[0]!);
  for (const x of xs) {
    const cache = rnnStep(x, h, p);
    caches.push(cache);
    h = cache.h; // the state goes on
  }
  let dWh = zerosLike(p.Wh);
  let dh = zerosLike(h);
  for (let t = xs.length - 1; t >= 0; t--) {
    dh = add(dh, dhs[t]!);
    const grads = rnnStepBackward(dh, caches[t]!, p);
    dWh = add(dWh, grads.dWh);
    dh = t % block === 0 ? zerosLike(dh) : grads.dhPrev; // the gradient is cut at every border
  }
  return dWh;
}
// #endregion

// #region blocks
function blocks(): void {
  const problems = [1, 2, 3, 4, 5, 6, 7, 8].map(problem);
  for (const block of [1, 2, 5, 10, 20, 30, 60]) {
    const angles = problems.map(({ p, xs, dhs }) => angle(truncated(xs, dhs, p, block), truncated(xs, dhs, p, LENGTH)));
    const mean = angles.reduce((a, b) => a + b) / angles.length;
    console.log(`blocks of ${String(block).padStart(2)}: ${mean.toFixed(1).padStart(4)}° from the full gradient`);
  }
}
// #endregion

/** Between two gradients, in degrees: 0 when they point the same way, 90 when one knows nothing of the other. */
function angle(a: NdArray, b: NdArray): number {
  return (Math.acos(Math.min(1, dot(a, b) / (norm(a) * norm(b)))) * 180) / Math.PI;
}

// #region task
/** Flags come rarely, noise always. The answer at every step: was the last flag up (1) or down (0)? */
function flags(steps: number): { xs: NdArray; ts: NdArray } {
  const [xs, ts] = [random([N, steps, 2]), new Int32Array(N * steps)];
  const chance = random([N, steps]);
  for (let n = 0; n < N; n++) {
    let last = 0;
    for (let t = 0; t < steps; t++) {
      const place = n * steps + t;
      const flag = chance.data[place]! > 1.6 ? 1 : chance.data[place]! < -1.6 ? -1 : 0; // about 11 % of all steps
      if (flag !== 0) last = flag > 0 ? 1 : 0;
      xs.data[2 * place] = flag;
      xs.data[2 * place + 1]! *= 0.5; // noise
      ts[place] = last;
    }
  }
  return { xs, ts: array(ts, [N, steps], "int32") };
}
// #endregion

const [N, STREAM, HIDDEN] = [16, 1000, 8];

/** Steps [from, to) of [N, T, width], of any type. */
function steps(xs: NdArray, from: number, to: number): NdArray {
  const [n, t, ...rest] = xs.shape as [number, number, ...number[]];
  const width = rest[0] ?? 1;
  const rows = Array.from({ length: n }, (_, i) => [...xs.data.subarray((i * t + from) * width, (i * t + to) * width)]);
  return array(rows.flat(), [n, to - from, ...rest] as number[], xs.dtype);
}

// #region train
/** One pass over a stream in blocks; the share of right answers of each tenth of it. */
function train({ block, keepState }: { block: number; keepState: boolean }): number[] {
  manualSeed(7);
  const { xs, ts } = flags(STREAM);
  const rnn = new TimeRNN(random([2, HIDDEN], 0.7), random([HIDDEN, HIDDEN], 0.3), blank(HIDDEN), { stateful: true });
  const read = new TimeAffine(random([HIDDEN, 2], 0.3), blank(2));
  const loss = new TimeSoftmaxWithLoss();
  const optimizer = new Adam({ lr: 0.01 });
  const right = new Array<number>(10).fill(0);
  for (let from = 0; from < STREAM; from += block) {
    if (!keepState) rnn.resetState();
    const scores = read.forward(rnn.forward(steps(xs, from, from + block)));
    const targets = steps(ts, from, from + block);
    loss.forward(scores, targets);
    rnn.backward(read.backward(loss.backward()));
    optimizer.update([...rnn.params, ...read.params], [...rnn.grads, ...read.grads]);
    right[Math.floor((10 * from) / STREAM)]! += (10 * hits(scores, targets)) / (N * STREAM);
  }
  return right;
}
// #endregion

function hits(scores: NdArray, targets: NdArray): number {
  return targets.data.filter((t, i) => scores.data[2 * i + t]! > scores.data[2 * i + 1 - t]!).length;
}

let kept: Record<"carried" | "reset", number[]> | undefined;

/** Trained once, for the text and for the picture. */
function runs() {
  kept ??= { carried: train({ block: 5, keepState: true }), reset: train({ block: 5, keepState: false }) };
  return kept;
}

// #region state
function state(): void {
  const { carried, reset } = runs();
  console.log(`state carried on: ${(100 * carried.at(-1)!).toFixed(1)} % right in the last tenth`);
  console.log(`state reset:      ${(100 * reset.at(-1)!).toFixed(1)} % right in the last tenth`);
}
// #endregion

// #region answer
/** The answer is the flag of exactly `delay` steps ago: can a gradient that reaches `block` steps find it? */
function recall(delay: number, block: number): number {
  manualSeed(8);
  const xs = random([N, STREAM, 1]);
  for (let i = 0; i < xs.size; i++) xs.data[i] = xs.data[i]! > 0 ? 1 : -1;
  const ts = array(
    xs.data.map((_, i) => (i % STREAM >= delay && xs.data[i - delay]! > 0 ? 1 : 0)),
    [N, STREAM],
    "int32",
  );
  const rnn = new TimeRNN(random([1, 16], 0.7), random([16, 16], 0.2), blank(16), { stateful: true });
  const read = new TimeAffine(random([16, 2], 0.3), blank(2));
  const loss = new TimeSoftmaxWithLoss();
  const optimizer = new Adam({ lr: 0.01 });
  let right = 0;
  for (let from = 0; from < STREAM; from += block) {
    const scores = read.forward(rnn.forward(steps(xs, from, from + block)));
    const targets = steps(ts, from, from + block);
    loss.forward(scores, targets);
    rnn.backward(read.backward(loss.backward()));
    optimizer.update([...rnn.params, ...read.params], [...rnn.grads, ...read.grads]);
    if (from >= 0.8 * STREAM) right += hits(scores, targets);
  }
  return right / (0.2 * STREAM * N);
}

function answer(): void {
  for (const block of [1, 2, 4, 10]) {
    console.log(`delay 3, blocks of ${String(block).padStart(2)}: ${(100 * recall(3, block)).toFixed(0)} % right`);
  }
}
// #endregion

/** The norm of the gradient at every state, when the loss asks at two steps only. */
function arriving(block: number): number[] {
  const { p, xs, dhs } = problem();
  const asked = new Set([27, 57]);
  const caches = [];
  let h = blank(1, H);
  for (const x of xs) {
    const cache = rnnStep(x, h, p);
    caches.push(cache);
    h = cache.h;
  }
  const norms: number[] = [];
  let dh = blank(1, H);
  for (let t = LENGTH - 1; t >= 0; t--) {
    if (asked.has(t + 1)) dh = add(dh, dhs[t]!);
    norms[t] = norm(dh);
    const { dhPrev } = rnnStepBackward(dh, caches[t]!, p);
    dh = t % block === 0 ? blank(1, H) : dhPrev;
  }
  return norms;
}

function reach(): string {
  return chart({
    title: "The loss asks at steps 27 and 57: how far does the gradient reach?",
    ...{ xTitle: "step t (the dotted lines are the cuts)", yTitle: "norm of dh" },
    xTicks: [1, 11, 21, 31, 41, 51],
    cuts: [10.5, 20.5, 30.5, 40.5, 50.5],
    series: [
      { name: "full BPTT", colour: blue, points: points(arriving(LENGTH), 1) },
      { name: "truncated", colour: orange, points: points(arriving(10), 1), dash: "6 4" },
    ],
  });
}

function learning(): string {
  const { carried, reset } = runs();
  const percent = (parts: readonly number[]) => points(parts, 50, 100).map(([x, y]) => [x, 100 * y] as const);
  return chart({
    title: "Which flag was last? Blocks of 5 steps, flags about 9 steps apart",
    ...{ xTitle: "steps of the stream read", yTitle: "right answers, %", yRange: [50, 100] },
    xTicks: [100, 300, 500, 700, 900],
    series: [
      { name: "state carried", colour: blue, points: percent(carried) },
      { name: "state reset", colour: orange, points: percent(reset) },
    ],
  });
}

export const outputs = { blocks, state, answer };
export const figures = { "04-reach.svg": reach, "04-learning.svg": learning };
