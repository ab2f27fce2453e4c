import { noGrad } from "../../autograd/index.js";
import { rangeOf } from "../../base/range.js";
import { record } from "../../diagnostics/record.js";
import type { Tensor } from "../../tensor/index.js";
import type { ShownStep } from "../inspection/blocks.js";
import { gradientRow, noGradient } from "../score/gradient-row.js";
import { atSteps, columns, inputGradients } from "../score/input-gradients.js";
import type { ScoreBlock } from "../score/score-blocks.js";
import type { FanTrack, GradientRow } from "../score/score-data.js";
import { batchOf } from "./batch.js";
import type { ForecastConfig } from "./config.js";
import { type ForecastMeta, firstOrigin, type Window } from "./data.js";
import type { Quantiles } from "./decode.js";
import type { Forecaster } from "./model.js";
import { outputNamed } from "./outputs.js";
import { LEVELS } from "./quantile-of.js";
import { timeOfStep } from "./series.js";
import { timeText } from "./time-axis.js";
import { gradientOfValues } from "./value-gradients.js";

/** A forecast, and all that it was made of. */
export interface Forecasted {
  model: Forecaster;
  window: Window;
  quantiles: Quantiles;
  config: ForecastConfig;
  meta: ForecastMeta;
}

/** The values that a forecast reads and those that it says, each from the last known one: −3, −2, −1, +1, +2. */
export function stepsOf({ window: { series, origin }, config, meta }: Omit<Forecasted, "quantiles">): ShownStep[] {
  const reach = firstOrigin(config);
  return Array.from({ length: reach + config.horizon }, (_, i) => {
    const label = i < reach ? `−${reach - i}` : `+${i - reach + 1}`;
    return { label, about: timeText(timeOfStep(series, meta.axis, origin - reach + i), meta.form) };
  });
}

/** What a score shows of a forecast: its fan, beside what was where that is known, and which values each step of it follows from. */
export function forecastBlocks(forecasted: Forecasted): ScoreBlock[] {
  const { model, config } = forecasted;
  const steps = stepsOf(forecasted);
  const reach = firstOrigin(config);
  const context = config.context!;
  const x = readBy(forecasted);
  return [
    { kind: "track", steps, track: () => fanOf(forecasted) },
    {
      ...{ kind: "traced", steps },
      about: "From the forecast under the cursor to each value before it: by how much it moves as that value does.",
      rows: (places) => rowsOf(forecasted, x, places),
    },
    {
      ...{ kind: "layers", steps, from: reach - context },
      layers: () => record(model, () => void noGrad(() => model.forward(x))),
    },
  ];
}

/** What the steps of a window read [L, 1, I]; with recursive decoding after the last known value what is forecast as likeliest. */
function readBy({ window, quantiles, config, meta }: Forecasted): Tensor {
  const { series, origin } = window;
  if (config.decoding === "direct") return batchOf([window], config, meta).x;
  const scaled = new Float32Array(origin + config.horizon);
  scaled.set(series.scaled.subarray(0, origin));
  for (let h = 0; h < config.horizon; h++) {
    scaled[origin + h] = (quantiles[h * LEVELS.length + MIDDLE] - series.scale.shift) / series.scale.scale;
  }
  return batchOf([{ series: { ...series, scaled }, origin }], config, meta).x;
}

const MIDDLE = LEVELS.indexOf(0.5);

function rowsOf({ model, config, meta }: Forecasted, x: Tensor, places: readonly number[]): GradientRow[] {
  const [context, reach] = [config.context!, firstOrigin(config)];
  const ahead = places.filter((place) => place >= reach);
  const predictions = {
    model,
    read: ({ length }: readonly number[]) => [columns(x, length)],
    predicted: ([leaf]: readonly Tensor[], own: readonly number[]) => {
      const raw = atSteps(
        model.forward(leaf)[0],
        own.map((place) => place - reach + context),
      );
      return outputNamed(config.output).centre(raw).sum();
    },
  };
  const rows = new Map(
    inputGradients(predictions, ahead).map(([gradient], b) => {
      const slopes = gradientOfValues(gradient, config, meta).subarray(0, ahead[b]);
      // What is forecast is counted from the last known value too.
      if (config.centre === "last") slopes[reach - 1] += 1;
      return [ahead[b], gradientRow(ahead[b], Float32Array.from(slopes, Math.abs))] as const;
    }),
  );
  return places.map((place) => rows.get(place) ?? noGradient(place));
}

/** What is known, and the quantiles of what is forecast; what was, where that is known by now. */
function fanOf({ window: { series, origin }, quantiles, config }: Forecasted): FanTrack {
  const reach = firstOrigin(config);
  const length = reach + config.horizon;
  const known = Float32Array.from({ length }, (_, i) => series.values[origin - reach + i] ?? Number.NaN);
  const of = (level: (typeof LEVELS)[number]) => {
    const k = LEVELS.indexOf(level);
    return Float32Array.from({ length }, (_, i) =>
      i < reach ? Number.NaN : quantiles[(i - reach) * LEVELS.length + k],
    );
  };
  const pairs = config.output === "point" ? [] : LEVELS.filter((level) => level < 0.5);
  const bands = pairs.map((level) => {
    const other = LEVELS[LEVELS.length - 1 - LEVELS.indexOf(level)];
    return { name: `${Math.round(100 * (other - level))} %`, low: of(level), high: of(other) };
  });
  const all = [known, of(0.5), ...bands.flatMap(({ low, high }) => [low, high])].flatMap((values) =>
    [...values].filter(Number.isFinite),
  );
  const what =
    config.output === "point" ? "One value a step." : "The median, and where 80, 60, 40 and 20 % of values should lie.";
  return {
    ...{ kind: "fan", id: "forecast", title: config.target, bands },
    about: `${what} The line is what was.`,
    range: rangeOf(all),
    lines: [
      { name: "known", values: known },
      { name: "median", values: of(0.5) },
    ],
  };
}
