/** Middle of the sorted values; the mean of the two middle ones when their number is even. */
export function median(values) {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** `{ median, min, max }`, or null when there is nothing to summarise. */
export function summary(values) {
  if (values.length === 0) return null;
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** Ratios round by round, of the rounds that both took part in. */
export function pairedRatios(ours, theirs) {
  const ratios = [];
  for (let round = 0; round < Math.min(ours.length, theirs.length); round++) {
    if (ours[round] != null && theirs[round] != null) ratios.push(ours[round] / theirs[round]);
  }
  return ratios;
}

/** The largest |a - b| / |b| of two series, over as many as the shorter has; NaN counts as infinite. */
export function largestRelativeError(found, expected) {
  let largest = 0;
  for (let i = 0; i < Math.min(found.length, expected.length); i++) {
    const error = Math.abs(found[i] - expected[i]) / Math.abs(expected[i]);
    largest = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(largest, error);
  }
  return largest;
}

/**
 * What a smooth curve through the neighbours predicts at x: linear between (x0, y0) and (x1, y1), both axes logarithmic.
 */
export function interpolateLog(x, [x0, y0], [x1, y1]) {
  const t = Math.log(x / x0) / Math.log(x1 / x0);
  return Math.exp(Math.log(y0) + t * Math.log(y1 / y0));
}
