import type { ScoreData, Track } from "../../../../src/tasks/score/score-data.js";
import type { Mark } from "../marks.js";
import { bars } from "./bars.js";
import { fan } from "./fan.js";
import { gradient } from "./gradient.js";
import { heat } from "./heat.js";
import { lines } from "./lines.js";
import { next } from "./next.js";
import type { Frame, TrackKind } from "./track-kind.js";
import { weights } from "./weights.js";

export type { Frame, TrackKind } from "./track-kind.js";

/** Every kind of track: a new one is a file and a row here. */
export const KINDS: { [K in Track["kind"]]: TrackKind<Extract<Track, { kind: K }>> } = {
  bars,
  fan,
  gradient,
  heat,
  lines,
  next,
  weights,
};

const kindOf = (track: Track): TrackKind<Track> => KINDS[track.kind] as unknown as TrackKind<Track>;

export const heightOf = (track: Track, tall: boolean): number => kindOf(track).height(track, tall);
export const draw = (track: Track, frame: Frame): Mark[] => kindOf(track).draw(track, frame);
export const read = (
  track: Track,
  step: number,
  frame: Pick<Frame, "data" | "gradient" | "words">,
  row: number | null = null,
): string => kindOf(track).read(track, step, frame, row);
export const rowsOf = (track: Track, data: ScoreData) => kindOf(track).rows(track, data);
