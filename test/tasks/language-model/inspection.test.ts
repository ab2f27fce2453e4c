import { describe, expect, test } from "vitest";
import { languageModel, manualSeed, noGrad, tensor } from "../../../src/index.js";
import { type ShownToken, shownTokens } from "../../../src/tasks/inspection/tokens.js";
import { FEATURES, featureSeries } from "../../../src/tasks/language-model/inspection/features.js";
import { chooseUnits, correlation } from "../../../src/tasks/language-model/inspection/units.js";
import { buildVocabulary } from "../../../src/text/index.js";
import { nonsense } from "../../support/text.js";

const TEXT = nonsense(400);

function makeModel(options: languageModel.LanguageModelOptions = {}) {
  manualSeed(4);
  const config = languageModel.resolveConfig({ hidden: 8, layers: 2, dropout: 0.3, ...options });
  return new languageModel.LanguageModel(config, buildVocabulary(config.tokens, TEXT));
}

const charTokens = (text: string): ShownToken[] => {
  const vocabulary = buildVocabulary("char", text);
  return shownTokens(vocabulary, vocabulary.encode(text));
};

describe("inspectLanguageModel", () => {
  test("the loss is the model's own, without dropout; mode, gradients and the model stay as they were", async () => {
    const model = makeModel();
    const before = model.parameters().map((parameter) => [...parameter.data()]);
    const { text } = languageModel.inspectLanguageModel(model, TEXT, { length: 50 });
    expect(model.training && model.rnn.training && model.dropout.training).toBe(true);
    expect(model.parameters().every((parameter) => parameter.grad === null)).toBe(true);
    expect(model.parameters().map((parameter) => [...parameter.data()])).toEqual(before);
    const { loss } = await model.evaluate(TEXT.slice(0, 51), { batch: 1, seqLen: 50 });
    expect(text!.loss).toBeCloseTo(loss, 5);
    expect(text!.perplexity).toBeCloseTo(Math.exp(loss), 3);
    expect([text!.tokens.length, text!.totalTokens]).toEqual([50, 400]);
  });

  test("units are what the layer holds: h, or tanh of c", () => {
    const model = makeModel({ layers: 1 });
    const { text } = languageModel.inspectLanguageModel(model, TEXT, { length: 30, units: 8 });
    model.eval();
    const ids = tensor(model.vocabulary.encode(TEXT.slice(0, 30)), { shape: [30, 1] });
    const [, state] = noGrad(() => model.forward(ids)) as unknown as [never, { h: never; c: never }];
    const last = { h: (state.h as { data(): Float32Array }).data(), c: (state.c as { data(): Float32Array }).data() };
    expect(text!.units.map(({ unit }) => unit).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    for (const { unit, of, values } of text!.units) {
      expect(values).toHaveLength(30);
      expect(values.at(-1)).toBeCloseTo(of === "h" ? last.h[unit]! : Math.tanh(last.c[unit]!), 5);
    }
  });

  test("tied weights are counted once", () => {
    const model = makeModel({ tie: true });
    const { architecture } = languageModel.inspectLanguageModel(model);
    expect(architecture.total).toBe(model.parameters().reduce((sum, { size }) => sum + size, 0));
    expect(
      languageModel.inspectionHtml({ ...languageModel.inspectLanguageModel(model) }, { model: "m", text: null }),
    ).toContain("shared with embed.weight");
  });

  test("names in a page are escaped", () => {
    const inspection = languageModel.inspectLanguageModel(makeModel(), "the sea was calm");
    const html = languageModel.inspectionHtml(inspection, { model: "<b>", text: "<i>" });
    expect(html).toContain("<title>Inside &lt;b&gt;</title>");
    expect(html).toContain("tokens of &lt;i&gt;:");
    expect(html).not.toMatch(/<[bi]>/);
  });

  test("too short a text, a layer that is not there, an unknown option", () => {
    const model = makeModel();
    expect(() => languageModel.inspectLanguageModel(model, "t")).toThrow(
      /^inspect: text must have at least 2 tokens, got 1/,
    );
    expect(() => languageModel.inspectLanguageModel(model, TEXT, { layer: 2 })).toThrow(
      /^inspect: layer must be less than 2/,
    );
    expect(() => languageModel.inspectLanguageModel(model, TEXT, { unit: 2 } as never)).toThrow(
      /only these: length, layer, units/,
    );
  });
});

describe("features", () => {
  const series = (name: string, text: string) => {
    const feature = FEATURES.find((candidate) => candidate.name === name)!;
    return featureSeries(feature, charTokens(text)).join(" ");
  };
  test.each([
    ["the place in the line", "ab\nc\n", "1 2 0 1 0"],
    ["the place in the word", "ab c's", "1 2 0 1 2 3"],
    ["the place in the sentence", "A. B", "1 0 1 2"],
    ["the inside of quotation marks", 'a "b" c', "0 0 1 1 0 0 0"],
    ["the inside of quotation marks", "“b”\n", "1 1 0 0"],
    ["the inside of quotation marks", '"b\n\nc', "1 1 1 0 0"],
    ["the inside of brackets", "a(b)c", "0 1 1 0 0"],
    ["blanks", "a b\n", "0 1 0 0"],
    ["line breaks", "a b\n", "0 0 0 1"],
    ["vowels", "Abé", "1 0 1"],
    ["consonants", "Abé", "0 1 0"],
    ["capital letters", "aÄB1", "0 1 1 0"],
    ["digits", "a12", "0 1 1"],
    ["punctuation", "a,b…", "0 1 0 1"],
  ])("%s in %j", (name, text, expected) => expect(series(name, text)).toBe(expected));

  test("correlation", () => {
    expect(correlation([1, 2, 3], [2, 4, 6])).toBeCloseTo(1, 12);
    expect(correlation([1, 2, 3], [0, -1, -2])).toBeCloseTo(-1, 12);
    expect(correlation([1, 2, 3], [5, 5, 5])).toBe(0);
  });
});

test("chooseUnits: those that vary and follow something first, at most three alike before others", () => {
  const tokens = charTokens("the sea was calm and old men sang of whales. ".repeat(4));
  const blank = tokens.map(({ text }) => (text === " " ? 0.9 : -0.9));
  const noise = tokens.map((_, t) => 0.8 * Math.sin(t * t * 1.3));
  const rows = [blank.map((x) => 0.01 * x), blank, blank, noise, blank, blank, tokens.map(() => 0.7)];
  const values = tokens.flatMap((_, t) => rows.map((row) => row[t]!));
  const units = chooseUnits([{ of: "h", values }], rows.length, tokens, 7);
  expect(units.map(({ unit }) => unit)).toEqual([1, 2, 4, 3, 6, 5, 0]);
  expect(units[0]!.follows).toEqual({ feature: "blanks", correlation: expect.closeTo(1, 9) });
  expect(units[3]!.follows).toBeNull();
});

test.each([NaN, 1e30, 0])("weights that are all %s: a report all the same", (value) => {
  const model = makeModel();
  for (const parameter of model.parameters()) parameter.set(parameter.data().map(() => value));
  const inspection = languageModel.inspectLanguageModel(model, TEXT);
  expect(inspection.text!.layers.map(({ gradH }) => gradH.length)).toEqual([200, 200]);
  expect(languageModel.inspectionHtml(inspection, { model: "m", text: null })).toContain("</html>");
});

describe("tokens as they are shown", () => {
  const labels = (kind: "char" | "byte" | "word", text: string) => {
    const vocabulary = buildVocabulary(kind, text);
    const tokens = shownTokens(vocabulary, vocabulary.encode(text));
    expect(tokens.map(({ written }) => written).join("")).toBe(text);
    return tokens.map(({ label }) => label).join("|");
  };
  test.each([
    ["char", "a b\n\t\u0001é", "a|·|b|↵|⇥|▯|é"],
    ["byte", "a b\né", "a|·|b|↵|▯|▯"],
    ["word", "It's (an) incomprehensibility,\nok", "It's|(|an|)|incomprehen…|,|↵|ok"],
  ] as const)("%s", (kind, text, expected) => expect(labels(kind, text)).toBe(expected));
});
