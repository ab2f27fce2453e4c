import { type Tensor, tensor } from "../../tensor/index.js";
import { calendarNames } from "./calendar.js";
import type { ForecastConfig } from "./config.js";
import { type ForecastMeta, featureWidth, firstOrigin, type Window } from "./data.js";
import { lagsOf } from "./lags.js";

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

/** Of each number that a step reads, what it is: `lag 7`, `day-of-week`, a column, how far ahead the step is. */
export function inputNames(
  { lags, decoding }: ForecastConfig,
  { calendar, covariates }: Pick<ForecastMeta, "calendar" | "covariates">,
): string[] {
  return [
    ...lagsOf("forecast", "lags", lags).map((lag) => `lag ${lag}`),
    ...calendarNames(calendar),
    ...covariates.flatMap(({ name, values }) => new Array<string>(values?.length ?? 1).fill(name)),
    ...(decoding === "direct" ? new Array<string>(AHEAD).fill("how far ahead") : []),
  ];
}

/**
 * Of a step that is `ahead` steps after the last known value, how far back the value is that stands for a lag: the lag itself where
 * that value is known, else the least multiple of it. So a season before stays a season before.
 */
export function knownLag(lag: number, ahead: number): number {
  return lag * Math.max(1, Math.ceil(ahead / lag));
}

/** The part of a window's series that its forecast reads. */
export interface View {
  /** Scaled and centred, of the steps that lags, context and horizon reach; what is not known is left out, or 0. */
  scaled: Float32Array;
  /** [steps, W], of the same steps. */
  features: Float32Array;
  width: number;
  /** The first step to forecast. */
  origin: number;
  /** What the scaled values were reduced by. */
  level: number;
}

/** What a forecast reads of its series, values counted from the last known one where the settings say so. */
export function viewOf({ series, origin }: Window, config: ForecastConfig): View {
  const width = series.features.length / series.rows.length;
  const start = origin - firstOrigin(config);
  const scaled = series.scaled.slice(start, origin + config.horizon);
  const own = origin - start;
  const level = config.centre === "last" ? scaled[own - 1] : 0;
  for (let i = 0; i < scaled.length; i++) scaled[i] -= level;
  return { scaled, features: series.features.subarray(start * width), width, origin: own, level };
}

/** What one step of a window reads. @param ahead  steps after the last known value: 1 for the next one, and for all that are known */
export function writeStep(
  out: Float32Array,
  at: number,
  { scaled, features, width, origin }: View,
  { step, ahead, lags, config: { decoding, horizon } }: StepPlace,
): void {
  for (const [i, lag] of lags.entries()) out[at + i] = scaled[step - knownLag(lag, ahead)];
  out.set(features.subarray(step * width, (step + 1) * width), at + lags.length);
  if (decoding === "recursive") return;
  const isAhead = step >= origin;
  out[at + lags.length + width] = isAhead ? 1 : 0;
  out[at + lags.length + width + 1] = isAhead ? (step - origin + 1) / horizon : 0;
}

interface StepPlace {
  step: number;
  ahead: number;
  lags: readonly number[];
  config: ForecastConfig;
}

/** @param steps  of each window; default: context and horizon */
export function batchOf(
  windows: readonly Window[],
  config: ForecastConfig,
  meta: Pick<ForecastMeta, "calendar" | "covariates">,
  steps?: number,
): ForecastBatch {
  const { decoding, horizon } = config;
  const context = config.context!;
  const lags = lagsOf("forecast", "lags", config.lags);
  const [length, count, width] = [steps ?? context + horizon, windows.length, inputWidth(config, meta)];
  const x = new Float32Array(length * count * width);
  const values = new Float32Array(length * count);
  for (const [n, window] of windows.entries()) {
    const view = viewOf(window, config);
    for (let t = 0; t < length; t++) {
      const step = view.origin - context + t;
      const ahead = decoding === "direct" ? Math.max(1, t - context + 1) : 1;
      writeStep(x, (t * count + n) * width, view, { step, ahead, lags, config });
      values[t * count + n] = view.scaled[step] ?? 0;
    }
  }
  const scales = Float32Array.from(windows, ({ series }) => series.scale.scale);
  return {
    x: tensor(x, { shape: [length, count, width] }),
    values: tensor(values, { shape: [length, count] }),
    scale: tensor(scales, { shape: [1, count] }),
  };
}
