import { checkNumber, checkPositiveInteger } from "../base/check.js";
import { OptionError, ShapeError } from "../base/errors.js";
import { percent } from "../base/number-text.js";
import { checkList } from "./labels.js";
import { Sums } from "./metric.js";

/** Real values that were predicted, and the true ones, in the same order. */
export interface Values {
  predicted: ArrayLike<number>;
  targets: ArrayLike<number>;
}

/** The mean of a term for each value. */
function meanOver(
  name: string,
  term: (predicted: number, target: number) => number,
  of: (mean: number) => number = (mean) => mean,
): Sums<Values> {
  return new Sums({
    name,
    better: "lower",
    size: 2,
    add(sums, output) {
      checkLengths(name, "predicted", output.predicted, output.targets);
      for (let i = 0; i < output.targets.length; i++) sums[0] += term(output.predicted[i], output.targets[i]);
      sums[1] += output.targets.length;
    },
    value: ([sum, count]) => of(sum / count),
  });
}

function checkLengths(op: string, argument: string, found: ArrayLike<number>, targets: ArrayLike<number>): void {
  checkList(op, "targets", targets);
  checkList(op, argument, found);
  if (found.length === targets.length) return;
  const must = `hold as many values as targets (${targets.length})`;
  throw new ShapeError({ op, argument, must, value: String(found.length) });
}

/** The mean of |p - t|. */
export function mae(): Sums<Values> {
  return meanOver("MAE", (p, t) => Math.abs(p - t));
}

/** The root of the mean of (p - t)². */
export function rmse(): Sums<Values> {
  return meanOver("RMSE", (p, t) => (p - t) ** 2, Math.sqrt);
}

/** The mean of 2 |p - t| / (|p| + |t|), 0 where both are 0: from 0 to 2. Source: Makridakis 1993, the form of the M4 competition. */
export function smape(): Sums<Values> {
  return meanOver("sMAPE", (p, t) => (p === t ? 0 : (2 * Math.abs(p - t)) / (Math.abs(p) + Math.abs(t))));
}

/**
 * The mean of max(q (t - p), (q - 1) (t - p)): what a forecast of the q-quantile is judged by. Source: Koenker & Bassett 1978.
 * @param quantile  q, in (0, 1)
 */
export function pinball(quantile: number): Sums<Values> {
  checkNumber("pinball", "quantile", quantile, { min: 0, max: 1, openMin: true, openMax: true });
  return meanOver(`pinball ${quantile}`, (p, t) => Math.max(quantile * (t - p), (quantile - 1) * (t - p)));
}

/** 1 - Σ(p - t)² / Σ(t - mean t)². NaN when all targets are equal. */
export function r2(): Sums<Values> {
  return new Sums({
    name: "R²",
    better: "higher",
    size: 4,
    add(sums, { predicted, targets }) {
      checkLengths("R²", "predicted", predicted, targets);
      for (let i = 0; i < targets.length; i++) {
        const [p, t] = [predicted[i], targets[i]];
        sums[0] += (p - t) ** 2;
        sums[1] += t;
        sums[2] += t ** 2;
      }
      sums[3] += targets.length;
    },
    value: ([errors, sum, squares, count]) => {
      const spread = squares - sum ** 2 / count;
      return spread > 0 ? 1 - errors / spread : Number.NaN;
    },
  });
}

/** A forecast with its interval. */
export interface Intervals {
  low: ArrayLike<number>;
  high: ArrayLike<number>;
  targets: ArrayLike<number>;
}

/** The share of the true values that lie in their interval, ends included: near its nominal share when intervals are right. */
export function coverage(): Sums<Intervals> {
  return new Sums({
    name: "coverage",
    unit: "%",
    better: "higher",
    format: percent,
    size: 2,
    add(sums, { low, high, targets }) {
      checkLengths("coverage", "low", low, targets);
      checkLengths("coverage", "high", high, targets);
      for (let i = 0; i < targets.length; i++) if (targets[i] >= low[i] && targets[i] <= high[i]) sums[0]++;
      sums[1] += targets.length;
    },
    value: ([inside, all]) => inside / all,
  });
}

/**
 * The mean |p - t| over that of the seasonal naive forecast on the training part: below 1 it is better than repeating the
 * last season. Source: Hyndman & Koehler 2006.
 * @param history  the training part of the series
 * @param season   steps after which it repeats. Default 1
 */
export function mase(history: ArrayLike<number>, season = 1): Sums<Values> {
  const scale = seasonalNaiveError(history, season);
  return meanOver("MASE", (p, t) => Math.abs(p - t) / scale);
}

/**
 * The mean |x_t - x_{t - season}| of a series.
 * @throws OptionError when the series has no two points a season apart, or never changes
 */
export function seasonalNaiveError(history: ArrayLike<number>, season: number): number {
  const op = "mase";
  checkPositiveInteger(op, "season", season);
  checkList(op, "history", history);
  if (history.length <= season) {
    const must = `hold more than one season (${season})`;
    throw new OptionError({ op, argument: "history", must, value: `${history.length} values` });
  }
  let sum = 0;
  for (let t = season; t < history.length; t++) sum += Math.abs(history[t] - history[t - season]);
  if (sum > 0) return sum / (history.length - season);
  const fix = "Use mae(): there is no error of a naive forecast to compare with.";
  throw new OptionError({ op, argument: "history", must: "change from season to season", value: "a constant", fix });
}
