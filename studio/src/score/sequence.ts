import { grouped } from "../../../src/base/grouped.js";
import type { ScoreData } from "../../../src/tasks/score/score-data.js";
import { seen, ticks, type View, xOf } from "./axis.js";
import type { Colours } from "./colours.js";
import type { Mark } from "./marks.js";
import { LETTER } from "./tracks/next.js";

export const SEQUENCE_HEIGHT = 40;

/** Pixels that a step needs for its letters: a character, or the beginning of a word. */
export function cellFor({ steps }: ScoreData): number {
  const sample = steps.slice(0, 200);
  const longest = sample.reduce((most, { label }) => Math.max(most, [...label].length), 1);
  const mean = sample.reduce((sum, { label }) => sum + [...label].length, 0) / Math.max(1, sample.length);
  return Math.round(Math.min(96, 5 + 7.9 * Math.min(longest, Math.max(1, mean * 1.5))));
}

/** Whether the steps are letters or words: a time or a number need not stand at each of them. */
export function isText({ steps }: ScoreData): boolean {
  return steps.length === 0 || steps.some(({ written }) => written !== undefined);
}

/** Pixels of a digit of the axis, and of a letter of the sequence. */
const [TICK_DIGIT, STEP_LETTER] = [6.4, 8.5];

/** Where a label of more room than its step is seen as a whole, or null where it would touch the next one. */
function whole(x: number, text: string, room: number, width: number): number | null {
  const half = Math.min(STEP_LETTER * [...text].length, room) / 2;
  const place = Math.min(Math.max(x, half), width - half);
  return Math.abs(place - x) > room - 2 * half ? null : place;
}

/** The sequence itself, and the numbers of its steps. */
export function sequence(
  data: ScoreData,
  frame: { view: View; width: number; cell: number; colours: Colours },
): Mark[] {
  const { view, width, cell, colours } = frame;
  const { steps } = data;
  // Of times and numbers so many are left out that the others have room.
  const every = isText(data) ? 1 : Math.max(1, Math.ceil(cellFor(data) / cell));
  const { first, end } = seen(view, steps.length);
  const marks: Mark[] = [];
  for (const tick of ticks(view, width)) {
    const x = xOf(view, tick, width);
    marks.push({ kind: "rect", x, y: 2, width: 1, height: 8, colour: colours.rule });
    // One that would be cut reads as another number.
    if (x + 4 + TICK_DIGIT * grouped(tick).length > width) continue;
    marks.push({
      kind: "text",
      x: x + 4,
      y: 10,
      text: grouped(tick),
      colour: colours.faint,
      size: 10.5,
      mono: false,
    });
  }
  if (every === 1 && cell < LETTER) return marks;
  for (let t = first; t < end; t++) {
    if (t % every !== 0) continue;
    const { label } = steps[t]!;
    const room = Math.max(1, Math.floor((every * cell - 2) / 7.8));
    const points = [...label];
    const text =
      points.length > room ? `${points.slice(0, Math.max(1, room - 1)).join("")}${room > 1 ? "…" : ""}` : label;
    const colour = /^[·↵⇥▯]$/.test(label) ? colours.faint : colours.ink;
    const x = every === 1 ? xOf(view, t + 0.5, width) : whole(xOf(view, t + 0.5, width), text, every * cell, width);
    if (x === null) continue;
    marks.push({
      kind: "text",
      x,
      y: 31,
      text,
      colour,
      anchor: "middle",
      most: every * cell,
      size: every * cell < 9 ? 11 : 14,
    });
  }
  return marks;
}
