// Models of ONNX, damaged as bytes or where they are described, before they are written.
import { mutateBytes } from "./mutate-bytes.mjs";

const NUMBERS = [
  -1,
  0,
  1,
  2,
  3,
  7,
  23,
  255,
  65536,
  2 ** 31,
  2 ** 53,
  -(2 ** 63),
  2 ** 63 - 1024,
  0.5,
  Number.NaN,
  1e300,
];
const WORDS = [
  "",
  "x",
  "y",
  "__proto__",
  "constructor",
  "LSTM",
  "If",
  "bool",
  "string",
  "이름",
  "../x",
  "n".repeat(300),
];

const zeros = (shape) => Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i % 7) / 4 - 0.5);
const float = (shape, ...data) => ({ type: "float", shape, data: data.length ? data : zeros(shape) });
const value = (name, shape, type = "float") => ({ name, type, shape });
const model = (graph, opset = 17) => ({
  producer: { name: "fuzz", version: "1" },
  opset,
  metadata: new Map([["k", "v"]]),
  graph,
});
const branch = (op) => ({ inputs: [], outputs: [value("i", null)], nodes: [{ op, inputs: ["x"], outputs: ["i"] }] });
const recurrent = (op, gates) => ({
  inputs: [value("x", [3, 2, 2])],
  outputs: [value("y", ["L", 1, 2, 2]), value("h", null)],
  initializers: new Map([
    ["W", float([1, 2 * gates, 2])],
    ["R", float([1, 2 * gates, 2])],
    ["B", float([1, 4 * gates])],
    ["lengths", { type: "int32", shape: [2], data: [3, 2] }],
  ]),
  nodes: [
    {
      op,
      name: "rnn",
      inputs: ["x", "W", "R", "B", "lengths"],
      outputs: ["y", "h"],
      attributes: { hidden_size: { i: 2 }, direction: { s: "forward" }, clip: { f: 0.5 } },
    },
  ],
});
const SHAPES = {
  inputs: [value("x", ["n", 3])],
  outputs: [value("y", null)],
  initializers: new Map([
    ["at", { type: "int64", shape: [1], data: [1] }],
    ["axes", { type: "int64", shape: [1], data: [0] }],
    ["half", { type: "float16", shape: [3], data: [1, 2, 3] }],
    ["mask", { type: "bool", shape: [3], data: [1, 0, 1] }],
    ["w", float([3, 2])],
  ]),
  nodes: [
    { op: "Shape", inputs: ["x"], outputs: ["s"] },
    { op: "Gather", inputs: ["s", "at"], outputs: ["k"], attributes: { axis: { i: 0 } } },
    { op: "Slice", inputs: ["x", "axes", "k"], outputs: ["part"] },
    { op: "Cast", inputs: ["half"], outputs: ["f"], attributes: { to: { i: 1 } } },
    { op: "Where", inputs: ["mask", "part", "f"], outputs: ["m"] },
    {
      op: "Constant",
      inputs: [],
      outputs: ["c"],
      attributes: { value: { t: { type: "int32", shape: [], data: [1] } } },
    },
    {
      op: "If",
      inputs: ["c"],
      outputs: ["b"],
      attributes: { then_branch: { g: branch("Neg") }, else_branch: { g: branch("Relu") } },
    },
    { op: "Concat", inputs: ["m", "b"], outputs: ["both"], attributes: { axis: { i: 0 } } },
    { op: "Gemm", inputs: ["both", "w"], outputs: ["g"], attributes: { alpha: { f: 0.5 } } },
    { op: "ReduceMean", inputs: ["g"], outputs: ["y"], attributes: { axes: { ints: [1] } } },
  ],
};
const CONVOLUTION = {
  inputs: [value("x", [1, 2, 6])],
  outputs: [value("y", null)],
  initializers: new Map([["w", float([2, 2, 3])]]),
  nodes: [
    {
      op: "Conv",
      inputs: ["x", "w"],
      outputs: ["a"],
      attributes: { pads: { ints: [1, 1] }, strides: { ints: [2] } },
    },
    { op: "MaxPool", inputs: ["a"], outputs: ["p"], attributes: { kernel_shape: { ints: [2] } } },
    { op: "Softmax", inputs: ["p"], outputs: ["q"], attributes: { axis: { i: -1 } } },
    { op: "Transpose", inputs: ["q"], outputs: ["y"], attributes: { perm: { ints: [2, 0, 1] } } },
  ],
};

/** Small models of every kind of part: recurrent, nested, typed, with a name twice. */
export function onnxModels() {
  return [recurrent("LSTM", 4), recurrent("GRU", 3), recurrent("RNN", 1), SHAPES, CONVOLUTION].map((graph) =>
    model(graph),
  );
}

/** @param encode  makes bytes of a model; what it cannot write is damaged as bytes */
export function mutateOnnx(model, random, encode) {
  if (random.chance(0.4)) return mutateBytes(encode(model), random);
  const copy = structuredClone(model);
  for (let times = 1 + random.below(3); times > 0; times--) change(copy, random);
  try {
    return encode(copy);
  } catch {
    return mutateBytes(encode(model), random);
  }
}

/** One place of the description: another number, another word, an item less or twice. */
function change(model, random) {
  const places = [];
  const texts = [];
  const visit = (holder) => {
    for (const [key, item] of holder instanceof Map ? holder : Object.entries(holder)) {
      places.push([holder, key, item]);
      if (typeof item === "string") texts.push(item);
      if (item !== null && typeof item === "object") visit(item);
    }
  };
  visit(model);
  const [holder, key, item] = places[random.below(places.length)];
  const put = (value) => {
    if (holder instanceof Map) holder.set(key, value);
    else holder[key] = value;
  };
  if (typeof item === "number") put(random.chance(0.3) ? item + 1 : NUMBERS[random.below(NUMBERS.length)]);
  else if (typeof item === "string") {
    const words = random.chance(0.7) ? texts : WORDS;
    put(words[random.below(words.length)]);
  } else if (Array.isArray(item)) {
    const at = random.below(item.length + 1);
    if (random.chance(0.5)) item.splice(at, 1);
    else item.splice(at, 0, item.length > 0 ? structuredClone(item[random.below(item.length)]) : 1);
  } else if (item instanceof Map) {
    const [first] = item.keys();
    item.delete(first);
  } else if (!(holder instanceof Map) && !Array.isArray(holder) && random.chance(0.3)) delete holder[key];
}
