/** jax-js on its wasm backend: the sequence unrolled step by step inside one jit, for it has no scan. */
import { readFileSync } from "node:fs";
import { blockUntilReady, defaultDevice, grad, init, jit, nn, numpy as np, tree, valueAndGrad } from "@jax-js/jax";
import { CLIP_NORM, LEARNING_RATE } from "../configs.mjs";

export const supports = ({ cell }) => (cell === "GRU" ? "not written for this peer" : true);

// Its arrays move: each use consumes one reference, `.ref` takes another.
function stepLstm(gates, [h, c], wHh, H) {
  const g = gates.add(np.matmul(h, wHh));
  const part = (k, from) => from.slice([], [k * H, (k + 1) * H]);
  const i = nn.sigmoid(part(0, g.ref));
  const f = nn.sigmoid(part(1, g.ref));
  const o = nn.sigmoid(part(3, g.ref));
  const next = f.mul(c).add(i.mul(np.tanh(part(2, g))));
  return [o.mul(np.tanh(next.ref)), next];
}

const stepRnn = (gates, [h], wHh) => [np.tanh(gates.add(np.matmul(h, wHh)))];

/** x [L·N, I] to [L·N, H], consuming the layer and the state. Returns the state too. */
function layerOf(config, { wIh, wHh, bIh, bHh }, x, state, [L, N]) {
  const H = config.hidden;
  const step = config.cell === "LSTM" ? stepLstm : stepRnn;
  const gates = np.matmul(x, wIh.transpose()).add(bIh).add(bHh).reshape([L, N, -1]);
  const recurrent = wHh.transpose();
  const outputs = [];
  for (let t = 0; t < L; t++) {
    state = step(gates.ref.slice(t), state, recurrent.ref, H);
    outputs.push(state[0].ref);
  }
  gates.dispose();
  recurrent.dispose();
  return [np.stack(outputs).reshape([L * N, H]), state];
}

/** `rows` are the embedded tokens. */
function network(config, params, rows, states, [L, N]) {
  let y = rows;
  const next = params.layers.map((layer, k) => {
    const [output, state] = layerOf(config, layer, y, states[k], [L, N]);
    y = output;
    return state;
  });
  return [np.matmul(y, params.head.transpose()).add(params.headBias), next];
}

function paramsOf({ layers }, weights) {
  const read = (name) => np.array(weights[name].data, { shape: weights[name].shape });
  const layer = (_, k) => ({
    wIh: read(`rnn.weight_ih_l${k}`),
    wHh: read(`rnn.weight_hh_l${k}`),
    bIh: read(`rnn.bias_ih_l${k}`),
    bHh: read(`rnn.bias_hh_l${k}`),
  });
  return {
    embed: read("embed.weight"),
    rest: {
      layers: Array.from({ length: layers }, layer),
      head: read("head.weight"),
      headBias: read("head.bias"),
    },
  };
}

function zeroStates({ cell, layers, hidden }, N) {
  const zeros = () => np.zeros([N, hidden]);
  return Array.from({ length: layers }, () => (cell === "LSTM" ? [zeros(), zeros()] : [zeros()]));
}

/** Of the embedded tokens `rows` [L·N, I], because its jit cannot hold a gather's gradient. */
function lossOf(config, params, rows, targets) {
  const { batch: N, seqLen: L, vocabulary } = config;
  const [logits, states] = network(config, params, rows, zeroStates(config, N), [L, N]);
  tree.dispose(states);
  const picked = nn.logSoftmax(logits).mul(nn.oneHot(targets, vocabulary));
  return picked.sum().mul(-1 / (L * N));
}

/** Three parts: the network under jit, the embedding's gradient outside, clipping and SGD under jit again. */
function stepOf(config) {
  const lossAndGrads = jit(
    valueAndGrad((params, rows, targets) => lossOf(config, params, rows, targets), { argnums: [0, 1] }),
  );
  const embeddingGrad = grad((table, ids, dRows) => np.take(table, ids, 0).mul(dRows).sum());
  const update = jit((params, grads) => {
    let squares = np.array(0);
    for (const value of tree.leaves(grads)) squares = squares.add(np.square(value.ref).sum());
    const scale = np.minimum(np.array(CLIP_NORM).div(np.sqrt(squares).add(1e-6)), 1).mul(-LEARNING_RATE);
    const next = tree.map((value, gradient) => value.add(gradient.mul(scale.ref)), params, grads);
    scale.dispose();
    return next;
  });
  return ({ embed, rest }, ids, targets) => {
    const rows = np.take(embed.ref, ids.ref, 0);
    const [loss, [grads, dRows]] = lossAndGrads(tree.ref(rest), rows, targets);
    const dEmbed = embeddingGrad(embed.ref, ids, dRows);
    return [loss, update({ embed, rest }, { embed: dEmbed, rest: grads })];
  };
}

export async function prepare({ config, weights, data }) {
  await init("wasm");
  defaultDevice("wasm");
  const { batch: N, seqLen: L } = config;
  const x = np.array(data.inputs.data);
  const y = np.array(data.targets.data);
  const step = stepOf(config);
  let params = paramsOf(config, weights);
  // The first run compiles, for seconds; the values it gives are thrown away.
  const [firstLoss, firstParams] = step(tree.ref(params), x.ref, y.ref);
  await blockUntilReady(firstParams);
  tree.dispose([firstLoss, firstParams]);
  const train = async (wantLoss) => {
    const [loss, next] = step(params, x.ref, y.ref);
    params = next;
    await blockUntilReady(params);
    if (wantLoss) return (await loss.data())[0];
    loss.dispose();
  };
  const run = jit(({ embed, rest }, ids, states) => network(config, rest, np.take(embed, ids, 0), states, [L, N]));
  const forward = async () => {
    const [logits, states] = run(tree.ref(params), x.ref, zeroStates(config, N));
    tree.dispose(states);
    await logits.data();
  };
  const runOne = jit(({ embed, rest }, ids, states) => network(config, rest, np.take(embed, ids, 0), states, [1, 1]));
  const token = np.array(new Int32Array([0]));
  let states = zeroStates(config, 1);
  const stream = async () => {
    const [logits, next] = runOne(tree.ref(params), token.ref, states);
    states = next;
    await logits.data();
  };
  const path = new URL("../node_modules/@jax-js/jax/package.json", import.meta.url);
  return {
    version: JSON.parse(readFileSync(path, "utf8")).version,
    detail: `wasm, Node ${process.versions.node}`,
    same: true,
    tokensPerStep: N * L,
    train,
    forward,
    stream,
  };
}
