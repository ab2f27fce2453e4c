import { Generator } from "../../base/random.js";
import { viewOf } from "../forecast/batch.js";
import type { ForecastConfig } from "../forecast/config.js";
import type { Window } from "../forecast/data.js";
import { between, inUnits, type Quantiles } from "../forecast/decode.js";
import { readForecast } from "../forecast/describe.js";
import { piecesOf } from "../forecast/outputs-of.js";
import { predictionOf, windowsAhead } from "../forecast/predictions.js";
import { LEVELS, quantileNamed } from "../forecast/quantile-of.js";
import { configOf, type Description } from "./description.js";
import { StepForecaster } from "./forecaster.js";
import { type History, tableOfHistory } from "./history.js";
import type { Weights } from "./net/vectors.js";

export { unpackWeights } from "./net/weights.js";

/** A forecaster: the next values of a series, and of several each. */
export function make(description: Description, weights: Weights) {
  const config = configOf<ForecastConfig>(description);
  const meta = readForecast(description);
  const network = new StepForecaster(weights, "", config, meta);
  const decode = config.decoding === "direct" ? direct : recursive;
  const widening = weights.get("widening")?.data[0] ?? 1;
  const forecast = (history: History) => {
    const windows = windowsAhead(tableOfHistory("forecast", history, config, meta), config, meta);
    const told = [];
    for (const piece of piecesOf(windows, config)) {
      const found = inUnits(decode(network, piece, config), piece, config, widening);
      for (const [n, quantiles] of found.entries()) {
        for (let h = 0; h < config.horizon; h++) {
          told.push(predictionOf(piece[n].series, h, quantiles, config, meta).values);
        }
      }
    }
    return told;
  };
  return { forecast };
}

/** All steps at once. */
function direct(network: StepForecaster, windows: readonly Window[], config: ForecastConfig): Quantiles[] {
  const context = config.context!;
  const { quantile } = quantileNamed(config.output);
  return windows.map((window) => {
    const { raw } = network.run(network.inputs(viewOf(window, config), context + config.horizon));
    const { scale } = window.series.scale;
    return Float64Array.from(
      raw.slice(context).flatMap((numbers) => LEVELS.map((level) => quantile(numbers, 0, level, scale))),
    );
  });
}

/** Paths of each window are drawn step by step, each value from those before it, and their quantiles taken. */
function recursive(network: StepForecaster, windows: readonly Window[], config: ForecastConfig): Quantiles[] {
  const { horizon, output, seed } = config;
  const { quantile } = quantileNamed(output);
  const generator = new Generator(seed);
  const all = windows.map((window) => {
    const view = viewOf(window, config);
    const { raw, states } = network.run(network.inputs(view, config.context! + 1));
    const numbers = raw[raw.length - 1];
    const paths = Array.from({ length: output === "point" ? 1 : config.paths }, () => {
      const scaled = new Float32Array(view.origin + horizon);
      scaled.set(view.scaled.subarray(0, view.origin));
      return { view: { ...view, scaled }, numbers, states };
    });
    return { scale: window.series.scale.scale, numbers, paths, quantiles: [] as number[] };
  });
  for (let h = 0; h < horizon; h++) {
    for (const { scale, numbers, paths, quantiles } of all) {
      const values = Float64Array.from(paths, (path) => quantile(path.numbers, 0, generator.uniform(), scale));
      const sorted = values.slice().sort();
      // The next value's distribution is known as it is.
      quantiles.push(...LEVELS.map((level) => (h === 0 ? quantile(numbers, 0, level, scale) : between(sorted, level))));
      if (h === horizon - 1) continue;
      for (const [i, path] of paths.entries()) {
        const { view } = path;
        view.scaled[view.origin + h] = values[i];
        const { raw, states } = network.run([network.input(view, view.origin + h + 1, 1)], path.states);
        [path.numbers, path.states] = [raw[0], states];
      }
    }
  }
  return all.map(({ quantiles }) => Float64Array.from(quantiles));
}
