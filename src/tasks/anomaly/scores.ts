import { noGrad } from "../../autograd/index.js";
import { type Listed, piecesOf, type Told } from "../../base/report.js";
import type { Vocabulary } from "../../text/index.js";
import { batchOf, viewOf } from "../forecast/batch.js";
import type { ForecastMeta, ReadSeries, Window, WindowList } from "../forecast/data.js";
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

/** Of each line after those before it in the line. */
export function* lineScores(
  model: AnomalyModel,
  lines: Listed<Pick<TextLine, "text">>,
  vocabulary: Vocabulary,
  config: AnomalyConfig,
): Generator<Score> {
  for (const piece of piecesOf(lines, PIECE)) {
    const tokens = piece.map((line) => allTokensOf(vocabulary, line, config));
    const batch = lineBatch(tokens.map((ids) => ids.slice(0, config.maxLength + 1)));
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
  windows: WindowList,
  meta: ForecastMeta,
  config: AnomalyConfig,
  threshold = Infinity,
  goesOn?: Judged,
): Generator<WindowScore> {
  const judge: Judge = (piece) => valueScores(model, piece, meta, config);
  yield* scoresInTurn(judge, windows, config.context!, threshold, goesOn);
}

/** Of the value at the origin of each window its score, and what was expected in its place, scaled. */
type Judge = (windows: readonly Window[]) => readonly { score: number; expected: number }[];

/** What is known of a series that was judged as far as its next value. */
export interface Judged {
  /** By its step what is read in the place of a value, scaled. */
  expected: Map<number, number>;
  /** Steps of values above the threshold in the last context. */
  unusual: number[];
}

/** The score of the value at the origin of a window. */
export interface WindowScore extends Score {
  window: Window;
}

/** As `seriesScores`, by anything that judges windows. @param goesOn  the first series, as far as it was judged; written to */
export function* scoresInTurn(
  judge: Judge,
  windows: WindowList,
  context: number,
  threshold: number,
  goesOn: Judged = { expected: new Map(), unusual: [] },
): Generator<WindowScore> {
  let [judged, read] = [goesOn, new ReadInPlace(goesOn.expected)];
  let before: Window | null = null;
  for (let i = 0; i < windows.length; ) {
    const next = windows.slice(i, i + PIECE);
    const [{ series }] = next;
    if (before !== null && (before.series.id !== series.id || stepOf(next[0]) <= stepOf(before))) {
      judged = { expected: new Map(), unusual: [] };
      read = new ReadInPlace(judged.expected);
    }
    const own = read.of(series);
    const piece = next.flatMap((window) => (window.series === series ? [{ series: own, origin: window.origin }] : []));
    for (const [n, { score, expected }] of judge(piece).entries()) {
      before = next[n];
      yield { score, mean: score, count: 1, at: 0, window: before };
      i++;
      if (score <= threshold) continue;
      const at = stepOf(before);
      judged.unusual = [...judged.unusual.filter((step) => step >= at - context), at];
      if (2 * judged.unusual.length > context) continue;
      read.replace(at, expected);
      break;
    }
  }
}

/** Which step of its series a window judges. */
function stepOf({ series: { from }, origin }: Window): number {
  return from + origin;
}

/** A series with values in the place of some of its own; parts of it follow one another. */
class ReadInPlace {
  #of: ReadSeries | null = null;
  #own: ReadSeries | null = null;
  readonly #expected: Map<number, number>;

  /** @param expected  values by their steps; written to */
  constructor(expected: Map<number, number>) {
    this.#expected = expected;
  }

  /** @param series  the series, or the next part of it */
  of(series: ReadSeries): ReadSeries {
    if (this.#of === series) return this.#own!;
    this.#of = series;
    this.#own = { ...series, scaled: series.scaled.slice() };
    for (const [step, value] of this.#expected) {
      if (step < series.from) this.#expected.delete(step);
      else this.#own.scaled[step - series.from] = value;
    }
    return this.#own;
  }

  replace(step: number, value: number): void {
    this.#expected.set(step, value);
    this.#own!.scaled[step - this.#own!.from] = value;
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

/** Tells of scores as they are made. */
export function* eachTold<S>(
  scores: Iterable<S>,
  total: number,
  told: Told | undefined,
): Generator<S, void, undefined> {
  let done = 0;
  for (const score of scores) {
    if (done++ % PIECE === 0) told?.(done - 1, total);
    yield score;
  }
  told?.(total, total);
}
