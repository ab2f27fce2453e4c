/**
 * One and the same work for every peer: initial weights and token ids, in one file that any language reads without a library.
 * First line: JSON `{ config, tensors: { name: { dtype, shape, offset } } }`, padded with spaces so that the data begins at a
 * multiple of 64 bytes (`dataOffset`); offsets count from there. Little-endian float32 and int32. Names and shapes are PyTorch's.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { GATES } from "./configs.mjs";

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

function shapesOf({ cell, vocabulary, embedding, hidden, layers }) {
  const rows = GATES[cell] * hidden;
  const shapes = { "embed.weight": [vocabulary, embedding] };
  for (let k = 0; k < layers; k++) {
    shapes[`rnn.weight_ih_l${k}`] = [rows, k === 0 ? embedding : hidden];
    shapes[`rnn.weight_hh_l${k}`] = [rows, hidden];
    shapes[`rnn.bias_ih_l${k}`] = [rows];
    shapes[`rnn.bias_hh_l${k}`] = [rows];
  }
  shapes["head.weight"] = [vocabulary, hidden];
  shapes["head.bias"] = [vocabulary];
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
  const shape = [config.seqLen, config.batch];
  const ids = () => Int32Array.from({ length: sizeOf(shape) }, () => Math.floor(uniform() * config.vocabulary));
  return { config, weights, data: { inputs: { shape, data: ids() }, targets: { shape, data: ids() } } };
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
