/** Numbers in buckets: those up to `limits[i]` and above the limit before are `counts[i]`. */
export interface Histogram {
  min: number;
  max: number;
  count: number;
  sum: number;
  sumOfSquares: number;
  limits: readonly number[];
  counts: readonly number[];
}

const BUCKETS = 30;

/** Buckets of one width from the smallest to the largest number; what is not finite is left out. Null where nothing is left. */
export function histogramOf(values: ArrayLike<number>): Histogram | null {
  let [min, max, sum, sumOfSquares, count] = [Infinity, -Infinity, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (!Number.isFinite(value)) continue;
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
    sumOfSquares += value * value;
    count++;
  }
  if (count === 0) return null;
  const buckets = max > min ? BUCKETS : 1;
  const width = (max - min) / buckets;
  const counts = new Array<number>(buckets).fill(0);
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(values[i]))
      counts[Math.min(buckets - 1, width > 0 ? Math.floor((values[i] - min) / width) : 0)]++;
  }
  const limits = counts.map((_, i) => (i === buckets - 1 ? max : min + (i + 1) * width));
  return { min, max, count, sum, sumOfSquares, limits, counts };
}
