/**
 * Sums of numbers of up to three digits, read and written character by character: the study book's lines `16+75  _91  `, and what
 * each of its two remedies does for the same network, beside attention. `npm run example addition`; one alone: `... addition reversed`
 *
 * Data: made here, 50,000 different lines, of which 5,000 are never trained on.
 */
import { Generator } from "unrolled";
import * as tasks from "unrolled/tasks";

const COMMON = { separator: "_", hidden: 128, embed: 32, batch: 128, valid: 0.02, validateEvery: 0, lr: 0.003 };
const FALLING = { schedule: "cosine", clip: 1 };

/** What is compared. The book's are without attention. */
export const VARIANTS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  plain: { attention: "none" },
  reversed: { attention: "none", reverse: true },
  "reversed and peeky": { attention: "none", reverse: true, peeky: true },
  attention: { attention: "general" },
  "attention, both directions": { attention: "general", bidirectional: true, batch: 64, lr: 0.004, epochs: 10 },
};

/** Different lines of the book's form, to learn from and held out. */
export function lines(count: number, held: number, seed = 1): { train: string[]; test: string[] } {
  const generator = new Generator(seed);
  const number = () => generator.integer(10 ** (1 + generator.integer(3)));
  const all = new Set<string>();
  while (all.size < count) {
    const [a, b] = [number(), number()];
    all.add(`${`${a}+${b}`.padEnd(7)}_${String(a + b).padEnd(4)}`);
  }
  // There are few sums of small numbers, and they are drawn first: in any part, without an order of their own.
  const rows = [...all];
  const mixed = Array.from(generator.permutation(count), (at) => rows[at]!);
  return { train: mixed.slice(held), test: mixed.slice(0, held) };
}

const file = (rows: readonly string[]) => ({ name: "addition.txt", bytes: new TextEncoder().encode(rows.join("\n")) });

/** Trains one variant, and tells how many of the lines that were held out it gets right. */
export async function add(name: string, { count = 50_000, held = 5_000, epochs = 25, progress = false } = {}) {
  const { train, test } = lines(count, held);
  const settings = { task: "seq2seq", ...COMMON, ...FALLING, epochs, ...VARIANTS[name] };
  const onEvent = (event: { type: string; metrics?: Record<string, number>; epoch?: number }) => {
    if (progress && event.type === "validation") console.log(name, event.metrics!["exact match"]);
  };
  const { model } = await tasks.train(file(train), { ...settings, onEvent });
  const { figures } = await model.evaluate(file(test));
  return { model, right: figures.find((figure) => figure.name === "exact match")!.value };
}

/** The one answer that is right most often, whatever is asked. */
export function naive(test: readonly string[]): number {
  const counts = new Map<string, number>();
  for (const line of test) counts.set(line.slice(8), (counts.get(line.slice(8)) ?? 0) + 1);
  return Math.max(...counts.values()) / test.length;
}

export async function main([, chosen]: readonly string[] = []) {
  console.log(`always the same answer: ${(100 * naive(lines(50_000, 5_000).test)).toFixed(2)} %`);
  for (const name of chosen === undefined ? Object.keys(VARIANTS) : [chosen]) {
    const start = performance.now();
    const { right } = await add(name, { progress: true });
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    console.log(`${name}: ${(100 * right).toFixed(2)} % of the sums that were held out, after ${seconds} s`);
  }
}
