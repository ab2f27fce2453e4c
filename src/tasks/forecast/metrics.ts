import {
  coverage,
  type Intervals,
  type LossOutput,
  type Metric,
  mae,
  meanLoss,
  rmse,
  Sums,
  smape,
  type Values,
} from "../../metrics/index.js";

import { outputNamed } from "./outputs.js";
import { LEVELS, type OutputName } from "./quantile-of.js";

/** Forecasts of one piece: the medians, the interval of 80 %, all quantiles, and what plain forecasts would have said. */
export interface ForecastOutput extends Values, Intervals, LossOutput {
  predicted: Float64Array;
  targets: Float64Array;
  low: Float64Array;
  high: Float64Array;
  /** [values, LEVELS]. */
  quantiles: Float64Array;
  /** Of each value: what MASE divides by, the last known value, and that of the season before. */
  scales: Float64Array;
  naive: Float64Array;
  seasonal: Float64Array;
}

/** MASE of one of the forecasts. Source: Hyndman & Koehler 2006, each series by its own scale. */
function scaledError(name: string, of: (output: ForecastOutput) => Float64Array): Sums<ForecastOutput> {
  return new Sums<ForecastOutput>({
    name,
    better: "lower",
    size: 2,
    add(sums, output) {
      const predicted = of(output);
      for (const [i, target] of output.targets.entries()) sums[0] += Math.abs(predicted[i] - target) / output.scales[i];
      sums[1] += output.targets.length;
    },
    value: ([sum, count]) => sum / count,
  });
}

/** The mean over levels of 2 Σ pinball / Σ |t|. Source: Salinas et al. 2020. */
function weightedQuantileLoss(): Sums<ForecastOutput> {
  return new Sums<ForecastOutput>({
    name: "wQL",
    better: "lower",
    size: 2,
    add(sums, { targets, quantiles }) {
      for (const [i, target] of targets.entries()) {
        for (const [k, q] of LEVELS.entries()) {
          const error = target - quantiles[i * LEVELS.length + k];
          sums[0] += (2 * Math.max(q * error, (q - 1) * error)) / LEVELS.length;
        }
        sums[1] += Math.abs(target);
      }
    },
    value: ([sum, all]) => sum / all,
  });
}

/** MASE chooses the best; the plain forecasts stand beside it. */
export function forecastMetrics(output: OutputName): Metric<ForecastOutput>[] {
  const errors = [
    scaledError("MASE", ({ predicted }) => predicted),
    scaledError("naive MASE", ({ naive }) => naive),
    scaledError("seasonal naive MASE", ({ seasonal }) => seasonal),
    mae(),
    rmse(),
    smape(),
  ] as Metric<ForecastOutput>[];

  const intervals = [weightedQuantileLoss(), coverage()] as Metric<ForecastOutput>[];
  return [
    ...errors,
    ...(output === "point" ? [] : intervals),
    meanLoss(outputNamed(output).unit) as Metric<ForecastOutput>,
  ];
}
