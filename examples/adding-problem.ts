/**
 * The adding problem: a sequence of random numbers, two of which are marked; the answer is their sum. A network must
 * carry one number across up to T steps, and whoever cannot answers 1, the mean, at a squared error of 1/6 = 0.167.
 *
 * At T = 150, error on 200 fresh sequences, seed 1, on a CPU:
 *
 *   IRNN    50 units, Adam 5e-4   solved (0.007) after 2,700 steps of 16 sequences
 *   IndRNN  2 × 32 units, 2e-3    solved (0.007) after 2,000
 *   LSTM    16 units, 2e-2        solved (0.006) after 1,900
 *   RNN     50 units (tanh)       0.165 after 5,000, at 1e-4, 5e-4, 2e-3 and 2e-2 alike: the mean
 *
 *   npm run example adding-problem
 *   npm run example adding-problem long       T = 300, without the tanh RNN
 *   npm run example adding-problem paper      the IRNN with input weights of deviation 0.001, as in its paper
 *
 * Sources: Hochreiter & Schmidhuber 1997; IRNN, Le et al. 2015; IndRNN, Li et al. 2018.
 */
import { Generator, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "unrolled";

export type Kind = "RNN" | "LSTM" | "IRNN" | "IRNN, paper" | "IndRNN" | "GRU" | "MGU";

type Network = nn.RNN | nn.LSTM | nn.GRU | nn.IndRNN | nn.MGU;

const BATCH = 16;
const EVALUATE_EVERY = 100;
/** Solved, when the error on fresh sequences is below. */
const TARGET = 0.01;

/** What each network needs to learn it; "IRNN, paper" starts with input weights of deviation 0.001. The tanh RNN does not at any of these rates. */
const SETTINGS: Record<Kind, { lr: number; make: (seqLen: number) => Network }> = {
  RNN: { lr: 5e-4, make: () => new nn.RNN(2, 50) },
  LSTM: { lr: 2e-2, make: () => new nn.LSTM(2, 16) },
  GRU: { lr: 5e-3, make: () => new nn.GRU(2, 16) },
  MGU: { lr: 5e-3, make: () => new nn.MGU(2, 16) },
  IRNN: { lr: 5e-4, make: () => new nn.IRNN(2, 50, { inputStd: 0.1 }) },
  "IRNN, paper": { lr: 5e-4, make: () => new nn.IRNN(2, 50) },
  IndRNN: {
    lr: 2e-3,
    make: (seqLen) => new nn.IndRNN(2, 32, { numLayers: 2, recurrentInit: [0.05 ** (1 / seqLen), 1] }),
  },
};

class Adder extends nn.Module {
  rnn: Network;
  head: nn.Linear;

  constructor(kind: Kind, seqLen: number) {
    super();
    this.rnn = SETTINGS[kind].make(seqLen);
    this.head = new nn.Linear(this.rnn.hiddenSize, 1);
  }

  /** [L, N, 2] gives [N]. */
  forward(x: Tensor): Tensor {
    const [y] = this.rnn.forward(x);
    return this.head.forward(y.select(0, -1)).squeeze(1);
  }

  /** |u| <= 2^(1/T): no unit of an IndRNN more than doubles over a sequence. */
  clip(seqLen: number): void {
    if (this.rnn instanceof nn.IndRNN) this.rnn.clipRecurrent(2 ** (1 / seqLen));
  }
}

/** Numbers and marks [L, N, 2], and the sums [N] of the marked numbers: one in each half of the sequence. */
function sequences(seqLen: number, batchSize: number, random: Generator): { x: Tensor; sums: Tensor } {
  const x = new Float32Array(seqLen * batchSize * 2);
  const sums = new Float32Array(batchSize);
  const half = seqLen / 2;
  for (let n = 0; n < batchSize; n++) {
    const marks = [random.integer(half), half + random.integer(half)];
    for (let t = 0; t < seqLen; t++) {
      const at = (t * batchSize + n) * 2;
      x[at] = random.uniform();
      if (!marks.includes(t)) continue;
      x[at + 1] = 1;
      sums[n]! += x[at]!;
    }
  }
  return { x: tensor(x, { shape: [seqLen, batchSize, 2] }), sums: tensor(sums) };
}

export interface AddOptions {
  /** T, the length of the sequences. Default 150. */
  seqLen?: number;
  /** Steps of the optimiser at most; fewer when it is solved. Default 5,000. */
  steps?: number;
  lr?: number;
  seed?: number;
}

/** Trains one network. Returns its squared error on fresh sequences after every 100 steps. */
export function add(kind: Kind, options: AddOptions = {}): number[] {
  const { seqLen = 150, steps = 5000, lr = SETTINGS[kind].lr, seed = 1 } = options;
  manualSeed(seed);
  const random = new Generator(seed);
  const fresh = sequences(seqLen, 200, new Generator(seed + 1000));
  const model = new Adder(kind, seqLen);
  const optimizer = new optim.Adam(model.parameters(), { lr });
  const errors: number[] = [];
  for (let step = 1; step <= steps; step++) {
    const { x, sums } = sequences(seqLen, BATCH, random);
    const loss = nn.functional.mseLoss(model.forward(x), sums);
    optimizer.zeroGrad();
    loss.backward();
    nn.utils.clipGradNorm(model.parameters(), 1);
    optimizer.step();
    model.clip(seqLen);
    if (step % EVALUATE_EVERY !== 0) continue;
    errors.push(noGrad(() => nn.functional.mseLoss(model.forward(fresh.x), fresh.sums).item()));
    if (errors.at(-1)! < TARGET) break;
  }
  return errors;
}

const RUNS = {
  "": {
    options: {},
    runs: [["IRNN"], ["IndRNN"], ["LSTM"], ["RNN", 1e-4], ["RNN", 5e-4], ["RNN", 2e-3], ["RNN", 2e-2]],
  },
  long: { options: { seqLen: 300, steps: 8000 }, runs: [["IRNN"], ["IndRNN", 1e-3], ["LSTM"]] },
  paper: { options: { steps: 15_000 }, runs: [["IRNN, paper"]] },
} satisfies Record<string, { options: AddOptions; runs: [Kind, number?][] }>;

export function main([what = ""]: string[] = []): void {
  const { options, runs } = RUNS[what as keyof typeof RUNS] ?? RUNS[""];
  for (const [kind, lr = SETTINGS[kind].lr] of runs as [Kind, number?][]) {
    const errors = add(kind, { ...options, lr });
    const steps = EVALUATE_EVERY * errors.length;
    console.log(`${kind.padEnd(11)} lr ${lr}: error ${errors.at(-1)!.toFixed(4)} after ${steps} steps`);
  }
}
