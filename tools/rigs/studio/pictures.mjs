// Screenshots as they are kept: few colours, so that a dozen of them weigh little; and how alike two of them are.

import { crc32, deflateSync } from "node:zlib";

const COLOURS = 40;
/** Cells of so many pixels are compared by their mean: what letters look like differs from machine to machine. */
const CELL = 16;
/** A cell is another when its mean is that far away, of 255. */
const FAR = 20;
/**
 * Of all cells that hold something, so many may be others: figures that depend on speed, and lines that break elsewhere. Pictures of one
 * view on one machine differ in none, those of two examples in 14 to 25 %, those of two views in 29 % and more.
 */
export const MOST_OTHERS = 0.12;

/** @param page  any page of a browser, which decodes and counts @returns the same picture, of few colours, as PNG */
export async function reduced(page, png) {
  const { width, height, palette, indices } = await page.evaluate(reduce, [png.toString("base64"), COLOURS]);
  return indexedPng(width, height, palette, Buffer.from(indices, "base64"));
}

/** @returns of the cells that hold something in either picture, the share that are others in the second; 1 where sizes differ */
export function unlikeness(page, a, b) {
  return page.evaluate(compare, [a.toString("base64"), b.toString("base64"), CELL, FAR]);
}

/** In the page: the most frequent colours, and which of them each pixel is. */
async function reduce([png, most]) {
  const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
  const { width, height } = image;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const pixels = Array.from(
    { length: width * height },
    (_, i) => (data[4 * i] << 16) | (data[4 * i + 1] << 8) | data[4 * i + 2],
  );
  const counts = new Map();
  for (const pixel of pixels) counts.set(pixel, (counts.get(pixel) ?? 0) + 1);
  const away = (a, b) => [16, 8, 0].reduce((sum, by) => sum + (((a >> by) & 255) - ((b >> by) & 255)) ** 2, 0);
  // The most frequent ones, but none that hardly differs from one that is there.
  const palette = [];
  for (const [colour] of [...counts].sort((a, b) => b[1] - a[1])) {
    if (palette.length < most && palette.every((other) => away(colour, other) > 300)) palette.push(colour);
  }
  const nearest = new Map(
    [...counts.keys()].map((colour) => {
      const distances = palette.map((one) => away(colour, one));
      return [colour, distances.indexOf(Math.min(...distances))];
    }),
  );
  let text = "";
  for (const pixel of pixels) text += String.fromCharCode(nearest.get(pixel));
  return { width, height, palette, indices: btoa(text) };
}

/** In the page. */
async function compare([a, b, cell, far]) {
  const small = async (png) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${png}`)).blob());
    const [width, height] = [Math.ceil(image.width / cell), Math.ceil(image.height / cell)];
    const context = new OffscreenCanvas(image.width, image.height).getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, image.width, image.height);
    const sums = new Float64Array(3 * width * height);
    for (let i = 0; i < image.width * image.height; i++) {
      const at = Math.floor(Math.floor(i / image.width) / cell) * width + Math.floor((i % image.width) / cell);
      for (let k = 0; k < 3; k++) sums[3 * at + k] += data[4 * i + k] / cell ** 2;
    }
    return { size: `${image.width}×${image.height}`, sums };
  };
  const [one, two] = [await small(a), await small(b)];
  if (one.size !== two.size) return 1;
  const isAway = (a, i, b, j, by) => [0, 1, 2].some((k) => Math.abs(a[i + k] - b[j + k]) > by);
  // Paper: what most cells are.
  const counts = new Map();
  for (let i = 0; i < one.sums.length; i += 3) {
    const colour = one.sums
      .slice(i, i + 3)
      .map(Math.round)
      .join();
    counts.set(colour, (counts.get(colour) ?? 0) + 1);
  }
  const paper = [...counts]
    .sort((a, b) => b[1] - a[1])[0][0]
    .split(",")
    .map(Number);
  let [others, all] = [0, 0];
  for (let i = 0; i < one.sums.length; i += 3) {
    if (!isAway(one.sums, i, paper, 0, 3) && !isAway(two.sums, i, paper, 0, 3)) continue;
    all++;
    if (isAway(one.sums, i, two.sums, i, far)) others++;
  }
  return others / Math.max(all, 1);
}

function indexedPng(width, height, palette, indices) {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 3, 0, 0, 0], 8);
  const rows = Buffer.alloc((width + 1) * height);
  for (let y = 0; y < height; y++) rows.set(indices.subarray(y * width, (y + 1) * width), y * (width + 1) + 1);
  const colours = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  const parts = [["IHDR", header], ["PLTE", colours], ["IDAT", deflateSync(rows, { level: 9 })], ["IEND", Buffer.alloc(0)]]; // biome-ignore format: one line
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    ...parts.map(([type, data]) => chunk(type, data)),
  ]);
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
