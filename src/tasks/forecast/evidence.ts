import type { Evidence, Interval, Judged } from "../health/measured.js";
import { knownLag, viewOf } from "./batch.js";
import type { ForecastConfig } from "./config.js";
import { type ForecastMeta, firstOrigin, type Window } from "./data.js";
import { forecasts } from "./decode.js";
import type { Forecaster } from "./model.js";
import { LEVELS } from "./quantile-of.js";

/** Series that are forecast to see how good forecasts are. */
const MOST_JUDGED = 32;
const MIDDLE = LEVELS.indexOf(0.5);

/** What forecasts of the last known values say of a model, beside what came. @param ahead  a window at the end of each series */
export function forecastEvidence(
  model: Forecaster,
  ahead: readonly Window[],
  config: ForecastConfig,
  meta: ForecastMeta,
): Evidence {
  const { horizon } = config;
  const some = ahead.slice(0, MOST_JUDGED);
  const known = some.flatMap(({ series }): Window[] => {
    const origin = series.values.length - horizon;
    return origin < firstOrigin(config) ? [] : [{ series, origin }];
  });
  const windows = known.length > 0 ? known : some;
  if (windows.length === 0) return {};
  const found = forecasts(model, windows, config, meta);
  const intervals: Interval[] = [];
  let [error, naive] = [0, 0];
  for (const [n, { series, origin }] of windows.entries()) {
    for (let h = 0; h < horizon; h++) {
      const [low, middle, high] = [0, MIDDLE, LEVELS.length - 1].map((k) => found[n][h * LEVELS.length + k]);
      const came = series.values[origin + h] ?? Number.NaN;
      intervals.push({ low, high, came, scale: series.scale.scale });
      // Large series are not to speak for small ones.
      error += Math.abs(middle - came) / series.scale.scale;
      const before = series.values[origin + h - knownLag(meta.season, h + 1)];
      naive += Math.abs(before - came) / series.scale.scale;
    }
  }
  const judged: Judged | undefined =
    known.length > 0 && naive > 0
      ? { count: intervals.length, unit: "values", ratio: error / naive, guess: "saying what was a season before" }
      : undefined;
  return {
    judged,
    // One number a step claims no width.
    ...(config.output !== "point" && { intervals }),
    scaled: [{ name: config.target, values: readValues(some, config) }],
  };
}

/** The values that windows read, scaled as the network reads them. */
export function readValues(windows: readonly Window[], config: ForecastConfig): number[] {
  return windows.flatMap((window) => {
    const { scaled, origin } = viewOf(window, config);
    return [...scaled.subarray(0, origin)];
  });
}
