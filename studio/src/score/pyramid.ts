import type { ScoreData, Track } from "../../../src/tasks/score/score-data.js";

/**
 * A sequence at half, a quarter, an eighth ... of its length, so that what is drawn costs as much as is seen. By the mean a view from
 * afar says what is usual, by the extreme (the value furthest from 0) it loses no spike.
 */
export type By = "mean" | "extreme";

type Numbers = Float32Array | Int8Array;

/** Rows of values, [R, columns] in a row. */
export interface Level<T extends Numbers = Numbers> {
  columns: number;
  mean: T;
  extreme: T;
}

export interface Pyramid<T extends Numbers = Numbers> {
  rows: number;
  /** The first is the sequence itself; each other one has half the columns, rounded up. */
  levels: readonly Level<T>[];
}

export function pyramidOf<T extends Numbers>(values: T, rows: number): Pyramid<T> {
  const levels: Level<T>[] = [{ columns: values.length / Math.max(1, rows), mean: values, extreme: values }];
  while (levels[levels.length - 1]!.columns > 1) levels.push(halved(levels[levels.length - 1]!, rows));
  return { rows, levels };
}

function halved<T extends Numbers>({ columns, mean, extreme }: Level<T>, rows: number): Level<T> {
  const half = Math.ceil(columns / 2);
  const make = (): T => (mean instanceof Int8Array ? new Int8Array(rows * half) : new Float32Array(rows * half)) as T;
  const next = { columns: half, mean: make(), extreme: make() };
  const isWhole = mean instanceof Int8Array;
  // A step without a value counts for nothing.
  for (let r = 0; r < rows; r++) {
    for (let t = 0; t < half; t++) {
      const at = r * columns + 2 * t;
      const other = 2 * t + 1 < columns ? at + 1 : at;
      const [i, a, b] = [r * half + t, mean[at]!, mean[other]!];
      const middle = Number.isNaN(a) ? b : Number.isNaN(b) ? a : (a + b) / 2;
      next.mean[i] = isWhole ? Math.round(middle) : middle;
      const [c, d] = [extreme[at]!, extreme[other]!];
      next.extreme[i] = Number.isNaN(c) || Math.abs(d) > Math.abs(c) ? d : c;
    }
  }
  return next;
}

/** The level whose columns are at least a pixel wide, where a step has `cell` pixels. */
export function levelFor({ levels }: Pyramid, cell: number): number {
  const wanted = Math.ceil(Math.log2(1 / Math.max(cell, 1e-9)) - 1e-9);
  return Math.min(Math.max(wanted, 0), levels.length - 1);
}

/** What one drawing may take. */
export interface Budget {
  /** Whether there is time for more. */
  has(): boolean;
  /** Told of what had to be left for later. */
  left(): void;
}

/**
 * The values as they are drawn where a step has `cell` pixels, and how many steps each of them is. Close by it is the sequence itself; what
 * has to be halved first may have to wait: then null.
 */
export function seenFrom<T extends Numbers>(
  values: T,
  rows: number,
  cell: number,
  budget: Budget | null = null,
): { own: Level<T>; level: number; each: number } | null {
  if (cell >= 1) {
    return { own: { columns: values.length / Math.max(1, rows), mean: values, extreme: values }, level: 0, each: 1 };
  }
  if (!known.has(values) && budget !== null && !budget.has()) {
    budget.left();
    return null;
  }
  const pyramid = knownPyramid(values, rows);
  const level = levelFor(pyramid, cell);
  return { own: pyramid.levels[level]!, level, each: 2 ** level };
}

const known = new WeakMap<Numbers, Pyramid>();

/** The pyramid of these values, made once. */
export function knownPyramid<T extends Numbers>(values: T, rows: number): Pyramid<T> {
  const found = known.get(values) as Pyramid<T> | undefined;
  if (found !== undefined) return found;
  const made = pyramidOf(values, rows);
  known.set(values, made);
  return made;
}

/** Takes a pyramid that was made elsewhere: in a worker. */
export function rememberPyramid<T extends Numbers>(values: T, pyramid: Pyramid<T>): void {
  known.set(values, pyramid);
}

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
