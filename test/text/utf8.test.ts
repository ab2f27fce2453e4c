import fc from "fast-check";
import { expect, test } from "vitest";
import { FormatError } from "../../src/base/errors.js";
import { decodeUtf8, firstInvalidByte } from "../../src/text/utf8.js";

const encode = (text: string) => new TextEncoder().encode(text);

test("decodes Hangul, emoji and CRLF, and drops a byte order mark at the start only", () => {
  const text = "한국어\r\n😀 e\u0301";
  expect(decodeUtf8(encode(text))).toBe(text);
  expect(decodeUtf8(encode(`\ufeffa\ufeff${text}`))).toBe(`a\ufeff${text}`);
  expect(decodeUtf8(new Uint8Array(0))).toBe("");
});

test.each<[string, number[], number]>([
  ["a stray continuation", [0x61, 0x80], 1],
  ["a byte that never occurs", [0x61, 0x62, 0xff], 2],
  ["a sequence cut off by the end", [0x61, 0xed, 0x95], 1],
  ["a sequence cut off by a letter", [0xf0, 0x9f, 0x98, 0x61], 0],
  ["an overlong form of two bytes", [0xc0, 0x80], 0],
  ["an overlong form of three bytes", [0xe0, 0x9f, 0xbf], 0],
  ["an overlong form of four bytes", [0x61, 0xf0, 0x8f, 0xbf, 0xbf], 1],
  ["a surrogate", [0xed, 0xa0, 0x80], 0],
  ["beyond U+10FFFF", [0xf4, 0x90, 0x80, 0x80], 0],
  ["Latin-1", [...encode("한 "), 0xe9, 0x74, 0x65], 4],
])("names the offset of %s", (_, bytes, offset) => {
  expect(firstInvalidByte(Uint8Array.from(bytes))).toBe(offset);
  const decode = () => decodeUtf8(Uint8Array.from(bytes), "corpus.txt");
  expect(decode).toThrow(FormatError);
  expect(decode).toThrow(`at offset ${offset} (line 1)`);
});

test("the whole message, with the line", () => {
  expect(() => decodeUtf8(Uint8Array.of(0x0a, 0x0a, 0xff), "corpus.txt")).toThrow(
    "decodeUtf8: corpus.txt must be valid UTF-8, got byte 0xff at offset 2 (line 3). Convert it to UTF-8, or read it as bytes.",
  );
});

test("property: our scan and the platform's decoder agree on what is UTF-8", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 6 }),
    fc.array(fc.constantFrom(0x61, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc2, 0xe0, 0xed, 0xf0, 0xf4), { maxLength: 6 }),
    fc.string({ unit: "binary" }).map((text) => [...encode(text)]),
  );
  fc.assert(
    fc.property(bytes, (list) => {
      const array = Uint8Array.from(list);
      let valid = true;
      try {
        new TextDecoder("utf-8", { fatal: true }).decode(array);
      } catch {
        valid = false;
      }
      const at = firstInvalidByte(array);
      expect(at < 0).toBe(valid);
      if (at > 0) expect(firstInvalidByte(array.subarray(0, at))).toBe(-1);
    }),
    { seed: 3, numRuns: 1000 },
  );
});
