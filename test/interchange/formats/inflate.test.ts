import { deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { inflate } from "../../../src/interchange/formats/zip/inflate.js";

// Small files are unpacked at once and large ones in pieces: of both, what zlib packed, and what says that it is longer or shorter.

const SIZES = [1, 100, 16_383, 16_384, 16_385, 70_000];
const plain = (size: number) => Uint8Array.from({ length: size }, (_, i) => (i * i) % 251);

function unpacked(bytes: Uint8Array, size: number): { found: number | string; data: number[] } {
  const data: number[] = [];
  const found = inflate(bytes, size, (piece) => void data.push(...piece));
  return { found, data };
}

test.each(SIZES.flatMap((size) => [0, 9].map((level) => [size, level])))("%i bytes at level %i", (size, level) => {
  const bytes = new Uint8Array(deflateRawSync(plain(size), { level }));
  expect(unpacked(bytes, size)).toEqual({ found: size, data: [...plain(size)] });
  expect(unpacked(bytes, size + 1).found).toBe(size);
  expect(unpacked(bytes, size - 1).found).toBe(size);
  expect(unpacked(bytes.subarray(0, -1), size).found).not.toBe(size);
});

test("what is no deflated data is told by a text", () => {
  expect(unpacked(new Uint8Array(), 4).found).toBe("nothing");
  expect(unpacked(new Uint8Array(80).fill(255), 80).found).toMatch(/invalid/);
});

test("a small file that unpacks to a thousand times what it says is no more than it says and one", () => {
  const bomb = new Uint8Array(deflateRawSync(new Uint8Array(10_000_000), { level: 9 }));
  expect(bomb.length).toBeLessThan(16_384);
  const pieces: number[] = [];
  expect(inflate(bomb, 1000, (piece) => void pieces.push(piece.length))).toBe(1001);
  expect(pieces).toEqual([]);
});
