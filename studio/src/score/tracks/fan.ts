import type { FanTrack } from "../../../../src/tasks/score/score-data.js";
import { xOf } from "../axis.js";
import type { Mark } from "../marks.js";
import { curves, placer } from "./lines.js";
import { exact, said, type TrackKind } from "./track-kind.js";

const HEIGHT = 130;

/** What is known, and the forecast with its bands. */
export const fan: TrackKind<FanTrack> = {
  height: (_, tall) => (tall ? 2 * HEIGHT : HEIGHT),
  draw(track, { view, width, cell, colours, tall, budget = null }) {
    const height = fan.height(track, tall);
    const place = placer({ range: track.range, log: false }, height);
    const marks: Mark[] = [{ kind: "rect", x: 0, y: height - 1, width, height: 1, colour: colours.rule }];
    for (const { low, high } of track.bands) {
      const steps = [...low.keys()].filter((t) => Number.isFinite(low[t]!) && Number.isFinite(high[t]!));
      const middle = (t: number): number => xOf(view, t + 0.5, width);
      const points = [
        ...steps.flatMap((t) => [middle(t), place(high[t]!)]),
        ...steps.reverse().flatMap((t) => [middle(t), place(low[t]!)]),
      ];
      if (points.length > 4)
        marks.push({ kind: "area", points, colour: colours.accent, opacity: track.bands.length > 1 ? 0.13 : 0.2 });
    }
    for (const [k, { values }] of track.lines.entries()) {
      const colour = k === 0 ? colours.ink : colours.accent;
      for (const points of curves(values, { view, width, cell, budget }, place))
        marks.push({ kind: "line", points, colour, width: 1.8 });
    }
    return marks;
  },
  read: ({ bands, lines }, step) =>
    [
      ...lines
        .filter(({ values }) => !Number.isNaN(values[step]!))
        .map(({ name, values }) => `${name} ${said(values[step]!)}`),
      ...bands
        .filter(({ low }) => !Number.isNaN(low[step]!))
        .map(({ name, low, high }) => `${name} ${said(low[step]!)} … ${said(high[step]!)}`),
    ].join("  "),
  rows: ({ bands, lines }, { steps }) => [
    ["step", ...lines.map(({ name }) => name), ...bands.flatMap(({ name }) => [`${name} low`, `${name} high`])],
    ...steps.map(({ label }, t) => [
      label,
      ...lines.map(({ values }) => exact(values[t]!)),
      ...bands.flatMap(({ low, high }) => [exact(low[t]!), exact(high[t]!)]),
    ]),
  ],
};
