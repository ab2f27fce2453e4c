import type { HeatTrack } from "./score-data.js";

/** A unit that is high, or low, throughout a range. */
export interface HighUnit {
  /** Of the track's rows. */
  row: number;
  sign: 1 | -1;
  /** Its least size in the range, in the track's own units. */
  size: number;
}

/** A range of steps in which the same units are high. */
export interface Place {
  from: number;
  to: number;
  /** The mean share, over its steps, of the units that are high there. */
  share: number;
}

/**
 * The units that stay beyond ±threshold from step `from` up to but without `to`, the strongest first.
 * Source: Strobelt et al. 2018, "LSTMVis", whose search begins so.
 */
export function highUnits(
  { values, rows, scale }: HeatTrack,
  { from, to, threshold = 0.3 }: { from: number; to: number; threshold?: number },
): HighUnit[] {
  const steps = values.length / rows.length;
  const found: HighUnit[] = [];
  for (let row = 0; row < rows.length; row++) {
    const own = values.subarray(row * steps + from, row * steps + to);
    const [low, high] = [Math.min(...own) * (scale / 127), Math.max(...own) * (scale / 127)];
    if (low >= threshold) found.push({ row, sign: 1, size: low });
    else if (high <= -threshold) found.push({ row, sign: -1, size: -high });
  }
  return found.sort((a, b) => b.size - a.size || a.row - b.row);
}

/**
 * Where else these units are high together, best first, none over another.
 * @param length  of a place, in steps
 * @param except  steps that are not looked for: the selection itself
 */
export function placesWhere(
  { values, rows, scale }: HeatTrack,
  units: readonly HighUnit[],
  {
    length,
    threshold = 0.3,
    most = 12,
    except,
  }: { length: number; threshold?: number; most?: number; except?: { from: number; to: number } | undefined },
): Place[] {
  const steps = values.length / rows.length;
  if (units.length === 0 || steps < length) return [];
  const counts = new Float64Array(steps + 1);
  const limit = (threshold * 127) / scale;
  for (const { row, sign } of units) {
    for (let t = 0; t < steps; t++) if (sign * values[row * steps + t] >= limit) counts[t + 1]++;
  }
  for (let t = 0; t < steps; t++) counts[t + 1] += counts[t];
  const share = (t: number): number => (counts[t + length] - counts[t]) / (length * units.length);
  const starts = Array.from({ length: steps - length + 1 }, (_, t) => t).filter((t) => share(t) > 0);
  starts.sort((a, b) => share(b) - share(a) || a - b);
  const found: Place[] = [];
  for (const from of starts) {
    const to = from + length;
    const taken = except === undefined ? found : [...found, except];
    if (taken.some((other) => from < other.to && other.from < to)) continue;
    found.push({ from, to, share: share(from) });
    if (found.length === most) break;
  }
  return found;
}
