/**
 * Selective copying: a few symbols are strewn over a sequence of noise, and must be written down at its end in their order.
 * A network must choose by content what to keep, and in which order. The gates of minGRU and minLSTM see the inputs alone:
 * one layer has the order from no more than how much has faded; the gates of a second see what the first has kept.
 *
 *   npm run example selective-copying      writes examples/figures/selective-copying.svg; figures in docs/beyond.md
 *
 * Sources: Feng et al. 2024, section 4.1; the task, Gu & Dao 2023.
 */
import { Generator, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "unrolled";
import { curve, writeFigure } from "./support/figure.js";

const SYMBOLS = 6;
const COPIED = 3;
const NOISE = 32;
const WIDTH = 48;
const STEPS = 600;
const EVERY = 50;

export type Kind = "MinGRU" | "MinLSTM";

/** One-hot ids [L, N, 8]: symbols 0-5, noise 6, and at the end a 7 for each symbol to be written; and these [3, N]. */
function sequences(batchSize: number, random: Generator): { x: Tensor; copied: Tensor } {
  const [seqLen, width] = [NOISE + COPIED, SYMBOLS + 2];
  const x = new Float32Array(seqLen * batchSize * width);
  const copied = new Int32Array(COPIED * batchSize);
  for (let n = 0; n < batchSize; n++) {
    let found = 0;
    for (let t = 0; t < seqLen; t++) {
      // Each place is drawn with the chance that leaves all subsets equally likely.
      const drawn = t < NOISE && random.integer(NOISE - t) < COPIED - found;
      const symbol = random.integer(SYMBOLS);
      if (drawn) copied[found++ * batchSize + n] = symbol;
      x[(t * batchSize + n) * width + (drawn ? symbol : t < NOISE ? SYMBOLS : SYMBOLS + 1)] = 1;
    }
  }
  const ids = tensor(copied, { shape: [COPIED, batchSize], dtype: "int32" });
  return { x: tensor(x, { shape: [seqLen, batchSize, width] }), copied: ids };
}

class Copier extends nn.Module {
  rnn: nn.MinGRU | nn.MinLSTM;
  head = new nn.Linear(WIDTH, SYMBOLS);

  constructor(kind: Kind, numLayers: number) {
    super();
    this.rnn = new nn[kind](SYMBOLS + 2, WIDTH, { numLayers });
  }

  /** Logits [3, N, 6] of what is written at the end. */
  forward(x: Tensor): Tensor {
    return this.head.forward(this.rnn.forward(x)[0].narrow(0, NOISE, COPIED));
  }
}

/** Trains one network. Returns the parts of the symbols of 200 fresh sequences that it copies, every 50 steps. */
export function copy(kind: Kind, numLayers: number, steps = STEPS, seed = 1): number[] {
  const random = manualSeed(seed);
  const model = new Copier(kind, numLayers);
  const optimizer = new optim.Adam(model.parameters(), { lr: 5e-3 });
  const fresh = sequences(200, new Generator(99));
  const shares: number[] = [];
  for (let step = 1; step <= steps; step++) {
    const { x, copied } = sequences(32, random);
    const loss = nn.functional.crossEntropy(model.forward(x), copied);
    optimizer.zeroGrad();
    loss.backward();
    nn.utils.clipGradNorm(model.parameters(), 1);
    optimizer.step();
    if (step % EVERY !== 0) continue;
    const right = noGrad(() => model.forward(fresh.x).argmax(-1).eq(fresh.copied).sum().item());
    shares.push(right / fresh.copied.size);
  }
  return shares;
}

export function main(): void {
  const series = (["MinGRU", "MinLSTM"] as const).flatMap((kind) =>
    [1, 2, 3].map((numLayers) => {
      const shares = copy(kind, numLayers);
      const name = `${kind}, ${numLayers} layer${numLayers > 1 ? "s" : ""}`;
      console.log(`${name.padEnd(18)} copies ${(100 * shares.at(-1)!).toFixed(0)} % after ${STEPS} steps`);
      return { name, points: curve(shares, EVERY) };
    }),
  );
  writeFigure("selective-copying", {
    title: `${COPIED} symbols strewn over ${NOISE} steps, written down in order`,
    subtitle: "Part of the symbols of unseen sequences; chance is 1/6",
    xTitle: "steps of training",
    yTitle: "copied",
    yRange: [0, 1],
    series,
  });
}
