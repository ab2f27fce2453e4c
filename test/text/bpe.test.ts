import { Tokenizer } from "@huggingface/tokenizers";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { text, UnrolledError } from "../../src/index.js";

const CORPUS =
  "the lower the newer, the wider: lowest and newest, 12 1200 120 it's they're\n\n  한국어 한국말 😀😀 été\t".repeat(
    20,
  );
const learned = text.BPEVocabulary.fromText(CORPUS, { maxSize: 340, special: true });
/** Pairs by hand: "low" in 5 words, "er" in 2. */
const SMALL = "low low low lower lower";

describe("BPEVocabulary", () => {
  test("joins the most frequent neighbours first, within words", () => {
    const { merges } = text.BPEVocabulary.fromText(SMALL, { maxSize: 256 + 4 });
    expect(merges).toEqual(["l o", "lo w", "Ġ low", "e r"]);
    expect(text.BPEVocabulary.fromText(SMALL, { maxSize: 9999, minCount: 4 }).merges).toEqual(["l o", "lo w", "Ġ low"]);
  });

  const encoded: [string, string[]][] = [
    ["low lower", ["low", "Ġlow", "er"]],
    ["slow", ["s", "low"]],
    ["", []],
  ];
  test.each(encoded)("encodes %j", (given, tokens) => {
    const vocabulary = text.BPEVocabulary.fromText(SMALL, { maxSize: 260 });
    expect(Array.from(vocabulary.encode(given), (id) => vocabulary.tokenOf(id))).toEqual(tokens);
  });

  test("gives every string back, lone surrogates too, in one piece and as a stream", () => {
    const anything = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "grapheme" }), fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)), fc.constantFrom("\ud800", "a\udc00b", "\ufeff", "  \n x")); // biome-ignore format: one line
    fc.assert(
      fc.property(anything, (given) => {
        expect(learned.decode(learned.encode(given))).toBe(given);
        if (/\p{Surrogate}/u.test(given)) return;
        const stream = learned.stream();
        expect(Array.from(learned.encode(given), (id) => stream.push(id)).join("") + stream.end()).toBe(given);
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  test("a word of 20,000 letters takes no time", () => {
    const word = "lower".repeat(4000);
    expect(learned.decode(learned.encode(word))).toBe(word);
  });

  test("goes through JSON", () => {
    const again = text.vocabularyFromJSON(JSON.parse(JSON.stringify(learned)));
    expect([...again.encode(CORPUS)]).toEqual([...learned.encode(CORPUS)]);
    expect(text.sameVocabulary(again, learned)).toBe(true);
  });
});

describe("tokenizer.json", () => {
  const json = text.toTokenizerJSON(learned);

  test("gives @huggingface/tokenizers the same ids and texts, for texts of all kinds", () => {
    const theirs = new Tokenizer(JSON.parse(JSON.stringify(json)), {});
    const ours = (given: string) => [...learned.encode(given)];
    const texts = ["the newest low", CORPUS, "it's 12x", " a  b   c\n\nd ", "한국 😀 été", "", "unseen Ωμέγα ½ ²"];
    for (const given of texts) {
      const { ids } = theirs.encode(given, { add_special_tokens: false });
      expect(ours(given)).toEqual(ids);
      if (ids.length > 0) expect(theirs.decode(ids, { clean_up_tokenization_spaces: false })).toBe(given);
    }
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 40 }), (given) => {
        expect(ours(given)).toEqual(theirs.encode(given, { add_special_tokens: false }).ids);
      }),
      { seed: 6, numRuns: 200 },
    );
  });

  test("comes back as it was, also with pairs in arrays and ids in another order", () => {
    expect(text.bpeFromTokenizerJSON(json).toJSON()).toEqual(learned.toJSON());
    const { tokens, merges } = learned.toJSON();
    const model = json["model"] as object;
    const vocab = Object.fromEntries(tokens.filter((token) => !/^<.+>$/.test(token)).reverse().map((token, id) => [token, id])); // biome-ignore format: one line
    const turned = { ...json, added_tokens: [], model: { ...model, vocab, merges: merges.map((merge) => merge.split(" ")) } }; // biome-ignore format: one line
    const other = text.bpeFromTokenizerJSON(turned);
    const names = (v: text.BPEVocabulary) => Array.from(v.encode(CORPUS), (id) => v.tokenOf(id));
    expect(names(other)).toEqual(names(learned));
    const theirs = new Tokenizer(turned, {});
    expect([...other.encode("the newest")]).toEqual(theirs.encode("the newest", { add_special_tokens: false }).ids);
  });

  const model = (change: object) => ({ ...json, model: { ...(json["model"] as object), ...change } });
  const wrong: [string, unknown, RegExp][] = [
    ["nothing", undefined, /be a parsed tokenizer\.json/],
    ["WordPiece", model({ type: "WordPiece" }), /loadTokenizer\(json\)/],
    ["byte_fallback", model({ byte_fallback: true }), /one with byte_fallback/],
    ["a normalizer", { ...json, normalizer: { type: "NFC" } }, /one with a normalizer/],
    ["a prefix space", { ...json, pre_tokenizer: { type: "ByteLevel", add_prefix_space: true } }, /add_prefix_space/],
    ["no merges", model({ merges: null }), /merges must be a list/],
    ["a merge of strangers", model({ merges: ["zq qz"] }), /be two tokens that make one/],
    ["too few bytes", { ...model({ vocab: { a: 0 }, merges: [] }), added_tokens: [] }, /hold all 256 bytes/],
    ["a hole", { ...model({ vocab: { a: 1 } }), added_tokens: [] }, /every id from 0 on/],
    ["a far id", model({ vocab: { a: 1e9 } }), /be ids of tokens/],
  ];
  test.each(wrong)("is refused with %s", (_title, given, says) => {
    expect(() => text.bpeFromTokenizerJSON(given as never)).toThrow(UnrolledError);
    expect(() => text.bpeFromTokenizerJSON(given as never)).toThrow(says);
  });

  test("of any kind, by @huggingface/tokenizers", async () => {
    const pieces = { "[UNK]": 0, un: 1, "##seen": 2, word: 3 };
    const wordPiece = {
      ...{ version: "1.0", added_tokens: [], normalizer: null, post_processor: null },
      pre_tokenizer: { type: "Whitespace" },
      decoder: { type: "WordPiece", prefix: "##", cleanup: false },
      model: { type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: 100, vocab: pieces }, // biome-ignore format: one line
    };
    const tokenizer = await text.loadTokenizer(wordPiece);
    expect([...tokenizer.encode("unseen word zz")]).toEqual([1, 2, 3, 0]);
    expect(tokenizer.decode(Int32Array.of(1, 2, 3))).toBe("unseen word");
    expect([tokenizer.size, tokenizer.idOf("word"), tokenizer.tokenOf(1)]).toEqual([4, 3, "un"]);
    const given = await text.loadTokenizer(json, { module: { Tokenizer } });
    expect([...given.encode("the newest")]).toEqual([...learned.encode("the newest")]);
    await expect(text.loadTokenizer("tokenizer.json" as never)).rejects.toThrow(/JSON\.parse\(text\)/);
  });

  test("of as many tokens as the largest have", async () => {
    // More than a call takes arguments, whatever the stack: 130,000 on a main thread, four times that on a worker's.
    const vocab = new Map(Array.from({ length: 700_000 }, (_, id) => [`t${id}`, id]));
    class Large {
      get_vocab = () => vocab;
    }
    expect((await text.loadTokenizer(json, { module: { Tokenizer: Large } })).size).toBe(700_000);
  });
});

