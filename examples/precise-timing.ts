/**
 * Precise timing: a network of one unit hears a cue and must answer eight steps later with a spike, and be silent before and
 * after. Its output is the unit's hidden state itself. While that is silent, the gates of an LSTM see the same at every step
 * and cannot tell how much time has passed: what the cell has counted is behind a shut output gate. Peepholes let the gates
 * see the cell. (A second unit may be a clock without peepholes: it need not be silent.)
 *
 *   npm run example precise-timing      writes examples/figures/precise-timing.svg; figures in docs/beyond.md
 *
 * Source: Gers & Schmidhuber 2000; Gers, Schraudolph & Schmidhuber 2002.
 */
import { manualSeed, nn, noGrad, optim, type Tensor, tensor } from "unrolled";
import { curve, writeFigure } from "./support/figure.js";

const DELAY = 8;
const SEQ_LEN = 2 * DELAY + 6;
/** The spike, and how much more its errors count than those of the many silent steps. */
const SPIKE = 0.8;
const WEIGHT = 5;

export type Kind = "LSTM" | "PeepholeLSTM";

/** One sequence for each time of the cue, 0 to 7: inputs [L, 8, 1], answers [L, 8], and what an error at each counts. */
function sequences(): { x: Tensor; answers: Tensor; weights: Tensor } {
  const [x, y, w] = [0, 0, 1].map((value) => new Float32Array(SEQ_LEN * DELAY).fill(value)) as [
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  for (let n = 0; n < DELAY; n++) {
    const answer = (n + DELAY) * DELAY + n;
    x[n * DELAY + n] = 1;
    y[answer] = SPIKE;
    w[answer] = WEIGHT;
  }
  const shape = [SEQ_LEN, DELAY];
  return { x: tensor(x, { shape: [...shape, 1] }), answers: tensor(y, { shape }), weights: tensor(w, { shape }) };
}

/** Trains one network. `exact` of the sequences have one spike, on time; `output` is the hidden state after the first cue. */
export function time(kind: Kind, { seed = 1, steps = 3000, width = 1 } = {}) {
  manualSeed(seed);
  const rnn = new nn[kind](1, width);
  // A cell that keeps what it counts: the forget gate starts nearly open.
  const bias = rnn.stateDict().get("bias_ih_l0")!;
  bias.set(bias.data().fill(2, width, 2 * width));
  const optimizer = new optim.Adam(rnn.parameters(), { lr: 0.02 });
  const schedule = new optim.CosineAnnealingLR(optimizer, { tMax: steps });
  const { x, answers, weights } = sequences();
  const outputs = () => rnn.forward(x)[0].select(2, 0);
  for (let step = 0; step < steps; step++) {
    const loss = outputs().sub(answers).square().mul(weights).mean();
    optimizer.zeroGrad();
    loss.backward();
    nn.utils.clipGradNorm(rnn.parameters(), 1);
    optimizer.step();
    schedule.step();
  }
  const rows = noGrad(() => outputs().T.toArray()) as number[][];
  const right = rows.filter((row, n) => row.every((h, t) => h > SPIKE / 2 === (t === n + DELAY)));
  return { exact: right.length / rows.length, output: rows[0]! };
}

export function main(): void {
  const seeds = [1, 2, 3, 4, 5];
  const runs: [Kind, number][] = [
    ["PeepholeLSTM", 1],
    ["LSTM", 1],
    ["LSTM", 2],
  ];
  const series = runs.map(([kind, width]) => {
    const results = seeds.map((seed) => time(kind, { seed, width }));
    const name = `${kind}, ${width} unit${width > 1 ? "s" : ""}`;
    const shares = results.map(({ exact }) => `${Math.round(100 * exact)} %`.padStart(6)).join("");
    console.log(`${name.padEnd(20)} spikes on time, by seed:${shares}`);
    return { name, points: curve(results[0]!.output).map(([t, h]) => [t - 1, h] as const) };
  });
  writeFigure("precise-timing", {
    title: `The hidden state of one unit: a cue at step 0, a spike due at step ${DELAY}`,
    xTitle: "steps",
    yTitle: "hidden state",
    series: series.slice(0, 2),
    cuts: [DELAY],
  });
}
