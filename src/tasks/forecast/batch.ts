import { type Tensor, tensor } from "../../tensor/index.js";
import { type ForecastConfig, lagsOf } from "./config.js";
import { type ForecastMeta, featureWidth, type Window } from "./data.js";

/** Windows side by side: context steps, and those to forecast. */
export interface ForecastBatch {
  /** [context + horizon, N, I]: earlier values, features and, for direct decoding, how far ahead. */
  x: Tensor;
  /** [context + horizon, N], scaled; 0 where a value is not known. */
  values: Tensor;
  /** [1, N]: what values were divided by. */
  scale: Tensor;
}

/** How far ahead a step is, for direct decoding: two numbers. */
const AHEAD = 2;

/** How many numbers a step reads, I. */
export function inputWidth(
  { lags, decoding }: ForecastConfig,
  meta: Pick<ForecastMeta, "calendar" | "covariates">,
): number {
  return lagsOf("forecast", "lags", lags).length + featureWidth(meta) + (decoding === "direct" ? AHEAD : 0);
}

/**
 * Of a step that is `ahead` steps after the last known value, how far back the value is that stands for a lag: the lag itself where
 * that value is known, else the least multiple of it. So a season before stays a season before.
 */
export function knownLag(lag: number, ahead: number): number {
  return lag * Math.max(1, Math.ceil(ahead / lag));
}

/** What one step of a window reads. @param ahead  steps after the last known value: 1 for the next one, and for all that are known */
export function writeStep(
  out: Float32Array,
  at: number,
  { series: { scaled, features, rows }, origin }: Window,
  {
    step,
    ahead,
    lags,
    decoding,
    horizon,
  }: { step: number; ahead: number; lags: readonly number[]; decoding: string; horizon: number },
): void {
  const width = features.length / rows.length;
  for (const [i, lag] of lags.entries()) out[at + i] = scaled[step - knownLag(lag, ahead)];
  out.set(features.subarray(step * width, (step + 1) * width), at + lags.length);
  if (decoding === "recursive") return;
  const isAhead = step >= origin;
  out[at + lags.length + width] = isAhead ? 1 : 0;
  out[at + lags.length + width + 1] = isAhead ? (step - origin + 1) / horizon : 0;
}

/** @param steps  of each window; default: context and horizon */
export function batchOf(
  windows: readonly Window[],
  config: ForecastConfig,
  meta: ForecastMeta,
  steps?: number,
): ForecastBatch {
  const { decoding, horizon } = config;
  const context = config.context!;
  const lags = lagsOf("forecast", "lags", config.lags);
  const [length, count, width] = [steps ?? context + horizon, windows.length, inputWidth(config, meta)];
  const x = new Float32Array(length * count * width);
  const values = new Float32Array(length * count);
  for (const [n, window] of windows.entries()) {
    const { series, origin } = window;
    for (let t = 0; t < length; t++) {
      const step = origin - context + t;
      const ahead = decoding === "direct" ? Math.max(1, step - origin + 1) : 1;
      writeStep(x, (t * count + n) * width, window, { step, ahead, lags, decoding, horizon });
      values[t * count + n] = series.scaled[step] ?? 0;
    }
  }
  return {
    x: tensor(x, { shape: [length, count, width] }),
    values: tensor(values, { shape: [length, count] }),
    scale: tensor(
      Float32Array.from(windows, ({ series }) => series.scale.scale),
      { shape: [1, count] },
    ),
  };
}
