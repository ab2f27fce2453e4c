import { describe, expect, test } from "vitest";
import {
  gradcheck,
  manualSeed,
  noGrad,
  optim,
  randn,
  type Tensor,
  tensor,
  UnsupportedError,
} from "../../../src/index.js";
import type { AttributeToWrite, NodeToWrite } from "../../../src/interchange/formats/onnx/encode.js";
import { type OnnxModule, readOnnx } from "../../../src/interchange/index.js";
import { fileOf, floats, type Graph, int64 } from "./onnxruntime.js";

const node = (
  op: string,
  inputs: string[],
  attributes: Record<string, AttributeToWrite> = {},
  outputs = ["y"],
): NodeToWrite => ({
  op,
  inputs,
  outputs,
  attributes,
});

function moduleOf(graph: Graph): OnnxModule {
  return readOnnx(fileOf(graph), { source: "test.onnx" }).toModule();
}

/** A classifier as exporters write it: GRU, its last state, a head. */
const CLASSIFIER: Graph = {
  inputs: { x: floats(1, [6, 2, 3]) },
  initializers: {
    "gru.W": floats(2, [1, 12, 3]),
    "gru.R": floats(3, [1, 12, 4]),
    "gru.B": floats(4, [1, 24]),
    "head.weight": floats(5, [2, 4]),
    "head.bias": floats(6, [2]),
    zero: int64([1], 0),
    two: { type: "float", shape: [], data: [2] },
  },
  nodes: [
    node("GRU", ["x", "gru.W", "gru.R", "gru.B"], { hidden_size: { i: 4 }, linear_before_reset: { i: 1 } }, ["", "h"]),
    node("Squeeze", ["h", "zero"], {}, ["last"]),
    node("Gemm", ["last", "head.weight", "head.bias"], { transB: { i: 1 } }, ["logits"]),
    node("Pow", ["logits", "two"]),
  ],
  outputs: ["y"],
};

