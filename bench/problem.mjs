/**
 * One and the same work for every peer: initial weights and token ids, in one file that any language reads without a library.
 * First line: JSON `{ config, tensors: { name: { dtype, shape, offset } } }`, padded with spaces so that the data begins at a
 * multiple of 64 bytes (`dataOffset`); offsets count from there. Little-endian float32 and int32. Names and shapes are PyTorch's.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { GATES, hasLengths } from "./configs.mjs";

/** A small generator (mulberry32), so that the problem stays the same when Unrolled's own changes. */
function uniformGenerator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shapesOf({ cell, vocabulary, embedding, hidden, layers, bidirectional = false, classes = vocabulary }) {
  const rows = GATES[cell] * hidden;
  const ways = bidirectional ? ["", "_reverse"] : [""];
  const shapes = { "embed.weight": [vocabulary, embedding] };
  for (let k = 0; k < layers; k++) {
    for (const way of ways) {
      shapes[`rnn.weight_ih_l${k}${way}`] = [rows, k === 0 ? embedding : ways.length * hidden];
      shapes[`rnn.weight_hh_l${k}${way}`] = [rows, hidden];
      shapes[`rnn.bias_ih_l${k}${way}`] = [rows];
      shapes[`rnn.bias_hh_l${k}${way}`] = [rows];
    }
  }
  shapes["head.weight"] = [classes, ways.length * hidden];
  shapes["head.bias"] = [classes];
  return shapes;
}

const sizeOf = (shape) => shape.reduce((a, b) => a * b, 1);

/** PyTorch's initial distributions: uniform in ±1/√H, the embedding normal. Ids uniform. */
export function makeProblem(config, seed = 1) {
  const uniform = uniformGenerator(seed);
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const bound = 1 / Math.sqrt(config.hidden);
  const weights = {};
  for (const [name, shape] of Object.entries(shapesOf(config))) {
    const draw = name === "embed.weight" ? normal : () => (2 * uniform() - 1) * bound;
    weights[name] = { shape, data: Float32Array.from({ length: sizeOf(shape) }, draw) };
  }
  const draw = (shape, from, below) => ({
    shape,
    data: Int32Array.from({ length: sizeOf(shape) }, () => from + Math.floor(uniform() * (below - from))),
  });
  const { vocabulary, batch } = config;
  if (!hasLengths(config)) {
    const ids = () => draw([config.seqLen, batch], 0, vocabulary);
    return { config, weights, data: { inputs: ids(), targets: ids() } };
  }
  const [shortest, longest] = config.lengths;
  const lengths = draw([config.batches * batch], shortest, longest + 1);
  const tokens = [lengths.data.reduce((sum, length) => sum + length, 0)];
  const inputs = draw(tokens, 0, vocabulary);
  const targets = draw(config.tells === "steps" ? tokens : lengths.shape, 0, config.classes);
  return { config, weights, data: { lengths, inputs, targets } };
}

export function writeProblem(path, { config, weights, data }) {
  const tensors = {};
  const blocks = [];
  let offset = 0;
  for (const [name, { shape, data: values }] of Object.entries({ ...weights, ...data })) {
    tensors[name] = { dtype: values instanceof Int32Array ? "int32" : "float32", shape, offset };
    blocks.push(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    offset += values.byteLength;
  }
  const header = `${JSON.stringify({ config, tensors })}`;
  const dataOffset = Math.ceil((header.length + 1) / 64) * 64;
  writeFileSync(path, Buffer.concat([Buffer.from(`${header.padEnd(dataOffset - 1)}\n`), ...blocks]));
}

export function readProblem(path) {
  const bytes = readFileSync(path);
  const dataOffset = bytes.indexOf(10) + 1;
  const { config, tensors } = JSON.parse(bytes.toString("utf8", 0, dataOffset));
  const weights = {};
  const data = {};
  for (const [name, { dtype, shape, offset }] of Object.entries(tensors)) {
    const from = bytes.byteOffset + dataOffset + offset;
    const buffer = bytes.buffer.slice(from, from + 4 * sizeOf(shape));
    if (dtype === "int32") data[name] = { shape, data: new Int32Array(buffer) };
    else weights[name] = { shape, data: new Float32Array(buffer) };
  }
  return { config, weights, data };
}
