import fc from "fast-check";
import { expect, test } from "vitest";
import { ShapeError } from "../../src/base/errors.js";
import { ByteVocabulary } from "../../src/text/byte-vocabulary.js";

const vocabulary = new ByteVocabulary();

test("encodes UTF-8 and keeps a byte order mark", () => {
  expect([...vocabulary.encode("a한\r\n")]).toEqual([0x61, 0xed, 0x95, 0x9c, 0x0d, 0x0a]);
  expect(vocabulary.decode(vocabulary.encode("\ufeff한"))).toBe("\ufeff한");
});

test("property: any text comes back exactly, whole and by stream, and the stream never splits a character", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const ids = vocabulary.encode(text);
      expect(vocabulary.decode(ids)).toBe(text);
      const stream = vocabulary.stream();
      const pieces = [...ids].map((id) => stream.push(id));
      expect(pieces.filter((piece) => piece !== "")).toEqual([...text]);
      expect(stream.end()).toBe("");
    }),
    { seed: 2, numRuns: 200 },
  );
});

test("property: any bytes come back from decodeBytes, and stream and decode agree on them", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      const ids = vocabulary.encodeBytes(bytes);
      expect(vocabulary.decodeBytes(ids)).toEqual(bytes);
      const stream = vocabulary.stream();
      for (let round = 0; round < 2; round++) {
        const text = [...ids].map((id) => stream.push(id)).join("") + stream.end();
        expect(text).toBe(vocabulary.decode(ids));
      }
    }),
    { seed: 3, numRuns: 200 },
  );
});

test("an incomplete character is held back, and shown as U+FFFD at the end", () => {
  const stream = vocabulary.stream();
  expect([0x61, 0xf0, 0x9f, 0x98].map((id) => stream.push(id))).toEqual(["a", "", "", ""]);
  expect(stream.end()).toBe("\ufffd");
  expect(vocabulary.decode([0xff, 0x62])).toBe("\ufffdb");
});

test("every token has a readable name of its own", () => {
  const names = Array.from({ length: 256 }, (_, id) => vocabulary.tokenOf(id));
  expect(new Set(names).size).toBe(256);
  expect([names[10], names[65], names[255]]).toEqual(["<0x0A>", "A", "<0xFF>"]);
  expect(names.map((name) => vocabulary.idOf(name))).toEqual(names.map((_, id) => id));
  for (const name of ["", "é", "<0x41>", "<0x0a>", "ab"]) expect(vocabulary.idOf(name)).toBeUndefined();
  expect(() => vocabulary.decode([256])).toThrow(ShapeError);
});
