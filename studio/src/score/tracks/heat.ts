import type { HeatTrack } from "../../../../src/tasks/score/score-data.js";
import { xOf } from "../axis.js";
import type { Mark, Pixels } from "../marks.js";
import { knownPyramid, levelFor } from "../pyramid.js";
import { instead, TILE, tile } from "../tiles.js";
import { exact, said, type TrackKind } from "./track-kind.js";

/** Higher than this a map is not unless it is asked to be. */
const MOST = 300;

/** Pixels of a row: as many as a map of so many rows has room for. */
export function rowHeight({ rows, ofUnits }: HeatTrack, tall: boolean): number {
  const least = ofUnits || rows.length > 40 ? 1 : 8;
  return Math.max(least, Math.min(16, Math.floor((tall ? 3 * MOST : MOST) / Math.max(1, rows.length))));
}

/** Rows of values: only the tiles that are seen are made, each once. */
export const heat: TrackKind<HeatTrack> = {
  height: (track, tall) => rowHeight(track, tall) * track.rows.length,
  draw(track, { view, width, cell, colours, by, tall, budget = null }) {
    const height = heat.height(track, tall);
    const pyramid = knownPyramid(track.values, track.rows.length);
    const level = levelFor(pyramid, cell);
    const each = 2 ** level;
    const { columns } = pyramid.levels[level]!;
    const [table, name] = track.signed ? [colours.signed, `s${colours.dark}`] : [colours.sizes, `u${colours.dark}`];
    const place = { level, by, colours: table, name };
    const markOf = (own: number, at: number, pixels: Pixels): Mark => {
      const x = xOf(view, at * TILE * 2 ** own, width);
      return { kind: "pixels", x, y: 0, width: pixels.width * 2 ** own * cell, height, pixels };
    };
    const marks: Mark[] = [];
    const last = Math.min(Math.ceil(columns / TILE), Math.ceil(view.to / each / TILE));
    let isWhole = true;
    for (let at = Math.max(0, Math.floor(view.from / each / TILE)); at < last; at++) {
      const pixels = tile(pyramid, { ...place, at }, budget);
      if (pixels === null) isWhole = false;
      else marks.push(markOf(level, at, pixels));
    }
    const under = isWhole ? [] : instead(pyramid, place, view);
    return [...under.map((one) => markOf(one.level, one.at, one.pixels)), ...marks];
  },
  read({ rows, values, scale }, step, { words }, row) {
    const steps = values.length / rows.length;
    const at = row ?? strongest(values, steps, step);
    const found = rows[at];
    if (found === undefined) return "";
    const follows = found.follows === "" ? "" : ` · ${found.follows}`;
    return `${row === null ? `${words.strongest} ` : ""}${found.name} ${said((values[at * steps + step]! * scale) / 127)}${follows}`;
  },
  rows: ({ rows, values, scale }, { steps }) => [
    ["step", "token", ...rows.map(({ name }) => name)],
    ...steps.map(({ label }, t) => [
      t,
      label,
      ...rows.map((_, r) => exact((values[r * steps.length + t]! * scale) / 127)),
    ]),
  ],
};

/** The row furthest from 0. */
export function strongest(values: Int8Array, steps: number, step: number): number {
  let best = 0;
  for (let r = 1; r * steps < values.length; r++) {
    if (Math.abs(values[r * steps + step]!) > Math.abs(values[best * steps + step]!)) best = r;
  }
  return best;
}

/** Neighbours that follow one thing: where they begin, how many they are, and what it is. */
export function groups({ rows }: HeatTrack): { first: number; count: number; name: string }[] {
  const found: { first: number; count: number; name: string }[] = [];
  for (const [r, { follows }] of rows.entries()) {
    const name = follows.replace(/ \([^)]*\)$/, "");
    const last = found.at(-1);
    if (last?.name === name) last.count++;
    else found.push({ first: r, count: 1, name });
  }
  return found.filter(({ name }) => name !== "");
}
