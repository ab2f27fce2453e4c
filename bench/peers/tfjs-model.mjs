/** The language model of tf.layers, and a training step that equals PyTorch's. */
import * as tf from "@tensorflow/tfjs";
import { keras } from "../../dist/interchange/index.js";
import { CLIP_NORM, LEARNING_RATE } from "../configs.mjs";

const KINDS = { RNN: "rnn_tanh", LSTM: "lstm" };
const NAMES = { kernel: "kernel", recurrent: "recurrent_kernel", bias: "bias" };

function build(config, embedding, { batch, seqLen, stateful }) {
  const { cell, vocabulary, hidden, layers } = config;
  const model = tf.sequential();
  const zeros = { kernelInitializer: "zeros" };
  if (embedding === "gather") {
    const shape = { batchInputShape: [batch, seqLen] };
    model.add(tf.layers.embedding({ ...shape, inputDim: vocabulary, outputDim: config.embedding }));
  } else {
    const batchInputShape = [batch, seqLen, vocabulary];
    model.add(tf.layers.dense({ ...zeros, batchInputShape, units: config.embedding, useBias: false }));
  }
  const options = { ...zeros, recurrentInitializer: "zeros", units: hidden, returnSequences: true, stateful };
  for (let k = 0; k < layers; k++)
    model.add(
      cell === "LSTM"
        ? tf.layers.lstm({ ...options, recurrentActivation: "sigmoid" })
        : tf.layers.simpleRNN({ ...options, activation: "tanh" }),
    );
  model.add(tf.layers.dense({ ...zeros, units: vocabulary }));
  return model;
}

function assign(model, weights, layers, cell) {
  const read = (name) => tf.tensor(weights[name].data, weights[name].shape);
  const values = [read("embed.weight")];
  for (let k = 0; k < layers; k++) {
    const layout = keras({ cell: KINDS[cell], names: NAMES, place: { prefix: "rnn.", layer: k } });
    const arrays = layout.toTheirs(new Map(Object.entries(weights)));
    for (const { data, shape } of Object.values(NAMES).map((name) => arrays.get(name)))
      values.push(tf.tensor(data, shape));
  }
  values.push(read("head.weight").transpose(), read("head.bias"));
  model.setWeights(values);
}

/** [L, N] in memory as [N, L]. */
function batchMajor({ shape: [seqLen, batch], data }) {
  return Int32Array.from({ length: data.length }, (_, i) => data[(i % seqLen) * batch + Math.floor(i / seqLen)]);
}

/**
 * Clips the norm over all gradients and steps. PyTorch has two biases where Keras has one, with equal gradients: they count twice
 * in the norm, and their sum moves twice as far.
 */
function update(variables, grads, isTwoBiases) {
  const squares = variables.map((v) => tf.mul(tf.sum(tf.square(grads[v.name])), isTwoBiases(v) ? 2 : 1));
  const norm = tf.sqrt(tf.addN(squares));
  const scale = tf.mul(tf.minimum(tf.div(CLIP_NORM, tf.add(norm, 1e-6)), 1), LEARNING_RATE);
  for (const v of variables) {
    const step = tf.mul(grads[v.name], isTwoBiases(v) ? tf.mul(scale, 2) : scale);
    v.assign(tf.sub(v, step));
  }
}

export async function prepareOn(backend, { config, weights, data }, { embedding }) {
  await tf.setBackend(backend);
  await tf.ready();
  const { cell, vocabulary, layers, batch, seqLen } = config;
  const model = build(config, embedding, { batch, seqLen, stateful: false });
  const one = build(config, embedding, { batch: 1, seqLen: 1, stateful: true });
  for (const target of [model, one]) tf.tidy(() => assign(target, weights, layers, cell));
  const encode = (ids, shape) =>
    embedding === "gather"
      ? tf.tensor(ids, shape, "int32")
      : tf.oneHot(tf.tensor(ids, shape, "int32"), vocabulary).toFloat();
  const x = encode(batchMajor(data.inputs), [batch, seqLen]);
  const y = tf.oneHot(tf.tensor1d(batchMajor(data.targets), "int32"), vocabulary).toFloat();
  const token = encode(new Int32Array([0]), [1, 1]);
  const variables = model.trainableWeights.map((weight) => weight.val);
  const twoBiases = new Set(variables.filter((v) => v.rank === 1).slice(0, layers));
  const loss = () =>
    tf.losses.softmaxCrossEntropy(y, tf.reshape(model.apply(x, { training: true }), [batch * seqLen, vocabulary]));
  const train = (wantLoss) =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(loss, variables);
      update(variables, grads, (v) => twoBiases.has(v));
      return wantLoss ? value.dataSync()[0] : void variables[0].dataSync().length;
    });
  return {
    version: tf.version.tfjs,
    detail: `${tf.getBackend()} backend, Node ${process.versions.node}${embedding === "gather" ? "" : ", embedding as a one-hot product"}`,
    same: true,
    tokensPerStep: batch * seqLen,
    train,
    forward: () => void tf.tidy(() => model.apply(x).dataSync().length),
    stream: () => void tf.tidy(() => one.apply(token).dataSync().length),
  };
}
