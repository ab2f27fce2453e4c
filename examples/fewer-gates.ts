/**
 * The minimal gated unit has one gate where a GRU has two, and two thirds of its parameters. Does it learn as well? Two
 * tasks, three networks of equal width: language (10,000 words of Moby Dick, validated on the 3,000 that follow), and the
 * adding problem's memory over 50 steps.
 *
 *   npm run example fewer-gates      figures in docs/beyond.md
 *
 * Source: Zhou, Wu, Zhang & Zhou 2016.
 */
import { manualSeed, nn, optim } from "unrolled";
import { add } from "./adding-problem.js";
import { type Corpus, PlainModel, trainModel, words } from "./support/word-model.js";

const WIDTH = 96;

export type Kind = "MGU" | "GRU" | "LSTM";

/** Parameters of the recurrent module alone, and the best validation perplexity of its model. */
export function read(kind: Kind, corpus: Corpus, { seed = 1, epochs = 8 } = {}) {
  manualSeed(seed);
  const rnn: nn.RecurrentModule = new nn[kind](WIDTH, WIDTH);
  const model = new PlainModel(corpus.vocabularySize, WIDTH, rnn);
  const { validation } = trainModel(model, corpus, new optim.Adam(model.parameters(), { lr: 3e-3 }), epochs);
  return { parameters: rnn.parameters().reduce((sum, { size }) => sum + size, 0), perplexity: Math.min(...validation) };
}

export function main(): void {
  const corpus = words(10_000, 3000);
  const seeds = [1, 2, 3];
  for (const kind of ["MGU", "GRU", "LSTM"] as const) {
    const runs = seeds.map((seed) => read(kind, corpus, { seed }));
    const perplexities = runs.map(({ perplexity }) => perplexity.toFixed(1)).join(", ");
    const solved = seeds.map((seed) => 100 * add(kind, { seqLen: 50, lr: 5e-3, steps: 2500, seed }).length).join(", ");
    console.log(
      `${kind.padEnd(4)} ${runs[0]!.parameters} parameters: perplexity ${perplexities}; adding solved after ${solved} steps`,
    );
  }
}
