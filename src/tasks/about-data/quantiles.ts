import { type LeftOut, leftOut, type QuantileDetail } from "./details.js";

/** How numbers are spread: none for no numbers. */
export function quantiles(of: string, unit: string, numbers: ArrayLike<number>): QuantileDetail[] {
  if (numbers.length === 0) return [];
  const sorted = Float64Array.from(numbers).sort();
  const at = (q: number) => quantileOf(sorted, q);
  const [least, most] = [sorted[0], sorted[sorted.length - 1]];
  const inner = { lower: at(0.25), median: at(0.5), upper: at(0.75), p95: at(0.95) };
  return [{ of, unit, count: sorted.length, least, ...inner, most }];
}

/** The smallest number that the share q of them does not exceed. @param sorted  from the smallest to the largest */
export function quantileOf(sorted: Float64Array, q: number): number {
  return sorted[Math.max(0, Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1))];
}

/** Those that are longer than what is read of each. */
export function cutOff(
  lengths: ArrayLike<number>,
  most: number,
  { rows, unit }: { rows: string; unit: string },
): LeftOut[] {
  let count = 0;
  for (let i = 0; i < lengths.length; i++) if (lengths[i] > most) count++;
  const what = `${rows} are longer than ${most.toLocaleString("en")} ${unit}: their ends are not read`;
  return leftOut(count, what, "maxLength");
}
