import type { Track } from "./score-data.js";

/** Where what was read lies on an axis of `steps`: `read` steps of it, the first one at `from`, which may lie before the axis. */
interface Place {
  from: number;
  read: number;
  steps: number;
}

/** Maps and curves of what was read, on the whole axis: nothing where nothing was read. */
export function onAxis(track: Track, place: Place): Track {
  if (place.from === 0 && place.read === place.steps) return track;
  if (track.kind === "heat")
    return { ...track, values: moved(track.values, new Int8Array(track.rows.length * place.steps), place) };
  if (track.kind !== "lines") return track;
  const empty = () => new Float32Array(place.steps).fill(Number.NaN);
  return { ...track, series: track.series.map((one) => ({ ...one, values: moved(one.values, empty(), place) })) };
}

/** Rows of `read` values as rows of `steps`. */
function moved<T extends Int8Array | Float32Array>(values: T, into: T, { from, read, steps }: Place): T {
  const [first, end] = [Math.max(0, -from), Math.min(read, steps - from)];
  for (let r = 0; r * read < values.length && first < end; r++) {
    into.set(values.subarray(r * read + first, r * read + end), r * steps + from + first);
  }
  return into;
}
