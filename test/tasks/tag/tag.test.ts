import * as tasks from "unrolled/tasks";
import { describe, expect, test } from "vitest";
import { FormatError } from "../../../src/base/errors.js";
import { buildTask, decodeTask } from "../../../src/tasks/checkpoint.js";
import { decodeAnyTask } from "../../../src/tasks/registry.js";
import type { TagSettings } from "../../../src/tasks/tag/config.js";
import { tag } from "../../../src/tasks/tag/task.js";
import { TaskTraining } from "../../../src/tasks/training/task-training.js";
import type { ValidationEvent } from "../../../src/train/index.js";
import { conll, taggedLines, taggedSentences } from "../../support/tagged.js";

const SIZES: Partial<TagSettings> = { hidden: 12, embed: 8, charEmbed: 6, charHidden: 8 };
const SMALL: Partial<TagSettings> = { ...SIZES, batch: 8, lr: 0.01, valid: 0.2, epochs: 4, dropout: 0.1 };
const KINDS: readonly Partial<TagSettings>[] = [
  {},
  { crf: true },
  { chars: "conv" },
  { chars: "none", crf: true, layers: 2, cell: "gru" },
  { bidirectional: false, cell: "min-lstm", embeddingDropout: 0.2, inputDropout: 0.1 },
];

const source = (text: string, name = "s.conll") => ({ name, bytes: new TextEncoder().encode(text) });
const SENTENCES = source(conll(taggedSentences(120)));

function begin(settings: Partial<TagSettings>, resume?: Uint8Array, train = SENTENCES) {
  const { data, config } = tag.read({ train }, { ...SMALL, ...settings }, { op: "train" });
  return new TaskTraining(tag, data, config, { resume: resume && decodeTask(tag, resume) });
}

describe("learning", () => {
  test.each([
    ["softmax over an LSTM of characters", {}],
    ["a CRF", { crf: true }],
    ["a convolution over characters, GRU", { chars: "conv", cell: "gru" }],
  ] as const)("%s: names that were never seen", async (_, more) => {
    let last: ValidationEvent["metrics"] = {};
    const onEvent = (event: { type: string }) => {
      if (event.type === "validation") last = (event as ValidationEvent).metrics;
    };
    const { model } = await tasks.train(source(conll(taggedSentences(300))), { ...SMALL, epochs: 6, ...more, onEvent });
    expect(model.task).toBe("tag");
    expect(Object.keys(last)).toEqual(["span F1", "accuracy", "loss"]);
    expect(last["span F1"]).toBeGreaterThan(0.9);
    const others = taggedSentences(100, 7);
    const { figures, values } = await model.evaluate(source(taggedLines(others), "other.jsonl"));
    const said: unknown[] = [];
    for await (const { tags } of model.predict(others.map((rows) => rows.map(([word]) => word).join(" "))))
      said.push(tags);
    const right = others.filter((rows, i) => JSON.stringify(rows.map(([, tag]) => tag)) === JSON.stringify(said[i]));
    expect(values(() => "")["exactMatch"]).toBe(right.length / others.length);
    expect(figures.map(({ name }) => name).slice(0, 4)).toEqual(["span F1", "accuracy", "loss", "words"]);
    expect(figures[0]!.value).toBeGreaterThan(0.9);
    expect(figures.filter(({ name }) => name.startsWith("  ")).map(({ name }) => name.trim())).toEqual(["LOC", "PER"]);
  });
});

describe.each(KINDS)("%o", (kind) => {
  test("17 steps are 7 + 10, mid-epoch, to the bit", async () => {
    const whole = begin(kind);
    expect(7 % whole.trainer.progress.epochSteps).not.toBe(0);
    await whole.fit({ untilStep: 17 });
    const first = begin(kind);
    await first.fit({ untilStep: 7 });
    const second = begin(kind, first.encode());
    await second.fit({ untilStep: 17 });
    expect(second.encode()).toEqual(whole.encode());
  });

  test("shapes before a model is made are those of the model, and a checkpoint says the same as before", () => {
    const { model, config, data } = begin(kind);
    const made = [...model.stateDict()].map(([name, { shape }]) => [name, [...shape]] as const).sort();
    expect([...tag.parameterShapes(config, data)].map(([name, shape]) => [name, [...shape]]).sort()).toEqual(made);
    const bytes = begin(kind).encode();
    expect(decodeAnyTask(bytes, "x").task.name).toBe("tag");
    const loaded = buildTask(tag, decodeTask(tag, bytes));
    model.eval();
    expect([...tag.outputs(loaded, data, config)]).toEqual([...tag.outputs(model, data, config)]);
  });
});

