import type { GradientRow, GradientTrack } from "../../../../src/tasks/score/score-data.js";
import { xOf } from "../axis.js";
import { css } from "../colours.js";
import type { Mark } from "../marks.js";
import type { ScoreWords } from "../words.js";
import { exact, type TrackKind } from "./track-kind.js";

const HEIGHT = 26;
/** What is less than a part in 10⁴ of the largest has no colour. */
const DECADES = 4;

/** 0 to 127 by the logarithm: a gradient fades by a factor a step. */
export function fading(value: number, most: number): number {
  if (!(value > 0 && most > 0)) return 0;
  return Math.round(127 * Math.max(0, 1 + Math.log10(value / most) / DECADES));
}

/** How far a prediction reaches. */
function horizonText({ step, horizon, ahead = step }: GradientRow, words: ScoreWords): string {
  return words.horizon(step - horizon, ahead - step);
}

/** From the prediction under the cursor back through time, and where 1 % of it is left. */
export const gradient: TrackKind<GradientTrack> = {
  height: (_, tall) => (tall ? 2 * HEIGHT : HEIGHT),
  draw(track, { view, width, cell, colours, gradient: row, tall, words }) {
    const height = gradient.height(track, tall);
    const base: Mark = { kind: "rect", x: 0, y: height - 1, width, height: 1, colour: colours.rule };
    const none = row === null ? words.gradientEmpty : row.values.length === 0 ? words.gradientNone : "";
    if (row === null || none !== "") return [base, { kind: "text", x: 4, y: height / 2 + 4, text: none, colour: colours.faint, mono: false }]; // biome-ignore format: marks
    const most = row.values.reduce((a, b) => Math.max(a, b), 0);
    const marks: Mark[] = [base];
    const last = Math.min(row.from + row.values.length, Math.ceil(view.to));
    for (let s = Math.max(row.from, Math.floor(view.from)); s < last; s++) {
      const level = fading(row.values[s - row.from]!, most);
      if (level === 0) continue;
      marks.push({ kind: "rect", x: xOf(view, s, width), y: 0, width: Math.max(cell - (cell > 4 ? 1 : 0), 0.75), height: height - 2, colour: css(colours.sizes[128 + level]!) }); // biome-ignore format: one mark
    }
    const ahead = row.ahead ?? row.step;
    const ends = [row.horizon, ...(ahead > row.step ? [ahead + 1] : [])].map((step) => xOf(view, step, width));
    for (const end of ends)
      marks.push({ kind: "line", points: [end, 0, end, height], colour: colours.hot, width: 1.5 });
    const beside = xOf(view, Math.max(row.step + 1, row.from + row.values.length), width) + 6;
    const text = horizonText(row, words);
    if (beside < width - 7 * text.length) marks.push({ kind: "text", x: beside, y: height / 2 + 4, text, colour: colours.faint, mono: false, size: 12 }); // biome-ignore format: one mark
    return marks;
  },
  read: (_, step, { gradient: row, words }) =>
    row === null || row.step !== step ? "…" : row.values.length === 0 ? words.gradientNone : horizonText(row, words),
  rows: () => [["step", "gradient"]],
};

/** Of one prediction, as a table. */
export function gradientRows({ from, values }: GradientRow): (string | number)[][] {
  return [["step", "gradient"], ...Array.from(values, (value, s) => [from + s, exact(value)])];
}
