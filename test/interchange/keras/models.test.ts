import { describe, expect, test } from "vitest";
import { readTfjs } from "../../../src/interchange/index.js";
import { kerasFixtures, shardsOf } from "../../support/keras-files.js";
import { apart, storedTensor } from "../../support/models.js";

const FIXTURES = kerasFixtures();

describe("models of Keras and TensorFlow.js give the numbers of their formulas", () => {
  test.each(Object.keys(FIXTURES))("%s", async (name) => {
    const { model, cases } = FIXTURES[name]!;
    const built = (await readTfjs(JSON.stringify(model), shardsOf(FIXTURES[name]!))).toModule();
    for (const { inputs, outputs } of cases) {
      const found = built.outputs(...inputs.map(storedTensor));
      expect(found.length).toBe(outputs.length);
      for (const [i, y] of found.entries()) expect(apart(y, outputs[i]!)).toBeLessThanOrEqual(2e-6);
    }
  });
});