describe("what a checkpoint says of its words and tags", () => {
  const good = { tags: ["O", "X"], words: ["a", "b"], chars: ["a"], constrained: false };
  const bad: [key: keyof typeof good, value: unknown][] = [
    ...(["tags", "words", "chars"] as const).flatMap((key) =>
      [undefined, null, 7, "ab", {}, [1, 2], ["a", ""], ["a", "b", "a"], [["a"], ["b"]]].map(
        (value): [typeof key, unknown] => [key, value],
      ),
    ),
    ["tags", []],
    ["tags", ["O"]],
    ...[undefined, null, 1, "true"].map((value): ["constrained", unknown] => ["constrained", value]),
  ];

  test("goes there and back", () => {
    expect(tag.describeMeta(tag.readMeta(good))).toEqual(good);
    expect(tag.readMeta({ ...good, words: [], chars: [] }).lexicon.wordId("a")).toBe(0);
  });

  test.each(bad)("%s of %j is refused", (key, value) => {
    expect(() => tag.readMeta({ ...good, [key]: value } as never)).toThrow(FormatError);
  });
});

test("other words, other tags and other sentences are no run to go on with", () => {
  const bytes = begin({}).encode();
  const rows = taggedSentences(120);
  const again = (changed: typeof rows, more = {}) => begin(more, bytes, source(conll(changed)));
  expect(() => again(rows, { chars: "conv", charHidden: 9 })).toThrow("chars lstm → conv, charHidden 8 → 9");
  const places = rows.map((words) => words.map(([word, own]) => [word, own.replace("LOC", "TOWN")] as const));
  expect(() => again(places)).toThrow("must know the tags and the words of the file");
  const [first, ...rest] = rows;
  const all = begin({ valid: 0 }).encode();
  const moved = source(conll([...rest, first!]));
  expect(() => begin({ valid: 0 }, all, moved)).toThrow("must be of the same file of tagged words");
});

describe("words of every kind and number", () => {
  const { model } = begin({ maxLength: 5, maxChars: 7, minCount: 1 });
  const known = { config: model.config, meta: model.meaning };
  const say = async (text: string) => {
    for await (const { values, tokens, unknown } of tag.predict!.typed(model, known, text)) {
      return {
        tokens: values["tokens"] as string[],
        tags: values["tags"] as string[],
        read: tokens!,
        unknown: unknown!,
      };
    }
    throw new Error("nothing was said");
  };

  test.each([
    ["more words than are read at once", "in ".repeat(13).trim(), 13],
    ["exactly as many as in two pieces", "in ".repeat(10).trim(), 10],
    ["a word of a million characters", `in ${"ab".repeat(500_000)} in`, 3],
    ["emoji, Hangul, half a character", "👩‍👩‍👧 한국어 \ud83d in", 4],
    ["names of an object's own", "constructor __proto__ toString", 3],
  ])("%s", async (_, text, count) => {
    model.eval();
    const { tokens, tags } = await say(text);
    expect(tokens).toEqual(text.split(" "));
    expect(tags).toHaveLength(count);
    for (const own of tags) expect(model.meaning.tags).toContain(own);
  });

  test("what is strange to it is counted in characters", async () => {
    const { read, unknown } = await say("in 한국 in");
    expect([read, unknown]).toEqual([6, 2]);
  });

  test("a sentence is judged as a whole, whatever pieces it was read in", () => {
    const { data } = tag.read({ train: SENTENCES }, { ...SMALL, valid: 0 }, { op: "t" });
    for (const { predicted, targets } of tag.outputs(model, { ...data, validation: data.train }, model.config)) {
      expect(predicted.map(({ length }) => length)).toEqual(targets.map(({ length }) => length));
    }
  });
});

test("a word that is unknown as it is written may be known in lower case, and others by nothing", () => {
  const text = "The DT\ndog NN\n\nthe DT\ncat NN\n\nthe DT\ndog NN\n";
  const { lexicon } = tag.read({ train: source(text) }, { valid: 0, minCount: 2 }, { op: "t" }).data;
  expect(lexicon.words).toEqual(["dog", "the"]);
  expect(["the", "The", "THE", "Dog", "cat", "Cat"].map((word) => lexicon.wordId(word))).toEqual([2, 2, 2, 1, 0, 0]);
  const ids = (word: string, most: number) =>
    [...lexicon.charIds(word, most)].map((id) => lexicon.chars[id - 1] ?? "?");
  expect(ids("thedog", 5)).toEqual(["t", "h", "e", "o", "g"]);
  expect(ids("the😀dog", 7)).toEqual(["t", "h", "e", "?", "d", "o", "g"]);
  expect(ids(`${"the".repeat(40)}dog`, 4)).toEqual(["t", "h", "o", "g"]);
});

