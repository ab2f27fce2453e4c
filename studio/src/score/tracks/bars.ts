import type { BarsTrack } from "../../../../src/tasks/score/score-data.js";
import { xOf } from "../axis.js";
import type { Mark } from "../marks.js";
import { seenFrom } from "../pyramid.js";
import { exact, said, type TrackKind } from "./track-kind.js";

const HEIGHT = 40;

/** A bar a step; in the colour of the unusual where one is much above the others. */
export const bars: TrackKind<BarsTrack> = {
  height: (_, tall) => (tall ? 2.5 * HEIGHT : HEIGHT),
  draw(track, { view, width, cell, colours, tall, budget }) {
    const height = bars.height(track, tall);
    const found = seenFrom(track.values, 1, cell, budget);
    if (found === null) return [];
    const { own, each } = found;
    const { columns, extreme } = own;
    const most = reach(track);
    const marks: Mark[] = [{ kind: "rect", x: 0, y: height - 1, width, height: 1, colour: colours.rule }];
    const gap = each * cell > 4 ? 1 : 0;
    for (let k = Math.max(0, Math.floor(view.from / each)); k < Math.min(columns, Math.ceil(view.to / each)); k++) {
      const value = extreme[k]!;
      if (!(value > 0)) continue;
      const size = Math.max(1, Math.min(1, value / most) * (height - 4));
      const colour = value > track.high ? colours.hot : colours.accent;
      marks.push({ kind: "rect", x: xOf(view, k * each, width), y: height - 1 - size, width: each * cell - gap, height: size, colour, opacity: value > track.high ? 1 : 0.62 }); // biome-ignore format: one mark
    }
    return marks;
  },
  read: ({ values, measure }, step) => `${said(values[step]!)} ${measure}`,
  rows: ({ values, title }) => [["step", title], ...Array.from(values, (value, t) => [t, exact(value)])],
};

const reaches = new WeakMap<Float32Array, number>();

/** What fills the height: a little above what is much, so that one odd step does not flatten all others. */
function reach({ values, high }: BarsTrack): number {
  const found = reaches.get(values);
  if (found !== undefined) return found;
  const most = values.reduce((a, b) => (b > a ? b : a), 0);
  const made = Math.min(most, 2.2 * high) || 1;
  reaches.set(values, made);
  return made;
}
