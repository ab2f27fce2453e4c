import type { HeatRow, HeatTrack } from "./score-data.js";

const MOST = 127;

/** The largest absolute value that is finite; 1 where all are 0. */
export function reachOf(values: ArrayLike<number>): number {
  let most = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]);
    if (size > most && size < Infinity) most = size;
  }
  return most > 0 ? most : 1;
}

/** What is kept of a value; no number is 0. */
function level(value: number, scale: number): number {
  const share = value / scale;
  return Number.isNaN(share) ? 0 : Math.round(MOST * Math.min(1, Math.max(-1, share)));
}

/** [L, R] as a heat track's [R, L], a row of it one after the other. @param order  which of the R comes first */
export function heatValues(
  values: ArrayLike<number>,
  steps: number,
  order: ArrayLike<number>,
  scale: number,
): Int8Array {
  const width = values.length / steps;
  const out = new Int8Array(order.length * steps);
  for (let r = 0; r < order.length; r++) {
    for (let t = 0; t < steps; t++) out[r * steps + t] = level(values[t * width + order[r]], scale);
  }
  return out;
}

/** A track of rows that are short lists: attention, the probabilities of tags. */
export function heatOfRows(
  base: Pick<HeatTrack, "id" | "title" | "about">,
  names: readonly string[],
  rows: readonly (readonly number[])[],
): HeatTrack {
  const steps = rows[0]?.length ?? 0;
  const flat = rows.flat();
  const signed = flat.some((value) => value < 0);
  const scale = reachOf(flat);
  return {
    ...{ ...base, kind: "heat", signed, scale, ofUnits: false },
    rows: names.map((name): HeatRow => ({ name, follows: "" })),
    values: Int8Array.from({ length: rows.length * steps }, (_, i) => level(flat[i], scale)),
  };
}
