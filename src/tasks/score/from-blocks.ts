import type { Block, Curves, ShownStep } from "../inspection/blocks.js";
import { heatOfRows } from "./heat.js";
import type { FanTrack, LinesTrack, ScoreData, Track } from "./score-data.js";

/** What is known of one sequence, before it is put together. */
interface Axis {
  title: string;
  steps: readonly ShownStep[];
  tracks: Track[];
}

/** What a report shows of sequences, as scores: one for each axis that its blocks are about. */
export function scoresOfBlocks(blocks: readonly Block[], unit = "step"): ScoreData[] {
  const axes: Axis[] = [];
  let sample = "";
  for (const block of blocks) {
    if (block.kind === "heading") sample = block.text;
    else place(block, axes, sample);
  }
  return axes.map(({ title, steps, tracks }) => ({ title, unit, steps, tracks: distinct(tracks) }));
}

function place(block: Block, axes: Axis[], sample: string): void {
  const of = (steps: readonly ShownStep[]): Axis => {
    const key = steps.map(({ label }) => label).join("\n");
    const found = axes.find((axis) => axis.title === sample && axis.steps.map(({ label }) => label).join("\n") === key);
    if (found !== undefined) return found;
    const made = { title: sample, steps, tracks: [] };
    axes.push(made);
    return made;
  };
  if (block.kind === "weighed") {
    const { title, about, steps, weights } = block;
    of(steps).tracks.push({ kind: "weights", ...named(title), about, values: Float32Array.from(weights) });
  } else if (block.kind === "map") {
    const { title, about, rows, columns, values } = block;
    of(columns.map((label) => ({ label }))).tracks.push(heatOfRows({ ...named(title), about }, rows, values));
  } else if (block.kind === "curves") {
    const length = Math.max(...block.series.map(({ values, from = 0 }) => from + values.length));
    const fits = axes.find((axis) => axis.title === sample && axis.steps.length === length);
    const given = block.steps === undefined ? fits : of(block.steps);
    const own = given ?? of(Array.from({ length }, (_, t) => ({ label: String(t + 1) })));
    own.tracks.push(curvesTrack(block, length));
  }
}

/** Short, as it stands before a track; titles of reports end with what they are of. */
function named(title: string): { id: string; title: string } {
  const short = title.replace(/, [^,]*$/, "");
  return { id: short.toLowerCase(), title: short };
}

function curvesTrack({ title, about, series, log = false, yRange }: Curves, length: number): LinesTrack | FanTrack {
  const placed = series.map(({ name, values, from = 0, dash }) => {
    const whole = new Float32Array(length).fill(Number.NaN);
    whole.set(values, from);
    return { name, values: whole, dash };
  });
  const known = placed.flatMap(({ values }) =>
    Array.from(values).filter((value) => Number.isFinite(value) && (!log || value > 0)),
  );
  const [low, high] = yRange ?? [Math.min(...known), Math.max(...known)];
  const range: [number, number] = known.length === 0 ? [log ? 0.1 : 0, 1] : [low, high];
  const base = { ...named(title), about, range };
  const bands = bandsOf(placed);
  if (bands.length === 0) return { ...base, kind: "lines", log, series: placed };
  return { ...base, kind: "fan", bands, lines: placed.filter(({ name }) => !PERCENT.test(name)) };
}

const PERCENT = /^(\d+) %$/;

/** Quantiles that lie about the middle in pairs: `10 %` and `90 %`. */
function bandsOf(series: readonly { name: string; values: Float32Array }[]): FanTrack["bands"] {
  return series.flatMap(({ name, values }) => {
    const level = Number(PERCENT.exec(name)?.[1] ?? 100);
    const high = level < 50 ? series.find((other) => other.name === `${100 - level} %`) : undefined;
    return high === undefined ? [] : [{ name: `${100 - 2 * level} %`, low: values, high: high.values }];
  });
}

/** Names that are there once: a second one is numbered. */
function distinct(tracks: readonly Track[]): Track[] {
  const seen = new Map<string, number>();
  return tracks.map((track) => {
    const count = (seen.get(track.id) ?? 0) + 1;
    seen.set(track.id, count);
    return count === 1 ? track : { ...track, id: `${track.id} ${count}`, title: `${track.title} ${count}` };
  });
}
