import type { GradientRow, ScoreData, Track } from "../../../../src/tasks/score/score-data.js";
import type { View } from "../axis.js";
import type { Colours } from "../colours.js";
import type { Mark } from "../marks.js";
import type { By } from "../pyramid.js";
import type { DrawingBudget } from "../tiles.js";
import type { ScoreWords } from "../words.js";

/** What a track is drawn in. */
export interface Frame {
  data: ScoreData;
  view: View;
  /** In pixels, and of one step. */
  width: number;
  cell: number;
  colours: Colours;
  words: ScoreWords;
  /** The step under the cursor. */
  cursor: number | null;
  /** Of the step under the cursor, once it is known. */
  gradient: GradientRow | null;
  /** How many are drawn as one where a step is narrower than a pixel. */
  by: By;
  /** Rows are drawn larger. */
  tall: boolean;
  /** Left out: all of it is drawn, however long that takes. */
  budget?: DrawingBudget | null;
}

/** A kind of track: from arrays to marks, without a canvas. */
export interface TrackKind<T extends Track> {
  height(track: T, tall: boolean): number;
  draw(track: T, frame: Frame): Mark[];
  /** What it says at a step, for who cannot see it and beside its name. @param y  in the track, where one points */
  read(track: T, step: number, frame: Pick<Frame, "data" | "gradient" | "words">, row: number | null): string;
  /** As a table: the head first. */
  rows(track: T, data: ScoreData): readonly (readonly (string | number)[])[];
}

/** A number as it is read beside a track. */
export function said(value: number, digits = 2): string {
  if (Number.isNaN(value)) return "–";
  const size = Math.abs(value);
  const text = size !== 0 && (size < 10 ** -digits || size >= 1e5) ? value.toExponential(1) : value.toFixed(digits);
  return text.replace("-", "−");
}

/** As a program reads it. */
export const exact = (value: number): number | string => (Number.isNaN(value) ? "" : Number(value.toPrecision(7)));
