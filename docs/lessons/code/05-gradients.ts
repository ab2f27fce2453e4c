/** Lesson 5: why gradients vanish and explode. Quoted by docs/lessons/05-gradients.md; run with `npm run lessons 5`. */
import { clipGrads, manualSeed, matmul, type NdArray, relu, rnnStep, rnnStepBackward, scale, T } from "unrolled/layers";
import { blank, matrix, random, vector } from "./support/double.js";
import { barChart, blue, chart, green, orange, points, purple } from "./support/draw.js";
import { dot, norm } from "./support/measure.js";

// #region powers
function powers(): void {
  for (const w of [0.5, 0.9, 1, 1.1, 1.5]) {
    const after = (k: number) => (w ** k).toExponential(1).padStart(8);
    console.log(`w = ${w.toFixed(1)}   after 10 steps ${after(10)}   50 ${after(50)}   100 ${after(100)}`);
  }
}
// #endregion

// #region radius
/** The spectral radius: by how much W stretches a vector in the long run. */
function spectralRadius(W: NdArray, rounds = 400): number {
  let v = random([1, W.shape[0]!]);
  let logGrowth = 0;
  for (let i = 0; i < rounds; i++) {
    v = scale(v, 1 / norm(v));
    v = matmul(v, W);
    if (i >= rounds / 2) logGrowth += Math.log(norm(v)); // the first half settles
  }
  return Math.exp(logGrowth / (rounds / 2));
}
// #endregion

const [H, D, STEPS] = [32, 4, 60];

// #region backwards
/** W_h with the spectral radius wanted: a random matrix, divided by the one it has. */
function recurrentWeights(radius: number): NdArray {
  const W = random([H, H], 1 / Math.sqrt(H));
  return scale(W, radius / spectralRadius(W));
}

/** The norm of dh, 0 to `STEPS` steps before the loss, without the tanh: dh_{t-1} = dh_t W_hᵀ. */
function linearNorms(Wh: NdArray): number[] {
  let dh = random([1, H]);
  const first = norm(dh);
  return Array.from({ length: STEPS + 1 }, (_, k) => {
    if (k > 0) dh = matmul(dh, T(Wh));
    return norm(dh) / first;
  });
}
// #endregion

// #region tanh-norms
/** Norms of a gradient on its way back through a tanh network that reads noise: dh_{t-1} = (dh_t ⊙ (1 - h_t²)) W_hᵀ. */
function tanhNorms(Wh: NdArray, inputs: number): number[] {
  const p = { Wx: random([D, H], inputs), Wh, b: blank(H) };
  const caches = [];
  let h = blank(1, H);
  for (let t = 0; t < STEPS; t++) {
    const cache = rnnStep(random([1, D]), h, p);
    caches.push(cache);
    h = cache.h;
  }
  let dh = random([1, H]);
  const norms = [norm(dh)];
  for (const cache of caches.reverse()) {
    dh = rnnStepBackward(dh, cache, p).dhPrev;
    norms.push(norm(dh));
  }
  return norms.map((x) => x / norms[0]!);
}
// #endregion

function decay(): void {
  for (const radius of [0.8, 1, 1.2, 3]) {
    manualSeed(5);
    const Wh = recurrentWeights(radius);
    const linear = linearNorms(Wh);
    const tanh = tanhNorms(Wh, 0.5);
    const row = (name: string, x: number[]) =>
      `${name} ${[10, 30, 60].map((k) => x[k]!.toExponential(1).padStart(8)).join("")}`;
    console.log(`radius ${radius.toFixed(1)}   ${row("linear", linear)}   ${row("tanh", tanh)}`);
  }
}

function saturation(): void {
  for (const inputs of [0.1, 0.5, 2]) {
    manualSeed(5);
    const norms = tanhNorms(recurrentWeights(1.2), inputs);
    console.log(
      `inputs of size ${inputs.toFixed(1)}   10 steps back ${norms[10]!.toExponential(1)}   60 steps back ${norms[60]!.toExponential(1)}`,
    );
  }
}

// #region clip
function clip(): void {
  const grads = [
    matrix([
      [3, -4],
      [12, 0],
    ]),
    vector([0, 84]),
  ];
  const before = grads.map((g) => g.clone());
  const normBefore = clipGrads(grads, 5);
  const normAfter = Math.sqrt(grads.reduce((sum, g) => sum + dot(g, g), 0));
  const cosine = grads.reduce((sum, g, i) => sum + dot(g, before[i]!), 0) / (normBefore * normAfter);
  console.log(
    `norm ${normBefore.toFixed(1)} to ${normAfter.toFixed(4)}, cosine of the angle between them ${cosine.toFixed(4)}`,
  );
}
// #endregion

// #region answer
/** ReLU with W_h the identity: where a unit is on, its gradient passes as it is. */
function answer(): void {
  manualSeed(9);
  const identity = matrix(Array.from({ length: H }, (_, i) => Array.from({ length: H }, (_, j) => (i === j ? 1 : 0))));
  const p = { Wx: random([D, H], 0.05), Wh: identity, b: blank(H) };
  for (const activation of ["relu", "tanh"] as const) {
    let h = relu(random([1, H]));
    const caches = Array.from({ length: STEPS }, () => {
      const cache = rnnStep(random([1, D]), h, p, activation);
      h = cache.h;
      return cache;
    });
    let dh = random([1, H]);
    const first = norm(dh);
    for (const cache of caches.reverse()) dh = rnnStepBackward(dh, cache, p).dhPrev;
    console.log(`${activation}: of a gradient of norm 1, ${(norm(dh) / first).toFixed(3)} arrives 60 steps back`);
  }
}
// #endregion

function fading(): string {
  const lines = [
    { radius: 1.2, colour: orange, tanh: false },
    { radius: 1, colour: green, tanh: false },
    { radius: 0.8, colour: blue, tanh: false },
    { radius: 3, colour: purple, tanh: true },
    { radius: 1.2, colour: orange, tanh: true },
  ] as const;
  return chart({
    title: "A gradient on its way back: W_h by its spectral radius, tanh dashed",
    ...{ xTitle: "steps before the loss", yTitle: "norm of dh (log scale)", log: true, height: 380 },
    series: lines.map(({ radius, colour, tanh }) => {
      manualSeed(5);
      const Wh = recurrentWeights(radius);
      const linear = linearNorms(Wh);
      return tanh
        ? { name: `${radius.toFixed(1)}, tanh`, colour, points: points(tanhNorms(Wh, 0.5)), dash: "5 4" }
        : { name: `${radius.toFixed(1)}, linear`, colour, points: points(linear) };
    }),
  });
}

/** The slope of tanh at the states of a network: what every step multiplies the gradient by, besides W_h. */
function slopes(): string {
  manualSeed(5);
  const Wh = recurrentWeights(1.2);
  const bars = [0.1, 0.5, 2].map((inputs) => {
    manualSeed(10);
    const p = { Wx: random([D, H], inputs), Wh, b: blank(H) };
    let [h, sum] = [blank(1, H), 0];
    for (let t = 0; t < STEPS; t++) {
      h = rnnStep(random([1, D]), h, p).h;
      sum += 1 / STEPS - dot(h, h) / (H * STEPS);
    }
    return { name: `inputs of size ${inputs.toFixed(1)}`, value: sum, text: sum.toFixed(3) };
  });
  return barChart({ title: "The mean slope 1 - h² of tanh, W_h of spectral radius 1.2", bars, colour: green });
}

export const outputs = { powers, decay, saturation, clip, answer };
export const figures = { "05-fading.svg": fading, "05-slopes.svg": slopes };
