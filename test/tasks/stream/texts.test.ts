import { readdirSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Generator } from "../../../src/base/random.js";
import { StreamBatcher } from "../../../src/data/index.js";
import { languageModelTask as languageModel } from "../../../src/tasks/language-model/commands.js";
import type { LanguageModelConfig } from "../../../src/tasks/language-model/config.js";
import type { Corpus } from "../../../src/tasks/language-model/corpus.js";
import { textParts } from "../../../src/tasks/language-model/text-parts.js";
import { TokenFile } from "../../../src/tasks/language-model/token-file.js";
import { decodeAnyTask } from "../../../src/tasks/registry.js";
import type { RowStream } from "../../../src/tasks/task.js";
import { TaskTraining } from "../../../src/tasks/training/task-training.js";
import { buildVocabulary } from "../../../src/text/index.js";
import { streamed as inPieces } from "../../support/rows.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

type Known = Corpus["vocabulary"];
type Given = Partial<LanguageModelConfig>;
const folder = temporaryFolder();
afterEach(() => void vi.unstubAllEnvs());
const bytesOf = (text: string) => new TextEncoder().encode(text);
const streamed = (bytes: Uint8Array, size = 7, name = "a.txt") => inPieces(bytes, size, name);
const PARTS = [
  "der ",
  "Zug",
  " fährt",
  ", 한국",
  "\n",
  "\r\n",
  "\r",
  "don't",
  "...",
  "\t",
  "  ",
  "🙂",
  "ΟΔΟΣ ",
  "<unk> ",
  "x\n y",
];
/** Longer than what is encoded at once. */
function someText(seed: number, length = 90_000): string {
  const draw = new Generator(seed);
  let text = "";
  while (text.length < length) text += PARTS[draw.integer(PARTS.length)];
  return text;
}
const TEXT = someText(3);
const SMALL = {
  hidden: 5,
  embed: 4,
  layers: 1,
  batch: 8,
  seqLen: 9,
  lr: 0.02,
  valid: 0.02,
  sampleLength: 0,
  maxSteps: 12,
};

const inMemory = (text: string, given: Given, held?: string, known?: Known) =>
  languageModel.read(
    {
      train: { name: "a.txt", bytes: bytesOf(text) },
      valid: held === undefined ? undefined : { name: "b.txt", bytes: bytesOf(held) },
    },
    given,
    { op: "train", known },
  );
const onDisk = (files: readonly RowStream[], given: Given, held?: string, known?: Known) =>
  languageModel.readStream!(
    {
      train: files[0]!,
      others: files.slice(1),
      valid: held === undefined ? undefined : streamed(bytesOf(held), 11, "b.txt"),
    },
    given,
    { op: "train", known },
  );

/** All that a run is made of, in its order. */
function contents({ data, config }: Awaited<ReturnType<typeof onDisk>>) {
  const all = (ids: ConstructorParameters<typeof StreamBatcher>[0] | null) =>
    ids &&
    [...new StreamBatcher(ids, { batchSize: 1, seqLen: ids.length - 1 })].map(({ inputs, targets }) => [
      ...inputs,
      targets.at(-1),
    ]);
  const { vocabulary, unknown, fingerprint, train, validation } = data;
  return {
    vocabulary: vocabulary.toJSON(),
    unknown,
    fingerprint,
    train: all(train),
    validation: all(validation),
    config,
  };
}

const BPE = buildVocabulary("bpe", someText(5, 20_000), { maxSize: 400 });
const WORDS = buildVocabulary("word", "der Zug", { lowercase: true });