describe("special tokens", () => {
  const sentence = "low lower";
  const kinds = ["char", "byte", "word", "bpe"] as const;
  const make = (kind: (typeof kinds)[number], options: object = { special: true }) =>
    text.buildVocabulary(kind, `${SMALL}\n`, options) as text.Vocabulary & { special: text.SpecialIds };

  test.each(kinds)("of a %s vocabulary are its first ids, go round, and are no text", (kind) => {
    const vocabulary = make(kind);
    expect(vocabulary.special).toEqual({ pad: 0, bos: 1, eos: 2, unk: 3 });
    const names = ["<pad>", "<bos>", "<eos>", "<unk>"];
    expect([0, 1, 2, 3].map((id) => vocabulary.tokenOf(id))).toEqual(names);
    expect(names.map((name) => vocabulary.idOf(name))).toEqual([0, 1, 2, 3]);
    const plain = [...vocabulary.encode(sentence)];
    expect(Math.min(...plain)).toBeGreaterThan(3);
    expect([...vocabulary.encode(sentence, { addBos: true, addEos: true })]).toEqual([1, ...plain, 2]);
    expect(vocabulary.decode([0, 1, ...plain, 0])).toBe(sentence);
    const again = text.vocabularyFromJSON(JSON.parse(JSON.stringify(vocabulary)));
    expect([...again.encode(sentence, { addEos: true })]).toEqual([...plain, 2]);
    expect(text.sameVocabulary(vocabulary, again)).toBe(true);
    expect(Array.from({ length: vocabulary.size }, (_, id) => vocabulary.idOf(vocabulary.tokenOf(id)))).toEqual(Array.from({ length: vocabulary.size }, (_, id) => id)); // biome-ignore format: one line
  });

  test.each(["char", "word"] as const)("<unk> is what a %s vocabulary has not seen", (kind) => {
    expect([...make(kind).encode("Q")]).toEqual([3]);
  });

  test.each(kinds)("without them a %s vocabulary is what it was, and has no ends to add", (kind) => {
    const vocabulary = make(kind, {});
    if (kind !== "bpe") expect(JSON.stringify(vocabulary)).not.toContain("special");
    expect(() => vocabulary.encode(sentence, { addBos: true })).toThrow(/\{ special: true \}/);
    expect(() => vocabulary.encode(sentence, { addBOS: true } as never)).toThrow(/Did you mean addBos\?/);
  });
});
