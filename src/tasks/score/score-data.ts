import type { ShownStep } from "../inspection/blocks.js";

/**
 * What a score shows: a sequence, and under it tracks that have a value, or a column of values, at each of its steps. All of it is
 * typed arrays, strings and numbers: it goes between threads, and into a page, as it is.
 */
export interface ScoreData {
  /** What is on the axis: `moby-dick.txt`, `source`. */
  title: string;
  /** One thing on the axis: `character`, `word`, `step`. */
  unit: string;
  steps: readonly ShownStep[];
  tracks: readonly Track[];
  /** What the steps were made of, where that is a sequence too: its axis lies across, the steps go down. */
  pair?: PairData | undefined;
}

/** A sequence beside the steps of a score, and what each step has to do with each of its own. */
export interface PairData {
  /** What it is: `source`. */
  title: string;
  steps: readonly ShownStep[];
  maps: readonly PairMap[];
}

/** A row a step of the score. */
export interface PairMap {
  /** `attention`, `gradient`. */
  id: string;
  title: string;
  about: string;
  /** Columns: the steps of the pair; or these, and behind them the score's own. */
  across: "pair" | "both";
  /** [L, columns] in a row, none below 0; rows that are not known are left out at the end. */
  values: Float32Array;
}

interface TrackBase {
  /** By it a track is found again in another score of the same model, and in a link. */
  id: string;
  /** Short, as it stands before the track: `forget 1`. */
  title: string;
  /** A sentence: what the values are. */
  about: string;
}

/** What the model expects after each step, likeliest first. */
export interface NextTrack extends TrackBase {
  kind: "next";
  /** Expectations a step. */
  top: number;
  /** [L, top] in a row, of `names`. */
  ids: Int32Array;
  probabilities: Float32Array;
  /** Of each id that occurs, what is shown. */
  names: Readonly<Record<number, string>>;
}

/** A number at each step that is not negative; NaN where there is none. */
export interface BarsTrack extends TrackBase {
  kind: "bars";
  values: Float32Array;
  /** `nats`. */
  measure: string;
  /** From here on a value is much above the others. */
  high: number;
}

/** A number at each step, for or against something. */
export interface WeightsTrack extends TrackBase {
  kind: "weights";
  values: Float32Array;
}

/** Curves over the steps; NaN where one has no value. */
export interface LinesTrack extends TrackBase {
  kind: "lines";
  range: readonly [low: number, high: number];
  log: boolean;
  series: readonly { name: string; values: Float32Array; dash?: string | undefined }[];
}

/** Bands about a middle curve, outermost first: quantiles of a forecast. */
export interface FanTrack extends TrackBase {
  kind: "fan";
  range: readonly [low: number, high: number];
  bands: readonly { name: string; low: Float32Array; high: Float32Array }[];
  lines: readonly { name: string; values: Float32Array }[];
}

/** Rows of values over the steps. */
export interface HeatTrack extends TrackBase {
  kind: "heat";
  rows: readonly HeatRow[];
  /** [R, L] in a row: `scale` · value / 127. */
  values: Int8Array;
  scale: number;
  /** Below 0 there are values too, or there might be. */
  signed: boolean;
  /** Rows are hidden units: of them it can be asked where they are high. */
  ofUnits: boolean;
}

export interface HeatRow {
  /** `unit 12`. */
  name: string;
  /** What it follows, with the correlation; empty for nothing. */
  follows: string;
}

/** The gradient of one step's prediction with respect to all that came before: asked for, step by step. */
export interface GradientTrack extends TrackBase {
  kind: "gradient";
}

export type Track = NextTrack | BarsTrack | WeightsTrack | LinesTrack | FanTrack | HeatTrack | GradientTrack;

/** ‖∂y/∂x_s‖ of each step s: y is what the model predicted at step t, such as -log p of what came next. */
export interface GradientRow {
  step: number;
  /** The first step of `values`: earlier ones are not looked at. */
  from: number;
  /** None where nothing is predicted. */
  values: Float32Array;
  /** The furthest step back with 1 % of the largest: `step` less it is how far the prediction reaches. */
  horizon: number;
  /** The furthest step ahead with as much, where a model reads backwards too. */
  ahead?: number | undefined;
}
