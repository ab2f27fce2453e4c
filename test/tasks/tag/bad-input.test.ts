import { describe, expect, test } from "vitest";
import { UnrolledError } from "../../../src/base/errors.js";
import { inferTask } from "../../../src/tasks/registry.js";
import type { TagSettings } from "../../../src/tasks/tag/config.js";
import { type SentencePart, type SentencePartsOptions, sentenceParts } from "../../../src/tasks/tag/sentence-parts.js";
import { readTagged, readWords } from "../../../src/tasks/tag/sentences.js";
import { tag } from "../../../src/tasks/tag/task.js";

const source = (text: string | Uint8Array, name = "s.conll") => ({
  name,
  bytes: typeof text === "string" ? new TextEncoder().encode(text) : text,
});
const settings = (given: Partial<TagSettings> = {}) => tag.resolve(given, "tag");

function faultOf(body: () => unknown): UnrolledError {
  try {
    body();
  } catch (error) {
    if (error instanceof UnrolledError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** Sentences of a file that comes in pieces of so many bytes. */
async function streamed(
  { name, bytes }: { name: string; bytes: Uint8Array },
  given: Partial<TagSettings>,
  options: SentencePartsOptions,
  size = 3,
) {
  const file = {
    name,
    async *pieces() {
      for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
    },
  };
  const parts: SentencePart[] = [];
  for await (const part of sentenceParts(file, settings(given), options)) parts.push(part);
  return { sentences: parts.flatMap(({ sentences }) => sentences), bad: parts.flatMap(({ bad }) => bad) };
}

type Case = [
  what: string,
  text: string,
  says: string,
  at: { line: number; column?: number },
  given?: Partial<TagSettings>,
];

const COLUMNS: Case[] = [
  ["a row without a tag", "a X\nb\n", 's.conll:2: column "tag" must name a tag, got none for "b".', { line: 2, column: 2 }],
  ["one with an empty cell", "a\tX\nb\t\n", 'column "tag" must name a tag, got none for "b"', { line: 2, column: 2 }],
  ["one with nothing behind the tab", "a\tq\tX\nb\tq\n", 'must name a tag, got none for "b"', { line: 2, column: 3 }],
  ["no tags at all", "a\nb\n\nc\n", 'must name a tag, got none for "a"', { line: 1, column: 2 }],
  ["a row with a column too many", "a X\n\nb X Y\n", 'must have 2 columns, as line 1 has, got 3 ("b X Y")', { line: 3, column: 3 }],
  ["a row with too few, tags in the first", "X q a\nY q\n", "must have 3 columns, as line 1 has, got 2", { line: 2, column: 3 }, { tokenColumn: 2, tagColumn: 1 }],
  ["a tag column that is not there", "a X\n", "must have a column 5, got 2 of them", { line: 1, column: 3 }, { tagColumn: 5 }],
  ["a word column that is not there", "a X\n", "must have a column 3, got 2 of them", { line: 1, column: 3 }, { tokenColumn: 3 }],
  ["tags where the words are", "1 a\n2 b\n", "must have its tags in another column than its words, which are in column 2", { line: 1, column: 2 }, { tokenColumn: 2 }],
  ["an empty word", "a\tX\n\tY\n", 's.conll:2: column "token" must hold a word, got ""', { line: 2, column: 1 }],
  ["nothing", "", "s.conll must hold a sentence, got an empty file", { line: 1 }],
  ["empty lines and remarks alone", "\n# a remark\n\n  \n", "must hold a sentence, got none", { line: 1 }],
  ["a NUL", "a X\nb\0 Y\n", "s.conll:2:2 must be text, got a NUL", { line: 2, column: 2 }],
]; // biome-ignore format: one line each

const JSON_LINES: Case[] = [
  ["no JSON", '{"tokens":["a"],"tags":["X"]}\n{"tokens":\n', "s.jsonl:2:11 must be JSON", { line: 2 }],
  ["no object", "[1]\n", "s.jsonl:1 must be an object", { line: 1 }],
  ["other tags than words", '\n{"tokens":["a","b"],"tags":["X"]}\n', "s.jsonl:2: tags must hold a tag for each of the 2 words, got 1 of them", { line: 2 }],
  ["no words", '{"tokens":[],"tags":[]}\n', "s.jsonl:1: tokens must be a list of words, one or more, got []", { line: 1 }],
  ["words that are no list", '{"tokens":"a b","tags":["X"]}\n', "tokens must be a list of words", { line: 1 }],
  ["a word that is none", '{"tokens":["a",7],"tags":["X","Y"]}\n', "s.jsonl:1: tokens[1] must be a text, got 7", { line: 1 }],
  ["an empty tag", '{"tokens":["a"],"tags":[" "]}\n', 's.jsonl:1: tags[0] must be a text, got " "', { line: 1 }],
  ["another key", '{"tokens":["a"],"tag":["X"]}\n', 's.jsonl:1 must have the key "tags", got only "tokens", "tag". Did you mean "tag"?', { line: 1 }],
  ["no such key", '{"tokens":["a"],"pos":["X"]}\n', 'must have the key "tags", got only "tokens", "pos". Set tags to the key', { line: 1 }],
]; // biome-ignore format: one line each

describe("what is refused, with its place", () => {
  test.each(COLUMNS)("columns: %s", async (_, text, says, at, given) => {
    const { message, details } = faultOf(() => readTagged(source(text), settings(given)));
    await expect(streamed(source(text), given ?? {}, { withTags: true })).rejects.toMatchObject({ message, details });
    expect(message).toContain(says);
    expect(details).toMatchObject({ file: "s.conll", ...at });
  });

  test.each(JSON_LINES)("JSON lines: %s", async (_, text, says, at) => {
    const { message, details } = faultOf(() => readTagged(source(text, "s.jsonl"), settings()));
    const stream = streamed(source(text, "s.jsonl"), {}, { withTags: true });
    await expect(stream).rejects.toMatchObject({ message, details });
    expect(message).toContain(says);
    expect(details).toMatchObject({ file: "s.jsonl", ...at });
  });

  test("a file in UTF-16, and one that is packed", () => {
    const wide = Uint8Array.from([0xff, 0xfe, 0x61, 0, 0x20, 0, 0x58, 0]);
    expect(faultOf(() => readTagged(source(wide), settings())).message).toContain("got UTF-16");
    const packed = Uint8Array.from([0x1f, 0x8b, 8, 0]);
    expect(faultOf(() => readTagged(source(packed), settings())).message).toContain("a gzip file");
  });

  test("a single tag", () => {
    const says = faultOf(() => tag.read({ train: source("a X\nb X\n") }, {}, { op: "train" })).message;
    expect(says).toContain('s.conll must have two tags or more, got "X" alone');
  });

  test.each([
    [{ tagColumn: 1 }, "tagColumn must be another column than that of the words"],
    [{ tokenColumn: 0 }, "tokenColumn must be a positive integer"],
    [{ tags: "" }, "tags must be a text"],
    [{ chars: "cnn" as never }, "chars must be one of"],
    [{ unseen: "ignore" as never }, "unseen must be one of"],
  ])("settings %o", (given, says) => {
    expect(faultOf(() => settings(given)).message).toContain(says);
  });
});

const READ: [what: string, text: string, words: string[][], tags: string[][], given?: Partial<TagSettings>, name?: string][] = [
  ["tabs, more empty lines, none at the end", "a\tX\n\n\n\nb\tY\nc\tX", [["a"], ["b", "c"]], [["X"], ["Y", "X"]]],
  ["CRLF, a mark of the byte order", "\ufeffa X\r\n\r\nb Y\r\n", [["a"], ["b"]], [["X"], ["Y"]]],
  ["old line ends", "a X\r\rb Y\r", [["a"], ["b"]], [["X"], ["Y"]]],
  ["white space on an empty line, and at the ends", " a  X \n \t\nb\tY\n", [["a"], ["b"]], [["X"], ["Y"]]],
  ["the last column by itself", "a DT q X\nb NN q Y\n", [["a", "b"]], [["X", "Y"]]],
  ["any columns", "a DT q X\nb NN q Y\n", [["DT", "NN"]], [["q", "q"]], { tokenColumn: 2, tagColumn: 3 }],
  ["remarks before sentences, and a # among words", "# id 1\n#\na X\n# Y\n\n# id 2\n# more words here\nb X\n", [["a", "#"], ["b"]], [["X", "Y"], ["X"]]],
  ["a # with a tab is a word", "#\tX\nb\tY\n", [["#", "b"]], [["X", "Y"]]],
  ["what stands between documents", "-DOCSTART- -X- O O\n\na q q X\n\n-DOCSTART-\n\nb q q Y\n", [["a"], ["b"]], [["X"], ["Y"]]],
  ["emoji, Hangul, a wide space inside a word", "👩‍👩‍👧\tX\n한국어\tY\n10\u00a0000\tX\n", [["👩‍👩‍👧", "한국어", "10\u00a0000"]], [["X", "Y", "X"]]],
  ["words of a vocabulary's own", "<unk> X\n<eos> Y\nconstructor X\n__proto__ Y\n", [["<unk>", "<eos>", "constructor", "__proto__"]], [["X", "Y", "X", "Y"]]],
  ["CoNLL-U", "# text = vámonos\n1-2\tvámonos\t_\t_\n1\tvamos\tir\tVERB\n2\tnos\tyo\tPRON\n2.1\tx\ty\tX\n", [["vamos", "nos"]], [["VERB", "PRON"]], { tokenColumn: 2, tagColumn: 4 }, "s.conllu"],
  ["JSON lines with other keys", '{"id":1,"w":["a b","c"],"t":["X","Y"]}\n\n{"w":["d"],"t":["X"]}\r\n', [["a b", "c"], ["d"]], [["X", "Y"], ["X"]], { tokens: "w", tags: "t" }, "s.jsonl"],
]; // biome-ignore format: one line each

test.each(READ)("read: %s", async (_, text, words, tags, given, name) => {
  const { sentences } = readTagged(source(text, name), settings(given));
  expect(sentences.map(({ tokens }) => tokens)).toEqual(words);
  expect(sentences.map((sentence) => sentence.tags)).toEqual(tags);
  const again = readWords(source(text, name ?? "s.conll"), settings(given));
  expect(again.map(({ tokens, tags: none }) => [tokens, none])).toEqual(words.map((own) => [own, null]));
  for (const size of [1, 5, 1000]) {
    expect(await streamed(source(text, name), given ?? {}, { withTags: true }, size)).toEqual({ sentences, bad: [] });
    expect((await streamed(source(text, name ?? "s.conll"), given ?? {}, { withTags: false }, size)).sentences).toEqual(
      again,
    );
  }
});

test.each([
  ["a text, sentence by line", "Ada  lives\n\n in Paris now\n", "t.txt", [["Ada", "lives"], ["in", "Paris", "now"]]],
  ["columns by their form", "Ada NNP\nlives VBZ\n\nhere RB\n", "t.txt", [["Ada", "lives"], ["here"]]],
  ["words alone, a line each, by their form", "Ada\nlives\n\nhere\n", "t.txt", [["Ada", "lives"], ["here"]]],
  ["words alone, by the name", "Ada\nlives\nhere\n", "t.conll", [["Ada", "lives", "here"]]],
  ["lines of as many words without empty ones between are a text", "Ada lives\nhe works\n", "t.txt", [["Ada", "lives"], ["he", "works"]]],
  ["JSON lines without tags", '{"tokens":["Ada","lives"]}\n', "t.jsonl", [["Ada", "lives"]]],
])("to predict: %s", async (_, text, name, words) => {
  const read = readWords(source(text, name), settings());
  expect(read.map(({ tokens }) => tokens)).toEqual(words);
  for (const size of [1, 7]) expect((await streamed(source(text, name), {}, { withTags: false }, size)).sentences).toEqual(read);
}); // biome-ignore format: one line each

test.each([
  ["columns", "s.conll", "a X\nb\nc Y\n\nd Y\n\ne X Y\nf X\n\ng X\n", [["d"], ["g"]], [1, 7]],
  ["JSON lines", "s.jsonl", '{"tokens":["a"],"tags":["X"]}\n{"tokens":[]}\n[1]\nx\n{"tokens":["b"],"tags":["X"]}', [["a"], ["b"]], [2, 3, 4]],
  ["bytes that are no text", "s.conll", "a X\n\n\ud800 Y\n\nb X\n", [["a"], ["b"]], [3]],
])("kept beside the others: %s", async (_, name, text, words, lines) => {
  const bytes = Uint8Array.from(source(text).bytes, (byte) => (byte === 0xef ? 0xff : byte));
  for (const size of [1, 4, 1000]) {
    const { sentences, bad } = await streamed({ name, bytes }, {}, { withTags: true, keepBad: true }, size);
    expect(sentences.map(({ tokens }) => tokens)).toEqual(words);
    expect(bad.map(({ line }) => line).sort()).toEqual(lines);
  }
}); // biome-ignore format: one line each

const BIO = "Ada B-PER\nLee I-PER\nis O\n\nin O\nRome B-LOC\n\n";
test.each([
  ["as they should be", BIO, ""],
  ["I first", `${BIO}Bo I-PER\nis O\n`, "1 with spans that do not begin or end as they should (first at s.conll:8: I-PER is the first)"],
  ["I of another kind", `${BIO}Bo B-LOC\nLee I-PER\n`, "(first at s.conll:9: I-PER after B-LOC)"],
  ["two of them", `${BIO}Bo I-PER\n\nis O\nBo I-PER\n`, "2 with spans"],
  ["an end that is missing, in BIOES", "Ada B-PER\nLee E-PER\n\nis O\nBo S-PER\n\nLee B-PER\n", "(first at s.conll:7: B-PER is the last)"],
  ["tags of another kind have no such rules", "a I\nb B\n", ""],
])("spans %s: said, and learned all the same", (_, text, says) => {
  const { data, config } = tag.read({ train: source(text) }, { valid: 0, crf: true, minCount: 1 }, { op: "train" });
  const { summary } = tag.about(data, config);
  if (says === "") expect(summary).toMatch(/ \d tags$/);
  else expect(summary).toContain(says);
  const model = tag.build(config, data);
  const { loss } = tag.loss(model, tag.batches(data, config).next(), undefined);
  expect(Number.isFinite(loss.item())).toBe(true);
}); // biome-ignore format: one line each

test.each([
  ["s.conll", "a X\nb Y\n", "tag", "1 sentences, 2 tags"],
  ["s.BIO", "Ada B-PER\nis O\n", "tag", "2 tags of spans"],
  ["s.conllu", "1\tAda\tada\tPROPN\tx\n2\tis\tbe\tAUX\tx\n", "tag", "2 tags"],
  ["s.jsonl", '{"tokens":["a","b"],"tags":["X","Y"]}\n', "tag", "2 tags"],
  ["s.jsonl", '{"text":"a b","label":"X"}\n{"text":"c d","label":"Y"}\n{"text":"c","label":"Y"}\n{"text":"d","label":"X"}\n', "classify", "label"],
  ["s.csv", "text,label\na,X\nb,Y\nc,X\nd,Y\n", "classify", "label"],
  ["s.txt", "a X\nb Y\n\nc X\n", "language-model", ""],
])("inferred: %s %j is %s", (name, text, task, found) => {
  const { task: own, inferred } = inferTask(name, () => new TextEncoder().encode(text), {});
  expect(own.name).toBe(task);
  expect(inferred?.found ?? "").toContain(found);
}); // biome-ignore format: one line each

test("a file that says what it is, and is wrong, is refused where it is", () => {
  const bytes = () => new TextEncoder().encode('{"tokens":["a","b"],"tags":["X"]}\n');
  expect(() => inferTask("s.jsonl", bytes, {})).toThrow("s.jsonl:1: tags must hold a tag for each of the 2 words");
  expect(inferTask("s.jsonl", bytes, { label: "tags" }).task.name).not.toBe("tag");
});
