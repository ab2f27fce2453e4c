import { describe, test } from "vitest";
import type { AttributeToWrite, NodeToWrite, ValueToWrite } from "../../../src/interchange/formats/onnx/encode.js";
import { compare, floats, type Graph, int64, NO_RUNTIME, runtime } from "./onnxruntime.js";

type Attributes = Record<string, AttributeToWrite>;
const node = (op: string, inputs: string[], attributes: Attributes = {}, outputs = ["y"]): NodeToWrite => ({
  op,
  inputs,
  outputs,
  attributes,
});
const value = (name: string, type: ValueToWrite["type"]): ValueToWrite => ({ name, type, shape: null });

const x = floats(1, [2, 3, 4]);
const ints = { type: "int64", shape: [2, 3], data: [3, -1, 0, 7, 2, -5] } as const;
const bools = { type: "bool", shape: [2, 3], data: [1, 0, 1, 1, 0, 0] } as const;
const wave = floats(2, [2, 4, 9]);
const image = floats(3, [2, 4, 5, 6]);

/** Forms that ONNX's own tests of 1.12 have not: older opsets' attributes, and what came later. */
const GRAPHS: Record<string, Graph> = {
  "axes as attributes": {
    opset: 11,
    inputs: { x },
    nodes: [
      node("Unsqueeze", ["x"], { axes: { ints: [0, -1] } }, ["a"]),
      node("ReduceMean", ["a"], { axes: { ints: [2] }, keepdims: { i: 0 } }, ["b"]),
      node("Squeeze", ["b"], { axes: { ints: [0] } }),
    ],
    outputs: ["y"],
  },
  "parts as an attribute": {
    opset: 12,
    inputs: { x },
    nodes: [node("Split", ["x"], { axis: { i: 2 }, split: { ints: [1, 3] } }, ["y", "z"])],
    outputs: ["y", "z"],
  },
  "a slice of opset 9": {
    opset: 9,
    inputs: { x },
    nodes: [node("Slice", ["x"], { axes: { ints: [1, 2] }, starts: { ints: [-2, 0] }, ends: { ints: [2 ** 31, -1] } })],
    outputs: ["y"],
  },
  "a slice backwards, in two dimensions": {
    inputs: { x },
    initializers: { s: int64([2], -1, 3), e: int64([2], -100, 0), a: int64([2], 1, 2), k: int64([2], -2, -1) },
    nodes: [node("Slice", ["x", "s", "e", "a", "k"])],
    outputs: ["y"],
  },
  "softmax of opset 11, over all dimensions from one on": {
    opset: 11,
    inputs: { x },
    nodes: [
      node("Softmax", ["x"], {}, ["a"]),
      node("LogSoftmax", ["x"], { axis: { i: 2 } }, ["b"]),
      node("Add", ["a", "b"]),
    ],
    outputs: ["y"],
  },
  "padding and limits as attributes": {
    opset: 10,
    inputs: { x },
    nodes: [
      node("Pad", ["x"], { pads: { ints: [0, 1, 2, 0, 0, 1] }, mode: { s: "edge" } }, ["a"]),
      node("Clip", ["a"], { min: { f: -0.4 }, max: { f: 0.3 } }),
    ],
    outputs: ["y"],
  },
  "padding of some axes": {
    opset: 18,
    inputs: { x },
    initializers: { p: int64([2], 2, -1), a: int64([1], -1), v: { type: "float", shape: [], data: [0.5] } },
    nodes: [node("Pad", ["x", "p", "v", "a"])],
    outputs: ["y"],
  },
  "a reduction with axes as an input": {
    opset: 18,
    inputs: { x },
    initializers: { a: int64([2], 0, -1) },
    nodes: ["ReduceMax", "ReduceL2", "ReduceLogSumExp", "ReduceProd"].map((op) => node(op, ["x", "a"], {}, [op])),
    outputs: ["ReduceMax", "ReduceL2", "ReduceLogSumExp", "ReduceProd"],
  },
  "a split by number": {
    opset: 18,
    inputs: { x },
    nodes: [node("Split", ["x"], { axis: { i: 1 }, num_outputs: { i: 2 } }, ["y", "z"])],
    outputs: ["y", "z"],
  },
  "what came with opset 20": {
    opset: 20,
    inputs: { x },
    nodes: [node("Gelu", ["x"], {}, ["a"]), node("Gelu", ["a"], { approximate: { s: "tanh" } })],
    outputs: ["y"],
  },
  "groups and root mean squares": {
    opset: 21,
    inputs: { image },
    initializers: { w: floats(5, [4]), b: floats(6, [4]) },
    nodes: [node("GroupNormalization", ["image", "w", "b"], { num_groups: { i: 2 } })],
    outputs: ["y"],
  },
  "batch and instance normalisation": {
    inputs: { wave },
    initializers: {
      w: floats(5, [4]),
      b: floats(6, [4]),
      m: floats(7, [4]),
      v: { type: "float", shape: [4], data: [0.5, 1, 2, 0.1] },
    },
    nodes: [
      node("BatchNormalization", ["wave", "w", "b", "m", "v"], {}, ["a"]),
      node("InstanceNormalization", ["a", "b", "w"]),
    ],
    outputs: ["y"],
  },
  "a product with everything": {
    inputs: { a: floats(1, [3, 4]), b: floats(2, [5, 3]) },
    initializers: { c: floats(3, [4, 1]) },
    nodes: [node("Gemm", ["a", "b", "c"], { transA: { i: 1 }, transB: { i: 1 }, alpha: { f: 0.5 }, beta: { f: -2 } })],
    outputs: ["y"],
  },
  "products of batches that broadcast": {
    inputs: { a: floats(1, [2, 1, 3, 4]), b: floats(2, [5, 4, 2]) },
    nodes: [node("MatMul", ["a", "b"])],
    outputs: ["y"],
  },
  "einsum of three": {
    inputs: { a: floats(1, [2, 3, 4]), b: floats(2, [4, 5]), c: floats(3, [2, 5]) },
    nodes: [node("Einsum", ["a", "b", "c"], { equation: { s: "bij, jk, bk -> ib" } })],
    outputs: ["y"],
  },
  "a convolution in groups, dilated, strided, padded": {
    inputs: { wave },
    initializers: { w: floats(4, [6, 2, 3]), b: floats(5, [6]) },
    nodes: [
      node("Conv", ["wave", "w", "b"], {
        group: { i: 2 },
        dilations: { ints: [2] },
        strides: { ints: [2] },
        pads: { ints: [3, 1] },
      }),
    ],
    outputs: ["y"],
  },
  "a convolution of images": {
    inputs: { image },
    initializers: { w: floats(4, [6, 4, 2, 3]), b: floats(5, [6]) },
    nodes: [node("Conv", ["image", "w", "b"], { strides: { ints: [1, 2] }, auto_pad: { s: "SAME_LOWER" } })],
    outputs: ["y"],
  },
  "its transpose": {
    inputs: { wave, image },
    initializers: { w: floats(4, [4, 3, 3]), b: floats(5, [6]), v: floats(6, [4, 2, 2, 3]) },
    nodes: [
      node(
        "ConvTranspose",
        ["wave", "w", "b"],
        {
          group: { i: 2 },
          strides: { ints: [3] },
          dilations: { ints: [2] },
          pads: { ints: [2, 1] },
          output_padding: { ints: [2] },
        },
        ["y"],
      ),
      node("ConvTranspose", ["image", "v"], { strides: { ints: [2, 1] }, auto_pad: { s: "SAME_UPPER" } }, ["z"]),
    ],
    outputs: ["y", "z"],
  },
  "windows, with parts of them": {
    inputs: { image },
    nodes: [
      node("MaxPool", ["image"], { kernel_shape: { ints: [2, 3] }, strides: { ints: [2, 2] }, ceil_mode: { i: 1 } }, [
        "y",
      ]),
      node("AveragePool", ["image"], { kernel_shape: { ints: [3, 2] }, pads: { ints: [1, 0, 1, 1] } }, ["z"]),
    ],
    outputs: ["y", "z"],
  },
  "arithmetic on integers": {
    inputs: { ints },
    initializers: { k: int64([3], 2, -3, 4) },
    nodes: [
      node("Div", ["ints", "k"], {}, ["d"]),
      node("Mod", ["ints", "k"], {}, ["m"]),
      node("Mul", ["d", "m"], {}, ["p"]),
      node("Sub", ["p", "ints"], {}, ["y"]),
      node("Cast", ["y"], { to: { i: 1 } }, ["f"]),
      node("Max", ["ints", "k", "y"], {}, ["z"]),
    ],
    outputs: [value("y", "int64"), "f", value("z", "int64")],
  },
  "casts that cut and wrap": {
    inputs: { x: floats(8, [5], 300) },
    nodes: [
      node("Cast", ["x"], { to: { i: 7 } }, ["a"]),
      node("Cast", ["a"], { to: { i: 3 } }, ["b"]),
      node("Cast", ["x"], { to: { i: 9 } }, ["c"]),
      node("Cast", ["x"], { to: { i: 10 } }, ["h"]),
      node("Cast", ["h"], { to: { i: 1 } }, ["d"]),
    ],
    outputs: [value("a", "int64"), value("b", "int8"), value("c", "bool"), "d"],
  },
  "truth values": {
    inputs: { bools, ints },
    initializers: { zero: int64([], 0) },
    nodes: [
      node("Greater", ["ints", "zero"], {}, ["a"]),
      node("Xor", ["a", "bools"], {}, ["b"]),
      node("Not", ["b"], {}, ["c"]),
      node("And", ["c", "a"], {}, ["d"]),
      node("Where", ["d", "ints", "zero"]),
    ],
    outputs: [value("b", "bool"), value("y", "int64")],
  },
  "elements put and taken": {
    opset: 16,
    inputs: { x },
    initializers: { at: int64([2, 1], 1, 0), u: floats(9, [2, 3, 4]), k: int64([2, 3, 1], 0, -1, 2, 1, 1, 3) },
    nodes: [
      node("ScatterND", ["x", "at", "u"], { reduction: { s: "add" } }, ["a"]),
      node("GatherElements", ["a", "k"], { axis: { i: 2 } }, ["b"]),
      node("ScatterElements", ["a", "k", "b"], { axis: { i: 2 }, reduction: { s: "mul" } }),
    ],
    outputs: ["y"],
  },
  "shapes computed on the way": {
    inputs: { x },
    initializers: { one: int64([1], 1), two: int64([], 2), zero: int64([1], 0), minus: int64([1], -1) },
    nodes: [
      node("Shape", ["x"], {}, ["s"]),
      node("Gather", ["s", "two"], {}, ["last"]),
      node("Unsqueeze", ["last", "zero"], {}, ["l"]),
      node("Concat", ["l", "minus"], { axis: { i: 0 } }, ["to"]),
      node("Reshape", ["x", "to"], {}, ["r"]),
      node("ConstantOfShape", ["to2"], { value: { t: { type: "float", shape: [1], data: [0.25] } } }, ["c"]),
      node("Concat", ["l", "one"], { axis: { i: 0 } }, ["to2"]),
      node("Expand", ["c", "wide"], {}, ["e"]),
      node("Concat", ["l", "six"], { axis: { i: 0 } }, ["wide"]),
      node("Constant", [], { value_ints: { ints: [6] } }, ["six"]),
      node("Add", ["r", "e"]),
    ],
    outputs: ["y"],
  },
};

