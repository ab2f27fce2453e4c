import { expect, test } from "vitest";
import { readKeras, readTfjsFiles } from "../../../src/interchange/index.js";
import {
  apart,
  describeModels,
  MODELS,
  modelBytes,
  modelJson,
  type StoredTensor,
  storedTensor,
} from "../../support/models.js";

interface Expected {
  models: Record<string, { cases: { inputs: StoredTensor[]; outputs: StoredTensor[]; note?: string }[] }>;
}

const NAME = "keras/expected.json";

describeModels(NAME, "models of TensorFlow.js", () => {
  const { models } = modelJson<Expected>(NAME);

  test.each(Object.keys(models))("%s", async (name) => {
    const model = (await readTfjsFiles(`${MODELS}/keras/${name}/model.json`)).toModule();
    for (const { inputs, outputs, note } of models[name]!.cases) {
      if (note !== undefined) model.resetState();
      const found = model.outputs(...inputs.map(storedTensor));
      expect(found.length).toBe(outputs.length);
      for (const [i, y] of found.entries()) expect(apart(y, outputs[i]!)).toBeLessThanOrEqual(2e-6);
    }
  });
});

const BY_HAND = "keras/by_hand/expected.json";

describeModels(BY_HAND, "one model in three files", () => {
  const expected = () => modelJson<{ input: StoredTensor; output: StoredTensor }>(BY_HAND);

  test.each(["gru_reset_after.h5", "gru_reset_after.gzip.h5"])("%s", async (name) => {
    const file = await readKeras(modelBytes(`keras/by_hand/${name}`));
    const { input, output } = expected();
    expect(apart(file.toModule().forward(storedTensor(input)), output)).toBeLessThanOrEqual(2e-6);
  });

  test("converted to TensorFlow.js", async () => {
    const file = await readTfjsFiles(`${MODELS}/keras/by_hand/gru_reset_after_tfjs/model.json`);
    const { input, output } = expected();
    expect(apart(file.toModule().forward(storedTensor(input)), output)).toBeLessThanOrEqual(2e-6);
  });
});
