/** Lesson 2: unrolling. Quoted by docs/lessons/02-unrolling.md; run with `npm run lessons 2`. */
import { manualSeed, type NdArray, RNN, TimeRNN } from "unrolled/layers";
import { blank, random, vector } from "./support/double.js";
import { blue, heatMap, Picture, toSvg } from "./support/draw.js";
import { largestDifference } from "./support/measure.js";
import { show } from "./support/print.js";

// #region weights
const [N, T, D, H] = [2, 6, 3, 4];

/** The weights of one cell: three arrays, whatever the length of the sequence. */
function weights(): [Wx: NdArray, Wh: NdArray, b: NdArray] {
  manualSeed(2);
  return [random([D, H], 0.6), random([H, H], 0.6), vector([0, 0.1, 0, -0.1])];
}
// #endregion

// #region slice
/** Steps [from, to) of sequences [N, T, D]. */
function steps(xs: NdArray, from: number, to: number): NdArray {
  const [n, t, d] = xs.shape as [number, number, number];
  const out = blank(n, to - from, d);
  for (let i = 0; i < n; i++) {
    out.data.set(xs.data.subarray((i * t + from) * d, (i * t + to) * d), i * (to - from) * d);
  }
  return out;
}
// #endregion

// #region loop
/** The network unrolled: T copies of one cell, each fed the state of the copy before it. */
function unroll(xs: NdArray, [Wx, Wh, b]: ReturnType<typeof weights>): NdArray[] {
  const [n, t, d] = xs.shape as [number, number, number];
  const copies = Array.from({ length: t }, () => new RNN(Wx, Wh, b));
  let h = blank(n, Wh.shape[0]!);
  return copies.map((cell, i) => (h = cell.forward(steps(xs, i, i + 1).reshape(n, d), h)));
}
// #endregion

// #region layer
function layer(): void {
  const shared = weights();
  const xs = random([N, T, D]);
  const hs = unroll(xs, shared);
  const time = new TimeRNN(...shared).forward(xs);
  console.log(`xs [${xs.shape}] to hs [${time.shape}]`);
  for (const [t, h] of hs.entries()) {
    console.log(`step ${t + 1}: largest difference ${largestDifference(h, steps(time, t, t + 1).reshape(N, H))}`);
  }
}
// #endregion

// #region sizes
function sizes(): void {
  const shared = weights();
  const params = shared.reduce((sum, { size }) => sum + size, 0);
  for (const length of [6, 60, 600]) {
    const hs = new TimeRNN(...shared).forward(random([N, length, D]));
    console.log(`T = ${String(length).padEnd(3)}  params ${params}  states kept ${hs.size}`);
  }
}
// #endregion

// #region split
function split(): void {
  const shared = weights();
  const xs = random([N, T, D]);
  const whole = new TimeRNN(...shared).forward(xs);
  const inTwo = new TimeRNN(...shared, { stateful: true });
  inTwo.forward(steps(xs, 0, 2));
  const rest = inTwo.forward(steps(xs, 2, T));
  console.log(
    `steps 3 to 6 from the state of step 2: largest difference ${largestDifference(steps(whole, 2, T), rest)}`,
  );
  inTwo.resetState();
  const forgot = inTwo.forward(steps(xs, 2, T));
  console.log(
    `steps 3 to 6 from zeros:               largest difference ${largestDifference(steps(whole, 2, T), forgot).toFixed(4)}`,
  );
}
// #endregion

// #region answer
/** The first output of each direction, before and after the last input is changed. */
function answer(): void {
  const shared = weights();
  const xs = random([1, T, D]);
  const changed = xs.clone();
  changed.data[T * D - 1]! += 1;
  for (const reverse of [false, true]) {
    const network = new TimeRNN(...shared, { reverse });
    const [before, after] = [network.forward(xs), network.forward(changed)].map((hs) => steps(hs, 0, 1).reshape(1, H));
    console.log(reverse ? "right to left" : "left to right");
    console.log(`  h_1 before ${show(before!, 3)}\n  h_1 after  ${show(after!, 3)}`);
  }
}
// #endregion

function copies(): string {
  const [Wx, Wh, b] = [random([1, 1], 0), random([1, 1], 0), vector([0])];
  [Wx.data[0], Wh.data[0]] = [1, 0.9];
  const inputs = [1, 0, -1, 0, 0];
  const xs = blank(1, inputs.length, 1);
  xs.data.set(inputs);
  const hs = unroll(xs, [Wx, Wh, b]).map((h) => h.data[0]!);
  const picture = new Picture(680, 224);
  picture.text(0, 12, "One cell and its five copies: wx = 1, wh = 0.9, b = 0", { bold: true, size: 14 });
  picture.frame([40, 92], 72, 48, "cell");
  picture.arrow([76, 200], [76, 144]);
  picture.path(
    [
      [112, 106],
      [136, 106],
      [136, 62],
      [56, 62],
      [56, 88],
    ],
    { arrow: true, colour: blue },
  );
  picture.text(76, 218, "x", { anchor: "middle" });
  picture.text(96, 56, "h", { anchor: "middle", colour: blue });
  picture.text(167, 122, "=", { anchor: "middle", size: 22 });
  picture.arrow([184, 116], [214, 116], blue);
  picture.text(198, 104, "0", { anchor: "middle", colour: blue });
  inputs.forEach((x, t) => {
    const left = 218 + t * 98;
    picture.frame([left, 92], 56, 48, "cell");
    picture.arrow([left + 28, 200], [left + 28, 144]);
    picture.text(left + 28, 218, `x${"₁₂₃₄₅"[t]} = ${x}`, { anchor: "middle" });
    picture.arrow([left + 28, 92], [left + 28, 66], blue);
    picture.text(left + 28, 56, `h${"₁₂₃₄₅"[t]} = ${hs[t]!.toFixed(2)}`, { anchor: "middle", colour: blue });
    if (t < 4) picture.arrow([left + 56, 116], [left + 94, 116], blue);
  });
  return toSvg(picture, "One cell, rolled up and unrolled over five steps");
}

/** A wave of three periods through a random cell: every row is one number of the state, from its first step to its last. */
function waves(): string {
  manualSeed(4);
  const [length, hidden] = [36, 8];
  const xs = blank(1, length, 1);
  for (let t = 0; t < length; t++) xs.data[t] = Math.sin((2 * Math.PI * t) / 12);
  const hs = new TimeRNN(random([1, hidden], 0.8), random([hidden, hidden], 0.35), blank(hidden)).forward(xs);
  const unit = (k: number) => Array.from({ length }, (_, t) => hs.data[t * hidden + k]!);
  return heatMap({
    title: "Eight hidden units while a wave of period 12 goes in",
    subtitle: "Blue is positive, orange negative; from left to right: step 1 to 36.",
    rows: [
      { name: "x", values: xs.data },
      ...Array.from({ length: hidden }, (_, k) => ({ name: `unit ${k + 1}`, values: unit(k) })),
    ],
    columns: Array.from({ length }, (_, t) => (t % 4 === 0 ? String(t + 1) : "")),
  });
}

export const outputs = { layer, sizes, split, answer };
export const figures = { "02-copies.svg": copies, "02-waves.svg": waves };
