import { noGrad } from "../../autograd/index.js";
import { type Listed, piecesOf as listPieces, type Told } from "../../base/report.js";
import { type Share, WHOLE } from "../../train/collective/share.js";
import { batchOf } from "./batch.js";
import type { ForecastConfig } from "./config.js";
import type { ForecastMeta, Window } from "./data.js";
import { forecasts } from "./decode.js";
import type { ForecastOutput } from "./metrics.js";
import type { Forecaster } from "./model.js";
import { LEVELS } from "./quantile-of.js";

const ROWS = 4096; // Windows, or paths of windows, computed at once.

/** As many windows as are computed at once. */
export function* piecesOf(
  windows: Listed<Window>,
  { decoding, horizon, paths }: ForecastConfig,
  told?: Told,
  { takes } = WHOLE,
): Generator<readonly Window[]> {
  const size = decoding === "recursive" && horizon > 1 ? Math.max(1, Math.floor(ROWS / paths)) : 256;
  yield* listPieces(windows, size, told, takes);
}

/** Forecasts beside what came, piece by piece. */
export function* outputsOf(
  model: Forecaster,
  windows: Listed<Window>,
  {
    config,
    meta,
    told,
    share,
  }: { config: ForecastConfig; meta: ForecastMeta; told?: Told | undefined; share?: Share | undefined },
): Generator<ForecastOutput> {
  for (const piece of piecesOf(windows, config, told, share)) {
    const loss = noGrad(() => model.loss(batchOf(piece, config, meta)).item());
    const found = forecasts(model, piece, config, meta);
    yield { ...besideTruth(piece, found, config, meta), loss };
  }
}

function besideTruth(
  windows: readonly Window[],
  found: readonly Float64Array[],
  { horizon }: ForecastConfig,
  { season }: ForecastMeta,
): Omit<ForecastOutput, "loss"> {
  const count = windows.length * horizon;
  const each = (of: (window: Window, h: number, n: number) => number) =>
    Float64Array.from({ length: count }, (_, i) =>
      of(windows[Math.floor(i / horizon)], i % horizon, Math.floor(i / horizon)),
    );
  const level = (q: (typeof LEVELS)[number]) => {
    const k = LEVELS.indexOf(q);
    return each((_, h, n) => found[n][h * LEVELS.length + k]);
  };
  return {
    count,
    targets: each(({ series, origin }, h) => series.values[origin + h]),
    predicted: level(0.5),
    low: level(0.1),
    high: level(0.9),
    quantiles: Float64Array.from(found.flatMap((quantiles) => [...quantiles])),
    scales: each(({ series }) => series.scale.naive),
    naive: each(({ series, origin }) => series.values[origin - 1]),
    seasonal: each(({ series, origin }, h) => series.values[seasonBefore(origin, h, season)]),
  };
}

/** The latest known step that is whole seasons before the step `h` after `origin`; the last one where there is none. */
function seasonBefore(origin: number, h: number, season: number): number {
  const step = origin + h - season * Math.ceil((h + 1) / season);
  return step >= 0 ? step : origin - 1;
}
