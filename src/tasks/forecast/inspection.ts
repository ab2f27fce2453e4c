import { numberText } from "../../base/number-text.js";
import { readTable, type Table } from "../../data/readers/index.js";
import type { Inspects } from "../commands.js";
import type { Block } from "../inspection/blocks.js";
import { inspected } from "../inspection/report.js";
import { chosenRows, ROW_FIELDS, rowChoice } from "../inspection/rows.js";
import { type WalkedLayer, walkBack, walkBlocks } from "../inspection/walk.js";
import type { ScoreBlock } from "../score/score-blocks.js";
import { batchOf, inputNames, knownLag } from "./batch.js";
import type { ForecastConfig } from "./config.js";
import { type ForecastMeta, firstOrigin } from "./data.js";
import { forecasts } from "./decode.js";
import { forecastEvidence } from "./evidence.js";
import { lagsOf } from "./lags.js";
import { outputNamed } from "./outputs.js";
import { typedTable, windowsAhead } from "./predictions.js";
import { LEVELS } from "./quantile-of.js";
import { seriesName, timeOfStep } from "./series.js";
import { timeText } from "./time-axis.js";
import { type Forecasted, forecastBlocks, stepsOf } from "./traced.js";
import type { ForecastTypes } from "./types.js";

/** A forecast beside what was, and what it was made of. */
interface Sample {
  id: string;
  /** The last values that are known, in the series' own units. */
  observed: number[];
  /** Of each step ahead its time, and the quantiles of its value: of a point output all the same. */
  times: string[];
  quantiles: Record<string, number[]>;
  /** What each step reads. */
  inputs: string[];
  /**
   * Gradient × input, in the series' own units, counted from its mean: a row a step ahead that is explained, a column an input.
   * With recursive decoding the first step alone.
   */
  decided: number[][];
  /** What each of the last known values did to the first step ahead. */
  past: number[];
  layers: WalkedLayer[];
}

/** The forecast that follows each series, and which earlier values it follows from. */
export const inspect: Inspects<ForecastTypes> = {
  fields: ROW_FIELDS,
  async run(model, { config, meta }, content, options) {
    const { cell, layers, hidden, output, horizon } = config;
    const about = `a forecaster of ${horizon} ${horizon === 1 ? "step" : "steps"}, ${layers} ${cell} ${layers === 1 ? "layer" : "layers"} of ${hidden}, ${output}`;
    const table = content === null ? null : tableOf(content, config, meta);
    const windows = table === null ? [] : windowsAhead(table, config, meta);
    const chosen = typeof content === "string" || content === null ? windows : chosenRows(windows, rowChoice(options));
    const told = chosen.map((window) => toldOf({ model, window, config, meta }));
    const samples = told.map(({ sample }) => sample);
    return inspected(model, {
      about,
      values: { model: { task: "forecast", cell, layers, hidden, output, horizon }, ...(table && { samples }) },
      blocks: told.flatMap(({ blocks }) => blocks),
      more: told.flatMap(({ more }) => more),
      settings: config as unknown as Readonly<Record<string, unknown>>,
      walks: samples.map((sample) => sample.layers),
      evidence: () => forecastEvidence(model, windows, config, meta),
    });
  },
};

function tableOf(
  content: string | { name: string; bytes: Uint8Array },
  config: ForecastConfig,
  meta: ForecastMeta,
): Table {
  return typeof content === "string" ? typedTable(content, config, meta) : readTable(content.bytes, content.name);
}

/** Steps ahead that are explained: each is a walk of its own. */
const MOST = 28;

/** What is told of a series, and what a score shows besides. */
interface Told {
  sample: Sample;
  blocks: Block[];
  more: ScoreBlock[];
}

function toldOf(own: Omit<Forecasted, "quantiles">): Told {
  const [quantiles] = forecasts(own.model, [own.window], own.config, own.meta);
  const sample = sampleOf({ ...own, quantiles });
  const blocks = blocksOf(sample, own.config);
  const weights = [...sample.past, ...new Array<number>(own.config.horizon).fill(0)];
  const decided = { kind: "weighed", title: `what decided ${sample.times[0]}`, about: ABOUT, steps: stepsOf(own), weights } as const; // biome-ignore format: one line
  return { sample, blocks, more: [blocks[0], ...forecastBlocks({ ...own, quantiles }), decided, ...heldBack(own)] };
}

