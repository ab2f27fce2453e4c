import type { QuantileDetail } from "./details.js";
import { placesOf } from "./quantiles.js";

/** How often each length occurs: of a file of b bytes there are fewer than √(2b) different ones, so that all of them are counted. */
export class LengthCounts {
  readonly #counts = new Map<number, number>();
  count = 0;

  add(length: number): void {
    this.#counts.set(length, (this.#counts.get(length) ?? 0) + 1);
    this.count++;
  }

  /** How many are longer. */
  above(most: number): number {
    let count = 0;
    for (const [length, times] of this.#counts) if (length > most) count += times;
    return count;
  }

  /** As `quantiles` of all of them. */
  quantiles(of: string, unit: string): QuantileDetail[] {
    if (this.count === 0) return [];
    const sorted = [...this.#counts].sort(([a], [b]) => a - b);
    const at = (place: number): number => {
      let i = 0;
      for (let left = place; left >= sorted[i][1]; i++) left -= sorted[i][1];
      return sorted[i][0];
    };
    const [least, lower, median, upper, p95, most] = placesOf(this.count).map(at);
    return [{ of, unit, count: this.count, least, lower, median, upper, p95, most }];
  }
}
