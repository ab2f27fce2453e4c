import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { encode, load, write } from "../../../examples/zoo/textgenrnn.js";
import { noGrad } from "../../../src/index.js";
import { select } from "../../../src/tensor/ops/slice.js";
import { apart, describeModels, MODELS, modelJson, type StoredTensor } from "../../support/models.js";

interface Case {
  context: string;
  input: StoredTensor;
  probabilities: StoredTensor;
  greedy_text: string;
  rnn_1_last: StoredTensor;
  rnn_2_last: StoredTensor;
  attention: StoredTensor;
  attended: StoredTensor;
}

const FILE = "textgenrnn/expected.json";

describeModels(FILE, "textgenrnn", () => {
  test("gives the expected probabilities, states and attention within 1e-5, and the same text", async () => {
    const loaded = await load(`${MODELS}/textgenrnn`);
    const { cases } = modelJson<{ cases: Case[] }>(FILE);
    expect(cases.length).toBeGreaterThan(3);
    for (const { context, input, greedy_text, ...expected } of cases) {
      const ids = encode(loaded.vocabulary, [...context]);
      expect([...ids.data()]).toEqual(input.data);
      const found = noGrad(() => {
        const { probabilities, y1, y2, weights, mean } = loaded.model.forward(ids);
        const all = {
          probabilities,
          rnn_1_last: select(y1, 1, 39),
          rnn_2_last: select(y2, 1, 39),
          attention: weights,
          attended: mean,
        };
        return Object.fromEntries(Object.entries(all).map(([name, x]) => [name, x.reshape(-1)]));
      });
      for (const [name, x] of Object.entries(found)) {
        expect(apart(x, expected[name as keyof typeof expected]), name).toBeLessThanOrEqual(1e-5);
      }
      expect(context + [...write(loaded, context)].join("")).toBe(greedy_text);
    }
    expect([...write(loaded, "I just", 40, 1)].join("")).not.toBe([...write(loaded, "I just")].join(""));
  });
});

test("the page has under eighty lines", () => {
  const text = readFileSync(new URL("../../../examples/zoo/textgenrnn.ts", import.meta.url), "utf8");
  expect(text.trimEnd().split("\n").length).toBeLessThan(80);
});
