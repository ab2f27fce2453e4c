import { describe, expect, test } from "vitest";
import { noGrad, UnrolledError } from "../../../src/index.js";
import type { ArrayToWrite, AttributeToWrite } from "../../../src/interchange/formats/onnx/encode.js";
import { readOnnx } from "../../../src/interchange/index.js";
import { compare, fileOf, floats, int64, NO_RUNTIME } from "./onnxruntime.js";

type Row = [op: string, inputs: ArrayToWrite[], attributes: Record<string, AttributeToWrite>, message: string];

const ints = (...list: number[]): AttributeToWrite => ({ ints: list });
const image = floats(1, [1, 2, 3, 4]);
const kernel = floats(2, [2, 2, 2, 2]);
const empty = (shape: number[]): ArrayToWrite => ({ type: "float", shape, data: [] });
const bools = (...data: number[]): ArrayToWrite => ({ type: "bool", shape: [data.length], data });

/** Each node is well formed, and asks for what there is not. */
const BAD: Readonly<Record<string, Row>> = {
  "a kernel of no size": ["Conv", [image, empty([2, 2, 0, 2])], {}, "input 1 must have a size of at least 1"],
  "a kernel longer than the input": [
    "Conv",
    [image, floats(2, [2, 2, 5, 2])],
    {},
    "input 0 must have at least 5 elements in dimension 2, a window's, got [1, 2, 3, 4].",
  ],
  "a kernel whose dilation is longer": ["Conv", [image, kernel], { dilations: ints(1, 9) }, "at least 10 elements in"],
  "no groups": ["Conv", [image, kernel], { group: { i: 0 } }, "attribute group must be a positive integer, got 0."],
  "padding for one dimension of two": ["Conv", [image, kernel], { pads: ints(1, 1) }, "pads must be 4 integers of at"],
  "strides of 0": ["Conv", [image, kernel], { strides: ints(1, 0) }, "strides must be 2 positive integers, got [1,0]."],
  "no groups turned about": ["ConvTranspose", [image, kernel], { group: { i: 0 } }, "group must be a positive integer"],
  "output padding of one dimension": [
    "ConvTranspose",
    [image, kernel],
    { output_padding: ints(1) },
    "attribute output_padding must be 2 integers of at least 0, got [1].",
  ],
  "an output shape of one dimension": [
    "ConvTranspose",
    [image, kernel],
    { output_shape: ints(7) },
    "attribute output_shape must be 2 sizes, got [7].",
  ],
  "sizes that are no integers": [
    "ConvTranspose",
    [image, kernel],
    { output_shape: { floats: [4.5, 5] } },
    "attribute output_shape must be a list of integers",
  ],
  "a window longer than the input": [
    "MaxPool",
    [image],
    { kernel_shape: ints(4, 2), strides: ints(3, 1) },
    "input 0 must have at least 4 elements in dimension 2",
  ],
  "a window of means longer than the input": ["AveragePool", [image], { kernel_shape: ints(1, 7) }, "in dimension 3"],
  "lengths of too few sequences": [
    "ReverseSequence",
    [floats(1, [3, 2]), int64([1], 2)],
    {},
    "input 1 must be 2 lengths in [0, 3], got [2].",
  ],
  "a length beyond the end": ["ReverseSequence", [floats(1, [3, 2]), int64([2], 2, 4)], {}, "lengths in [0, 3]"],
  "axes that only add up": [
    "ReverseSequence",
    [floats(1, [3, 2]), int64([2], 2, 2)],
    { time_axis: { i: -1 }, batch_axis: { i: 2 } },
    "must have time and batch in its first two dimensions",
  ],
  "one value for on and off": [
    "OneHot",
    [int64([2], 0, 1), int64([], 3), floats(1, [1])],
    {},
    "input 2 must hold two numbers, off and on, got [1].",
  ],
  "more truth values than elements": [
    "Compress",
    [floats(1, [3]), bools(1, 0, 0, 0, 1)],
    {},
    "input 1 must have at most 3 elements, got [5].",
  ],
  "fewer than no batches": [
    "GatherND",
    [floats(1, [2, 3]), int64([2, 1], 0, 1)],
    { batch_dims: { i: -1 } },
    "attribute batch_dims must count first dimensions that [2,3] and [2,1] share, got -1.",
  ],
  "batches of two sizes": [
    "GatherND",
    [floats(1, [2, 3]), int64([4, 1], 0, 1, 2, 0)],
    { batch_dims: { i: 1 } },
    "must count first dimensions that [2,3] and [4,1] share",
  ],
  "updates beyond the array": [
    "ScatterElements",
    [floats(1, [2, 2]), int64([2, 3], 0, 1, 0, 1, 0, 1), floats(2, [2, 3])],
    {},
    "input 1 must have at most the sizes of [2,2], got [2, 3].",
  ],
  "a mean of integers": ["Mean", [int64([2], 1, 2)], {}, "input 0 must hold floats, got int64."],
  "a function's number that is a text": [
    "RNN",
    [floats(1, [2, 1, 1]), floats(2, [1, 1, 1]), floats(3, [1, 1, 1])],
    { activations: { strings: ["Affine"] }, activation_alpha: { strings: ["2"] } },
    "attribute activation_alpha must be a list of numbers",
  ],
  "no steps": ["LSTM", [empty([0, 1, 1]), floats(2, [1, 4, 1]), floats(3, [1, 4, 1])], {}, "one step and one sequence"],
  "no sequences": [
    "GRU",
    [empty([2, 0, 1]), floats(2, [1, 3, 1]), floats(3, [1, 3, 1])],
    {},
    "one step and one sequen",
  ],
  "fewer than no hidden units": [
    "LSTM",
    [floats(1, [2, 1, 1]), floats(2, [1, 4, 1]), floats(3, [1, 4, 1])],
    { hidden_size: { i: -1 } },
    "attribute hidden_size must be a positive integer, got -1.",
  ],
  "groups of no channels": [
    "GroupNormalization",
    [image, floats(2, [2]), floats(3, [2])],
    { num_groups: { i: 0 } },
    "attribute num_groups must be a positive integer, got 0.",
  ],
  "a letter with two sizes": [
    "Einsum",
    [floats(1, [2, 3]), floats(2, [4, 5])],
    { equation: { s: "ij,jk->ik" } },
    "input 1 must have size 3 in dimension 0, as another operand has, got [4, 5].",
  ],
  "a result with a letter of nobody's": [
    "Einsum",
    [floats(1, [2, 3])],
    { equation: { s: "ij->iz" } },
    "must have each letter of its result once, and among those of its terms, got ij->iz.",
  ],
  "a result with a letter twice": ["Einsum", [floats(1, [2, 3])], { equation: { s: "ij->ii" } }, "got ij->ii."],
  "two arrows": ["Einsum", [floats(1, [2, 3])], { equation: { s: "ij->j->j" } }, "must have one arrow at most"],
  "more than memory has": [
    "Expand",
    [floats(1, [1]), int64([1], 2 ** 45)],
    {},
    "must hold at most 2147483647 elements",
  ],
};

