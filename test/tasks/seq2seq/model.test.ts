import { describe, expect, test } from "vitest";
import { FormatError } from "../../../src/base/errors.js";
import { manualSeed } from "../../../src/base/random.js";
import { lossOf, padded } from "../../../src/tasks/seq2seq/batch.js";
import type { Seq2SeqSettings } from "../../../src/tasks/seq2seq/config.js";
import { pairsOf } from "../../../src/tasks/seq2seq/data.js";
import { EncoderDecoder } from "../../../src/tasks/seq2seq/model.js";
import { readPairs } from "../../../src/tasks/seq2seq/pairs.js";
import { seq2seq } from "../../../src/tasks/seq2seq/task.js";
import { encodeSources, GREEDY, lookedAt, writeAll } from "../../../src/tasks/seq2seq/write.js";
import { paddedIds } from "../../../src/tasks/tokens/padded-ids.js";
import { vocabularyOf } from "../../../src/tasks/tokens/vocabularies.js";
import { reversedPairs } from "../../support/pairs.js";

const meta = { source: vocabularyOf("char", ["abcde"], 1), target: vocabularyOf("char", ["abc"], 1) };

function make(settings: Partial<Seq2SeqSettings> = {}) {
  const config = seq2seq.resolve(
    { hidden: 6, embed: 4, maxLength: 5, source: "source", target: "target", ...settings },
    "t",
  );
  manualSeed(7);
  const model = new EncoderDecoder(config, meta);
  for (const parameter of model.parameters()) parameter.set(parameter.data().map((value) => 3 * value));
  model.eval();
  return { model, config };
}

const VARIANTS: [name: string, settings: Partial<Seq2SeqSettings>][] = [
  ["no attention", { attention: "none" }],
  ["dot, bidirectional, 2 layers", { attention: "dot", bidirectional: true, layers: 2 }],
  ["general, peeky, GRU", { peeky: true, cell: "gru" }],
  ["additive, input feeding, reversed", { attention: "additive", inputFeeding: true, reverse: true }],
  ["layers as a stack", { layers: 2, hiddenDropout: 0.2, weightDrop: 0.1, bidirectional: true, peeky: true }],
];

const SOURCES = ["abc", "e", "dabec"].map((text) => meta.source.encode(text));

describe.each(VARIANTS)("%s", (_, settings) => {
  test("the parameters are those that were announced", () => {
    const { model, config } = make(settings);
    const made = [...model.stateDict()].map(([name, { shape }]) => [name, [...shape]] as const).sort();
    expect([...seq2seq.parameterShapes(config, meta)].map(([name, shape]) => [name, [...shape]]).sort()).toEqual(made);
  });

  test("all steps at once are one step after another", () => {
    const { model } = make(settings);
    const encoded = encodeSources(model, SOURCES);
    const ids = paddedIds(
      [
        [1, 4, 5],
        [1, 5, 4],
        [1, 6, 6],
      ],
      2,
    );
    const { logits, weights } = model.decode(encoded, ids, model.begin(encoded));
    let from = model.begin(encoded);
    for (let t = 0; t < 3; t++) {
      const step = model.decode(encoded, ids.narrow(0, t, 1), from);
      from = step.next;
      const [whole, alone] = [logits.select(0, t).data(), step.logits.data()];
      for (const [i, value] of alone.entries()) expect(value).toBeCloseTo(whole[i]!, 4);
      if (weights === null) continue;
      const [looked, own] = [weights.select(1, t).data(), step.weights!.data()];
      for (const [i, value] of own.entries()) expect(value).toBeCloseTo(looked[i]!, 4);
    }
  });

  test("a source is written as it would be alone, whatever stands beside it", () => {
    const { model } = make(settings);
    const together = writeAll(model, SOURCES, GREEDY).map(([best]) => best!);
    for (const [n, source] of SOURCES.entries()) {
      const [[alone]] = writeAll(model, [source], GREEDY) as [[(typeof together)[number]]];
      expect(alone.ids).toEqual(together[n]!.ids);
      expect(alone.logProb).toBeCloseTo(together[n]!.logProb, 3);
    }
  });
});

