import { Generator } from "../../src/base/random.js";

/** A table of made-up first names: those of one class end in a vowel mostly, those of the other in a consonant. */
export function nameTable(rows: number, seed = 1): string {
  const generator = new Generator(seed);
  const pick = (from: string) => from[Math.floor(generator.uniform() * from.length)]!;
  const lines = Array.from({ length: rows }, () => {
    const isFirst = generator.uniform() < 0.5;
    const middle = Array.from(
      { length: 1 + Math.floor(generator.uniform() * 3) },
      () => pick("bdlmnrst") + pick("aeiou"),
    );
    return `${pick("ABCDEKLMRST")}${middle.join("")}${isFirst ? pick("ai") : pick("nrkdo")},${isFirst ? "flower" : "stone"}`;
  });
  return `name,kind\n${lines.join("\n")}\n`;
}

/** Series of five numbers that rise or fall, with noise. */
export function seriesTable(rows: number, seed = 1): string {
  const generator = new Generator(seed);
  const lines = Array.from({ length: rows }, () => {
    const slope = generator.uniform() < 0.5 ? 1 : -1;
    const from = 20 * generator.uniform();
    const series = Array.from({ length: 5 }, (_, t) => (from + slope * t + 0.3 * generator.normal()).toFixed(3));
    return `${series.join(",")},${slope > 0 ? "up" : "down"}`;
  });
  return `a,b,c,d,e,label\n${lines.join("\n")}\n`;
}