describe("a node that asks for what there is not", () => {
  test.each(Object.entries(BAD))(
    "%s: its own message, with the node's name",
    (_, [op, inputs, attributes, message]) => {
      const names = inputs.map((_array, i) => `i${i}`);
      const file = fileOf({
        inputs: {},
        initializers: Object.fromEntries(inputs.map((array, i) => [`i${i}`, array])),
        nodes: [{ op, name: "the/node", inputs: names, outputs: ["y"], attributes }],
        outputs: ["y"],
      });
      const model = readOnnx(file).toModule();
      let error: unknown;
      try {
        noGrad(() => model.run({}));
      } catch (caught) {
        error = caught;
      }
      expect(error).toBeInstanceOf(UnrolledError);
      expect((error as Error).message).toContain('in node "the/node": ');
      expect((error as Error).message).toContain(message);
    },
  );
});

describe.skipIf(NO_RUNTIME !== "")(`against onnxruntime ${NO_RUNTIME}`, () => {
  test.each([
    ["dots of which one is repeated", "...ij,...jk->...ik", [2, 1, 2, 3], [2, 3, 3, 2]],
    ["dots on one side alone", "...ij,jk->...ik", [2, 3, 2, 3], [3, 4]],
    ["dots repeated from the left", "...i,...i->...", [1, 3, 4], [2, 1, 4]],
  ])("Einsum with %s", async (_, equation, a, b) => {
    await compare({
      inputs: { a: floats(1, a), b: floats(2, b) },
      nodes: [{ op: "Einsum", inputs: ["a", "b"], outputs: ["y"], attributes: { equation: { s: equation } } }],
      outputs: ["y"],
    });
  });
});