describe("a module of a graph", () => {
  test("has the initializers of floats as parameters, under their names", () => {
    const model = moduleOf(CLASSIFIER);
    expect(model.namedParameters().map(([name]) => name)).toEqual([
      "gru.W",
      "gru.R",
      "gru.B",
      "head.weight",
      "head.bias",
    ]);
    expect(model.training).toBe(false);
    expect(String(model)).toContain("(x) -> (y), opset=17");
  });

  test("has names that could be no names under others", () => {
    const names = ["run", "a.b", "a", "a..c", "__proto__", "a.b.c", ".", "constructor", "inputs.x"];
    const initializers = Object.fromEntries(names.map((name, i) => [name, floats(i, [2])]));
    // A literal's __proto__ would set the prototype.
    Object.defineProperty(initializers, "__proto__", { value: floats(9, [2]), enumerable: true });
    const model = moduleOf({
      inputs: { x: floats(1, [2]) },
      initializers,
      nodes: [node("Sum", ["x", ...names])],
      outputs: ["y"],
    });
    expect(
      model
        .namedParameters()
        .map(([name]) => name)
        .sort(),
    ).toEqual(["run_1", "a.b", "a_1", "a__c", "__proto___1", "a_b_c", "_", "constructor_1", "inputs_x"].sort());
    const sum = [0, 1, 2, 3, 5, 6, 7, 8].reduce(
      (total, i) => total + floats(i, [2]).data[0]!,
      floats(9, [2]).data[0]! + 1,
    );
    expect(noGrad(() => model.forward(tensor([1, 1]))).data()[0]).toBeCloseTo(sum, 5);
  });

  test("learns, and what it kept of its weights follows them", () => {
    manualSeed(3);
    const model = moduleOf(CLASSIFIER);
    const x = randn([6, 2, 3]);
    const target = tensor([
      [0.2, 0.7],
      [0.4, 0.1],
    ]);
    const loss = (): Tensor => model.forward(x).sub(target).square().mean();
    const before = noGrad(loss).item();
    const optimizer = new optim.Adam(model.parameters(), { lr: 0.05 });
    for (let i = 0; i < 60; i++) {
      model.zeroGrad();
      loss().backward();
      optimizer.step();
      // The kept weights of the fast path must be the new ones.
      expect(noGrad(loss).item()).toBeCloseTo(loss().item(), 6);
    }
    expect(noGrad(loss).item()).toBeLessThan(before / 100);
  });

  test("copies to one that goes its own way", () => {
    const model = moduleOf(CLASSIFIER);
    const x = randn([6, 2, 3]);
    const before = noGrad(() => model.forward(x)).data();
    const copy = model.clone();
    noGrad(() => copy.forward(x));
    copy.parameters()[0]!.set(new Float32Array(36).fill(0.5));
    expect(noGrad(() => copy.forward(x)).data()).not.toEqual(before);
    expect(noGrad(() => model.forward(x)).data()).toEqual(before);
    model.loadStateDict(copy);
    expect(noGrad(() => model.forward(x)).data()).toEqual(noGrad(() => copy.forward(x)).data());
  });

  const GRADIENTS: Record<string, Graph> = {
    classifier: CLASSIFIER,
    "reset before the product, many lengths, both directions": {
      inputs: { x: floats(1, [4, 2, 3]), lengths: { type: "int32", shape: [2], data: [4, 2] } },
      initializers: { W: floats(2, [2, 6, 3]), R: floats(3, [2, 6, 2]), B: floats(4, [2, 12]) },
      nodes: [
        node("GRU", ["x", "W", "R", "B", "lengths"], { hidden_size: { i: 2 }, direction: { s: "bidirectional" } }, [
          "y",
        ]),
      ],
      outputs: ["y"],
    },
    "a kernel, many lengths": {
      inputs: { x: floats(1, [4, 2, 3]), lengths: { type: "int32", shape: [2], data: [2, 4] } },
      initializers: { W: floats(2, [1, 8, 3]), R: floats(3, [1, 8, 2]), B: floats(4, [1, 16]) },
      nodes: [node("LSTM", ["x", "W", "R", "B", "lengths"], { hidden_size: { i: 2 } }, ["y"])],
      outputs: ["y"],
    },
    "convolutions and scatters": {
      inputs: { x: floats(1, [1, 2, 5]) },
      initializers: {
        w: floats(2, [3, 2, 2]),
        v: floats(3, [3, 2, 3]),
        at: int64([2, 1], 1, 0),
        u: floats(4, [1, 2, 7]),
        k: int64([1, 1, 3], 1, 1, 6),
      },
      opset: 18,
      nodes: [
        node("Conv", ["x", "w"], { strides: { ints: [2] } }, ["a"]),
        node("ConvTranspose", ["a", "v"], { strides: { ints: [2] } }, ["b"]),
        node("Pad", ["b", "pads"], { mode: { s: "reflect" } }, ["c"]),
        node("Constant", [], { value_ints: { ints: [0, 0, 2, 0, 0, 0] } }, ["pads"]),
        node("ScatterElements", ["c", "k", "u3"], { axis: { i: 2 }, reduction: { s: "add" } }, ["d"]),
        node("Slice", ["u", "zero", "three", "minus"], {}, ["u2"]),
        node("Slice", ["u2", "zero", "one", "row"], {}, ["u3"]),
        node("Constant", [], { value_ints: { ints: [0] } }, ["zero"]),
        node("Constant", [], { value_ints: { ints: [1] } }, ["one"]),
        node("Constant", [], { value_ints: { ints: [1] } }, ["row"]),
        node("Constant", [], { value_ints: { ints: [3] } }, ["three"]),
        node("Constant", [], { value_ints: { ints: [-1] } }, ["minus"]),
        node("Atan", ["d"], {}, ["e"]),
        node("LayerNormalization", ["e", "gain"], {}, ["y"]),
      ],
      outputs: ["y"],
    },
  };
  (GRADIENTS["convolutions and scatters"]!.initializers as Record<string, unknown>)["gain"] = floats(8, [7]);

  test.each(Object.entries(GRADIENTS))("has the gradients that differences have: %s", (_, graph) => {
    const model = moduleOf(graph).to("float64");
    const inputs = Object.entries(graph.inputs).map(([name, { shape, data, type }]) => {
      const isFloat = type === "float";
      return [
        name,
        tensor(Array.from(data), { shape, dtype: isFloat ? "float64" : "int32", requiresGrad: isFloat }),
      ] as const;
    });
    const learned = [...model.parameters(), ...inputs.flatMap(([, x]) => (x.requiresGrad ? [x] : []))];
    const { ok, worst } = gradcheck(() => model.run(Object.fromEntries(inputs))["y"]!, learned);
    expect(ok, JSON.stringify(worst)).toBe(true);
    expect(learned.length).toBeGreaterThan(3);
  });
});

