import { type LeftOut, leftOut, type QuantileDetail } from "./details.js";

/** How numbers are spread: none for no numbers. */
export function quantiles(of: string, unit: string, numbers: ArrayLike<number>): QuantileDetail[] {
  if (numbers.length === 0) return [];
  const sorted = Float64Array.from(numbers).sort();
  const [least, lower, median, upper, p95, most] = placesOf(sorted.length).map((place) => sorted[place]);
  return [{ of, unit, count: sorted.length, least, lower, median, upper, p95, most }];
}

/** The smallest number that the share q of them does not exceed. @param sorted  from the smallest to the largest */
export function quantileOf(sorted: Float64Array, q: number): number {
  return sorted[placeOf(sorted.length, q)];
}

function placeOf(count: number, q: number): number {
  return Math.max(0, Math.min(count - 1, Math.ceil(q * count) - 1));
}

/** Where what is told of so many numbers stands once they are put in order. */
export function placesOf(count: number): number[] {
  return [0, ...[0.25, 0.5, 0.75, 0.95].map((q) => placeOf(count, q)), count - 1];
}

/** Those that are longer than what is read of each. */
export function cutOff(
  lengths: ArrayLike<number>,
  most: number,
  { rows, unit }: { rows: string; unit: string },
): LeftOut[] {
  let count = 0;
  for (let i = 0; i < lengths.length; i++) if (lengths[i] > most) count++;
  return endsCut(count, most, { rows, unit });
}

/** So many of them. */
export function endsCut(count: number, most: number, { rows, unit }: { rows: string; unit: string }): LeftOut[] {
  const what = `${rows} are longer than ${most.toLocaleString("en")} ${unit}: their ends are not read`;
  return leftOut(count, what, "maxLength");
}
