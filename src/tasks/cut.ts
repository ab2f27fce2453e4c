import type { Figure } from "./commands.js";

/** What is said of sequences with more steps than a model reads. @param unit  what they are called: `rows` */
export function cutText(unit: string, { maxLength }: { maxLength: number }): string {
  return `${unit} have more than ${maxLength.toLocaleString("en")} steps (maxLength): what stands behind them is not read`;
}

/** How many they are, where there are some. */
export function cutFigures(count: number, unit: string, settings: { maxLength: number }): Figure[] {
  return count === 0 ? [] : [{ name: "cut", value: count, unit: cutText(unit, settings) }];
}