describe("what does not run", () => {
  test("is listed in one error, every operator with its nodes", () => {
    const file = fileOf({
      inputs: { x: floats(1, [2]) },
      nodes: [
        { ...node("Foo", ["x"], {}, ["a"]), name: "first" },
        node("Foo", ["a"], {}, ["b"]),
        { ...node("Bar", ["b"], {}, ["c"]), domain: "com.example" },
        node("If", ["t"], {
          then_branch: {
            g: {
              inputs: [],
              outputs: [{ name: "i", type: "float", shape: null }],
              nodes: [node("Baz", ["c"], {}, ["i"])],
            },
          },
        }),
        node("Constant", [], { value_ints: { ints: [1] } }, ["t"]),
      ],
      outputs: ["y"],
    });
    const read = readOnnx(file, { source: "odd.onnx" });
    expect(read.missing.map(({ operator, count }) => `${operator} ${count}`)).toEqual([
      "Foo 2",
      "com.example.Bar 1",
      "Baz 1",
    ]);
    const error = caught(() => read.toModule());
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error).toMatchObject({ code: "unsupported-operators", details: { operators: read.missing } });
    expect(error.message).toBe(
      "toModule: odd.onnx must use operators that run here, got Foo x2 (first, Foo_1); com.example.Bar x1 (Bar_2); Baz x1 (Baz_0). " +
        "Its arrays can be read all the same: initializers.",
    );
    expect(read.initializers.size).toBe(0);
    expect(read.nodes.map(({ op }) => op)).toEqual(["Foo", "Foo", "Bar", "Constant", "If"]);
  });

  test.each([6, 24])("opset %i is told", (opset) => {
    const file = fileOf({ opset, inputs: { x: floats(1, [2]) }, nodes: [node("Relu", ["x"])], outputs: ["y"] });
    expect(caught(() => readOnnx(file).toModule()).message).toContain(`use an opset from 7 to 23, got opset ${opset}`);
  });

  test("at run time is named by its node", () => {
    const model = moduleOf({
      inputs: { x: { ...floats(1, [2, 3]) } },
      initializers: { w: floats(2, [1, 4, 3]), r: floats(3, [1, 4, 1]) },
      nodes: [node("Transpose", ["x"], {}, ["t"]), { ...node("LSTM", ["t", "w", "r"]), name: "encoder/lstm" }],
      outputs: ["y"],
    });
    expect(() => model.forward(randn([2, 3]))).toThrow(
      'LSTM in node "encoder/lstm": input 0 must have shape [L, N, I], got [3, 2].',
    );
    const deeper = moduleOf({
      inputs: { x: floats(1, [2, 3]) },
      initializers: { w: floats(2, [2, 2]) },
      nodes: [node("MatMul", ["x", "w"])],
      outputs: ["y"],
    });
    expect(() => deeper.forward(randn([2, 3]))).toThrow(/^MatMul, matmul in node "MatMul_0": /);
  });

  test.each<[string, (model: OnnxModule) => unknown, string]>([
    ["no input", (m) => m.run({}), 'input "x" must be given, got nothing'],
    ["an unknown one", (m) => m.run({ x: randn([6, 2, 3]), z: randn([1]) }), 'inputs must be only x, got "z"'],
    ["a number for a tensor", (m) => m.run({ x: 3 as never }), 'input "x" must be a t'],
    ["another size", (m) => m.run({ x: randn([6, 2, 4]) }), 'input "x" must have shape [6, 2, 3], got [6, 2, 4]'],
    ["another type", (m) => m.run({ x: tensor([1], { dtype: "int32", shape: [1] }) }), 'input "x" must'],
    ["none at all", (m) => m.run(null as never), "inputs must be an object of tensors by name"],
  ])("%s is told", (_, act, message) => {
    expect(caught(() => act(moduleOf(CLASSIFIER))).message).toContain(message);
  });

  test("is mended by what the error advises", () => {
    const graph: Graph = {
      inputs: { x: floats(1, [2]), ids: { type: "int64", shape: [2], data: [1, 0] } },
      initializers: { w: floats(2, [3]) },
      nodes: [node("Gather", ["w", "ids"], {}, ["rows"]), node("Add", ["rows", "x"])],
      outputs: ["y"],
    };
    const model = moduleOf(graph);
    const [x, ids] = [tensor([1, 2]), tensor([1, 0], { dtype: "int32" })];
    const expected = model.run({ x, ids })["y"]!.data();
    // Convert it with .to("float32").
    const double = tensor([1, 2], { dtype: "float64" });
    expect(caught(() => model.run({ x: double, ids })).fix).toBe('Convert it with .to("float32").');
    expect(model.run({ x: double.to("float32"), ids })["y"]!.data()).toEqual(expected);
    // Make it with { dtype: "int32" }.
    expect(caught(() => model.run({ x, ids: tensor([1, 0]) })).fix).toBe('Make it with { dtype: "int32" }.');
    // Use run({ x, ids }).
    expect(caught(() => model.forward(x)).fix).toBe("Use run({ x, ids }).");
  });

  test("GRU of PyTorch that resets before the product gets a warning", () => {
    const graph = {
      ...CLASSIFIER,
      nodes: CLASSIFIER.nodes.map((one) => ({
        ...one,
        attributes: one.op === "GRU" ? { hidden_size: { i: 4 } } : (one.attributes ?? {}),
      })),
    };
    expect(readOnnx(fileOf(graph)).warnings).toEqual([]);
    const [warning] = readOnnx(fileOf({ ...graph, producer: "pytorch" })).warnings;
    expect(warning).toMatch(/^GRU of pytorch 1 with linear_before_reset 0 \(GRU_0\)/);
    expect(readOnnx(fileOf({ ...CLASSIFIER, producer: "pytorch" })).warnings).toEqual([]);
  });
});

function caught(act: () => unknown): UnsupportedError {
  try {
    act();
  } catch (error) {
    return error as UnsupportedError;
  }
  return expect.fail("nothing was thrown");
}
