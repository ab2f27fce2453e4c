import { describe, expect, test } from "vitest";
import { Generator } from "../../../src/base/random.js";
import type { ClassifySettings } from "../../../src/tasks/classify/config.js";
import { bestThresholds, labelMacroF1, labelMicroF1, labelsExact } from "../../../src/tasks/classify/multi-label.js";
import { classify } from "../../../src/tasks/classify/task.js";
import { inferTask } from "../../../src/tasks/registry.js";
import { load, train } from "../../../src/tasks/task-model.js";
import { nameTable } from "../../support/rows.js";

const source = (text: string, name = "rows.csv") => ({ name, bytes: new TextEncoder().encode(text) });
const read = (table: string, settings: Partial<ClassifySettings>, name = "rows.csv") =>
  classify.read({ train: source(table, name) }, settings, { op: "train" });
const MULTI: Partial<ClassifySettings> = { text: "text", label: "tags", multi: true, tokens: "word", valid: 0.2 };

/** Words that have a label each, and one that has none; a rare label has one row in twelve. */
function tagTable(rows: number, seed = 1): string {
  const generator = new Generator(seed);
  const words = { ball: "sport", vote: "politics", song: "music", stone: "", rare: "rare" };
  const lines = Array.from({ length: rows }, () => {
    const chosen = Object.keys(words).filter((word) => generator.uniform() < (word === "rare" ? 0.08 : 0.4));
    const tags = chosen.map((word) => words[word as "ball"]).filter((tag) => tag !== "");
    return `the ${chosen.join(" ")} is here,${tags.join("; ")}`;
  });
  return `text,tags\n${lines.join("\n")}\n`;
}

