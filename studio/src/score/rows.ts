import type { HeatTrack, ScoreData, Track } from "../../../src/tasks/score/score-data.js";
import { comparable, difference, twin } from "./difference.js";

/** One row of the score: a track, of which model, and how it is called. */
export interface Row {
  /** Of the track, in the list of those that are shown. */
  id: string;
  key: string;
  track: Track;
  data: ScoreData;
  /** `A`, `B`, `A − B`; empty where nothing is compared. */
  whose: string;
}

/** What somebody asks about: a row of a map of units, and of which model it is. */
export type OnUnit = (track: HeatTrack, row: number, whose: Row["whose"]) => void;

export type CompareMode = "twice" | "difference";

/** What is shown where nobody chose: all but each gate unit by unit, and of many layers the units of the highest. */
export function usualTracks({ tracks }: ScoreData): string[] {
  const maps = tracks.filter(({ id }) => id.startsWith("units:"));
  const highest = maps.at(-1)?.id.replace(/r$/, "");
  return tracks
    .filter(({ id }) => !id.startsWith("gate:"))
    .filter(({ id }) => !id.startsWith("units:") || id.replace(/r$/, "") === highest)
    .map(({ id }) => id);
}

/** The rows of these tracks, each with what it is compared with. */
export function rowsFor(data: ScoreData, shown: readonly string[], other: ScoreData | null, mode: CompareMode): Row[] {
  const found = shown.flatMap((id) => data.tracks.find((track) => track.id === id) ?? []);
  return found.flatMap((track): Row[] => {
    const own = { id: track.id, key: track.id, track, data, whose: "" };
    const against = other === null ? null : twin(track, other);
    if (against === null || other === null) return [own];
    if (mode === "difference" && comparable(data, other)) {
      const less = difference(track, against);
      if (less !== null) return [{ ...own, key: `${track.id}−`, track: less, whose: "A − B" }];
    }
    return [
      { ...own, whose: "A" },
      { ...own, key: `${track.id}'`, track: against, data: other, whose: "B" },
    ];
  });
}

/** A track one place up or down among those that are shown. */
export function shifted(shown: readonly string[], id: string, by: 1 | -1): string[] {
  const at = shown.indexOf(id);
  const to = at + by;
  if (at < 0 || to < 0 || to >= shown.length) return [...shown];
  const next = [...shown];
  [next[at], next[to]] = [next[to]!, next[at]!];
  return next;
}
