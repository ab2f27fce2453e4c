import type { LinesTrack } from "../../../../src/tasks/score/score-data.js";
import { xOf } from "../axis.js";
import type { Mark } from "../marks.js";
import { seenFrom } from "../pyramid.js";
import { exact, type Frame, said, type TrackKind } from "./track-kind.js";

const HEIGHT = 64;

/** Curves over the steps, each point in the middle of its step. */
export const lines: TrackKind<LinesTrack> = {
  height: (_, tall) => (tall ? 3 * HEIGHT : HEIGHT),
  draw(track, { view, width, cell, colours, tall, budget = null }) {
    const height = lines.height(track, tall);
    const place = placer(track, height);
    const zero = track.log ? Number.NaN : place(0);
    const marks: Mark[] = [];
    for (const y of [zero, height - 1]) {
      if (y >= 0 && y < height)
        marks.push({ kind: "rect", x: 0, y: Math.round(y), width, height: 1, colour: colours.rule });
    }
    for (const [k, { values, dash }] of track.series.entries()) {
      const colour = colours.curves[k % colours.curves.length]!;
      for (const points of curves(values, { view, width, cell, budget }, place)) {
        marks.push({
          kind: "line",
          points,
          colour,
          width: 1.5,
          ...(dash !== undefined && { dash: dash.split(" ").map(Number) }),
        });
      }
    }
    return marks;
  },
  read: ({ series }, step) => series.map(({ name, values }) => `${name} ${said(values[step]!)}`).join("  "),
  rows: ({ series }, { steps }) => [
    ["step", ...series.map(({ name }) => name)],
    ...steps.map((_, t) => [t, ...series.map(({ values }) => exact(values[t]!))]),
  ],
};

/** From a value to its place, the highest at the top. */
export function placer({ range, log }: { range: readonly [number, number]; log: boolean }, height: number) {
  const of = (value: number): number => (log ? Math.log10(value) : value);
  const [low, high] = [of(range[0]), of(range[1])];
  return (value: number): number => height - 3 - ((of(value) - low) / (high - low || 1)) * (height - 6);
}

/** Points of a curve in pieces without a gap. */
export function curves(
  values: Float32Array,
  { view, width, cell, budget }: Pick<Frame, "view" | "width" | "cell" | "budget">,
  place: (value: number) => number,
): number[][] {
  // Two pixels from point to point: nearer ones cost much and cannot be told apart.
  const found = seenFrom(values, 1, cell / 2, budget);
  if (found === null) return [];
  const { each, own } = found;
  const { columns, mean } = own;
  const pieces: number[][] = [[]];
  // One more at either side: the curve goes on where the view ends.
  for (
    let k = Math.max(0, Math.floor(view.from / each) - 1);
    k < Math.min(columns, Math.ceil(view.to / each) + 1);
    k++
  ) {
    const y = place(mean[k]!);
    if (Number.isFinite(y)) pieces.at(-1)!.push(xOf(view, (k + 0.5) * each, width), y);
    else if (pieces.at(-1)!.length > 0) pieces.push([]);
  }
  return pieces.filter((points) => points.length > 2);
}
