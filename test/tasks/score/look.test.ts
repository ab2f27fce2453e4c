import { describe, expect, test } from "vitest";
import { languageModel, manualSeed, nn, noGrad, type Tensor, tensor } from "../../../src/index.js";
import { GradientRows } from "../../../src/tasks/language-model/inspection/gradient-rows.js";
import { inspectLanguageModel } from "../../../src/tasks/language-model/inspection/inspect.js";
import { languageModelScore, scoreIds } from "../../../src/tasks/language-model/inspection/score.js";
import { horizonOf } from "../../../src/tasks/score/gradient-row.js";
import type { HeatTrack, ScoreData, Track } from "../../../src/tasks/score/score-data.js";
import { buildVocabulary } from "../../../src/text/index.js";
import { nonsense } from "../../support/text.js";

const TEXT = nonsense(700);

function makeModel(options: languageModel.LanguageModelOptions = {}) {
  manualSeed(11);
  const config = languageModel.resolveConfig({ hidden: 7, layers: 2, dropout: 0.3, ...options });
  return new languageModel.LanguageModel(config, buildVocabulary(config.tokens, TEXT));
}

const track = <K extends Track["kind"]>({ tracks }: ScoreData, id: string, kind: K): Extract<Track, { kind: K }> => {
  const found = tracks.find((one) => one.id === id);
  expect(found?.kind, id).toBe(kind);
  return found as Extract<Track, { kind: K }>;
};

const valueAt = ({ values, scale, rows }: HeatTrack, name: string, t: number): number => {
  const row = rows.findIndex((one) => one.name === name);
  return (values[row * (values.length / rows.length) + t] * scale) / 127;
};

describe.each(["lstm", "gru", "rnn"] as const)("the score of a language model, %s", (cell) => {
  const model = makeModel({ cell });
  // Longer than a piece, so that the state is carried from one to the next.
  const ids = scoreIds(model, TEXT, 300);
  const score = languageModelScore(model, ids);

  test("surprise and expectations are those of the model's own logits", () => {
    model.eval();
    const [logits] = noGrad(() => model.forward(tensor(ids, { shape: [300, 1] })));
    const all = logits.logSoftmax(2).data();
    const size = model.vocabulary.size;
    const surprise = track(score, "surprise", "bars").values;
    expect(surprise[0]).toBeNaN();
    for (let t = 1; t < 300; t++) expect(surprise[t]).toBeCloseTo(-all[(t - 1) * size + ids[t]!]!, 4);
    const next = track(score, "next", "next");
    for (const t of [0, 127, 128, 299]) {
      const row = Array.from(all.subarray(t * size, (t + 1) * size)).map(Math.exp);
      const best = [...row].sort((a, b) => b - a).slice(0, 5);
      for (let k = 0; k < 5; k++) {
        expect(next.probabilities[t * 5 + k]).toBeCloseTo(best[k]!, 4);
        expect(row[next.ids[t * 5 + k]!]).toBeCloseTo(best[k]!, 4);
      }
    }
    model.train();
  });

  test("gates and units are those that trace and watch see", () => {
    const { text } = inspectLanguageModel(model, TEXT, { length: 299, units: 7 });
    for (const layer of [0, 1]) {
      const { series } = track(score, `gates:rnn.${layer}`, "lines");
      expect(series.map(({ name }) => name)).toEqual(Object.keys(text!.layers[layer]!.gates));
      for (const { name, values } of series) {
        const { mean } = text!.layers[layer]!.gates[name]!;
        for (const t of [0, 128, 298]) expect(values[t]).toBeCloseTo(mean[t]!, 4);
      }
    }
    const units = track(score, "units:rnn.1", "heat");
    expect(units.rows.map(({ name }) => name).sort()).toEqual([0, 1, 2, 3, 4, 5, 6].map((u) => `unit ${u}`));
    for (const { unit, of, values } of text!.units) {
      if (of !== "h") continue;
      for (const t of [0, 130, 298]) expect(valueAt(units, `unit ${unit}`, t)).toBeCloseTo(values[t]!, 1.7);
    }
    expect(model.training).toBe(true);
  });
});

/** -log p of the token after `step`, of a model in float64, from embeddings that can be moved. */
function lossAt(model: languageModel.LanguageModel, ids: Int32Array, step: number, x: Float64Array): number {
  return noGrad(() => {
    const size = x.length / ids.length;
    const given = tensor(x, { shape: [ids.length, 1, size], dtype: "float64" });
    const [y] = model.rnn.forward(given) as [Tensor, unknown];
    const logits = model.head.forward(y.select(0, step));
    return nn.functional.crossEntropy(logits, tensor([ids[step + 1]!], { dtype: "int32" })).item();
  });
}

describe("which earlier steps a prediction follows from", () => {
  test.each(["lstm", "gru", "rnn"] as const)("as differences say, %s", (cell) => {
    const model = makeModel({ cell });
    model.eval();
    model.to("float64");
    const ids = scoreIds(model, TEXT, 24);
    const [row, earlier] = new GradientRows(model, ids).rows([20, 9]);
    expect([row!.step, row!.values.length, earlier!.step, earlier!.values.length]).toEqual([20, 21, 9, 10]);
    const x = noGrad(() => model.embed.forward(tensor(ids, { shape: [24, 1] }))).data() as Float64Array;
    const size = x.length / 24;
    for (const { step, values } of [row!, earlier!]) {
      for (const s of [step, step - 1, step - 5]) {
        let squares = 0;
        for (let i = s * size; i < (s + 1) * size; i++) {
          const [more, less] = [1e-5, -1e-5].map((d) => {
            const moved = x.slice();
            moved[i]! += d;
            return lossAt(model, ids, step, moved);
          });
          squares += ((more! - less!) / 2e-5) ** 2;
        }
        expect(values[s]! / Math.sqrt(squares)).toBeCloseTo(1, 5);
      }
    }
  });

  test("beyond a window the state is carried on, and rows are the same alone and together", () => {
    const model = makeModel({ cell: "lstm" });
    model.eval();
    // Forget gates that stay open: the state is still that of the beginning.
    for (const [name, parameter] of model.rnn.namedParameters()) {
      if (name.startsWith("bias_ih"))
        parameter.set(parameter.data().map((value, i) => (i >= 7 && i < 14 ? 12 : value)));
    }
    const ids = scoreIds(model, TEXT, 640);
    const rows = new GradientRows(model, ids).rows([600, 30, 639]);
    expect(rows.map(({ step, from }) => [step, from])).toEqual([[600, 256], [30, 0], [639, 256]]); // biome-ignore format: pairs
    const whole = new GradientRows(model, ids.slice(256)).row(600 - 256);
    const alone = new GradientRows(model, ids).row(600);
    for (const [s, value] of alone.values.entries()) expect(rows[0]!.values[s]).toBeCloseTo(value, 6);
    // From a zero state in its place the numbers are others: the state counts.
    expect(Math.max(...whole.values.map((value, s) => Math.abs(value - alone.values[s]!)))).toBeGreaterThan(1e-4);
    expect(model.parameters().every(({ grad }) => grad === null)).toBe(true);
  });

  test("the horizon is the furthest step with 1 % of the largest", () => {
    expect(horizonOf([0, 0.009, 0.011, 1, 0.5])).toBe(2);
    expect(horizonOf([0, 0.009, 0.011, 1, 0.5], 10)).toBe(12);
    expect(horizonOf([0, 0, 0])).toBe(2);
  });
});
