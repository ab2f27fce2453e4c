import { describe, expect, test } from "vitest";
import { interpolateLog, largestRelativeError, median, pairedRatios, summary } from "../../bench/statistics.mjs";

describe("statistics of the benchmark", () => {
  test("takes the middle value, or the mean of the two middle ones, and leaves its argument in order", () => {
    const values = [9, 1, 5];
    expect(median(values)).toBe(5);
    expect(values).toEqual([9, 1, 5]);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
    expect(summary([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
    expect(summary([])).toBeNull();
  });

  test("divides only rounds that both took part in", () => {
    expect(pairedRatios([2, null, 9, 8], [1, 4, 3])).toEqual([2, 3]);
  });

  test("compares losses by their largest relative difference, NaN being infinite", () => {
    expect(largestRelativeError([1.1, 2], [1, 2, 3])).toBeCloseTo(0.1, 12);
    expect(largestRelativeError([Number.NaN, 2], [1, 2])).toBe(Number.POSITIVE_INFINITY);
  });

  test("interpolates power laws exactly", () => {
    expect(interpolateLog(3, [2, 8], [5, 125])).toBeCloseTo(27, 10);
  });
});
