import type { WeightsTrack } from "../../../../src/tasks/score/score-data.js";
import { xOf } from "../axis.js";
import { css } from "../colours.js";
import type { Mark } from "../marks.js";
import { seenFrom } from "../pyramid.js";
import { exact, said, type TrackKind } from "./track-kind.js";

const HEIGHT = 26;

/** For and against: blue and orange. */
export const weights: TrackKind<WeightsTrack> = {
  height: (_, tall) => (tall ? 2 * HEIGHT : HEIGHT),
  draw(track, { view, width, cell, colours, tall, budget }) {
    const height = weights.height(track, tall);
    const most = track.values.reduce((a, b) => Math.max(a, Math.abs(b)), 0) || 1;
    const found = seenFrom(track.values, 1, cell, budget);
    if (found === null) return [];
    const { own, each } = found;
    const { columns, extreme } = own;
    const marks: Mark[] = [{ kind: "rect", x: 0, y: height - 1, width, height: 1, colour: colours.rule }];
    for (let k = Math.max(0, Math.floor(view.from / each)); k < Math.min(columns, Math.ceil(view.to / each)); k++) {
      const colour = css(colours.signed[128 + Math.round((127 * extreme[k]!) / most)] ?? colours.signed[128]!);
      const x = xOf(view, k * each, width);
      marks.push({ kind: "rect", x, y: 0, width: each * cell - (cell > 4 ? 1 : 0), height: height - 2, colour });
    }
    return marks;
  },
  read: ({ values }, step) => `${values[step]! > 0 ? "+" : ""}${said(values[step]!)}`,
  rows: ({ values, title }, { steps }) => [["step", title], ...steps.map(({ label }, t) => [label, exact(values[t]!)])],
};
