import { expect, test } from "vitest";
import { noGrad } from "../../../src/index.js";
import { readOnnx } from "../../../src/interchange/index.js";
import { expectClose } from "../../support/close.js";
import {
  describeModels,
  modelBytes,
  modelJson,
  numbersOf,
  type StoredTensor,
  storedTensor,
} from "../../support/models.js";

interface Exports {
  models: Record<
    string,
    {
      file: string;
      opset: number;
      cases: { inputs: Record<string, StoredTensor>; outputs: Record<string, StoredTensor> }[];
    }
  >;
  tolerance: { abs: number };
}

describeModels("pytorch-export", "what torch.onnx wrote", () => {
  const { models, tolerance } = modelJson<Exports>("pytorch-export", "expected.json");
  test.each(Object.keys(models))("%s gives PyTorch's numbers", (name) => {
    const { file, opset, cases } = models[name]!;
    const read = readOnnx(modelBytes("pytorch-export", file), { source: file });
    expect(read.opset).toBe(opset);
    expect(read.missing).toEqual([]);
    expect(read.warnings).toEqual([]);
    const model = read.toModule();
    for (const { inputs, outputs } of cases) {
      const given = Object.fromEntries(Object.entries(inputs).map(([key, value]) => [key, storedTensor(value)]));
      for (let time = 0; time < 2; time++) {
        const found = noGrad(() => model.run(given));
        for (const [key, expected] of Object.entries(outputs)) {
          expect(found[key]!.shape).toEqual(expected.shape);
          expectClose(
            found[key]!.data(),
            numbersOf(expected),
            { rtol: 0, atol: tolerance.abs },
            `${key}, time ${time}`,
          );
        }
      }
    }
  });
});
