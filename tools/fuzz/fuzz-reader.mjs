import { Broken } from "./file-readers.mjs";
import { chooser } from "./random.mjs";

/**
 * Gives `cases` damaged files to one reader.
 * @returns {{ taken: number, refused: Map<string, number>, wrong: { number: number, error: Error }[] }} how many it took, how
 *   many it refused by the operation that did, and the cases that came out wrong
 */
export function fuzzReader({ seeds, mutate, read, refusals }, { cases, seed, from = 0, onCase = () => {} }) {
  /** @type {ReturnType<typeof fuzzReader>} */
  const outcome = { taken: 0, refused: new Map(), wrong: [] };
  for (let number = from; number < from + cases; number++) {
    onCase(number);
    const random = chooser(seed, number);
    const given = mutate(random.pick(seeds), random, seeds);
    try {
      read(given);
      outcome.taken++;
    } catch (error) {
      const ours = refusals.some((known) => error instanceof known) && typeof error.message === "string";
      if (ours) outcome.refused.set(error.op, (outcome.refused.get(error.op) ?? 0) + 1);
      else outcome.wrong.push({ number, error: error instanceof Error ? error : new Broken(String(error)) });
    }
    if (outcome.wrong.length === 20) break;
  }
  return outcome;
}