test("judged on spans that break rules and tags that it never saw, a CRF's loss is of the others alone", async () => {
  const { model } = await tasks.train(SENTENCES, { ...SMALL, crf: true, epochs: 1 });
  const good = conll(taggedSentences(10, 3));
  const bad = "Bob _ I-PER\nis _ O\n\nLtd _ B-ORG\nis _ O\n";
  const { values } = await model.evaluate(source(good));
  const { values: mixed, figures } = await model.evaluate(source(`${good}\n${bad}`), { unseen: "wrong" });
  const place = () => "";
  expect(mixed(place)["loss"]).toBeCloseTo(values(place)["loss"] as number, 5);
  expect(mixed(place)["words"]).toBe((values(place)["words"] as number) + 4);
  const irregular = figures.find(({ name }) => name === "irregular")!;
  expect(irregular.text).toContain("1 with spans that do not begin or end as they should (first at s.conll:");
  const alone = await model.evaluate(source(bad), { unseen: "wrong" });
  expect(alone.values(place)["loss"]).toBeNaN();
});

test.each([{}, { crf: true }, { chars: "conv" }, { bidirectional: false, cell: "gru" }] as Partial<TagSettings>[])(
  "%o: what is said of a sentence does not depend on those beside it",
  async (kind) => {
    const { model } = begin(kind);
    model.eval();
    const known = { config: model.config, meta: model.meaning };
    const texts = taggedSentences(9, 5).map((rows) => rows.map(([word]) => word).join(" "));
    texts.push("x", `${"long".repeat(6)} in Rome`);
    const together = await probabilities(tag.predict!.run(model, known, source(texts.join("\n"), "t.txt")));
    const alone = await Promise.all(texts.map((text) => probabilities(tag.predict!.typed(model, known, text))));
    for (const [i, [own]] of alone.entries()) {
      expect(own!.length).toBe(texts[i]!.split(" ").length);
      for (const [t, value] of own!.entries()) expect(together[i]![t]).toBeCloseTo(value, 4);
    }
  },
);

async function probabilities(said: AsyncIterable<{ values: object }>): Promise<number[][]> {
  const all: number[][] = [];
  for await (const { values } of said) all.push((values as { probabilities: number[] }).probabilities);
  return all;
}

test("every tag is in the part to train on, however rare it is", () => {
  const text = `${conll(taggedSentences(40))}\nOslo _ B-TOWN\n`;
  for (let seed = 0; seed < 8; seed++) {
    const { data } = tag.read({ train: source(text) }, { ...SMALL, valid: 0.5, seed }, { op: "t" });
    expect(data.tags).toEqual(["B-LOC", "B-PER", "B-TOWN", "I-PER", "O"]);
    expect(data.train.length + data.validation.length).toBe(41);
    expect(data.validation.length).toBeGreaterThanOrEqual(19);
  }
});

test.each([
  ["BIOES", "B-PER I-PER E-PER O S-LOC"],
  ["BILOU", "B-PER I-PER L-PER O U-LOC"],
])("spans in %s: those of both are judged alike", (_, tags) => {
  const text = tags.split(" ").map((own, i) => `w${i} ${own}`).join("\n"); // biome-ignore format: one line
  const { data, config } = tag.read({ train: source(`${text}\n\n${text}\n`) }, { ...SMALL, valid: 0 }, { op: "t" });
  expect([data.constrained, data.faults]).toEqual([true, ""]);
  const [spans] = tag.metrics(data);
  for (const output of tag.outputs(tag.build(config, data), { ...data, validation: data.train }, config)) {
    expect(output.targets[0]).toEqual(["B-PER", "I-PER", "E-PER", "O", "S-LOC"]);
    spans!.add({ ...output, predicted: [output.targets[0]!, ["O", "O", "O", "O", "S-LOC"]] });
  }
  // Three spans are found of four.
  expect(spans!.name).toBe("span F1");
  expect(spans!.value).toBeCloseTo(6 / 7, 12);
});
