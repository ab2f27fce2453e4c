import fc from "fast-check";
import { expect, test } from "vitest";
import { FormatError, OptionError, ShapeError } from "../../src/base/errors.js";
import type { WordSplit } from "../../src/text/vocabulary.js";
import { WordVocabulary } from "../../src/text/word-vocabulary.js";

const tokensOf = (vocabulary: WordVocabulary, text: string) =>
  [...vocabulary.encode(text)].map((id) => vocabulary.tokenOf(id));

/** What a round trip keeps, by the documented rule. */
const normal = (text: string) =>
  text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim().replace(/\s+/g, " "))
    .join("\n");

test("splits words, punctuation and lines, and marks what touches", () => {
  const text = `Call me (Ishmael), don't!\r\nWell--known...\t한국어 3.14 "x"\n`;
  const vocabulary = WordVocabulary.fromText(text);
  expect(tokensOf(vocabulary, text)).toEqual(
    [
      "Call",
      "me",
      "(￭",
      "Ishmael",
      "￭)",
      "￭,",
      "don't",
      "￭!",
      "<eos>",
      "Well",
      "￭--￭",
      "known",
      "￭...",
      "한국어",
    ].concat(["3", "￭.￭", "14", '"￭', "x", '￭"', "<eos>"]),
  );
  expect(vocabulary.decode(vocabulary.encode(text))).toBe(
    `Call me (Ishmael), don't!\nWell--known... 한국어 3.14 "x"\n`,
  );
});

test("white-space splitting keeps a prepared corpus, where <unk> is the unknown token", () => {
  const text = " mr. <unk> is n't N years old \n the cat 's <unk> \n";
  const vocabulary = WordVocabulary.fromText(text, { split: "whitespace", unknown: false });
  expect(tokensOf(vocabulary, text)).toEqual([
    ..."mr. <unk> is n't N years old <eos> the cat 's <unk> <eos>".split(" "),
  ]);
  expect(vocabulary.unknownId).toBe(0);
  expect(vocabulary.decode(vocabulary.encode(text))).toBe("mr. <unk> is n't N years old\nthe cat 's <unk>\n");
});

test("orders by special tokens, frequency, first appearance; minCount and maxSize cut the tail", () => {
  const text = "b a c a b a d\n";
  const all = WordVocabulary.fromText(text);
  expect(all.toJSON()).toEqual({
    kind: "word",
    tokens: ["<unk>", "<eos>", "a", "b", "c", "d"],
    split: "punctuation",
    lowercase: false,
  });
  expect(WordVocabulary.fromText(text, { minCount: 2 }).size).toBe(4);
  const small = WordVocabulary.fromText(text, { maxSize: 3 });
  expect(tokensOf(small, "a b x\n")).toEqual(["a", "<unk>", "<unk>", "<eos>"]);
  expect(small.decode(small.encode("a b, x\n"))).toBe("a <unk> <unk> <unk>\n");
});

test("lowercase holds for encoding too", () => {
  const vocabulary = WordVocabulary.fromText("The the THE Cat", { lowercase: true });
  expect(vocabulary.size).toBe(4);
  expect(tokensOf(vocabulary, "CAT The")).toEqual(["cat", "the"]);
});

test("an unseen word is named, with its index, where there is no unknown token", () => {
  const vocabulary = WordVocabulary.fromText("a b", { unknown: false });
  expect(() => vocabulary.encode("a  zebra")).toThrow(FormatError);
  expect(() => vocabulary.encode("a  zebra")).toThrow('got "zebra" at index 3');
});

const alphabet = fc.oneof(
  fc.constantFrom(..."ab'’-.,(<￭_ \n\r\t한\u0301\u00a0\ufeff0", "😀", "𝒜", "\ud83d", "\ude00", "<unk>"),
  fc.string({ unit: "binary", maxLength: 2 }),
);
const texts = fc.array(alphabet, { maxLength: 24 }).map((parts) => parts.join(""));

test.each<WordSplit>(["punctuation", "whitespace"])(
  "property: a text comes back but for its runs of white space, whole and by stream (%s)",
  (split) => {
    fc.assert(
      fc.property(texts, (text) => {
        const vocabulary = WordVocabulary.fromText(`x ${text}`, { split });
        const ids = vocabulary.encode(text);
        expect(vocabulary.decode(ids)).toBe(normal(text));
        const stream = vocabulary.stream();
        for (let round = 0; round < 2; round++) {
          expect([...ids].map((id) => stream.push(id)).join("") + stream.end()).toBe(normal(text));
        }
        const again = new WordVocabulary((vocabulary.toJSON() as { tokens: string[] }).tokens, { split });
        expect(again.encode(text)).toEqual(ids);
      }),
      { seed: 5, numRuns: 500 },
    );
  },
);

test("refuses a text without words, wrong options, and tokens that the rule cannot make", () => {
  expect(() => WordVocabulary.fromText(" \n")).toThrow(FormatError);
  expect(() => WordVocabulary.fromText("a", { split: "spaces" as "whitespace" })).toThrow(OptionError);
  expect(() => WordVocabulary.fromText("a", { maxSize: 0 })).toThrow(OptionError);
  expect(() => WordVocabulary.fromText("a", { min: 1 } as object)).toThrow('got "min"');
  for (const wrong of ["", "a b", "a\n", "a.", ".!", "￭ab.", "\n"]) {
    expect(() => new WordVocabulary(["<eos>", wrong])).toThrow(FormatError);
  }
  expect(() => new WordVocabulary(["<eos>", "a", "a"])).toThrow('none of them twice, got "a"');
  expect(() => new WordVocabulary(["a"])).toThrow("no <eos>");
  expect(() => new WordVocabulary(["<eos>"]).decode([1])).toThrow(ShapeError);
});
