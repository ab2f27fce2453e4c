/** What a unit follows most, where it follows something clearly. */
export interface Following {
  feature: string;
  correlation: number;
}

/** From here on a correlation is worth a word. */
const CLEARLY = 0.5;

/** Something of the steps that a unit may follow. */
export interface NamedSeries {
  name: string;
  values: ArrayLike<number>;
}

/** Of one unit how much it varies, and what it follows. */
export interface UnitAbout {
  deviation: number;
  follows: Following | null;
}

/** Steps in which a state may still be on its way from zero: they say more of the start than of the text. */
const settling = (length: number): number => Math.min(20, Math.floor(length / 4));

/** @param values  [L, H] in a row */
export function unitsAbout(values: ArrayLike<number>, steps: number, series: readonly NamedSeries[]): UnitAbout[] {
  const from = settling(steps);
  const units = values.length / steps;
  const features = series.map(({ name, values: own }) => ({ name, ...normed(own, from, steps, 1, 0) }));
  return Array.from({ length: units }, (_, unit) => {
    const own = normed(values, from, steps, units, unit);
    let best: Following = { feature: "", correlation: 0 };
    for (const feature of features) {
      const correlation = dot(own.values, feature.values);
      if (Math.abs(correlation) > Math.abs(best.correlation)) best = { feature: feature.name, correlation };
    }
    return { deviation: own.deviation, follows: Math.abs(best.correlation) >= CLEARLY ? best : null };
  });
}

/**
 * Those that follow one thing stand together, in the order of the features, from who goes with it to who goes against it; then the
 * others, liveliest first.
 */
export function byFollowing(units: readonly UnitAbout[], series: readonly NamedSeries[]): number[] {
  const place = new Map(series.map(({ name }, i) => [name, i]));
  const rank = ({ follows }: UnitAbout): number => (follows === null ? series.length : place.get(follows.feature)!);
  const size = ({ follows, deviation }: UnitAbout): number => follows?.correlation ?? deviation;
  return [...units.keys()].sort((a, b) => rank(units[a]) - rank(units[b]) || size(units[b]) - size(units[a]) || a - b);
}

/** Pearson's correlation of one row of [R, L] with each of the rows. */
export function correlations(values: ArrayLike<number>, steps: number, row: number): Float32Array {
  const rows = values.length / steps;
  const all = Array.from({ length: rows }, (_, r) => normed(values, 0, steps, 1, 0, r * steps).values);
  return Float32Array.from(all, (other) => dot(all[row], other));
}

/** Less their mean, and of length 1: the product of two is their correlation. One that does not vary is 0. */
function normed(values: ArrayLike<number>, from: number, to: number, stride: number, at: number, offset = 0) {
  const count = to - from;
  const own = new Float64Array(count);
  let sum = 0;
  for (let t = 0; t < count; t++) {
    own[t] = values[offset + (from + t) * stride + at];
    sum += own[t];
  }
  const mean = sum / count;
  let squares = 0;
  for (let t = 0; t < count; t++) {
    own[t] -= mean;
    squares += own[t] ** 2;
  }
  const size = Math.sqrt(squares);
  const deviation = size / Math.sqrt(count);
  const varies = deviation > 1e-6;
  for (let t = 0; t < count; t++) own[t] = varies ? own[t] / size : 0;
  return { values: own, deviation: Number.isFinite(deviation) ? deviation : 0 };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
