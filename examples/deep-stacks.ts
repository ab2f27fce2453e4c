/**
 * Residual stacks: of a sequence of random symbols, the third from the end must be named (chance is 1/4). Two layers are
 * enough, and more should do no harm. Yet a plain stack of 16 layers learns nothing, since the gradient is lost on its way
 * down; with the input of each layer added to its output it learns as fast as two layers do.
 *
 *   npm run example deep-stacks      writes examples/figures/deep-stacks.svg; figures in docs/beyond.md
 *
 * Sources: He et al. 2016; in recurrent stacks, Wu et al. 2016.
 */
import { Generator, manualSeed, nn, noGrad, optim, type Tensor, tensor } from "unrolled";
import { curve, writeFigure } from "./support/figure.js";

const SYMBOLS = 4;
const SEQ_LEN = 12;
const BACK = 3;
const WIDTH = 24;
const EVERY = 20;

export type Kind = "GRU" | "LSTM";

class Deep extends nn.Module {
  into = new nn.Linear(SYMBOLS, WIDTH);
  stack: nn.RecurrentStack;
  head = new nn.Linear(WIDTH, SYMBOLS);

  constructor(kind: Kind, depth: number, residual: boolean) {
    super();
    const layers = Array.from({ length: depth }, () => new nn[kind](WIDTH, WIDTH) as nn.RecurrentModule);
    this.stack = new nn.RecurrentStack(layers, { residual });
  }

  /** [L, N, 4] gives logits [N, 4]. */
  forward(x: Tensor): Tensor {
    return this.head.forward(this.stack.forward(this.into.forward(x))[0].select(0, -1));
  }
}

/** One-hot symbols [L, N, 4], and the third from the end [N]. */
function sequences(batchSize: number, random: Generator): { x: Tensor; asked: Tensor } {
  const x = new Float32Array(SEQ_LEN * batchSize * SYMBOLS);
  const asked = new Int32Array(batchSize);
  for (let n = 0; n < batchSize; n++) {
    for (let t = 0; t < SEQ_LEN; t++) {
      const symbol = random.integer(SYMBOLS);
      if (t === SEQ_LEN - BACK) asked[n] = symbol;
      x[(t * batchSize + n) * SYMBOLS + symbol] = 1;
    }
  }
  return { x: tensor(x, { shape: [SEQ_LEN, batchSize, SYMBOLS] }), asked: tensor(asked) };
}

export interface DeepResult {
  /** Parts of 200 fresh sequences named right, every 20 steps. */
  shares: number[];
  /** Norm of the loss's gradient below the stack, by the one above it, before learning. */
  gradient: number;
}

/** Trains one stack. */
export function learn(kind: Kind, depth: number, residual: boolean, steps = 300): DeepResult {
  const random = manualSeed(1);
  const model = new Deep(kind, depth, residual);
  const optimizer = new optim.Adam(model.parameters(), { lr: 3e-3 });
  const fresh = sequences(200, new Generator(99));
  const shares: number[] = [];
  let gradient = 0;
  for (let step = 1; step <= steps; step++) {
    const { x, asked } = sequences(16, random);
    const loss = nn.functional.crossEntropy(model.forward(x), asked);
    optimizer.zeroGrad();
    loss.backward();
    if (step === 1) gradient = model.into.bias!.grad!.norm().item() / model.head.bias!.grad!.norm().item();
    nn.utils.clipGradNorm(model.parameters(), 1);
    optimizer.step();
    if (step % EVERY !== 0) continue;
    shares.push(noGrad(() => model.forward(fresh.x).argmax(1).eq(fresh.asked).sum().item()) / 200);
  }
  return { shares, gradient };
}

export function main(): void {
  const series = (["GRU", "LSTM"] as const).flatMap((kind) =>
    [2, 8, 16, 32].flatMap((depth) =>
      [true, false].map((residual) => {
        const { shares, gradient } = learn(kind, depth, residual);
        const name = `${kind}, ${depth} ${residual ? "residual" : "plain"}`;
        const right = `${(100 * shares.at(-1)!).toFixed(0).padStart(3)} % right`;
        console.log(
          `${name.padEnd(18)} ${right}; gradient below over above, at the start: ${gradient.toExponential(1)}`,
        );
        return { name, depth, points: curve(shares, EVERY), ...(residual ? {} : { dash: "5 4" }) };
      }),
    ),
  );
  writeFigure("deep-stacks", {
    title: "Stacks of 16 layers, with and without residual connections",
    subtitle: "The third symbol from the end named right; chance is 1/4",
    xTitle: "steps of training",
    yTitle: "named right",
    yRange: [0, 1],
    series: series.filter(({ depth }) => depth === 16),
  });
}
