import type { Pixels } from "./marks.js";
import type { By, Pyramid } from "./pyramid.js";

/** Columns of a tile: a view is a few of them. */
export const TILE = 256;
/** Tiles that are kept, the newest: about 30 MB of 512 rows. */
const MOST = 60;

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
  for (let r = 0; r < rows; r++) {
    const from = r * columns + first;
    for (let t = 0; t < width; t++) data[r * width + t] = colours[values[from + t]! + 128]!;
  }
  return { width, height: rows, data };
}

const kept = new WeakMap<Pyramid<Int8Array>, Map<string, Pixels>>();

/** A tile that was made before, or is made now. */
export function tile(
  pyramid: Pyramid<Int8Array>,
  level: number,
  by: By,
  at: number,
  colours: Uint32Array,
  name: string,
): Pixels {
  const own = kept.get(pyramid) ?? new Map<string, Pixels>();
  kept.set(pyramid, own);
  const key = `${name} ${by} ${level} ${at}`;
  const pixels = own.get(key) ?? tilePixels(pyramid, level, by, at, colours);
  own.delete(key);
  own.set(key, pixels);
  if (own.size > MOST) own.delete(own.keys().next().value!);
  return pixels;
}
