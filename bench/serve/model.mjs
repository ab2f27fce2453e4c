/** The model of the load test: a classifier of sentences, an LSTM over words, and the texts that it is asked about. */

import { encodeOnnx } from "../../dist/interchange/formats/onnx/encode.js";
import { onnx } from "../../dist/interchange/index.js";
import { train } from "../../dist/tasks/index.js";

const SIZES = { hidden: 64, embed: 32, layers: 1, tokens: "word", maxLength: 64 };
const WORDS = 400;

/** A sequence that is the same on every machine. */
function randomOf(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Sentences of 5 to 40 words of one and two syllables. */
export function sentences(count, seed = 1) {
  const random = randomOf(seed);
  const pick = (from) => from[Math.floor(random() * from.length)];
  const words = Array.from({ length: WORDS }, (_, i) => `${pick("bcdfglmnprst")}${pick("aeiou")}${i.toString(36)}`);
  return Array.from({ length: count }, () =>
    Array.from({ length: 5 + Math.floor(36 * random()) }, () => pick(words)).join(" "),
  );
}

export async function trained() {
  const rows = sentences(600).map((text, i) => `${text},${i % 3 === 0 ? "no" : "yes"}`);
  const bytes = new TextEncoder().encode(`text,label\n${rows.join("\n")}\n`);
  const settings = { ...SIZES, task: "classify", text: "text", label: "label", epochs: 1, valid: 0.2 };
  return (await train({ name: "sentences.csv", bytes }, settings)).model;
}

const float = (shape, data) => ({ type: "float", shape, data });
const ints = (data) => ({ type: "int64", shape: [data.length], data });

/** The network in ONNX: ids int64 [L, N] to probabilities [N, C]. */
export function onnxOf({ module, config }) {
  const plain = ([name, tensor]) => [name, { dtype: "float32", shape: tensor.shape, data: tensor.data() }];
  const weights = new Map([...module.stateDict()].map(plain));
  const names = { W: "W", R: "R", B: "B" };
  const arrays = onnx({ cell: "lstm", names, place: { prefix: "rnn.", layer: 0 } }).toTheirs(weights);
  const initializers = new Map(
    Object.values(names).map((name) => [name, float(arrays.get(name).shape, arrays.get(name).data)]),
  );
  const of = (name) => weights.get(name);
  initializers.set("embed", float(of("embed.weight").shape, of("embed.weight").data));
  initializers.set("head", float(of("head.weight").shape, of("head.weight").data));
  initializers.set("bias", float(of("head.bias").shape, of("head.bias").data));
  initializers.set("direction", ints([0]));
  const nodes = [
    { op: "Gather", inputs: ["embed", "ids"], outputs: ["x"] },
    { op: "LSTM", inputs: ["x", "W", "R", "B"], outputs: ["", "h"], attributes: { hidden_size: { i: config.hidden } } },
    { op: "Squeeze", inputs: ["h", "direction"], outputs: ["last"] },
    { op: "Gemm", inputs: ["last", "head", "bias"], outputs: ["logits"], attributes: { transB: { i: 1 } } },
    { op: "Softmax", inputs: ["logits"], outputs: ["probabilities"], attributes: { axis: { i: 1 } } },
  ];
  const value = (name, type, shape) => ({ name, type, shape });
  return encodeOnnx({
    producer: { name: "unrolled-bench", version: "1" },
    opset: 14,
    graph: {
      inputs: [value("ids", "int64", ["L", "N"])],
      outputs: [value("probabilities", "float", ["N", of("head.weight").shape[0]])],
      initializers,
      nodes,
    },
  });
}
