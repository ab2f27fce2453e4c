import { expect, test } from "vitest";
import { power } from "../../src/base/power.js";

/** The double nearest to x^n, of whole numbers alone: x is m·2^-k. */
function nearest(x: number, n: number): number {
  let [m, k] = [x, 0];
  while (!Number.isInteger(m)) [m, k] = [m * 2, k + 1];
  const exact = BigInt(m) ** BigInt(n);
  const drop = BigInt(Math.max(0, exact.toString(2).length - 53));
  const [kept, rest] = [exact >> drop, exact & ((1n << drop) - 1n)];
  const half = drop === 0n ? 1n : 1n << (drop - 1n);
  const isUp = drop > 0n && (rest > half || (rest === half && kept % 2n === 1n));
  return Number(kept + (isUp ? 1n : 0n)) * 2 ** (Number(drop) - k * n);
}

test.each([0.9, 0.95, 0.999, 0.1, 0.5, 1.01])(
  "whole powers of %d are within one unit, and nearly all the nearest",
  (x) => {
    let others = 0;
    const most = x === 0.1 ? 15 : 18;
    for (let n = 0; n <= most; n++) {
      const exact = nearest(x, n);
      expect(Math.abs(power(x, n) - exact)).toBeLessThanOrEqual(2 ** -52 * exact);
      if (power(x, n) !== exact) others++;
    }
    expect(others).toBeLessThanOrEqual(1);
  },
);

test("what is no whole power, or leaves the doubles, is as JavaScript has it", () => {
  for (const [x, n] of [
    [0.9, 2.5],
    [2, -3],
    [1e300, 2],
    [-1e300, 3],
    [0, 0],
    [0, 4],
    [-0.5, 3],
    [Number.NaN, 2],
  ] as const) {
    expect(power(x, n)).toBe(x ** n);
  }
  expect(power(0.5, 2000)).toBe(0);
});
