import { noGrad } from "../../autograd/index.js";
import type { Vocabulary } from "../../text/index.js";
import { batchOf, viewOf } from "../forecast/batch.js";
import type { ForecastMeta, ReadSeries, Window } from "../forecast/data.js";
import { surprise } from "../forecast/quantile-of.js";
import { timeOfStep } from "../forecast/series.js";
import { timeText } from "../forecast/time-axis.js";
import type { AnomalyConfig } from "./config.js";
import { forecastConfig } from "./forecast-config.js";
import { allTokensOf, type TextLine } from "./lines.js";
import { type AnomalyModel, lineBatch } from "./model.js";

/** How unlikely something was. */
export interface Score {
  /** Nats: of a value, or of the least likely token of a line. */
  score: number;
  /** The mean of all its tokens, in nats. */
  mean: number;
  /** How many tokens there are. */
  count: number;
  /** Which of them is the least likely, from 0. */
  at: number;
  /** Tokens of a line that are not read. */
  cut?: number;
}

/** Lines or windows computed at once. */
export const PIECE = 64;

function* piecesOf<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += PIECE) yield all.slice(at, at + PIECE);
}

/** Of each line after those before it in the line. */
export function* lineScores(
  model: AnomalyModel,
  lines: readonly Pick<TextLine, "text">[],
  vocabulary: Vocabulary,
  { maxLength }: AnomalyConfig,
): Generator<Score> {
  for (const piece of piecesOf(lines)) {
    const tokens = piece.map((line) => allTokensOf(vocabulary, line));
    const batch = lineBatch(tokens.map((ids) => ids.slice(0, maxLength + 1)));
    const losses = noGrad(() => model.lines!.loss(batch, "none").data());
    for (const [n, count] of batch.lengths.entries()) {
      const own = Array.from({ length: count }, (_, t) => losses[t * piece.length + n]);
      const score = Math.max(...own);
      const mean = own.reduce((sum, loss) => sum + loss, 0) / count;
      yield { score, mean, count, at: own.indexOf(score), cut: tokens[n].length - 1 - count };
    }
  }
}

/**
 * Of the value at the origin of each window, after all before it. A value above the threshold is read as what was expected in its place
 * from then on, so that one fault does not make those after it look like faults; where half of a context is replaced, the series has
 * become another, and is read as it is.
 * @param windows  those of a series one after another
 * @param goesOn   as far as the first series was judged before; written to
 */
export function* seriesScores(
  model: AnomalyModel,
  windows: readonly Window[],
  meta: ForecastMeta,
  config: AnomalyConfig,
  threshold = Infinity,
  goesOn?: Judged,
): Generator<Score> {
  const judge: Judge = (piece) => valueScores(model, piece, meta, config);
  yield* scoresInTurn(judge, windows, config.context!, threshold, goesOn);
}

/** Of the value at the origin of each window its score, and what was expected in its place, scaled. */
type Judge = (windows: readonly Window[]) => readonly { score: number; expected: number }[];

/** What is read of a series that is judged: its values, or what was expected in the place of some. */
export interface Judged {
  scaled: Float32Array;
  /** Steps of values above the threshold in the last context. */
  unusual: number[];
}

/** As `seriesScores`, by anything that judges windows. @param goesOn  the first series, as far as it was judged; written to */
export function* scoresInTurn(
  judge: Judge,
  windows: readonly Window[],
  context: number,
  threshold: number,
  goesOn?: Judged,
): Generator<Score> {
  let read: ReadSeries | null = null;
  let judged: Judged = { scaled: new Float32Array(), unusual: [] };
  for (let i = 0; i < windows.length; ) {
    const { series, origin } = windows[i];
    if (read === null || read.id !== series.id || origin <= windows[i - 1].origin) {
      judged = (i === 0 ? goesOn : undefined) ?? { scaled: series.scaled.slice(), unusual: [] };
      read = { ...series, scaled: judged.scaled };
    }
    const own = read;
    const rest = windows.slice(i, i + PIECE).filter((window) => window.series === series);
    const piece = rest.map((window) => ({ series: own, origin: window.origin }));
    for (const { score, expected } of judge(piece)) {
      yield { score, mean: score, count: 1, at: 0 };
      const at = windows[i++].origin;
      if (score <= threshold) continue;
      judged.unusual = [...judged.unusual.filter((step) => step >= at - context), at];
      if (2 * judged.unusual.length > context) continue;
      own.scaled[at] = expected;
      break;
    }
  }
}

/** Of each window its value's score, and what was expected in its place, scaled. */
function valueScores(model: AnomalyModel, windows: readonly Window[], meta: ForecastMeta, config: AnomalyConfig) {
  const settings = forecastConfig(config);
  const batch = batchOf(windows, settings, meta);
  const [raw] = noGrad(() => model.series!.forward(batch.x));
  const last = raw.shape[0] - 1;
  const numbers = raw.narrow(0, last, 1).contiguous().data();
  const values = batch.values.narrow(0, last, 1).contiguous().data();
  return windows.map((window, n) => {
    const at = (n * numbers.length) / windows.length;
    const { level } = viewOf(window, settings);
    return { score: surprise(config.output, numbers, at, values[n]), expected: numbers[at] + level };
  });
}

/** Which value of its series a window judges. */
export function placeOf({ series, origin }: Window, { axis, form }: ForecastMeta) {
  const time = timeText(timeOfStep(series, axis, origin), form);
  const value = series.values[origin];
  return { ...(series.id !== "" && { id: series.id }), time: form === "number" ? Number(time) : time, value };
}
