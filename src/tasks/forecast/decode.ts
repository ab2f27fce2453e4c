import { noGrad } from "../../autograd/index.js";
import { Generator } from "../../base/random.js";
import { Tensor, tensor } from "../../tensor/index.js";
import { batchOf, inputWidth, viewOf, writeStep } from "./batch.js";
import type { ForecastConfig } from "./config.js";
import type { ForecastMeta, Window } from "./data.js";
import { lagsOf } from "./lags.js";
import type { Forecaster } from "./model.js";
import { LEVELS, quantileNamed } from "./quantile-of.js";

const MIDDLE = LEVELS.indexOf(0.5);

/** What is forecast from one window: [horizon, LEVELS], in the values' own units. */
export type Quantiles = Float64Array;

/** The quantiles of the next values of each window, all of a seed the same. */
export function forecasts(
  model: Forecaster,
  windows: readonly Window[],
  config: ForecastConfig,
  meta: ForecastMeta,
): Quantiles[] {
  const found = noGrad(() => (config.decoding === "direct" ? direct : recursive)(model, windows, config, meta));
  return inUnits(found, windows, config, model.widening?.item() ?? 1);
}

/** Scaled quantiles of each window in the values' own units, in place. @param widening  of intervals about their medians */
export function inUnits(
  found: Quantiles[],
  windows: readonly Window[],
  config: ForecastConfig,
  widening: number,
): Quantiles[] {
  const { counts } = quantileNamed(config.output);
  for (const [n, window] of windows.entries()) {
    const { scale, shift } = window.series.scale;
    const { level } = viewOf(window, config);
    for (let i = 0; i < found[n].length; i += LEVELS.length) {
      const own = found[n].subarray(i, i + LEVELS.length);
      const middle = own[MIDDLE];
      for (const [k, value] of own.entries()) {
        const widened = (middle + widening * (value - middle) + level) * scale + shift;
        own[k] = counts ? Math.max(0, widened) : widened;
      }
    }
  }
  return found;
}

function direct(
  model: Forecaster,
  windows: readonly Window[],
  config: ForecastConfig,
  meta: ForecastMeta,
): Quantiles[] {
  const [raw] = model.forward(batchOf(windows, config, meta).x);
  const data = raw.narrow(0, config.context!, config.horizon).contiguous().data();
  const { size, quantile } = quantileNamed(config.output);
  return windows.map(({ series: { scale } }, n) => {
    return Float64Array.from({ length: config.horizon * LEVELS.length }, (_, i) => {
      const step = Math.floor(i / LEVELS.length);
      return quantile(data, (step * windows.length + n) * size, LEVELS[i % LEVELS.length], scale.scale);
    });
  });
}

/** Ancestral sampling: paths of each window are drawn step by step, each value from those before it, and their quantiles taken. */
function recursive(
  model: Forecaster,
  windows: readonly Window[],
  config: ForecastConfig,
  meta: ForecastMeta,
): Quantiles[] {
  const { horizon, output, seed } = config;
  const { size, quantile } = quantileNamed(output);
  const paths = output === "point" ? 1 : config.paths;
  const count = windows.length * paths;
  const generator = new Generator(seed);
  const lags = lagsOf("forecast", "lags", config.lags);
  const width = inputWidth(config, meta);
  const found = windows.map(() => new Float64Array(horizon * LEVELS.length));
  // A path is what is read of a window, which goes on as it was drawn.
  const drawn = windows.flatMap((window) => {
    const view = viewOf(window, config);
    const known = view.scaled.subarray(0, view.origin);
    return Array.from({ length: paths }, () => {
      const scaled = new Float32Array(view.origin + horizon);
      scaled.set(known);
      return { ...view, scaled };
    });
  });
  const scaleOf = (row: number) => windows[Math.floor(row / paths)].series.scale.scale;
  let [raw, state] = model.forward(batchOf(windows, config, meta, config.context! + 1).x);
  raw = raw.narrow(0, raw.shape[0] - 1, 1);
  const rows = tensor(Int32Array.from({ length: count }, (_, row) => Math.floor(row / paths)));
  for (let h = 0; h < horizon; h++) {
    const data = raw.contiguous().data();
    const values = Float64Array.from({ length: count }, (_, row) => {
      const place = h === 0 ? Math.floor(row / paths) : row;
      return quantile(data, place * size, generator.uniform(), scaleOf(row));
    });
    for (const [n, own] of found.entries()) {
      const sorted = values.slice(n * paths, (n + 1) * paths).sort();
      const { scale } = windows[n].series.scale;
      // The next value's distribution is known as it is.
      for (const [i, level] of LEVELS.entries()) {
        own[h * LEVELS.length + i] = h === 0 ? quantile(data, n * size, level, scale) : between(sorted, level);
      }
    }
    if (h === horizon - 1) break;
    const x = new Float32Array(count * width);
    for (const [row, view] of drawn.entries()) {
      view.scaled[view.origin + h] = values[row];
      writeStep(x, row * width, view, { step: view.origin + h + 1, ahead: 1, lags, config });
    }
    if (h === 0) state = pickRows(state, rows);
    [raw, state] = model.forward(tensor(x, { shape: [1, count, width] }), state);
  }
  return found;
}

/** Quantile of sorted values, linear between two. */
export function between(sorted: Float64Array, level: number): number {
  const place = level * (sorted.length - 1);
  const below = Math.floor(place);
  return sorted[below] + (place - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
}

/** The rows (of dimension 1) of every tensor of a state. */
function pickRows<S>(state: S, rows: Tensor): S {
  if (state instanceof Tensor) return state.indexSelect(1, rows) as S;
  if (Array.isArray(state)) return state.map((part) => pickRows(part, rows)) as S;
  if (state === null || typeof state !== "object") return state;
  return Object.fromEntries(Object.entries(state).map(([key, part]) => [key, pickRows(part, rows)])) as S;
}
