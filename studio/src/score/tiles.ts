import type { Pixels } from "./marks.js";
import type { Budget, By, Pyramid } from "./pyramid.js";

/** Columns of a tile: a view is a few of them. */
export const TILE = 128;
/** Tiles that are kept, the newest: about 30 MB of 512 rows. */
const MOST = 120;

/** What one drawing may take. */
export interface DrawingBudget extends Budget {
  /** Makes of pixels what is drawn. */
  ready(pixels: Pixels): void;
}

/** The pixels of one tile: a pixel a value. @param colours  of the value -128 and those above it */
export function tilePixels(
  { rows, levels }: Pyramid<Int8Array>,
  level: number,
  by: By,
  tile: number,
  colours: Uint32Array,
): Pixels {
  const { columns, [by]: values } = levels[level]!;
  const first = tile * TILE;
  const width = Math.max(0, Math.min(TILE, columns - first));
  const data = new Uint32Array(width * rows);
  for (let r = 0, at = 0; r < rows; r++) {
    const from = r * columns + first;
    for (let t = from; t < from + width; t++) data[at++] = colours[values[t]! + 128]!;
  }
  return { width, height: rows, data };
}

const kept = new WeakMap<Pyramid<Int8Array>, Map<string, Pixels>>();

/** Which tile of a level, and how it is coloured. */
export interface TilePlace {
  level: number;
  by: By;
  at: number;
  colours: Uint32Array;
  /** Of the colours. */
  name: string;
}

const keyOf = ({ name, by, level, at }: Omit<TilePlace, "colours">): string => `${name} ${by} ${level} ${at}`;

/** A tile that was made before, or is made now; null where there is no time for it. */
export function tile(pyramid: Pyramid<Int8Array>, place: TilePlace, budget: DrawingBudget | null): Pixels | null {
  const own = kept.get(pyramid) ?? new Map<string, Pixels>();
  kept.set(pyramid, own);
  const key = keyOf(place);
  const found = own.get(key);
  if (found === undefined && budget !== null && !budget.has()) {
    budget.left();
    return null;
  }
  const pixels = found ?? tilePixels(pyramid, place.level, place.by, place.at, place.colours);
  if (found === undefined) budget?.ready(pixels);
  own.delete(key);
  own.set(key, pixels);
  if (own.size > MOST) own.delete(own.keys().next().value!);
  return pixels;
}

/** Tiles that are there already, of the levels next to this one: what is shown until its own are made. */
export function instead(
  pyramid: Pyramid<Int8Array>,
  { level, ...rest }: Omit<TilePlace, "at">,
  seen: { from: number; to: number },
): { level: number; at: number; pixels: Pixels }[] {
  const own = kept.get(pyramid);
  if (own === undefined) return [];
  const order = [...pyramid.levels.keys()].filter((other) => other !== level);
  order.sort((a, b) => Math.abs(a - level) - Math.abs(b - level) || b - a);
  for (const other of order) {
    const size = TILE * 2 ** other;
    const found: { level: number; at: number; pixels: Pixels }[] = [];
    for (let at = Math.max(0, Math.floor(seen.from / size)); at * size < seen.to && at < MOST; at++) {
      const pixels = own.get(keyOf({ ...rest, level: other, at }));
      if (pixels !== undefined) found.push({ level: other, at, pixels });
    }
    if (found.length > 0) return found;
  }
  return [];
}