describe("several labels", () => {
  test("none, one or many of a row, told by thresholds that the held-out part decides", async () => {
    const settings = {
      ...MULTI,
      task: "classify",
      hidden: 16,
      embed: 12,
      lr: 0.02,
      epochs: 6,
      pooling: "max",
    } as const;
    const { model } = await train(source(tagTable(300)), { ...settings, classWeights: "balanced" });
    const { figures, below } = await model.evaluate(source(tagTable(100, 4)));
    const of = Object.fromEntries(figures.map(({ name, value }) => [name, value]));
    expect(Object.keys(of)).toEqual(["macro-F1", "micro-F1", "exact match", "loss", "rows"]);
    expect(of["macro-F1"]).toBeGreaterThan(0.95);
    expect(of["exact match"]).toBeGreaterThan(0.9);
    expect(below![0]).toMatch(/^label +F1 +precision +recall +rows$/);
    expect(below!.slice(1).map((line) => line.split(" ")[0])).toEqual(["music", "politics", "rare", "sport"]);
    const again = load(model.encode());
    const told: unknown[] = [];
    for await (const { labels } of again.predict(["the ball song is here", "the stone is here"])) told.push(labels);
    expect(told).toEqual([["music", "sport"], []]);
    const thresholds = model.module.stateDict().get("thresholds")!.data();
    expect([...thresholds]).not.toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  test.each([
    ["a separator", "a,x;y ;\nb,y\nc,\n", {}, "rows.csv"],
    ["another one", "a,x|y\nb,y\nc,\n", { separator: "|" }, "rows.csv"],
    [
      "lists of JSON",
      '{"text":"a","tags":["x","y"]}\n{"text":"b","tags":["y"]}\n{"text":"c","tags":[]}\n',
      {},
      "rows.jsonl",
    ],
  ])("%s", (_, rows, more, name) => {
    const { data } = read(name.endsWith("l") ? rows : `text,tags\n${rows}`, { ...MULTI, ...more, valid: 0 }, name);
    expect(data.classes).toEqual(["x", "y"]);
    expect([...data.train].map(({ target }) => target.join("")).sort()).toEqual(["00", "01", "11"]);
  });

  test("figures by hand", () => {
    // Labels a, b of four rows; thresholds 0.5 and 0.2.
    const output = {
      ...{ scores: [0.9, 0.1, 0.6, 0.3, 0.2, 0.25, 0.4, 0.1], targets: [1, 0, 0, 1, 1, 0, 0, 0] },
      ...{ thresholds: [0.5, 0.2], loss: 0, count: 4 },
    };
    const [macro, micro, exact] = [labelMacroF1(2), labelMicroF1(2), labelsExact(2)];
    for (const metric of [macro, micro, exact]) metric.add(output);
    // a: 1 right of 2 said and 2 there: 1/2. b: 1 right of 2 said and 1 there: 2/3. Rows 1 and 4 are all right.
    expect(macro.value).toBeCloseTo((1 / 2 + 2 / 3) / 2, 12);
    expect(micro.value).toBeCloseTo((2 * 2) / (4 + 3), 12);
    expect(exact.value).toBe(0.5);
  });

  test("thresholds have the highest F1 of all that there are", () => {
    const generator = new Generator(3);
    const scores = Float32Array.from({ length: 60 }, () => generator.uniform());
    const targets = Array.from(scores, (score) => Number(score + 0.5 * generator.uniform() > 0.8));
    const f1 = (threshold: number) => {
      const said = Array.from(scores, (score) => Number(score >= threshold));
      const right = said.filter((one, i) => one === 1 && targets[i] === 1).length;
      return (2 * right) / (said.filter(Boolean).length + targets.filter(Boolean).length);
    };
    const [threshold] = bestThresholds(scores, targets, 1);
    expect(f1(threshold!)).toBeCloseTo(Math.max(...Array.from(scores, f1)), 12);
    expect([...bestThresholds([0.1, 0.7], [0, 0], 1)]).toEqual([0.5]);
  });
});

describe("classes of many and few rows", () => {
  const skewed = (rare: number) => {
    const lines = nameTable(200).trim().split("\n");
    const stones = lines.slice(1).filter((line) => line.endsWith("stone"));
    const flowers = lines.slice(1).filter((line) => line.endsWith("flower"));
    return [lines[0], ...stones.slice(0, 80), ...flowers.slice(0, rare), ""].join("\n");
  };
  const NAMES: Partial<ClassifySettings> = { text: "name", label: "kind", valid: 0.25 };
  const counts = (part: readonly { target: readonly number[] }[]) =>
    [0, 1].map((c) => part.filter(({ target }) => target[0] === c).length);

  test("drawn by class, each has its share of both parts", () => {
    for (let seed = 0; seed < 5; seed++) {
      const { data } = read(skewed(12), { ...NAMES, split: "stratified", seed });
      expect([counts([...data.train]), counts([...data.validation])]).toEqual([
        [9, 60],
        [3, 20],
      ]);
    }
  });

  test("a class of one row cannot be in both parts", () => {
    const table = `${skewed(12)}Xeno,rare\n`;
    expect(() => read(table, { ...NAMES, split: "stratified" })).toThrow(
      'rows.csv:94: column "kind" must be the class of two rows or more, one to train on and one to validate on, got "rare". ' +
        "Write a second row of it, leave the row out, or leave out split stratified.",
    );
    expect(read(`${table}Xena,rare\n`, { ...NAMES, split: "stratified" }).data.classes).toHaveLength(3);
    expect(read(table, NAMES).data.classes).toHaveLength(3);
    const of = (text: string) => inferTask("t.csv", () => source(text).bytes, {}).inferred!.settings;
    expect(of(table)).not.toHaveProperty("split");
    expect(of(skewed(12))).toHaveProperty("split", "stratified");
  });

  test.each([
    [40, 4, {}, true],
    [40, 8, {}, true],
    [40, 10, {}, false],
    [40, 20, {}, false],
    [40, 20, { valid: 0.5 }, true],
  ])(
    "%i rows of %i classes are drawn by class unless that holds out far more than was asked for: %o",
    (n, classes, given, may) => {
      const table = ["name,kind", ...Array.from({ length: n }, (_, i) => `some words ${i},k${i % classes}`)].join("\n");
      const found = inferTask("t.csv", () => source(table).bytes, { ...given, label: "kind" }).inferred!.settings;
      expect("split" in found).toBe(may);
    },
  );

  test("balanced weights are n / (C n_c), as scikit-learn's", () => {
    const { data } = read(skewed(12), { ...NAMES, valid: 0, classWeights: "balanced" });
    expect([...data.weights!]).toEqual([92 / (2 * 12), 92 / (2 * 80)].map(Math.fround));
    expect(read(skewed(12), NAMES).data.weights).toBeNull();
  });

  test("an error in a row weighs what its class weighs, over the sum of weights", () => {
    const { data, config } = read(skewed(12), { ...NAMES, hidden: 5, embed: 4, classWeights: "balanced", batch: 9 });
    const model = classify.build(config, data);
    const batch = classify.batches(data, config).next();
    const logits = model.forward(batch).data();
    const terms = batch.targets.map(([label], n) => {
      const [a, b] = [logits[2 * n]!, logits[2 * n + 1]!];
      const loss = Math.log(Math.exp(a) + Math.exp(b)) - [a, b][label!]!;
      return [data.weights![label!]! * loss, data.weights![label!]!] as const;
    });
    const [sum, weights] = [0, 1].map((k) => terms.reduce((all, term) => all + term[k]!, 0)) as [number, number];
    expect(new Set(batch.targets.flat()).size).toBe(2);
    const { loss, count } = classify.loss(model, batch, undefined);
    expect([loss.item(), count]).toEqual([expect.closeTo(sum / weights, 5), 9]);
  });
});

test("of many classes the most frequent mistakes are told", async () => {
  const rows = Array.from({ length: 60 }, (_, i) => `${"abcdefghijklmno"[i % 15]}${i},c${i % 15}`);
  const { model } = await train(source(`name,kind\n${rows.join("\n")}\n`), { task: "classify", hidden: 4, epochs: 1 });
  const { below } = await model.evaluate(source(`name,kind\n${rows.join("\n")}\n`));
  expect(below![0]).toBe("most frequent mistakes");
  expect(below![1]).toMatch(/^c\d+ taken for c\d+: \d+$/);
  expect(below!.length).toBeLessThanOrEqual(11);
});

describe("texts as tokens", () => {
  const rows = Array.from({ length: 40 }, (_, i) => `a ${i % 2 ? "good" : "bad"} thing ${i},${i % 2 ? "yes" : "no"}`);
  const table = `text,label\n${rows.join("\n")}\n`;
  test.each([
    ["char", {}, 24],
    ["word", {}, 46],
    ["word", { vocabSize: 9 }, 9],
    ["bpe", { vocabSize: 300 }, 300],
    ["byte", {}, 256],
  ] as const)("%s, %j", async (tokens, more, most) => {
    const settings = { text: "text", label: "label", tokens, ...more } as const;
    const { size } = read(table, settings).data.inputs.vocabulary!;
    expect(size).toBeLessThanOrEqual(most);
    expect(size).toBeGreaterThan(most / 2);
    const small = {
      ...settings,
      task: "classify",
      hidden: 12,
      embed: 8,
      lr: 0.03,
      epochs: 8,
      valid: 0,
      pooling: "max",
    };
    const { model } = await train(source(table), small);
    for await (const { label } of load(model.encode()).predict(["a good thing 3"])) {
      // Characters learn it too, only not in so few steps.
      if (tokens !== "char") expect(label).toBe("yes");
    }
  });
});
