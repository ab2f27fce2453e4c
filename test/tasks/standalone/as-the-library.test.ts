import { describe, expect, test } from "vitest";
import { CELLS } from "../../../src/tasks/recurrent/layers.js";
import { load, train } from "../../../src/tasks/task-model.js";
import { reversedPairs } from "../../support/pairs.js";
import { dailyTable, nameTable, priceTable, seriesTable } from "../../support/rows.js";
import { conll, taggedSentences } from "../../support/tagged.js";
import { nonsense } from "../../support/text.js";
import { difference, functionsOf } from "./code.js";

const bytes = (text: string) => new TextEncoder().encode(text);
/** Few units, and steps so large that nothing stays as it began. */
const SMALL = { hidden: 6, layers: 2, batch: 8, lr: 0.05, seed: 4, epochs: 1 };

/** A model after some steps of training. */
async function trained(task: string, file: string, text: string, settings: object): Promise<Uint8Array> {
  const source = { name: file, bytes: bytes(text) };
  const { checkpoint } = await train(source, { task, ...SMALL, ...settings, untilStep: 12 });
  return checkpoint();
}

/** What the library says of inputs. */
async function said(checkpoint: Uint8Array, inputs: readonly unknown[], options = {}): Promise<unknown[]> {
  const answers: unknown[] = [];
  for await (const answer of load(checkpoint).predict(inputs as string[], options)) answers.push(answer);
  return answers;
}

const rows = (input: readonly number[][]) => input;

describe.each([
  ["text", "names.csv", nameTable(80), { label: "kind", text: "name", bidirectional: true }, ["Bara", "?", "Tonorak"]],
  ["words", "a.csv", nameTable(60), { label: "kind", text: "name", tokens: "byte", pooling: "mean" }, ["Bara", "é…"]],
  [
    "pieces",
    "a.csv",
    nameTable(60),
    { label: "kind", text: "name", tokens: "bpe", vocabSize: 300, pooling: "max" },
    ["Bara nd"],
  ],
  [
    "numbers",
    "a.csv",
    seriesTable(60),
    { label: "label", pooling: "attention" },
    rows([
      [1, 2, 3, 4, 5.5],
      [3, 2, 1, 0, -9],
    ]),
  ],
  [
    "steps",
    "a.csv",
    seriesTable(60),
    { label: "label", window: 3, bidirectional: true },
    rows([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]),
  ],
  [
    "a stack",
    "a.csv",
    nameTable(60),
    { label: "kind", text: "name", hiddenDropout: 0.2, bidirectional: true },
    ["Bara"],
  ],
  ["dropped weights", "a.csv", nameTable(60), { label: "kind", text: "name", weightDrop: 0.2, cell: "gru" }, ["Bara"]],
  [
    "labels",
    "a.csv",
    nameTable(60).replaceAll("stone", "stone;hard"),
    { label: "kind", text: "name", multi: true },
    ["Bara", "Tok"],
  ],
] as const)("classify, %s", (_, file, text, settings, inputs) => {
  test("answers as the library", async () => {
    const checkpoint = await trained("classify", file, text, settings);
    const { predict } = await functionsOf(checkpoint);
    const expected = await said(checkpoint, inputs);
    expect(
      difference(
        inputs.map((input) => predict!(input)),
        expected,
      ),
    ).toBe(null);
  });
});

test.each(CELLS)("regress with %s", async (cell) => {
  const settings = { label: "price", text: "what", cell, bidirectional: true, tokens: "word" };
  const checkpoint = await trained("regress", "prices.csv", priceTable(60), settings);
  const { predict } = await functionsOf(checkpoint);
  const inputs = ["old oak", "steel large pine unheard"];
  expect(
    difference(
      inputs.map((input) => predict!(input)),
      await said(checkpoint, inputs),
    ),
  ).toBe(null);
});

