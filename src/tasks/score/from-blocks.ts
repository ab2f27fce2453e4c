import { rangeOf } from "../../base/range.js";
import type { Looked } from "../commands.js";
import type { Block, Curves, ShownStep } from "../inspection/blocks.js";
import { FEATURES, featureSeries } from "../language-model/inspection/features.js";
import type { NamedSeries } from "./following.js";
import { heatOfRows } from "./heat.js";
import { layerTracks } from "./layer-tracks.js";
import { onAxis } from "./on-axis.js";
import type { LayersBlock, ScoreBlock, Traced } from "./score-blocks.js";
import type { FanTrack, LinesTrack, PairData, ScoreData, Track } from "./score-data.js";

/** What is known of one sequence, before it is put together. */
interface Axis {
  title: string;
  steps: readonly ShownStep[];
  tracks: Track[];
  rows: Traced["rows"] | null;
  pair?: PairData;
}

/** What a report and its score show of sequences: a score for each axis that the blocks are about. */
export function lookedOf(blocks: readonly ScoreBlock[], unit = "step"): Omit<Looked, "warnings"> {
  const axes: Axis[] = [];
  const isRecorded = blocks.some(({ kind }) => kind === "layers");
  let sample = "";
  for (const block of blocks) {
    if (block.kind === "heading") sample = block.text;
    else if (!isTold(block, isRecorded)) place(block, axes, sample);
  }
  return {
    scores: axes.map((axis): ScoreData => {
      const { steps, tracks, pair } = axis;
      return { title: titleOf(axis, axes), unit, steps, tracks: distinct(tracks), ...(pair !== undefined && { pair }) };
    }),
    gradients: axes.map(({ rows }) => rows),
  };
}

/** Of a pair, which of its two sequences it is. */
function titleOf(axis: Axis, axes: readonly Axis[]): string {
  const { title, steps } = axis;
  const pair = axes.find((other) => other.title === title && other.pair !== undefined)?.pair;
  if (axis.pair !== undefined) return `written · ${title}`;
  return pair !== undefined && labelsOf(pair.steps) === labelsOf(steps) ? `${pair.title} · ${title}` : title;
}

/** Whether a score says it already: of what is recorded, the gates unit by unit. */
function isTold(block: ScoreBlock, isRecorded: boolean): boolean {
  if ("reportOnly" in block && block.reportOnly === true) return true;
  return isRecorded && block.kind === "curves" && block.ofGates === true;
}

function place(block: Exclude<ScoreBlock, { kind: "heading" }>, axes: Axis[], sample: string): void {
  const of = (steps: readonly ShownStep[]): Axis => axisOf(axes, sample, steps);
  switch (block.kind) {
    case "weighed":
      of(block.steps).tracks.push(weighedTrack(block));
      return;
    case "map": {
      const { title, about, rows, columns, values } = block;
      of(columns.map((label) => ({ label }))).tracks.push(heatOfRows({ ...named(title), about }, rows, values));
      return;
    }
    case "curves": {
      const length = Math.max(...block.series.map(({ values, from = 0 }) => from + values.length));
      const fits = axes.find((axis) => axis.title === sample && axis.steps.length === length);
      const given = block.steps === undefined ? fits : of(block.steps);
      const own = given ?? of(Array.from({ length }, (_, t) => ({ label: String(t + 1) })));
      own.tracks.push(curvesTrack(block, length));
      return;
    }
    case "track":
      of(block.steps).tracks.push(block.track());
      return;
    case "traced": {
      const own = of(block.steps);
      own.tracks.push({ kind: "gradient", id: "gradient", title: "gradient", about: block.about });
      own.rows = block.rows;
      return;
    }
    case "pair":
      of(block.steps).pair = block.pair();
      return;
    case "layers":
      of(block.steps).tracks.push(...recordedTracks(block));
  }
}

/** The axis of these steps of a sample. */
function axisOf(axes: Axis[], sample: string, steps: readonly ShownStep[]): Axis {
  const key = labelsOf(steps);
  const found = axes.find((axis) => axis.title === sample && labelsOf(axis.steps) === key);
  if (found !== undefined) {
    // A map has labels alone.
    if (found.steps.every(({ written, about }) => written === undefined && about === undefined)) found.steps = steps;
    return found;
  }
  const made: Axis = { title: sample, steps, tracks: [], rows: null };
  axes.push(made);
  return made;
}

const labelsOf = (steps: readonly ShownStep[]): string => steps.map(({ label }) => label).join("\n");

/** For and against something, or how much of something there is. */
function weighedTrack({ title, about, weights, unit }: Extract<Block, { kind: "weighed" }>): Track {
  const values = Float32Array.from(weights);
  if (unit === undefined) return { kind: "weights", ...named(title), about, values };
  return { kind: "bars", ...named(title), about, values, measure: unit, high: Infinity };
}

/** What layers did, under the steps that they read. */
function recordedTracks({ steps, from, layers }: LayersBlock): Track[] {
  return layers().flatMap((layer) => {
    const read = Array.from({ length: layer.steps }, (_, t) => steps[t + from] ?? NOTHING);
    const place = { from, read: layer.steps, steps: steps.length };
    return layerTracks(layer, seriesOf(read)).map((track) => onAxis(track, place));
  });
}

/** What is read beyond the axis. */
const NOTHING: ShownStep = { label: "", written: "" };

/** Fewer steps are too few to say what a unit follows. */
const TELLING = 24;

/** What units of a text can be compared with. */
function seriesOf(steps: readonly ShownStep[]): NamedSeries[] {
  if (steps.length < TELLING || steps.some(({ written }) => written === undefined)) return [];
  const tokens = steps.map(({ label, written = "" }) => {
    return { label, text: written === "↵" ? "\n" : written, written, breaks: written === "↵" };
  });
  return FEATURES.map((feature) => ({ name: feature.name, values: featureSeries(feature, tokens) }));
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
  const [low, high] = yRange ?? rangeOf(known);
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
