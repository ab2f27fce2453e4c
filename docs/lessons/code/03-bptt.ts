/** Lesson 3: backpropagation through time, by hand. Quoted by docs/lessons/03-bptt.md; run with `npm run lessons 3`. */
import {
  add,
  array,
  manualSeed,
  type NdArray,
  numericalGradient,
  rnnStep,
  rnnStepBackward,
  TimeRNN,
  zerosLike,
} from "unrolled/layers";
import { blank, random } from "./support/double.js";
import { barChart, blue, faint, orange, Picture, toSvg } from "./support/draw.js";
import { dot, largestDifference, norm } from "./support/measure.js";
import { fixed } from "./support/print.js";

// #region scalar-forward
const XS = [1, 0.5, -1];
const TARGET = 0.5;
const CELL = { wx: 0.8, wh: 0.6 };

/** Three steps of h_t = tanh(wh h_{t-1} + wx x_t), and the loss L = ½ (h_3 - target)². */
function forward({ wx, wh }: typeof CELL): { hs: number[]; loss: number } {
  const hs = [0];
  for (const x of XS) hs.push(Math.tanh(wh * hs.at(-1)! + wx * x));
  return { hs, loss: 0.5 * (hs[3]! - TARGET) ** 2 };
}
// #endregion

// #region scalar-backward
/** From the loss back to the first step. dh[t] is ∂L/∂h_t, da[t] is ∂L/∂a_t with a_t the sum inside tanh. */
function backward(
  hs: readonly number[],
  { wh }: typeof CELL,
): { dh: number[]; da: number[]; dwh: number; dwx: number } {
  const [dh, da] = [
    [0, 0, 0, hs[3]! - TARGET],
    [0, 0, 0, 0],
  ];
  let [dwh, dwx] = [0, 0];
  for (let t = 3; t >= 1; t--) {
    da[t] = dh[t]! * (1 - hs[t]! ** 2); // through tanh
    dwh += da[t]! * hs[t - 1]!; //         the same wh at every step, so its gradients add up
    dwx += da[t]! * XS[t - 1]!;
    dh[t - 1] = da[t]! * wh; //            on to the step before
  }
  return { dh, da, dwh, dwx };
}
// #endregion

// #region scalar
function scalar(): void {
  const { hs, loss } = forward(CELL);
  const { dh, da, dwh, dwx } = backward(hs, CELL);
  for (const t of [1, 2, 3]) {
    console.log(
      `t = ${t}  h ${fixed(hs[t]!)}  dh ${fixed(dh[t]!)}  da ${fixed(da[t]!)}  adds to dwh ${fixed(da[t]! * hs[t - 1]!)}`,
    );
  }
  console.log(`loss ${loss.toFixed(4)}  dwh ${fixed(dwh)}  dwx ${fixed(dwx)}`);
}
// #endregion

function nudge(): void {
  const eps = 1e-5;
  const lossAt = (wh: number) => forward({ ...CELL, wh }).loss;
  const slope = (lossAt(CELL.wh + eps) - lossAt(CELL.wh - eps)) / (2 * eps);
  console.log(`by differences ${slope.toFixed(8)}`);
  console.log(`by BPTT        ${backward(forward(CELL).hs, CELL).dwh.toFixed(8)}`);
}

// #region matrix
interface Params {
  Wx: NdArray;
  Wh: NdArray;
  b: NdArray;
}

/** xs [T][N, D]; dhs[t] [N, H] is what the loss says about h_t directly. Returns the three gradients, and what each step gave dWh. */
function bptt(xs: readonly NdArray[], dhs: readonly NdArray[], p: Params) {
  const caches = [];
  let h = zerosLike(dhs[0]!);
  for (const x of xs) {
    const cache = rnnStep(x, h, p); // h_t = tanh(h_{t-1} W_h + x_t W_x + b)
    caches.push(cache);
    h = cache.h;
  }
  let [dWx, dWh, db] = [zerosLike(p.Wx), zerosLike(p.Wh), zerosLike(p.b)];
  let dh = zerosLike(h);
  const fromStep: NdArray[] = [];
  for (let t = xs.length - 1; t >= 0; t--) {
    dh = add(dh, dhs[t]!); // two sources: this step's own output, and the step after it
    const grads = rnnStepBackward(dh, caches[t]!, p);
    [dWx, dWh, db] = [add(dWx, grads.dWx), add(dWh, grads.dWh), add(db, grads.db)];
    fromStep[t] = grads.dWh;
    dh = grads.dhPrev;
  }
  return { dWx, dWh, db, fromStep };
}
// #endregion

const [T, D, H] = [12, 3, 8];

/** One sequence, and a loss that looks at the last state alone: L = Σ h_T ⊙ w. */
function problem() {
  manualSeed(3);
  const p = { Wx: random([D, H], 0.6), Wh: random([H, H], 0.3), b: random([H], 0.1) };
  const xs = Array.from({ length: T }, () => random([1, D]));
  const w = random([1, H]);
  const dhs = xs.map((_, t) => (t === T - 1 ? w : blank(1, H)));
  return { p, xs, w, dhs };
}

