/**
 * The AWD-LSTM recipe on little text: 10,000 words of Moby Dick to learn from, the 5,000 that follow to validate on. Two
 * layers of LSTM without regularisation know the text by heart and are soon worse than at the start on the words that
 * follow. The same layers by the recipe (weight drop, locked and embedding dropout, tied weights, AR and TAR, averaged SGD
 * with the non-monotonic trigger) go on improving. What each part brings: `npm run example awd-lstm parts`, which trains
 * with one left out at a time.
 *
 *   npm run example awd-lstm      writes examples/figures/awd-lstm.svg; figures in docs/beyond.md
 *
 * Source: Merity, Keskar & Socher 2018.
 */
import { manualSeed, nn, optim } from "unrolled";
import { curve, writeFigure } from "./support/figure.js";
import { type Corpus, type Curves, PlainModel, trainModel, validate, words } from "./support/word-model.js";

const WIDTH = 96;
const HIDDEN = 128;
const LR = 15;

export interface Sizes {
  training: number;
  validation: number;
  epochs: number;
}

const SIZES: Sizes = { training: 10_000, validation: 5000, epochs: 30 };

/** Two layers without regularisation, by SGD or by Adam. */
export function plain(corpus: Corpus, epochs: number, by: "SGD" | "Adam"): Curves {
  manualSeed(1);
  const model = new PlainModel(corpus.vocabularySize, WIDTH, new nn.LSTM(WIDTH, WIDTH, { numLayers: 2 }));
  const lr = by === "SGD" ? LR : 2e-3;
  return trainModel(model, corpus, new optim[by](model.parameters(), { lr }), epochs);
}

/** By the recipe. `last` is the perplexity of the parameters themselves at the end, without averages. */
export function recipe(corpus: Corpus, epochs: number, without: nn.AWDLSTMOptions = {}): Curves & { last: number } {
  manualSeed(1);
  const sizes = { embeddingDim: WIDTH, hiddenSize: HIDDEN, numLayers: 2 };
  const model = new nn.AWDLSTM(corpus.vocabularySize, { ...sizes, ...without });
  const optimizer = new optim.NTASGD(model.parameters(), { lr: LR, weightDecay: 1.2e-6 });
  return { ...trainModel(model, corpus, optimizer, epochs), last: validate(model, corpus) };
}

/** What can be left out of the recipe; the averages are left out by reading the parameters themselves. */
const PARTS: Record<string, nn.AWDLSTMOptions> = {
  "weight drop": { weightDrop: 0 },
  "locked dropout": { dropout: 0, hiddenDropout: 0, inputDropout: 0 },
  "embedding dropout": { embeddingDropout: 0 },
  "AR and TAR": { alpha: 0, beta: 0 },
  "tied weights": { tieWeights: false },
};

function row(name: string, { training, validation }: Curves): void {
  const best = Math.min(...validation);
  const [known, unseen] = [training, validation].map((values) => values.at(-1)!.toFixed(1).padStart(6));
  const when = validation.indexOf(best) + 1;
  console.log(`${name.padEnd(26)} best ${best.toFixed(1)} in epoch ${when}; last: ${unseen}, while learning ${known}`);
}

export function main([what]: string[] = []): void {
  const { training, validation, epochs } = SIZES;
  const corpus = words(training, validation);
  const whole = recipe(corpus, epochs);
  row("AWD-LSTM", whole);
  console.log(`${"without the averages".padEnd(26)} last: ${whole.last.toFixed(1)}`);
  if (what === "parts") {
    for (const [name, without] of Object.entries(PARTS)) row(`without ${name}`, recipe(corpus, epochs, without));
    return;
  }
  const [sgd, adam] = [plain(corpus, epochs, "SGD"), plain(corpus, epochs, "Adam")];
  row("plain LSTM, SGD", sgd);
  row("plain LSTM, Adam", adam);
  const runs = { "AWD-LSTM": whole, "LSTM, Adam": adam, "LSTM, SGD": sgd };
  writeFigure("awd-lstm", {
    title: "Perplexity on words that were not learned from",
    subtitle: `${training.toLocaleString("en")} words of Moby Dick to learn from, two layers of LSTM`,
    xTitle: "epochs",
    yTitle: "perplexity",
    yRange: [40, 160],
    series: Object.entries(runs).map(([name, curves]) => ({ name, points: curve(curves.validation) })),
  });
}