const choice = {
  inputs: [],
  outputs: [{ name: "inner", type: "float", shape: null }],
} as const;

/** Steps with a state, h = h + x, whose sums come out one by one. */
const body = {
  inputs: [
    { name: "h", type: "float", shape: [4] },
    { name: "xt", type: "float", shape: [4] },
  ],
  outputs: [
    { name: "h2", type: "float", shape: [4] },
    { name: "out", type: "float", shape: [4] },
  ],
  nodes: [node("Add", ["h", "xt"], {}, ["h2"]), node("Mul", ["h2", "w"], {}, ["out"])],
} as const;

const NESTED: Record<string, Graph> = {
  "a branch that reads the names around it": {
    inputs: { x, bools: { type: "bool", shape: [], data: [0] } },
    nodes: [
      node(
        "If",
        ["bools"],
        {
          then_branch: { g: { ...choice, nodes: [node("Neg", ["x"], {}, ["inner"])] } },
          else_branch: { g: { ...choice, nodes: [node("Exp", ["x"], {}, ["inner"])] } },
        },
        ["y"],
      ),
    ],
    outputs: ["y"],
  },
  "a scan from both ends": {
    inputs: { x: floats(1, [5, 4]), h0: floats(2, [4]) },
    initializers: { w: floats(3, [4]) },
    nodes: [
      node("Scan", ["h0", "x"], { body: { g: body }, num_scan_inputs: { i: 1 } }, ["hN", "ys"]),
      node(
        "Scan",
        ["h0", "x"],
        {
          body: { g: body },
          num_scan_inputs: { i: 1 },
          scan_input_directions: { ints: [1] },
          scan_output_directions: { ints: [1] },
        },
        ["hB", "yb"],
      ),
    ],
    outputs: ["hN", "ys", "hB", "yb"],
  },
  "a loop until its condition fails": {
    inputs: { x: floats(1, [4]) },
    initializers: {
      most: int64([], 9),
      start: { type: "bool", shape: [], data: [1] },
      limit: int64([], 4),
      w: floats(3, [4]),
    },
    nodes: [
      node(
        "Loop",
        ["most", "start", "x"],
        {
          body: {
            g: {
              inputs: [value("i", "int64"), value("go", "bool"), value("h", "float")].map((info) => ({
                ...info,
                shape: info.name === "h" ? [4] : [],
              })),
              outputs: [value("on", "bool"), value("h2", "float"), value("seen", "float")],
              nodes: [
                node("Mul", ["h", "w"], {}, ["h2"]),
                node("Less", ["i", "limit"], {}, ["on"]),
                node("Add", ["h", "x"], {}, ["seen"]),
              ],
            },
          },
        },
        ["y", "all"],
      ),
    ],
    outputs: ["y", "all"],
  },
};

describe.skipIf(runtime === undefined)(`operators beside onnxruntime ${NO_RUNTIME}`, () => {
  test.each(Object.entries({ ...GRAPHS, ...NESTED }))("%s", (_, graph) => compare(graph));

  test.each([
    "Tan",
    "Asinh",
    "Atan",
    "Softsign",
    "Selu",
    "Celu",
    "HardSwish",
    "Mish",
    "ThresholdedRelu",
    "Shrink",
    "Erf",
    "Round",
  ])("%s", (op) =>
    compare({ opset: 18, inputs: { x: floats(4, [3, 5], 3) }, nodes: [node(op, ["x"])], outputs: ["y"] }),
  );
});
