import fc from "fast-check";
import { expect, test } from "vitest";
import { FormatError, OptionError, ShapeError } from "../../src/base/errors.js";
import { CharVocabulary } from "../../src/text/char-vocabulary.js";

test("orders characters by code point, as sorted(set(text)) does in Python", () => {
  const vocabulary = CharVocabulary.fromText("b😀a한\nab\uffee");
  const tokens = Array.from({ length: vocabulary.size }, (_, id) => vocabulary.tokenOf(id));
  expect(tokens).toEqual(["\n", "a", "b", "한", "\uffee", "😀"]);
  expect([...vocabulary.encode("a😀\n한")]).toEqual([1, 5, 0, 3]);
  expect(vocabulary.decode([1, 5, 0, 3])).toBe("a😀\n한");
  expect(vocabulary.idOf("😀")).toBe(5);
  for (const token of ["", "c", "ab", "<unk>"]) expect(vocabulary.idOf(token)).toBeUndefined();
});

const units = fc.array(fc.oneof(fc.nat({ max: 0xffff }), fc.integer({ min: 0xd7fe, max: 0xe001 })), { minLength: 1 });

test("property: any string of 16-bit units, lone surrogates too, comes back exactly, also by stream and JSON", () => {
  fc.assert(
    fc.property(units, (codes) => {
      const text = String.fromCharCode(...codes);
      const vocabulary = CharVocabulary.fromText(text);
      const ids = vocabulary.encode(text);
      expect(ids.length).toBe([...text].length);
      expect(vocabulary.decode(ids)).toBe(text);
      const stream = vocabulary.stream();
      expect([...ids].map((id) => stream.push(id)).join("") + stream.end()).toBe(text);
      for (const id of ids) expect(vocabulary.idOf(vocabulary.tokenOf(id))).toBe(id);
    }),
    { seed: 1, numRuns: 300 },
  );
});

test("a pair and its halves are three characters", () => {
  const vocabulary = CharVocabulary.fromText("\ud83d \ude00 😀");
  expect(vocabulary.size).toBe(4);
  expect([...vocabulary.encode("😀\ud83d\ud83d😀\ude00")]).toEqual([3, 1, 1, 3, 2]);
});

test("an unseen character is named by code point and index", () => {
  const vocabulary = CharVocabulary.fromText("abc");
  expect(() => vocabulary.encode("ab한")).toThrow(FormatError);
  expect(() => vocabulary.encode("ab한")).toThrow(
    'CharVocabulary.encode: text must contain only the 3 characters of the vocabulary, got U+D55C "한" at index 2. Leave it out, or build the vocabulary with { unknown: true }.',
  );
  expect(() => vocabulary.encode("a😀")).toThrow('got U+1F600 "😀" at index 1');
  expect(() => vocabulary.encode("\n")).toThrow('got U+000A "\\n" at index 0');
});

test("with an unknown token, unseen and left-out characters become U+FFFD", () => {
  const vocabulary = CharVocabulary.fromText("aabbbc", { unknown: true, minCount: 2 });
  expect(vocabulary.size).toBe(3);
  expect([...vocabulary.encode("abc한😀")]).toEqual([0, 1, 2, 2, 2]);
  expect(vocabulary.decode([0, 2, 1])).toBe("a\ufffdb");
  expect(vocabulary.idOf("<unk>")).toBe(2);
  expect(vocabulary.tokenOf(2)).toBe("<unk>");
  expect(CharVocabulary.fromText("aabbbc", { unknown: true, maxSize: 2 }).tokenOf(0)).toBe("b");
});

test("refuses an empty text, left-out characters without unknown, wrong options and ids", () => {
  expect(() => CharVocabulary.fromText("")).toThrow(FormatError);
  expect(() => CharVocabulary.fromText("ab", { minCount: 2 })).toThrow(OptionError);
  expect(() => CharVocabulary.fromText("ab", { maxSize: 1 })).toThrow(
    "unknown must be true when characters are left out",
  );
  expect(() => CharVocabulary.fromText("ab", { minCount: 0, unknown: true })).toThrow(OptionError);
  expect(() => CharVocabulary.fromText("ab", { lowercase: true } as object)).toThrow('got "lowercase"');
  const vocabulary = CharVocabulary.fromText("ab");
  for (const id of [-1, 2, 0.5, Number.NaN]) {
    expect(() => vocabulary.decode([0, id])).toThrow(ShapeError);
    expect(() => vocabulary.tokenOf(id)).toThrow("must be an integer in [0, 1] (vocabulary of 2)");
  }
});