describe("tokens on the disk are those of the text in memory", () => {
  test.each<[string, Given, string?, Known?]>([
    ["characters", { tokens: "char" }],
    ["characters, the rare ones left out", { tokens: "char", maxVocab: 20 }],
    ["words", { tokens: "word", minCount: 2 }],
    ["words in lower case", { tokens: "word", lowercase: true, maxVocab: 8 }],
    ["bytes", { tokens: "byte" }],
    ["a fold in the middle", { tokens: "char", fold: "2/3" }],
    ["the last fold", { tokens: "char", fold: "3/3" }],
    ["nothing held out", { tokens: "word", valid: 0 }],
    ["a file to validate on", { tokens: "char", valid: "b.txt" }, "anders\u{1F600}"],
    ["a file of words to validate on", { tokens: "word", valid: "b.txt" }, "Ganz anders."],
    ["a known vocabulary of pieces", { tokens: "word" }, "und mehr  davon", BPE],
    ["a known vocabulary of words", { tokens: "word" }, "der Zug fuhr", WORDS],
  ])("%s", async (_, given, held, known) => {
    const settings = { ...SMALL, ...given };
    const stored = await onDisk([streamed(bytesOf(TEXT))], { ...settings, stream: true }, held, known);
    const whole = inMemory(TEXT, { ...settings, stream: true }, held, known);
    expect(contents(stored)).toEqual(contents(whole));
    // All that is said before training: the summary, and each line of the details.
    const said = languageModel.about(stored.data, stored.config);
    expect(said.details).toBeDefined();
    expect(said).toEqual(languageModel.about(whole.data, whole.config));
    stored.close!();
  });

  test("what the size of the text chooses is chosen by it", async () => {
    const { batch, seqLen, ...given } = SMALL;
    for (const length of [900, 20_000]) {
      const text = someText(8, length);
      const stored = await onDisk([streamed(bytesOf(text), 1000)], given);
      const whole = inMemory(text, given);
      expect([stored.config, stored.fitted]).toEqual([whole.config, whole.fitted]);
      expect(Object.keys(stored.fitted)).toContain("batch");
      stored.close!();
    }
  });

  test("several files are one text, packed, marked, and without a line end", async () => {
    const [first, second] = [someText(11, 3000), someText(12, 2000)];
    const files = [
      streamed(bytesOf(`\ufeff${first}end`)),
      streamed(gzipSync(`\ufeff${second}\n`)),
      streamed(bytesOf("last\r")),
      streamed(bytesOf("one")),
    ];
    for (const tokens of ["char", "word"] as const) {
      const given = { ...SMALL, tokens };
      const stored = await onDisk(files, given);
      expect(contents(stored)).toEqual(contents(inMemory(`${first}end\n${second}\nlast\r\none`, given)));
      stored.close!();
    }
  });

  test("whatever a text is cut between, and however it comes", async () => {
    const whitespace = buildVocabulary("word", TEXT, { split: "whitespace" });
    const vocabularies = [buildVocabulary("char", TEXT), buildVocabulary("word", TEXT), whitespace, BPE];
    for (let seed = 0; seed < 60; seed++) {
      const text = someText(seed, 120);
      for (const vocabulary of vocabularies) {
        const files = [streamed(bytesOf(text), 1 + (seed % 9))];
        const ids: number[] = [];
        let parts = 0;
        for await (const part of textParts(files, vocabulary.kind, { least: 8 })) {
          ids.push(...vocabulary.encode(part));
          parts++;
        }
        expect(ids).toEqual([...vocabulary.encode(text)]);
        expect(parts).toBeGreaterThan(1);
      }
    }
  });

  test.each([3, 300, 70_000])("ids of a vocabulary of %i, from any place", (size) => {
    const draw = new Generator(4);
    const ids = Int32Array.from({ length: 5000 }, () => draw.integer(size));
    const file = new TokenFile(size);
    for (let at = 0; at < 5000; at += 1234) file.append(ids.subarray(at, at + 1234));
    const part = file.part([
      [10, 400],
      [400, 400],
      [4990, 5000],
    ]);
    const whole = [...ids.subarray(10, 400), ...ids.subarray(4990)];
    expect(part.length).toBe(400);
    for (const [from, count] of [
      [0, 400],
      [380, 15],
      [395, 5],
      [7, 0],
    ] as const) {
      const into = new Int32Array(count);
      part.read(from, into);
      expect([...into]).toEqual(whole.slice(from, from + count));
    }
    file.close();
  });
});