test("a beam that holds everything finds the best of all targets, as counting them does", () => {
  const { model } = make({ maxLength: 3 });
  const source = meta.source.encode("bad");
  const ids = ["a", "b", "c"].map((letter) => meta.target.idOf(letter)!);
  const targets = [[], ...ids.flatMap((a) => [[a], ...ids.flatMap((b) => [[a, b], ...ids.map((c) => [a, b, c])])])];
  const table = targets.map((target) => {
    const pair = { source, target: Int32Array.from(target as number[]), text: "", strange: [] };
    const batch = padded([pair], model.ends, false);
    return { target, logProb: -batch.count * lossOf(model, batch, model.encode(batch.source, batch.lengths)).item() };
  });
  const best = table.sort((a, b) => b.logProb - a.logProb).slice(0, 4);
  const [found] = writeAll(model, [source], { beam: 60, lengthPenalty: 0, nBest: 4 });
  expect(found!.map(({ ids }) => ids)).toEqual(best.map(({ target }) => target));
  for (const [i, { logProb }] of found!.entries()) expect(logProb).toBeCloseTo(best[i]!.logProb, 3);
  const [greedy] = writeAll(model, [source], GREEDY);
  expect(greedy![0]!.logProb).toBeLessThanOrEqual(best[0]!.logProb + 1e-4);
});

test("a decoder that is given nothing reads its own tokens, and a loss of targets that it writes itself is the same", () => {
  const { model } = make();
  const [[written]] = writeAll(model, [SOURCES[0]!], GREEDY) as unknown as [[{ ids: number[] }]];
  const pair = { source: SOURCES[0]!, target: Int32Array.from(written.ids), text: "", strange: [] };
  const losses = [1, 0.5, 0].map((forced) => {
    model.train();
    const batch = padded([pair], model.ends, false, forced);
    return lossOf(model, batch, model.encode(batch.source, batch.lengths)).item();
  });
  for (const loss of losses) expect(loss).toBeCloseTo(losses[0]!, 4);
  const other = { ...pair, target: Int32Array.from(written.ids.map((id) => (id === 4 ? 5 : 4))) };
  const [given, own] = [1, 0].map((forced) => {
    const batch = padded([other], model.ends, false, forced);
    return lossOf(model, batch, model.encode(batch.source, batch.lengths)).item();
  });
  expect(Math.abs(given! - own!)).toBeGreaterThan(1e-3);
});

test("what is looked at is told in the order of the source, also where it is read backwards", () => {
  const source = meta.source.encode("abcde");
  const [forward, back] = [make({ reverse: false }), make({ reverse: true })].map(({ model }) => model);
  const turned = lookedAt(back!, source, [4, 5])!;
  const plain = lookedAt(forward!, source.slice().reverse(), [4, 5])!;
  expect(turned).toEqual(plain.map((row) => row.slice().reverse()));
});

test("all pairs of a source are in one part, and the parts make up the file", () => {
  const rows = Array.from({ length: 40 }, (_, i) => `${"abcdefghij"[i % 10]}\t${i}`);
  const bytes = new TextEncoder().encode(`source\ttarget\n${rows.join("\n")}`);
  for (let seed = 0; seed < 5; seed++) {
    const { data } = seq2seq.read({ train: { name: "p.tsv", bytes } }, { valid: 0.25, seed }, { op: "t" });
    const letters = [data.train, data.validation].map(
      (part) => new Set([...part].map(({ source }) => data.source.decode(source))),
    );
    expect([data.train.length, data.validation.length]).toEqual([28, 12]);
    for (const letter of letters[0]!) expect(letters[1]!.has(letter)).toBe(false);
  }
});

test("a word that training never saw is never written, so that it is never right", () => {
  const text = reversedPairs(30);
  const { data, config } = seq2seq.read(
    { train: { name: "p.tsv", bytes: new TextEncoder().encode(text) } },
    { hidden: 4 },
    { op: "t" },
  );
  const model = seq2seq.build(config, data);
  const head = (model as EncoderDecoder).head.bias!;
  const unknown = data.target.idOf("<unk>")!;
  head.set(head.data().map((_, id) => (id === unknown ? 50 : 0)));
  const table = readPairs(new TextEncoder().encode("source\ttarget\nab\tzz\n"), "q.tsv", config);
  const [pair] = pairsOf(table, config, data);
  expect([...pair!.target]).toEqual([unknown, unknown]);
  expect(writeAll(model as EncoderDecoder, [pair!.source], GREEDY)[0]![0]!.ids).not.toContain(unknown);
});

test.each<[what: string, json: unknown]>([
  ["nothing", undefined],
  ["a number", 3],
  ["no kind", {}],
  ["a vocabulary without ends", { kind: "char", tokens: ["a"], unknown: false }],
  ["tokens that are none", { kind: "char", tokens: [1], unknown: true, special: true }],
])("a checkpoint whose vocabulary is damaged (%s) is refused as such", (_, json) => {
  const good = seq2seq.describeMeta(meta) as Record<string, never>;
  expect(seq2seq.readMeta(good)).toEqual(meta);
  for (const side of ["source", "target"]) {
    expect(() => seq2seq.readMeta({ ...good, [side]: json as never })).toThrow(FormatError);
  }
});
