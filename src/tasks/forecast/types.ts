import type { ForecastBatch } from "./batch.js";
import type { ForecastConfig, ForecastSettings } from "./config.js";
import type { ForecastData, ForecastMeta } from "./data.js";
import type { ForecastOutput } from "./metrics.js";
import type { Forecaster } from "./model.js";

/** The kinds of things that a forecaster works with. */
export interface ForecastTypes {
  settings: ForecastSettings;
  config: ForecastConfig;
  meta: ForecastMeta;
  data: ForecastData;
  model: Forecaster;
  batch: ForecastBatch;
  carried: undefined;
  output: ForecastOutput;
}
