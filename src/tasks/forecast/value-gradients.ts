import { inputWidth, knownLag } from "./batch.js";
import type { ForecastConfig } from "./config.js";
import { type ForecastMeta, firstOrigin } from "./data.js";
import { lagsOf } from "./lags.js";

/**
 * From the gradient with respect to what the steps of a window read, [L, I] in a row, that with respect to the values of the series:
 * each is read as one lag after another. The first value is the furthest back that any step reads, `firstOrigin` before the origin.
 * Values are counted from the last known one where the settings say so: then it is read in all of them.
 */
export function gradientOfValues(
  gradient: Float32Array | Float64Array,
  config: ForecastConfig,
  meta: Pick<ForecastMeta, "calendar" | "covariates">,
): Float64Array {
  const lags = lagsOf("forecast", "lags", config.lags);
  const [context, reach] = [config.context!, firstOrigin(config)];
  const width = inputWidth(config, meta);
  const values = new Float64Array(reach + config.horizon);
  let all = 0;
  for (let t = 0; t < gradient.length / width; t++) {
    const ahead = config.decoding === "direct" ? Math.max(1, t - context + 1) : 1;
    for (const [i, lag] of lags.entries()) {
      const slope = gradient[t * width + i];
      values[reach - context + t - knownLag(lag, ahead)] += slope;
      all += slope;
    }
  }
  if (config.centre === "last") values[reach - 1] -= all;
  return values;
}
