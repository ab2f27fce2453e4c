import { expect, test } from "vitest";
import { FormatError, OptionError } from "../../src/base/errors.js";
import { buildVocabulary, vocabularyFromJSON } from "../../src/text/build.js";
import { sameVocabulary, vocabularyDifference } from "../../src/text/compare.js";
import type { VocabularyKind } from "../../src/text/vocabulary.js";

const text = "한 well--known 😀\r\n\ud800 cat.";

test.each<[VocabularyKind, object]>([
  ["char", {}],
  ["char", { unknown: true }],
  ["byte", {}],
  ["word", {}],
  ["word", { lowercase: true, split: "whitespace", unknown: false }],
])("a %s vocabulary with options %j comes back from JSON text as the same", (kind, options) => {
  const built = buildVocabulary(kind, text, options);
  const read = vocabularyFromJSON(JSON.parse(JSON.stringify(built)));
  expect(read).toBeInstanceOf(built.constructor);
  expect(sameVocabulary(built, read)).toBe(true);
  expect(read.encode(text)).toEqual(built.encode(text));
  expect(read.toJSON()).toEqual(built.toJSON());
});

test.each<[unknown, string]>([
  [null, "json must be an object, got null"],
  [[], "json must be an object, got []"],
  [{}, 'kind must be one of "char", "byte", "word", "bpe", got undefined'],
  [{ kind: "toString" }, 'got "toString"'],
  [{ kind: "byte", size: 256 }, 'json must have only the fields kind, special, got "size"'],
  [{ kind: "char", unknown: false }, "tokens must be an array of strings, got undefined"],
  [{ kind: "char", tokens: ["a", 1], unknown: false }, "tokens must be an array of strings, got 1"],
  [{ kind: "char", tokens: ["a"] }, "unknown must be true or false, got undefined"],
  [{ kind: "char", tokens: ["a"], unknown: 1 }, "unknown must be true or false, got 1"],
  [{ kind: "char", tokens: [], unknown: false }, "tokens must hold a character"],
  [{ kind: "char", tokens: ["a", "bc"], unknown: false }, 'none of them twice, got "bc" at 1'],
  [{ kind: "char", tokens: ["a", "a"], unknown: false }, 'got "a" at 1'],
  [{ kind: "char", tokens: ["a", ""], unknown: false }, 'got "" at 1'],
  [{ kind: "word", tokens: ["<eos>"], lowercase: false }, 'split must be one of "punctuation", "whitespace"'],
  [{ kind: "word", tokens: ["<eos>", "a b"], split: "whitespace", lowercase: false }, 'got "a b"'],
])("refuses %j", (json, message) => {
  expect(() => vocabularyFromJSON(json)).toThrow(FormatError);
  expect(() => vocabularyFromJSON(json)).toThrow(message);
});

test("differences are described field by field, old → new", () => {
  const difference = (a: Parameters<typeof vocabularyFromJSON>[0], b: typeof a) =>
    vocabularyDifference(vocabularyFromJSON(a), vocabularyFromJSON(b));
  const char = (tokens: string, unknown = false) => ({ kind: "char", tokens: [...tokens], unknown });
  expect(difference(char("ab"), { kind: "byte" })).toBe("kind: char → byte");
  expect(difference(char("ab"), char("ac한"))).toBe('size: 2 → 3; no longer there: "b"; new: "c" "한"');
  expect(difference(char("ab"), char("ab", true))).toBe('unknown: false → true; size: 2 → 3; new: "<unk>"');
  expect(difference(char("ab"), char("ba"))).toBe('order: token 0 is "a" → "b"');
  expect(difference(char("abcdefghij"), char("z"))).toContain('"g" "h" and 2 more; new: "z"');
  const word = { kind: "word", tokens: ["<eos>", "a"], split: "punctuation", lowercase: false };
  expect(difference(word, { ...word, lowercase: true })).toBe("lowercase: false → true");
  expect(difference(word, word)).toBeUndefined();
});

test("refuses an unknown kind, and options that the kind does not have", () => {
  expect(() => buildVocabulary("chars" as "char", "a")).toThrow(
    'kind must be one of "char", "byte", "word", "bpe", got "chars"',
  );
  expect(() => buildVocabulary("byte", "a", { minCount: 2 } as object)).toThrow(OptionError);
});
