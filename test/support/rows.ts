import { Generator } from "../../src/base/random.js";
import type { RowStream } from "../../src/tasks/task.js";

/** A text in pieces of a size that cuts rows and characters anywhere. */
export const streamed = (text: string | Uint8Array, size = 97, name = "rows.csv"): RowStream => ({
  name,
  async *pieces() {
    const bytes = typeof text === "string" ? new TextEncoder().encode(text) : text;
    for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
  },
});

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

/**
 * Days of two sites of other sizes, with a week, a slow rise and noise; on a holiday, which comes at no fixed day, there is little.
 * @param future  days after them, of which only the holidays are known
 */
export function dailyTable(days: number, { future = 0, seed = 1 } = {}): string {
  const generator = new Generator(seed);
  const lines: string[] = [];
  for (let t = 0; t < days + future; t++) {
    const day = new Date(Date.UTC(2023, 0, 1 + t)).toISOString().slice(0, 10);
    const isHoliday = generator.uniform() < 0.1;
    for (const [site, size] of [
      ["north", 10],
      ["south", 400],
    ] as const) {
      const usual = 5 + [0, 2, 3, 3, 2.5, 1, -2][t % 7]! + 0.01 * t + 0.2 * generator.normal();
      const load = t < days ? (size * (isHoliday ? 1 : usual)).toFixed(3) : "";
      lines.push(`${day},${site},${isHoliday ? "yes" : ""},${load}`);
    }
  }
  return `day,site,holiday,load\n${lines.join("\n")}\n`;
}

/** Words from which a number follows: each has its own part, and long rows add a little; with noise. */
export function priceTable(rows: number, seed = 1): string {
  const generator = new Generator(seed);
  const parts = { oak: 120, pine: 40, steel: 75, small: -30, large: 35, old: -12 };
  const words = Object.keys(parts) as (keyof typeof parts)[];
  const lines = Array.from({ length: rows }, () => {
    const chosen = Array.from(
      { length: 2 + Math.floor(3 * generator.uniform()) },
      () => words[Math.floor(words.length * generator.uniform())]!,
    );
    const price = 200 + chosen.reduce((sum, word) => sum + parts[word], 0) + 3 * generator.normal();
    return `${chosen.join(" ")},${price.toFixed(2)}`;
  });
  return `what,price\n${lines.join("\n")}\n`;
}

/**
 * Sequences of rows of two numbers under an id, 4 to 9 rows each: in `up` the first grows, in `down` it falls; the second, which is a
 * thousand times as large, tells nothing.
 */
export function groupTable(groups: number, seed = 1): string {
  const generator = new Generator(seed);
  const lines = Array.from({ length: groups }, (_, id) => {
    const slope = generator.uniform() < 0.5 ? 1 : -1;
    const from = 5 * generator.uniform();
    return Array.from({ length: 4 + Math.floor(6 * generator.uniform()) }, (_, t) => {
      const small = from + slope * t + 0.2 * generator.normal();
      return `g${id},${small.toFixed(3)},${(3000 * generator.normal()).toFixed(1)},${slope > 0 ? "up" : "down"}`;
    }).join("\n");
  });
  return `id,small,large,way\n${lines.join("\n")}\n`;
}
