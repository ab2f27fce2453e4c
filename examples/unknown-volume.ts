/**
 * Layer normalisation: what a step brings counts by its direction, not by its size. Sequences of one-hot symbols come at a
 * volume of their own, anywhere between 1/30 and 30; the first symbol must be named at the end, 20 steps later (chance is
 * 1/6). Whispered, it does not move the gates of a plain LSTM or GRU; shouted, it saturates them. Normalised, they hear the
 * same thing at every volume, and do not notice when every weight is made 50 times as large.
 *
 *   npm run example unknown-volume      writes examples/figures/unknown-volume.svg; figures in docs/beyond.md
 *
 * Source: Ba, Kiros & Hinton 2016, section 5.1 of which has the table of what is invariant.
 */
import { Generator, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "unrolled";
import { curve, writeFigure } from "./support/figure.js";

const SYMBOLS = 6;
const SEQ_LEN = 20;
const WIDTH = 32;
const EVERY = 25;

export type Kind = "LSTM" | "LayerNormLSTM" | "GRU" | "LayerNormGRU";

/** Sequences [L, N, 6] at 10^±1.5 times the volume 1, and their first symbols [N]. */
function sequences(batchSize: number, random: Generator): { x: Tensor; first: Tensor } {
  const x = new Float32Array(SEQ_LEN * batchSize * SYMBOLS);
  const first = new Int32Array(batchSize);
  for (let n = 0; n < batchSize; n++) {
    const volume = 10 ** (3 * random.uniform() - 1.5);
    for (let t = 0; t < SEQ_LEN; t++) {
      const symbol = random.integer(SYMBOLS);
      if (t === 0) first[n] = symbol;
      x[(t * batchSize + n) * SYMBOLS + symbol] = volume;
    }
  }
  return { x: tensor(x, { shape: [SEQ_LEN, batchSize, SYMBOLS] }), first: tensor(first, { dtype: "int32" }) };
}

class Listener extends nn.Module {
  rnn: nn.LSTM | nn.GRU | nn.LayerNormLSTM | nn.LayerNormGRU;
  head = new nn.Linear(WIDTH, SYMBOLS);

  constructor(kind: Kind) {
    super();
    // eps is small beside the variance of what a whisper brings.
    const options = kind.startsWith("LayerNorm") ? { eps: 1e-8 } : {};
    this.rnn = new nn[kind](SYMBOLS, WIDTH, options);
  }

  forward(x: Tensor): Tensor {
    return this.head.forward(this.rnn.forward(x)[0].select(0, -1));
  }
}

/** Trains one network. `shares` are the parts of 300 fresh sequences named right; `scaled`, with the weights times 50. */
export function listen(kind: Kind, steps = 1000): { shares: number[]; scaled: number } {
  const random = manualSeed(1);
  const model = new Listener(kind);
  const optimizer = new optim.Adam(model.parameters(), { lr: 5e-3 });
  const fresh = sequences(300, new Generator(99));
  const share = () => noGrad(() => model.forward(fresh.x).argmax(1).eq(fresh.first).sum().item()) / 300;
  const shares: number[] = [];
  for (let step = 1; step <= steps; step++) {
    const { x, first } = sequences(16, random);
    const loss = nn.functional.crossEntropy(model.forward(x), first);
    optimizer.zeroGrad();
    loss.backward();
    nn.utils.clipGradNorm(model.parameters(), 1);
    optimizer.step();
    if (step % EVERY === 0) shares.push(share());
  }
  for (const [name, parameter] of model.rnn.namedParameters())
    if (name.startsWith("weight")) parameter.set(parameter.data().map((value) => 50 * value));
  return { shares, scaled: share() };
}

export function main(): void {
  const percent = (share: number) => `${(100 * share).toFixed(0).padStart(3)} %`;
  const series = (["LayerNormLSTM", "LSTM", "LayerNormGRU", "GRU"] as const).map((kind) => {
    const { shares, scaled } = listen(kind);
    const learned = shares.findIndex((share) => share > 0.9);
    const when = learned < 0 ? "never 90 %" : `90 % after ${EVERY * (learned + 1)} steps`;
    console.log(`${kind.padEnd(14)} ${percent(shares.at(-1)!)} right, ${when}; weights times 50: ${percent(scaled)}`);
    return { name: kind, points: curve(shares, EVERY) };
  });
  writeFigure("unknown-volume", {
    title: "The first of 20 symbols named at the end, at volumes from 1/30 to 30",
    subtitle: "Part of unseen sequences named right; chance is 1/6",
    xTitle: "steps of training",
    yTitle: "named right",
    yRange: [0, 1],
    series,
  });
}
