/**
 * Zoneout: in training each unit keeps its old state with probability p, and the network learns not to rely on any of them;
 * afterwards each takes the mean of keeping and changing. On 10,000 words of Moby Dick an LSTM and a GRU soon know the text
 * by heart and grow worse on the words that follow; with zoneout they are better at their best, and stay so. The mean is
 * also better than the coin: the same network is validated both ways.
 *
 *   npm run example zoneout      writes examples/figures/zoneout.svg; figures in docs/beyond.md
 *
 * Source: Krueger et al. 2017.
 */
import { manualSeed, nn, optim } from "unrolled";
import { curve, writeFigure } from "./support/figure.js";
import { type Corpus, type Curves, PlainModel, trainModel, validate, words } from "./support/word-model.js";

const WIDTH = 96;
const EPOCHS = 15;

const NETWORKS = {
  "GRU, zoneout": () => new nn.GRU(WIDTH, WIDTH, { zoneout: 0.3 }),
  "LSTM, zoneout": () => new nn.LSTM(WIDTH, WIDTH, { zoneout: { h: 0.3, c: 0.5 } }),
  GRU: () => new nn.GRU(WIDTH, WIDTH),
  LSTM: () => new nn.LSTM(WIDTH, WIDTH),
};

export type Kind = keyof typeof NETWORKS;

/** Trains one network by Adam. `noisy` is the perplexity at the end with units still zoned out at random. */
export function learn(kind: Kind, corpus: Corpus, epochs = EPOCHS): Curves & { noisy: number } {
  manualSeed(1);
  const model = new PlainModel(corpus.vocabularySize, WIDTH, NETWORKS[kind]());
  const curves = trainModel(model, corpus, new optim.Adam(model.parameters(), { lr: 3e-3 }), epochs);
  return { ...curves, noisy: validate(model, corpus, "training") };
}

export function main(): void {
  const corpus = words(10_000, 3000);
  const series = (Object.keys(NETWORKS) as Kind[]).map((name) => {
    const { training, validation, noisy } = learn(name, corpus);
    const best = Math.min(...validation);
    const [known, unseen] = [training.at(-1)!, validation.at(-1)!].map((value) => value.toFixed(1));
    const noise = name.includes("zoneout") ? `, with the coin ${noisy.toFixed(1)}` : "";
    const when = `best ${best.toFixed(1)} in epoch ${validation.indexOf(best) + 1}`;
    console.log(`${name.padEnd(14)} ${when}; last: ${unseen}${noise}; while learning ${known}`);
    return { name, points: curve(validation) };
  });
  writeFigure("zoneout", {
    title: "Perplexity on words that were not learned from, with zoneout and without",
    xTitle: "epochs",
    yTitle: "perplexity",
    series,
  });
}
