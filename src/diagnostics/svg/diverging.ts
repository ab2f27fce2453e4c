import { checkNumber, refusal } from "../../base/check.js";

/**
 * From orange (-1) over white (0) to blue (1), told apart with any kind of colour vision. Source: ColorBrewer's PuOr and RdBu
 * (Harrower & Brewer 2003), one half of each.
 */
export const DIVERGING = [
  "#7f3b08",
  "#b35806",
  "#e08214",
  "#fdb863",
  "#fee0b6",
  "#f7f7f7",
  "#d1e5f0",
  "#92c5de",
  "#4393c3",
  "#2166ac",
  "#053061",
] as const;

const MIDDLE = (DIVERGING.length - 1) / 2;

/** The place in `DIVERGING` of a value in [-1, 1]; beyond, the end. Not a number is the middle. */
export function divergingLevel(value: number): number {
  if (typeof value !== "number") throw refusal("divergingLevel", "value", "be a number", value);
  const level = Math.round(MIDDLE * (1 + Math.min(Math.max(value, -1), 1)));
  return Number.isNaN(level) ? MIDDLE : level;
}

/** Of text on a level, so that it can be read: a contrast of at least 4.5. */
export function textOn(level: number): string {
  checkNumber("textOn", "level", level);
  return Math.abs(level - MIDDLE) >= 4 ? "#ffffff" : "#111111";
}
