import { Generator } from "../../src/base/random.js";

/** Pairs of letters and the same backwards, of many lengths: a header, then a line a pair. */
export function reversedPairs(
  rows: number,
  { seed = 1, letters = "abcde", longest = 4, delimiter = "\t" } = {},
): string {
  const generator = new Generator(seed);
  const lines = Array.from({ length: rows }, () => {
    const word = Array.from(
      { length: 1 + generator.integer(longest) },
      () => letters[generator.integer(letters.length)]!,
    );
    return `${word.join("")}${delimiter}${word.reverse().join("")}`;
  });
  return `source${delimiter}target\n${lines.join("\n")}\n`;
}
