import { expect, test } from "vitest";
import { noGrad } from "../../../src/index.js";
import { type KerasFile, readKeras } from "../../../src/interchange/index.js";
import { conv1d } from "../../../src/nn/functional/convolution.js";
import { layerNorm } from "../../../src/nn/functional/layer-norm.js";
import { Linear } from "../../../src/nn/linear.js";
import { LSTM } from "../../../src/nn/recurrent/cells/lstm.js";
import { stack } from "../../../src/tensor/ops/join.js";
import type { Tensor } from "../../../src/tensor/tensor.js";
import { apart, describeModels, modelBytes, modelJson, type StoredTensor, storedTensor } from "../../support/models.js";

interface First {
  input_2: StoredTensor;
  activation_2: StoredTensor;
  state_after_frame: { 19: StoredTensor };
}

interface Second {
  input_4: StoredTensor;
  conv1d_3: StoredTensor;
  state_after_frame: { 19: StoredTensor };
}

const FILE = "dtln/expected_model_1.json";

/** Two LSTMs and a mask, with the weights of that file. */
function stage(file: KerasFile, names: readonly [string, string, string], width: number) {
  const given = file.toStateDict();
  const [first, second] = [new LSTM(width, 128, { batchFirst: true }), new LSTM(128, 128, { batchFirst: true })];
  const head = new Linear(128, width);
  for (const [i, module] of [first, second, head].entries()) {
    const own = [...given].filter(([name]) => name.startsWith(`${names[i]}.`));
    module.loadStateDict(new Map(own.map(([name, array]) => [name.slice(names[i]!.length + 1), array])));
  }
  return (x: Tensor) => {
    const [y, a] = first.forward(x);
    const [z, b] = second.forward(y);
    const states = stack([a, b].map(({ h, c }) => stack([h.reshape(-1), c.reshape(-1)], 1)));
    return { mask: head.forward(z).sigmoid(), states: states.reshape(1, 2, 128, 2) };
  };
}

describeModels(FILE, "DTLN's weights, without a configuration", () => {
  test("are told by their names, and give the numbers of its ONNX files", async () => {
    const file = await readKeras(modelBytes("dtln/model.h5"));
    expect(file.layers.map(({ name, kind }) => `${name} ${kind}`)).toEqual([
      "lstm LSTM",
      "lstm_1 LSTM",
      "dense Dense",
      "conv1d Conv1D",
      "layer_normalization LayerNormalization",
      "lstm_2 LSTM",
      "lstm_3 LSTM",
      "dense_1 Dense",
      "conv1d_1 Conv1D",
    ]);
    const one = modelJson<First>(FILE);
    noGrad(() => {
      const { mask, states } = stage(file, ["lstm", "lstm_1", "dense"], 257)(storedTensor(one.input_2));
      expect(apart(mask, one.activation_2)).toBeLessThanOrEqual(1e-5);
      expect(apart(states, one.state_after_frame[19])).toBeLessThanOrEqual(1e-4);
      const two = modelJson<Second>("dtln/expected_model_2.json");
      const weight = (name: string): Tensor => storedTensor(file.toStateDict().get(name) as unknown as StoredTensor);
      const frames = storedTensor(two.input_4);
      const encoded = conv1d(frames.transpose(1, 2), weight("conv1d.weight"), null).transpose(1, 2);
      const [gamma, beta] = [weight("layer_normalization.weight"), weight("layer_normalization.bias")];
      const normal = layerNorm(encoded, [256], { weight: gamma, bias: beta, eps: 1e-7 });
      const second = stage(file, ["lstm_2", "lstm_3", "dense_1"], 256)(normal);
      const decoded = conv1d(second.mask.mul(encoded).transpose(1, 2), weight("conv1d_1.weight"), null);
      expect(apart(decoded.transpose(1, 2), two.conv1d_3)).toBeLessThanOrEqual(2e-5);
      expect(apart(second.states, two.state_after_frame[19])).toBeLessThanOrEqual(1e-4);
    });
  });
});
