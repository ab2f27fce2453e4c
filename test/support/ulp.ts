import { expect } from "vitest";

/** The distance between neighbouring float32 values at x. */
export function float32Ulp(x: number): number {
  const size = Math.abs(x);
  return size < 2 ** -126 ? 2 ** -149 : 2 ** (Math.floor(Math.log2(size)) - 23);
}

/** Every float32 value within `ulps` units in the last place of the exact one; zeros, infinities and NaN exact. */
export function expectUlps(actual: ArrayLike<number>, exact: ArrayLike<number>, ulps: number, label = "values"): void {
  expect(actual.length, `${label}: number of elements`).toBe(exact.length);
  let worst = -1;
  let most = ulps;
  for (let i = 0; i < exact.length; i++) {
    const a = actual[i]!;
    const e = Math.abs(exact[i]!) >= 2 ** 128 ? Math.fround(exact[i]!) : exact[i]!;
    if (Object.is(a, e) || (a === e && a !== 0)) continue;
    // An exact result below the smallest subnormal may come out as zero of either engine's rounding.
    const found = e === 0 && a === 0 ? (Object.is(a, e) ? 0 : Infinity) : Math.abs(a - e) / float32Ulp(e);
    if (!(found <= most)) {
      worst = i;
      most = Number.isNaN(found) ? Infinity : found;
    }
  }
  if (worst < 0) return;
  expect.fail(`${label}: ${actual[worst]} instead of ${exact[worst]} at ${worst}, ${most} ULP away, allowed ${ulps}`);
}
