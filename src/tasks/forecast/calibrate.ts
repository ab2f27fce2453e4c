import { noGrad } from "../../autograd/index.js";
import { piecesOf as listPieces } from "../../base/report.js";
import { tensor } from "../../tensor/index.js";
import { type Share, WHOLE } from "../../train/collective/share.js";
import type { ForecastConfig } from "./config.js";
import type { ForecastMeta, Window, WindowList } from "./data.js";
import { forecasts, type Quantiles } from "./decode.js";
import type { Forecaster } from "./model.js";
import { piecesOf } from "./outputs-of.js";
import { LEVELS } from "./quantile-of.js";

/** The share that lies between the first and the last of the levels. */
const NOMINAL = LEVELS[LEVELS.length - 1] - LEVELS[0];
const MIDDLE = LEVELS.indexOf(0.5);

/**
 * How much wider than forecast an interval about the median must be for the nominal share of what came to lie in it.
 * Source: Romano, Patterson & Candès 2019, with errors counted in widths of the interval.
 */
function wideningOf(errors: number[]): number {
  if (errors.length === 0) return 1;
  errors.sort((a, b) => a - b);
  return errors[Math.min(errors.length, Math.ceil(NOMINAL * (errors.length + 1))) - 1] || 1;
}

/** How far what came lies from the median, in widths of the interval. */
function addErrors(errors: number[], windows: readonly Window[], found: readonly Quantiles[], horizon: number): void {
  for (const [n, { series, origin }] of windows.entries()) {
    for (let h = 0; h < horizon; h++) {
      const [low, middle, high] = [0, MIDDLE, LEVELS.length - 1].map((k) => found[n][h * LEVELS.length + k]);
      const error = series.values[origin + h] - middle;
      const width = error < 0 ? middle - low : high - middle;
      // Counts may have intervals without width.
      if (width > 0) errors.push(Math.abs(error) / width);
    }
  }
}

/** Windows on the disk that are forecast together; those in memory are all. */
const TOGETHER = 4096;

/** Learns from what came how wide the model's intervals must be; one process that is alone, of all windows at once. */
export function calibrate(
  model: Forecaster,
  windows: WindowList,
  { config, meta, share = WHOLE }: { config: ForecastConfig; meta: ForecastMeta; share?: Share | undefined },
): void {
  const set = (value: number) => model.registerBuffer("widening", tensor([value]));
  set(1);
  const errors: number[] = [];
  const size = Array.isArray(windows) ? Number.POSITIVE_INFINITY : TOGETHER;
  const pieces = share.lanes === 1 ? listPieces(windows, size) : piecesOf(windows, config, undefined, share);
  for (const piece of pieces) {
    const found = noGrad(() => forecasts(model, piece, config, meta));
    addErrors(errors, piece, found, config.horizon);
  }
  set(wideningOf(share.gather(Float64Array.from(errors)).flatMap((own) => [...own])));
}
