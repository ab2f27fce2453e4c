import type { ScoreData, Track } from "../../../src/tasks/score/score-data.js";
import { type Pyramid, rememberPyramid } from "./pyramid.js";

/** What of a track is drawn from afar at half, a quarter ... of its length, always in one order. */
export function drawnValues(track: Track): readonly (Float32Array | Int8Array)[] {
  switch (track.kind) {
    case "bars":
    case "weights":
    case "heat":
      return [track.values];
    case "lines":
      return track.series.map(({ values }) => values);
    case "fan":
      return [...track.bands.flatMap(({ low, high }) => [low, high]), ...track.lines.map(({ values }) => values)];
    default:
      return [];
  }
}

/** Takes what a worker halved already. @param pyramids  each by its track, and its place among what is drawn of that */
export function rememberPyramids({
  scores,
  pyramids,
}: {
  scores: readonly ScoreData[];
  pyramids: readonly { score: number; id: string; part: number; pyramid: Pyramid }[];
}): void {
  for (const { score, id, part, pyramid } of pyramids) {
    const track = scores[score]?.tracks.find((one) => one.id === id);
    const values = track === undefined ? undefined : drawnValues(track)[part];
    if (values !== undefined) rememberPyramid(values, pyramid);
  }
}
