import { correlations, type HeatTrack, highUnits, type Place, placesWhere, type ScoreData } from "./library-look.js";

/** A place of a text, with what stands around it. */
export interface Context {
  from: number;
  to: number;
  /** How much of what was looked for is there: a share, or a unit's value. */
  value: number;
  before: string;
  match: string;
  after: string;
}

/** What a unit does, beyond the picture of it. */
export interface UnitAnswer {
  name: string;
  follows: string;
  highest: Context[];
  lowest: Context[];
  /** Units that go with it, or against it, closest first. */
  alike: { name: string; follows: string; correlation: number }[];
}

export interface PlacesAnswer {
  /** Those that are high, or low, throughout the range. */
  units: { name: string; follows: string; sign: 1 | -1 }[];
  places: Context[];
  /** Steps that were looked through. */
  searched: number;
  /** They are of another text. */
  isElsewhere: boolean;
}

const AROUND = 26;

/** What is written at each step, line breaks and all made visible. */
export function writtenOf({ steps }: ScoreData): string[] {
  const isText = steps.every(({ written }) => written !== undefined);
  return steps.map(({ label, written }) => (isText ? written! : `${label} `));
}

export function contextOf(
  written: readonly string[],
  { from, to }: { from: number; to: number },
  value: number,
): Context {
  const text = (a: number, b: number): string => written.slice(Math.max(0, a), Math.max(0, b)).join("");
  return { from, to, value, before: text(from - AROUND, from), match: text(from, to), after: text(to, to + AROUND) };
}

export function aboutUnit(score: ScoreData, track: HeatTrack, row: number): UnitAnswer {
  const steps = score.steps.length;
  const written = writtenOf(score);
  const own = track.values.subarray(row * steps, (row + 1) * steps);
  const extremes = (sign: 1 | -1): Context[] => {
    const order = Array.from(own.keys()).sort((a, b) => sign * (own[b] - own[a]) || a - b);
    const found: number[] = [];
    for (const t of order) {
      if (sign * own[t] <= 0 || found.length === 8) break;
      // Neighbours are one place.
      if (found.every((other) => Math.abs(other - t) > 3)) found.push(t);
    }
    return found.map((t) => contextOf(written, { from: t, to: t + 1 }, (own[t] * track.scale) / 127));
  };
  const all = correlations(track.values, steps, row);
  const others = Array.from(all.keys()).filter((other) => other !== row);
  others.sort((a, b) => Math.abs(all[b]) - Math.abs(all[a]) || a - b);
  return {
    ...track.rows[row],
    ...{ highest: extremes(1), lowest: extremes(-1) },
    alike: others.slice(0, 8).map((other) => ({ ...track.rows[other], correlation: all[other] })),
  };
}

/** Where the units that are high in a range are so elsewhere: in the sequence itself, or in another text's units. */
export function placesLike(
  score: ScoreData,
  track: HeatTrack,
  range: { from: number; to: number },
  corpus: { units: HeatTrack; written: readonly string[] } | null,
): PlacesAnswer {
  const high = highUnits(track, range);
  const length = Math.min(range.to - range.from, 40);
  const named = high.map(({ row, sign }) => ({ ...track.rows[row], sign }));
  const found = (inside: HeatTrack, written: readonly string[], except?: { from: number; to: number }): Context[] => {
    const rows = high.flatMap(({ row, sign, size }) => {
      const at = inside.rows.findIndex(({ name }) => name === track.rows[row].name);
      return at < 0 ? [] : [{ row: at, sign, size }];
    });
    return placesWhere(inside, rows, { length, except }).map((place: Place) => contextOf(written, place, place.share));
  };
  if (corpus === null) {
    const places = found(track, writtenOf(score), range);
    return { units: named, places, searched: score.steps.length, isElsewhere: false };
  }
  const places = found(corpus.units, corpus.written);
  return { units: named, places, searched: corpus.written.length, isElsewhere: true };
}
