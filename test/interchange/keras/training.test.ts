import { describe, expect, test } from "vitest";
import { gradcheck, noGrad } from "../../../src/autograd/index.js";
import { defaultGenerator, manualSeed } from "../../../src/base/random.js";
import { readTfjs } from "../../../src/interchange/index.js";
import type { KerasModel } from "../../../src/interchange/keras/model.js";
import { mseLoss } from "../../../src/nn/functional/losses.js";
import { Module } from "../../../src/nn/module.js";
import { Parameter } from "../../../src/nn/parameter.js";
import { Adam } from "../../../src/optim/adam.js";
import { memory, rand, type Tensor, tensor } from "../../../src/tensor/index.js";
import { kerasFixtures, shardsOf } from "../../support/keras-files.js";
import { apart, storedTensor } from "../../support/models.js";

const FIXTURES = kerasFixtures();
const MASKED = "masked bidirectional of 2.9.0";

async function built(name: string): Promise<KerasModel> {
  const { model } = FIXTURES[name]!;
  return (await readTfjs(JSON.stringify(model), shardsOf(FIXTURES[name]!))).toModule();
}

const inputsOf = (name: string): Tensor[] => FIXTURES[name]!.cases[0]!.inputs.map(storedTensor);

describe("a model that was read trains on", () => {
  const withWeights = Object.keys(FIXTURES).filter(
    (name) => FIXTURES[name]!.model.weightsManifest[0]!.weights.length > 0,
  );

  test.each(withWeights)("every parameter gets a gradient: %s", async (name) => {
    const model = (await built(name)).train();
    const outputs = model.outputs(...inputsOf(name));
    outputs
      .map((y, i) =>
        y
          .mul(y)
          .sum()
          .mul(1 + i),
      )
      .reduce((a, b) => a.add(b))
      .backward();
    for (const [key, parameter] of model.namedParameters()) {
      expect(parameter.grad, key).not.toBeNull();
      expect([...parameter.grad!.data()].every(Number.isFinite), key).toBe(true);
    }
  });

  test.each([MASKED, "masked gru backwards, elu", "stacked cells of tfjs-layers 4.22.0", "conv1d 1"])(
    "in float64 its gradients are right: %s",
    async (name) => {
      const model = (await built(name)).to("float64");
      const inputs = inputsOf(name).map((x) => (x.dtype === "int32" ? x : x.to("float64")));
      const total = () =>
        model
          .outputs(...inputs)
          .map((y) => y.mul(y).mean())
          .reduce((a, b) => a.add(b));
      expect(gradcheck(total, model.parameters())).toMatchObject({ ok: true });
    },
  );

  test("Adam brings it to another target", async () => {
    const model = (await built(MASKED)).train();
    const [ids] = inputsOf(MASKED) as [Tensor];
    const target = tensor([
      [1, 0],
      [0, 1],
      [1, 1],
      [0, 0],
    ]);
    const optimizer = new Adam(model.parameters(), { lr: 0.03 });
    const losses = Array.from({ length: 120 }, () => {
      const loss = mseLoss(model.forward(ids), target);
      optimizer.zeroGrad();
      loss.backward();
      optimizer.step();
      return loss.item();
    });
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 50);
  });

  test.each(Object.keys(FIXTURES))("can be copied: %s", async (name) => {
    const model = await built(name);
    const [y] = model.outputs(...inputsOf(name)) as [Tensor];
    expect([
      ...model
        .clone()
        .outputs(...inputsOf(name))[0]!
        .data(),
    ]).toEqual([...y.data()]);
  });

  test("a clone is its own", async () => {
    const model = await built(MASKED);
    const [ids] = inputsOf(MASKED) as [Tensor];
    const copy = model.clone();
    const before = [...model.forward(ids).data()];
    expect([...copy.forward(ids).data()]).toEqual(before);
    for (const parameter of copy.parameters()) parameter.set(parameter.data().map((value) => value + 1));
    expect([...model.forward(ids).data()]).toEqual(before);
    copy.loadStateDict(model.stateDict());
    expect([...copy.forward(ids).data()]).toEqual(before);
  });

  test("reading draws none of the program's random numbers, and a saved state has names that say what is what", async () => {
    manualSeed(3);
    const { state } = defaultGenerator;
    const model = await built(MASKED);
    expect(defaultGenerator.state).toEqual(state);
    expect([...model.stateDict().keys()].slice(0, 3)).toEqual([
      "layers.table.table.weight",
      "layers.both.forwards.cells.0.weight_ih_l0",
      "layers.both.forwards.cells.0.weight_hh_l0",
    ]);
    expect(model.training).toBe(false);
  });
});

