import type { NextTrack } from "../../../../src/tasks/score/score-data.js";
import { seen, xOf } from "../axis.js";
import { css, inkOn } from "../colours.js";
import type { Mark } from "../marks.js";
import { seenFrom } from "../pyramid.js";
import { exact, type TrackKind } from "./track-kind.js";

const ROW = 20;
/** Rows that are drawn: the others are told under the cursor. */
const SHOWN = 3;
/** From this width on a step has room for a letter. */
export const LETTER = 7;

const rowsOf = ({ top }: NextTrack, tall: boolean): number => Math.min(top, tall ? top : SHOWN);

/** What is expected after each step: the likeliest on top, each on a ground as dark as it is likely. */
export const next: TrackKind<NextTrack> = {
  height: (track, tall) => ROW * rowsOf(track, tall),
  draw(track, frame) {
    const { view, width, cell, colours, data, tall } = frame;
    const { top, ids, probabilities, names } = track;
    const rows = rowsOf(track, tall);
    if (cell < 2) return fromAfar(track, frame, rows);
    const { first, end } = seen(view, data.steps.length);
    const marks: Mark[] = [];
    for (let t = first; t < end; t++) {
      const x = xOf(view, t, width);
      for (let k = 0; k < rows; k++) {
        const share = probabilities[t * top + k]!;
        const packed = colours.sizes[128 + Math.round(100 * share)]!;
        if (share > 0.03)
          marks.push({
            kind: "rect",
            x,
            y: k * ROW,
            width: cell - (cell > 4 ? 1 : 0),
            height: ROW - 1,
            colour: css(packed),
          });
        if (cell < LETTER || share < 0.02) continue;
        const colour = share > 0.15 ? inkOn(packed) : colours.faint;
        marks.push({
          kind: "text",
          x: x + cell / 2,
          y: k * ROW + 14,
          text: names[ids[t * top + k]!] ?? "",
          colour,
          anchor: "middle",
          most: cell - 1,
          size: 13,
        });
      }
    }
    return marks;
  },
  read: ({ top, ids, probabilities, names }, step) =>
    Array.from({ length: Math.min(3, top) }, (_, k) => step * top + k)
      // After the last step nothing is expected.
      .filter((at) => probabilities[at]! > 0)
      .map((at) => `${names[ids[at]!] ?? ""} ${probabilities[at]!.toFixed(2)}`)
      .join("  "),
  rows: ({ top, ids, probabilities, names }, { steps }) => [
    ["step", "token", ...Array.from({ length: top }, (_, k) => [`expected ${k + 1}`, `p ${k + 1}`]).flat()],
    ...steps.map(({ label }, t) => [
      ...[t, label],
      ...Array.from({ length: top }, (_, k) => [
        names[ids[t * top + k]!] ?? "",
        exact(probabilities[t * top + k]!),
      ]).flat(),
    ]),
  ],
};

const byRank = new WeakMap<Float32Array, Float32Array[]>();

/** Where no letter has room: how sure it is. */
function fromAfar(
  { top, probabilities }: NextTrack,
  { view, width, cell, colours, budget }: Parameters<typeof next.draw>[1],
  rows: number,
): Mark[] {
  const all = byRank.get(probabilities) ?? [];
  byRank.set(probabilities, all);
  return Array.from({ length: rows }, (_, k) => k).flatMap((k) => {
    if (all[k] === undefined) {
      if (budget?.has() === false) {
        budget.left();
        return [];
      }
      const own = new Float32Array(probabilities.length / top);
      for (let t = 0; t < own.length; t++) own[t] = probabilities[t * top + k]!;
      all[k] = own;
    }
    const found = seenFrom(all[k]!, 1, cell, budget);
    if (found === null) return [];
    const { each } = found;
    const { columns, mean } = found.own;
    const marks: Mark[] = [];
    for (let c = Math.max(0, Math.floor(view.from / each)); c < Math.min(columns, Math.ceil(view.to / each)); c++) {
      const colour = css(colours.sizes[128 + Math.round(100 * mean[c]!)]!);
      marks.push({
        kind: "rect",
        x: xOf(view, c * each, width),
        y: k * ROW,
        width: each * cell + 0.5,
        height: ROW - 1,
        colour,
      });
    }
    return marks;
  });
}