describe("tag", () => {
  test.each([
    ["an LSTM over characters", {}],
    ["filters over characters, and a CRF", { chars: "conv", crf: true }],
    ["words alone", { chars: "none", bidirectional: false, cell: "gru" }],
    ["long words and sentences in pieces", { maxChars: 3, maxLength: 2, crf: true }],
  ])("%s", async (_, settings) => {
    const small = { charEmbed: 4, charHidden: 3, embed: 5, ...settings };
    const checkpoint = await trained("tag", "words.conll", conll(taggedSentences(30)), small);
    const { tag } = await functionsOf(checkpoint);
    const inputs = [
      "Ada lived in London , unheard-of",
      taggedSentences(1)[0]!
        .map(([word]) => word)
        .join(" "),
    ];
    const expected = await said(checkpoint, inputs);
    expect(
      difference(
        inputs.map((input) => tag!(input)),
        expected,
      ),
    ).toBe(null);
    expect(
      difference(
        inputs.map((input) => tag!(input.split(" "))),
        expected,
      ),
    ).toBe(null);
  });
});

describe("seq2seq", () => {
  test.each([
    ["general attention, both directions, peeking", { bidirectional: true, hidden: 8, peeky: true }],
    ["additive attention, input feeding, reversed", { attention: "additive", inputFeeding: true, reverse: true }],
    ["dot, GRU", { attention: "dot", cell: "gru" }],
    ["no attention, words", { attention: "none", sourceTokens: "word", targetTokens: "word", cell: "peephole-lstm" }],
    ["copying", { copy: true, minCount: 3 }],
    ["copying words", { copy: true, sourceTokens: "word", targetTokens: "word", minCount: 2 }],
  ])("%s", async (_, settings) => {
    const checkpoint = await trained("seq2seq", "pairs.tsv", reversedPairs(60), { ...settings, maxLength: 12 });
    const { predict } = await functionsOf(checkpoint);
    const inputs = reversedPairs(3, { seed: 9 })
      .split("\n")
      .slice(1, 4)
      .map((line) => line.split("\t")[0]!);
    const all = [
      {},
      { beam: 3, nBest: 2, lengthPenalty: 0.7 },
      ...("attention" in settings ? [] : [{ attention: true }]),
    ];
    for (const options of all) {
      const expected = await said(checkpoint, inputs, options);
      expect(
        difference(
          inputs.map((input) => predict!(input, options)),
          expected,
        ),
      ).toBe(null);
    }
  });
});

describe("generate", () => {
  test.each(["lstm", "min-gru", "gru"])("%s", async (cell) => {
    const checkpoint = await trained("generate", "names.csv", nameTable(60), { cell, text: "name", label: "kind" });
    const { generate, predict } = await functionsOf(checkpoint);
    const options = { count: 70, temperature: 0.8, seed: 3 };
    expect(generate!(options).join("\n")).toBe([...load(checkpoint).generate(options)].join(""));
    expect(predict!("stone", { seed: 5 })).toEqual(await said(checkpoint, ["stone"], { seed: 5 }));
  });

  test("of several columns", async () => {
    const text = nameTable(60)
      .split("\n")
      .map((line, i) => `${line},${i === 0 ? "size" : (i * 7) % 11}`);
    const settings = { text: "name", label: "kind", condition: "size" };
    const checkpoint = await trained("generate", "names.csv", text.slice(0, -1).join("\n"), settings);
    const { predict } = await functionsOf(checkpoint);
    expect(predict!("kind=stone,size=3", { seed: 5 })).toEqual(
      await said(checkpoint, ["kind=stone,size=3"], { seed: 5 }),
    );
  });
});

