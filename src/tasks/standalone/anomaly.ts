import { checkString } from "../../base/check.js";
import { vocabularyFromJSON } from "../../text/build.js";
import type { AnomalyConfig } from "../anomaly/config.js";
import { windowsToScore } from "../anomaly/data.js";
import { forecastConfig } from "../anomaly/forecast-config.js";
import { tokensOf } from "../anomaly/lines.js";
import { placeOf, scoresInTurn } from "../anomaly/scores.js";
import { viewOf } from "../forecast/batch.js";
import { readSeries, type Window } from "../forecast/data.js";
import { readForecast } from "../forecast/describe.js";
import { surprise } from "../forecast/quantile-of.js";
import { seriesOf } from "../forecast/series.js";
import { configOf, type Description } from "./description.js";
import { StepForecaster } from "./forecaster.js";
import { type History, tableOfHistory } from "./history.js";
import { Recurrent } from "./net/recurrent.js";
import { linear, logSoftmax, rowOf, type Weights, weightOf } from "./net/vectors.js";

export { unpackWeights } from "./net/weights.js";

/** How unlikely each value of a series is, or a line of text, in nats, and whether that is more than what is usual. */
export function make(description: Description, weights: Weights) {
  const threshold = weightOf(weights, "threshold").data[0];
  const config = configOf<AnomalyConfig>(description);
  return description["series"] === undefined
    ? ofLines(config, description, weights, threshold)
    : ofSeries(config, description, weights, threshold);
}

function ofLines(config: AnomalyConfig, description: Description, weights: Weights, threshold: number) {
  const vocabulary = vocabularyFromJSON(description["vocabulary"]);
  const rnn = new Recurrent(weights, config.cell, "lines.rnn");
  const [embed, head, bias] = ["embed.weight", "head.weight", "head.bias"].map((name) =>
    weightOf(weights, `lines.${name}`),
  );
  const judge = (text: string) => {
    checkString("judge", "text", text);
    const ids = tokensOf(vocabulary, { text }, config);
    const { outputs } = rnn.run(Array.from(ids.subarray(0, -1), (id) => rowOf(embed, id)));
    const losses = outputs.map((y, t) => -logSoftmax(linear(head, y, bias))[ids[t + 1]]);
    const score = Math.max(...losses);
    return { token: losses.indexOf(score) + 1, score, unusual: score > threshold };
  };
  return { judge };
}

function ofSeries(config: AnomalyConfig, description: Description, weights: Weights, threshold: number) {
  const meta = readForecast(description);
  const settings = forecastConfig(config);
  const network = new StepForecaster(weights, "series.", settings, meta);
  const context = config.context!;
  const valueScores = (windows: readonly Window[]) =>
    windows.map((window) => {
      const view = viewOf(window, settings);
      const { raw } = network.run(network.inputs(view, context + 1));
      const numbers = raw[context];
      const score = surprise(config.output, numbers, 0, view.scaled[view.origin]);
      return { score, expected: numbers[0] + view.level };
    });
  const judge = (history: History) => {
    const table = tableOfHistory("judge", history, settings, meta);
    const windows = windowsToScore(readSeries(seriesOf(table, settings, meta.axis), settings, meta), settings, "judge");
    return [...scoresInTurn(valueScores, windows, context, threshold)].map(({ score }, i) => {
      return { ...placeOf(windows[i], meta), score, unusual: score > threshold };
    });
  };
  return { judge };
}
