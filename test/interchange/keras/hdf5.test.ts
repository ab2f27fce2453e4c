import { describe, expect, test } from "vitest";
import { readKeras } from "../../../src/interchange/index.js";
import type { KerasModel } from "../../../src/interchange/keras/model.js";
import {
  asKeras3,
  configOf,
  type KerasFixture,
  kerasArchive,
  kerasFixtures,
  kerasHdf5,
  weightsOf,
} from "../../support/keras-files.js";
import { apart, storedTensor } from "../../support/models.js";

const FIXTURES = kerasFixtures();
const MASKED = "masked bidirectional of 2.9.0";
const STACKED = "stacked cells of 2.9.0";
const SHARED = "a shared layer and a model inside";

function expectNumbers(model: KerasModel, { cases }: KerasFixture): void {
  for (const { inputs, outputs } of cases) {
    const found = model.outputs(...inputs.map(storedTensor));
    for (const [i, y] of found.entries()) expect(apart(y, outputs[i]!)).toBeLessThanOrEqual(2e-6);
  }
}

describe("HDF5 of Keras 2", () => {
  test.each([MASKED, STACKED, SHARED, "normalisations", "masked gru backwards, elu"])("%s", async (name) => {
    const file = await readKeras(await kerasHdf5(FIXTURES[name]!));
    expect(file).toMatchObject({ format: "keras-hdf5", producer: "Keras 2.9.0", hasModel: true, warnings: [] });
    expectNumbers(file.toModule(), FIXTURES[name]!);
  });

  test("weights alone are told by names and shapes, under PyTorch's names", async () => {
    const file = await readKeras(await kerasHdf5(FIXTURES[MASKED]!, { weightsOnly: true }));
    expect(file.hasModel).toBe(false);
    expect(file.layers.map(({ name, kind, becomes }) => [name, kind, becomes])).toEqual([
      ["table", "Embedding", "nn.Embedding"],
      ["both.forward_l", "LSTM", "nn.LSTM"],
      ["both.backward_l", "LSTM", "nn.LSTM"],
      ["head", "Dense", "nn.Linear"],
    ]);
    expect([...file.toStateDict()].map(([name, { shape }]) => `${name} ${shape}`)).toEqual([
      "table.weight 7,3",
      "both.forward_l.weight_ih_l0 8,3",
      "both.forward_l.weight_hh_l0 8,2",
      "both.forward_l.bias_ih_l0 8",
      "both.forward_l.bias_hh_l0 8",
      "both.backward_l.weight_ih_l0 8,3",
      "both.backward_l.weight_hh_l0 8,2",
      "both.backward_l.bias_ih_l0 8",
      "both.backward_l.bias_hh_l0 8",
      "head.weight 2,4",
      "head.bias 2",
    ]);
    expect(file.warnings.join(" ")).toMatch(/weights alone.*hard_sigmoid/);
    expect(() => file.toModule()).toThrow(expect.objectContaining({ code: "no-model" }));
  });
});

describe(".keras", () => {
  const RNN = "layers/rnn/cell/cells";
  const three = (path: string) => [0, 1, 2].map((i) => `${path}/vars/${i}`);
  const both = (root: string, inner: string) => [
    `${root}/embedding/vars/0`,
    ...three(`${root}/bidirectional/forward_layer/${inner}`),
    ...three(`${root}/bidirectional/backward_layer/${inner}`),
    `${root}/time_distributed/layer/vars/0`,
    `${root}/time_distributed/layer/vars/1`,
  ];
  const cases: [string, string, string[], string[]][] = [
    ["wrappers, by place", MASKED, both("layers", "cell"), []],
    ["wrappers, as Keras 2.13 placed them", MASKED, both("_layer_checkpoint_dependencies", "cell"), []],
    [
      "cells on top of each other, with states by name",
      STACKED,
      [...three(`${RNN}/lstm_cell`), ...three(`${RNN}/gru_cell`), ...three(`${RNN}/simple_rnn_cell`)],
      ["rnn"],
    ],
    [
      "a model inside, after a layer that nothing needs",
      SHARED,
      [
        "layers/dense_1/vars/0",
        "layers/dense_1/vars/1",
        ...[0, 1].map((i) => `layers/functional/layers/dense/vars/${i}`),
      ],
      [],
    ],
  ];

  test.each(cases)("%s", async (_, name, places, states) => {
    const fixture = FIXTURES[name]!;
    const config = configOf(fixture);
    const isLinear = config.class_name === "Sequential";
    const bytes = await kerasArchive(fixture, isLinear ? config : asKeras3(config, states), places);
    const file = await readKeras(bytes);
    expect(file).toMatchObject({ format: "keras", producer: "Keras 3.4.1", hasModel: true });
    expectNumbers(file.toModule(), fixture);
  });

  test("of Keras 3 hard_sigmoid is x/6 + 1/2, and before it x/5 + 1/2", async () => {
    const places = [...three("layers/lstm/cell"), ...three("layers/gru/cell"), ...three("layers/simple_rnn/cell")];
    for (const version of ["2.9.0", "3.4.1"]) {
      const fixture = FIXTURES[`activations 0 of ${version}`]!;
      const file = await readKeras(await kerasArchive(fixture, configOf(fixture), places, version));
      expectNumbers(file.toModule(), fixture);
    }
  });
});

describe("layers of cuDNN", () => {
  /** What cuDNN would have saved: every gate's block transposed, its rows those of a matrix [C, R], both biases in one row. */
  function asCudnn(fixture: KerasFixture): KerasFixture {
    const weights = [...weightsOf(fixture)].map(([name, { shape, data }]) => {
      const gates = 3;
      const [rows = 1, width = 1] = shape;
      if (name.endsWith("bias")) return { name, shape: [data.length], data };
      const columns = width / gates;
      const out = new Float32Array(data.length);
      for (let g = 0; g < gates; g++) {
        const flat: number[] = [];
        for (let c = 0; c < columns; c++) for (let r = 0; r < rows; r++) flat.push(data[r * width + g * columns + c]!);
        for (const [k, value] of flat.entries()) {
          out[Math.floor(k / columns) * width + g * columns + (k % columns)] = value;
        }
      }
      return { name, shape, data: out };
    });
    const all = Buffer.concat(weights.map(({ data }) => Buffer.from(data.buffer)));
    const manifest = [{ paths: ["a"], weights: weights.map(({ name, shape }) => ({ name, shape, dtype: "float32" })) }];
    const model = { ...fixture.model, weightsManifest: manifest };
    return { ...fixture, model, shards: { a: all.toString("base64") } };
  }

  test.each(["GRU", "CuDNNGRU"])("%s: told by the bias, whatever the class, and put right", async (type) => {
    const fixture = asCudnn(FIXTURES["masked gru forwards, tanh"]!);
    const text = JSON.stringify(configOf(fixture))
      .replace('"GRU"', `"${type}"`)
      .replace('"reset_after":true', '"reset_after":false');
    const file = await readKeras(
      await kerasHdf5({
        ...fixture,
        model: { ...fixture.model, modelTopology: { keras_version: "2.2.4", model_config: JSON.parse(text) } },
      }),
    );
    // Before TensorFlow 2 a masked step showed the output before, as this model does.
    expectNumbers(file.toModule(), fixture);
  });
});