describe("language-model", () => {
  test.each([
    ["characters", {}],
    ["words, tied", { tokens: "word", tie: true, embed: 6 }],
    ["projected outputs", { projSize: 4 }],
    ["projected outputs of layers with peepholes", { projSize: 3, cell: "peephole-lstm", hiddenDropout: 0.1 }],
    ["bytes, a last layer of another size", { tokens: "byte", lastHidden: 4, cell: "gru" }],
  ])("%s", async (_, settings) => {
    const checkpoint = await trained("language-model", "text.txt", nonsense(1500), { seqLen: 9, ...settings });
    const { generate, next } = await functionsOf(checkpoint);
    for (const options of [
      { length: 60 },
      { prompt: nonsense(40).slice(0, 12), length: 40, temperature: 0.7, topK: 9, topP: 0.9, seed: 8 },
    ]) {
      expect(generate!(options)).toBe([...load(checkpoint).generate(options)].join(""));
    }
    const all = next!("a") as { token: string; probability: number }[];
    expect(all.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 9);
    expect(load(checkpoint).generate({ prompt: "a", length: 1, temperature: 0 }).next().value?.trim()).toBe(
      all[0]!.token.trim().replace("<eos>", ""),
    );
  });
});

/** Rows of a table as objects, cells as they stand there. */
function objectsOf(csv: string): Record<string, string>[] {
  const [header, ...lines] = csv
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));
  return lines.map((cells) => Object.fromEntries(header!.map((name, i) => [name, cells[i]!])));
}

const DAYS = { time: "day", target: "load", id: "site", horizon: 3, context: 5, layers: 1 };
describe("forecast", () => {
  test.each([
    ["direct, Gaussian, a known column", { known: "holiday" }],
    ["direct, quantiles, widened", { output: "quantiles", calibrate: true, valid: 0.2 }],
    ["recursive, Student's t", { output: "student-t", decoding: "recursive", paths: 20, centre: "last" }],
    ["recursive, a point", { output: "point", decoding: "recursive", cell: "gru" }],
  ])("%s", async (_, settings) => {
    const checkpoint = await trained("forecast", "days.csv", dailyTable(60), { ...DAYS, ...settings });
    const { forecast } = await functionsOf(checkpoint);
    const history = dailyTable(40, { future: 3, seed: 2 });
    expect(difference(forecast!(objectsOf(history)), await said(checkpoint, [history]))).toBe(null);
  });

  test("counts, by numbers alone", async () => {
    const values = Array.from({ length: 80 }, (_, t) => (t * t * 7) % 13);
    const text = `time,value\n${values.map((value, t) => `${t},${value}`).join("\n")}\n`;
    const settings = { target: "value", horizon: 2, output: "negative-binomial", context: 6, season: 3 };
    const checkpoint = await trained("forecast", "counts.csv", text, settings);
    const { forecast } = await functionsOf(checkpoint);
    expect(difference(forecast!(values), await said(checkpoint, [values]))).toBe(null);
  });
});

describe("anomaly", () => {
  test("lines", async () => {
    const lines = Array.from({ length: 60 }, (_, i) => `job ${i % 7} done in ${i % 5} s`).join("\n");
    const checkpoint = await trained("anomaly", "log.txt", lines, { valid: 0.2 });
    const { judge } = await functionsOf(checkpoint);
    const inputs = ["job 3 done in 2 s", "jop 9 failed: out of memory"];
    const found = inputs.map((input) => ({ line: 1, ...judge!(input) }));
    expect(difference(found, await said(checkpoint, inputs))).toBe(null);
  });

  test("a series, faults put out of the way", async () => {
    const { id: _, horizon: __, ...columns } = DAYS;
    const table = dailyTable(90)
      .split("\n")
      .filter((line) => !line.includes("south"))
      .join("\n");
    const checkpoint = await trained("anomaly", "days.csv", table, { ...columns, valid: 0.2, centre: "last" });
    const { judge } = await functionsOf(checkpoint);
    const history = dailyTable(60, { seed: 2 })
      .split("\n")
      .filter((line) => !line.includes("south"));
    const broken = history.map((line, i) => (i === 30 ? line.replace(/[\d.]+$/, "999") : line)).join("\n");
    const expected = await said(checkpoint, [broken]);
    expect(difference(judge!(objectsOf(broken)), expected)).toBe(null);
    expect(expected.some((answer) => (answer as { unusual: boolean }).unusual)).toBe(true);
  });
});
