/** ONNX Runtime on the CPU: forward passes and streaming only, it does not train. */
import { readFileSync } from "node:fs";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { onnxModel, stateNames } from "./onnx-model.mjs";

export const supports = () => true;

const ids = (data, shape) => new Tensor("int64", BigInt64Array.from(data, BigInt), shape);

function zeroStates(config, N) {
  const zeros = () => new Tensor("float32", new Float32Array(N * config.hidden), [1, N, config.hidden]);
  return Object.fromEntries(stateNames(config).map(([name]) => [name, zeros()]));
}

/** In nats, averaged over the rows. */
function crossEntropy(logits, targets, vocabulary) {
  let sum = 0;
  targets.forEach((target, r) => {
    const row = logits.subarray(r * vocabulary, (r + 1) * vocabulary);
    const most = row.reduce((a, b) => Math.max(a, b));
    sum += most + Math.log(row.reduce((total, value) => total + Math.exp(value - most), 0)) - row[target];
  });
  return sum / targets.length;
}

export async function prepare({ config, weights, data }, { threads }) {
  const session = await InferenceSession.create(onnxModel(config, weights), {
    executionProviders: ["cpu"],
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    executionMode: "sequential",
    graphOptimizationLevel: "all",
  });
  const { batch: N, seqLen: L, vocabulary } = config;
  const batch = { ids: ids(data.inputs.data, [L, N]), ...zeroStates(config, N) };
  let one = { ids: ids([0], [1, 1]), ...zeroStates(config, 1) };
  const pairs = stateNames(config);
  const path = new URL("../node_modules/onnxruntime-node/package.json", import.meta.url);
  return {
    version: JSON.parse(readFileSync(path, "utf8")).version,
    detail: `Node ${process.versions.node}`,
    same: true,
    tokensPerStep: N * L,
    train: null,
    firstLoss: async () => crossEntropy((await session.run(batch)).logits.data, data.targets.data, vocabulary),
    forward: () => session.run(batch),
    stream: async () => {
      const found = await session.run(one);
      one = { ids: one.ids };
      for (const [before, after] of pairs) one[before] = found[after];
    },
  };
}