describe("training", () => {
  /** Weights after so many steps, in trainings that go on from each other. */
  async function weightsAfter(read: () => Promise<Awaited<ReturnType<typeof onDisk>>>, ...until: number[]) {
    let saved: Uint8Array | undefined;
    for (const untilStep of until) {
      const { data, config, close } = await read();
      const resume = saved && (decodeAnyTask(saved) as never);
      const training = new TaskTraining(languageModel, data, config, { resume });
      await training.fit({ untilStep });
      saved = training.encode();
      close?.();
    }
    const { weights, training } = decodeAnyTask(saved!);
    return [training, ...[...weights].map(([name, { data }]) => [name, [...data]])];
  }

  test.each<[string, Given]>([
    ["plain", { cell: "lstm" }],
    ["of random lengths, with a fold", { cell: "gru", randomLength: true, fold: "1/4", dropout: 0.2 }],
    ["over the end of an epoch", { cell: "gru", tokens: "word", batch: 40, seqLen: 100, validateEvery: 3 }],
  ])("%s: the bits of a text in memory, and mid-epoch it goes on to the bit", async (_, given) => {
    vi.stubEnv("TMPDIR", folder.at());
    const settings = { ...SMALL, epochs: 4, ...given };
    const stored = () => onDisk([streamed(bytesOf(TEXT), 4000)], settings);
    const parts = await weightsAfter(stored, 5, 6, 12);
    expect(parts).toEqual(await weightsAfter(async () => inMemory(TEXT, settings), 12));
    expect(parts).not.toEqual(await weightsAfter(stored, 11));
    expect(readdirSync(folder.at())).toEqual([]);
  });
});

describe("what cannot be read", () => {
  const huge = `${someText(20, 70_000)}\nab`;
  const bad = Uint8Array.from([...bytesOf(huge), 0xff, 0x61]);
  const line = huge.split("\n").length;
  test.each<[string, Uint8Array, Given, string]>([
    ["a byte of no character", bad, {}, `a.txt:${line}:3 must be valid UTF-8, got byte 0xff`],
    [
      "a character that is cut off",
      Uint8Array.of(0x61, 0xed, 0x95),
      {},
      "a.txt:1:2 must be valid UTF-8, got byte 0xed",
    ],
    ["nothing", new Uint8Array(0), {}, "a.txt must hold text to learn from, got an empty one"],
    ["a mark alone", Uint8Array.of(0xef, 0xbb, 0xbf), {}, "got an empty one"],
    ["white space", bytesOf(" \r\n\t"), {}, "got only white space (4 characters)"],
    ["white space in bytes", bytesOf(" \r\n"), { tokens: "byte" }, "got only white space (3 bytes)"],
    ["one token", bytesOf("a"), { valid: 0 }, "must hold at least 73 tokens to train on"],
    [
      "too few to validate on",
      bytesOf("abc".repeat(60)),
      { valid: 0.001 },
      "must leave at least 2 tokens to validate on",
    ],
  ])("%s", async (_, bytes, given, message) => {
    vi.stubEnv("TMPDIR", folder.at());
    await expect(onDisk([streamed(bytes, 1000)], { ...SMALL, ...given })).rejects.toThrow(message);
    expect(readdirSync(folder.at())).toEqual([]);
  });

  test("a word without an end is no word: characters are read", async () => {
    const limits = { least: 100, longest: 1000 };
    const read = async (kind: "char" | "word", text: string) => {
      let all = "";
      for await (const part of textParts([streamed(bytesOf(text))], kind, limits)) all += part;
      return all;
    };
    const [long, words] = ["x".repeat(3000), `${"x".repeat(900)} `.repeat(5)];
    await expect(read("word", long)).rejects.toThrow(
      'must have white space within 1,000 characters, got none. Use tokens "char" or "byte".',
    );
    expect(await read("char", long)).toBe(long);
    expect(await read("word", words)).toBe(words);
  });

  test("a character that a known vocabulary lacks", async () => {
    const known = buildVocabulary("char", "abc\n");
    const text = `${"abc\nabcabc\n".repeat(9000)}abé`;
    const place = "a.txt:18001:3 must contain only the 4 characters of the vocabulary, got U+00E9";
    await expect(onDisk([streamed(bytesOf(text), 1000)], SMALL, undefined, known)).rejects.toThrow(place);
    let index = -1;
    try {
      inMemory(text.repeat(20), SMALL, undefined, known);
    } catch (error) {
      index = (error as { details: { index: number } }).details.index;
    }
    expect(index).toBe(text.length - 1);
  });

  test("says in which of several files it stands", async () => {
    const read = onDisk([streamed(bytesOf("good\n")), streamed(bad, 999, "second.txt")], SMALL);
    await expect(read).rejects.toThrow(`second.txt:${line}:3 must be valid UTF-8`);
  });

  test("a disk without a place for it", async () => {
    vi.stubEnv("TMPDIR", folder.at("none"));
    await expect(onDisk([streamed(bytesOf(TEXT))], SMALL)).rejects.toMatchObject({ code: "ENOENT" });
  });
});