/** The last values as they would have been forecast, beside what they were; none where nothing is left to forecast them from. */
function heldBack({ model, window: { series }, config, meta }: Omit<Forecasted, "quantiles">): ScoreBlock[] {
  const window = { series, origin: series.values.length - config.horizon };
  if (window.origin < firstOrigin(config)) return [];
  const [quantiles] = forecasts(model, [window], config, meta);
  const { horizon } = config;
  const heading = `${seriesName(series)}, the last ${horizon} ${horizon === 1 ? "value" : "values"} beside their forecast`;
  return [{ kind: "heading", text: heading }, ...forecastBlocks({ model, window, quantiles, config, meta })];
}

function sampleOf({ model, window, quantiles, config, meta }: Forecasted): Sample {
  const { series, origin } = window;
  const { horizon } = config;
  const context = config.context!;
  const isDirect = config.decoding === "direct";
  const { x } = batchOf([window], config, meta, isDirect ? undefined : context + 1);
  const { centre } = outputNamed(config.output);
  const walks = Array.from({ length: isDirect ? Math.min(horizon, MOST) : 1 }, (_, h) =>
    walkBack(model, x, (leaf) =>
      centre(model.forward(leaf)[0])
        .select(0, context + h)
        .sum()
        .mul(series.scale.scale),
    ),
  );
  const names = inputNames(config, meta);
  const inputs = [...new Set(names)];
  const levels = config.output === "point" ? [0.5] : LEVELS;
  return {
    id: series.id,
    observed: [...series.values.slice(Math.max(0, origin - Math.max(context, 2 * horizon)), origin)],
    times: Array.from({ length: horizon }, (_, h) => timeText(timeOfStep(series, meta.axis, origin + h), meta.form)),
    quantiles: Object.fromEntries(
      levels.map((level) => {
        const k = LEVELS.indexOf(level as 0.5);
        return [
          `q${Math.round(100 * level)}`,
          Array.from({ length: horizon }, (_, h) => quantiles[h * LEVELS.length + k]),
        ];
      }),
    ),
    inputs,
    decided: walks.map(({ gradient }) =>
      inputs.map((input) => summed(gradient, (i) => names[i % names.length] === input)),
    ),
    past: pastOf(walks[0].gradient, names.length, config),
    layers: walks[0].layers,
  };
}

function summed(gradient: Float64Array, counts: (i: number) => boolean): number {
  return gradient.reduce((sum, value, i) => (counts(i) ? sum + value : sum), 0);
}

/** Each value is read as one lag after another: what all of them did together, of the values that the first step ahead reads. */
function pastOf(gradient: Float64Array, width: number, config: ForecastConfig): number[] {
  const lags = lagsOf("forecast", "lags", config.lags);
  const context = config.context!;
  const reach = firstOrigin(config);
  const past = new Array<number>(reach).fill(0);
  for (let t = 0; t < gradient.length / width; t++) {
    const ahead = config.decoding === "direct" ? Math.max(1, t - context + 1) : 1;
    for (const [i, lag] of lags.entries()) {
      const at = reach - context + t - knownLag(lag, ahead);
      past[at] += gradient[t * width + i];
    }
  }
  return past;
}

const ABOUT = "Gradient × input: what each adds to the forecast, counted from the mean of the series, to first order.";

function blocksOf(
  { id, observed, times, quantiles, inputs, decided, past, layers }: Sample,
  config: ForecastConfig,
): Block[] {
  const name = seriesName({ id });
  const curve = (key: string, title: string) => {
    const values = quantiles[key];
    return values === undefined
      ? []
      : [{ name: title, values, from: observed.length, beside: `ends at ${numberText(values.at(-1)!)}` }];
  };
  const about = ABOUT;
  const steps = past.map((_, i) => ({ label: `t-${past.length - i}` }));
  return [
    { kind: "heading", text: `${name}, from ${times[0]}` },
    {
      ...{ kind: "curves", title: `The forecast beside the last values, ${name}`, shared: true },
      about: config.output === "point" ? "One value a step." : "The median, and where 80 % of values should lie.",
      ...{ xTitle: "step", yTitle: config.target, reportOnly: true },
      series: [
        { name: "known", values: observed, beside: `last ${numberText(observed.at(-1)!)}` },
        ...curve("q50", "median"),
        ...curve("q10", "10 %"),
        ...curve("q90", "90 %"),
      ],
    },
    {
      ...{ kind: "map", title: `What decided each step ahead, ${name}`, about, values: decided },
      rows: decided.map((_, h) => times[h]),
      columns: inputs,
    },
    {
      ...{ kind: "weighed", title: `Which past values decided ${times[0]}, ${name}`, about, steps, weights: past },
      reportOnly: true,
    },
    ...walkBlocks(layers, `the forecast of ${times[0]}`).map((block) => ({ ...block, reportOnly: true })),
  ];
}
