import { describe, expect, test } from "vitest";
import { gradcheck } from "../../../src/autograd/index.js";
import { Generator, manualSeed } from "../../../src/base/random.js";
import { buildTask, decodeTask } from "../../../src/tasks/checkpoint.js";
import { lossOf, padded } from "../../../src/tasks/seq2seq/batch.js";
import type { Seq2SeqSettings } from "../../../src/tasks/seq2seq/config.js";
import { copyLogProbs, copyLosses, textOf } from "../../../src/tasks/seq2seq/copying.js";
import { pairsOf } from "../../../src/tasks/seq2seq/data.js";
import { EncoderDecoder } from "../../../src/tasks/seq2seq/model.js";
import { readPairs } from "../../../src/tasks/seq2seq/pairs.js";
import { seq2seq } from "../../../src/tasks/seq2seq/task.js";
import { encodeSources, GREEDY, writeAll } from "../../../src/tasks/seq2seq/write.js";
import { vocabularyOf } from "../../../src/tasks/tokens/vocabularies.js";
import { TaskTraining } from "../../../src/tasks/training/task-training.js";
import { tensor } from "../../../src/tensor/index.js";

const bytesOf = (text: string) => new TextEncoder().encode(text);
const vocabulary = vocabularyOf("word", ["hello my name is , . ada bob"], 1);
const meta = { source: vocabulary, target: vocabulary };
const WORDS = { sourceTokens: "word", targetTokens: "word", copy: true, source: "source", target: "target" } as const;

function make(settings: Partial<Seq2SeqSettings> = {}) {
  const config = seq2seq.resolve({ hidden: 6, embed: 4, maxLength: 9, ...WORDS, ...settings }, "t");
  manualSeed(7);
  const model = new EncoderDecoder(config, meta);
  for (const parameter of model.parameters()) parameter.set(parameter.data().map((value) => 3 * value));
  model.eval();
  return { model, config };
}

function pairs(config: ReturnType<typeof make>["config"], rows: readonly string[]) {
  return pairsOf(readPairs(bytesOf(`source\ttarget\n${rows.join("\n")}\n`), "p.tsv", config), config, meta);
}

const ROWS = ["my name is zoe\thello zoe", "my name is ada , xu , zoe .\thello xu .", "zoe , zoe\tzoe ada yi"];

test("what the vocabulary lacks has an id of its own in its source, and in a target that names it", () => {
  const [first, second, third] = pairs(make().config, ROWS);
  const { size } = vocabulary;
  expect(first!.strange).toEqual(["zoe"]);
  expect([first!.source.at(-1), first!.target.at(-1)]).toEqual([size, size]);
  expect(second!.strange).toEqual(["xu", "zoe"]);
  expect(second!.target[1]).toBe(size);
  expect(second!.source.filter((id) => id >= size)).toEqual(Int32Array.of(size, size + 1));
  // What the source does not have cannot be copied.
  expect([...third!.target]).toEqual([size, vocabulary.idOf("ada"), vocabulary.idOf("<unk>")]);
  expect(textOf(vocabulary, second!.target, second!.strange)).toBe("hello xu .");
  expect(textOf(vocabulary, [vocabulary.idOf("hello")!, size], ["\uffed!"])).toBe("hello!");
  expect(textOf(vocabularyOf("char", ["ab"], 1), [4, 6, 5], ["z"])).toBe("azb");
});

/** P(w) by its definition, in plain numbers. */
function byHand(logits: number[], gate: number, weights: number[], origins: readonly number[], target: number): number {
  const own = 1 / (1 + Math.exp(-gate));
  const sum = logits.reduce((all, logit) => all + Math.exp(logit), 0);
  const written = target < logits.length ? Math.exp(logits[target]!) / sum : 0;
  const copied = weights.reduce((all, weight, s) => all + (origins[s] === target ? weight : 0), 0);
  return own * written + (1 - own) * copied;
}

