/**
 * The benchmark's language model as an ONNX file: Gather, one RNN, LSTM or GRU node a layer, MatMul and Add.
 * Inputs: ids int64 [L, N]; h0_k and c0_k [1, N, H]. Outputs: logits [L, N, V]; hN_k and cN_k.
 * Source: onnx.proto3 (field numbers), and the operators' pages of ONNX (gate orders i|o|f|c and z|r|h).
 */
import { onnx } from "../../dist/interchange/index.js";
import { block, integer, message } from "./protobuf.mjs";

const FLOAT = 1;
const INT64 = 7;
const KINDS = { RNN: "rnn_tanh", LSTM: "lstm", GRU: "gru" };

const tensorProto = (name, shape, data) =>
  message(
    shape.map((size) => integer(1, size)),
    integer(2, FLOAT),
    block(8, name),
    block(9, new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  );

const shapeProto = (shape) =>
  message(shape.map((size) => block(1, typeof size === "string" ? block(2, size) : integer(1, size))));

const valueInfo = (name, type, shape) =>
  message(block(1, name), block(2, block(1, message(integer(1, type), block(2, shapeProto(shape))))));

/** AttributeProto: type 2 is an integer, 7 a list of them. */
const intAttribute = (name, value) => message(block(1, name), integer(3, value), integer(20, 2));

const node = (op, inputs, outputs, attributes = []) =>
  message(
    inputs.map((name) => block(1, name)),
    outputs.map((name) => block(2, name)),
    block(
      3,
      outputs.find((name) => name !== ""),
    ),
    block(4, op),
    attributes.map((attribute) => block(5, attribute)),
  );

function transposed(data, rows, columns) {
  return Float32Array.from({ length: data.length }, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]);
}

function layer({ cell, hidden }, weights, k) {
  const names = { W: `W${k}`, R: `R${k}`, B: `B${k}` };
  const layout = onnx({ cell: KINDS[cell], names, place: { prefix: "rnn.", layer: k } });
  const arrays = layout.toTheirs(new Map(Object.entries(weights)));
  const initializers = Object.values(names).map((name) =>
    tensorProto(name, arrays.get(name).shape, arrays.get(name).data),
  );
  const states = cell === "LSTM" ? [`h0_${k}`, `c0_${k}`] : [`h0_${k}`];
  const outputs = [`Y${k}`, `hN_${k}`, ...(cell === "LSTM" ? [`cN_${k}`] : [])];
  const attributes = [intAttribute("hidden_size", hidden)];
  if (cell === "GRU") attributes.push(intAttribute("linear_before_reset", 1));
  const nodes = [
    node(cell, [`x${k}`, `W${k}`, `R${k}`, `B${k}`, "", ...states], outputs, attributes),
    node("Squeeze", [`Y${k}`, "one"], [`x${k + 1}`]), // [L, 1, N, H] to [L, N, H]
  ];
  return { initializers, nodes };
}

/** int64 [1] holding 1: the axis that Squeeze takes out. */
const axisOne = () =>
  message(integer(1, 1), integer(2, INT64), block(8, "one"), block(9, Buffer.from(new BigInt64Array([1n]).buffer)));

/** Names of the states that go in and come out. */
export function stateNames({ cell, layers }) {
  const kinds = cell === "LSTM" ? ["h", "c"] : ["h"];
  const pairs = Array.from({ length: layers }, (_, k) => kinds.map((kind) => [`${kind}0_${k}`, `${kind}N_${k}`]));
  return pairs.flat();
}

export function onnxModel(config, weights) {
  const { vocabulary, embedding, hidden, layers } = config;
  const parts = Array.from({ length: layers }, (_, k) => layer(config, weights, k));
  const head = transposed(weights["head.weight"].data, vocabulary, hidden);
  const state = [1, "N", hidden];
  const graph = message(
    block(1, node("Gather", ["embed", "ids"], ["x0"])),
    parts.flatMap(({ nodes }) => nodes.map((bytes) => block(1, bytes))),
    block(1, node("MatMul", [`x${layers}`, "head"], ["product"])),
    block(1, node("Add", ["product", "headBias"], ["logits"])),
    block(2, "language-model"),
    block(5, tensorProto("embed", [vocabulary, embedding], weights["embed.weight"].data)),
    parts.flatMap(({ initializers }) => initializers.map((bytes) => block(5, bytes))),
    block(5, tensorProto("head", [hidden, vocabulary], head)),
    block(5, tensorProto("headBias", [vocabulary], weights["head.bias"].data)),
    block(5, axisOne()),
    block(11, valueInfo("ids", INT64, ["L", "N"])),
    stateNames(config).map(([name]) => block(11, valueInfo(name, FLOAT, state))),
    block(12, valueInfo("logits", FLOAT, ["L", "N", vocabulary])),
    stateNames(config).map(([, name]) => block(12, valueInfo(name, FLOAT, state))),
  );
  // ir_version 8, the graph, operator set 14 of the default domain.
  return message(
    integer(1, 8),
    block(2, "unrolled-bench"),
    block(7, graph),
    block(8, message(block(1, ""), integer(2, 14))),
  );
}
