import { readdirSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import type { CommandTask } from "../../../src/tasks/commands.js";
import type { TagSettings } from "../../../src/tasks/tag/config.js";
import type { Meaning } from "../../../src/tasks/tag/data.js";
import { storeSentences } from "../../../src/tasks/tag/storing.js";
import { tag } from "../../../src/tasks/tag/task.js";
import { streamed } from "../../support/rows.js";
import { conll, taggedLines, taggedSentences } from "../../support/tagged.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { weightsAfter as trainedWeights } from "../../support/weights-after.js";

const folder = temporaryFolder();
afterEach(() => void vi.unstubAllEnvs());
const SMALL: Partial<TagSettings> = {
  ...{ hidden: 6, embed: 5, charEmbed: 4, charHidden: 4, batch: 8, lr: 0.01, epochs: 3, dropout: 0.1 },
};
const named = (name: string, text: string) => ({ name, bytes: new TextEncoder().encode(text) });
const [SENTENCES, HELD] = [conll(taggedSentences(90)), conll(taggedSentences(25, 2))];

const inMemory = (train: string, given: Partial<TagSettings>, valid?: string, known?: Meaning, name = "s.conll") =>
  tag.read({ train: named(name, train), valid: valid === undefined ? undefined : named("v.conll", valid) }, given, {
    op: "train",
    known,
  });
const onDisk = (train: string, given: Partial<TagSettings>, valid?: string, known?: Meaning, name = "s.conll") =>
  tag.readStream!(
    { train: streamed(train, 97, name), valid: valid === undefined ? undefined : streamed(valid, 50, "v.conll") },
    given,
    { op: "train", known },
  );
type Read = Awaited<ReturnType<typeof onDisk>>;

const weightsAfter = (read: () => Promise<Read>, ...until: number[]) =>
  trainedWeights(tag as unknown as CommandTask, read as never, ...until);

const seen = ({ data, config }: Read) => {
  const { counts, summary, meta } = tag.about(data, config);
  return { counts, summary, meta: tag.describeMeta(meta) };
};

describe("with a file of its own to validate on, sentences on the disk are those in memory", () => {
  test.each<[string, string, Partial<TagSettings>, string?]>([
    ["a CRF of regular spans", SENTENCES, { crf: true }],
    ["a convolution, rare words left out", SENTENCES, { chars: "conv", minCount: 4 }],
    ["JSON lines", taggedLines(taggedSentences(80, 3)), {}, "s.jsonl"],
    ["spans that begin wrongly", `${SENTENCES}\nBo _ I-PER\nx _ O\n`, { crf: true }],
  ])("%s", async (_, text, given, name) => {
    const settings = { ...SMALL, ...given, valid: "v.conll" };
    const stored = await onDisk(text, settings, HELD, undefined, name);
    expect(seen(stored)).toEqual(seen(inMemory(text, settings, HELD, undefined, name)));
    stored.close!();
    const disk = () => onDisk(text, settings, HELD, undefined, name);
    const memory = async () => inMemory(text, settings, HELD, undefined, name);
    expect(await weightsAfter(disk, 14)).toEqual(await weightsAfter(memory, 14));
  });

  test("also with what a model knows, and long ones in pieces", async () => {
    const { data } = inMemory(SENTENCES, SMALL);
    const settings: Partial<TagSettings> = { ...SMALL, maxLength: 3, valid: 0 };
    const stored = await onDisk(HELD, settings, undefined, data);
    const whole = inMemory(HELD, settings, undefined, data);
    expect(seen(stored)).toEqual(seen(whole));
    const told = (examples: Read["data"]["train"]) =>
      [...examples].map(({ tokens, tags, ids }) => `${tokens} ${tags} ${ids}`).sort();
    expect(told(stored.data.train)).toEqual(told(whole.data.train));
    expect(stored.data.train.length).toBeGreaterThan(25);
    stored.close!();
  });
});

test("a part that is drawn, or a fold: every sentence is in one, and training goes on to the bit mid-epoch", async () => {
  vi.stubEnv("TMPDIR", folder.at());
  for (const given of [{ valid: 0.3 }, { fold: "1/3" }] as const) {
    const settings = { ...SMALL, ...given, validateEvery: 5 };
    const { data, config, close } = await onDisk(SENTENCES, settings);
    const { trainSentences, validationSentences } = tag.about(data, config).counts as Record<string, number>;
    expect(trainSentences! + validationSentences!).toBe(90);
    expect(validationSentences).toBeGreaterThan(15);
    expect([...data.validation].every(({ ids }) => !ids.includes(-1))).toBe(true);
    close!();
    const read = () => onDisk(SENTENCES, settings);
    expect(await weightsAfter(read, 9, 10, 19)).toEqual(await weightsAfter(read, 19));
  }
  const parts = await storeSentences(
    { train: streamed(SENTENCES, 97, "s.conll") },
    tag.resolve({ ...SMALL, valid: 0 }, "t"),
    {
      mostInPart: 20,
    },
  );
  expect(parts.train.length).toBe(90);
  const batches = tag.batches(parts, tag.resolve(SMALL, "t"));
  const words = Array.from({ length: batches.steps }, () => batches.next().lengths.reduce((a, b) => a + b));
  expect(words.reduce((a, b) => a + b)).toBe(parts.words.train);
  parts.close();
  expect(readdirSync(folder.at())).toEqual([]);
});

describe("what cannot be learned from is refused, and nothing is left behind", () => {
  const STRANGE = "Bo _ B-ORG\nx _ O\n";
  test.each<[string, string, Partial<TagSettings>, string?]>([
    ["a single tag", "a X\nb X\n", {}],
    ["nothing", "", {}],
    ["no tag", "a X\nb Y\n\nc\n", {}],
    ["a strange tag to validate on", SENTENCES, {}, STRANGE],
  ])("%s", async (_, text, given, valid) => {
    vi.stubEnv("TMPDIR", folder.at());
    const settings = { ...SMALL, ...given, tagColumn: valid === undefined ? null : 3 };
    let error: unknown;
    try {
      inMemory(text, settings, valid);
    } catch (thrown) {
      error = thrown;
    }
    const { message, details } = error as { message: string; details: object };
    await expect(onDisk(text, settings, valid)).rejects.toMatchObject({ message, details });
    expect(readdirSync(folder.at())).toEqual([]);
  });

  test("a column that holds no tags: with the column of the tags it is read", async () => {
    const text = Array.from({ length: 2 ** 16 + 1 }, (_, i) => `w ${"XY"[i % 2]} ${i}\n`).join("");
    const settings = { ...SMALL, valid: 0 };
    await expect(onDisk(text, settings)).rejects.toThrow(
      's.conll:65537: column "tag" must be one of at most 65,536 tags, got "65536". Name the column of the tags.',
    );
    const { data, close } = await onDisk(text, { ...settings, tagColumn: 2 });
    expect(data.tags).toEqual(["X", "Y"]);
    close!();
  });

  test("but counted as wrong where that is asked for", async () => {
    const { data, close } = await onDisk(SENTENCES, { ...SMALL, unseen: "wrong" }, STRANGE);
    expect([...data.validation].map(({ tags, ids }) => [tags, [...ids].map((id) => data.tags[id])])).toEqual([
      [
        ["B-ORG", "O"],
        [undefined, "O"],
      ],
    ]);
    close!();
  });
});
