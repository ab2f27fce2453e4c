import type { ScoreData, Track } from "../../../src/tasks/score/score-data.js";

/** Whether two scores lie on one axis: then their tracks can be laid over each other, step by step. */
export function comparable(a: ScoreData, b: ScoreData): boolean {
  return a.steps.length === b.steps.length;
}

/** The track of this kind in another score; null where it has none. */
export function twin<T extends Track>(track: T, { tracks }: ScoreData): T | null {
  const found = tracks.find(({ id, kind }) => id === track.id && kind === track.kind);
  return (found as T | undefined) ?? null;
}

/** `a` less `b`, step by step; null where a difference says nothing: of lists of tokens, and of rows that are others. */
export function difference(a: Track, b: Track): Track | null {
  if (a.kind === "bars" && b.kind === "bars") {
    return { kind: "weights", id: a.id, title: a.title, about: a.about, values: less(a.values, b.values) };
  }
  if (a.kind === "weights" && b.kind === "weights") return { ...a, values: less(a.values, b.values) };
  if (a.kind === "lines" && b.kind === "lines" && !a.log) {
    const series = a.series.flatMap(({ name, values }) => {
      const other = b.series.find((one) => one.name === name);
      return other === undefined ? [] : [{ name, values: less(values, other.values) }];
    });
    const most = series.reduce((sum, { values }) => values.reduce((m, v) => Math.max(m, Math.abs(v)), sum), 0) || 1;
    return series.length === 0 ? null : { ...a, series, range: [-most, most] };
  }
  return a.kind === "heat" && b.kind === "heat" ? heatDifference(a, b) : null;
}

/** No number less no number is 0: nothing was there either time. */
function less(a: Float32Array, b: Float32Array): Float32Array {
  return a.map((value, t) => (Number.isNaN(value) || Number.isNaN(b[t]!) ? 0 : value - b[t]!));
}

type Heat = Extract<Track, { kind: "heat" }>;

/** Rows are found by their names: sorting put them elsewhere. */
function heatDifference(a: Heat, b: Heat): Heat | null {
  const steps = a.values.length / a.rows.length;
  if (b.values.length / b.rows.length !== steps) return null;
  const place = new Map(b.rows.map(({ name }, r) => [name, r]));
  const rows = a.rows.flatMap((row, r) => (place.has(row.name) ? [{ row, r, other: place.get(row.name)! }] : []));
  if (rows.length === 0) return null;
  const raw = new Float32Array(rows.length * steps);
  for (const [k, { r, other }] of rows.entries()) {
    for (let t = 0; t < steps; t++) {
      raw[k * steps + t] = (a.values[r * steps + t]! * a.scale - b.values[other * steps + t]! * b.scale) / 127;
    }
  }
  const scale = raw.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  const values = Int8Array.from(raw, (value) => Math.round((127 * value) / scale));
  return { ...a, rows: rows.map(({ row }) => ({ name: row.name, follows: row.follows })), values, scale, signed: true };
}
