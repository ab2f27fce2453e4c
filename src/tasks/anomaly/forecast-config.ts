import type { ForecastConfig } from "../forecast/config.js";
import type { AnomalyConfig } from "./config.js";

/** A series is forecast one step ahead. */
export function forecastConfig(config: AnomalyConfig): ForecastConfig {
  return { ...config, horizon: 1, decoding: "recursive", paths: 1, calibrate: false };
}