const random = (seed: number, ...shape: number[]) => {
  const generator = new Generator(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor(
    Float64Array.from({ length: size }, () => generator.normal()),
    { shape, dtype: "float64" },
  );
};

// V = 5, S = 4; ids 5 and 6 are strange.
const origins = tensor(Int32Array.from([1, 5, 5, 2, 3, 6, 5, 2]), { shape: [4, 2] });
const targets = tensor(Int32Array.from([5, 2, 4, 6, 1, -100]), { shape: [3, 2] });
const parts = () => ({ logits: random(1, 3, 2, 5), gate: random(2, 3, 2, 1), scores: random(3, 2, 3, 4) });

test("the loss is the mixture's, and the distribution of a step adds up to 1", () => {
  const { logits, gate, scores } = parts();
  const weights = scores.softmax(-1);
  const found = copyLosses({ logits, gate, weights }, origins, targets).data();
  const all = [logits, gate, weights, origins, targets].map((x) => x.toArray());
  const [l, g, w, o, y] = all as [number[][][], number[][][], number[][][], number[][], number[][]];
  for (let t = 0; t < 3; t++) {
    for (let n = 0; n < 2; n++) {
      const target = y[t]![n]!;
      const own = o.map((ids) => ids[n]!);
      const hand = target < 0 ? 0 : -Math.log(byHand(l[t]![n]!, g[t]![n]![0]!, w[n]![t]!, own, target));
      expect(found[t * 2 + n]).toBeCloseTo(hand, 9);
    }
  }
  const step = { logits: logits.narrow(0, 1, 1), gate: gate.narrow(0, 1, 1), weights: weights.narrow(1, 1, 1) };
  const [logProbs, width] = copyLogProbs(step, origins);
  expect(width).toBe(7);
  for (let n = 0; n < 2; n++) {
    const own = logProbs.subarray(n * width, (n + 1) * width);
    expect(own.reduce((sum, value) => sum + Math.exp(value), 0)).toBeCloseTo(1, 6);
    for (let id = 0; id < width; id++) {
      const hand = byHand(
        l[1]![n]!,
        g[1]![n]![0]!,
        w[n]![1]!,
        o.map((ids) => ids[n]!),
        id,
      );
      expect(Math.exp(own[id]!)).toBeCloseTo(hand, 6);
    }
  }
});

test("gradcheck, of tokens that are written, copied, both, and cannot be written", () => {
  const { logits, gate, scores } = parts();
  const loss = () => copyLosses({ logits, gate, weights: scores.softmax(-1) }, origins, targets);
  for (const x of [logits, gate, scores]) x.requiresGrad = true;
  expect(gradcheck(loss, [logits, gate, scores], { rtol: 1e-6, atol: 1e-8 }).ok).toBe(true);
});

test.each<[name: string, settings: Partial<Seq2SeqSettings>]>([
  ["general", {}],
  ["additive, input feeding, reversed", { attention: "additive", inputFeeding: true, reverse: true }],
  ["dot, peeky, both directions", { attention: "dot", peeky: true, bidirectional: true }],
])("%s: parameters as announced; a beam of one is greedy; a source is written as it would be alone", (_, settings) => {
  const { model, config } = make(settings);
  const made = [...model.stateDict()].map(([name, { shape }]) => [name, [...shape]] as const).sort();
  expect([...seq2seq.parameterShapes(config, meta)].map(([name, shape]) => [name, [...shape]]).sort()).toEqual(made);
  const read = pairs(config, ROWS);
  const sources = read.map(({ source }) => source);
  const together = writeAll(model, sources, GREEDY).map(([best]) => best!);
  for (const [n, source] of sources.entries()) {
    const [[alone]] = writeAll(model, [source], GREEDY) as never as [[(typeof together)[number]]];
    expect(alone.ids).toEqual(together[n]!.ids);
    const [beam] = writeAll(model, [source], { beam: 2, lengthPenalty: 0, nBest: 2 });
    expect(beam![0]!.logProb).toBeGreaterThanOrEqual(alone.logProb - 1e-4);
    // What was found to be likely has the loss that it says.
    const pair = { ...read[n]!, target: Int32Array.from(alone.ids) };
    const batch = padded([pair], model.ends, model.config.reverse);
    const loss = lossOf(model, batch, encodeSources(model, [source])).item() * batch.count;
    if (alone.ids.length < 9) expect(-loss).toBeCloseTo(alone.logProb, 3);
  }
});

describe("names that training has never seen", () => {
  const generator = new Generator(5);
  const word = () =>
    Array.from({ length: 3 }, () => "bdklmr"[generator.integer(6)]! + "aeiou"[generator.integer(5)]!).join("");
  const lines = (count: number) =>
    Array.from({ length: count }, () => {
      const [name, place] = [word(), ["rome", "oslo"][generator.integer(2)]!];
      const isFirst = generator.uniform() < 0.5;
      return isFirst
        ? `my name is ${name} of ${place}\thello ${name}`
        : `i live in ${place} , says ${name}\t${name} of ${place}`;
    });
  const table = (rows: readonly string[]) => ({
    name: "p.tsv",
    bytes: bytesOf(`source\ttarget\n${rows.join("\n")}\n`),
  });
  const [known, unseen] = [lines(300), lines(60)];
  const SMALL = { ...WORDS, hidden: 24, embed: 12, batch: 16, lr: 0.02, epochs: 6, minCount: 2, valid: 0, seed: 2 };

  async function right(copy: boolean, more: Partial<Seq2SeqSettings> = {}) {
    const { data, config } = seq2seq.read({ train: table(known) }, { ...SMALL, ...more, copy }, { op: "t" });
    const training = new TaskTraining(seq2seq, data, config);
    await training.fit();
    const checkpoint = decodeTask(seq2seq, training.encode());
    const model = buildTask(seq2seq, checkpoint);
    const { figures } = await seq2seq.evaluate!.run(model, checkpoint, table(unseen), {});
    return { model, checkpoint, share: figures.find(({ name }) => name === "exact match")!.value };
  }

  test("are copied with --copy, and never written without", async () => {
    const [plain, copying] = [await right(false), await right(true)];
    expect(plain.share).toBe(0);
    expect(copying.share).toBeGreaterThan(0.9);
    const ask = async (search: Record<string, number>) => {
      const asked = ["my name is Zaphod of rome", search] as const;
      const told = seq2seq.predict!.typed(copying.model, copying.checkpoint, ...asked);
      return (await told[Symbol.asyncIterator]().next()).value.values;
    };
    expect((await ask({}))["target"]).toBe("hello Zaphod");
    expect((await ask({ beam: 3, nBest: 2 }))["target"]).toBe("hello Zaphod");
    const inspected = await seq2seq.inspect!.run(copying.model, copying.checkpoint, "my name is Zaphod of rome", {});
    const { samples } = inspected.values as {
      samples: {
        copied: number[];
        sourceTokens: string[];
        attention: number[][];
        target: string;
      }[];
    };
    expect(samples[0]!.target).toBe("hello Zaphod");
    expect(samples[0]!.sourceTokens).toContain("Zaphod");
    // The name is pointed at, and what stands before it is not.
    expect(samples[0]!.copied[1]).toBeGreaterThan(0.9);
    expect(samples[0]!.copied[0]).toBeLessThan(0.5);
    const [, row] = samples[0]!.attention;
    expect(row!.indexOf(Math.max(...row!))).toBe(samples[0]!.sourceTokens.indexOf("Zaphod"));
  });

  test("a decoder that is given its own tokens copies too; 9 steps are 4 + 5, to the bit", async () => {
    const settings = { ...SMALL, teacherForcing: 0.5, hidden: 8 };
    const begin = (resume?: Uint8Array) => {
      const { data, config } = seq2seq.read({ train: table(known) }, settings, { op: "t" });
      return new TaskTraining(seq2seq, data, config, { resume: resume && decodeTask(seq2seq, resume) });
    };
    const whole = begin();
    await whole.fit({ untilStep: 9 });
    const first = begin();
    await first.fit({ untilStep: 4 });
    const second = begin(first.encode());
    await second.fit({ untilStep: 9 });
    expect(second.encode()).toEqual(whole.encode());
  });

  test("a checkpoint whose two vocabularies differ is refused", () => {
    const { data, config } = seq2seq.read({ train: table(known) }, SMALL, { op: "t" });
    const other = { ...data, target: vocabularyOf("word", ["other"], 1) };
    expect(() => seq2seq.parameterShapes(config, other)).toThrow(
      /target must be that of the source, as the config copies/,
    );
  });
});

test.each<[settings: Partial<Seq2SeqSettings>, says: RegExp, mended: Partial<Seq2SeqSettings>]>([
  [{ attention: "none" }, /copy must be left out with attention none/, { copy: false }],
  [
    { targetTokens: "char" },
    /targetTokens must be word with copy.*Read and write tokens of one kind, or leave copy out\./,
    { targetTokens: "word" },
  ],
])("%j does not go with copying", (settings, says, mended) => {
  expect(() => seq2seq.resolve({ ...WORDS, ...settings }, "t")).toThrow(says);
  expect(seq2seq.resolve({ ...WORDS, ...settings, ...mended }, "t")).toMatchObject(mended);
});