/** [1, D] a step as one array [1, T, D]. */
function joined(steps: readonly NdArray[]): NdArray {
  const width = steps[0]!.size;
  const out = blank(1, steps.length, width);
  for (const [t, { data }] of steps.entries()) out.data.set(data, t * width);
  return out;
}

/** The last state of [1, T, H]. */
function lastOf(hs: NdArray): NdArray {
  return array(hs.data.slice(-H), [1, H]);
}

// #region check
function check(): void {
  const { p, xs, w, dhs } = problem();
  const byHand = bptt(xs, dhs, p);
  const layer = new TimeRNN(p.Wx, p.Wh, p.b);
  const loss = () => dot(lastOf(layer.forward(joined(xs))), w);
  loss();
  layer.backward(joined(dhs));
  for (const name of ["Wx", "Wh", "b"] as const) {
    const found = byHand[`d${name}`];
    const fromLayer = largestDifference(found, layer[`d${name}`]);
    const fromDifferences = largestDifference(found, numericalGradient(loss, p[name]));
    console.log(`d${name.padEnd(2)}  from the layer ${below(fromLayer)}  from differences ${below(fromDifferences)}`);
  }
}
// #endregion

/** The last digits of a rounding error mean nothing: its bound is what counts. */
function below(x: number): string {
  const bound = [1e-12, 1e-9, 1e-6].find((b) => x < b);
  return bound ? `below ${bound.toExponential(0)}` : x.toExponential(1);
}

// #region answer
/** L = Σ_t h_t · w: now the loss looks at every step, and each sends its own gradient in. */
function answer(): void {
  const { p, xs, w } = problem();
  const everyStep = bptt(
    xs,
    xs.map(() => w),
    p,
  );
  const layer = new TimeRNN(p.Wx, p.Wh, p.b);
  const loss = () => dot(layer.forward(joined(xs)), joined(xs.map(() => w)));
  console.log(`dWh from differences ${below(largestDifference(everyStep.dWh, numericalGradient(loss, p.Wh)))}`);
  console.log(
    `norm of dWh: ${norm(everyStep.dWh).toFixed(3)}; with the last step alone: ${norm(bptt(xs, problem().dhs, p).dWh).toFixed(3)}`,
  );
}
// #endregion

/** Forward along the top, back along the bottom, with the numbers of `scalar`. */
function thereAndBack(): string {
  const { hs } = forward(CELL);
  const { dh, da } = backward(hs, CELL);
  const picture = new Picture(696, 252);
  picture.text(0, 12, "Forward (blue) and back (orange): wx = 0.8, wh = 0.6, target 0.5", { bold: true, size: 14 });
  picture.text(30, 121, "h₀ = 0", { anchor: "middle", colour: blue });
  for (const t of [1, 2, 3]) {
    const left = 120 + (t - 1) * 180;
    const sub = "₀₁₂₃"[t]!;
    picture.frame([left, 98], 68, 56, "tanh");
    picture.arrow([left - (t === 1 ? 64 : 108), 116], [left - 4, 116], blue);
    picture.arrow([left + 34, 72], [left + 34, 94], blue);
    picture.text(left + 34, 62, `x${sub} = ${XS[t - 1]}`, { anchor: "middle", colour: blue });
    picture.text(left + 122, 108, `h${sub} = ${hs[t]!.toFixed(3)}`, { anchor: "middle", colour: blue, size: 12 });
    picture.arrow([left + 176, 138], [left + 72, 138], orange);
    picture.text(left + 124, 156, `dh${sub} = ${dh[t]!.toFixed(3)}`, { anchor: "middle", colour: orange, size: 12 });
    picture.arrow([left + 34, 154], [left + 34, 190], orange);
    picture.text(left + 34, 208, `da${sub} = ${da[t]!.toFixed(3)}`, { anchor: "middle", colour: orange, size: 12 });
    picture.text(left + 34, 228, `dwh += ${(da[t]! * hs[t - 1]!).toFixed(3)}`, {
      anchor: "middle",
      colour: orange,
      size: 12,
    });
  }
  picture.arrow([552, 116], [656, 116], blue);
  picture.text(664, 131, "loss", { size: 14 });
  picture.text(
    0,
    250,
    "The loss sends ∂L/∂h₃ back; every step passes on wh times its da, and leaves its own share of dwh.",
    { size: 12, colour: faint },
  );
  return toSvg(picture, "Three steps forward, three steps back, with their numbers");
}

function shares(): string {
  const { p, xs, dhs } = problem();
  const { fromStep } = bptt(xs, dhs, p);
  return barChart({
    title: "What each step gives to dWh (norm), the loss at step 12",
    bars: fromStep.map((dWh, t) => ({ name: `step ${t + 1}`, value: norm(dWh), text: norm(dWh).toFixed(4) })),
    colour: orange,
  });
}

export const outputs = { scalar, nudge, check, answer };
export const figures = { "03-there-and-back.svg": thereAndBack, "03-shares.svg": shares };
