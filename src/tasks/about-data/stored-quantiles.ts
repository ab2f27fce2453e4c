import type { QuantileDetail } from "./details.js";
import { placesOf } from "./quantiles.js";

/** Tells numbers that need not lie in memory, in blocks; it is asked `QUANTILE_PASSES` times. */
export type EachBlock = (told: (block: Float64Array) => void) => void;

/** Numbers are told apart by 16 of their 64 bits a pass. */
export const QUANTILE_PASSES = 4;
const CHOICES = 2 ** 16;

/** As `quantiles`, and exactly these: in as little memory, however many numbers there are. None of them may be NaN. */
export function storedQuantiles(of: string, unit: string, count: number, each: EachBlock): QuantileDetail[] {
  if (count === 0) return [];
  const [least, lower, median, upper, p95, most] = numbersAt(each, placesOf(count));
  return [{ of, unit, count, least, lower, median, upper, p95, most }];
}

/** The numbers at some places once all are put in order. */
function numbersAt(each: EachBlock, places: readonly number[]): number[] {
  const number = new Float64Array(1);
  const halves = new Uint16Array(number.buffer);
  // Of each place the bits that are known, and where it is among the numbers that begin with them.
  let found = places.map((place) => ({ bits: [] as number[], place }));
  for (let half = QUANTILE_PASSES - 1; half >= 0; half--) {
    const counts = new Map(found.map(({ bits }) => [joined(bits), new Float64Array(CHOICES)]));
    each((block) => {
      for (const value of block) {
        number[0] = value;
        swapOrder(halves);
        let prefix = 0;
        for (let above = QUANTILE_PASSES - 1; above > half; above--) prefix = prefix * CHOICES + halves[above];
        const own = counts.get(prefix);
        if (own !== undefined) own[halves[half]]++;
      }
    });
    found = found.map(({ bits, place }) => {
      const own = counts.get(joined(bits))!;
      let [next, before] = [0, 0];
      while (before + own[next] <= place) before += own[next++];
      return { bits: [...bits, next], place: place - before };
    });
  }
  return found.map(({ bits }) => {
    halves.set(bits.toReversed());
    swapBack(halves);
    return number[0];
  });
}

/** At most 48 bits. */
function joined(bits: readonly number[]): number {
  return bits.reduce((sum, own) => sum * CHOICES + own, 0);
}

/** From the bits of a number to such as are in the order of numbers: all of a negative one are turned, of others the sign. */
function swapOrder(halves: Uint16Array): void {
  if (halves[3] >= 0x8000) for (let i = 0; i < halves.length; i++) halves[i] ^= 0xffff;
  else halves[3] ^= 0x8000;
}

function swapBack(halves: Uint16Array): void {
  if (halves[3] < 0x8000) for (let i = 0; i < halves.length; i++) halves[i] ^= 0xffff;
  else halves[3] ^= 0x8000;
}