describe("a model that was read", () => {
  test("dropout acts in training alone, of inputs and of the state", async () => {
    const { model } = FIXTURES["masked gru forwards, tanh"]!;
    for (const key of ["dropout", "recurrent_dropout"]) {
      const text = JSON.stringify(model).replace('"units":', `"${key}": 0.5, "units":`);
      const lossy = (await readTfjs(text, shardsOf(FIXTURES["masked gru forwards, tanh"]!))).toModule();
      const inputs = inputsOf("masked gru forwards, tanh");
      const still = [...lossy.outputs(...inputs)[0]!.data()];
      expect([...lossy.outputs(...inputs)[0]!.data()]).toEqual(still);
      manualSeed(1);
      lossy.train();
      const first = [...lossy.outputs(...inputs)[0]!.data()];
      expect(first).not.toEqual(still);
      expect([...lossy.outputs(...inputs)[0]!.data()]).not.toEqual(first);
    }
  });

  test("stateful: halves give what the whole gives, until it is reset; memory stays", async () => {
    const name = "activations 1 of 2.9.0";
    const text = JSON.stringify(FIXTURES[name]!.model).replaceAll('"units":', '"stateful": true, "units":');
    const model = (await readTfjs(text, shardsOf(FIXTURES[name]!))).toModule();
    const [x] = inputsOf(name) as [Tensor];
    const whole = [...model.forward(x).data()];
    const halves = () => {
      model.resetState();
      model.forward(x.slice(1, 0, 2));
      return [...model.forward(x.slice(1, 2)).data()];
    };
    for (const [i, value] of halves().entries()) expect(value).toBeCloseTo(whole[i]!, 6);
    noGrad(() => halves());
    const { bytes } = memory();
    for (let i = 0; i < 5; i++) noGrad(() => halves());
    expect(memory().bytes).toBeLessThanOrEqual(bytes);
  });

  test("asks for as many inputs as it has, and for outputs() where there are several", async () => {
    const model = await built("stacked cells of 2.9.0");
    expect(model.inputNames).toEqual(["x", "s0", "s1", "s2", "s3"]);
    expect(() => model.outputs(rand(2, 4, 3))).toThrow(/inputs must be 5: "x", "s0".*got 1/);
    expect(() => model.forward(...inputsOf("stacked cells of 2.9.0"))).toThrow(
      /Call outputs\(...inputs\), which gives all of them/,
    );
  });

  test("a layer of one's own is made by a function, with its weights by role", async () => {
    const { model } = FIXTURES["normalisations"]!;
    const text = JSON.stringify(model).replace("LayerNormalization", "Scaling");
    class Scale extends Module {
      gamma: Parameter;
      constructor(gamma: Tensor) {
        super();
        this.gamma = new Parameter(gamma);
      }
      forward(x: Tensor): Tensor {
        return x.mul(this.gamma);
      }
    }
    const shards = shardsOf(FIXTURES["normalisations"]!);
    const file = await readTfjs(text, shards, {
      layers: {
        Scaling: ({ name, config, take }) => {
          expect([name, config["epsilon"]]).toEqual(["ln", 0.01]);
          const { data, shape } = take("gamma", [3]);
          return new Scale(tensor(data as Float32Array, { shape }));
        },
      },
    });
    const found = file.toModule().forward(...inputsOf("normalisations"));
    expect(apart(found, { dtype: "float32", shape: [...found.shape], data: [...found.data()] })).toBe(0);
    expect(file.layers.at(-1)).toMatchObject({ kind: "Scaling", becomes: "your module", remark: null });
    expect(() => file.toModule().parameters()).not.toThrow();
  });
});
